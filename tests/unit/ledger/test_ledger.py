"""Tests of the outbox and the doubts in a real SQLite file: when changes are durable, and the effects of each move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, insert, text
from support.ledgers import ACCOUNTS, RESENDABLE, LedgerDriver, case, ledger_url, open_driver, run_sql, transaction, voucher

from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.states import RowStatus, State
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import AttemptResult, Postponed
from importer.ledger.queries.totals import open_batches
from importer.ledger.storage.schema import batch as batch_table
from importer.ledger.storage.schema import entry


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def test_an_intent_is_durable_before_it_is_told(driver: LedgerDriver, tmp_path: Path) -> None:
    driver.take(case("R1"))
    (claim,) = driver.claim()
    with Ledger.read(ledger_url(tmp_path)) as reader:  # type: ignore[union-attr]
        states = run_sql(reader, lambda c: c.execute(text("SELECT state, payload FROM entry")).all())
        begun = run_sql(reader, lambda c: c.execute(text("SELECT id, ended_at FROM attempt")).all())
    assert states == [(State.SENDING, claim.payload)]
    assert begun == [(claim.attempt_id, None)]


def test_what_is_being_sent_is_never_offered_again(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    sendables = driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5)
    intents = [(sendable, sendable.payload) for sendable in sendables]
    driver.ledger.outbox.commit_step([], intents, ACCOUNTS, "run")
    assert driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5) == []
    with pytest.raises(LedgerError):
        driver.ledger.outbox.commit_step([], intents, ACCOUNTS, "run")
    assert driver.entries()[0].state == State.SENDING


def test_an_outcome_of_what_is_not_under_way_is_not_stored(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    (claim,) = driver.send_all()
    with pytest.raises(LedgerError):
        driver.settle([claim], State.REFUSED)
    assert driver.entries()[0].state == State.ACCEPTED


def test_outcomes_and_intents_of_one_exchange_stand_or_fall_together(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    (first,) = driver.claim(limit=1)
    done = AttemptResult(first.attempt_id, first.entry.entry_id, RecordKind.CASE, State.ACCEPTED, "accepted", remote_id="r")
    with pytest.raises(LedgerError):
        driver.ledger.outbox.commit_step([done], [(first.entry, first.payload)], ACCOUNTS, "run")  # it cannot be sent any more
    assert driver.entries()[0].state == State.SENDING


def test_a_crash_leaves_doubt(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    driver.claim(limit=1)
    assert driver.ledger.outbox.recover() == 1
    first, second = driver.entries()
    assert (first.state, second.state) == (State.IN_DOUBT, State.PENDING)
    assert first.doubted_at
    assert [sendable.doubted for sendable in driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5)] == [
        False,
        True,
    ]
    assert run_sql(driver.ledger, lambda c: c.execute(text("SELECT outcome FROM attempt")).all()) == [("crashed",)]
    assert driver.ledger.outbox.recover() == 0


def test_the_settle_time_counts_from_the_last_doubt_and_the_scan_from_the_first_attempt(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    (once,) = driver.ledger.doubts.cases(ACCOUNTS, None)
    sendable = driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5)[0]
    claims = driver.ledger.outbox.commit_step([], [(sendable, sendable.payload)], ACCOUNTS, "run")
    driver.settle(claims, State.IN_DOUBT)
    (twice,) = driver.ledger.doubts.cases(ACCOUNTS, None)
    assert twice.first_sent_at == once.first_sent_at
    assert twice.doubted_at > once.doubted_at


def test_a_crash_after_a_doubt_is_the_last_doubt(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    (once,) = driver.ledger.doubts.cases(ACCOUNTS, None)
    sendable = driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5)[0]
    driver.ledger.outbox.commit_step([], [(sendable, sendable.payload)], ACCOUNTS, "run")
    driver.ledger.outbox.recover()
    assert driver.ledger.doubts.cases(ACCOUNTS, None)[0].doubted_at > once.doubted_at


def test_absences_are_counted_anew_after_each_attempt(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    driver.ledger.doubts.count_absence([1])
    assert driver.ledger.doubts.cases(ACCOUNTS, None)[0].absent_scans == 1
    assert driver.ledger.doubts.move(1, State.PENDING, doubted_at=None, absent_scans=0)
    (claim,) = driver.claim()
    assert not claim.entry.doubted
    driver.settle([claim], State.IN_DOUBT)
    assert driver.ledger.doubts.cases(ACCOUNTS, None)[0].absent_scans == 0
    driver.ledger.doubts.count_absence([1])
    # Sent while in doubt, as an entry with an idempotency key may be.
    sendable = driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, RESENDABLE, None, 5)[0]
    driver.settle(driver.ledger.outbox.commit_step([], [(sendable, sendable.payload)], ACCOUNTS, "run"), State.IN_DOUBT)
    assert driver.ledger.doubts.cases(ACCOUNTS, None)[0].absent_scans == 0


def test_no_two_entries_own_one_remote_case(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"), case("R3"))
    first, second, third = driver.claim()
    driver.settle([first], State.ACCEPTED, "same")
    driver.settle([second], State.ACCEPTED, "same")
    assert [e.state for e in driver.entries()] == [State.ACCEPTED, State.IN_DOUBT, State.SENDING]
    assert driver.entries()[1].remote_id is None
    driver.settle([third], State.ACCEPTED, "other")
    assert driver.ledger.doubts.owned(ACCOUNTS, ["same", "other", "no one's"]) == {"same", "other"}


def test_no_two_outcomes_of_one_exchange_own_one_remote_case(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    driver.settle(driver.claim(), State.ACCEPTED, "same")
    assert [e.state for e in driver.entries()] == [State.ACCEPTED, State.IN_DOUBT]


def test_what_is_in_doubt_for_another_rows_id_is_not_asked_again_in_this_run(driver: LedgerDriver) -> None:
    driver.take(voucher(None, case_id="c", text="a"), voucher(None, case_id="c", text="b"))
    driver.settle(driver.claim(RecordKind.VOUCHER), State.ACCEPTED, "same")
    assert driver.claim(RecordKind.VOUCHER) == []
    driver.ledger.outbox.forget_waits(ACCOUNTS, None)
    assert len(driver.claim(RecordKind.VOUCHER)) == 1


def test_more_remote_cases_than_one_statement_takes(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all()
    assert driver.ledger.doubts.owned(ACCOUNTS, [*map(str, range(40_000)), "remote-1"]) == {"remote-1"}


def test_release_waits_for_the_case_and_the_parent(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"), voucher("R1", uid="P"), voucher("R2", uid="C", parent="P"))
    one, two = driver.claim()
    driver.settle([one], State.ACCEPTED)
    (parent,) = driver.send_all(kind=RecordKind.VOUCHER)
    assert driver.claim(RecordKind.VOUCHER) == []
    driver.settle([two], State.ACCEPTED)
    (child,) = driver.claim(RecordKind.VOUCHER)
    assert child.entry.parent_id == f"remote-{parent.entry.entry_id}"


def test_an_accepted_case_does_not_release_what_waits_for_a_parent_too(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", uid="P"), voucher("R1", uid="C", parent="P"))
    driver.send_all()
    (parent,) = driver.claim(RecordKind.VOUCHER)
    assert b'"P"' in parent.payload


@pytest.mark.slow
def test_a_refused_case_blocks_more_vouchers_than_one_statement_takes(driver: LedgerDriver) -> None:
    with transaction(driver.ledger) as connection:
        _many_entries(connection, 40_000, RecordKind.VOUCHER, case_id=1, ready=False, first=2)
    driver.send_all(State.REFUSED)
    blocked = "SELECT count(*) FROM entry WHERE state = 'blocked' AND NOT ready AND reasons IS NOT NULL"
    assert run_sql(driver.ledger, lambda c: c.execute(text(blocked)).scalar()) == 40_000


@pytest.mark.parametrize(("before", "after"), [(State.PENDING, State.REFUSED), (State.IN_DOUBT, State.HELD)])
def test_an_entry_whose_file_is_refused(driver: LedgerDriver, before: State, after: State) -> None:
    batch = driver.take(voucher(None, case_id="c", uid="P"), voucher(None, case_id="c", uid="C", parent="P"))
    if before is State.IN_DOUBT:
        driver.send_all(State.IN_DOUBT, RecordKind.VOUCHER)
    driver.ledger.outbox.refuse_unsent(1, (Reason("appendix", "is gone"),))
    assert [e.state for e in driver.entries()] == [after, State.BLOCKED]
    assert "appendix" in driver.codes(batch)


def test_waits(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    late, never = "2999-01-01T00:00:00.000000Z", "2998-01-01T00:00:00.000000Z"
    driver.settle(driver.claim(), State.PENDING, postponed=Postponed(late))
    driver.ledger.outbox.postpone(2, Postponed(never))
    assert driver.claim() == []
    assert driver.ledger.outbox.next_due(ACCOUNTS, RecordKind.CASE, [State.PENDING, State.IN_DOUBT], None) == never
    driver.ledger.outbox.forget_waits(ACCOUNTS, None)
    assert driver.ledger.outbox.next_due(ACCOUNTS, RecordKind.CASE, [State.PENDING], None) is None
    assert len(driver.claim()) == 2


def test_only_the_batches_of_a_run_are_sent(driver: LedgerDriver) -> None:
    first, second = driver.take(case("R1")), driver.take(case("R2"))
    assert [c.entry.entry_id for c in driver.claim(batches=(second,))] == [2]
    assert driver.ledger.outbox.count_open(ACCOUNTS, RecordKind.CASE, (first,)) == 1
    assert list(run_sql(driver.ledger, open_batches)) == [first, second]


def test_moves_that_the_table_does_not_have_are_not_made(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    driver.claim(limit=1)
    assert not driver.ledger.doubts.move(1, State.PENDING)  # under way
    assert not driver.ledger.doubts.move(2, State.HELD)
    driver.ledger.outbox.recover()
    assert driver.ledger.doubts.move(1, State.ACCEPTED, remote_id="r")
    assert not driver.ledger.doubts.move(1, State.PENDING)
    assert driver.entries()[0].accepted_at


def test_an_adopted_case_releases_its_vouchers(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.IN_DOUBT)
    driver.ledger.doubts.move(1, State.HELD)
    assert driver.vouchers(batch) == [RowStatus.BLOCKED]
    driver.ledger.doubts.move(1, State.ACCEPTED, remote_id="r")
    assert len(driver.claim(RecordKind.VOUCHER)) == 1


def test_held_cases_are_rivals_only(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    driver.send_all(State.IN_DOUBT)
    driver.ledger.doubts.move(1, State.HELD)
    assert [d.entry_id for d in driver.ledger.doubts.cases(ACCOUNTS, None)] == [2]
    assert [(d.entry_id, d.held) for d in driver.ledger.doubts.cases(ACCOUNTS, None, held=True)] == [(1, True), (2, False)]


def test_accounts_are_remembered_by_credential(driver: LedgerDriver) -> None:
    assert driver.ledger.account_of("print") is None
    driver.ledger.remember_account("print", "one")
    driver.ledger.remember_account("print", "two")
    assert driver.ledger.account_of("print") == "two"


def _many_entries(connection: object, count: int, kind: RecordKind, *, first: int = 1, **more: object) -> None:
    """Insert thousands of entries without a source."""
    run = connection.execute  # type: ignore[attr-defined]
    found = run(text("SELECT max(id) FROM batch")).scalar()
    if found is None:
        fixed = dict.fromkeys(("run_id", "cases_account", "vouchers_account", "source_name", "source_sha256"), "x")
        run(insert(batch_table).values(id=1, heads="[]", notes="[]", control="{}", taken_at=to_timestamp(), **fixed))
        own = {"id": 1, "kind": RecordKind.CASE, "key": "1", "base": "1", "account": ACCOUNTS.cases}
        run(insert(entry).values(_plain() | own))
    own = {"kind": kind, "account": ACCOUNTS.of(kind)} | more
    run(insert(entry), [_plain() | own | {"id": i, "key": str(i), "base": str(i)} for i in range(max(first, 2), first + count)])
    run(text("UPDATE id_sequence SET next_id = (SELECT max(id) + 1 FROM entry) WHERE name = 'entry'"))


def _plain() -> dict[str, object]:
    fixed = {"batch_id": 1, "row_id": 0, "state": State.PENDING, "ready": True, "payload": b"{}", "digest": ""}
    return fixed | {"idempotency_key": "k", "is_test": False, "absent_scans": 0}


@pytest.fixture
def plans(driver: LedgerDriver) -> Iterator[list[str]]:
    """Return SQLite's query plans of the statements, for a ledger of 50,000 entries of which few are open."""
    with transaction(driver.ledger) as connection:
        _many_entries(connection, 25_000, RecordKind.CASE)
        _many_entries(connection, 25_000, RecordKind.VOUCHER, first=25_001, case_id=1, ready=False)
        connection.exec_driver_sql("UPDATE entry SET state = 'accepted', remote_id = 'r' || id WHERE id BETWEEN 2 AND 20000")
        connection.exec_driver_sql(
            "UPDATE entry SET state = 'in_doubt', first_sent_at = 'x', doubted_at = 'x' WHERE id % 100 = 1"
        )
    found: list[str] = []

    def explain(_conn: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            one = parameters[0] if rest[-1] else parameters  # type: ignore[index]
            raw = cursor.connection.cursor()  # type: ignore[attr-defined]
            found.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", one).fetchall())

    event.listen(driver.ledger._session.connection.engine, "before_cursor_execute", explain)
    yield found
    event.remove(driver.ledger._session.connection.engine, "before_cursor_execute", explain)


@pytest.mark.slow
@pytest.mark.files_alone
@pytest.mark.parametrize("batches", [None, (1,), (1, 2, 3)])
def test_no_step_reads_the_whole_ledger(driver: LedgerDriver, plans: list[str], batches: tuple[int, ...] | None) -> None:
    ledger = driver.ledger
    for kind in RecordKind:
        sendables = ledger.outbox.sendable(ACCOUNTS, kind, RESENDABLE, batches, 16)
        ledger.outbox.next_due(ACCOUNTS, kind, RESENDABLE, batches)
    ledger.doubts.cases(ACCOUNTS, batches)
    ledger.doubts.owned(ACCOUNTS, ["r1"])
    sendables = ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, [State.PENDING], batches, 4)
    claims = ledger.outbox.commit_step([], [(sendable, sendable.payload) for sendable in sendables], ACCOUNTS, "run")
    driver.settle(claims[:1], State.ACCEPTED)
    driver.settle(claims[1:2], State.REFUSED)
    driver.settle(claims[2:], State.IN_DOUBT)
    ledger.doubts.move(claims[2].entry.entry_id, State.HELD)
    of_sending = list(plans)
    driver.take(case("R1"), case(None), voucher("R1"), voucher("R1", uid="C", parent="P"), voucher("R1", uid="P"))
    driver.take(case(None, debtor="Bob", hint=50_002))
    scans = [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan]
    # These scans are intended: the highest attempt, which is the last entry of its index, and the few batches under way or
    # not approved, by indexes of their own.
    assert [
        scan for scan in scans if "attempt" not in scan and "batch_digest" not in scan and "batch_undecided" not in scan
    ] == []
    assert not [plan for plan in plans if plan.endswith("(account=? AND kind=?)")]
    assert any("entry_open" in plan for plan in plans)
    # Doubts are sorted by their first attempt; entries to send are read in the order of the index. What is taken in is counted
    # by status once, over the rows of its own batch.
    assert sum("TEMP B-TREE" in plan for plan in of_sending) == 1
