"""The times of a schedule: how they are written in the settings, when the next one is, and what daylight saving does to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = tuple(range(7))
_AT = re.compile(r"(?:(?P<days>[A-Za-z][A-Za-z.,]*)\s+)?(?P<times>\d\d:\d\d(?:\s*,\s*\d\d:\d\d)*)")
_HOW = 'write it as "Mon..Fri 03:30", "Mon,Thu 06:15" or "03:30"'
_A_YEAR = 400
"""Days in which every change of the clocks of a zone occurs at least once."""


@dataclass(frozen=True)
class Calendar:
    """Times of the day on some days of the week. Days are counted from Monday as 0; both are sorted and without doubles."""

    days: tuple[int, ...]
    times: tuple[time, ...]

    @property
    def is_daily(self) -> bool:
        """Return whether it runs on every day of the week."""
        return self.days == EVERY_DAY

    def after(self, moment: datetime, zone: ZoneInfo | None) -> datetime | None:
        """Return the next time after an aware moment, in UTC, by the clock of ``zone`` or, for None, of this machine.

        A time that the clock leaves out is passed over, and of one that comes twice the first counts, as systemd does both.
        None if there is none within the next weeks, which only a time that the clock leaves out could cause.
        """
        first = _on_clock(moment, zone).date() - timedelta(days=1)
        for day in (first + timedelta(days=number) for number in range(23)):
            for found in self._moments(day, zone):
                if found > moment:
                    return found
        return None

    def _moments(self, day: date, zone: ZoneInfo | None) -> Iterator[datetime]:
        if day.weekday() in self.days:
            for one in self.times:
                clock = datetime.combine(day, one)
                found = _moment(clock, zone)
                if _on_clock(found, zone).replace(tzinfo=None) == clock:
                    yield found


def parse(text: str) -> Calendar:
    """Parse ``Mon..Fri 03:30``. Raises ValueError, which says how it is written."""
    match = _AT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time: {_HOW}")
    try:
        times = {time.fromisoformat(one.strip()) for one in match["times"].split(",")}
    except ValueError:
        raise ValueError(f"{text!r} has a time that no clock shows: {_HOW}") from None
    return Calendar(_days(match["days"], text), tuple(sorted(times)))


def _days(text: str | None, whole: str) -> tuple[int, ...]:
    if text is None:
        return EVERY_DAY
    found: set[int] = set()
    for part in text.split(","):
        ends = [_day(name, whole) for name in part.split("..")]
        if len(ends) > 2:  # noqa: PLR2004
            raise ValueError(f"{whole!r} has a range of days that is none: {_HOW}")
        first, last = ends[0], ends[-1]
        found |= {number % 7 for number in range(first, last + (7 if last < first else 0) + 1)}
    return tuple(sorted(found))


def _day(name: str, whole: str) -> int:
    if name.title() not in DAYS:
        raise ValueError(f"{whole!r} has a day that is none of {', '.join(DAYS)}: {_HOW}")
    return DAYS.index(name.title())


def clock_changes(calendars: Sequence[Calendar], zone: ZoneInfo | None, today: date) -> list[str]:
    """Describe the times that the clock of ``zone`` (None: of this machine) leaves out or shows twice within a year."""
    times = sorted({one for calendar in calendars for one in calendar.times})
    return [
        f"{one:%H:%M} {' and '.join(changes)}, when the clocks change: 03:30 or later is safer."
        for one in times
        if (changes := _changes(one, zone, today))
    ]


def _changes(at: time, zone: ZoneInfo | None, today: date) -> list[str]:
    """Return what the clock does to a time of the day, with the first day of each kind."""
    found: dict[str, date] = {}
    for clock in (datetime.combine(today + timedelta(days=number), at) for number in range(_A_YEAR)):
        first, second = (_moment(clock.replace(fold=fold), zone) for fold in (0, 1))
        if first != second:
            is_shown = _on_clock(first, zone).replace(tzinfo=None) == clock
            found.setdefault("exists twice" if is_shown else "does not exist", clock.date())
    return [f"{what} on {day}" for what, day in sorted(found.items())]


def is_clock_of_machine(zone: ZoneInfo, today: date) -> bool:
    """Return whether the clocks of ``zone`` and of this machine agree on every day of the year."""
    noons = (datetime.combine(today + timedelta(days=number), time(12)) for number in range(_A_YEAR))
    return all(_moment(noon, zone) == _moment(noon, None) for noon in noons)


def _moment(clock: datetime, zone: ZoneInfo | None) -> datetime:
    return (clock.astimezone() if zone is None else clock.replace(tzinfo=zone)).astimezone(UTC)


def _on_clock(moment: datetime, zone: ZoneInfo | None) -> datetime:
    shown = moment.astimezone(zone)
    return shown.replace(fold=0)
