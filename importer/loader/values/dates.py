"""Parse dates: one cell to one calendar day, or the reason against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from importer.domain.cells import Cell
from importer.loader.values.formats import LONGEST, DateOrder, Formats
from importer.loader.values.text import ValueProblem, read_text

FIRST_YEAR = 1900
_NO_DAY = date(1900, 1, 1)

_DATE_TOKENS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d"}
_DATE_FORMAT = re.compile(r"(YYYY|YY|MM?|DD?)([./ -]+|(?<=YY|MM|DD)(?=YY|MM|DD))(YYYY|YY|MM?|DD?)\2(YYYY|YY|MM?|DD?)\.?")
_TIME = r"(?:[T ]+[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)?"
_BETWEEN = r"( ?[./-] ?| )"
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ](?:00:00(?::00(?:\.0+)?)?Z|[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?))?"
)
_ZONED = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?!2[0-3]:[0-9:., ]+(?:Z|UTC|GMT))"
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{0,2})"
)
"""A point in time with its zone. Its day is the one that it shows, as a person reads it.

An evening of UTC is not read: programs write midnight so, and east of Greenwich that is the next day.
"""
_UTC_EVENING = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]2[0-3]:[0-9:., ]+(?:Z|UTC|GMT)")
_YEAR_FIRST = re.compile(
    rf"([0-9]{{4}}){_BETWEEN}([0-9]{{1,2}})\2([0-9]{{1,2}})\.?{_TIME}|((?:19|20)[0-9]{{2}})([0-9]{{2}})([0-9]{{2}})"
)
_FIGURES = re.compile(rf"([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{4}}|[0-9]{{2}})\.?{_TIME}")
_WORD = r"[^\W\d_]{3,}"
_WEEKDAY = rf"(?:(?P<weekday>{_WORD})\.?,? +)?(?:den |the |d\. ?)?"
_MONTH, _DAY, _YEAR = rf"(?P<month>{_WORD})\.?", r"(?P<day>[0-9]{1,2})", r"(?P<year>[0-9]{4})"
_YEAR_OR_SHORT = r"(?P<year>[0-9]{4}|[0-9]{2})"
_IN_WORDS = (
    re.compile(rf"{_WEEKDAY}{_DAY}(?:\.|st|nd|rd|th)?[ -]*(?:of )?{_MONTH},?[ -]*{_YEAR_OR_SHORT}{_TIME}"),
    re.compile(rf"{_WEEKDAY}{_MONTH} *{_DAY}(?:st|nd|rd|th)?(?:, *| +){_YEAR}{_TIME}"),
    re.compile(rf"{_YEAR}[ -]{_MONTH}[ -]{_DAY}(?P<weekday>)"),
)
_YEAR_DAY_MONTH = re.compile("YYYY[^MD]*D")
_WITHOUT_SEPARATORS = (6, 8)  # digits of DDMMYY and of DDMMYYYY
_LANGUAGES = ("da", "sv", "nb", "de", "en")


def strptime_format(tokens: str) -> str:
    """Convert ``D/M/YYYY`` to a strptime format. Raises ValueError unless day, month and year appear once each."""
    found = _DATE_FORMAT.fullmatch(tokens)
    if not found or {found[n][0] for n in (1, 3, 4)} != {"Y", "M", "D"} or (tokens.isalpha() and len(tokens) % 2):
        raise ValueError(tokens)
    return re.sub("YYYY|YY|MM?|DD?", lambda token: _DATE_TOKENS[token[0]], tokens)


def read_date(cell: Cell, formats: Formats) -> date:
    """Return the calendar day of a date cell, an unambiguous text, or a text in the column's order or format.

    A time of day is dropped. Raises ValueProblem if there is no such day or the text is ambiguous.
    """
    if isinstance(cell, date):
        if formats.date_cell_doubt:
            raise ValueProblem("date_cells_swapped", formats.date_cell_doubt)
        day = cell.date() if isinstance(cell, datetime) else cell
    elif isinstance(cell, time | timedelta):
        raise ValueProblem("not_a_date", "is a time of day without a date. Write the date, such as 2026-01-31")
    elif isinstance(cell, bool | int | float | Decimal):
        day = _day_of_number(cell, formats)
    else:
        day = _day_of_text(read_text(cell).removeprefix("'"), formats)
    if day == _NO_DAY:
        raise ValueProblem("not_a_date", "is the day by which programs mean that there is no date. Write the date")
    if day.year < FIRST_YEAR:
        raise ValueProblem("not_a_date", f"lies before {FIRST_YEAR}. Check the year; write it with four digits")
    return day


def _day_of_number(cell: float | Decimal, formats: Formats) -> date:
    """Return the day of a numeric cell such as 20260131, which needs a profile format without separators."""
    tokens = formats.date_format
    if type(cell) is int and tokens and tokens.isalpha():
        return _day_in_format(str(cell), formats.last_year, tokens)
    raise _a_number()


def _day_of_text(text: str, formats: Formats) -> date:
    """Return the day of a text: by the profile's format, unambiguously, or in the order that its column proves."""
    if formats.text_doubt:
        raise ValueProblem("date_orders_differ", formats.text_doubt)
    if len(text) > LONGEST:
        raise _no_day_in("")
    if formats.date_format:
        return _day_in_format(text, formats.last_year, formats.date_format)
    try:
        if day := _unambiguous_day(text, formats.last_year):
            return day
    except ValueError:
        raise _no_such_day() from None
    return _day_in_order(text, formats)


