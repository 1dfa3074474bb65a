"""Cells that calamine cannot tell apart or reads wrong, found by the preflight and put right by the reader."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from importer.domain.cells import Cell
from importer.domain.special_cells import FORMULA_WITHOUT_VALUE, CellError, FalseDate

if TYPE_CHECKING:
    from importer.loader.files.number_formats import ZeroFormat

MAX_CORRECTIONS = 20_000_000
"""Eight bytes each, 160 MB: a sheet of a million rows with twenty columns of error cells."""

_COLUMN_BITS, _CODE_BITS = 15, 16


class CorrectionCode(IntEnum):
    """What is special about a cell; numbers from ``TEXT`` on stand for an error text, from ``FORMAT`` on for a format."""

    MISSING = 1
    DAY_60 = 2
    DURATION = 3
    TEXT = 16
    FORMAT = 32768


class TooManyCorrections(Exception):
    """More special cells than are kept."""


@dataclass(slots=True)
class CellCorrections:
    """The special cells of one sheet, 8 bytes each; rows and columns count from 0."""

    formats: tuple[ZeroFormat, ...] = ()
    texts: list[str] = field(default_factory=list)
    cells: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, row: int, column: int, code: int) -> None:
        """Remember a cell. Raises TooManyMarks when there are more than ``MAX_MARKS``."""
        if len(self.cells) >= MAX_CORRECTIONS:
            raise TooManyCorrections
        if row >= 1 << 31 or column >= 1 << _COLUMN_BITS:
            return  # outside of any sheet: the file is refused for its size
        self.cells.append((row << _COLUMN_BITS | column) << _CODE_BITS | code)

    def add_error(self, row: int, column: int, text: str) -> None:
        """Remember an error cell with the text that it shows."""
        try:
            index = self.texts.index(text)
        except ValueError:
            index = min(len(self.texts), CorrectionCode.FORMAT - CorrectionCode.TEXT - 1)
            if index == len(self.texts):
                self.texts.append(text)
        self.add(row, column, CorrectionCode.TEXT + index)

    def add_format(self, row: int, column: int, index: int) -> None:
        """Remember a cell whose number format, ``formats[index]``, shows leading zeros."""
        self.add(row, column, CorrectionCode.FORMAT + index)

    def code_of_format(self, form: ZeroFormat) -> int:
        """Give the code of a format, which is added if it is new."""
        if form not in self.formats:
            self.formats = (*self.formats, form)
        return CorrectionCode.FORMAT + self.formats.index(form)

    def close(self) -> None:
        """Sort the cells, as files may hold them in any order; call it once, after the last one."""
        if any(a > b for a, b in zip(self.cells, self.cells[1:], strict=False)):
            self.cells = array("Q", sorted(self.cells))

    def in_row(self, row: int) -> Iterator[tuple[int, int]]:
        """Yield (column, code) of a row's special cells."""
        at = bisect_left(self.cells, row << _COLUMN_BITS + _CODE_BITS)
        end = (row + 1) << _COLUMN_BITS + _CODE_BITS
        while at < len(self.cells) and (cell := self.cells[at]) < end:
            yield cell >> _CODE_BITS & (1 << _COLUMN_BITS) - 1, cell & (1 << _CODE_BITS) - 1
            at += 1

    def correct(self, row: int, values: list[Cell]) -> None:
        """Put the special cells of a row right, as far as it is wide."""
        for column, code in self.in_row(row):
            if column < len(values):
                values[column] = self.corrected(code, values[column])

    def corrected(self, code: int, value: Cell) -> Cell:
        """Give the cell as it must be read, from what calamine gave."""
        if code >= CorrectionCode.FORMAT:
            return self.formats[code - CorrectionCode.FORMAT].shown(value)
        if code >= CorrectionCode.TEXT:
            return CellError(self.texts[code - CorrectionCode.TEXT])
        kind, correct = _CORRECTIONS[CorrectionCode(code)]
        return correct(value) if isinstance(value, kind) else value


def parse_duration(text: str) -> dt.timedelta | str:
    """Read OpenDocument's ``PT30H15M00S`` as a timedelta; any other text is given back."""
    sign = -1 if text.startswith("-") else 1
    hours, _, rest = text.lstrip("-").removeprefix("PT").partition("H")
    minutes, _, seconds = rest.partition("M")
    try:
        return sign * dt.timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds.rstrip("S") or 0))
    except (ValueError, OverflowError):
        return text


_CORRECTIONS: dict[CorrectionCode, tuple[type, Callable[[Any], Cell]]] = {
    CorrectionCode.MISSING: (type(None), lambda _: FORMULA_WITHOUT_VALUE),
    CorrectionCode.DAY_60: (dt.date, lambda _: FalseDate("1900-02-29")),
    CorrectionCode.DURATION: (str, parse_duration),
}
"""What calamine gives for such a cell, and what it must be read as; anything else stays."""
