"""A worksheet of XlsxWriter that takes a row at once, for a fraction of the work of writing it cell by cell.

XlsxWriter still makes the workbook, its styles, notes and packing. Only what it would write for the cells of a row is put
together here, character for character as it does it; a test compares the two. What is used of its inside stands in
:class:`RowSheet`, and ``pyproject.toml`` says which versions have it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from importer.rows import Cell

CELL_LIMIT = 32_767
"""UTF-16 units of text in a cell: a letter outside the basic plane counts twice."""

SHEET_ROWS = 1_048_576
"""Rows that a sheet has, its headings included."""

FormatOf = Callable[[str, int], Any]
"""The format for a cell with a number format (empty: none) in a column; None is Excel's own."""

_SHORT = 16_384  # letters that are within the limit, whatever they are
_SUSPECT = re.compile("[&<>_\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH, _DAY_SECONDS = date(1899, 12, 31).toordinal(), 86_400
_BEFORE_29_FEBRUARY_1900 = 59  # a day that only Excel has


class RowSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """A sheet of a workbook in ``constant_memory``, written from the top down."""

    previous_row: int

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row`` (counted from 0), after its notes and after all that stands above it.

        ``coloured`` are the columns to ask ``format_of`` for; of the others only dates and times have a format.
        """
        if row > self.previous_row:
            self._write_single_row(row)  # what was written cell by cell

        def style(kind: str, column: int) -> str:
            wanted = format_of(kind, column)
            return f' s="{wanted._get_xf_index()}"' if wanted else ""  # noqa: SLF001 - as Worksheet does

        for column in (0, max(len(cells) - 1, 0)):
            self._check_dimensions(row, column)
        self.fh.write(row_xml(row + 1, cells, style, coloured))
        self.previous_row = row + 1


def row_xml(number: int, cells: Sequence[Cell], style: Callable[[str, int], str], coloured: Collection[int] = ()) -> str:
    """Row ``number`` (counted from 1) as a sheet's XML has it; ``style`` gives a cell's attribute, or nothing."""
    parts = [f'<row r="{number}">']
    suspect = _SUSPECT.search
    for column, (letters, cell) in enumerate(zip(_letters(len(cells)), cells, strict=True)):
        if cell is None and column not in coloured:
            continue
        styled = style(_kind_of(cell), column) if column in coloured else ""
        if type(cell) is str and len(cell) < _SHORT and not suspect(cell) and cell == cell.strip():  # most are
            parts.append(f'<c r="{letters}{number}"{styled} t="inlineStr"><is><t>{cell}</t></is></c>')
        elif isinstance(cell, date | time | timedelta):
            dated = styled or style(_kind_of(cell), column)
            parts.append(f'<c r="{letters}{number}"{dated}><v>{_serial(cell):.16G}</v></c>')
        else:
            parts.append(f'<c r="{letters}{number}"{styled}{_content(cell)}')
    parts.append("</row>")
    return "".join(parts)


@lru_cache(maxsize=64)
def _letters(count: int) -> tuple[str, ...]:
    return tuple(xl_col_to_name(column) for column in range(count))


def _kind_of(cell: Cell) -> str:
    """The number format of a kind of value."""
    if isinstance(cell, datetime):
        return "yyyy-mm-dd hh:mm:ss"
    if isinstance(cell, date):
        return "yyyy-mm-dd"
    if isinstance(cell, time):
        return "hh:mm:ss"
    return "[h]:mm:ss" if isinstance(cell, timedelta) else ""


def _content(cell: Cell) -> str:
    """The rest of a cell's element, for all that is no date or time."""
    if cell is None:
        return "/>"
    if isinstance(cell, bool):
        return f' t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, int | float) and math.isfinite(cell):
        return f"><v>{cell:.16G}</v></c>"
    return _text(str(cell))


def _text(text: str) -> str:
    """The rest of a cell that holds text: never a formula, a link or markup, whatever it begins with."""
    if len(text) >= _SHORT:
        text = text.encode("utf-16-le", "surrogatepass")[: 2 * CELL_LIMIT].decode("utf-16-le", "ignore")
    if _SUSPECT.search(text):
        text = _LOOKS_ESCAPED.sub(r"_x005F\g<0>", text)
        text = _NO_CHARACTER.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'


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
