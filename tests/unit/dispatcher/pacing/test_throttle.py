"""One lane: when requests may start, when it pauses, trips, recovers and gives up. The clock is the test's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.clock import SteadyClock
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.pacing.throttle import LONGEST_BACKOFF, PROBES, RETRY_RESERVE, TRIP_AFTER, Lane
from importer.domain.kinds import Kind

FINE = Outcome(OutcomeKind.ACCEPTED, remote_id="x")
REFUSED = Outcome(OutcomeKind.REFUSED)
EXISTS = Outcome(OutcomeKind.EXISTS)
NOTHING = Outcome(OutcomeKind.NOTHING, detail="ConnectionRefusedError")
DOUBT = Outcome(OutcomeKind.IN_DOUBT, detail="HTTP 503")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lane(clock):
    return Lane(Kind.CASE, slots=4, base_delay=1.0, clock=clock)


def fail(lane, times, outcome=DOUBT):
    for _ in range(times):
        lane.note(outcome)


def test_as_many_may_start_as_there_are_slots(lane):
    assert lane.free() == 4
    for left in (3, 2, 1, 0):
        lane.started()
        assert lane.free() == left
    lane.in_flight = 9  # more than it has slots: never below zero
    assert lane.free() == 0


@pytest.mark.parametrize("outcome", [FINE, REFUSED, EXISTS])
def test_whatever_the_api_decided_is_a_sign_of_life(lane, clock, outcome):
    fail(lane, TRIP_AFTER)
    assert lane.tripped
    lane.note(outcome)
    clock.now += 60
    assert not lane.tripped
    assert lane.free() == 4


@pytest.mark.parametrize("outcome", [NOTHING, DOUBT])
def test_it_trips_after_failures_in_a_row_and_not_before(lane, clock, outcome):
    fail(lane, TRIP_AFTER - 1, outcome)
    assert (lane.tripped, lane.free(), lane.pause()) == (False, 4, 0)
    lane.note(outcome)
    assert lane.tripped
    assert lane.free() == 0
    assert 0 < lane.pause() <= 1
    clock.now += lane.pause()
    assert lane.free() == 1  # one at a time probes it
    lane.started()
    assert lane.free() == 0


def test_failures_with_a_success_between_them_do_not_trip_it(lane):
    for _ in range(10):
        fail(lane, TRIP_AFTER - 1)
        lane.note(FINE)
    assert not lane.tripped
    assert lane.stopped is None


def test_it_gives_up_after_probes_that_failed_and_says_why(lane, clock):
    fail(lane, TRIP_AFTER)
    pauses = []
    for probe in range(PROBES):
        assert lane.stopped is None
        clock.now += lane.pause()
        assert lane.free() == 1, probe
        lane.started()
        lane.in_flight -= 1
        lane.note(DOUBT)
        pauses.append(lane.pause())
    assert lane.stopped == "the API does not work (HTTP 503)"
    assert lane.free() == 0
    assert all(0 < pause <= 2**n for n, pause in enumerate(pauses[:-1], start=1))


def test_what_was_under_way_when_it_tripped_is_no_probe(lane):
    lane.in_flight = 30
    for _ in range(30):
        lane.in_flight -= 1
        lane.note(DOUBT)
    assert lane.tripped
    assert lane.probes <= 1
    assert lane.stopped is None


def test_a_probe_that_succeeds_brings_all_slots_back(lane, clock):
    fail(lane, TRIP_AFTER + 3)
    clock.now += 60
    lane.note(FINE)
    assert (lane.free(), lane.failures, lane.probes) == (4, 0, 0)


def test_a_429_pauses_for_as_long_as_it_says(lane, clock):
    lane.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=42))
    assert lane.free() == 0
    assert lane.pause() == 42
    clock.now += 41.9
    assert lane.free() == 0
    clock.now += 0.2
    assert lane.free() == 4
    assert not lane.tripped


def test_a_shorter_429_does_not_shorten_a_pause(lane, clock):
    lane.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=42))
    clock.now += 1
    lane.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=1))
    assert lane.pause() == 41
    lane.note(FINE)  # one that was under way came back well: the others still wait
    assert lane.free() == 0


def test_throttling_is_no_failure(lane, clock):
    for _ in range(50):
        lane.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=1))
        clock.now += 1
    assert not lane.tripped
    assert lane.stopped is None


def test_a_refused_account_stops_it_for_good_and_the_first_reason_stands(lane, clock):
    lane.note(Outcome(OutcomeKind.STOPPED, detail="the credentials were refused (HTTP 401)"))
    lane.note(Outcome(OutcomeKind.STOPPED, detail="something else"))
    lane.note(FINE)
    clock.now += 1e6
    assert lane.free() == 0
    assert lane.stopped == "the credentials were refused (HTTP 401)"
    plain = Lane(Kind.CASE, 1, 1.0, clock)
    plain.note(Outcome(OutcomeKind.STOPPED))
    assert plain.stopped


@given(tries=st.integers(1, 40), base=st.floats(0.001, 60))
def test_a_backoff_is_never_longer_than_its_bound(tries, base):
    """Alone on its lane, an entry waits for at most twice as long as before, up to a limit; never less than nothing."""
    clock = Clock()
    lane = Lane(Kind.CASE, 1, base, clock)
    for n in range(1, tries + 1):
        wait = lane.backoff(7)
        assert 0 <= wait <= base * min(2**n, LONGEST_BACKOFF)
        clock.now += wait + base  # the answer takes its time as well


def test_backoffs_grow_and_are_not_all_alike(clock):
    def nth(n):
        lane = Lane(Kind.CASE, 1, 1.0, clock)
        for _ in range(n - 1):
            lane.backoff(1)
        lane.budget = RETRY_RESERVE
        return lane.backoff(1)

    first, fourth = [nth(1) for _ in range(200)], [nth(4) for _ in range(200)]
    assert max(first) <= 2 < max(fourth) <= 16
    assert len(set(first)) > 100


def test_each_entry_has_a_backoff_of_its_own_that_ends_when_it_is_settled(lane):
    for _ in range(3):
        lane.backoff(1)
    lane.backoff(2)
    assert lane.retries == {1: 3, 2: 1}
    lane.settled(1)
    lane.settled(99)
    assert lane.retries == {2: 1}


def test_repeats_beyond_the_reserve_stand_in_line(lane):
    """A server that is ill is not hammered: of a hundred repeats at once the last waits for about ninety delays."""
    waits = [lane.backoff(n) for n in range(100)]
    assert max(waits[: int(RETRY_RESERVE)]) <= 2
    assert waits[-1] == pytest.approx(100 - RETRY_RESERVE)
    assert waits[-1] > waits[50]


def test_requests_earn_repeats(lane):
    for _ in range(20):
        lane.backoff(1)
    short = lane.budget
    for _ in range(50):
        lane.started()
    assert lane.budget == pytest.approx(short + 5)
    for _ in range(1000):
        lane.started()
    assert lane.budget == RETRY_RESERVE


LENGTHS = (60.0, 3600.0, 86400.0)


def test_a_lane_starts_no_more_than_its_quota_has_room_for() -> None:
    lane = Lane(Kind.CASE, 16, 1.0, SteadyClock(), RateLimits.documented("Debitura", "key", (10, 0, 0), LENGTHS, SteadyClock()))
    assert (lane.free(), lane.pause()) == (9, 0)  # one is kept for looking up
    assert lane.quota is not None
    lane.quota.reserve(9)
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
