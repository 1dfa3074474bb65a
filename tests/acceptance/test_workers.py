"""Workers on a real Postgres server: files are taken in and sent, and what one leaves behind another one does."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest
from support.fault_proxy import FaultProxy
from support.postgres import PostgresServer, running_server
from support.sheets import cases, write_csv
from support.workspace import API_KEY, TOKEN, CliWorkspace, settings_for

from importer.sandbox import Sandbox, SandboxSettings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the server of tests does not run there")
COUNT = 40


class Slow:
    """Takes its time for each case, so that a sender is there for a while."""

    def __call__(self, seen):  # type: ignore[no-untyped-def]
        if seen.is_case:
            time.sleep(0.1)


@pytest.fixture
def workspace_on_server(workspace: CliWorkspace, fake_apis: Sandbox, postgres_server: PostgresServer) -> Iterator[CliWorkspace]:
    """A workspace whose ledger on a server has served its account before."""
    with FaultProxy(fake_apis.url) as proxy:
        workspace.env = settings_for(proxy.url) | {
            "IMPORTER_LEDGER__URL": postgres_server.new_database(),
            "IMPORTER_DISPATCH__CONCURRENCY": "2",
            "IMPORTER_DISPATCH__SETTLE_MINUTES": "0",
        }
        assert workspace.call("run", write_csv(workspace.folder / "first.csv", cases(1)), "--yes").code == 0
        proxy.hook = Slow()
        yield workspace


@contextmanager
def worker(workspace: CliWorkspace, **env: str) -> Iterator[Popen[str]]:
    """A worker that serves the workspace, which is stopped at the end of the block."""
    process = workspace.start("worker", "run", env=env)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.communicate()


def wait_until(happens: Callable[[], bool], running: Popen[str], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def each_once(fake_apis: Sandbox, count: int) -> bool:
    created = Counter(stored["creditorReference"] for stored in fake_apis.cases)
    assert set(created.values()) <= {1}
    return len(created) == count


def test_a_file_is_taken_in_and_sent_by_a_worker(workspace_on_server: CliWorkspace, fake_apis: Sandbox) -> None:
    workspace = workspace_on_server
    path = write_csv(workspace.folder / "a.csv", cases(5, first=101))
    assert "No worker is running" in workspace.call("worker", "status").out
    assert "1 of 1 file(s) added" in workspace.call("worker", "take-in", path).out
    assert "0 of 1 file(s) added" in workspace.call("worker", "take-in", path).out
    with worker(workspace) as process:
        wait_until(lambda: each_once(fake_apis, 6), process)
        found = json.loads(workspace.call("worker", "status", "--json").out)
        assert len(found["workers"]) == 1
        assert {one["kind"] for one in found["jobs"]} == {"take_in", "drain"}
    states = Counter({(one["kind"], one["state"]): one["count"] for one in status(workspace)["jobs"]})
    assert states["take_in", "succeeded"] == 1
    assert workspace.call("run", path, "--yes").code == 0
    assert each_once(fake_apis, 6)


def status(workspace: CliWorkspace) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(workspace.call("worker", "status", "--json").out)
    return found


def test_a_file_that_was_changed_since_is_not_taken_in(workspace_on_server: CliWorkspace, fake_apis: Sandbox) -> None:
    workspace = workspace_on_server
    path = write_csv(workspace.folder / "a.csv", cases(2, first=101))
    workspace.call("worker", "take-in", path)
    write_csv(path, cases(3, first=201))
    with worker(workspace) as process:
        failed = {"kind": "take_in", "state": "failed"}
        wait_until(lambda: any(failed.items() <= one.items() for one in status(workspace)["jobs"]), process)
    assert each_once(fake_apis, 1)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["its sender is killed", "it is killed", "it is stopped"])
def test_what_a_worker_leaves_behind_is_sent_by_another(workspace_on_server: CliWorkspace, fake_apis: Sandbox, end: str) -> None:
    workspace = workspace_on_server
    workspace.call("worker", "take-in", write_csv(workspace.folder / "a.csv", cases(COUNT, first=101)))
    with worker(workspace) as first:
        wait_until(lambda: len(fake_apis.cases) > 4, first)
        (sender,) = (json.loads(workspace.call("status", "--json").out)["sender"]["pid"],)
        if end == "it is stopped":
            first.send_signal(signal.SIGTERM)
            first.wait(60)
            left = len(fake_apis.cases)
            assert left < COUNT
        elif end == "it is killed":
            os.kill(first.pid, signal.SIGKILL)
            os.kill(sender, signal.SIGKILL)
        else:
            os.kill(sender, signal.SIGKILL)
        with worker(workspace) as second:
            wait_until(lambda: each_once(fake_apis, COUNT + 1), second)


@pytest.mark.slow
def test_a_worker_that_has_lost_the_server_ends_so_that_it_is_started_again(workspace: CliWorkspace, fake_apis: Sandbox) -> None:
    with running_server() as server:
        workspace.env = settings_for(fake_apis.url) | {"IMPORTER_LEDGER__URL": server.new_database()}
        assert workspace.call("run", write_csv(workspace.folder / "first.csv", cases(1)), "--yes").code == 0
        process = workspace.start("worker", "run")
        wait_until(lambda: any(one["silent"] < 30 for one in status(workspace)["workers"]), process)
        server.stop(at_once=True)
        ended = workspace.finish(process)
        server.start()
    assert (ended.code, "Traceback" in ended.err) == (2, False), ended.err
    assert "the ledger's server" in ended.err


def test_systemd_gets_signs_of_life(workspace_on_server: CliWorkspace, tmp_path: Path) -> None:
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(place))
        systemd.settimeout(60)
        with worker(workspace_on_server, NOTIFY_SOCKET=str(place)):
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100) == b"WATCHDOG=1"
        while systemd.recv(100) != b"STOPPING=1":
            pass


SETTINGS = """
[debitura]
base_url = "{url}"

