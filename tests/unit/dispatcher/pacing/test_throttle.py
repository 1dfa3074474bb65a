"""One throttle: when requests may begin, when it pauses, opens the circuit, recovers, gives up. The clock is the test's."""

from __future__ import annotations

import pytest

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.pacing.rate_windows import Period
from importer.dispatcher.pacing.throttle import NOT_BY_WAITING, OPEN_AFTER, PROBES, ApiThrottle

FINE = Outcome(OutcomeKind.ACCEPTED, remote_id="x")
REFUSED = Outcome(OutcomeKind.REFUSED)
EXISTS = Outcome(OutcomeKind.EXISTS)
CONTRADICTED = Outcome(OutcomeKind.CONTRADICTED, remote_id="x")
NOTHING = Outcome(OutcomeKind.NOTHING, detail="ConnectionRefusedError")
DOUBT = Outcome(OutcomeKind.IN_DOUBT, detail="HTTP 503")


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def throttle_of(clock, concurrency, *counts, base_delay=1.0, **more):
    limits = RateLimits.documented("Debitura", "key", counts or (0, 0, 0), (60.0, 3600.0, 86400.0), clock)
    return ApiThrottle(limits, concurrency, base_delay, **more)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def throttle(clock):
    return throttle_of(clock, 4)


def fail(throttle, times, outcome=DOUBT):
    for _ in range(times):
        throttle.note(outcome)


def test_as_many_may_begin_as_are_allowed_at_once(throttle):
    assert throttle.next_permit().count == 4
    for left in (3, 2, 1, 0):
        throttle.started()
        assert throttle.next_permit().count == left
    throttle.in_flight = 9  # more than are allowed: never below zero
    assert throttle.next_permit().count == 0


@pytest.mark.parametrize("outcome", [FINE, REFUSED, EXISTS])
def test_whatever_the_api_decided_is_a_sign_of_life(throttle, clock, outcome):
    fail(throttle, OPEN_AFTER)
    assert throttle.circuit_open
    throttle.note(outcome)
    clock.now += 60
    assert not throttle.circuit_open
    assert throttle.next_permit().count == 4


def test_three_cases_in_a_row_with_other_values_than_were_sent_stop_the_account(throttle):
    fail(throttle, 2, CONTRADICTED)
    throttle.note(FINE)
    fail(throttle, 2, CONTRADICTED)
    assert throttle.stopped is None
    throttle.note(CONTRADICTED)
    assert throttle.stopped == "3 cases in a row were created with other values than were sent"
    assert throttle.next_permit() is NOT_BY_WAITING


@pytest.mark.parametrize("outcome", [NOTHING, DOUBT])
def test_the_circuit_opens_after_failures_in_a_row_and_not_before(throttle, clock, outcome):
    fail(throttle, OPEN_AFTER - 1, outcome)
    assert (throttle.circuit_open, throttle.next_permit().count, throttle.wait().seconds) == (False, 4, 0)
    throttle.note(outcome)
    assert throttle.circuit_open
    assert throttle.next_permit().count == 0
    assert 0 < throttle.wait().seconds <= 1
    clock.now += throttle.wait().seconds
    assert throttle.next_permit().count == 1  # one at a time probes it
    throttle.started()
    assert throttle.next_permit().count == 0


def test_failures_with_a_success_between_them_do_not_open_the_circuit(throttle):
    for _ in range(10):
        fail(throttle, OPEN_AFTER - 1)
        throttle.note(FINE)
    assert not throttle.circuit_open
    assert throttle.stopped is None


def test_it_gives_up_after_probes_that_failed_and_says_why(throttle, clock):
    fail(throttle, OPEN_AFTER)
    pauses = []
    for probe in range(PROBES):
        assert throttle.stopped is None
        clock.now += throttle.wait().seconds
        assert throttle.next_permit().count == 1, probe
        throttle.started()
        throttle.in_flight -= 1
        throttle.note(DOUBT)
        pauses.append(throttle.wait().seconds)
    assert throttle.stopped == "the API does not work (HTTP 503)"
    assert throttle.next_permit().count == 0
    assert all(0 < pause <= 2**n for n, pause in enumerate(pauses[:-1], start=1))


def test_what_was_under_way_when_the_circuit_opened_is_no_probe(throttle):
    throttle.in_flight = 30
    for _ in range(30):
        throttle.in_flight -= 1
        throttle.note(DOUBT)
    assert throttle.circuit_open
    assert throttle.probes <= 1
    assert throttle.stopped is None


