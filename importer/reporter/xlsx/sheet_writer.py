"""One workbook with a sheet per source sheet, written row by row without keeping rows in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import xlsxwriter

from importer.domain.cells import Cell
from importer.domain.records import SheetHead
from importer.reporter.xlsx.book import OutputBook, OutputSheet
from importer.reporter.xlsx.cell_values import SHEET_ROWS, cut

MOST_NOTES = 10_000
"""The most notes in one workbook: they are kept in memory until it is closed, and slow down the program that opens it."""

_NOTE_WIDTH, _NOTE_LINE, _NOTE_LETTERS, _NOTE_HEIGHT = 320, 17, 48, 340  # pixels, and letters of 9 points in a line
_NOTE_LIMIT = 1_000
_NO_HIGHLIGHTS: Mapping[int | None, Any] = {}
_NO_OFFERS: Mapping[str, tuple[str, ...]] = {}
MOST_OFFERS = 60_000
"""The most drop-downs in one workbook; Excel allows 65,530 in a sheet."""
_NAME_LIMIT = 31  # UTF-16 units of a sheet's name
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")


class Colour(StrEnum):
    """The meaning of a cell's colour. The colours are those of Excel's cell styles Bad and Neutral."""

    NONE = ""
    WRONG = "#FFC7CE"  # to be corrected in this cell
    WAITS = "#FFEB9C"  # waits for something else


@dataclass(frozen=True, slots=True)
class CellHighlight:
    """A cell's colour, and a note on it."""

    colour: Colour
    note: str | None = None


@dataclass(slots=True)
class _Offer:
    """A drop-down that is being collected: the values that are offered in the cells of a column, from one row to another."""

    column: int
    values: tuple[str, ...]
    first: int
    last: int


class SheetWriter:
    """A workbook that is written row by row. ``sparing`` omits sheets without rows, ``created`` is the time that it shows.

    ``notes_left_out`` is true if there were more notes than ``MOST_NOTES``.
    """

    def __init__(
        self,
        path: Path,
        heads: Sequence[SheetHead],
        columns: Sequence[str],
        *,
        sparing: bool = False,
        created: datetime | None = None,
    ) -> None:
        self._book = open_book(path)
        if created is not None:
            self._book.set_created(created)
        self._bold = self._book.add_format({"bold": True, "bg_color": "#E7EEF4"})
        self._formats: dict[tuple[str, Colour], Any] = {}
        self._heads, self._columns = heads, columns
        self._names: list[str] = []
        for head in heads:
            self._names.append(_sheet_name(head.name, self._names))
        self._kept = [[i for i, h in enumerate(head.header) if not h.startswith("#")] for head in heads]
        self._sheets: dict[int, OutputSheet] = {}
        self._next = [1] * len(heads)
        self._offered: dict[int, _Offer] = {}
        self.rows = self.notes = self.offers = 0
        self.notes_left_out = False
        for index in range(0 if sparing else len(heads)):
            self._sheet(index)

    def add(
        self,
        sheet: int,
        own: Sequence[Cell],
        cells: Sequence[Cell],
        highlights: Mapping[int | None, CellHighlight] = _NO_HIGHLIGHTS,
        *,
        offers: Mapping[str, tuple[str, ...]] = _NO_OFFERS,
    ) -> None:
        """Write one row: the reporter's ``own`` cells, then the source's ``cells``, unchanged.

        ``highlights`` are those of the source's cells by position; that of None is for ``#errors``. ``offers`` are the values
        that can be chosen in own cells, by heading; such a cell is yellow, and takes any other text too.
        """
        if self._next[sheet] == SHEET_ROWS:
            self._continue(sheet)
        row, target = self._next[sheet], self._sheet(sheet)
        header, kept = self._heads[sheet].header, self._kept[sheet]
        width = len(header)
        written: list[Cell] = [*own, *cells] if len(kept) == width <= len(cells) else [*own, *_picked(cells, kept, width)]
        coloured = self._coloured(sheet, highlights, len(own)) if highlights else {}
        for heading, values in offers.items():
            coloured[self._columns.index(heading)] = CellHighlight(Colour.WAITS)
            self._offer(sheet, row, self._columns.index(heading), values)
        for column in sorted(coloured):
            self._annotate(target, row, column, coloured[column])

        def format_of(number: str, column: int) -> Any:
            return self._format(number, coloured[column].colour if column in coloured else Colour.NONE)

        target.write_cells(row, written, format_of, coloured)
        self._next[sheet] = row + 1
        self.rows += 1

    def _offer(self, sheet: int, row: int, column: int, values: tuple[str, ...]) -> None:
        """Offer values in a cell. Equal offers in rows that follow each other are one drop-down, of which a file has few."""
        offered = self._offered.get(sheet)
        if offered is None or (offered.column, offered.values, offered.last + 1) != (column, values, row):
            self._write_offer(sheet)
            offered = self._offered[sheet] = _Offer(column, values, row, row)
        offered.last = row

    def _write_offer(self, sheet: int) -> None:
        offered = self._offered.pop(sheet, None)
        if offered is None or self.offers >= MOST_OFFERS:
            return
        self.offers += 1
        options = {"validate": "list", "source": list(offered.values), "ignore_blank": True, "show_error": False}
        self._sheets[sheet].data_validation(offered.first, offered.column, offered.last, offered.column, options)

    def _coloured(self, sheet: int, highlights: Mapping[int | None, CellHighlight], own: int) -> dict[int, CellHighlight]:
        """Return the highlights by column of this workbook, without those of omitted cells."""
        columns: dict[int | None, int] = {position: column for column, position in enumerate(self._kept[sheet], own)}
        if "#errors" in self._columns:
            columns[None] = self._columns.index("#errors")
        return {columns[position]: highlight for position, highlight in highlights.items() if position in columns}

    def append_sheet(
        self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Mapping[str, float]
    ) -> None:
        """Append a sheet of the reporter's own. Floats are formatted as money."""
        sheet = self._begin(_sheet_name(name, self._names), headings, widths)
        for number, cells in enumerate(rows, 1):
            money = {column for column, cell in enumerate(cells) if isinstance(cell, float)}
            sheet.write_cells(number, cells, lambda *_: self._format("#,##0.00", Colour.NONE), money)

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the source's sheets in this workbook, in their order."""
        return self._names[: len(self._heads)]

    def close(self) -> None:
        """Write the workbook. Raises OSError if it cannot be written."""
        for sheet in tuple(self._offered):
            self._write_offer(sheet)
        self._book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._book.discard()

    def _sheet(self, index: int) -> OutputSheet:
        if index not in self._sheets:
            headings = (*self._columns, *(self._heads[index].header[i] for i in self._kept[index]))
            self._sheets[index] = self._begin(self._names[index], headings, {"#errors": 70, "#row": 7, "#answer": 16})
        return self._sheets[index]

    def _continue(self, index: int) -> None:
        """Continue a full sheet in another one with the same headings."""
        self._write_offer(index)
        full = self._names[index]
        self._names[index] = _sheet_name(self._heads[index].name, self._names)
        self._names.append(full)
        del self._sheets[index]
        self._next[index] = 1

    def _begin(self, name: str, headings: Sequence[str], widths: Mapping[str, float]) -> OutputSheet:
        sheet = self._book.add_sheet(name)
        sheet.freeze_panes(1, 0)
        sheet.write_cells(0, headings, lambda *_: self._bold, range(len(headings)))
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, widths.get(heading, min(40, max(12, len(heading) + 3))))
        return sheet

    def _annotate(self, sheet: OutputSheet, row: int, column: int, highlight: CellHighlight) -> None:
        if highlight.note is None:
            return
        if self.notes >= MOST_NOTES:
            self.notes_left_out = True
            return
        self.notes += 1
        text = highlight.note if len(highlight.note) <= _NOTE_LIMIT else highlight.note[: _NOTE_LIMIT - 1] + "…"
        sheet.write_comment(row, column, text, {"author": "", "font_size": 9, "width": _NOTE_WIDTH, "height": _note_height(text)})

    def _format(self, number: str, colour: Colour) -> Any:
        """Return the format for a number format and a colour; None is Excel's default."""
        if not number and not colour:
            return None
        if (number, colour) not in self._formats:
            wanted = ({"num_format": number} if number else {}) | ({"bg_color": colour.value} if colour else {})
            self._formats[number, colour] = self._book.add_format(wanted)
        return self._formats[number, colour]


