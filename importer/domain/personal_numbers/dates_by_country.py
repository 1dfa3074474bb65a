"""The six digits of a date with which the numbers of a country begin."""

from __future__ import annotations

from importer.domain.personal_numbers import dates

DATE_DIGITS = 6
DATES = {"DK": dates.danish, "SE": dates.swedish, "NO": dates.norwegian, "FI": dates.day_first, "IS": dates.day_first}


def is_dated(country: str, digits: str) -> bool:
    """Return whether a number begins with a date of birth as its country writes it; False for other countries."""
    holds = DATES.get(country)
    return holds is not None and holds(digits[:DATE_DIGITS])
