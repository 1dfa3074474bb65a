"""Tests of staging sources in a real SQLite file: equal, corrected, overlapping and broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, CASES, LedgerDriver, case, open_driver, reject, run_sql, source, transaction, voucher

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.records import AppendixFile, LoadedRow, Row
from importer.domain.states import RowStatus, State
from importer.errors import FileRefused
from importer.ledger.intake import intake
from importer.ledger.intake.intake import CHUNK_ROWS, take_in

A, KNOWN, PENDING = RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED, RowStatus.PENDING


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


# The same rows again


def test_the_same_source_twice_sends_nothing_twice(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"), case("R2"), voucher("R1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    again = driver.take(voucher("R1"), case("R2"), case("R1"), name="renamed.csv")
    assert driver.cases(first) == [A, A]
    assert driver.cases(again) == [KNOWN, KNOWN]
    assert driver.vouchers(again) == [KNOWN]
    assert not driver.claim()
    assert not driver.claim(RecordKind.VOUCHER)
    assert driver.balanced(first)
    assert driver.balanced(again)
    fact = driver.lines(again)[1].case
    assert fact is not None
    assert fact.remote_id
    assert fact.sent_at


@pytest.mark.parametrize("state", [State.REFUSED, State.PENDING])
def test_a_corrected_row_replaces_what_did_not_happen(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1", debtor="Ann"))
    driver.send_all(state)
    (before,) = driver.entries()
    batch = driver.take(case("R1", debtor="Anna"))
    (after,) = driver.entries()
    assert json.loads(after.payload)["debtor"]["name"] == "Anna"
    assert after.idempotency_key != before.idempotency_key
    assert (after.state, after.reasons, after.not_before) == (State.PENDING, None, None)
    driver.send_all()
    assert driver.cases(batch) == [A]
    assert len(driver.sent) == 2


@pytest.mark.parametrize("state", [State.PENDING, State.IN_DOUBT, State.HELD])
def test_an_unchanged_row_that_was_not_refused_keeps_its_idempotency_key(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1"))
    driver.settle(driver.claim(), state)
    (before,) = driver.entries()
    driver.take(case("R1"))
    (after,) = driver.entries()
    assert (after.idempotency_key, after.payload, after.state) == (before.idempotency_key, before.payload, state)


@pytest.mark.parametrize("kind", list(RecordKind))
def test_a_refused_row_that_is_imported_again_gets_a_new_idempotency_key(driver: LedgerDriver, kind: RecordKind) -> None:
    """The server would answer a key that it has refused with the stored refusal, although its cause is gone."""
    source = (case("R1"), voucher("R1"))
    driver.take(*source)
    if kind is RecordKind.VOUCHER:
        driver.send_all()
    driver.send_all(State.REFUSED, kind)
    (before,) = driver.entries(kind)
    driver.take(*source)
    (after,) = driver.entries(kind)
    assert after.state == State.PENDING
    assert after.idempotency_key != before.idempotency_key
    assert (after.payload, after.key) == (before.payload, before.key)


def test_an_accepted_row_with_other_values_is_rejected_naming_both(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann"), name="first.xlsx")
    driver.send_all()
    batch = driver.take(case("R1", debtor="Bob"))
    assert driver.cases(batch) == [RowStatus.REJECTED]
    (reasons,) = driver.reasons(batch)
    assert "Ann" in reasons
    assert "Bob" in reasons
    assert f"on {driver.entries()[0].accepted_at[:10]} from first.xlsx, " in reasons
    assert 'row 2 of sheet "Cases", as case remote-1 (C1-' in reasons
    assert "with other values: debtor_name was Ann, is now Bob" in reasons
    assert json.loads(driver.entries()[0].payload)["debtor"]["name"] == "Ann"
    assert driver.balanced(batch)


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.HELD])
def test_what_may_exist_is_left_alone(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    if state is State.HELD:
        assert driver.ledger.doubts.move(1, State.HELD)
    before = driver.entries()
    same, other = driver.take(case("R1")), driver.take(case("R1", debtor="Bob"))
    (after,) = driver.entries()
    assert (after.payload, after.idempotency_key, after.state) == (before[0].payload, before[0].idempotency_key, state)
    assert driver.cases(same) == [RowStatus(state.value)]
    assert driver.cases(other) == [RowStatus.REJECTED]  # else it would be reported with values that were never sent
    assert after.batch_id == same  # so that this run reconciles it


# Duplicates in one source


def test_a_duplicate_names_the_row_of_this_file(driver: LedgerDriver) -> None:
    driver.take(reject(RecordKind.CASE), reject(RecordKind.CASE), case("R1"))
    driver.send_all()
    batch = driver.take(case("R1"), case("R1"), case("R9"), case("R9"))
    assert driver.cases(batch) == [KNOWN, RowStatus.REPEATED, PENDING, RowStatus.REPEATED]
    named = [line.case.imported_from for line in driver.lines(batch) if line.case and line.case.status is RowStatus.REPEATED]
    assert named == [f'this file, row {number} of sheet "Cases"' for number in (2, 4)]
    assert len(driver.claim()) == 1
    assert driver.balanced(batch)


def test_an_explicit_unique_id_twice_is_rejected_in_both_rows(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher(uid="U"), voucher(uid="U", text="other"))
    assert driver.vouchers(batch) == [RowStatus.REJECTED] * 2
    wanted = (
        'unique_id "U" is in rows 3 and 4 of sheet "Vouchers": the same voucher with different values (text was fee, is now '
        "other). None of them was sent: make the rows equal, or give each of them a key of its own"
    )
    assert driver.reasons(batch) == [wanted, wanted]
    driver.send_all()
    assert not driver.claim(RecordKind.VOUCHER)
    assert driver.balanced(batch)


def test_equal_rows_without_a_reference_are_asked_about_and_known_again(driver: LedgerDriver) -> None:
    batch = driver.take(*[case(None)] * 3)
    assert len({e.key for e in driver.entries()}) == 3
    assert driver.cases(batch) == [PENDING] + [RowStatus.QUESTIONED] * 2
    driver.answer_send()
    driver.send_all()
    again = driver.take(*[case(None)] * 4)
    assert driver.cases(again) == [KNOWN] * 3 + [RowStatus.QUESTIONED]
    assert driver.balanced(again)


def test_equal_vouchers_are_two_vouchers(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher(), voucher())
    first, second = driver.entries(RecordKind.VOUCHER)
    assert second.key == f"{first.key}-1"
    assert [json.loads(e.payload)["uniqueId"] for e in (first, second)] == [first.key, second.key]


# Flat rows


def test_flat_rows_that_repeat_their_case_count_it_once(driver: LedgerDriver) -> None:
    batch = driver.take((case("R1"), voucher(None, text="a")), (case("R1"), voucher(None, text="b")))
    assert len(driver.entries(RecordKind.CASE)) == 1
    assert driver.vouchers(batch) == [PENDING, PENDING]
    assert driver.balanced(batch)
    assert len(driver.claim()) == 1


def test_a_flat_row_that_repeats_its_case_with_other_values_is_rejected_and_its_voucher_blocked(driver: LedgerDriver) -> None:
    batch = driver.take((case("R1"), voucher(None, text="a")), (case("R1", debtor="Bob"), voucher(None, text="b")))
    assert driver.cases(batch) == [RowStatus.REJECTED, RowStatus.REJECTED]
    assert driver.vouchers(batch) == [RowStatus.BLOCKED, RowStatus.BLOCKED]
    assert 'rows 2 and 3 of sheet "Flat"' in driver.reasons(batch)[0]
    assert not driver.claim()
    assert driver.balanced(batch)


def test_equal_flat_rows_without_a_reference_are_not_guessed_to_be_one_case(driver: LedgerDriver) -> None:
    batch = driver.take((case(None), voucher(None, text="a")), (case(None), voucher(None, text="b")))
    assert driver.cases(batch) == [PENDING, RowStatus.REJECTED]
    assert driver.codes(batch) == ["case_ref_needed", "case_rejected"]
    assert driver.balanced(batch)


def test_a_changed_case_of_flat_rows_is_rejected_in_every_one_of_them(driver: LedgerDriver) -> None:
    driver.take((case("R1"), voucher(None)))
    driver.send_all()
    changed = case("R1", debtor="Bob")
    batch = driver.take((changed, voucher(None)), (changed, voucher(None, text="b")), (case("R1"), voucher(None, text="c")))
    assert driver.cases(batch) == [RowStatus.REJECTED, RowStatus.REJECTED, KNOWN]
    assert driver.balanced(batch)


def test_a_rejected_case_blocks_the_voucher_of_its_flat_row(driver: LedgerDriver) -> None:
    batch = driver.take((reject(RecordKind.CASE), voucher(None)))
    assert driver.vouchers(batch) == [RowStatus.BLOCKED]
    assert not driver.entries()
    assert driver.balanced(batch)


# Error sheets


def test_the_second_of_two_equal_rows_keeps_its_identity_in_the_error_sheet(driver: LedgerDriver) -> None:
    driver.take(case(None), case(None))
    driver.answer_send()
    first, second = driver.claim()
    driver.settle([first], State.ACCEPTED)
    driver.settle([second], State.REFUSED)
    batch = driver.take(case(None, hint=second.entry.entry_id))
    assert len(driver.entries()) == 2
    (again,) = driver.send_all()
    assert again.entry.entry_id == second.entry.entry_id
    assert driver.cases(batch) == [A]


def test_a_corrected_row_supersedes_the_refused_entry_which_is_never_sent(driver: LedgerDriver) -> None:
    first = driver.take(case(None, debtor="Ann"))
    driver.send_all(State.REFUSED)
    batch = driver.take(case(None, debtor="Anna", hint=1))
    claims = driver.send_all()
    assert [json.loads(c.payload)["debtor"]["name"] for c in claims] == ["Anna"]
    assert driver.cases(batch) == [A]
    assert driver.cases(first) == [A]  # the row was corrected: its entry is the new one
    assert not driver.claim()
    assert driver.balanced(first)
    again = driver.take(case(None, debtor="Ann"))
    assert driver.cases(again) == [RowStatus.REJECTED]
    assert not driver.claim()


def test_a_superseded_pending_entry_is_never_sent(driver: LedgerDriver) -> None:
    driver.take(case(None, debtor="Ann"))
    driver.take(case(None, debtor="Anna", hint=1))
    assert [json.loads(c.payload)["debtor"]["name"] for c in driver.send_all()] == ["Anna"]


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.ACCEPTED])
def test_a_correction_of_what_may_exist_is_refused(driver: LedgerDriver, state: State) -> None:
    driver.take(case(None, debtor="Ann"))
    driver.send_all(state)
    batch = driver.take(case(None, debtor="Anna", hint=1))
    assert driver.cases(batch) == [RowStatus.REJECTED]
    assert driver.codes(batch) == ["entry_not_open"]
    assert EntryLabel.of(RecordKind.CASE, 1, driver.entries()[0].key).text() in driver.reasons(batch)[0]
    assert len(driver.entries()) == 1


def test_a_refused_correction_leaves_the_entry_that_it_equals_where_it_was(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    pending = driver.take(case("R2"))
    batch = driver.take(case("R2", hint=1))
    assert driver.cases(batch) == [RowStatus.REJECTED]
    assert not driver.claim(batches=(batch,))  # nothing of this batch may be sent
    assert len(driver.claim(batches=(pending,))) == 1


def test_a_test_case_is_never_superseded_by_the_real_one(driver: LedgerDriver) -> None:
    driver.take(case(None, test=True))
    driver.send_all()
    batch = driver.take(case(None, hint=1))
    assert driver.cases(batch) == [PENDING]
    assert len(driver.send_all()) == 1


def test_equal_corrected_rows_are_known_when_the_old_sheet_comes_again(driver: LedgerDriver) -> None:
    driver.take(case(None, debtor="Ann"), case(None, debtor="Ann"))
    driver.answer_send()
    driver.send_all(State.REFUSED)
    driver.take(case(None, debtor="Anna", hint=1), case(None, debtor="Anna", hint=2))
    again = driver.take(case(None, debtor="Ann"), case(None, debtor="Ann"))
    assert driver.cases(again) == [PENDING, PENDING]
    assert len(driver.claim()) == 2


# Vouchers and their cases


def test_a_voucher_is_linked_to_a_case_in_the_file_or_in_an_earlier_one(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all()
    batch = driver.take(case("R2"), voucher("R2"), voucher("R1"))
    r2, r1 = driver.entries(RecordKind.VOUCHER)
    assert (r2.ready, r1.ready) == (False, True)
    assert [c.entry.entry_id for c in driver.claim(RecordKind.VOUCHER)] == [r1.id]
    driver.send_all()
    (claim,) = driver.send_all(kind=RecordKind.VOUCHER)
    assert (claim.entry.entry_id, claim.entry.case_id) == (r2.id, f"remote-{r2.case_id}")
    assert driver.vouchers(batch) == [A, PENDING]


def test_a_reference_of_two_creditors_is_ambiguous_unless_this_file_has_one_of_them(driver: LedgerDriver) -> None:
    driver.take(case("R1", creditor="X"), case("R1", creditor="Y"))
    batch = driver.take(voucher("R1"))
    assert driver.codes(batch) == ["case_ambiguous"]
    driver.take(case("R1", creditor="Y"), voucher("R1"))
    (linked,) = driver.entries(RecordKind.VOUCHER)
    assert linked.case_id == 2


def test_a_voucher_of_an_unknown_case_is_rejected(driver: LedgerDriver) -> None:
    batch = driver.take(voucher("R404"))
    assert driver.vouchers(batch) == [RowStatus.REJECTED]
    assert driver.codes(batch) == ["case_unknown"]
    assert driver.balanced(batch)


def test_a_voucher_of_a_rejected_case_is_blocked_also_across_the_files_of_a_run(driver: LedgerDriver) -> None:
    first = driver.take(reject(RecordKind.CASE, "R1"), voucher("R1"))
    second = driver.take(voucher("R1"), earlier=[first])
    assert driver.vouchers(first) == driver.vouchers(second) == [RowStatus.BLOCKED]
    unrelated = driver.take(voucher("R1"))
    assert driver.vouchers(unrelated) == [RowStatus.REJECTED]


def test_a_voucher_of_a_rejected_case_never_goes_to_another_creditors_case(driver: LedgerDriver) -> None:
    driver.take(case("R1", creditor="Other"))
    driver.send_all()
    batch = driver.take(reject(RecordKind.CASE, "R1"), voucher("R1"))
    assert driver.vouchers(batch) == [RowStatus.BLOCKED]
    assert not driver.claim(RecordKind.VOUCHER)


def test_a_known_voucher_of_a_changed_case_is_known(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    batch = driver.take(case("R1", debtor="Bob"), voucher("R1"))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([RowStatus.REJECTED], [KNOWN])


def test_a_voucher_for_an_existing_case_can_be_sent_at_once(driver: LedgerDriver) -> None:
    driver.take(voucher(None, case_id="remote-case"))
    (claim,) = driver.claim(RecordKind.VOUCHER)
    assert claim.entry.target == "remote-case"


def test_test_cases_and_real_ones_are_apart_with_their_vouchers(driver: LedgerDriver) -> None:
    batch = driver.take((case("R1", test=True), voucher(None, uid="U")), (case("R1"), voucher(None, uid="U")))
    assert driver.cases(batch) == [PENDING, PENDING]
    assert [e.key for e in driver.entries(RecordKind.VOUCHER)] == ["test-U", "U"]
    assert [json.loads(e.payload)["uniqueId"] for e in driver.entries(RecordKind.VOUCHER)] == ["test-U", "U"]


def test_a_voucher_of_a_refused_case_is_released_when_the_corrected_case_is_accepted(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.REFUSED)
    assert driver.vouchers(batch) == [RowStatus.BLOCKED]
    assert "case_refused" in driver.codes(batch)
    driver.take(case("R1", debtor="Anna"))
    assert driver.vouchers(batch) == [PENDING]
    assert not driver.claim(RecordKind.VOUCHER)
    driver.send_all()
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1
    assert driver.vouchers(batch) == [A]


def test_a_voucher_taken_in_for_a_held_case_is_blocked_and_says_why(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    driver.ledger.doubts.move(1, State.HELD)
    batch = driver.take(voucher("R1"))
    assert driver.vouchers(batch) == [RowStatus.BLOCKED]
    assert driver.codes(batch) == ["case_refused"]
    driver.ledger.doubts.move(1, State.PENDING, doubted_at=None)
    assert driver.vouchers(batch) == [PENDING]


# Superseded cases and their vouchers


def test_the_vouchers_of_a_superseded_case_follow_the_new_one_and_are_sent_once(driver: LedgerDriver) -> None:
    """The correction changes the creditor's name, a part of the case's identity. The voucher file is imported again unchanged."""
    first = driver.take(case("R1", creditor="Wrnog"), voucher("R1"), voucher("R1"), voucher("R1", uid="U"))
    driver.send_all(State.REFUSED)
    batch = driver.take(case("R1", creditor="Wrong", hint=1), voucher("R1"), voucher("R1"), voucher("R1", uid="U"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    sent = [json.loads(c.payload)["uniqueId"] for c in driver.sent if c.entry.kind is RecordKind.VOUCHER]
    assert len(sent) == len(set(sent)) == 3
    assert driver.vouchers(first) == driver.vouchers(batch) == [A, A, A]
    assert not driver.claim(RecordKind.VOUCHER)
    again = driver.take(voucher("R1"), voucher("R1"), voucher("R1", uid="U"))
    assert driver.vouchers(again) == [KNOWN] * 3
    for entry in driver.entries(RecordKind.VOUCHER):
        assert json.loads(entry.payload)["uniqueId"] == entry.key


def test_vouchers_follow_a_correction_that_comes_without_them(driver: LedgerDriver) -> None:
    first = driver.take((case(None, debtor="Ann"), voucher(None)))
    driver.send_all(State.REFUSED)
    driver.take(case(None, debtor="Anna", hint=1))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    assert driver.vouchers(first) == [A]
    again = driver.take((case(None, debtor="Anna"), voucher(None)))
    assert (driver.cases(again), driver.vouchers(again)) == ([KNOWN], [KNOWN])


def test_vouchers_follow_into_a_case_that_was_accepted_already(driver: LedgerDriver) -> None:
    first = driver.take(case("Old"), voucher("Old"))
    driver.send_all(State.REFUSED)
    driver.take(case("New"))
    driver.send_all()
    driver.take(case("New", hint=1))
    assert driver.vouchers(first) == [PENDING]
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1


def test_a_voucher_that_the_new_case_has_already_is_not_sent_again(driver: LedgerDriver) -> None:
    first = driver.take(case("Old"), voucher("Old"))
    driver.send_all(State.REFUSED)
    driver.take(case("New"), voucher("New"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    driver.take(case("New", hint=1))
    assert driver.vouchers(first) == [A]
    assert not driver.claim(RecordKind.VOUCHER)


def test_a_voucher_is_linked_by_the_reference_that_its_case_had_before(driver: LedgerDriver) -> None:
    driver.take(case("Old"))
    driver.send_all(State.REFUSED)
    driver.take(case("New", hint=1))
    batch = driver.take(voucher("Old"))
    assert driver.vouchers(batch) == [PENDING]
    assert driver.entries(RecordKind.VOUCHER)[0].case_id == 2


def test_a_case_that_is_taken_back_to_its_old_values_keeps_its_voucher_links(driver: LedgerDriver) -> None:
    driver.take(case("Old"))
    driver.send_all(State.REFUSED)
    driver.take(case("New", hint=1))
    batch = driver.take(case("Old"), voucher("Old"))
    assert driver.vouchers(batch) == [PENDING]


def test_a_corrected_voucher_supersedes_the_refused_one(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher(text="fie"), voucher(uid="child", parent="P"), voucher(uid="P"))
    driver.send_all()
    (refused, *_rest) = driver.claim(RecordKind.VOUCHER)
    driver.settle([refused], State.REFUSED)
    driver.settle(_rest, State.REFUSED)
    batch = driver.take(
        voucher(text="fee", hint=refused.entry.entry_id),
        voucher(uid="Q", hint=next(e.id for e in driver.entries() if e.key == "P")),
    )
    driver.send_all(kind=RecordKind.VOUCHER)
    assert driver.vouchers(batch) == [A, A]
    (child,) = driver.claim(RecordKind.VOUCHER)
    assert child.entry.parent_id


# Parents


@pytest.mark.parametrize("parent_first", [True, False])
def test_a_child_waits_for_its_parent_wherever_it_stands(driver: LedgerDriver, *, parent_first: bool) -> None:
    pair = [voucher(uid="P"), voucher(uid="C", parent="P")]
    batch = driver.take(case("R1"), *(pair if parent_first else reversed(pair)))
    driver.send_all()
    (parent,) = driver.send_all(kind=RecordKind.VOUCHER)
    (child,) = driver.send_all(kind=RecordKind.VOUCHER)
    assert json.loads(parent.payload)["uniqueId"] == "P"
    assert child.entry.parent_id == f"remote-{parent.entry.entry_id}"
    assert driver.vouchers(batch) == [A, A]
    assert driver.balanced(batch)


def test_generations_in_reverse_order(driver: LedgerDriver) -> None:
    names = ["d", "c", "b", "a"]
    batch = driver.take(case("R1"), *(voucher(uid=n, parent=p) for n, p in zip(names, [*names[1:], None], strict=True)))
    driver.send_all()
    assert [len(driver.send_all(kind=RecordKind.VOUCHER)) for _ in names] == [1, 1, 1, 1]
    assert driver.balanced(batch)


def test_a_child_of_no_one_is_rejected_and_so_are_its_own(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher(uid="B", parent="A"), voucher(uid="A", parent="nobody"))
    assert driver.vouchers(batch) == [RowStatus.BLOCKED, RowStatus.REJECTED]
    assert driver.codes(batch) == ["parent_rejected", "parent_unknown"]
    assert driver.balanced(batch)


def test_a_child_of_a_rejected_parent_is_told_that_and_not_that_there_is_none(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"), voucher(uid="C", parent="P"), reject(RecordKind.VOUCHER, "P"), voucher(uid="G", parent="C"))
    second = driver.take(voucher(uid="D", parent="P"), earlier=[first])
    assert driver.vouchers(first) == [RowStatus.BLOCKED, RowStatus.REJECTED, RowStatus.BLOCKED]
    assert driver.codes(first) == ["parent_rejected", "required", "parent_rejected"]
    assert driver.codes(second) == ["parent_rejected"]
    assert driver.codes(driver.take(voucher(uid="E", parent="P"))) == ["parent_unknown"]  # no row of that file
    assert driver.balanced(first)


def test_a_child_of_a_rejected_parent_of_a_test_case_is_told_the_names_of_the_sheet(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1", test=True), voucher(uid="C", parent="P"), reject(RecordKind.VOUCHER, "P"))
    reasons = driver.reasons(batch)[0]
    assert reasons.startswith('parent_unique_id "P" is the unique_id of a voucher that was rejected.')


def test_a_circle_and_oneself_are_no_parents(driver: LedgerDriver) -> None:
    batch = driver.take(
        *(case("R1"), voucher(uid="A", parent="B"), voucher(uid="B", parent="A"), voucher(uid="C", parent="C")),
        voucher(uid="D", parent="A"),
    )
    assert driver.vouchers(batch) == [RowStatus.REJECTED] * 3 + [RowStatus.BLOCKED]
    assert [reasons.split(". ")[0] for reasons in driver.reasons(batch)] == [
        'parent_unique_id "B" leads back to the voucher itself: A → B → A',
        'parent_unique_id "A" leads back to the voucher itself: B → A → B',
        'parent_unique_id "C" leads back to the voucher itself: C → C',
        'parent_unique_id "A" is the unique_id of a voucher that was rejected',
    ]
    assert driver.balanced(batch)


def test_a_voucher_that_became_its_own_parent_is_told_so(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher(uid="A"))
    assert driver.codes(driver.take(voucher(uid="A", parent="A"))) == ["parent_circle"]


def test_a_child_of_a_refused_parent_is_blocked_until_the_parent_is_there(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher(uid="P"), voucher(uid="C", parent="P"), voucher(uid="G", parent="C"))
    driver.send_all()
    driver.send_all(State.REFUSED, RecordKind.VOUCHER)
    assert driver.vouchers(batch) == [RowStatus.REFUSED, RowStatus.BLOCKED, RowStatus.BLOCKED]
    driver.take(voucher(uid="P", text="better"))
    assert driver.vouchers(batch) == [PENDING] * 3
    assert [len(driver.send_all(kind=RecordKind.VOUCHER)) for _ in range(4)] == [1, 1, 1, 0]


# Chunks and failures


def test_duplicates_links_and_parents_across_chunks(driver: LedgerDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "CHUNK_ROWS", rows := 50)
    cases = [case(f"R{i}") for i in range(rows + 5)]
    vouchers = [voucher(f"R{i}", uid=f"U{i}", parent=f"U{i + 1}" if i < rows + 4 else None) for i in range(rows + 5)]
    batch = driver.take(*cases, case("R0"), case(None), *[case(f"F{i}") for i in range(rows)], case(None), *vouchers)
    statuses = driver.cases(batch)
    assert statuses.count(RowStatus.REPEATED) == 1
    assert statuses[rows + 5] is RowStatus.REPEATED
    assert driver.vouchers(batch) == [PENDING] * (rows + 5)
    assert len({e.key for e in driver.entries(RecordKind.CASE)}) == 2 * rows + 7
    assert driver.balanced(batch)


def test_a_source_that_fails_while_it_is_read_leaves_nothing(driver: LedgerDriver) -> None:
    def rows() -> Iterator[LoadedRow]:
        for i in range(CHUNK_ROWS + 1):
            yield LoadedRow(Row(CASES, i + 2, ("x",)), case=case(f"R{i}"))
        raise FileRefused("the file ends in the middle")

    broken = replace(source(), rows=rows())
    with transaction(driver.ledger) as connection:
        with pytest.raises(FileRefused):
            take_in(connection, broken, ACCOUNTS, "run")
        kept = take_in(connection, source(case("kept")), ACCOUNTS, "run")
    assert [e.ref for e in driver.entries()] == ["kept"]
    assert driver.cases(kept) == [PENDING]
    assert run_sql(driver.ledger, lambda c: c.exec_driver_sql("SELECT count(*) FROM row").scalar()) == 1


def test_accounts_are_apart(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    other = type(ACCOUNTS)("someone else", "tenant")
    with transaction(driver.ledger) as connection:
        take_in(connection, source(case("R1")), other, "run")
    assert len(driver.entries()) == 2
    assert len(driver.claim()) == 1
    assert len(driver.ledger.outbox.sendable(other, RecordKind.CASE, [State.PENDING], None, 9)) == 1


def test_the_money_of_every_row_is_in_exactly_one_status(driver: LedgerDriver) -> None:
    batch = driver.take(
        *(case("R1", cents=100), case("R1", cents=200), reject(RecordKind.CASE, "R2", 400), voucher("R2", cents=800)),
        *(voucher("R1", cents=1600), voucher("R9", cents=3200), reject(RecordKind.VOUCHER, None, 6400)),
    )
    assert driver.balanced(batch)
    assert driver.cases(batch) == [RowStatus.REJECTED] * 3
    assert driver.vouchers(batch) == [RowStatus.BLOCKED, RowStatus.BLOCKED, RowStatus.REJECTED, RowStatus.REJECTED]


def test_an_appendix_is_kept_with_its_voucher(driver: LedgerDriver) -> None:
    file = AppendixFile("/a.pdf", "f" * 64, "application/pdf")
    driver.take(replace(voucher(None, case_id="c"), appendix=file))
    (claim,) = driver.claim(RecordKind.VOUCHER)
    assert json.loads(claim.entry.appendix or "")["path"] == "/a.pdf"


def test_an_error_sheet_of_another_ledger_names_nothing_here(driver: LedgerDriver) -> None:
    """Each ledger has its own ids: entry 1 of another ledger is an unrelated entry here, and must not be superseded."""
    driver.take(case(None, debtor="Stranger"))
    batch = driver.take(case(None, debtor="Anna", hint=EntryLabel(RecordKind.CASE, 1, "000000")))
    assert [entry.superseded_by for entry in driver.entries()] == [None, None]
    assert driver.cases(batch) == [RowStatus.PENDING]


def test_only_the_rows_that_are_read_again_belong_to_the_new_batch(driver: LedgerDriver) -> None:
    first = driver.take(*(case(f"R{n}") for n in range(6)))
    driver.send_all()
    second = driver.take(*(case(f"R{n}") for n in (5, 0, 1, 3)))
    assert {e.ref: e.batch_id for e in driver.entries()} == {f"R{n}": first if n in {2, 4} else second for n in range(6)}
