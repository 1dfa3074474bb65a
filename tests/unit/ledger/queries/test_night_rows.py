"""What is new in a batch, what is open, and when files came."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update
from support.ledgers import ACCOUNTS, case, open_driver, reject, run_sql, source, transaction, voucher

from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus, State
from importer.ledger.intake.intake import take_in
from importer.ledger.queries.night_rows import arrivals, batches_since, new_in_batch, newest_batch, open_in_ledger
from importer.ledger.storage.schema import batch as batches

CASE, VOUCHER = RecordKind.CASE, RecordKind.VOUCHER


@pytest.fixture
def driver(tmp_path):
    with open_driver(tmp_path) as found:
        yield found


def take(driver, *records, profile="p", headings=None, sha256=None):
    given = replace(source(*records), profile=profile)
    given = replace(given, sha256=sha256) if sha256 else given
    if headings:
        given = replace(given, heads=tuple(SheetHead(h.name, headings, (None,) * len(headings), h.flat) for h in given.heads))
    with transaction(driver.ledger) as connection:
        return take_in(connection, given, ACCOUNTS, "run")


def new(driver, batch):
    """Kind and status → rows of what is new in the batch."""
    found = run_sql(driver.ledger, lambda c: new_in_batch(c, batch))
    return {
        (kind, status): sum(rows for rows, _ in sums.values())
        for kind, by_status in found.items()
        for status, sums in by_status.items()
    }


def open_entries(driver):
    found = run_sql(driver.ledger, open_in_ledger)
    return {(kind, status): sums for kind, by_status in found.items() for status, sums in by_status.items()}


def test_a_reject_is_new_once_for_a_profile(driver):
    wrong = reject(CASE, "R9")
    first = take(driver, case("R1"), wrong)
    assert new(driver, first) == {(CASE, RowStatus.REJECTED): 1}
    again = take(driver, case("R2"), wrong)
    assert new(driver, again) == {}
    other = take(driver, wrong, profile="q")
    assert new(driver, other) == {(CASE, RowStatus.REJECTED): 1}


def test_a_refused_entry_is_new_once(driver):
    first = take(driver, case("R1"), voucher("R1", uid="V1"))
    driver.send_all(State.REFUSED)
    assert new(driver, first)[CASE, RowStatus.REFUSED] == 1
    again = take(driver, case("R1"), voucher("R1", uid="V1"))
    driver.send_all(State.REFUSED)
    assert (CASE, RowStatus.REFUSED) not in new(driver, again)


def test_what_is_open(driver):
    take(driver, case("R1", cents=100), case("R2", cents=200), case("R3", cents=400), voucher("R3", uid="V3", cents=50))
    first, second, third = driver.claim()
    driver.settle([first], State.ACCEPTED)
    driver.settle([second], State.HELD)
    driver.settle([third], State.REFUSED)
    take(driver, case("R4", cents=800))
    assert open_entries(driver) == {
        (CASE, RowStatus.HELD): {"DKK": (1, 200)},
        (CASE, RowStatus.REFUSED): {"DKK": (1, 400)},
        (CASE, RowStatus.PENDING): {"DKK": (1, 800)},
    }


def date(driver, batch, at):
    with transaction(driver.ledger) as connection:
        connection.execute(update(batches).where(batches.c.id == batch).values(taken_at=f"2026-03-{at}:00.000000Z"))


def test_batches_since(driver):
    assert run_sql(driver.ledger, newest_batch) == 0
    first, second = take(driver, case("R1")), take(driver, case("R2"))
    date(driver, first, "01T03:00")
    date(driver, second, "02T03:00")
    assert run_sql(driver.ledger, newest_batch) == second
    assert run_sql(driver.ledger, lambda c: batches_since(c, 0)) == [first, second]
    assert run_sql(driver.ledger, lambda c: batches_since(c, first)) == [second]
    assert run_sql(driver.ledger, lambda c: batches_since(c, 0, "2026-03-02")) == [second]


def test_a_file_comes_once_and_an_error_sheet_is_none_that_was_expected(driver):
    first = take(driver, case("R1"), sha256="a" * 64)
    date(driver, first, "01T03:00")
    date(driver, take(driver, case("R1"), sha256="a" * 64), "02T03:00")
    date(driver, take(driver, case("R1"), sha256="b" * 64, headings=("#row", "case_ref")), "03T03:00")
    date(driver, take(driver, case("R2"), sha256="c" * 64, profile="q"), "04T03:00")
    came = [(one.at[:10], one.profile) for one in run_sql(driver.ledger, lambda c: arrivals(c, "0"))]
    assert came == [("2026-03-01", "p"), ("2026-03-04", "q")]
    assert run_sql(driver.ledger, lambda c: arrivals(c, "2026-03-01T03:00:00.000000Z"))[0].profile == "q"
