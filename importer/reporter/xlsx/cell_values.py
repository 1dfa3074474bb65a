"""The values that a workbook stores for cells: Excel's limits, number formats, and dates as numbers."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import MAX_EXACT

SHEET_ROWS = 1_048_576
"""The most rows of a sheet, including its headings."""

NUMBER_FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}

_SHORT = 16_384  # characters that fit in a cell even if each counts twice
_EPOCH, _DAY_SECONDS = date(1899, 12, 31).toordinal(), 86_400
_BEFORE_29_FEBRUARY_1900 = 59  # a day that only Excel has


def stored_value(cell: Cell) -> str | float | bool | None:
    """Return the text, number or boolean to store for a cell. Dates, times and durations are numbers.

    A number that Excel cannot store, or not without losing digits (possible only in a DataFrame), becomes text.
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
    """Cut the text to at most ``units`` UTF-16 units, which Excel counts."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore")


@lru_cache(maxsize=4096, typed=True)  # a sheet has few different dates
def _serial(cell: date | time | timedelta) -> float:
    """Return Excel's number for a date, a time or a duration: in days since the last day of 1899."""
    if isinstance(cell, timedelta):
        return cell.days + (cell.seconds + cell.microseconds / 1e6) / _DAY_SECONDS
    clock = cell if isinstance(cell, time) else cell.time() if isinstance(cell, datetime) else time.min
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
    days = (cell.toordinal() - _EPOCH if isinstance(cell, date) else 0) + seconds / _DAY_SECONDS
    if isinstance(cell, datetime) and cell.date() == date(1900, 1, 1):
        return days - 1  # a time that a reader returned with Excel's first day
    return days + 1 if days > _BEFORE_29_FEBRUARY_1900 else days
