"""When a file is expected: the days of the week and the time by which it must have come."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ADVICE = 'write it as in "Mon..Fri by 03:00" or "Mon,Thu by 06:30"'
_RULE = re.compile(r"(?P<days>[a-z.,\s]+?)\s+by\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.IGNORECASE)
_MOST_DAYS = 70
"""The days that are looked through for a deadline; no country has so many holidays one after the other."""


@dataclass(frozen=True, slots=True)
class ExpectedFiles:
    """The days of the week (0 is Monday) on which a file is expected, and the local time by which it must have come."""

    days: frozenset[int]
    by: time

    @classmethod
    def parse(cls, text: str) -> ExpectedFiles:
        """Read a rule such as ``Mon..Fri by 03:00``. Raises ValueError with what to write."""
        found = _RULE.fullmatch(text.strip())
        if found is None:
            raise ValueError(ADVICE)
        days = frozenset(day for part in found["days"].split(",") for day in _days(part.strip()))
        hour, minute = int(found["hour"]), int(found["minute"])
        if hour >= 24 or minute >= 60:  # noqa: PLR2004  (of a clock)
            raise ValueError(ADVICE)
        return cls(days, time(hour, minute))

    def last_deadlines(self, now: datetime, zone: ZoneInfo, is_free: Callable[[date], bool]) -> tuple[datetime, datetime] | None:
        """Return the last deadline that has passed and the one before it; None if there are none.

        There is no deadline on a day that ``is_free``, such as a public holiday.
        """
        today = now.astimezone(zone).date()
        days = (today - timedelta(days=back) for back in range(_MOST_DAYS))
        expected = (datetime.combine(day, self.by, zone) for day in days if day.weekday() in self.days and not is_free(day))
        found = list(islice((deadline for deadline in expected if deadline <= now), 2))
        return (found[0], found[1]) if len(found) > 1 else None


def _days(part: str) -> list[int]:
    """Return the days of ``Mon`` or ``Mon..Fri``, which may go on over the end of the week."""
    first, dots, last = part.partition("..")
    begins, ends = _day(first), _day(last if dots else first)
    return [(begins + day) % 7 for day in range((ends - begins) % 7 + 1)]


def _day(name: str) -> int:
    names = [day.casefold() for day in DAYS]
    if name.strip().casefold() not in names:
        raise ValueError(ADVICE)
    return names.index(name.strip().casefold())
