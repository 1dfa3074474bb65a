"""Personal numbers in columns whose headings announce numbers: there digits alone are enough, if they have a date of birth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from importer.domain.personal_numbers import dates
from importer.domain.personal_numbers.found import FoundNumber
from importer.domain.personal_numbers.headings import NumberHeading

_SEPARATORS = re.compile(r"[\s./+-]")
_FRACTION = re.compile(r"\.0+\Z")
_SHORTEST, _LONGEST = 8, 15
"""Digits of a number in a column of personal numbers alone. A CPR that has lost its zero has nine."""


class _Digits(NamedTuple):
    """A number of digits alone: its length, where the six digits of the date begin, and whether they are one."""

    length: int
    date_at: int
    is_date: Callable[[str], bool]


_BY_COUNTRY: dict[str, tuple[_Digits, ...]] = {
    "DK": (_Digits(10, 0, dates.danish),),
    "SE": (_Digits(10, 0, dates.swedish), _Digits(12, 2, dates.swedish)),
    "NO": (_Digits(11, 0, dates.norwegian),),
    "FI": (_Digits(10, 0, dates.day_first),),
    "IS": (_Digits(10, 0, dates.day_first),),
    "PL": (_Digits(11, 0, dates.polish),),
    "BE": (_Digits(11, 0, dates.belgian),),
    "CZ": (_Digits(10, 0, dates.czech), _Digits(9, 0, dates.czech)),
    "SK": (_Digits(10, 0, dates.czech), _Digits(9, 0, dates.czech)),
    "BG": (_Digits(10, 0, dates.bulgarian),),
    "RO": (_Digits(13, 1, dates.plain_year_first),),
    "EE": (_Digits(11, 1, dates.plain_year_first),),
    "LT": (_Digits(11, 1, dates.plain_year_first),),
    "LV": (_Digits(11, 0, dates.day_first),),
    "FR": (_Digits(13, 1, lambda digits: digits[:1] <= "9"), _Digits(15, 1, lambda digits: digits[:1] <= "9")),
}
_NORDIC = ("DK", "SE", "NO")
_LETTERS: dict[str, re.Pattern[str]] = {
    "ES": re.compile(r"(?:[0-9]{8}|[XYZKLM][0-9]{7})[A-Z]"),
    "GB": re.compile(r"[A-CEGHJ-PR-TW-Z]{2}[0-9]{6}[A-D]"),
}
_SHORT: dict[str, re.Pattern[str]] = {
    "IE": re.compile(r"[0-9]{7}[A-Z]{1,2}"),
    "PT": re.compile(r"[0-9]{8}(?:[0-9][0-9A-Z]{2}[0-9])?"),
}
"""Numbers that are too short, or too like those of companies, to be one below any other heading than their own."""
_LOST_ZERO = frozenset({"DK", "NO", "IS", "FI"})
"""Countries whose numbers may begin with a zero, which a spreadsheet drops, and where no number of a company is as long then."""


@lru_cache(maxsize=4096)
def number_in_column(text: str, heading: NumberHeading, country: str | None) -> FoundNumber | None:
    """Return the whole of a cell as a personal number, or None. ``country`` is the debtor's, if it is known.

    >>> from importer.domain.personal_numbers.headings import number_heading
    >>> number_in_column("8001011234", number_heading("Org.nr"), "SE")
    FoundNumber(country='SE', start=0, end=10, keep=6)
    """
    end = len(_FRACTION.sub("", text))
    compact = _SEPARATORS.sub("", text[:end]).upper()
    countries = _countries(heading, country)
    for code in countries:
        if (date_at := _date_at(code, compact, lost_zero=code == country or heading.is_personal_alone)) is not None:
            keep = _end_of_date(text, date_at + 6) if date_at >= 0 else 0
            return FoundNumber(code, 0, end, keep)
    if heading.is_personal_alone and (_may_be_any(compact) or any(_is_short(code, compact) for code in countries)):
        return FoundNumber(next(iter(countries), ""), 0, end, 0)
    return None


def _countries(heading: NumberHeading, country: str | None) -> list[str]:
    named = sorted(heading.countries)
    return list(dict.fromkeys([country, *named] if country else named or _NORDIC))


def _date_at(country: str, compact: str, *, lost_zero: bool) -> int | None:
    """Return where the date begins, or -1 if there is none; None if this is no number of the country."""
    letters = _LETTERS.get(country)
    if letters is not None and letters.fullmatch(compact):
        return _NO_DATE
    if not compact.isdigit():
        return None
    return _date_of_digits(country, compact, lost_zero=lost_zero)


_NO_DATE = -1


def _date_of_digits(country: str, compact: str, *, lost_zero: bool) -> int | None:
    for form in _BY_COUNTRY.get(country, ()):
        if len(compact) == form.length and form.is_date(compact[form.date_at : form.date_at + 6]):
            return form.date_at
        if lost_zero and country in _LOST_ZERO and len(compact) == form.length - 1 and form.is_date("0" + compact[:5]):
            return _NO_DATE
    return None


def _is_short(country: str, compact: str) -> bool:
    return country in _SHORT and _SHORT[country].fullmatch(compact) is not None


def _may_be_any(compact: str) -> bool:
    digits = sum(character.isdigit() for character in compact)
    return (_SHORTEST < digits <= _LONGEST and compact.isalnum() and len(compact) - digits <= 1) or _is_long_code(compact)


def _is_long_code(compact: str) -> bool:
    """Return whether a text is letters and digits of the length of an Italian or British number."""
    return len(compact) in {9, 16} and compact.isalnum() and any(map(str.isdigit, compact)) and not compact.isalpha()


def _end_of_date(text: str, digits: int) -> int:
    """Return the position behind so many digits of a text."""
    seen: Iterable[int] = (at for at, character in enumerate(text) if character.isdigit())
    return list(seen)[digits - 1] + 1
