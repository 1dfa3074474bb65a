"""Find the columns of a sheet that show whether a row is a claim: its state, its type, what was paid, what holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from importer.domain.aliases import system_of
from importer.domain.cells import Cell
from importer.domain.row_states import (
    SETTLING,
    WITH_WORDS,
    Meaning,
    StateColumn,
    columns_for,
    find,
    meaning_in_profile,
    state_key,
    truth_of,
)
from importer.domain.special_cells import CellError
from importer.domain.text_keys import header_key
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.sheets.amount_names import AMOUNT, is_open_name
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.heading_matches import HeadingMatches, SheetHeadings
from importer.loader.sheets.shape import Shape, unit_of
from importer.loader.sheets.suspected_columns import suspected_as
from importer.loader.values.parsers import display_text, is_blank

_FLAGS = (StateColumn.IS_OPEN, StateColumn.IS_CREDIT, StateColumn.IN_COLLECTION)
DATED_FLAGS = (StateColumn.IS_PAID, StateColumn.IS_WRITTEN_OFF, StateColumn.IS_BOOKED)
"""Columns of yes and no in which a day means yes."""
AMOUNTS = (*SETTLING, StateColumn.INVOICED_AMOUNT)
_DATES = (StateColumn.PAID_DATE, StateColumn.PROMISED_DATE)
_NOT_IN_FLAT = (StateColumn.DOCUMENT_TYPE, StateColumn.DEBIT_CREDIT)
"""A row of a flat sheet names the type of its voucher, not of its case."""


@dataclass(frozen=True, eq=False)
class StateBinding:
    """A column that shows whether a row is a claim, and the position of its cells.

    ``meanings`` maps the texts of cells to what the profile says that they mean. ``is_suspected``: its heading is not known,
    so that every value that may be against a claim is a question.
    """

    column: StateColumn
    heading: str
    position: int
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    is_suspected: bool = False

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
    beside: tuple[StateBinding, ...] = ()
    """The amounts beside a claim whose heading says that it is what is open: they may only contradict it."""

    def of(self, *columns: StateColumn) -> list[StateBinding]:
        """Return the columns of these kinds."""
        return [one for one in self.bound if one.column in columns]

    def for_amount(self, heading: str | None) -> StateColumns:
        """Return the columns that count if the claim is the amount below this heading (None: it has none).

        What was invoiced and paid counts only if the heading leaves open whether the amount is what is left. Else it is
        compared with the amount.
        """
        if heading is not None and not is_open_name(heading):
            return self
        beside = tuple(one for one in self.bound if one.column in AMOUNTS)
        return StateColumns(tuple(one for one in self.bound if one.column not in AMOUNTS), self.system, beside)

    def positions(self) -> set[int]:
        """Return the positions of all of them."""
        return {one.position for one in (*self.bound, *self.beside)}


def states_beside(
    headings: SheetHeadings, shape: Shape, unmatched: Sequence[int], profile: Profile, matches: HeadingMatches
) -> StateColumns:
    """Return the columns that show whether a row is a claim, as they count beside the amount that was matched."""
    amount = matches.position_of(AMOUNT)
    return state_columns(headings, shape, unmatched, profile).for_amount(None if amount is None else headings.header[amount])


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
        known = _mapped(headings, position) or _recognized(headings, position, name, meanings)
        column = known or _suspected(headings, position, name, shape)
        if column is not None and not (shape is Shape.FLAT and column in _NOT_IN_FLAT):
            found.append(StateBinding(column, headings.header[position], position, meanings[column], is_suspected=not known))
    return StateColumns(tuple(found), name)


def _meanings(profile: Profile, column: StateColumn) -> Mapping[str, Meaning]:
    """Return what the profile says about the values of a column. The values of a state hold for types as well."""
    tables = {**profile.values.get(StateColumn.ROW_STATE, {}), **profile.values.get(column, {})}
    return {text.strip(): meaning for text, word in tables.items() if (meaning := meaning_in_profile(word)) is not None}


def _mapped(headings: SheetHeadings, position: int) -> StateColumn | None:
    """Return the column to which the profile maps a heading, if it is one of a state."""
    names = set(headings.mapped_to(position)) & set(StateColumn)
    return StateColumn(min(names)) if names else None


def state_of(headings: SheetHeadings, position: int) -> StateColumn | None:
    """Return the column that shows whether a row is a claim for which a heading is taken, whatever else it could be; or None."""
    found = state_columns(headings, Shape.CASES, (position,), NO_PROFILE)
    return found.bound[0].column if found.bound else None


def _recognized(
    headings: SheetHeadings, position: int, system: str | None, meanings: Mapping[StateColumn, Mapping[str, Meaning]]
) -> StateColumn | None:
    """Return the column that a heading means; None if it means none.

    A sure heading always means one: of several the one that most of the first cells fit. The rows of the others are questions.
    """
    if not headings.free(position):
        return None
    keys, cells = _keys(headings.header[position]), _filled(headings, position)
    if sure := _best([column for key in keys for column in columns_for(key)], cells):
        return sure
    weak = (column for key in keys for column in columns_for(key, weak=True))
    fitting = (column for column in weak if all(_fits(column, cell) for cell in cells))
    return next((column for column in fitting if _has_word(column, cells, system, meanings[column])), None)


def _suspected(headings: SheetHeadings, position: int, system: str | None, shape: Shape) -> StateColumn | None:
    """Return as what a column must be asked about whose heading is not known; None if it need not be."""
    heading = headings.header[position]
    if not headings.free(position):
        return None
    return suspected_as(state_key(heading), _filled(headings, position), system, is_flat=shape is Shape.FLAT)


def _keys(heading: str) -> tuple[str, ...]:
    """Return the folded forms of a heading: as it is, without a question mark or the like, and without a currency at its end."""
    unit = unit_of(heading)
    return tuple(dict.fromkeys((header_key(heading), state_key(heading), *([unit[0]] if unit else ()))))


def _filled(headings: SheetHeadings, position: int) -> list[Cell]:
    return [cell for cell in headings.cells(position) if not is_blank(cell) and not isinstance(cell, CellError)]


def _best(columns: Iterable[StateColumn], cells: Sequence[Cell]) -> StateColumn | None:
    """Return the column that most of the first cells fit, the first of equals; None if there is none."""
    possible = [column for column in columns if not _is_open_amount(column, cells)]
    return max(possible, key=lambda column: sum(_fits(column, cell) for cell in cells), default=None)


def _is_open_amount(column: StateColumn, cells: Sequence[Cell]) -> bool:
    """Return whether a column that may show what is open holds amounts."""
    return column is StateColumn.IS_OPEN and sum(map(may_be_number, cells)) > sum(_fits(column, cell) for cell in cells)


def _fits(column: StateColumn, cell: Cell) -> bool:
    """Return whether a cell may be one of this kind of column."""
    if column in DATED_FLAGS:
        return truth_of(display_text(cell)) is not None or (may_be_date(cell) and not may_be_number(cell))
    if column in _FLAGS:
        return truth_of(display_text(cell)) is not None
    if column in AMOUNTS:
        return may_be_number(cell)
    return may_be_date(cell) if column in _DATES else True


def _has_word(column: StateColumn, cells: Sequence[Cell], system: str | None, meanings: Mapping[str, Meaning]) -> bool:
    """Return whether one of the first cells is a value that is known."""
    if column not in WITH_WORDS:
        return True
    texts = [display_text(cell).strip() for cell in cells]
    return any(text in meanings or find(column, text, system) for text in texts)
