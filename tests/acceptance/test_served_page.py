"""The command `importer serve` as a process: its link, its refusals, its sender, and its end."""

from __future__ import annotations

import re
import signal
from contextlib import suppress

import httpx
import pytest
from support.browser import served
from support.page_server import SocketClient
from support.sheets import cases, write_csv

TOML = '[web]\nhost = "0.0.0.0"\n'


@pytest.fixture
def live(configured_workspace):
    return configured_workspace


def test_the_sender_is_a_process_of_its_own_and_progress_comes_from_the_ledger(live, fake_apis):
    with served(live, "--new-ledger") as server, SocketClient(server.url, server.link) as client:
        shown = client.drop(write_csv(live.folder / "a.csv", cases(5)))
        assert "Review of a.csv" in shown.text, shown.text
        assert len(fake_apis.cases) == 0
        assert client.approve(1).status_code == 303
        events = client.events()
        assert events[0]["batches"]["1"]["rows"] == 5
        assert len(fake_apis.cases) == 5
        assert 'class="state done"' in client.http.get("/batches/1").text
        again = client.http.get("/status").text
        assert "exit code" in again or "is running" in again
        assert re.search(
            r"Debitura per day</th><td class=\"n\">[1-9]\d* of [\d,]+</td><td class=\"n\">[\d,]+</td><td>[\w :]+\d\d:\d\d", again
        )
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) == 0


def test_no_key_is_in_any_page_or_log(live):
    with served(live, "--new-ledger") as server, SocketClient(server.url, server.link) as client:
        client.drop(write_csv(live.folder / "a.csv", cases(1)))
        texts = [client.http.get(path).text for path in ("/", "/batches/1", "/batches/1/rows?show=all", "/status")]
    texts += [path.read_text(errors="replace") for path in (live.folder / "page").rglob("*") if path.is_file()]
    assert not any("very-secret" in text for text in texts)


def test_a_new_ledger_of_a_live_account_is_not_begun_by_the_page_alone(live, fake_apis):
    with served(live) as server, SocketClient(server.url, server.link) as client:
        answer = client.drop(write_csv(live.folder / "a.csv", cases(1)))
    assert "is new for the account" in answer.text
    assert "--new-ledger" in answer.text
    assert len(fake_apis.cases) == 0


def test_an_upload_without_a_login_is_not_even_read(workspace):
    with served(workspace, "--sandbox") as server:

        def endless():
            for _ in range(1000):
                yield b"x" * 100_000

        headers = {"origin": server.url, "content-type": "multipart/form-data; boundary=x"}
        with suppress(httpx.WriteError):  # the page closes the connection, since it reads nothing more
            assert httpx.post(f"{server.url}/drop", content=endless(), headers=headers, timeout=60).status_code == 401
        assert httpx.get(f"{server.url}/", timeout=60).status_code == 401


def test_elsewhere_it_does_not_start_without_a_login(workspace):
    (workspace.folder / "importer.toml").write_text(TOML)
    ended = workspace.call("serve")
    assert (ended.code, "without a login" in ended.err, "It was not started" in ended.err) == (2, True, True)
    (workspace.folder / "importer.toml").write_text('[web]\noidc_client_secret = "x"\n')
    assert "Secrets do not belong in a file" in workspace.call("serve").err


def test_a_port_that_is_taken_is_said_in_words(workspace):
    with served(workspace, "--sandbox") as server:
        port = re.search(r":(\d+)", server.url)[1]
        ended = workspace.call("serve", "--sandbox", "--port", port)
    assert (ended.code, "cannot listen" in ended.err) == (2, True)
