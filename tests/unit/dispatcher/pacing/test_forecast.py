"""When a run will be done, and what keeps it: from counts, windows and a speed, as a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from importer.dispatcher.pacing.forecast import Bottleneck, forecast_api
from importer.dispatcher.pacing.local_time import countdown, in_words
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.pacing.rate_windows import NO_WAIT, Period, Wait

MINUTE, HOUR, DAY = 60, 3600, 86400
LENGTHS = (60.0, 3600.0, 86400.0)
DOCUMENTED = (2000, 20_000, 100_000)
START = 1_000_080_000.0  # a whole hour


def after(used, ago):
    """The documented windows, when so many requests were made so long ago."""
    limits = RateLimits.documented("Debitura", "key", DOCUMENTED, LENGTHS, lambda: START)
    limits.load(None, [(START - ago - 1, used)] if used else [])
    return limits.allowances()


@pytest.mark.parametrize(
    ("left", "rate", "used", "ago", "blocked", "seconds", "bottleneck"),
    [
        (0, 50, 0, 0, NO_WAIT, 0, Bottleneck.RATE),
        (100, 50, 0, 0, NO_WAIT, 2, Bottleneck.RATE),
        (19_000, 5, 0, 0, NO_WAIT, 3800, Bottleneck.RATE),  # slower than any window
        (1980, 50, 0, 0, NO_WAIT, 39.6, Bottleneck.RATE),
        (9900, 100, 0, 0, NO_WAIT, 4 * MINUTE + 20, Bottleneck.MINUTE),
        (19_800, 100, 0, 0, NO_WAIT, 9 * MINUTE + 20, Bottleneck.MINUTE),
        (19_801, 100, 0, 0, NO_WAIT, HOUR, Bottleneck.HOUR),
        (60_000, 100, 0, 0, NO_WAIT, 3 * HOUR + 20, Bottleneck.HOUR),
        (99_001, 100, 0, 0, NO_WAIT, DAY, Bottleneck.DAY),
        (250_000, 100, 0, 0, NO_WAIT, 2 * DAY + 2 * HOUR + 10 * MINUTE, Bottleneck.DAY),
        (1000, 100, 19_800, 30 * MINUTE, NO_WAIT, 30 * MINUTE + 10, Bottleneck.HOUR),  # what an earlier run has used
        (1000, 100, 99_000, 20 * HOUR, NO_WAIT, 4 * HOUR + 10, Bottleneck.DAY),
        (1000, 100, 0, 0, Wait(600, Period.HOUR), 610, Bottleneck.HOUR),  # what the server said
        (1000, 100, 0, 0, Wait(600, None), 610, Bottleneck.WAITING),
    ],
)
def test_when_it_is_done_and_why_not_sooner(left, rate, used, ago, blocked, seconds, bottleneck):
    found = forecast_api(left, after(used, ago), START, rate, blocked)
    assert found.seconds == pytest.approx(seconds, rel=0.02, abs=3)
    assert found.bottleneck is bottleneck
    assert found.finish == START + found.seconds


def test_without_limits_only_the_speed_counts():
    found = forecast_api(1_000_000, [], START, 500)
    assert (found.seconds, found.bottleneck) == (2000, Bottleneck.RATE)


NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 18, 14, 10, tzinfo=UTC), "14:10"),
        (datetime(2026, 11, 18, 14, 9, 1, tzinfo=UTC), "14:10"),
        (datetime(2026, 11, 18, 23, 59, 30, tzinfo=UTC), "Thursday 00:00"),
        (datetime(2026, 11, 19, 14, 10, tzinfo=UTC), "Thursday 14:10"),
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "Tuesday 09:00"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=UTC), "Wednesday 2026-11-25 09:00"),
    ],
)
def test_moments_are_said_as_people_say_them(moment, words):
    assert in_words(NOON, moment) == words


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00:00"), (61.4, "0:01:01"), (67_930, "18:52:10"), (-3, "0:00:00")])
def test_countdowns(seconds, shown):
    assert countdown(seconds) == shown
