"""The events of a run's progress: its forecast from what was measured, pauses included, and its waits."""

from __future__ import annotations

import pytest

from importer.dispatcher.pacing.forecast import Forecast
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.pacing.rate_windows import Period
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.workspace.events import EntrySettled, Event, Resumed, Waiting, forecast_text
from importer.workspace.progress import ProgressTracker, quota_states

LENGTHS = (60.0, 3600.0, 86_400.0)
MINUTES = 60


class FakeClock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Following:
    """A tracker whose seconds pass as a test says, and the events that it emitted."""

    def __init__(self, left: dict[RecordKind, int], limits: tuple[int, int, int] = (0, 0, 0)) -> None:
        self.clock, self.left = FakeClock(), left
        self.events: list[Event] = []
        self.quotas = {
            RecordKind.CASE: RateLimits.documented("Debitura", "a", limits, LENGTHS, self.clock),
            RecordKind.VOUCHER: RateLimits.documented("Debbie", "b", (0, 0, 0), LENGTHS, self.clock),
        }
        self.tracker = ProgressTracker(self.quotas, left, 16, self.events.append)

    def second(self, kind: RecordKind, done: int, *, flying: int = 0) -> None:
        """One second in which so many came back, and so many are still under way at its end."""
        quota = self.quotas[kind]
        quota.in_flight = flying
        for _ in range(done):
            self.tracker.advance(kind, State.ACCEPTED)
        self.clock.now += 1
        self.tracker.tick(1.0)

    def forecast(self) -> Forecast:
        """The last event, which is a forecast while nothing waits."""
        last = self.events[-1]
        assert isinstance(last, Forecast)
        return last

    def seconds_left(self) -> float:
        return self.tracker.forecast().seconds


def test_answers_that_take_longer_than_a_tick_are_not_taken_for_faster_ones() -> None:
    """16 under way, 8 seconds for each answer: two a second."""
    run = Following({RecordKind.CASE: 0, RecordKind.VOUCHER: 10_000})
    for second in range(5 * MINUTES):
        run.second(RecordKind.VOUCHER, 16 if second % 8 == 7 else 0, flying=16)
    assert run.seconds_left() == pytest.approx(run.left[RecordKind.VOUCHER] / 2, rel=0.15)


def test_pauses_that_an_api_without_known_limits_asks_for_are_part_of_its_speed() -> None:
    """60 a minute, which nobody has told us: each time it refuses and says how long to wait."""
    run = Following({RecordKind.CASE: 0, RecordKind.VOUCHER: 10_000})
    for second in range(10 * MINUTES):
        run.second(RecordKind.VOUCHER, 60 if second % 60 == 0 else 0)
        if second % 60 == 0:
            run.quotas[RecordKind.VOUCHER].refused(59)
    assert run.seconds_left() == pytest.approx(run.left[RecordKind.VOUCHER], rel=0.35)


def test_an_api_that_has_nothing_to_do_is_not_slow() -> None:
    """Vouchers come in bursts, because cases do: it is the quota of cases that keeps them."""
    run = Following({RecordKind.CASE: 20_000, RecordKind.VOUCHER: 20_000}, limits=(600, 0, 0))
    cases = run.quotas[RecordKind.CASE]
    for second in range(5 * MINUTES):
        room = min(cases.next_permit().count, 300)
        cases.reserve(room)
        for _ in range(room):
            cases.answered(run.clock.now)
            run.tracker.advance(RecordKind.CASE, State.ACCEPTED)
        run.second(RecordKind.VOUCHER, room)
        assert second < 10 or "the quota per minute is the bottleneck" in forecast_text(run.forecast())
    assert cases.next_permit().wait.period is Period.MINUTE
    assert run.seconds_left() == pytest.approx(run.left[RecordKind.CASE] / 594 * 60, rel=0.1)


