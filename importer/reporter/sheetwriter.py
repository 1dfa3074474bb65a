"""One workbook with a sheet per source sheet, written row by row: of the rows nothing is kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import xlsxwriter

from importer.rows import Cell, SheetHead

EXCEL_CELL_LIMIT = 32_767
MOST_NOTES = 10_000
"""Notes in one workbook: they are kept in memory until it is closed, and slow down the program that opens it."""

_NOTE_WIDTH, _NOTE_LINE, _NOTE_LETTERS, _NOTE_HEIGHT = 320, 17, 48, 340  # pixels, and letters of 9 points in a line
_NOTE_LIMIT = 1_000
_NO_MARKS: Mapping[int | None, Any] = {}


class Colour(StrEnum):
    """What a coloured cell means; the colours are those that Excel itself calls bad and neutral."""

    NONE = ""
    WRONG = "#FFC7CE"  # to be corrected here
    WAITS = "#FFEB9C"  # waits for something else


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell's colour, and a note on it."""

    colour: Colour
    note: str | None = None


class SheetWriter:
    """``sparing`` leaves out the sheets that get no row; ``notes_left_out`` tells whether there were too many notes."""

    def __init__(self, path: Path, heads: Sequence[SheetHead], columns: Sequence[str], *, sparing: bool = False) -> None:
        # Strings stay strings: a cell that begins with = + - @ must never run in a spreadsheet program.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True, "bg_color": "#E7EEF4"})
        self._formats: dict[tuple[str, Colour], Any] = {}
        self._heads, self._columns = heads, columns
        self._names: list[str] = []
        for head in heads:
            self._names.append(_sheet_name(head.name, self._names))
        self._kept = [[i for i, h in enumerate(head.header) if not h.startswith("#")] for head in heads]
        self._sheets: dict[int, Any] = {}
        self._next = [1] * len(heads)
        self.rows = self.notes = 0
        self.notes_left_out = False
        for index in range(0 if sparing else len(heads)):
            self._sheet(index)

    def add(self, sheet: int, own: Sequence[Cell], cells: Sequence[Cell], marks: Mapping[int | None, Mark] = _NO_MARKS) -> None:
        """One row: the reporter's own cells, then the source's, unchanged.

        ``marks`` of the source's cells by position; None marks ``#errors``.
        """
        row, target = self._next[sheet], self._sheet(sheet)
        width, kept = len(self._heads[sheet].header), self._kept[sheet]
        for column, cell in enumerate(own):
            mark = marks.get(None) if self._columns[column] == "#errors" else None
            self._mark(target, row, column, cell, mark)
        for column, position in enumerate(kept, len(own)):
            self._mark(target, row, column, cells[position] if position < len(cells) else None, marks.get(position))
        for column, cell in enumerate(cells[width:], len(own) + len(kept)):
            self._write(target, row, column, cell)
        self._next[sheet] = row + 1
        self.rows += 1

    def append_sheet(
        self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Mapping[str, float]
    ) -> None:
        """A sheet of the reporter's own behind the others; fractions are money."""
        sheet = self._begin(_sheet_name(name, self._names), headings, widths)
        for number, cells in enumerate(rows, 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, float):
                    sheet.write_number(number, column, cell, self._format("#,##0.00", Colour.NONE))
                else:
                    self._write(sheet, number, column, cell)

    def close(self) -> None:
        self._book.close()

    def _sheet(self, index: int) -> Any:
        if index not in self._sheets:
            headings = (*self._columns, *(self._heads[index].header[i] for i in self._kept[index]))
            self._sheets[index] = self._begin(self._names[index], headings, {"#errors": 70, "#row": 7})
        return self._sheets[index]

    def _begin(self, name: str, headings: Sequence[str], widths: Mapping[str, float]) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, self._bold)
            sheet.set_column(column, column, widths.get(heading, min(40, max(12, len(heading) + 3))))
        return sheet

    def _mark(self, sheet: Any, row: int, column: int, cell: Cell, mark: Mark | None) -> None:
        if mark is None:
            self._write(sheet, row, column, cell)
            return
        self._write(sheet, row, column, cell, mark.colour)
        if mark.note is None:
            return
        if self.notes >= MOST_NOTES:
            self.notes_left_out = True
            return
        self.notes += 1
        text = mark.note if len(mark.note) <= _NOTE_LIMIT else mark.note[: _NOTE_LIMIT - 1] + "…"
        sheet.write_comment(row, column, text, {"author": "", "font_size": 9, "width": _NOTE_WIDTH, "height": _note_height(text)})

    def _write(self, sheet: Any, row: int, column: int, cell: Cell, colour: Colour = Colour.NONE) -> None:
        if cell is None:
            if colour:
                sheet.write_blank(row, column, None, self._format("", colour))
        elif isinstance(cell, bool):
            sheet.write_boolean(row, column, cell, self._format("", colour))
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell, self._format("", colour))
        elif isinstance(cell, date | time | timedelta):
            plain = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            sheet.write_datetime(row, column, plain, self._format(_format_of(cell), colour))
        else:
            sheet.write_string(row, column, str(cell)[:EXCEL_CELL_LIMIT], self._format("", colour))

    def _format(self, number: str, colour: Colour) -> Any:
        """The format for a kind of value in a colour; None is Excel's own."""
        if not number and not colour:
            return None
        if (number, colour) not in self._formats:
            wanted = ({"num_format": number} if number else {}) | ({"bg_color": colour.value} if colour else {})
            self._formats[number, colour] = self._book.add_format(wanted)
        return self._formats[number, colour]


def _format_of(cell: date | time | timedelta) -> str:
    if isinstance(cell, datetime):
        return "yyyy-mm-dd hh:mm:ss"
    if isinstance(cell, date):
        return "yyyy-mm-dd"
    return "hh:mm:ss" if isinstance(cell, time) else "[h]:mm:ss"


def _note_height(text: str) -> int:
    """Pixels that the text needs, up to what a screen can show beside its cell."""
    lines = sum(1 + len(line) // _NOTE_LETTERS for line in text.split("\n"))
    return min(_NOTE_HEIGHT, _NOTE_LINE * (lines + 1))


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """A name that Excel takes: at most 31 characters, no brackets, colons or slashes, no two alike."""
    clean = "".join("_" if c in "[]:*?/\\" else c for c in name).strip("'")[:31] or "Sheet"
    number, unique = 1, clean
    while unique.casefold() in {t.casefold() for t in taken}:
        number += 1
        unique = f"{clean[:27]} {number}"
    return unique