def _picked(cells: Sequence[Cell], kept: Sequence[int], width: int) -> list[Cell]:
    """Return the cells under the headings that are kept, and those after the last heading."""
    return [*(cells[position] if position < len(cells) else None for position in kept), *cells[width:]]


def _note_height(text: str) -> int:
    """Return the height in pixels that the text needs, at most ``_NOTE_HEIGHT``."""
    lines = sum(1 + len(line) // _NOTE_LETTERS for line in text.split("\n"))
    return min(_NOTE_HEIGHT, _NOTE_LINE * (lines + 1))


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """Return a unique name that Excel accepts: at most 31 UTF-16 units, no brackets, colons, slashes or control characters."""
    clean = _NOT_IN_NAMES.sub("_", name).strip("'")
    clean = cut(clean, _NAME_LIMIT).rstrip("'") or "Sheet"
    clean = f"{clean}_" if clean.casefold() == "history" else clean  # a name that Excel reserves
    number, unique = 1, clean
    while unique.casefold() in {t.casefold() for t in taken}:
        number += 1
        unique = f"{cut(clean, _NAME_LIMIT - 4)} {number}"
    return unique


KNOWN_VERSIONS = frozenset({"3.2", "3.3"})
"""The versions of XlsxWriter whose internals :mod:`fast_rows` can use; its tests have passed with them."""


def open_book(path: Path) -> OutputBook:
    """Begin a new workbook at ``path``, with the fast writer if it supports the installed version of XlsxWriter."""
    if ".".join(xlsxwriter.__version__.split(".")[:2]) in KNOWN_VERSIONS:
        from importer.reporter.xlsx.package import RowBook

        return RowBook(path)
    from importer.reporter.xlsx.plain_book import PlainBook

    return PlainBook(path)
