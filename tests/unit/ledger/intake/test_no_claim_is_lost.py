"""Nothing that may be a claim disappears: what looks like an earlier row and is another one is named, with exit code 3 or 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import ACCOUNTS, CASES, LedgerDriver, case, open_driver, run_sql, source

from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import LoadedRow, Reject, Row
from importer.domain.states import RowStatus, State
from importer.errors import ExitCode
from importer.ledger.intake.decisions import is_another_claim, keeps_claim
from importer.ledger.intake.intake import take_in
from importer.ledger.queries.queries import Queries
from importer.reporter.summary import summarize

DAY, LAST_YEAR = "2026-01-31", "2025-01-31"
FIRST = case("1001", debtor="Ann", cents=100, day=DAY)


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def exit_code(driver: LedgerDriver, batch: int) -> ExitCode:
    def found(connection):
        queries = Queries(connection)
        return summarize(queries, queries.batch(batch)).exit_code

    code: ExitCode = run_sql(driver.ledger, found)
    return code


@pytest.mark.parametrize(
    ("later", "status", "code"),
    [
        (case("1001", debtor="Bob", cents=100, day=LAST_YEAR), RowStatus.REJECTED, ExitCode.ROWS_LEFT),
        (case("1001", debtor="Bob", cents=100, day=DAY), RowStatus.REJECTED, ExitCode.ROWS_LEFT),
        (case("1001", debtor="Ann", cents=100, day=LAST_YEAR), RowStatus.REJECTED, ExitCode.ROWS_LEFT),
        (case("1001", debtor="Ann", cents=101, day=DAY), RowStatus.REJECTED, ExitCode.ROWS_LEFT),
        (case("1001", debtor="Ann", cents=99, day=DAY), RowStatus.CHANGED, ExitCode.OK),
        (case("01001", debtor="Ann", cents=100, day=DAY), RowStatus.QUESTIONED, ExitCode.IN_DOUBT),
        (case(None, debtor="Ann", cents=100, day=DAY), RowStatus.QUESTIONED, ExitCode.IN_DOUBT),
    ],
)
def test_a_later_row_that_is_another_claim_is_named(driver: LedgerDriver, later, status, code) -> None:
    driver.take(FIRST, name="first.xlsx")
    driver.send_all()
    batch = driver.take(later)
    assert driver.cases(batch) == [status]
    assert "first.xlsx" in driver.reasons(batch)[0]
    assert exit_code(driver, batch) is code
    assert driver.claim() == []


def test_the_second_of_two_equal_rows_without_a_number_is_named(driver: LedgerDriver) -> None:
    equal = case(None, debtor="Ann", cents=100, day=DAY)
    driver.take(equal)
    driver.send_all()
    batch = driver.take(equal, equal)
    assert driver.cases(batch) == [RowStatus.ALREADY_IMPORTED, RowStatus.QUESTIONED]
    assert exit_code(driver, batch) is ExitCode.IN_DOUBT


@pytest.mark.parametrize("state", [State.PENDING, State.REFUSED])
def test_a_claim_that_waits_is_not_replaced_by_another_one(driver: LedgerDriver, state: State) -> None:
    first = driver.take(FIRST)
    if state is State.REFUSED:
        driver.send_all(state)
    batch = driver.take(case("1001", debtor="Bob", cents=500, day=LAST_YEAR))
    assert driver.cases(batch) == [RowStatus.REJECTED]
    assert driver.codes(batch) == ["reused_while_waiting"]
    assert driver.cases(first) == [RowStatus(state.value)]
    assert b"Ann" in driver.entry(1).payload
    corrected = driver.take(case("1001", debtor="Bob", cents=500, day=LAST_YEAR, hint=1))
    assert driver.cases(corrected) == [RowStatus.PENDING]


CLAIMS = st.builds(
    lambda debtor, cents, day: case("1001", debtor=debtor, cents=cents, day=day).payload,
    st.sampled_from(["Ann", "Bob"]),
    st.integers(1, 3),
    st.sampled_from([DAY, LAST_YEAR]),
)


@given(CLAIMS, CLAIMS)
def test_another_claim_never_passes_for_a_change(old: bytes, new: bytes) -> None:
    if is_another_claim(old, new):
        assert not keeps_claim(RecordKind.CASE, old, new)
    if keeps_claim(RecordKind.CASE, old, new) and keeps_claim(RecordKind.CASE, new, old):
        assert old == new


def numbered(ref: str, number: str, **more):
    """A case with a case_ref beside its creditor reference."""
    record = case(ref, day=DAY, **more)
    return replace(record, payload=record.payload.replace(f'"{ref}"'.encode(), f'"{number}"'.encode()))


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (case("1001", day=DAY), numbered("C-7", "1001")),
        (numbered("C-7", "1001"), case("1001", day=DAY)),
        (numbered("C-7", "1001"), numbered("C-8", "1001")),
        (case("1001", day=DAY), numbered("C-7", "1001", debtor="Ann North", cents=50)),
        (numbered("C-7", "1001"), case("1001", day=DAY, debtor="Ann North", cents=50)),
        (case(None, day=DAY), case(None, day=DAY, debtor="Ann North")),
        (case(None, day=DAY, debtor="Ann  north West"), case(None, day=DAY, debtor="Ann North")),
        (case("CPR 0101801234", day=DAY), case("X-77", day=DAY)),
        (numbered("010180-1234", "R1"), case("X-77", day=DAY)),
    ],
)
@pytest.mark.parametrize("is_sent", [True, False])
def test_a_case_under_another_key_is_a_suspected_twin(driver: LedgerDriver, first, later, *, is_sent: bool) -> None:
    driver.take(first, name="first.xlsx")
    if is_sent:
        driver.send_all()
    batch = driver.take(later)
    assert driver.cases(batch) == [RowStatus.QUESTIONED]
    assert driver.codes(batch) == ["suspected_twin"]
    assert "first.xlsx" in driver.reasons(batch)[0]
    assert len(driver.claim()) == (not is_sent)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (numbered("C-7", "1001"), numbered("C-8", "1001", cents=50)),  # a customer's number as reference
        (numbered("C-7", "1001"), numbered("C-8", "1002")),
        (case("1001", day=DAY), case("1002", day=DAY)),
        (case(None, day=DAY), case(None, day=DAY, debtor="Anna")),
        (case(None, day=DAY), case(None, day=DAY, debtor="Ann North", cents=50)),
        (case(None, day=DAY), case(None, day=LAST_YEAR, debtor="Ann North")),
        (case("CPR 0101801234", day=DAY), case("X-77", day=DAY, cents=50)),
    ],
)
def test_what_is_surely_another_claim_is_sent(driver: LedgerDriver, first, later) -> None:
    driver.take(first)
    driver.take(later)
    assert len(driver.claim()) == 2


def test_rows_of_one_list_with_keys_of_their_own_are_no_twins(driver: LedgerDriver) -> None:
    driver.take(numbered("C-7", "1001"), numbered("C-8", "1001"), case(None, day=DAY), case(None, day=DAY, debtor="Ann North"))
    assert len(driver.claim()) == 4


def test_a_case_that_was_sent_under_a_personal_number_is_imported_already(driver: LedgerDriver) -> None:
    sent = case("CPR 0101801234", day=DAY)
    driver.take(sent)
    driver.send_all()
    rejected = Reject(RecordKind.CASE, (Reason("personal_number", "looks like one", "case_ref"),), formerly=case(None, day=DAY))
    for cells, status in (("other cells", RowStatus.REJECTED), (repr(sent), RowStatus.ALREADY_IMPORTED)):
        again = replace(source(rejected), rows=iter([LoadedRow(Row(CASES, 2, (cells,)), case=rejected)]))
        batch = run_sql(driver.ledger, lambda connection, again=again: take_in(connection, again, ACCOUNTS, "run", ()))
        assert driver.cases(batch) == [status]
    assert driver.claim() == []
