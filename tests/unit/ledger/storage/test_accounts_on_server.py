"""Several senders of one ledger on a real Postgres server: each holds the entries of its accounts, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from support.ledgers import LedgerDriver, case
from support.postgres import PostgresServer

from importer.domain.accounts import Accounts
from importer.domain.batches import NOBODY
from importer.domain.file_access import OWNER_ALONE
from importer.domain.states import State
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.ledger import Ledger
from importer.ledger.storage import hold, lock, server_lock
from importer.ledger.storage.opening import open_session

FIRST, SECOND = Accounts("one", "tenant one"), Accounts("two", "tenant two")
WAITS = LedgerError("waits")


@pytest.fixture
def url(postgres_url: str) -> str:
    """A ledger with two cases of each account."""
    with Ledger.open(postgres_url, "importer run") as ledger:
        for accounts in (FIRST, SECOND):
            LedgerDriver(ledger, accounts).take(case("R1"), case("R2"), name=f"{accounts.cases}.xlsx")
    return postgres_url


@pytest.fixture
def senders(url: str) -> Iterator[list[LedgerDriver]]:
    """A sender of each account, of which the first one gives way while the second one begins."""
    with sending(url, FIRST) as first:
        first.ledger.let_go(WAITS)
        with sending(url, SECOND) as second:
            first.ledger.take_again()
            yield [first, second]


@contextmanager
def sending(url: str, accounts: Accounts) -> Iterator[LedgerDriver]:
    """A sender that holds its accounts alone, until the end of the block."""
    with Ledger.open(url, f"importer {accounts.cases}") as ledger:
        assert ledger.become_sender(accounts.cases, f"importer {accounts.cases}") is None
        ledger.hold.leave_others(accounts)
        yield LedgerDriver(ledger, accounts)


def states(driver: LedgerDriver) -> list[str]:
    return [one.state for one in driver.entries()]


def test_two_accounts_are_sent_for_at_the_same_time(senders: list[LedgerDriver]) -> None:
    first, second = senders
    claims = first.claim(limit=1), second.claim(limit=1)
    assert states(first) == ["sending", "pending", "sending", "pending"]
    first.settle(claims[0], State.ACCEPTED)
    second.settle(claims[1], State.REFUSED)
    first.send_all()
    assert states(second) == ["accepted", "accepted", "refused", "pending"]
    assert second.ledger.identity.commits == 4
    assert first.ledger.identity.commits == 6


def test_a_sender_recovers_what_was_left_of_its_own_accounts_alone(senders: list[LedgerDriver]) -> None:
    first, second = senders
    first.claim(limit=1)
    (claim,) = second.claim(limit=1)
    assert first.ledger.outbox.recover() == 1
    assert states(first) == ["in_doubt", "pending", "sending", "pending"]
    second.settle([claim], State.ACCEPTED)


def test_an_approval_of_another_account_does_not_expire_by_it(senders: list[LedgerDriver]) -> None:
    first, _ = senders
    assert first.ledger.approvals.expire("9999", NOBODY, "too old", first.ledger.hold.accounts) == [1]


def test_what_a_sender_does_not_hold_is_held_by_the_other(senders: list[LedgerDriver], url: str) -> None:
    first, second = senders
    with pytest.raises(LedgerHeld, match=r"Another run holds the ledger .*`importer (one|two)` \(process"):
        Ledger.open(url, "importer approve")
    first.ledger.let_go(WAITS)
    first.ledger.take_again()
    assert first.ledger.identity.commits == 0
    second.ledger.close()
    first.ledger.close()
    Ledger.open(url, "importer approve").close()


@pytest.mark.parametrize("accounts", [FIRST, Accounts("three", FIRST.vouchers)], ids=["the same", "the same tenant"])
def test_an_account_has_one_holder(url: str, accounts: Accounts) -> None:
    with Ledger.open(url, "importer two") as second:
        second.hold.leave_others(accounts)
        second.let_go(WAITS)
        with sending(url, FIRST) as first:
            with pytest.raises(LedgerHeld, match=r"an account in the ledger .*`importer one`"):
                second.take_again()
            first.claim(limit=1)
        second.take_again()
        assert second.outbox.recover() == (accounts == FIRST)


@pytest.mark.parametrize("command", ["another", "the same account"])
def test_the_holder_sees_that_its_ledger_is_wanted(url: str, command: str) -> None:
    with ThreadPoolExecutor(1) as others, ExitStack() as stack:
        waiting = stack.enter_context(Ledger.open(url, "importer two"))
        waiting.hold.leave_others(FIRST)
        waiting.let_go(WAITS)
        first = stack.enter_context(sending(url, FIRST))
        assert not first.ledger.hold.is_wanted()
        wanting = others.submit(waiting.take_again if command != "another" else lambda: Ledger.open(url, "importer approve"))
        until = monotonic() + 30
        while not first.ledger.hold.is_wanted():
            assert monotonic() < until
            assert not wanting.done() or wanting.exception()
            sleep(0.01)
        assert isinstance(wanting.exception(30), LedgerHeld)  # it is to be tried again
        first.send_all()


def test_a_sender_whose_connection_was_cut_is_followed_at_once(
    senders: list[LedgerDriver], url: str, postgres_server: PostgresServer
) -> None:
    first, second = senders
    (claim,), (kept,) = first.claim(limit=1), second.claim(limit=1)
    postgres_server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%importer one'")
    held = frozenset({FIRST.cases, FIRST.vouchers})
    with Ledger(open_session(url, "importer follower", OWNER_ALONE, False, held), url) as ledger:
        follower = LedgerDriver(ledger, FIRST)
        assert ledger.outbox.recover() == 1
        with pytest.raises(LedgerError):
            first.settle([claim], State.ACCEPTED)
        assert states(follower) == ["in_doubt", "pending", "sending", "pending"]
        follower.send_all()
        second.settle([kept], State.ACCEPTED)
        with pytest.raises(LedgerError, match="was lost"):
            first.claim()
    assert states(second) == ["in_doubt", "accepted", "accepted", "pending"]


def test_a_restored_ledger_is_held_as_a_whole(url: str) -> None:
    """All its accounts have one state, and one first use."""
    with Ledger.open(url, "importer run") as ledger:
        ledger.hold.leave_others(FIRST)
        ledger.let_go(WAITS)
        with Ledger.open(url, "importer ledger restored") as other:
            other.restored.declare()
        ledger.take_again()
        with pytest.raises(LedgerHeld, match="importer run"), sending(url, SECOND):
            pass
        assert ledger.restored.trust()


def test_a_ledger_in_a_file_is_held_as_a_whole(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", "importer run") as ledger:
        ledger.hold.leave_others(FIRST)
        assert not ledger.hold.is_wanted()
        with pytest.raises(LedgerHeld):
            Ledger.open(f"sqlite:///{tmp_path}/ledger.db", "importer run")


def test_a_sender_that_is_suspended_within_a_commit_does_not_stop_the_others(
    senders: list[LedgerDriver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "LONGEST_MS", 300)
    first, second = senders
    first.ledger.hold.be_short(short=True)

    def be_suspended() -> None:
        with first.ledger._session.transaction() as connection:
            first.ledger.identity.count(connection)
            second.send_all()
            first.ledger.identity.count(connection)

    with pytest.raises(LedgerError):
        be_suspended()
    assert states(second) == ["pending", "pending", "accepted", "accepted"]


# Signs of life


def test_a_holder_that_may_be_suspended_is_named_with_its_session(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "SILENT_SECONDS", 0.2)
    with sending(url, FIRST):
        sleep(0.3)
        with pytest.raises(LedgerHeld) as caught:
            Ledger.open(url, "importer approve")
    assert re.search(r"`importer one` \(process \d+ on .*\)\. It has not used its connection for \d seconds\.", str(caught.value))
    assert re.search(r"SELECT pg_terminate_backend\(\d+\)\.", str(caught.value))


def test_a_sender_gives_signs_of_life_while_it_waits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(server_lock, "BEAT_SECONDS", 0.0)
    reader = Ledger.read(url)
    assert reader is not None
    with sending(url, FIRST) as first, reader:
        first.ledger.let_go(WAITS)
        sleep(0.6)
        silent = reader.sender(FIRST.cases)
        first.ledger.hold.beat()
        heard = reader.sender(FIRST.cases)
        assert silent is not None
        assert heard is not None
        assert (bool(silent.silence()), heard.silence()) == (True, "")
        first.ledger.take_again()
        sleep(0.6)
        assert not first.ledger.hold.is_wanted()
        again = reader.sender(FIRST.cases)
        assert again is not None
        assert again.silence() == ""


def test_a_run_holds_only_what_it_knows_to_be_its_own(url: str) -> None:
    held = frozenset({FIRST.cases, FIRST.vouchers})
    with sending(url, SECOND), Ledger.open(url, "importer run", accounts=held) as ledger:
        assert ledger.hold.accounts == held
        ledger.hold.leave_others(FIRST)
        with pytest.raises(LedgerError, match="open another account than before"):
            ledger.hold.leave_others(SECOND)
