"""A worksheet of XlsxWriter that takes a row at once, for a fraction of the work of writing it cell by cell.

XlsxWriter still makes the workbook, its styles and notes. Only what it would write for the cells of a row is put
together here, character for character as it does it; a test compares the two. What is used of its inside stands in
:class:`RowSheet`, and ``pyproject.toml`` says which versions have it. The rows are kept apart until :mod:`rowbook` puts
them into their places.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell

MAX_EXACT = 10**15
"""Whole numbers from here on have more digits than a cell keeps."""

SHEET_ROWS = 1_048_576
"""Rows that a sheet has, its headings included."""

FormatOf = Callable[[str, int], Any]
"""The format for a cell with a number format (empty: none) in a column; None is Excel's own."""

Style = Callable[[str, int], str]
"""The attribute of a cell's element that names such a format."""

ROWS_BEGIN = "<sheetData>"
"""In the XML of a sheet: its rows belong behind this."""

IN_MEMORY = 1_000_000
"""Bytes of rows before they go to a file: most sheets of most workbooks are small."""

BLOCK_ROWS = 100

_SHORT = 16_384  # letters that are within the limit, whatever they are
_SUSPECT = re.compile("[&<>_\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH, _DAY_SECONDS = date(1899, 12, 31).toordinal(), 86_400
_NUMBER_FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
_BEFORE_29_FEBRUARY_1900 = 59  # a day that only Excel has


class RowSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """A sheet written from the top down: ``rows`` is the XML of its rows, which stands in no other place."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # In the folder of the report: where there is room for that, there may be none in the system's own.
        self.rows = SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - the book closes it
        self._block: list[str] = []
        self._last_row = self._last_column = self.size = 0

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row`` (counted from 0), after all that stands above it. Raises OSError if there is no room.

        ``coloured`` are the columns to ask ``format_of`` for; of the others only dates and times have a format.
        """

        def style(kind: str, column: int) -> str:
            wanted = format_of(kind, column)
            return f' s="{wanted._get_xf_index()}"' if wanted else ""  # noqa: SLF001 - as Worksheet does

        self._block.append(row_xml(row + 1, cells, style, coloured))
        self._last_row, self._last_column = row, max(self._last_column, len(cells) - 1)
        if len(self._block) >= BLOCK_ROWS:
            self._flush()

    def finish(self) -> None:
        """No more rows: ``rows`` are whole, ``size`` bytes, and stand at their beginning. Raises OSError if there is no room."""
        self._flush()
        self.size = self.rows.tell()
        self.rows.seek(0)
        for row, column in ((0, 0), (self._last_row, self._last_column)):
            self._check_dimensions(row, column)

    def _flush(self) -> None:
        self.rows.write("".join(self._block).encode())
        self._block.clear()

    def _write_sheet_data(self) -> None:
        self.fh.write(f"{ROWS_BEGIN}</sheetData>")


def row_xml(number: int, cells: Sequence[Cell], style: Style, coloured: Collection[int] = ()) -> str:
    """Row ``number`` (counted from 1) as a sheet's XML has it; ``style`` gives a cell's attribute, or nothing."""
    letters = _letters(len(cells))
    if coloured or not _are_plain([cell for cell in cells if type(cell) is str]):
        xml = [
            f'<c r="{letter}{number}"{_styled(cell, column, style, always=column in coloured)}{_content(cell)}'
            for column, (letter, cell) in enumerate(zip(letters, cells, strict=True))
            if cell is not None or column in coloured
        ]
    else:
        text = f'{number}" t="inlineStr"><is><t>'
        xml = [
            f'<c r="{letter}{text}{cell}</t></is></c>'
            if type(cell) is str
            else f'<c r="{letter}{number}"{_styled(cell, 0, style)}{_content(cell)}'
            for letter, cell in zip(letters, cells, strict=True)
            if cell is not None
        ]
    return f'<row r="{number}">{"".join(xml)}</row>'


def _are_plain(texts: Sequence[str]) -> bool:
    """Whether texts can stand in XML as they are, as most can. All at once, because that is quicker; some need not say no."""
    joined = f"|{'|'.join(texts)}|"
    marked = "&" in joined or "<" in joined or ">" in joined or "_x" in joined
    return joined.isprintable() and not (marked or "| " in joined or " |" in joined or len(joined) >= _SHORT)


def _styled(cell: Cell, column: int, style: Style, *, always: bool = False) -> str:
    """The attribute with a cell's format, of which a day or a time has one in any case."""
    wanted = _NUMBER_FORMATS.get(type(cell))
    return style(wanted or "", column) if wanted or always else ""


@lru_cache(maxsize=64)
def _letters(count: int) -> tuple[str, ...]:
    return tuple(xl_col_to_name(column) for column in range(count))


def _content(cell: Cell) -> str:
    """The rest of a cell's element."""
    if type(cell) is str:
        return _text(cell)
    if cell is None:
        return "/>"
    if isinstance(cell, bool):
        return f' t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, int) and abs(cell) >= MAX_EXACT:
        return _text(str(cell))  # as a number it would lose digits; only a DataFrame has such a one
    if isinstance(cell, int | float) and math.isfinite(cell):
        return f"><v>{cell:.16G}</v></c>"
    return _day(cell) if isinstance(cell, date | time | timedelta) else _text(str(cell))


def _text(text: str) -> str:
    """The rest of a cell that holds text: never a formula, a link or markup, whatever it begins with."""
    if len(text) >= _SHORT:
        # In UTF-16: a letter outside the basic plane counts twice.
        text = text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_CELL_CHARACTERS].decode("utf-16-le", "ignore")
    if _SUSPECT.search(text):
        text = _LOOKS_ESCAPED.sub(r"_x005F\g<0>", text)
        text = _NO_CHARACTER.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'


@lru_cache(maxsize=4096, typed=True)  # the days of a sheet are few
def _day(cell: date | time | timedelta) -> str:
    return f"><v>{_serial(cell):.16G}</v></c>"


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
