"""A sheet's columns made ready for its rows: each cell goes to the reader of its column's kind.

The first texts of each column are remembered with their values, because the texts of most columns repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.special_cells import CellError, shows_error
from importer.loader.files.projection import itemgetter_for
from importer.loader.sheets.plan import ColumnBinding
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, display_text, is_blank

MAX_REMEMBERED = 4096
"""Texts of one column that are remembered; what comes later is read each time."""

LONGEST_REMEMBERED = 60
"""Characters of a text that may come again, such as a creditor's or a town's name."""

Read = Callable[[Cell], Any]


class ColumnReader(NamedTuple):
    """A column of a sheet, and how its cells are read: a tuple, because every cell of every row passes through it.

    ``read`` gives None for a blank cell and raises ValueProblem for one that has no value. ``known`` are the values of texts
    that were read before.
    """

    name: str
    position: int | None
    read: Read
    known: dict[str, Any]
    bound: ColumnBinding

    def cell(self, cells: tuple[Cell, ...]) -> Cell:
        """The field's own cell in a row, or its constant."""
        if self.position is None:
            return self.bound.constant
        return cells[self.position] if self.position < len(cells) else None

    def text(self, cells: tuple[Cell, ...]) -> str | None:
        """The field's own cell as its reader gets it, if that is a text."""
        cell = self.cell(cells)
        if self.bound.values or type(cell) is str:
            cell = _prepared(cell, self.bound.values)
            return cell if type(cell) is str else None
        return None


class RowDecoder:
    """The fields of one kind in a sheet, made ready to take the cells of a row all at once."""

    def __init__(self, readers: tuple[ColumnReader, ...]) -> None:
        self.readers = readers
        self.amounts = tuple(reader for reader in readers if reader.bound.column.value_kind is ValueKind.MONEY)
        constants = [reader for reader in readers if reader.position is None]
        self._constants = tuple(reader.bound.constant for reader in constants)
        self._width = max((reader.position + 1 for reader in readers if reader.position is not None), default=0)
        # A row's constants stand behind its own cells, however many these are.
        places = [f.position if f.position is not None else constants.index(f) - len(constants) for f in readers]
        self._pick = itemgetter_for(places)
        self._steps = tuple((reader.name, reader.known.get, reader.read) for reader in readers)

    def with_cells(self, cells: tuple[Cell, ...]) -> Iterator[tuple[tuple[str, Callable[[str], Any], Read], Cell]]:
        """Each field's name, what it remembers of texts and its reader, with its cell in this row."""
        missing = self._width - len(cells)
        if missing > 0:
            cells += (None,) * missing
        return zip(self._steps, self._pick(cells + self._constants), strict=True)


def readers_for(bounds: Iterable[tuple[ColumnBinding, Formats]]) -> tuple[ColumnReader, ...]:
    """The fields of columns, each with the formats of its cells."""
    return tuple(_reader_for(bound, formats) for bound, formats in bounds)


def _reader_for(bound: ColumnBinding, formats: Formats) -> ColumnReader:
    known: dict[str, Any] = {}
    reader, table = READERS[bound.column.value_kind], bound.values
    most = 0 if bound.column.value_kind is ValueKind.JSON else MAX_REMEMBERED  # lists can change

    def read(cell: Cell) -> Any:
        ready = _prepared(cell, table)
        if ready is None:
            return None
        value = reader(ready, formats)
        if type(cell) is str and len(known) < most and len(cell) <= LONGEST_REMEMBERED:
            known[cell] = value
        return value

    return ColumnReader(bound.column.name, bound.position, read, known, bound)


def _prepared(cell: Cell, table: Mapping[str, str]) -> Cell:
    """A cell as its reader gets it: by the profile's table of values, an error in place of its text; None if it is blank."""
    if table and not is_blank(cell):
        cell = table.get(display_text(cell), cell)
    if type(cell) is not str:
        return None if is_blank(cell) else cell
    if not cell or cell.isspace():
        return None
    return CellError(cell.strip()) if cell[0] in "#E" and shows_error(cell.strip()) else cell
