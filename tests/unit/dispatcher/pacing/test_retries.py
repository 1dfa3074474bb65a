"""When an entry may be tried again: longer each time, and later where repeats are overspent. The clock is the test's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.dispatcher.pacing.throttle import LONGEST_BACKOFF, RETRY_RESERVE, RetryBudget


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def budget(clock):
    return RetryBudget(1.0, clock)


@given(tries=st.integers(1, 40), base=st.floats(0.001, 60))
def test_a_backoff_is_never_longer_than_its_bound(tries, base):
    """Alone in its budget, an entry waits for at most twice as long as before, up to a limit; never less than nothing."""
    clock = FakeClock()
    budget = RetryBudget(base, clock)
    for n in range(1, tries + 1):
        wait = budget.backoff(7)
        assert 0 <= wait <= base * min(2**n, LONGEST_BACKOFF)
        clock.now += wait + base  # the answer takes its time as well


def test_backoffs_grow_and_are_not_all_alike(clock):
    def nth(n):
        budget = RetryBudget(1.0, clock)
        for _ in range(n - 1):
            budget.backoff(1)
        budget.available = RETRY_RESERVE
        return budget.backoff(1)

    first, fourth = [nth(1) for _ in range(200)], [nth(4) for _ in range(200)]
    assert max(first) <= 2 < max(fourth) <= 16
    assert len(set(first)) > 100


def test_each_entry_has_a_backoff_of_its_own_that_ends_when_it_is_settled(budget):
    for _ in range(3):
        budget.backoff(1)
    budget.backoff(2)
    assert budget.tries == {1: 3, 2: 1}
    budget.settled(1)
    budget.settled(99)
    assert budget.tries == {2: 1}


def test_repeats_beyond_the_reserve_stand_in_line(budget):
    """A server that is ill is not hammered: of a hundred repeats at once the last waits for about ninety delays."""
    waits = [budget.backoff(n) for n in range(100)]
    assert max(waits[: int(RETRY_RESERVE)]) <= 2
    assert waits[-1] == pytest.approx(100 - RETRY_RESERVE)
    assert waits[-1] > waits[50]


def test_requests_earn_repeats(budget):
    for _ in range(20):
        budget.backoff(1)
    short = budget.available
    for _ in range(50):
        budget.earn()
    assert budget.available == pytest.approx(short + 5)
    for _ in range(1000):
        budget.earn()
    assert budget.available == RETRY_RESERVE
