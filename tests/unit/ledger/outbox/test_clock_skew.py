"""Tests of the skew between two clocks, and of its storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver

from importer.dispatcher.apis.http import skew_of
from importer.domain.states import State
from importer.ledger.outbox.clock_skew import ClockSkew

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DATE = "Sat, 21 Nov 2026 12:00:00 GMT"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


@pytest.mark.parametrize(("ours", "skew"), [(0, 0.5), (60, -59.5), (-1800, 1800.5)])
def test_the_skew_is_taken_at_the_middle_of_the_answer(ours: int, skew: float) -> None:
    middle = NOON + timedelta(seconds=ours)
    measured = skew_of(DATE, middle - timedelta(seconds=3), middle + timedelta(seconds=3))
    assert measured == timedelta(seconds=skew)


@pytest.mark.parametrize("date", [None, "", "soon", "Sat, 99 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 99999 12:00:00 GMT"])
def test_an_unreadable_date_measures_nothing(date: str | None) -> None:
    assert skew_of(date, NOON, NOON) is None


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert skew_of("Sat, 21 Nov 2026 12:00:00", NOON, NOON) == timedelta(seconds=0.5)
    assert skew_of("Sat, 21 Nov 2026 13:00:00 +0100", NOON, NOON) == timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("clock", "earliest"),
    [(ClockSkew(), NOON), (ClockSkew(-30, 0, 0), NOON - 30 * MINUTE), (ClockSkew(60, 60, 60), NOON + 60 * MINUTE)],
)
def test_the_earliest_that_the_server_can_have_had(clock: ClockSkew, earliest: datetime) -> None:
    assert clock.earliest(NOON) == earliest


@pytest.mark.parametrize(
    ("clock", "passed"),
    [
        (ClockSkew(), True),
        (ClockSkew.begun(-30 * MINUTE), True),  # off, but by the same skew all the time
        (ClockSkew(-60, 0, -60), False),  # our clock was set an hour ahead in between: no time has passed
        (ClockSkew(0, 60, 60), True),
        (ClockSkew(-60, 0, 0), True),
    ],
)
def test_a_span_has_passed_only_if_it_has_by_the_servers_clock(clock: ClockSkew, *, passed: bool) -> None:
    assert clock.has_passed(NOON, 15 * MINUTE, NOON + 20 * MINUTE) is passed
    assert not clock.has_passed(NOON, 15 * MINUTE, NOON + 14 * MINUTE)


def test_seconds_are_no_skew_and_five_minutes_no_warning() -> None:
    assert ClockSkew.begun(timedelta(seconds=29)) == ClockSkew()
    assert ClockSkew.begun(5 * MINUTE).warning() is None
    assert "6 minutes behind" in str(ClockSkew.begun(6 * MINUTE).warning())
    assert "1,440 minutes ahead of" in str(ClockSkew.begun(-1440 * MINUTE).warning())


def test_without_open_doubts_only_the_latest_measure_counts(driver: LedgerDriver) -> None:
    driver.ledger.doubts.note_clock(ACCOUNTS, -30 * MINUTE)
    assert driver.ledger.doubts.clock(ACCOUNTS) == ClockSkew(-30, -30, -30)
    driver.ledger.doubts.note_clock(ACCOUNTS, 0 * MINUTE)
    assert driver.ledger.doubts.clock(ACCOUNTS) == ClockSkew()
    driver.ledger.doubts.note_clock(ACCOUNTS, None)
    assert driver.ledger.doubts.clock(ACCOUNTS) == ClockSkew()


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.PENDING])
def test_while_something_sent_is_open_all_measures_count(driver: LedgerDriver, state: State) -> None:
    """An entry whose attempt had no effect is also dated by its first attempt."""
    driver.ledger.doubts.note_clock(ACCOUNTS, -30 * MINUTE)
    driver.take(case("R1"))
    driver.send_all(state)
    driver.ledger.doubts.note_clock(ACCOUNTS, 10 * MINUTE)
    assert driver.ledger.doubts.clock(ACCOUNTS) == ClockSkew(-30, 10, 10)
    driver.ledger.doubts.note_clock(ACCOUNTS, 0 * MINUTE)
    assert driver.ledger.doubts.clock(ACCOUNTS) == ClockSkew(-30, 10, 0)


def test_what_was_sent_before_anything_was_measured_may_have_agreed(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    assert driver.ledger.doubts.note_clock(ACCOUNTS, 60 * MINUTE) == ClockSkew(0, 60, 60)


def test_a_refused_case_that_is_corrected_is_dated_anew(driver: LedgerDriver) -> None:
    """The clock may have been set since, and the refused payload created nothing."""
    driver.take(case("R1"))
    driver.send_all(State.REFUSED)
    assert driver.entry(1).first_sent_at
    driver.take(case("R1", cents=20000), name="b.xlsx")
    assert driver.entry(1).first_sent_at is None
    (claim,) = driver.claim()
    assert driver.entry(claim.entry.entry_id).first_sent_at
