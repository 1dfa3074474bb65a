"""One ledger on a Postgres server and several senders: those of other accounts go on, and each gives way to who must write."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.fault_proxy import FaultProxy
from support.postgres import PostgresServer
from support.sheets import cases, write_csv
from support.workspace import API_KEY, TOKEN, CliWorkspace, settings_for

from importer.sandbox import Sandbox, SandboxSettings

COUNT = 60
SECONDS_A_CASE = 0.1
PARTNERS = ("5a4d0b0c-0000-4000-8000-00000000000a", "5a4d0b0c-0000-4000-8000-00000000000b")


class Slow:
    """Takes its time for each case, and notes when it came."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, seen):  # type: ignore[no-untyped-def]
        if seen.is_case:
            self.times.append(time.monotonic())
            time.sleep(SECONDS_A_CASE)


class Account:
    """A workspace with the credentials of an account of its own, and the account's API."""

    def __init__(self, stack: ExitStack, folder: Path, number: int, url: str) -> None:
        folder.mkdir()
        chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored", partner_id=PARTNERS[number])
        self.sandbox = stack.enter_context(Sandbox(chosen))
        proxy = stack.enter_context(FaultProxy(self.sandbox.url))
        proxy.hook = self.slow = Slow()
        self.workspace = CliWorkspace(folder)
        self.workspace.env = settings_for(proxy.url) | {
            "IMPORTER_LEDGER__URL": url,
            "IMPORTER_DISPATCH__CONCURRENCY": "2",
            "IMPORTER_DISPATCH__SETTLE_MINUTES": "0",
        }

    def write(self, name: str, count: int, first: int = 1) -> Path:
        return write_csv(self.workspace.folder / name, cases(count, first=first))

    def times_created(self) -> Counter[str]:
        return Counter(stored["creditorReference"] for stored in self.sandbox.cases)

    def wait_for(self, count: int) -> None:
        """Wait until so many cases have come."""
        until = time.monotonic() + 90
        while len(self.slow.times) < count:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture
def accounts(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[list[Account]]:
    url = postgres_server.new_database()
    with ExitStack() as stack:
        yield [Account(stack, tmp_path / f"account-{number}", number, url) for number in range(2)]


def test_two_accounts_are_sent_for_side_by_side(accounts: list[Account]) -> None:
    paths = [one.write("a.csv", COUNT) for one in accounts]
    first, second = accounts
    processes = [first.workspace.start("run", paths[0], "--yes")]
    first.wait_for(3)
    processes.append(second.workspace.start("run", paths[1], "--yes"))
    ended = [one.workspace.finish(process) for one, process in zip(accounts, processes, strict=True)]
    assert [one.code for one in ended] == [0, 0], [one.err for one in ended]
    for one in accounts:
        assert one.times_created() == dict.fromkeys(one.times_created(), 1)
        assert len(one.times_created()) == COUNT
    after_second_began = [moment for moment in first.slow.times if moment > second.slow.times[0]]
    assert after_second_began  # the first one went on
    assert min(after_second_began) < second.slow.times[-1]


def test_a_file_is_taken_in_while_another_is_sent(accounts: list[Account]) -> None:
    """The sender gives way, the second run takes its file in and leaves it to the sender, which sends both."""
    one = accounts[0]
    paths = [one.write("a.csv", COUNT), one.write("b.csv", 5, first=1001)]
    process = one.workspace.start("run", paths[0], "--yes")
    one.wait_for(3)
    second = one.workspace.run("run", paths[1], "--yes")
    assert second.code == 0, second.err
    assert f"The sender of this account, process {process.pid} (`importer run` on" in second.err
    assert process.poll() is None
    ended = one.workspace.finish(process)
    assert ended.code == 0, ended.err
    assert one.times_created() == dict.fromkeys(one.times_created(), 1)
    assert len(one.times_created()) == COUNT + 5


@pytest.mark.parametrize("end", ["killed", "cut off"])
def test_who_stands_by_goes_on_when_the_sender_has_ended(
    accounts: list[Account], tmp_path: Path, postgres_server: PostgresServer, end: str
) -> None:
    one = accounts[0]
    path = one.write("a.csv", COUNT)
    sender = one.workspace.start("run", path, "--yes")
    one.wait_for(3)
    other = CliWorkspace(tmp_path / "another machine")
    other.folder.mkdir()
    other.env = one.workspace.env
    follower = other.start("resume", "--stand-by")
    assert f"The sender of this account, process {sender.pid}" in follower.stderr.readline()
    assert sender.poll() is None
    if end == "killed":
        sender.kill()
    else:
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%importer run'"
        )
    ended, went_on = one.workspace.finish(sender), other.finish(follower)
    assert ended.code == (-9 if end == "killed" else 6), ended.err
    assert went_on.code == 0, went_on.err
    assert one.times_created() == dict.fromkeys(one.times_created(), 1)
    assert len(one.times_created()) == COUNT