def _day_in_order(text: str, formats: Formats) -> date:
    """Return the day of a date of figures, in the column's order or, without one, in its only possible order."""
    found = days_in_figures(text, formats.last_year)
    if found is None:
        raise _no_day_in(text)
    if not found or (formats.order and formats.order not in found):
        raise _no_such_day()
    if formats.order:
        return found[formats.order]
    if len(set(found.values())) > 1:
        raise _which_order(text, found)
    return next(iter(found.values()))


@lru_cache(maxsize=4096)
def _unambiguous_day(text: str, last_year: int) -> date | None:
    """Return the day of a text that shows the order of its parts, or None. Raises ValueError if the day does not exist."""
    if iso := _ISO.fullmatch(text) or _ZONED.fullmatch(text):
        return date.fromisoformat(iso[1])
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (found[1], found[3], found[4]) if found[1] else found.group(5, 6, 7)
        return date(int(year), int(month), int(day))
    return _day_in_words(text, last_year)


@lru_cache(maxsize=4096)
def days_in_figures(text: str, last_year: int) -> Mapping[DateOrder, date] | None:
    """Map each order in which a text of three figures is a valid day to that day; None for any other text.

    Two digits at the end are a year. Between hyphens they may also be the day, after a year of two digits (26-01-31 in
    Sweden). With points or slashes, none of the supported languages writes a short year first.
    """
    figures = _FIGURES.fullmatch(text)
    if not figures:
        return None
    first, second, third = figures.group(1, 3, 5)
    short = len(third) == 2  # noqa: PLR2004
    year = full_year(int(third), last_year) if short else int(third)
    parts = {DateOrder.DAY_FIRST: (year, int(second), int(first)), DateOrder.MONTH_FIRST: (year, int(first), int(second))}
    if short and len(first) == 2 and figures[2] == figures[4] == "-":  # noqa: PLR2004
        parts[DateOrder.YEAR_FIRST] = (full_year(int(first), last_year), int(second), int(third))
    found = {}
    for order, day in parts.items():
        try:
            found[order] = date(*day)
        except ValueError:
            continue
    return found


def full_year(short: int, last_year: int) -> int:
    """Return the year that two digits mean: the latest one that is not after ``last_year``."""
    return last_year - (last_year - short) % 100


@lru_cache(maxsize=4096)
def _day_in_format(text: str, last_year: int, tokens: str) -> date:
    """Return the day in the profile's format, or of an ISO date or a date in words if the format cannot mean another day."""
    pattern = strptime_format(tokens)
    without_time = re.sub(f"(?<=[0-9.]){_TIME}$", "", text)
    for part in dict.fromkeys((text, without_time)):
        # Without separators the length must match, because strptime would accept 2026131.
        if tokens.isalpha() and len(part) != len(tokens):
            continue
        try:
            day = datetime.strptime(part, pattern).date()  # noqa: DTZ007  (a calendar day)
            return day if "YYYY" in tokens else day.replace(year=full_year(day.year % 100, last_year))
        except ValueError:
            continue
    unambiguous = _unambiguous_day_beside(text, last_year, tokens)
    if unambiguous is not None:
        return unambiguous
    raise ValueProblem("not_a_date", f"is not a date in the format {tokens}. Correct the cell")


