"""What a workbook holds for a cell: limits of Excel, number formats, and days as numbers."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import MAX_EXACT

SHEET_ROWS = 1_048_576
"""Rows that a sheet has, its headings included."""

NUMBER_FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}

_SHORT = 16_384  # letters that are within the limit, whatever they are
_EPOCH, _DAY_SECONDS = date(1899, 12, 31).toordinal(), 86_400
_BEFORE_29_FEBRUARY_1900 = 59  # a day that only Excel has


def stored_value(cell: Cell) -> str | float | bool | None:
    """The text, number or truth that stands for a cell; a day, a time and a duration are numbers.

    A number that Excel does not have, or of which it would lose digits (only a DataFrame has such), is a text.
    """
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        return cell if len(cell) < _SHORT else cut(cell, MAX_CELL_CHARACTERS)
    if isinstance(cell, int):
        return cell if abs(cell) < MAX_EXACT else str(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else str(cell)
    return _serial(cell) if isinstance(cell, date | time | timedelta) else str(cell)


def cut(text: str, units: int) -> str:
    """As much of the text as has so many UTF-16 units, in which Excel counts."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore")


@lru_cache(maxsize=4096, typed=True)  # the days of a sheet are few
def _serial(cell: date | time | timedelta) -> float:
    """Excel's number for a day, a moment, a time or a duration: in days, counted from the last one of 1899."""
    if isinstance(cell, timedelta):
        return cell.days + (cell.seconds + cell.microseconds / 1e6) / _DAY_SECONDS
    clock = cell if isinstance(cell, time) else cell.time() if isinstance(cell, datetime) else time.min
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
    days = (cell.toordinal() - _EPOCH if isinstance(cell, date) else 0) + seconds / _DAY_SECONDS
    if isinstance(cell, datetime) and cell.date() == date(1900, 1, 1):
        return days - 1  # so a time is written that a reader gave with a day
    return days + 1 if days > _BEFORE_29_FEBRUARY_1900 else days
