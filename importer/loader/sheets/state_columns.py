"""Find the columns of a sheet that show whether a row is a claim: its state, its type, what was paid, what holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from importer.domain.aliases import system_of
from importer.domain.cells import Cell
from importer.domain.row_states import SETTLING, WITH_WORDS, Meaning, StateColumn, columns_for, find, meaning_in_profile, truth_of
from importer.domain.special_cells import CellError
from importer.domain.text_keys import header_key
from importer.loader.profile import Profile
from importer.loader.sheets.amount_names import is_open_name
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.headings import SheetHeadings
from importer.loader.sheets.shape import Shape
from importer.loader.values.parsers import display_text, is_blank

_FLAGS = (StateColumn.IS_PAID, StateColumn.IS_OPEN, StateColumn.IS_CREDIT, StateColumn.IN_COLLECTION)
_AMOUNTS = (*SETTLING, StateColumn.INVOICED_AMOUNT)
_DATES = (StateColumn.PAID_DATE, StateColumn.PROMISED_DATE)
_NOT_IN_FLAT = (StateColumn.DOCUMENT_TYPE, StateColumn.DEBIT_CREDIT)
"""A row of a flat sheet names the type of its voucher, not of its case."""


@dataclass(frozen=True, eq=False)
class StateBinding:
    """A column that shows whether a row is a claim, and the position of its cells.

    ``meanings`` maps the texts of cells to what the profile says that they mean.
    """

    column: StateColumn
    heading: str
    position: int
    meanings: Mapping[str, Meaning] = field(default_factory=dict)

    def cell(self, cells: Sequence[Cell]) -> Cell:
        """Return the column's cell in a row."""
        return cells[self.position] if self.position < len(cells) else None

    def text(self, cells: Sequence[Cell]) -> str:
        """Return the column's cell as displayed; empty if it is blank."""
        cell = self.cell(cells)
        return "" if is_blank(cell) else display_text(cell).strip()


@dataclass(frozen=True, slots=True)
class StateColumns:
    """The columns of one sheet that show whether its rows are claims, and the system that its headings identify."""

    bound: tuple[StateBinding, ...] = ()
    system: str | None = None

    def of(self, *columns: StateColumn) -> list[StateBinding]:
        """Return the columns of these kinds."""
        return [one for one in self.bound if one.column in columns]

    def for_amount(self, heading: str | None) -> StateColumns:
        """Return the columns that count if the claim is the amount below this heading (None: it has none).

        What was invoiced and paid counts only if the heading leaves open whether the amount is what is left.
        """
        if heading is not None and not is_open_name(heading):
            return self
        return StateColumns(tuple(one for one in self.bound if one.column not in _AMOUNTS), self.system)

    def positions(self) -> set[int]:
        """Return the positions of all of them."""
        return {one.position for one in self.bound}


def state_columns(headings: SheetHeadings, shape: Shape, unmatched: Iterable[int], profile: Profile) -> StateColumns:
    """Return the columns that show whether a row is a claim, among the ``unmatched`` headings of a sheet.

    A profile may name them in ``[columns]``, and say in ``[values]`` what their values mean.
    """
    if shape is Shape.VOUCHERS:
        return StateColumns()
    system = system_of(map(header_key, headings.header))
    name = system.name if system else None
    meanings = {column: _meanings(profile, column) for column in StateColumn}
    found = []
    for position in unmatched:
        column = _mapped(headings, position) or _recognized(headings, position, name, meanings)
        if column is not None and not (shape is Shape.FLAT and column in _NOT_IN_FLAT):
            found.append(StateBinding(column, headings.header[position], position, meanings[column]))
    return StateColumns(tuple(found), name)


def _meanings(profile: Profile, column: StateColumn) -> Mapping[str, Meaning]:
    """Return what the profile says about the values of a column. The values of a state hold for types as well."""
    tables = {**profile.values.get(StateColumn.ROW_STATE, {}), **profile.values.get(column, {})}
    return {text.strip(): meaning for text, word in tables.items() if (meaning := meaning_in_profile(word)) is not None}


def _mapped(headings: SheetHeadings, position: int) -> StateColumn | None:
    """Return the column to which the profile maps a heading, if it is one of a state."""
    names = set(headings.mapped_to(position)) & set(StateColumn)
    return StateColumn(min(names)) if names else None


def _recognized(
    headings: SheetHeadings, position: int, system: str | None, meanings: Mapping[StateColumn, Mapping[str, Meaning]]
) -> StateColumn | None:
    """Return the column that a heading means if the first cells do not contradict; None if it means none."""
    if not headings.free(position):
        return None
    key, cells = header_key(headings.header[position]), [cell for cell in headings.cells(position) if _has_value(cell)]
    sure = next((column for column in columns_for(key) if _agrees(column, cells)), None)
    weak = (column for column in columns_for(key, weak=True) if _agrees(column, cells))
    return sure or next((column for column in weak if _has_word(column, cells, system, meanings[column])), None)


def _has_value(cell: Cell) -> bool:
    return not is_blank(cell) and not isinstance(cell, CellError)


def _agrees(column: StateColumn, cells: Sequence[Cell]) -> bool:
    """Return whether the first cells of a column may be those of this kind of column."""
    if column in _FLAGS:
        return all(truth_of(display_text(cell)) is not None for cell in cells)
    if column in _AMOUNTS:
        return all(map(may_be_number, cells))
    if column in _DATES:
        return all(map(may_be_date, cells))
    return True


def _has_word(column: StateColumn, cells: Sequence[Cell], system: str | None, meanings: Mapping[str, Meaning]) -> bool:
    """Return whether one of the first cells is a value that is known."""
    if column not in WITH_WORDS:
        return True
    texts = [display_text(cell).strip() for cell in cells]
    return any(text in meanings or find(column, text, system) for text in texts)
