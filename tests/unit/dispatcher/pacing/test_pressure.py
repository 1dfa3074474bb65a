"""How many requests an API is given at once: what makes it fewer, what makes it more, and what does neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.dispatcher.pacing.throttle import Pressure

REFUSED = None


def after(*answers, most=16):
    """The slots after these answers: their seconds, or None for a refusal; a pair is the same one many times."""
    pressure = Pressure(most)
    for answer in answers:
        times, seconds = answer if isinstance(answer, tuple) else (1, answer)
        for _ in range(times):
            if seconds is REFUSED:
                pressure.refused()
            else:
                pressure.answered(seconds)
    return pressure.slots


@pytest.mark.parametrize(
    ("answers", "slots"),
    [
        ([], 16),  # it begins with all
        ([(1000, 0.05)], 16),
        ([REFUSED], 8),
        ([(16, REFUSED)], 8),  # those that were under way together say one thing
        ([(17, REFUSED)], 4),
        ([(1000, REFUSED)], 1),  # and never none
        ([REFUSED, (60, 0.05)], 13),
        ([REFUSED, (300, 0.05)], 16),  # it recovers
        ([(1000, REFUSED), (300, 0.05)], 16),
        ([(100, 0.001), (500, 0.2)], 16),  # two hundred times slower, but that is noise on a quick network
        ([(100, 0.2), (500, 0.45)], 16),  # twice as slow
        ([(100, 0.2), (60, 2.0)], 9),
        ([(100, 0.2), (500, 2.0)], 4),  # down to a quarter: the rest is not our doing
        ([(100, 0.2), (500, 2.0), (1000, 0.2)], 16),
        ([(100, 0.2), (50_000, 2.0)], 16),  # what is usual now
    ],
)
def test_what_makes_it_fewer_or_more(answers, slots):
    assert after(*answers) == slots


@given(st.lists(st.one_of(st.none(), st.floats(0, 600)), max_size=300), st.integers(1, 256))
def test_it_is_never_none_and_never_more_than_asked_for(answers, most):
    assert 1 <= after(*answers, most=most) <= most


def test_one_at_a_time_is_as_few_as_it_gets():
    assert after((100, REFUSED), (100, 0.1), (100, 9.0), most=1) == 1
