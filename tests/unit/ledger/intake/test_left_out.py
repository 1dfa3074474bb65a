"""Cases that are left out until they are due: nothing of them is sent before, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import LedgerDriver, case, left_out, open_driver, reject, voucher

from importer.domain.kinds import RecordKind
from importer.domain.records import LoadedRow, Row
from importer.domain.states import RowStatus, State
from importer.ledger.intake.intake import CHUNK_ROWS

WITHDRAWN = RowStatus.WITHDRAWN
A, KNOWN, PENDING, LEFT = RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED, RowStatus.PENDING, RowStatus.LEFT_OUT


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def test_a_case_that_is_left_out_becomes_no_entry_and_comes_later(driver: LedgerDriver) -> None:
    first = driver.take(left_out(case("R1")), voucher("R1"))
    assert (driver.cases(first), driver.vouchers(first)) == ([LEFT], [LEFT])
    assert driver.codes(first) == ["not_due_yet", "case_left_out"]
    assert driver.entries() == []
    assert driver.balanced(first)
    later = driver.take(case("R1"), voucher("R1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    assert (driver.cases(later), driver.vouchers(later)) == ([A], [A])
    assert driver.cases(first) == [LEFT]


def test_vouchers_in_another_file_of_the_run_are_left_out_too(driver: LedgerDriver) -> None:
    first = driver.take(left_out(case("R1")))
    second = driver.take(voucher("R1"), voucher("R2"), earlier=[first])
    assert driver.vouchers(second) == [LEFT, RowStatus.REJECTED]
    assert driver.codes(second) == ["case_left_out", "case_unknown"]


def test_a_child_of_a_voucher_that_is_left_out(driver: LedgerDriver) -> None:
    batch = driver.take(
        case("R2"), left_out(case("R1")), voucher("R1", uid="V1"), voucher("R2", uid="V2", parent="V1"), voucher("R2", uid="V3")
    )
    assert driver.vouchers(batch) == [LEFT, LEFT, PENDING]
    assert driver.codes(batch) == ["not_due_yet", "case_left_out", "parent_left_out"]
    assert driver.balanced(batch)


def test_rows_of_a_flat_sheet_that_repeat_the_case_count_once(driver: LedgerDriver) -> None:
    rows = [(left_out(case("R1")), voucher(None, text=text)) for text in ("a", "b", "c")]
    batch = driver.take(*rows, (left_out(case("R2")), None), (left_out(case("R1")), None))
    assert driver.cases(batch) == [LEFT, LEFT, LEFT]  # the first row of R1, and the last, which holds no voucher
    assert driver.vouchers(batch) == [LEFT] * 3
    assert driver.balanced(batch)


def test_a_wrong_voucher_of_a_case_that_is_left_out_is_a_reject(driver: LedgerDriver) -> None:
    batch = driver.take((left_out(case("R1")), reject(RecordKind.VOUCHER)))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([LEFT], [RowStatus.REJECTED])


@pytest.mark.parametrize("state", [State.ACCEPTED, State.IN_DOUBT])
def test_a_case_that_was_sent_is_not_left_out(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1"))
    driver.send_all(state)
    again = driver.take(left_out(case("R1")), voucher("R1"))
    assert driver.cases(again) == [KNOWN if state is State.ACCEPTED else RowStatus.IN_DOUBT]
    assert driver.vouchers(again) == [PENDING]
    other = driver.take(left_out(case("R1", cents=1)))
    assert driver.cases(other) == [RowStatus.CHANGED if state is State.ACCEPTED else RowStatus.REJECTED]


def test_an_entry_that_waits_is_withdrawn_with_its_vouchers_until_the_case_is_due(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", cents=100), voucher("R1"))
    again = driver.take(left_out(case("R1", cents=200)), voucher("R1"))
    assert (driver.cases(again), driver.vouchers(again)) == ([WITHDRAWN], [LEFT])
    assert (driver.cases(first), driver.vouchers(first)) == ([WITHDRAWN], [RowStatus.BLOCKED])
    assert driver.balanced(first)
    assert driver.balanced(again)
    assert driver.codes(first)[0] == "not_due_yet"
    assert driver.claim() == driver.claim(RecordKind.VOUCHER) == []
    due = driver.take(case("R1", cents=200), voucher("R1"))
    assert [claim.entry.entry_id for claim in driver.send_all()] == [1]
    driver.send_all(kind=RecordKind.VOUCHER)
    assert (driver.cases(due), driver.vouchers(due)) == ([A], [A])
    assert b'"amountToRecover":2.0' in driver.entry(1).payload
    assert len(driver.entries()) == 2


def test_a_refused_entry_is_withdrawn_too(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"))
    driver.send_all(State.REFUSED)
    driver.take(left_out(case("R1")))
    assert driver.cases(first) == [WITHDRAWN]


def test_the_entry_that_a_corrected_row_names_is_withdrawn(driver: LedgerDriver) -> None:
    first = driver.take(case("R1"))
    named = driver._named(case("R9", hint=1))
    driver.take(left_out(named))
    assert driver.cases(first) == [WITHDRAWN]
    assert driver.claim() == []


def test_equal_rows_without_a_reference_withdraw_an_entry_each(driver: LedgerDriver) -> None:
    first = driver.take(case(None), case(None))
    driver.take(left_out(case(None)), left_out(case(None)), left_out(case(None)))
    assert driver.cases(first) == [WITHDRAWN] * 2
    assert driver.claim() == []


@pytest.mark.parametrize("flat", [True, False])
def test_a_case_that_one_row_leaves_out_and_another_does_not_is_rejected(driver: LedgerDriver, flat) -> None:
    due, later = case("R1", cents=100), left_out(case("R1", cents=200))
    records = [(later, voucher(None)), (due, voucher(None, text="b"))] if flat else [later, due]
    batch = driver.take(*records)
    assert driver.cases(batch) == [LEFT, RowStatus.REJECTED]
    reason = next(text for text in driver.reasons(batch) if "appears in" in text)
    sheet = "Flat" if flat else "Cases"
    assert f'appears in row 2 of sheet "{sheet}" too, with other values (amount_to_recover was 2.00, is now 1.00)' in reason
    assert driver.claim() == []
    assert driver.balanced(batch)
    other = driver.take(*reversed(records), name="b.xlsx")
    assert driver.cases(other) == [RowStatus.REJECTED] * 2
    assert all("the same case with different values" in reason for reason in driver.reasons(other) if "R1" in reason)
    assert driver.claim() == []
    assert driver.balanced(other)


def test_a_case_that_is_left_out_in_an_earlier_chunk(driver: LedgerDriver) -> None:
    many = [case(f"M{number}") for number in range(CHUNK_ROWS)]
    batch = driver.take(
        (left_out(case("R1")), voucher(None)), *many, (left_out(case("R1")), voucher(None, text="b")), voucher("R1")
    )
    assert driver.cases(batch).count(LEFT) == 1
    assert driver.vouchers(batch) == [LEFT] * 3
    assert driver.balanced(batch)


def test_references_that_look_the_same_are_one_case_also_if_it_is_left_out(driver: LedgerDriver) -> None:
    driver.take(case("A-1"))
    driver.send_all()
    known = driver.take(left_out(case("A\u20111")))
    assert driver.cases(known) == [KNOWN]
    waiting = driver.take(case("B-1"))
    batch = driver.take(left_out(case("B\u20111")), voucher("B\u200b-1"))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([WITHDRAWN], [LEFT])
    assert driver.cases(waiting) == [WITHDRAWN]
    mixed = driver.take(left_out(case("C-1", cents=2)), case("C\u20111", cents=1), voucher("C-1"))
    assert driver.cases(mixed) == [LEFT, RowStatus.REJECTED]
    assert driver.claim() == []
    assert all(map(driver.balanced, (known, batch, mixed)))


def test_a_refused_case_is_compared_again_before_it_is_sent(driver: LedgerDriver) -> None:
    """While it was refused, another case with its debtor and amount was not taken for its twin."""
    driver.take(case("inv-1", day="2026-01-31"))
    driver.send_all(State.REFUSED)
    driver.take(case("INV-1", day="2026-01-31"))
    driver.send_all()
    again = driver.take(case("inv-1", day="2026-01-31"))
    assert driver.cases(again) == [RowStatus.QUESTIONED]
    assert driver.claim() == []


def test_rejects_of_earlier_releases_are_known_if_they_were_sent(driver: LedgerDriver) -> None:
    """A row that a new rule rejects was imported by a release without the rule."""
    driver.take(case("R1"), case("R2"))
    driver.send_all()
    known = replace(reject(RecordKind.CASE, "R1"), formerly=case("R1"))
    new = replace(reject(RecordKind.CASE, "R3"), formerly=case("R3"))
    batch = driver.take(known, new)
    assert driver.cases(batch) == [KNOWN, RowStatus.REJECTED]
    assert driver.claim() == []


def test_loaded_rows_hold_left_out_cases() -> None:
    record = case("R1")
    row = LoadedRow(Row("Cases", 2, ()), left_out(record))
    assert row.case is not None
    assert (row.case.money, row.case.ref) == (record.money, "R1")
