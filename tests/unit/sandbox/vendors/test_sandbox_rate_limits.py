"""Rate windows, on an invented clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from importer.sandbox.vendors.rate_limits import Limiter

STEPS = st.lists(st.integers(0, 7), max_size=60)


def test_sliding_window_frees_one_request_after_the_other():
    limiter = Limiter(((2, 10, "sliding"),))
    assert [limiter.admit(now) for now in (0, 4, 5)] == [0, 0, 5]
    assert [limiter.admit(now) for now in (10, 11, 14)] == [0, 3, 0]


def test_fixed_window_begins_with_its_first_request():
    limiter = Limiter(((2, 10, "fixed"),))
    assert [limiter.admit(now) for now in (3, 12, 12.5, 13, 14, 22)] == [0, 0, 0.5, 0, 0, 1]


def test_aligned_window_begins_on_the_clock():
    limiter = Limiter(((1, 10, "aligned"),))
    assert [limiter.admit(now) for now in (8, 9, 10, 19, 20)] == [0, 1, 0, 1, 0]


def test_the_longest_wait_counts_and_a_refusal_counts_nowhere():
    limiter = Limiter(((1, 1, "sliding"), (2, 100, "fixed")))
    assert [limiter.admit(now) for now in (0, 0.5, 1, 2)] == [0, 0.5, 0, 98]
    assert limiter.admit(100) == 0


def test_no_windows_admit_everything():
    assert not any(Limiter(()).admit(0) for _ in range(1000))


@given(STEPS)
def test_never_more_than_allowed_in_any_window(steps):
    limiter, now, admitted = Limiter(((3, 10, "sliding"), (5, 30, "fixed"))), 0, []
    for step in steps:
        now += step
        if limiter.admit(now) == 0:
            admitted.append(now)
    for end in admitted:
        assert sum(end - 10 < time <= end for time in admitted) <= 3


@given(STEPS)
def test_waiting_as_told_is_enough(steps):
    limiter, now = Limiter(((2, 10, "sliding"), (3, 30, "fixed"), (2, 7, "aligned"))), 0.0
    for step in steps:
        now += step
        for _ in range(5):
            wait = limiter.admit(now)
            if wait == 0:
                break
            now += wait
        assert wait == 0