[debbie]
base_url = "{url}"
"""
PARTNERS = ("5a4d0b0c-0000-4000-8000-00000000000a", "5a4d0b0c-0000-4000-8000-00000000000b")


def test_one_worker_serves_several_workspaces(tmp_path: Path, postgres_server: PostgresServer) -> None:
    env = settings_for("") | {"IMPORTER_LEDGER__URL": postgres_server.new_database()}
    env = {name: value for name, value in env.items() if not name.endswith("BASE_URL")}
    with ExitStack() as stack:
        places = []
        for number, partner in enumerate(PARTNERS):
            chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored", partner_id=partner)
            apis = stack.enter_context(Sandbox(chosen))
            workspace = CliWorkspace(tmp_path / f"workspace-{number}")
            workspace.folder.mkdir()
            workspace.env = env
            (workspace.folder / "importer.toml").write_text(SETTINGS.format(url=apis.url))
            assert workspace.call("run", write_csv(workspace.folder / "first.csv", cases(1)), "--yes").code == 0
            workspace.call("worker", "take-in", write_csv(workspace.folder / "a.csv", cases(3, first=101)))
            places.append((workspace, apis))
        folders = [str(workspace.folder) for workspace, _ in places]
        process = places[0][0].start("worker", "run", *folders)
        stack.callback(process.communicate)
        stack.callback(process.terminate)
        wait_until(lambda: all(each_once(apis, 4) for _, apis in places), process)


def test_a_ledger_in_a_file_has_no_workers(configured_workspace: CliWorkspace) -> None:
    path = write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", path, "--yes").code == 0
    for command in (["worker", "run"], ["worker", "status"], ["worker", "take-in", path]):
        found = configured_workspace.call(*command)
        assert (found.code, "Workers need a ledger on a Postgres server" in found.err) == (2, True)
