"""Dates and durations as the numbers by which workbooks store them: days since the beginning of 1900 or of 1904."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

from xlrd import xldate_as_datetime  # type: ignore[import-untyped]
from xlrd.formatting import is_date_format_string  # type: ignore[import-untyped]

from importer.domain.cells import Cell
from importer.domain.number_formats.tokens import sections_of
from importer.domain.special_cells import FalseDate, clean_number
from importer.loader.files.number_formats import shows_duration

BUILT_IN_DAYS = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
"""The numbers of the built-in formats that show a date or a time, in some languages only."""
BUILT_IN_DURATION = 46
"""The number of the built-in format that shows hours beyond a day."""

_SILENT = SimpleNamespace(verbosity=0)


def moment_of(value: float, *, epoch_1904: bool) -> Cell:
    """Return the date, the time, or both, that a number stands for; the number if it is outside of the calendar."""
    if 60 <= value < 61 and not epoch_1904:  # noqa: PLR2004 - Excel's 29 February 1900
        return FalseDate("1900-02-29")
    try:
        moment: dt.datetime = xldate_as_datetime(value, int(epoch_1904))
    except (OverflowError, ValueError):
        return clean_number(value)
    if value < 1:
        return moment.time()
    return moment.date() if value == int(value) else moment


def duration_of(value: float) -> Cell:
    """Return the duration that a number of days stands for; the number if no duration is so long."""
    try:
        return dt.timedelta(milliseconds=round(value * 86_400_000))
    except (OverflowError, ValueError):
        return clean_number(value)


def shows_day(code: str) -> bool:
    """Return whether a number format shows a date or a time of day. A duration is neither."""
    section = sections_of(code)[0]
    return not shows_duration(section) and bool(is_date_format_string(_SILENT, section))
