"""Requests that are counted before they are sent: what the ledger keeps of them, and what waits at the gate."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from support.ledgers import LedgerDriver, open_driver

from importer.dispatcher.apis.requests import RequestGate, has_intent
from importer.dispatcher.pacing.rate_limits import RateLimits, SteadyClock
from importer.dispatcher.pacing.rate_windows import Period
from importer.errors import QuotaReached

LENGTHS = (60.0, 3600.0, 86400.0)


@pytest.fixture
def driver(tmp_path: Path):
    with open_driver(tmp_path) as driver:
        yield driver


def limits_of(minute: int = 2000, hour: int = 20_000, day: int = 100_000) -> RateLimits:
    return RateLimits.documented("Debitura", "key", (minute, hour, day), LENGTHS, SteadyClock())


def test_what_is_granted_is_kept_before_it_is_sent(driver: LedgerDriver) -> None:
    first = limits_of()
    first.reserve(5)
    driver.ledger.outbox.commit_step([], [], None, "run", first.changes())  # type: ignore[arg-type]  # no entries, no accounts
    assert first.changes() == {}
    second = limits_of()
    second.load(driver.ledger.counts.kept("key"))
    assert [a.used for a in second.allowances()] == [5, 5, 5]
    assert driver.ledger.counts.kept("another key") is None


def test_the_gate_counts_durably_and_lets_nobody_wait_longer_than_he_will(driver: LedgerDriver) -> None:
    full = limits_of(0, 0, 3)
    asyncio.run(RequestGate(driver.ledger, longest_wait=10).admit(full))
    assert '"flying":1' in (driver.ledger.counts.kept("key") or "")
    full.reserve(2)
    full.refused(7200)
    with pytest.raises(QuotaReached, match=r"^Debitura takes nothing before .*: its daily quota is used up\.$"):
        asyncio.run(RequestGate(driver.ledger, longest_wait=10).admit(full))


def test_whoever_is_interrupted_does_not_wait(driver: LedgerDriver) -> None:
    full = limits_of(0, 0, 3)
    full.refused(5000)
    with pytest.raises(QuotaReached):
        asyncio.run(RequestGate(driver.ledger, stopped=lambda: True).admit(full))


def test_which_requests_have_an_intent() -> None:
    assert has_intent("POST", "/managed-cases")
    assert has_intent("POST", "/v1/tenant/case-vouchers/case")
    assert not has_intent("POST", "/v1/tenant/files")
    assert not has_intent("GET", "/managed-cases?page=1")


def test_the_attempts_of_an_older_ledger_are_found_by_second(driver: LedgerDriver) -> None:
    from datetime import UTC, datetime, timedelta

    from support.ledgers import ACCOUNTS, case

    driver.take(case("R1"), case("R2"))
    before = time.time()
    driver.send_all()
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    found = driver.ledger.counts.attempts_since(ACCOUNTS.cases, hour_ago)
    assert sum(count for _, count in found) == 2
    assert all(abs(began - before) < 2 for began, _ in found)
    assert driver.ledger.counts.attempts_since(ACCOUNTS.cases, datetime.now(UTC) + timedelta(hours=1)) == []
    older = limits_of()
    older.load(None, found)
    assert {a.period: a.used for a in older.allowances()} == dict.fromkeys(Period, 2)
