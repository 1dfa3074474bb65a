"""The day of a list, as the lines above its headings show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from importer.domain.cells import Cell
from importer.loader.files.projection import NumberedRow
from importer.loader.values.dates import days_in_figures
from importer.loader.values.formats import DateOrder, Formats
from importer.loader.values.parsers import ValueProblem, is_blank, read_date

_FIGURES = r"[0-9]{1,4}[./-] ?[0-9]{1,2}[./-] ?[0-9]{1,4}"
_DAY_MONTH = r"[0-9]{1,2}(?:\.|st|nd|rd|th)? ?[^\W\d_]{3,12}\.?,? ?[0-9]{2,4}"
_MONTH_DAY = r"[^\W\d_]{3,12}\.? [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4}"
_DAY = rf"(?P<day>(?:[^\W\d_]{{3,10}}\.?,? )?(?:{_DAY_MONTH}|{_MONTH_DAY}|{_FIGURES}))"
_FIRST = (
    r"pr\.?|pro|per|den|opgjort(?: pr\.?| den)?|saldodato|dato|udskriftsdato|til og med|t\.o\.m\.?|tom|per datum|datum|stichtag|"
    r"stand|zum|bis|auswertungsdatum|kør(?:sels)?dato|skæringsdato|balansedato|utskriftsdatum|as at"
)
"""Words in front of a day in countries that write the day first."""
_ANY = r"as of|aged as of|aging as of|ageing as of|as on|at|date|report date|through|up to|ending|balance date"
_WORDS = rf"(?:(?P<first>{_FIRST})|(?P<any>{_ANY}))\s*:?"
_LABELLED = re.compile(rf"(?:.*[\s:(,-])?{_WORDS}\s*{_DAY}(?![0-9]).*", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(rf"(?:.*\s)?{_WORDS}", re.IGNORECASE | re.DOTALL)
_LONGEST = 200


def day_above(above: Iterable[NumberedRow], today: date) -> date | None:
    """Return the day of a list that the rows above its headings name; None if they name none, or one that is not clear.

    A day after ``today`` is none: no list is of the future. Of several the latest counts, which ends a period.
    """
    found = {day for _, cells in above for day in _days_in(cells, today)}
    return max(found, default=None)


def _days_in(cells: Sequence[Cell], today: date) -> Iterator[date]:
    """Yield the days that a row names: within one text, or in the cell behind a label."""
    filled = [cell for cell in cells if not is_blank(cell)]
    for at, cell in enumerate(filled):
        text = " ".join(cell.split()) if isinstance(cell, str) else ""
        if not text or len(text) > _LONGEST:
            continue
        if found := _LABELLED.fullmatch(text):
            yield from _day_of(found["day"], today, is_day_first=found["first"] is not None)
        elif (label := _LABEL.fullmatch(text)) and at + 1 < len(filled):
            yield from _day_of(filled[at + 1], today, is_day_first=label["first"] is not None)


def _day_of(cell: Cell, today: date, *, is_day_first: bool) -> Iterator[date]:
    """Yield the day of a cell, if it has only one: figures in two orders are clear if one of them is after today."""
    if isinstance(cell, date):
        days = {cell.date() if isinstance(cell, datetime) else cell}
    elif isinstance(cell, str):
        days = _days_of_text(cell.strip(), is_day_first=is_day_first)
    else:
        return
    past = {day for day in days if day <= today}
    if len(past) == 1:
        yield past.pop()


def _days_of_text(text: str, *, is_day_first: bool) -> set[date]:
    text = text.rstrip(".,")
    figures = days_in_figures(text, Formats().last_year)
    if figures is not None:
        first = figures.get(DateOrder.DAY_FIRST)
        return {first} if is_day_first and first else set(figures.values())
    try:
        return {read_date(text, Formats())}
    except ValueProblem:
        return set()
