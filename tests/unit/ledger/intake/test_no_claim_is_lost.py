"""Nothing that may be a claim disappears: what looks like an earlier row and is another one is named, with exit code 3 or 6."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import LedgerDriver, case, open_driver, run_sql

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus, State
from importer.errors import ExitCode
from importer.ledger.intake.decisions import is_another_claim, keeps_claim
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
