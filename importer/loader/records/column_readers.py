"""A sheet's columns made ready for its rows: from a cell to its value by the shortest way that gives the same.

What most cells are (plain text, a number, a date) is read here at once; every other cell goes to its kind's own reader.
Texts of columns with few different ones are remembered with their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from unicodedata import normalize

from importer.domain.cells import Cell
from importer.domain.columns import Holds
from importer.domain.special_cells import CellError, shows_error
from importer.loader.files.projection import picker
from importer.loader.sheets.plan import Bound
from importer.loader.values.dates import FIRST_YEAR
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, is_blank, shown

MAX_REMEMBERED = 4096
"""Texts of one column that are remembered; what comes later is read each time."""

LONGEST_REMEMBERED = 60
"""Characters of a text that may come again, such as a creditor's or a town's name."""

_EVERYDAY_LENGTH = 1000  # of a text: far from the longest that a cell may have, even when composed Unicode is longer
_FEW = frozenset((Holds.CHOICE, Holds.DATE, Holds.COUNTRY, Holds.CURRENCY, Holds.FLAG, Holds.RATE, Holds.UUID))
Read = Callable[[Cell], Any]


class Field(NamedTuple):
    """A column of a sheet, and how its cells are read: a tuple, because every cell of every row passes through it.

    ``read`` gives None for a blank cell and raises ValueProblem for one that has no value. ``known`` are the values of texts
    that were read before.
    """

    name: str
    position: int | None
    read: Read
    known: dict[str, Any]
    bound: Bound

    def cell(self, cells: tuple[Cell, ...]) -> Cell:
        """The field's own cell in a row, or its constant."""
        if self.position is None:
            return self.bound.constant
        return cells[self.position] if self.position < len(cells) else None

    def text(self, cells: tuple[Cell, ...]) -> str | None:
        """The field's own cell as its reader gets it, if that is a text."""
        cell = self.cell(cells)
        if self.bound.values or type(cell) is str:
            cell = self.prepared(cell)
            return cell if type(cell) is str else None
        return None

    def prepared(self, cell: Cell) -> Cell:
        """The cell as its reader gets it: by the profile's table of values, and an error in place of its text."""
        if self.bound.values and not is_blank(cell):
            cell = self.bound.values.get(shown(cell), cell)
        if is_blank(cell):
            return None
        if type(cell) is str and cell[0] in "#E" and shows_error(cell.strip()):
            return CellError(cell.strip())
        return cell


class Columns:
    """The fields of one kind in a sheet, made ready to take the cells of a row all at once."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields
        self.amounts = tuple(field for field in fields if field.bound.column.holds is Holds.MONEY)
        constants = [field for field in fields if field.position is None]
        self._constants = tuple(field.bound.constant for field in constants)
        self._width = max((field.position + 1 for field in fields if field.position is not None), default=0)
        # A row's constants stand behind its own cells, however many these are.
        places = [f.position if f.position is not None else constants.index(f) - len(constants) for f in fields]
        self._pick = picker(places)
        self._steps = tuple((field.name, field.known.get, field.read) for field in fields)

    def with_cells(self, cells: tuple[Cell, ...]) -> Iterator[tuple[tuple[str, Callable[[str], Any], Read], Cell]]:
        """Each field's name, what it remembers of texts and its reader, with its cell in this row."""
        missing = self._width - len(cells)
        if missing > 0:
            cells += (None,) * missing
        return zip(self._steps, self._pick(cells + self._constants), strict=True)


def fields_of(bounds: Iterable[tuple[Bound, Formats]]) -> tuple[Field, ...]:
    """The fields of columns, each with the formats of its cells."""
    return tuple(_field(bound, formats) for bound, formats in bounds)


def _field(bound: Bound, formats: Formats) -> Field:
    holds = bound.column.holds
    known: dict[str, Any] = {}

    def slowly(cell: Cell) -> Any:
        ready = made.prepared(cell)
        if ready is None:
            return None
        value = READERS[holds](ready, formats)
        if type(cell) is str and holds in _FEW and len(known) < MAX_REMEMBERED:
            known[cell] = value
        return value

    read = slowly if bound.values else _quick(holds, formats, slowly, known)
    made = Field(bound.column.name, bound.position, read, known, bound)
    return made


def _quick(holds: Holds, formats: Formats, slowly: Read, known: dict[str, Any]) -> Read:
    """A reader for the cells that most are, which gives all others to ``slowly``."""
    if holds in (Holds.TEXT, Holds.FILE):
        return _text(slowly, known)
    if holds is Holds.IDENTIFIER:
        return _identifier(slowly, known)
    if holds is Holds.MONEY:
        return _amount(slowly)
    if holds is Holds.DATE and not formats.date_cell_doubt:
        return _day(slowly)
    return slowly


def _text(slowly: Read, known: dict[str, Any]) -> Read:
    def read(cell: Cell) -> Any:
        if type(cell) is str and cell and cell[0] not in "#E" and len(cell) <= _EVERYDAY_LENGTH:
            text = (cell if cell.isascii() else normalize("NFC", cell)).strip()
            if text and len(known) < MAX_REMEMBERED and len(cell) <= LONGEST_REMEMBERED:
                known[cell] = text
            return text or None
        return slowly(cell)

    return read


def _identifier(slowly: Read, known: dict[str, Any]) -> Read:
    def read(cell: Cell) -> Any:
        # An e may be an exponent, an end in 0 the ".0" of a number; after another letter than E they are neither.
        if type(cell) is str and cell.isascii() and len(cell) <= _EVERYDAY_LENGTH:
            text = cell.strip()
            if text and (
                (text[0].isalpha() and text[0] != "E")
                or not ("e" in text or "E" in text or text[0] == "#" or text.endswith(".0"))
            ):
                if len(known) < MAX_REMEMBERED and len(cell) <= LONGEST_REMEMBERED:
                    known[cell] = text
                return text
        elif type(cell) is int:
            return str(cell)
        return slowly(cell)

    return read


def _amount(slowly: Read) -> Read:
    def read(cell: Cell) -> Any:
        if type(cell) is float:
            number = Decimal(f"{cell:.15g}")
            return number if number.is_finite() else slowly(cell)
        return Decimal(cell) if type(cell) is int else slowly(cell)

    return read


def _day(slowly: Read) -> Read:
    def read(cell: Cell) -> Any:
        if type(cell) is date and cell.year >= FIRST_YEAR:
            return cell
        if type(cell) is datetime and cell.year >= FIRST_YEAR:
            return cell.date()
        return slowly(cell)

    return read
