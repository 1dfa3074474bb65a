"""Readers of a sheet's columns: each cell is passed to the parser of its column's value kind.

The first texts of each column are cached with their values, because texts repeat in most columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

from importer.domain.cells import Cell
from importer.domain.code_lists import find_country
from importer.domain.columns import ValueKind
from importer.domain.special_cells import CellError, ShownNumber, number_text, shows_error
from importer.loader.files.projection import itemgetter_for
from importer.loader.sheets.plan import ColumnBinding
from importer.loader.values.damage import lost_letter_in
from importer.loader.values.formats import Formats
from importer.loader.values.identifiers import read_identifier_formerly, read_name, refuse_date
from importer.loader.values.parsers import READERS, ValueProblem, display_text, is_blank, read_text
from importer.loader.values.placeholders import is_placeholder, is_required
from importer.loader.values.text import DAMAGED

MAX_REMEMBERED = 4096
"""Cached texts of one column. Texts that come later are parsed each time."""

LONGEST_REMEMBERED = 60
"""Longest text in characters that is cached, such as the name of a creditor or a town. Longer ones rarely repeat."""

Read = Callable[[Cell], Any]

TEXTS_WITHOUT_DATES = frozenset(
    ("debtor_name", "debtor_contact_person", "debtor_address", "debtor_city", "creditor_company_name")
)
"""Columns of texts in which a date or a time is a text that a spreadsheet has changed."""

_NAMES = frozenset(("debtor_name", "debtor_contact_person", "debtor_address", "debtor_city"))
_LOST_LETTER = (
    "has a question mark where a letter was, as programs write it for letters that they cannot. Save the file again with the "
    "right encoding, or correct the cell; if it is right, say so in the profile: [values.{name}]"
)


class ColumnReader(NamedTuple):
    """A column of a sheet and the function that reads its cells. A tuple for speed, because every cell is read with it.

    ``read`` returns None for a blank cell and raises ValueProblem for a cell without a valid value. ``known`` is the cache of
    texts and their values.
    """

    name: str
    position: int | None
    read: Read
    known: dict[str, Any]
    bound: ColumnBinding

    def cell(self, cells: tuple[Cell, ...]) -> Cell:
        """Return the column's cell in a row, or its constant; of several cells their texts."""
        if self.bound.composed is not None:
            return self.bound.composed.display(cells)
        if self.position is None:
            return self.bound.constant
        return cells[self.position] if self.position < len(cells) else None

    def text(self, cells: tuple[Cell, ...]) -> str | None:
        """Return the column's cell as its parser gets it if that is a text, else None."""
        cell = self.cell(cells)
        if type(cell) is str or (self.bound.values and not isinstance(cell, ValueProblem)):
            cell = _prepared(cell, self.bound.values)
            return cell if type(cell) is str else None
        return None


class RowDecoder:
    """The column readers of one record kind in a sheet, and a step that takes all their cells from a row at once."""

    def __init__(self, readers: tuple[ColumnReader, ...]) -> None:
        self.readers = readers
        self.amounts = tuple(reader for reader in readers if reader.bound.column.value_kind is ValueKind.MONEY)
        constants = [reader for reader in readers if reader.position is None and reader.bound.composed is None]
        self._constants = tuple(reader.bound.constant for reader in constants)
        self._composer = CellComposer(readers)
        self._width = max((place + 1 for reader in readers for place in reader.bound.places), default=0)
        # Constants and composed values are appended to the cells of a row, so their positions count from its end.
        appended = [*constants, *self._composer.readers]
        places = [f.position if f.position is not None else appended.index(f) - len(appended) for f in readers]
        self._pick = itemgetter_for(places)
        self._steps = tuple((reader.name, reader.known.get, reader.read) for reader in readers)

    @cached_property
    def defaults_currency(self) -> bool:
        """Whether the settings give the currency of rows that name none."""
        return any(reader.name == "currency" and reader.bound.is_default for reader in self.readers)

    def with_cells(self, cells: tuple[Cell, ...]) -> Iterator[tuple[tuple[str, Callable[[str], Any], Read], Cell]]:
        """Return for each column ((name, look-up in its cache, read function), its cell in this row)."""
        missing = self._width - len(cells)
        if missing > 0:
            cells += (None,) * missing
        composed = self._composer.values(cells) if self._composer.readers else ()
        return zip(self._steps, self._pick(cells + self._constants + composed), strict=True)


