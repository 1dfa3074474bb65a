"""Cells that calamine does not distinguish or reads wrong. The safety check finds them, the reader corrects them."""

from __future__ import annotations

import datetime as dt
import operator
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from importer.domain.cells import Cell
from importer.domain.special_cells import FORMULA_WITHOUT_VALUE, CellError, FalseDate
from importer.loader.files.number_formats import cell_reader, makes_text
from importer.loader.files.serial_days import duration_of, moment_of

if TYPE_CHECKING:
    from importer.domain.number_formats.number_format import NumberFormat

MAX_CORRECTIONS = 20_000_000
"""Special cells of one sheet, 8 bytes each, so 160 MB: a million rows with twenty columns of error cells."""

_COLUMN_BITS, _CODE_BITS = 15, 16


class CorrectionCode(IntEnum):
    """The correction that a cell needs. Codes from ``TEXT`` on refer to an error text, codes from ``FORMAT`` on to a format."""

    MISSING = 1
    DAY_60 = 2
    DURATION = 3
    DAY_NUMBER = 4
    DAY_NUMBER_1904 = 5
    DURATION_NUMBER = 6
    TEXT = 16
    FORMAT = 32768


class TooManyCorrections(Exception):
    """The sheet has more special cells than ``MAX_CORRECTIONS``."""


@dataclass(slots=True)
class CellCorrections:
    """The special cells of one sheet, 8 bytes each. Rows and columns count from 0."""

    formats: tuple[NumberFormat, ...] = ()
    texts: list[str] = field(default_factory=list)
    cells: array[int] = field(default_factory=lambda: array("Q"))
    _readers: dict[int, Callable[[Cell], Cell]] = field(default_factory=dict)
    _of_columns: frozenset[tuple[int, int]] = frozenset()  # each column with each code of its cells

    def add(self, row: int, column: int, code: int) -> None:
        """Add a cell. Raises TooManyCorrections when there are more than ``MAX_CORRECTIONS``."""
        if len(self.cells) >= MAX_CORRECTIONS:
            raise TooManyCorrections
        if row >= 1 << 31 or column >= 1 << _COLUMN_BITS:
            return  # outside of any sheet: the file is refused for its size
        self.cells.append((row << _COLUMN_BITS | column) << _CODE_BITS | code)

    def add_error(self, row: int, column: int, text: str) -> None:
        """Add an error cell with the text that it shows."""
        try:
            index = self.texts.index(text)
        except ValueError:
            index = min(len(self.texts), CorrectionCode.FORMAT - CorrectionCode.TEXT - 1)
            if index == len(self.texts):
                self.texts.append(text)
        self.add(row, column, CorrectionCode.TEXT + index)

    def add_format(self, row: int, column: int, index: int) -> None:
        """Add a cell whose number format, ``formats[index]``, shows something else than its value."""
        self.add(row, column, CorrectionCode.FORMAT + index)

    def code_of_format(self, form: NumberFormat) -> int:
        """Return the code of a format, and add the format if it is new. Raises TooManyCorrections for too many formats."""
        if form not in self.formats:
            if len(self.formats) >= 1 << _CODE_BITS - 1:
                raise TooManyCorrections
            self.formats = (*self.formats, form)
        return CorrectionCode.FORMAT + self.formats.index(form)

    def codes(self) -> frozenset[int]:
        """Return the codes of all cells."""
        return frozenset(code for _, code in self._of_columns)

    def text_columns(self) -> frozenset[int]:
        """Return the columns with a cell whose format makes a text of a number, such as ``"INV-"0``."""
        codes = frozenset(CorrectionCode.FORMAT + at for at, form in enumerate(self.formats) if makes_text(form))
        return frozenset(column for column, code in self._of_columns if code in codes)

    def codes_in(self, column: int) -> frozenset[str]:
        """Return the number formats of the cells of a column that show something else than their values."""
        codes = (code - CorrectionCode.FORMAT for at, code in self._of_columns if at == column)
        return frozenset(self.formats[code].code for code in codes if code >= 0)

    def close(self) -> None:
        """Sort the cells, because a file may hold them in any order, and note the codes. Call this once, after the last cell."""
        if not all(map(operator.le, self.cells, self.cells[1:])):
            self.cells = array("Q", sorted(self.cells))
        low = (1 << _COLUMN_BITS + _CODE_BITS) - 1
        found = {cell & low for cell in self.cells}
        self._of_columns = frozenset((cell >> _CODE_BITS, cell & (1 << _CODE_BITS) - 1) for cell in found)

    def in_row(self, row: int) -> Iterator[tuple[int, int]]:
        """Yield (column, code) of the special cells of a row."""
        at = bisect_left(self.cells, row << _COLUMN_BITS + _CODE_BITS)
        end = (row + 1) << _COLUMN_BITS + _CODE_BITS
        while at < len(self.cells) and (cell := self.cells[at]) < end:
            yield cell >> _CODE_BITS & (1 << _COLUMN_BITS) - 1, cell & (1 << _CODE_BITS) - 1
            at += 1

    def correct(self, row: int, values: list[Cell]) -> None:
        """Correct the special cells of a row in place; those beyond its width are left out."""
        for column, code in self.in_row(row):
            if column < len(values):
                values[column] = self.corrected(code, values[column])

    def _reader_of(self, code: int) -> Callable[[Cell], Cell]:
        """Return the function that reads the cells in a format, and keep it."""
        read = self._readers[code] = cell_reader(self.formats[code - CorrectionCode.FORMAT])
        return read

    def corrected(self, code: int, value: Cell) -> Cell:
        """Return the corrected cell for the value that calamine returned."""
        if code >= CorrectionCode.FORMAT:
            return (self._readers.get(code) or self._reader_of(code))(value)
        if code >= CorrectionCode.TEXT:
            return CellError(self.texts[code - CorrectionCode.TEXT])
        kind, correct = _CORRECTIONS[CorrectionCode(code)]
        return correct(value) if isinstance(value, kind) else value


def parse_duration(text: str) -> dt.timedelta | str:
    """Return OpenDocument's ``PT30H15M00S`` as a timedelta, and any other text unchanged."""
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
    CorrectionCode.DAY_NUMBER: (int, partial(moment_of, epoch_1904=False)),
    CorrectionCode.DAY_NUMBER_1904: (int, partial(moment_of, epoch_1904=True)),
    CorrectionCode.DURATION_NUMBER: (int, duration_of),
}
"""By code: the type that calamine returns for such a cell, and its correction. Values of other types are not changed."""
