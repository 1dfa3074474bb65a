"""Staged batches: they change nothing until they are approved, and then do exactly what entering them at once would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from support.examples import examples
from support.ledgers import (
    ACCOUNTS,
    Entered,
    LedgerDriver,
    case,
    left_out,
    open_driver,
    reject,
    run_sql,
    source,
    transaction,
    voucher,
)

from importer.domain.batches import BatchState, DecisionKind, Person, Proposal, difference
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus, State
from importer.errors import ApprovalNeeded, UsageError
from importer.ledger.intake import staging
from importer.ledger.intake.staging import Preview
from importer.ledger.storage.schema import batch, entry, match_key, proposal, row
from importer.ledger.storage.schema import reject as rejects

ANN = Person("ann", "host", 1001)
PENDING, REJECTED, KNOWN = RowStatus.PENDING, RowStatus.REJECTED, RowStatus.ALREADY_IMPORTED


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def stage(driver: LedgerDriver, *records: Entered, name: str = "a.xlsx", run: str = "run") -> int:
    named = [driver._named(record) for record in records]
    with transaction(driver.ledger) as connection:
        return staging.stage(connection, source(*named, name=name), ACCOUNTS, run, None, ANN)


def preview(driver: LedgerDriver, *batches: int) -> dict[int, Preview]:
    with transaction(driver.ledger) as connection:
        with staging.entered_for_review(connection, batches) as found:
            pass
        for one, seen in found.items():
            staging.remember_proposal(connection, one, seen.proposal)
        return found


def approve(driver: LedgerDriver, identifier: int) -> Proposal:
    with transaction(driver.ledger) as connection:
        return staging.approve(connection, identifier, ANN, {})


def discard(driver: LedgerDriver, identifier: int) -> None:
    with transaction(driver.ledger) as connection:
        staging.discard(connection, identifier, ANN)


def state_of(driver: LedgerDriver, identifier: int) -> str:
    return run_sql(driver.ledger, lambda c: c.scalar(select(batch.c.state).where(batch.c.id == identifier)))


def why_void(driver: LedgerDriver, identifier: int) -> str:
    return driver.ledger.approvals.decisions(identifier)[-1].facts["why"]


def tables(driver: LedgerDriver, *names: Any) -> list[Any]:
    return run_sql(
        driver.ledger, lambda c: [list(c.execute(select(table).order_by(*table.primary_key)).all()) for table in names]
    )


def test_a_staged_batch_makes_no_entry_and_is_approved_as_it_was_read(driver: LedgerDriver) -> None:
    records = (case("R1"), voucher("R1", uid="U1"), left_out(case("R2")), reject(RecordKind.CASE, "R3"), case(None))
    staged = stage(driver, *records)
    assert (driver.entries(), driver.lines(staged), state_of(driver, staged)) == ([], [], BatchState.STAGED)
    seen = preview(driver, staged)[staged].proposal
    assert (driver.entries(), driver.lines(staged)) == ([], [])
    assert {status: seen.rows(status) for status in (PENDING, REJECTED, RowStatus.LEFT_OUT)} == {
        PENDING: 3,
        REJECTED: 1,
        RowStatus.LEFT_OUT: 1,
    }
    assert difference(seen, approve(driver, staged)) is None
    assert driver.cases(staged) == [PENDING, RowStatus.LEFT_OUT, REJECTED, PENDING]
    assert driver.balanced(staged)
    assert tables(driver, proposal) == [[]]
    assert [one.what for one in driver.ledger.approvals.decisions(staged)] == [DecisionKind.STAGED, DecisionKind.APPROVED]


def test_an_approval_names_its_source_its_account_and_what_it_covers_in_rows_and_money(driver: LedgerDriver) -> None:
    records = (case("R1", cents=1050), case("R2", cents=200), voucher("R1", uid="U1"), reject(RecordKind.CASE, "R3"))
    staged = stage(driver, *records)
    approve(driver, staged)
    (facts,) = [one.facts for one in driver.ledger.approvals.decisions(staged) if one.what is DecisionKind.APPROVED]
    assert (facts["source_sha256"], facts["to"]) == ("0" * 64, ACCOUNTS.cases)
    assert facts["counts"]["case"] == {"pending": 2, "rejected": 1}
    assert facts["counts"]["voucher"] == {"pending": 1}
    assert facts["totals"]["case"]["pending"] == {"DKK": 1250}
    at_once = driver.take(case("R9", cents=700))
    (facts,) = [one.facts for one in driver.ledger.approvals.decisions(at_once) if one.what is DecisionKind.APPROVED]
    assert (facts["counts"]["case"], facts["totals"]["case"]) == ({"pending": 1}, {"pending": {"DKK": 700}})


def test_a_staged_batch_changes_no_entry_of_another_until_it_is_approved(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", cents=100), case("R2"), case("R3"))
    before = tables(driver, entry, row, match_key, rejects)
    second = stage(driver, case("R1", cents=50), left_out(case("R2")), name="b.xlsx")
    preview(driver, second)
    assert tables(driver, entry, row, match_key, rejects) == before
    assert [one.entry.payload for one in driver.claim(limit=1)] == [case("R1", cents=100).payload]
    approve(driver, second)
    # R1 is being sent, so that it keeps its values; R2 waited.
    assert driver.cases(second) == [REJECTED, RowStatus.WITHDRAWN]
    assert driver.cases(first) == [PENDING, RowStatus.WITHDRAWN, PENDING]


def test_what_was_sent_since_the_review_is_not_sent_again(driver: LedgerDriver) -> None:
    staged = stage(driver, case("R1"), case("R2"))
    seen = preview(driver, staged)[staged].proposal
    driver.take(case("R1"), name="b.xlsx")
    driver.send_all()
    done = approve(driver, staged)
    assert difference(seen, done) is None
    assert driver.cases(staged) == [KNOWN, PENDING]
    assert len(driver.claim()) == 1


def test_a_batch_whose_rows_mean_something_else_by_now_must_be_reviewed_again(driver: LedgerDriver) -> None:
    staged = stage(driver, case("R1", cents=100))
    seen = preview(driver, staged)[staged].proposal
    driver.take(case("R1", cents=50), name="b.xlsx")
    driver.send_all()
    assert "rejected" in (difference(seen, preview(driver, staged)[staged].proposal) or "")


def test_a_batch_staged_later_with_the_same_rows_is_named(driver: LedgerDriver) -> None:
    first = stage(driver, case("R1"), voucher("R1", uid="U1"), name="a.xlsx", run="one")
    seen = preview(driver, first)[first].proposal
    assert seen.overlaps == ()
    stage(driver, case("R9"), name="b.xlsx", run="two")
    second = stage(driver, case("R1"), name="c.xlsx", run="three")
    third = stage(driver, case("R8"), voucher("R8", uid="U1"), name="d.xlsx", run="four")
    again = preview(driver, first)[first].proposal
    assert again.overlaps == (second, third)
    assert f"batch {second}, batch {third}, staged later" in (difference(seen, again) or "")
    assert preview(driver, second)[second].proposal.overlaps == ()
    discard(driver, second)
    assert preview(driver, first)[first].proposal.overlaps == (third,)


def test_vouchers_of_another_file_of_the_run_find_their_case(driver: LedgerDriver) -> None:
    cases, vouchers = stage(driver, case("R1"), name="cases.csv"), stage(driver, voucher("R1"), name="vouchers.csv")
    seen = preview(driver, cases, vouchers)
    assert seen[vouchers].proposal.rows(PENDING) == 1
    assert "were to be sent" in (difference(seen[vouchers].proposal, preview(driver, vouchers)[vouchers].proposal) or "")
    preview(driver, cases, vouchers)
    assert [difference(seen[one].proposal, approve(driver, one)) for one in (cases, vouchers)] == [None, None]
    assert driver.vouchers(vouchers) == [PENDING]


def test_discarding_drops_the_proposals_alone(driver: LedgerDriver) -> None:
    kept = driver.take(case("R1"))
    staged = stage(driver, case("R1"), case("R2"), name="b.xlsx")
    discard(driver, staged)
    assert (state_of(driver, staged), driver.cases(kept), tables(driver, proposal)) == (BatchState.DISCARDED, [PENDING], [[]])
    assert driver.cases(driver.take(case("R2"))) == [PENDING]


def test_of_an_approved_batch_what_was_never_sent_is_withdrawn_and_comes_again_with_a_later_sheet(driver: LedgerDriver) -> None:
    taken = driver.take(case("R1"), voucher("R1"), case("R2"))
    discard(driver, taken)
    assert driver.cases(taken) == [RowStatus.WITHDRAWN] * 2
    assert driver.claim() == driver.claim(RecordKind.VOUCHER) == []
    assert driver.balanced(taken)
    again = driver.take(case("R1"), voucher("R1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    assert (driver.cases(again), driver.vouchers(again)) == ([RowStatus.ACCEPTED], [RowStatus.ACCEPTED])


# Digests


def altered(driver: LedgerDriver) -> list[int]:
    return driver.ledger.approvals.altered(None)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b'{"amountToRecover":1.0}'},
        {"target": "5d8f8e4e-0000-4000-8000-000000000001"},
        {"appendix": '{"path": "other.pdf", "sha256": "1"}'},
        {"batch_id": 2},
    ],
)
def test_entries_that_are_not_what_was_approved_are_noticed(driver: LedgerDriver, change: dict[str, Any]) -> None:
    driver.take(case("R1"), case("R2"))
    driver.take(case("R9"), name="b.xlsx")
    assert altered(driver) == []
    with transaction(driver.ledger) as connection:
        connection.execute(update(entry).where(entry.c.id == 1).values(change))
    assert altered(driver)[0] == 1


def test_sending_doubts_answers_and_refusals_change_no_digest(driver: LedgerDriver) -> None:
    driver.take(*[case(f"R{number}") for number in range(4)], voucher("R0", uid="C", parent="P"), voucher("R0", uid="P"))
    claims = driver.claim()
    for claim, state in zip(claims, (State.ACCEPTED, State.REFUSED, State.IN_DOUBT, State.PENDING), strict=True):
        driver.settle([claim], state)
    driver.send_all(kind=RecordKind.VOUCHER)
    assert altered(driver) == []


def test_a_batch_that_takes_entries_over_leaves_the_digest_of_the_other_right(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"), case("R3", cents=100))
    driver.settle(driver.claim(limit=1), State.ACCEPTED)
    driver.take(case("R1"), case("R2"), case("R3", cents=99), name="b.xlsx")
    assert altered(driver) == []
    with transaction(driver.ledger) as connection:
        connection.execute(update(entry).where(entry.c.id == 2).values(payload=b"{}"))
    assert altered(driver) == [2]


def test_a_finished_batch_is_not_compared_any_more(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all()
    driver.ledger.approvals.finish(None)
    with transaction(driver.ledger) as connection:
        assert connection.scalar(select(batch.c.digest)) is None


# Approvals that become void


def test_other_values_void_an_approval_whose_sending_has_not_begun(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", cents=100), case("R2"))
    corrected = driver.take(case("R1", cents=50), name="errors.xlsx")
    assert state_of(driver, first) == BatchState.VOID
    assert f"batch {corrected}, approved later" in why_void(driver, first)
    assert [one.id for one in driver.ledger.approvals.void_batches()] == [first]


def test_the_same_values_void_nothing(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"), case("R2"))
    driver.take(case("R1"), name="b.xlsx")
    assert state_of(driver, first) == BatchState.APPROVED


def test_a_batch_under_way_is_not_stranded(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", cents=100), case("R2"))
    driver.ledger.approvals.begin([first])
    driver.take(case("R1", cents=50), name="errors.xlsx")
    assert driver.ledger.approvals.expire("9999", ANN, "too old") == []  # the second one has taken over what is under way
    assert state_of(driver, first) == BatchState.APPROVED
    assert altered(driver) == []


def test_an_approval_that_was_not_begun_in_time_is_void(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"))
    assert driver.ledger.approvals.expire("2000", ANN, "too old") == []
    assert driver.ledger.approvals.expire("9999", ANN, "it was not begun within 72 hours") == [first]
    assert (state_of(driver, first), why_void(driver, first)) == (BatchState.VOID, "it was not begun within 72 hours")
    approve(driver, first)
    assert (state_of(driver, first), altered(driver)) == (BatchState.APPROVED, [])


def test_a_source_that_is_read_again_in_another_form_voids_the_approval(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"))
    stage(driver, case("R1"))
    assert state_of(driver, first) == BatchState.APPROVED  # the same bytes
    with transaction(driver.ledger) as connection:
        connection.execute(update(batch).where(batch.c.id == first).values(source_sha256="1" * 64))
    stage(driver, case("R1"))
    assert state_of(driver, first) == BatchState.APPROVED  # a file of the same name in the same run
    second = stage(driver, case("R1"), run="later")
    assert state_of(driver, first) == BatchState.VOID
    assert why_void(driver, first) == f"a.xlsx was read again, as batch {second}"


def test_so_does_one_that_is_approved_at_once(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"), case("R2"))
    with transaction(driver.ledger) as connection:
        connection.execute(update(batch).where(batch.c.id == first).values(source_sha256="1" * 64, run_id="earlier"))
    driver.take(case("R1"))
    assert state_of(driver, first) == BatchState.VOID
    assert [claim.entry.entry_id for claim in driver.claim()] == [1]  # R2 was taken out of the sheet


# What the state of a batch keeps back


def test_nothing_of_a_void_or_discarded_batch_is_claimed(driver: LedgerDriver) -> None:
    first, second = driver.take(case("R1")), driver.take(case("R2"), name="b.xlsx")
    driver.settle(driver.claim(limit=1), State.PENDING)  # an attempt that did nothing
    with transaction(driver.ledger) as connection:
        connection.execute(update(batch).values(begun_at=None))
    discard(driver, first)
    driver.ledger.approvals.expire("9999", ANN, "too old")
    assert (state_of(driver, second), driver.claim()) == (BatchState.VOID, [])
    assert driver.cases(first) == [RowStatus.WITHDRAWN]
    assert driver.ledger.outbox.count_open(ACCOUNTS, RecordKind.CASE, None) == 0


def test_a_batch_with_a_doubt_is_not_discarded(driver: LedgerDriver) -> None:
    taken = driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    with transaction(driver.ledger) as connection:
        connection.execute(update(batch).values(begun_at=None))
    with pytest.raises(UsageError, match="is being sent, or was"):
        discard(driver, taken)


def test_a_decision_that_was_made_meanwhile_counts(driver: LedgerDriver) -> None:
    staged = stage(driver, case("R1"))
    discard(driver, staged)
    with pytest.raises(ApprovalNeeded, match="was discarded meanwhile"):
        approve(driver, staged)
    with pytest.raises(UsageError, match="was discarded already"):
        discard(driver, staged)


def test_an_older_batch_does_not_take_back_what_a_newer_one_says(driver: LedgerDriver) -> None:
    old = stage(driver, case("R1", cents=100), run="one")
    seen = preview(driver, old)[old].proposal
    new = driver.take(case("R1", cents=50), name="corrected.xlsx")
    now = preview(driver, old)[old].proposal
    assert now.overruled == (new,)
    assert f"batch {new}, which is newer and was approved since" in (difference(seen, now) or "")


def test_a_batch_that_takes_over_what_is_under_way_is_under_way(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"), case("R2"))
    driver.ledger.approvals.begin([first])
    second = driver.take(case("R1"), name="b.xlsx")
    assert driver.ledger.approvals.expire("9999", ANN, "too old") == []
    with pytest.raises(UsageError, match="is being sent"):
        discard(driver, second)


# Parts


def test_the_first_cases_with_their_vouchers_become_a_batch_of_their_own(driver: LedgerDriver) -> None:
    flat = (case("R9"), voucher(None, text="flat"))
    staged = stage(
        driver, case("R1"), reject(RecordKind.CASE, "X"), case("R2"), flat, voucher("R1"), voucher("R2"), voucher("R9")
    )
    preview(driver, staged)
    with transaction(driver.ledger) as connection:
        part = staging.split(connection, staged, 2)
    assert part is not None
    approve(driver, part)
    assert (driver.cases(part), len(driver.vouchers(part))) == ([PENDING] * 2, 2)
    assert driver.balanced(part)
    rest = preview(driver, staged)[staged].proposal
    assert (rest.rows(PENDING, RecordKind.CASE), rest.rows(PENDING, RecordKind.VOUCHER), rest.rows(REJECTED)) == (1, 2, 1)
    approve(driver, staged)
    assert sorted(one.ref for one in driver.entries(RecordKind.CASE)) == ["R1", "R2", "R9"]


def test_a_batch_without_more_cases_is_not_parted(driver: LedgerDriver) -> None:
    staged = stage(driver, case("R1"), voucher("R1"))
    with transaction(driver.ledger) as connection:
        assert staging.split(connection, staged, 1) is None


def test_the_parent_of_a_voucher_comes_with_its_case(driver: LedgerDriver) -> None:
    staged = stage(driver, case("R1"), case("R2"), case("R3"), voucher("R1", uid="C", parent="P"), voucher("R2", uid="P"))
    with transaction(driver.ledger) as connection:
        part = staging.split(connection, staged, 1)
    assert part is not None
    approve(driver, part)
    assert (driver.cases(part), driver.vouchers(part)) == ([PENDING] * 2, [PENDING] * 2)


# Staging and approving is the same as taking in

REFS = st.sampled_from(["R1", "R2", "r1", "R01", None])
CASES = st.builds(
    lambda ref, cents, day: case(ref, cents=cents, day=day), REFS, st.integers(1, 3), st.sampled_from([None, "2026-01-01"])
)
VOUCHERS = st.builds(
    lambda ref, uid, cents: voucher(ref, uid=uid, cents=cents),
    st.sampled_from(["R1", "R2"]),
    st.sampled_from([None, "U1", "U2"]),
    st.integers(1, 2),
)
RECORDS = st.lists(st.one_of(CASES, CASES.map(left_out), VOUCHERS, st.tuples(CASES, VOUCHERS)), min_size=1, max_size=6)


def outcome(driver: LedgerDriver, files: Iterable[list[Any]], *, staged: bool) -> list[Any]:
    for number, records in enumerate(files):
        name = f"{number}.xlsx"
        if staged:
            made = stage(driver, *records, name=name, run=name)
            seen = preview(driver, made)[made].proposal
            assert difference(seen, approve(driver, made)) is None
        else:
            made = driver.take(*records, name=name)
        assert driver.balanced(made)
        assert altered(driver) == []
        driver.settle(driver.claim(limit=2), State.ACCEPTED)
        assert altered(driver) == []
    entries = [(e.kind, e.key, e.state, e.payload, e.batch_id, e.superseded_by) for e in driver.entries()]
    return [entries, [[(line.case, line.voucher) for line in _plain(driver, made)] for made in range(1, len(list(files)) + 1)]]


def _plain(driver: LedgerDriver, made: int) -> Iterator[Any]:
    for line in driver.lines(made):
        yield line._replace(case=line.case and line.case.status.value, voucher=line.voucher and line.voucher.status.value)


@settings(max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(RECORDS, min_size=1, max_size=3))
def test_staging_and_approving_is_the_same_as_taking_in(tmp_path_factory: pytest.TempPathFactory, files: list[list[Any]]) -> None:
    found = []
    for staged in (False, True):
        with open_driver(tmp_path_factory.mktemp("ledger")) as driver:
            found.append(outcome(driver, files, staged=staged))
    assert found[0] == found[1]
