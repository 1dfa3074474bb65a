"""Reading ahead: each entry once, in order, and none forgotten when something frees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.ledgers import ACCOUNTS, RESENDABLE, LedgerDriver, case, voucher

from importer.dispatcher.sending.queue import READ_AHEAD, Backlog, Scope
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.outbox import Outbox
from importer.ledger.outbox.sendable import AttemptResult, Postponed, SendableEntry

SCOPE = Scope(ACCOUNTS, None, "run")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test") as ledger:
        yield LedgerDriver(ledger)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much was found each time the ledger was read."""
    found: list[int] = []
    real: Callable[..., list[SendableEntry]] = Outbox.sendable

    def sendable(self: Outbox, *given: Any) -> list[SendableEntry]:
        sendables = real(self, *given)
        found.append(len(sendables))
        return sendables

    monkeypatch.setattr(Outbox, "sendable", sendable)
    return found


def send(
    driver: LedgerDriver, sendables: list[SendableEntry], state: State, not_before: str | None = None
) -> list[AttemptResult]:
    """Send and settle these entries, and return the results."""
    claims = driver.ledger.outbox.commit_step([], [(sendable, sendable.payload) for sendable in sendables], ACCOUNTS, "run")
    results = [
        AttemptResult(
            *(c.attempt_id, c.entry.entry_id, c.entry.kind, state, "x"),
            remote_id=f"r{c.attempt_id}",
            postponed=Postponed(not_before) if not_before else None,
        )
        for c in claims
    ]
    driver.ledger.outbox.commit_step(results, [], ACCOUNTS, "run")
    return results


def ids(sendables: list[SendableEntry]) -> list[int]:
    return [sendable.entry_id for sendable in sendables]


def test_each_entry_is_given_once_and_the_ledger_is_read_by_the_hundred(driver: LedgerDriver, reads: list[int]) -> None:
    count = READ_AHEAD + 200
    driver.take(*(case(f"R{n}") for n in range(count)))
    backlog = Backlog(driver.ledger, SCOPE, RecordKind.CASE, (State.PENDING,))
    given: list[int] = []
    while sendables := backlog.take(8, ()):
        given += ids(sendables)
        backlog.changed(send(driver, sendables, State.ACCEPTED))
    assert given == list(range(1, count + 1))
    assert len(reads) == 2
    assert backlog.wait_seconds(()) is None


def test_what_is_at_work_is_not_given_again(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    backlog = Backlog(driver.ledger, SCOPE, RecordKind.CASE, (State.PENDING,))
    assert ids(backlog.take(1, ())) == [1]
    backlog.look_again()
    assert ids(backlog.take(5, {1})) == [2]


def test_an_accepted_case_frees_its_vouchers(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", uid="V"))
    cases, vouchers = (Backlog(driver.ledger, SCOPE, kind, (State.PENDING,)) for kind in RecordKind)
    assert vouchers.take(5, ()) == []
    assert vouchers.wait_seconds(()) is None
    vouchers.changed(send(driver, cases.take(5, ()), State.ACCEPTED))
    assert ids(vouchers.take(5, ())) == [2]


@pytest.mark.parametrize("state", RESENDABLE)
def test_an_entry_that_is_open_again_is_given_when_its_time_has_come(driver: LedgerDriver, state: State) -> None:
    driver.take(voucher(None, case_id="c", uid="V"))
    backlog = Backlog(driver.ledger, SCOPE, RecordKind.VOUCHER, RESENDABLE)
    soon = to_timestamp(datetime.now(UTC) + timedelta(hours=1))
    backlog.changed(send(driver, backlog.take(5, ()), state, soon))
    assert backlog.take(5, ()) == []
    assert 3000 < (backlog.wait_seconds(()) or 0) <= 3600
    driver.ledger.outbox.postpone(1, Postponed(to_timestamp(datetime.now(UTC) - timedelta(seconds=1))))
    backlog.look_again()
    assert backlog.wait_seconds(()) == 0
    assert ids(backlog.take(5, ())) == [1]


def test_a_case_in_doubt_is_not_sent_again(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    backlog = Backlog(driver.ledger, SCOPE, RecordKind.CASE, (State.PENDING,))
    backlog.changed(send(driver, backlog.take(5, ()), State.IN_DOUBT))
    assert backlog.take(5, ()) == []
    assert backlog.wait_seconds(()) is None
