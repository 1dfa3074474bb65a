"""The claims of a batch that wait to be sent, and the rows that are not sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from support.ledgers import LedgerDriver, case, left_out, open_driver, reject, run_sql, voucher

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.ledger.queries.claims import LARGEST_SHOWN, creditors, credits_to_send, debtor_types, largest_claims
from importer.ledger.queries.unsent_rows import unsent_rows
from importer.ledger.storage.payload_members import member
from importer.ledger.storage.schema import entry


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def test_the_largest_claims_that_wait_to_be_sent(driver: LedgerDriver) -> None:
    driver.take(case("sent", cents=10**9))
    driver.send_all()
    batch = driver.take(case("sent", cents=10**9), *(case(f"R{n}", cents=n * 100, debtor=f"Ann {n}") for n in range(1, 9)))
    found = run_sql(driver.ledger, lambda c: largest_claims(c, batch))
    assert [one.cents for one in found] == [800, 700, 600, 500, 400]
    assert len(found) == LARGEST_SHOWN
    assert (found[0].debtor, found[0].creditor, found[0].reference, found[0].number) == ("Ann 8", "X", "R8", 10)


def test_creditors_with_their_claims(driver: LedgerDriver) -> None:
    batch = driver.take(
        case("R1", creditor="Ærø A/S"), case("R2", creditor="B"), case("R3", creditor="B", cents=1), reject(RecordKind.CASE)
    )
    found = run_sql(driver.ledger, lambda c: creditors(c, batch))
    assert [(one.name, one.cases, dict(one.money)) for one in found] == [("B", 2, {"DKK": 10001}), ("Ærø A/S", 1, {"DKK": 10000})]


def test_a_case_without_a_type_of_debtor_is_counted_too(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), case("R2"))
    assert [(one.name, one.cases) for one in run_sql(driver.ledger, lambda c: debtor_types(c, batch))] == [("", 2)]


def test_credits_count_against_the_debt(driver: LedgerDriver) -> None:
    records = (
        voucher("R1", uid="inv"),
        voucher("R1", uid="a", cents=-300, parent="inv"),
        voucher("R1", uid="b", cents=-50, text="x"),
    )
    batch = driver.take(case("R1"), *records)
    found = run_sql(driver.ledger, lambda c: credits_to_send(c, batch))
    assert (found.rows, found.money, found.without_parent) == (2, {"DKK": -350}, 1)  # with the sign of the sheet


def test_rows_that_are_not_sent_have_their_reasons(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), left_out(case("R2")), reject(RecordKind.CASE, "R3"), voucher("R3"), voucher("R1"))
    rows = run_sql(driver.ledger, lambda c: list(unsent_rows(c, batch)))
    found = [(row.number, one.status, bool(one.reasons)) for row in rows for one in (row.case, row.voucher) if one]
    assert sorted(found) == [(3, RowStatus.LEFT_OUT, True), (4, RowStatus.REJECTED, True), (5, RowStatus.BLOCKED, True)]


def test_a_payload_is_read_on_postgres_too() -> None:
    query = select(member(entry.c.payload, "debtor", "type"))
    assert "convert_from(entry.payload, 'UTF8') AS JSON" in str(query.compile(dialect=postgresql.dialect()))