def test_an_api_that_has_asked_for_a_day_is_as_fast_as_before() -> None:
    run = Following({RecordKind.CASE: 0, RecordKind.VOUCHER: 100_000})
    for _ in range(MINUTES):
        run.second(RecordKind.VOUCHER, 50, flying=16)
    before = run.seconds_left()
    run.quotas[RecordKind.VOUCHER].refused(7200)
    for _ in range(7200):
        run.second(RecordKind.VOUCHER, 0)
    assert run.seconds_left() == pytest.approx(before, rel=0.05)


def test_nothing_comes_for_hours_and_a_moment_can_still_be_said() -> None:
    run = Following({RecordKind.CASE: 0, RecordKind.VOUCHER: 1_000_000})
    for _ in range(2 * 60 * MINUTES):
        run.second(RecordKind.VOUCHER, 0, flying=16)
    assert forecast_text(run.forecast()).startswith("finishes ")


def test_each_settled_entry_is_an_event_and_an_open_one_is_none() -> None:
    run = Following({RecordKind.CASE: 3, RecordKind.VOUCHER: 0})
    for state in (State.ACCEPTED, State.PENDING, State.IN_DOUBT, State.REFUSED):
        run.tracker.advance(RecordKind.CASE, state)
    assert run.events == [EntrySettled(RecordKind.CASE, State.ACCEPTED), EntrySettled(RecordKind.CASE, State.REFUSED)]
    assert run.left[RecordKind.CASE] == 1


def test_a_long_wait_counts_down_and_its_end_is_an_event() -> None:
    """The first event of a wait is marked, so that a line can be shown once; of several waits the longest counts."""
    run = Following({RecordKind.CASE: 3, RecordKind.VOUCHER: 3}, limits=(0, 10, 0))
    run.quotas[RecordKind.CASE].refused(3)
    run.quotas[RecordKind.VOUCHER].refused(90)  # Debbie has no known windows
    run.second(RecordKind.CASE, 0)
    run.second(RecordKind.CASE, 0)
    first, second = run.events
    assert isinstance(first, Waiting)
    assert isinstance(second, Waiting)
    assert (first.api, first.period, first.is_first, second.is_first) == ("Debbie", None, True, False)
    assert first.until == second.until == 1_000_000.0 + 91
    assert (first.seconds, second.seconds) == (90, 89)
    run.clock.now += 100
    run.second(RecordKind.CASE, 0)
    run.second(RecordKind.CASE, 0)
    resumed, *forecasts = run.events[2:]
    assert resumed == Resumed()
    assert len(forecasts) == 2
    assert all(isinstance(event, Forecast) for event in forecasts)


def test_what_has_nothing_left_to_send_waits_for_nothing() -> None:
    run = Following({RecordKind.CASE: 0, RecordKind.VOUCHER: 3}, limits=(0, 10, 0))
    run.quotas[RecordKind.CASE].refused(600)
    run.second(RecordKind.CASE, 0)
    assert isinstance(run.events[-1], Forecast)


def test_what_is_kept_back_for_looking_up_is_not_called_left_to_send() -> None:
    clock = FakeClock()
    quota = RateLimits.documented("Debitura", "a", (200, 0, 0), LENGTHS, clock)
    quota.reserve(quota.next_permit().count)
    (state,) = quota_states({RecordKind.CASE: quota})
    assert "198 of 200 used, 2 left (reserved for reading), resets at " in state.text()
    assert (state.left, state.free) == (2, 0)


def test_a_refusal_is_told_with_its_end_and_nothing_else() -> None:
    clock = FakeClock()
    quota = RateLimits.documented("Debbie", "b", (0, 0, 0), LENGTHS, clock)
    quota.refused(3600)
    (state,) = quota_states({RecordKind.VOUCHER: quota})
    assert state.text().startswith("Debbie refused a request for its limits: nothing is sent before ")
    told = state.as_json()
    assert told.keys() == {"api", "refused_until"}
    assert str(told["refused_until"]).startswith("1970-01-12T14:46:")  # an hour after the clock's 13:46:40