class CellComposer:
    """Makes the values of the columns that are joined or split, from the cells of a row."""

    def __init__(self, readers: Iterable[ColumnReader]) -> None:
        known = list(readers)
        self.readers = tuple(reader for reader in known if reader.bound.composed is not None)
        self._country = next((reader for reader in known if reader.name == "debtor_country"), None)

    def values(self, cells: tuple[Cell, ...]) -> tuple[Any, ...]:
        """Return one value for each of the readers: a text, None for no value, or the ValueProblem of its cells."""
        country = self._country_of(cells)
        return tuple(_composed(reader.bound, cells, country) for reader in self.readers)

    def _country_of(self, cells: tuple[Cell, ...]) -> str | None:
        if self._country is None:
            return None
        cell = _prepared(self._country.cell(cells), self._country.bound.values)
        return find_country(display_text(cell)) if cell is not None and not isinstance(cell, CellError) else None


def _composed(bound: ColumnBinding, cells: tuple[Cell, ...], country: str | None) -> str | ValueProblem | None:
    assert bound.composed is not None
    try:
        for place in bound.places:
            refuse_date(cells[place])
        return bound.composed.value(cells, bound.column, country)
    except ValueProblem as problem:
        return problem


def takes_no_dates(bound: ColumnBinding) -> bool:
    """Return whether a date in this column is a text that a spreadsheet has changed."""
    return bound.column.value_kind is ValueKind.IDENTIFIER or bound.column.name in TEXTS_WITHOUT_DATES


def readers_for(bounds: Iterable[tuple[ColumnBinding, Formats]], *, formerly: bool = False) -> tuple[ColumnReader, ...]:
    """Return the readers of columns, each given with the formats of its cells.

    ``formerly``: they read texts as earlier releases did, which left apostrophes in them.
    """
    return tuple(_reader_for(bound, formats, formerly=formerly) for bound, formats in bounds)


def _reader_for(bound: ColumnBinding, formats: Formats, *, formerly: bool) -> ColumnReader:
    known: dict[str, Any] = {}
    reader = _parser_of(bound, formerly=formerly)
    table, column = bound.values, bound.column
    check = partial(_check_letters, bound) if column.name in _NAMES else None
    check_other = _check_of_others(bound, formerly=formerly)
    most = _most_remembered(column.value_kind)

    def read(cell: Cell) -> Any:
        ready = _prepared(cell, table)
        if ready is None:
            return None
        if type(ready) is str:  # most cells
            if is_placeholder(ready, column):
                return _without_value(bound)
        else:
            check_other(ready)
        value = reader(ready, formats)
        if check:
            check(cell, value)
        if type(cell) is str and len(known) < most and len(cell) <= LONGEST_REMEMBERED:
            known[cell] = value
        return value

    return ColumnReader(bound.column.name, bound.position, read, known, bound)


def _most_remembered(kind: ValueKind) -> int:
    return 0 if kind is ValueKind.JSON else MAX_REMEMBERED  # lists are mutable and must not be shared


def _parser_of(bound: ColumnBinding, *, formerly: bool) -> Callable[[Cell, Formats], Any]:
    """Return the parser of a column's value kind, or that of earlier releases."""
    kind = bound.column.value_kind
    if bound.column.name in _NAMES:
        return read_text if formerly else read_name
    return read_identifier_formerly if formerly and kind is ValueKind.IDENTIFIER else READERS[kind]


def _check_of_others(bound: ColumnBinding, *, formerly: bool) -> Callable[[Cell], None]:
    """Return the check of a column's cells that are no texts."""
    return refuse_date if not formerly and takes_no_dates(bound) else _accept


def _accept(_cell: Cell) -> None:
    """Accept a cell of any type."""


def _without_value(bound: ColumnBinding) -> None:
    """Read a placeholder as no value. Raises ValueProblem if the column needs one."""
    if is_required(bound.column):
        raise ValueProblem("placeholder", "stands for a value that is missing. Write the value, or take the row out")


def _check_letters(bound: ColumnBinding, cell: Cell, value: str) -> None:
    """Raise ValueProblem for a name in which a letter was lost, unless the profile's values have it."""
    if lost_letter_in(value) and display_text(cell) not in bound.values:
        raise ValueProblem(DAMAGED, _LOST_LETTER.format(name=bound.column.name))


def _prepared(cell: Cell, table: Mapping[str, str]) -> Cell:
    """Return a cell as its parser gets it: replaced by the profile's values, an error text as CellError, None if blank.

    Raises ValueProblem for a value that could not be made from its cells.
    """
    if isinstance(cell, ValueProblem):
        raise cell
    if table and not is_blank(cell):
        cell = table.get(display_text(cell), table.get(number_text(cell), cell) if type(cell) is ShownNumber else cell)
    if type(cell) is not str:
        return None if is_blank(cell) else cell
    bare = cell.strip()
    if not bare:
        return None
    return CellError(bare) if bare[0] in "#E" and shows_error(bare) else cell