def _unambiguous_day_beside(text: str, last_year: int, tokens: str) -> date | None:
    """Return the day of an ISO date or a date in words in a column with another format; None if it could mean another day."""
    if _YEAR_DAY_MONTH.match(tokens) or not (_ISO.fullmatch(text) or _ZONED.fullmatch(text) or re.search(_WORD, text)):
        return None
    try:
        return _unambiguous_day(text, last_year)
    except ValueError:
        return None


def _day_in_words(text: str, last_year: int) -> date | None:
    """Return the day of a date with the name of its month in one of five languages, or None.

    Raises ValueError if the day does not exist or the weekday is wrong.
    """
    found = next((match for pattern in _IN_WORDS if (match := pattern.fullmatch(text))), None)
    if not found:
        return None
    months, weekdays = _names()
    month = months.get(found["month"].casefold())
    if not month:
        return None
    year = int(found["year"])
    day = date(year if len(found["year"]) > 2 else full_year(year, last_year), month, int(found["day"]))  # noqa: PLR2004
    if found["weekday"] and day.weekday() not in weekdays.get(found["weekday"].casefold(), ()):
        raise ValueError(text)
    return day


@cache
def _names() -> tuple[dict[str, int], dict[str, set[int]]]:
    """Return months (1-12) and weekdays (0 = Monday) by folded name or abbreviation. Source: CLDR, for the five languages.

    An abbreviation is any prefix of three letters or more that only one month has. ``mrz``, as in German Excel, is added.
    """
    from babel import Locale

    months: dict[str, set[int]] = {"mrz": {3}}
    weekdays: dict[str, set[int]] = {}
    for locale in map(Locale.parse, _LANGUAGES):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    for start in _beginnings(name):
                        months.setdefault(start, set()).add(number)
                for number, name in locale.days[context][width].items():
                    for start in _beginnings(name):
                        weekdays.setdefault(start, set()).add(number)
    return {name: min(numbers) for name, numbers in months.items() if len(numbers) == 1}, weekdays


def _beginnings(name: str) -> list[str]:
    folded = name.casefold().rstrip(".")
    return [folded[:length] for length in range(3, len(folded) + 1)]


def _a_number() -> ValueProblem:
    return ValueProblem("not_a_date", "is a number, not a date. Format the cell as a date, or write 2026-01-31")


def _no_such_day() -> ValueProblem:
    return ValueProblem("not_a_date", "is not a day of the calendar. Correct it, or write it as 2026-01-31")


def _which_order(text: str, orders: Iterable[DateOrder]) -> ValueProblem:
    return ValueProblem(
        "date_order_unknown",
        "does not say which part is the day, and nothing in its column does. Write 2026-01-31"
        + (f", or say it in the profile: {answer}" if (answer := answers(text, orders)) else ""),
    )


def answers(text: str, orders: Iterable[DateOrder]) -> str:
    """Return the profile lines that state in which of ``orders`` a date like ``text`` is written, or "" if none can."""
    figures = _FIGURES.fullmatch(text)
    if not figures or figures[2] != figures[4]:
        return ""
    year = "Y" * len(figures[5])
    parts = {
        DateOrder.DAY_FIRST: ("DD", "MM", year),
        DateOrder.MONTH_FIRST: ("MM", "DD", year),
        DateOrder.YEAR_FIRST: (year, "MM", "DD"),
    }
    return " or ".join(f'date_format = "{figures[2].join(parts[order])}"' for order in orders)


def _no_day_in(text: str) -> ValueProblem:
    if _UTC_EVENING.fullmatch(text):
        return ValueProblem(
            "date_with_zone", "is an evening of UTC, which may be the next day. Write the day, such as 2026-01-31"
        )
    if re.fullmatch(r"[0-9]+", text) and len(text) not in _WITHOUT_SEPARATORS:
        return _a_number()
    if re.search(r"\d", text) and re.search(r"[^\W\d_]{3}", text):
        return ValueProblem("month_name", "is a date in words that are not known. Write it as 2026-01-31")
    if re.search(r"\d", text):
        return ValueProblem(
            "date_order_unknown",
            'does not say which part is the day. Write 2026-01-31, or say it in the profile: date_format = "DD.MM.YYYY"',
        )
    return ValueProblem("not_a_date", "is not a date. Write it as 2026-01-31")
