"""The dates of birth in personal numbers, as each country writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_LAST_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIRST_YEAR, _LAST_YEAR = 1850, 2100

SixDigits = str
"""The six digits of a date."""


def is_day(day: int, month: int) -> bool:
    """Return whether there is such a day, in a leap year."""
    return 1 <= month <= len(_LAST_DAY) and 1 <= day <= _LAST_DAY[month - 1]


def _pairs(digits: SixDigits) -> tuple[int, int, int]:
    return int(digits[0:2]), int(digits[2:4]), int(digits[4:6])


def _any_day(day: int, month: int, days: Iterable[int] = (0,), months: Iterable[int] = (0,)) -> bool:
    """Return whether a day exists once what the country adds to days and months is taken off."""
    return any(is_day(day - more_days, month - more_months) for more_days in days for more_months in months)


def danish(digits: SixDigits) -> bool:
    """Day, month, year. A replacement number has 60 added to the day."""
    day, month, _ = _pairs(digits)
    return _any_day(day, month, days=(0, 60))


def swedish(digits: SixDigits) -> bool:
    """Year, month, day. A coordination number (samordningsnummer) has 60 added to the day."""
    _, month, day = _pairs(digits)
    return _any_day(day, month, days=(0, 60))


def norwegian(digits: SixDigits) -> bool:
    """Day, month, year. A D-number has 40 added to the day, an H-number or a test number 40, 65 or 80 to the month."""
    day, month, _ = _pairs(digits)
    return _any_day(day, month, days=(0, 40), months=(0, 40, 65, 80))


def day_first(digits: SixDigits) -> bool:
    """Day, month, year."""
    day, month, _ = _pairs(digits)
    return is_day(day, month)


def year_first(*months: int) -> Callable[[SixDigits], bool]:
    """Year, month, day, where one of these numbers is added to the month."""

    def holds(digits: SixDigits) -> bool:
        _, month, day = _pairs(digits)
        return _any_day(day, month, months=(0, *months))

    return holds


polish = year_first(20, 40, 60, 80)
czech = year_first(20, 50, 70)
belgian = year_first(20, 40)
bulgarian = year_first(20, 40)
plain_year_first = year_first()


def with_century(digits: str) -> bool:
    """Four digits of the year, then month and day; 60 may be added to the day."""
    return _FIRST_YEAR <= int(digits[:4]) <= _LAST_YEAR and swedish(digits[2:8])