def test_a_probe_that_succeeds_allows_as_many_as_before(throttle, clock):
    fail(throttle, OPEN_AFTER + 3)
    clock.now += 60
    throttle.note(FINE)
    assert (throttle.next_permit().count, throttle.failures, throttle.probes) == (4, 0, 0)


def test_a_429_pauses_for_as_long_as_it_says(throttle, clock):
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=42))
    assert throttle.next_permit().count == 0
    assert throttle.wait().seconds == 42
    clock.now += 41.9
    assert throttle.next_permit().count == 0
    clock.now += 0.2
    assert throttle.next_permit().count == 4
    assert not throttle.circuit_open


def test_a_shorter_429_does_not_shorten_a_pause(throttle, clock):
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=42))
    clock.now += 1
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=1))
    assert throttle.wait().seconds == 41
    throttle.note(FINE)  # one that was under way came back well: the others still wait
    assert throttle.next_permit().count == 0


def test_throttling_is_no_failure(throttle, clock):
    for _ in range(50):
        throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=1))
        clock.now += 1
    assert not throttle.circuit_open
    assert throttle.stopped is None


def test_a_refused_account_stops_it_for_good_and_the_first_reason_stands(throttle, clock):
    throttle.note(Outcome(OutcomeKind.STOPPED, detail="the credentials were refused (HTTP 401)"))
    throttle.note(Outcome(OutcomeKind.STOPPED, detail="something else"))
    throttle.note(FINE)
    clock.now += 1e6
    assert throttle.next_permit().count == 0
    assert throttle.stopped == "the credentials were refused (HTTP 401)"
    plain = throttle_of(clock, 1)
    plain.note(Outcome(OutcomeKind.STOPPED))
    assert plain.stopped


def test_what_only_an_answer_can_change_is_not_waited_for(throttle):
    assert throttle.next_permit() != NOT_BY_WAITING
    throttle.in_flight = 4
    assert throttle.next_permit() == NOT_BY_WAITING
    assert throttle.wait().seconds == 0


def test_no_more_begin_than_the_limits_have_room_for(clock):
    throttle = throttle_of(clock, 16, 10, 0, 0)
    assert throttle.next_permit().count == 9  # one is kept for looking up
    throttle.limits.reserve(9)
    permit = throttle.next_permit()
    assert permit.count == 0
    assert 0 < permit.wait.seconds < 60  # time alone makes room, without any answer


def test_of_a_pause_and_a_used_up_window_the_longer_one_counts(clock):
    throttle = throttle_of(clock, 16, 0, 10, 0)
    throttle.limits.refused(600)
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=600, status=429))
    assert throttle.next_permit().wait.period is Period.HOUR
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=7000, status=429))
    assert throttle.wait() == throttle.next_permit().wait
    assert (throttle.wait().seconds, throttle.wait().period) == (7000, None)


def test_a_wait_beyond_the_patience_of_the_run_is_not_waited_for(clock):
    throttle = throttle_of(clock, 4, longest_wait=120.0)
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=120))
    assert throttle.next_permit().wait.seconds == 120
    assert not throttle.waits_too_long
    throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=121))
    assert throttle.next_permit() == NOT_BY_WAITING
    assert throttle.wait().seconds == 121
    clock.now += 121
    assert throttle.waits_too_long  # why nothing was sent, although the wait is over by now
    assert throttle.next_permit().count > 0
    assert not throttle.waits_too_long


@pytest.mark.parametrize(
    "outcome", [Outcome(OutcomeKind.THROTTLED, wait_seconds=0.0, status=429), Outcome(OutcomeKind.IN_DOUBT, status=503)]
)
def test_a_refusal_and_an_overload_halve_what_is_allowed_at_once(clock, outcome):
    throttle = throttle_of(clock, 16, base_delay=0.0)
    throttle.note(outcome)
    assert throttle.next_permit().count == 8
    for _ in range(200):
        throttle.note(Outcome(OutcomeKind.ACCEPTED, status=201))
    assert throttle.next_permit().count == 16


def test_what_was_under_way_together_is_one_refusal(clock):
    throttle = throttle_of(clock, 16)
    for _ in range(16):
        throttle.note(Outcome(OutcomeKind.THROTTLED, wait_seconds=5, status=429))
    assert throttle.refusals == 1
    assert throttle.wait().seconds <= 5
