"""A quota on the clock: what the ledger keeps of it, who waits at the gate, and a clock that does not go back."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from support.ledgers import Desk, open_desk

from importer.dispatcher.apis.metered import Gate, has_intent
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.quota import Quota, SteadyClock
from importer.dispatcher.pacing.rate_windows import Period
from importer.dispatcher.pacing.throttle import Lane
from importer.dispatcher.pacing.windows import windows_of
from importer.domain.kinds import Kind
from importer.errors import QuotaReached

LENGTHS = (60.0, 3600.0, 86400.0)


@pytest.fixture
def desk(tmp_path: Path):
    with open_desk(tmp_path) as desk:
        yield desk


def quota(*counts: int, clock: SteadyClock | None = None) -> Quota:
    return Quota("Debitura", "key", windows_of(counts or (2000, 20_000, 100_000), LENGTHS), clock or SteadyClock())


def test_a_clock_that_is_set_back_stands_still_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 160.0, 40.0, 45.0, 1000.0])
    monkeypatch.setattr(time, "time", lambda: next(times))
    clock = SteadyClock()
    assert [clock() for _ in range(5)] == [100.0, 160.0, 160.0, 165.0, 1120.0]


def test_what_is_granted_is_kept_before_it_is_sent(desk: Desk) -> None:
    first = quota()
    first.grant(5)
    desk.ledger.outbox.commit_step([], [], None, "run", first.changes())  # type: ignore[arg-type]  # no jobs, no accounts
    assert first.changes() == {}
    second = quota()
    second.load(desk.ledger.counts.kept("key"))
    assert [a.used for a in second.windows.allowances(second.clock())] == [5, 5, 5]
    assert desk.ledger.counts.kept("another key") is None


def test_an_api_without_limits_costs_the_ledger_nothing_until_it_refuses() -> None:
    free = quota(0, 0, 0)
    free.grant(5)
    assert free.changes() == {}
    free.refused(60)
    assert set(free.changes()) == {"key"}


def test_the_gate_counts_durably_and_lets_nobody_wait_longer_than_he_will(desk: Desk) -> None:
    full = quota(0, 0, 3)
    asyncio.run(Gate(desk.ledger, patience=10).admit(full))
    assert '"flying":1' in (desk.ledger.counts.kept("key") or "")
    full.grant(2)
    full.refused(7200)
    with pytest.raises(QuotaReached, match=r"^Debitura takes nothing before .*: its daily quota is used up\.$"):
        asyncio.run(Gate(desk.ledger, patience=10).admit(full))


def test_whoever_is_interrupted_does_not_wait(desk: Desk) -> None:
    full = quota(0, 0, 3)
    full.refused(5000)
    with pytest.raises(QuotaReached):
        asyncio.run(Gate(desk.ledger, stopped=lambda: True).admit(full))


def test_which_requests_have_an_intent() -> None:
    assert has_intent("POST", "/managed-cases")
    assert has_intent("POST", "/v1/tenant/case-vouchers/case")
    assert not has_intent("POST", "/v1/tenant/files")
    assert not has_intent("GET", "/managed-cases?page=1")


def test_a_lane_starts_no_more_than_its_quota_has_room_for() -> None:
    lane = Lane(Kind.CASE, 16, 1.0, SteadyClock(), quota(10, 0, 0))
    assert (lane.free(), lane.pause()) == (9, 0)  # one is kept for looking up
    assert lane.quota is not None
    lane.quota.grant(9)
    assert lane.free() == 0
    assert lane.pause() > 0
    assert not lane.full  # time alone makes room, without any answer


def test_a_refusal_and_an_overload_make_a_lane_smaller() -> None:
    for outcome in (Outcome(OutcomeKind.THROTTLED, wait_seconds=0.0, status=429), Outcome(OutcomeKind.IN_DOUBT, status=503)):
        lane = Lane(Kind.CASE, 16, 0.0, SteadyClock())
        lane.note(outcome)
        assert lane.free() == 8
        for _ in range(200):
            lane.note(Outcome(OutcomeKind.ACCEPTED, status=201), 0.01)
        assert lane.free() == 16


def test_files_do_not_tell_how_fast_vouchers_are() -> None:
    """Uploads have no time that compares: a lane with both keeps its size while vouchers take what they always took."""
    lane = Lane(Kind.VOUCHER, 16, 1.0, SteadyClock())
    for _ in range(100):
        lane.note(Outcome(OutcomeKind.ACCEPTED, remote_id="a file"))
        lane.note(Outcome(OutcomeKind.ACCEPTED, status=201), 0.6)
    assert lane.free() == 16


def test_what_was_under_way_together_is_one_refusal() -> None:
    lane = Lane(Kind.CASE, 16, 1.0, SteadyClock())
    for _ in range(16):
        lane.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=5, status=429))
    assert lane.throttles == 1
    assert lane.pause() <= 5


def test_the_attempts_of_an_older_ledger_are_found_by_second(desk: Desk) -> None:
    from datetime import UTC, datetime, timedelta

    from support.ledgers import ACCOUNTS, case

    desk.take(case("R1"), case("R2"))
    before = time.time()
    desk.send_all()
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    found = desk.ledger.counts.attempts_since(ACCOUNTS.cases, hour_ago)
    assert sum(count for _, count in found) == 2
    assert all(abs(began - before) < 2 for began, _ in found)
    assert desk.ledger.counts.attempts_since(ACCOUNTS.cases, datetime.now(UTC) + timedelta(hours=1)) == []
    older = quota()
    older.load(None, found)
    assert {a.period: a.used for a in older.windows.allowances(older.clock())} == dict.fromkeys(Period, 2)
