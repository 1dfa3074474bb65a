"""How many requests an API is given at once: what makes it fewer, what makes it more, and what does neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.dispatcher.pacing.throttle import AdaptiveLimit

ANSWERED, OVERLOADED = "answered", "overloaded"


def after(*events, most=16):
    """The limit after these events; a pair is the same one many times."""
    limit = AdaptiveLimit(most)
    for event in events:
        times, what = event if isinstance(event, tuple) else (1, event)
        for _ in range(times):
            getattr(limit, what)()
    return limit.value


@pytest.mark.parametrize(
    ("events", "value"),
    [
        ([], 16),  # it begins with all
        ([(1000, ANSWERED)], 16),
        ([OVERLOADED], 8),
        ([(16, OVERLOADED)], 8),  # those that were under way together say one thing
        ([(17, OVERLOADED)], 4),
        ([(1000, OVERLOADED)], 1),  # and never none
        ([OVERLOADED, (15, ANSWERED)], 8),  # the answers to those say nothing of the new limit either
        ([OVERLOADED, (20, ANSWERED)], 13),
        ([OVERLOADED, (300, ANSWERED)], 16),  # it recovers
        ([(1000, OVERLOADED), (300, ANSWERED)], 16),
        ([OVERLOADED, (17, ANSWERED), OVERLOADED], 5),
    ],
)
def test_what_makes_it_fewer_or_more(events, value):
    assert after(*events) == value


@given(st.lists(st.sampled_from([ANSWERED, OVERLOADED]), max_size=300), st.integers(1, 256))
def test_it_is_never_none_and_never_more_than_asked_for(events, most):
    assert 1 <= after(*events, most=most) <= most


def test_one_at_a_time_is_as_few_as_it_gets():
    assert after((100, OVERLOADED), (100, ANSWERED), (100, OVERLOADED), most=1) == 1
