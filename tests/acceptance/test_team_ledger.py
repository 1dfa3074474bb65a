"""One ledger on a Postgres server for several machines: nothing is sent twice, whoever sends, and whatever ends it."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.postgres import PostgresServer
from support.sheets import cases, write_csv
from support.workspace import CliWorkspace

from importer.sandbox import Sandbox

COUNT = 60


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database().replace("postgres@", "postgres:geheim@")


@pytest.fixture
def first(configured_workspace: CliWorkspace, url: str) -> CliWorkspace:
    configured_workspace.env |= {"IMPORTER_LEDGER__URL": url, "IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    return configured_workspace


@pytest.fixture
def second(first: CliWorkspace, tmp_path: Path) -> CliWorkspace:
    """Another machine's workspace with the same ledger."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = CliWorkspace(folder, new_ledger=False)
    other.env = first.env
    return other


def times_created(fake_apis: Sandbox) -> Counter[str]:
    return Counter(stored["creditorReference"] for stored in fake_apis.cases)


def test_what_one_has_imported_the_others_know(first, second, fake_apis):
    path = write_csv(first.folder / "a.csv", cases(3))
    began = first.call("run", path, "--yes")
    assert began.code == 0
    assert set(times_created(fake_apis).values()) == {1}
    assert len(times_created(fake_apis)) == 3
    checked, again = second.call("check", path), second.call("run", path, "--yes")
    assert "already imported" in checked.out
    assert (checked.code, again.code, len(fake_apis.cases)) == (0, 0, 3)
    reported = [first.call(*command) for command in (["status"], ["doctor"], ["config", "show"], ["show", "C1"], ["report"])]
    assert [one.code for one in reported[:2]] == [0, 2]  # the server of tests does not write to the disk
    assert "fsync is off on the ledger's server" in reported[1].out
    assert "the ledger's server is Postgres" in reported[1].out
    for finished in (began, checked, again, *reported):
        assert "geheim" not in finished.out + finished.err
    assert not any(b"geheim" in content for content in first.everything_written().values())


def test_a_ledger_that_does_not_exist_is_not_begun_by_a_look(first):
    assert "does not exist yet" in first.call("doctor").out
    for command in (["status"], ["resume"], ["ledger", "restored"]):
        found = first.call(*command)
        assert "There is no ledger in the database" in found.out + found.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_another_goes_on_when_the_sender_ends(first, second, fake_apis, postgres_server, end):
    path = write_csv(first.folder / "a.csv", cases(COUNT))
    first.env |= {"IMPORTER_DISPATCH__CONCURRENCY": "2"}
    process = first.start("run", path, "--yes")
    until = time.monotonic() + 60
    while len(fake_apis.cases) < 5:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(end)
    if end == signal.SIGKILL:
        process.wait(60)
    else:  # a stopped process keeps its lock until the server's administrator ends its session
        assert second.run("resume", env={"IMPORTER_LEDGER__WAIT_SECONDS": "0"}).code == 75
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%importer run'"
        )
    taken_over = second.run("resume")
    process.send_signal(signal.SIGCONT)
    ended = first.finish(process)
    assert ended.code != 0
    assert taken_over.code == 0, taken_over.err
    assert set(times_created(fake_apis).values()) == {1}
    assert len(times_created(fake_apis)) == COUNT
    assert second.run("run", path, "--yes").code == 0
    assert len(fake_apis.cases) == COUNT


def test_a_restored_dump_is_not_used_as_if_it_were_the_ledger(first, fake_apis, postgres_server, url):
    assert first.call("run", write_csv(first.folder / "a.csv", cases(2)), "--yes").code == 0
    restored = postgres_server.restored(url)
    both = write_csv(first.folder / "b.csv", cases(4))
    assert first.call("run", both, "--yes").code == 0
    first.env |= {"IMPORTER_LEDGER__URL": restored}
    refused = first.call("run", both, "--yes")
    assert refused.code == 2
    assert "importer ledger restored" in refused.err
    assert first.call("ledger", "restored").code == 0
    first.call("run", both, "--yes")
    assert times_created(fake_apis) == dict.fromkeys(times_created(fake_apis), 1)
    assert len(fake_apis.cases) == 4
    assert first.call("ledger", "trust").code == 0
    assert first.call("ledger", "backup", "copy.db").code == 2


def test_a_ledger_moves_to_the_server(first, second, fake_apis, url):
    path = write_csv(first.folder / "a.csv", cases(3))
    in_file = {"IMPORTER_LEDGER__URL": "sqlite:///ledger.db"}
    assert first.call("run", path, "--yes", env=in_file).code == 0
    copied = first.call("ledger", "copy", "ledger.db", url)
    assert copied.code == 0
    assert "entry                     3 rows" in copied.out
    assert "geheim" not in copied.out + copied.err
    assert second.call("run", path, "--yes").code == 0
    assert len(fake_apis.cases) == 3
    later = write_csv(first.folder / "b.csv", cases(4))
    assert second.call("run", later, "--yes").code == 0
    left = first.call("run", later, "--yes", env=in_file)  # the ledger that was left behind
    assert (left.code, len(fake_apis.cases)) == (2, 4)
