"""Times and durations as texts for users, in local time."""

from __future__ import annotations

from datetime import datetime, timedelta

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = 7
FURTHEST = 253_370_000_000.0  # late in the year 9998, in seconds of the epoch: the calendar ends a year later


def in_local_words(now: float, seconds: float) -> str:
    """Return the time ``seconds`` after ``now`` (of the epoch) as text.

    For example ``14:10``, or ``Thursday 14:10`` on another day. From a week on the date is added.
    """
    today = datetime.fromtimestamp(now).astimezone()
    return in_words(today, datetime.fromtimestamp(min(now + seconds, FURTHEST)).astimezone())


def in_words(today: datetime, moment: datetime) -> str:
    """Return a moment as text, for a reader at ``today``. It is rounded up to the minute, so that it has passed by then."""
    if moment.second or moment.microsecond:
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    days = (moment.date() - today.date()).days
    if days == 0:
        return f"{moment:%H:%M}"
    date = f" {moment:%Y-%m-%d}" if days >= _WEEK else ""
    return f"{_DAYS[moment.weekday()]}{date} {moment:%H:%M}"


def countdown(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds: ``1:02:03``."""
    whole = max(0, round(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
