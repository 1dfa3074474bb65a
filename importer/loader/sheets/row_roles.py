"""Classify rows below the headings: data, a total, repeated headings, a title, a lone text, or cells beside the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto

from importer.domain.cells import Cell
from importer.domain.columns import Column, ValueKind
from importer.domain.row_states import StateColumn
from importer.domain.text_keys import fold
from importer.loader.files.projection import itemgetter_for
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.header import SheetHeader, headings_in, known_headings
from importer.loader.sheets.labels import (
    begins_like_a_total,
    is_age,
    is_currency_code,
    is_page_mark,
    is_total_label,
    is_whole_total,
    names_total,
    names_total_of,
    summed_up_in,
)
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.parsers import is_blank

_IDENTITY = frozenset(("debtor_name", "creditor_reference", "case_ref", "case_id", "reference_id"))
_REFERENCES = frozenset(("creditor_reference", "case_ref"))
_NOTE_WORDS = 3


class RowRole(Enum):
    """The role of a row below the headings."""

    DATA = auto()
    TOTAL = auto()
    HEADINGS = auto()
    OTHER_HEADINGS = auto()
    """The headings of another table, which begins here."""
    TITLE = auto()
    LONE_TEXT = auto()
    """A single text: a note below the table, or a data row that lacks everything else, depending on the rows around it."""
    BESIDE = auto()
    GROUP = auto()
    """The head of a group of rows that have the same age."""
    DOUBTED = auto()
    """A row that could be sent and is named like a total, which other cells or its amount contradict."""
    FURTHER_LINE = auto()
    """A further line of the document in the row of data above, which has neither an amount nor a debtor."""


class _Part(Enum):
    """The parts of a row of totals. A row with any other cell is not a total."""

    LABEL = auto()
    FIGURE = auto()
    CURRENCY = auto()
    DEBTOR = auto()
    """The name of a debtor of rows above: a total may be that debtor's."""


class RowRoles:
    """Classifies the rows of one table by their cells. Rows are read first, because a row that could be sent is data."""

    def __init__(self, top: SheetHeader, plan: SheetPlan) -> None:
        self._headings = top.header
        self._titles = {_lone_text(cells) for _, cells in top.above} - {None}
        self._columns = [(place, b.column) for b in (*plan.case, *plan.voucher) for place in b.places]
        self._bound = set(self._positions(lambda _: True))
        self._texts = set(self._positions(lambda column: column.value_kind is ValueKind.TEXT))
        self._identity = set(self._positions(lambda column: column.name in _IDENTITY))
        self._references = self._positions(lambda column: column.name in _REFERENCES)
        numbers = [one.position for one in plan.states.of(StateColumn.CUSTOMER_NUMBER)]
        self._group_columns = [*self._positions(lambda column: column.name == "debtor_name"), *numbers]
        self._no_figures = self._identity.union(self._positions(lambda column: column.value_kind is ValueKind.DATE))
        self._name = next(iter(self._positions(lambda column: column.name == "debtor_name")), None)
        self._groups: set[str] = set()
        self._of_debtor: dict[str, int] = {}
        self._several: set[str] = set()
        """The sum of the rows of each debtor so far in hundredths, by folded name."""
        self._document = ""
        self._pick_names = itemgetter_for(sorted(self._identity))
        self._gaps = [
            at for at, heading in enumerate((*plan.head.header, "")) if not heading and at > max(self._bound, default=0)
        ]
        self.amount = next(iter(self._positions(lambda column: column.value_kind is ValueKind.MONEY)), None)
        """The position of the first amount column, or None if there is none."""

    def of_record(self, cells: Sequence[Cell], *, cents: int | None = None, adds_up: bool = False) -> RowRole:
        """Return the role of a row that could be sent: data, unless a name or reference of it is a word for a total.

        ``cents`` is its amount in hundredths; ``adds_up``: that is the sum of several rows above it.
        """
        named_total = any(map(is_total_label, self._pick_names(cells)))
        if named_total and self._is_total(cells, adds_up=False):
            return RowRole.TOTAL
        return self._role_by_label(cells, cents, adds_up=adds_up)

    def _role_by_label(self, cells: Sequence[Cell], cents: int | None, *, adds_up: bool) -> RowRole:
        """Return the role of a row by its name and its reference: data, or a total, which may be doubted."""
        reference, name = self._reference_in(cells), self._name_in(cells)
        by_reference, by_name = is_whole_total(reference), self._names_total(name)
        if not by_reference and not by_name:
            return RowRole.DATA
        is_own = bool(reference) and not by_reference
        is_stranger = not by_name and not is_blank(name) and fold(str(name)) not in self._of_debtor
        return RowRole.DOUBTED if is_own or is_stranger or not (adds_up or self.is_sum_of_debtor(cells, cents)) else RowRole.TOTAL

    def _name_in(self, cells: Sequence[Cell]) -> Cell:
        return cells[self._name] if self._name is not None and self._name < len(cells) else None

    def _names_total(self, name: Cell) -> bool:
        """Return whether a name is a word for a total, alone or beside the name of a debtor of rows above."""
        return is_whole_total(name) or any(text in self._of_debtor for text in summed_up_in(name))

    def is_sum_of_debtor(self, cells: Sequence[Cell], cents: int | None) -> bool:
        """Return whether an amount in hundredths is the sum of the rows above of the debtor whom this row names."""
        name = self._name_in(cells)
        names = (*summed_up_in(name), fold(str(name)))
        return cents in {self._of_debtor[text] for text in names if text in self._of_debtor}

    def note_debtor(self, cells: Sequence[Cell], cents: int = 0) -> None:
        """Note the debtor of a row of data with this amount in hundredths, whose total may follow."""
        if self._name is not None and self._name < len(cells) and not is_blank(cells[self._name]):
            name = fold(str(cells[self._name]))
            if name in self._of_debtor:
                self._several.add(name)
            self._of_debtor[name] = self._of_debtor.get(name, 0) + cents
        self._groups = {fold(str(cells[at])) for at in self._group_columns if at < len(cells) and not is_blank(cells[at])}
        self._document = self._reference_in(cells)

    @property
    def debtors(self) -> int:
        """Return the number of different names of debtors in the rows of data so far."""
        return len(self._of_debtor)

    @property
    def debtors_with_several(self) -> int:
        """Return the number of them with several rows."""
        return len(self._several)

    def lacks_reference(self, cells: Sequence[Cell]) -> bool:
        """Return whether the sheet has a column for the number of a document, and this row none in it."""
        return bool(self._references) and not self._reference_in(cells)

    def _reference_in(self, cells: Sequence[Cell]) -> str:
        found = (str(cells[at]).strip() for at in self._references if at < len(cells) and not is_blank(cells[at]))
        return next(found, "")

    def _is_further_line(self, cells: Sequence[Cell]) -> bool:
        """Return whether a row has the number of the document above, and neither an amount nor a debtor."""
        if not self._document or self._name is None or self.amount is None:
            return False
        is_empty = all(at >= len(cells) or is_blank(cells[at]) for at in (self._name, self.amount))
        return is_empty and self._reference_in(cells) == self._document

    def is_named_like_a_total(self, cells: Sequence[Cell]) -> bool:
        """Return whether the debtor's name begins with a word for a total."""
        return self._name is not None and self._name < len(cells) and begins_like_a_total(cells[self._name])

    def of_reject(self, cells: Sequence[Cell], *, cents: int | None = None, adds_up: bool) -> RowRole:
        """Return the role of a row that could not be sent.

        ``cents`` is its amount in hundredths; ``adds_up``: that is the sum of several rows above it.
        """
        if self._is_total(cells, adds_up=adds_up):
            return RowRole.TOTAL
        if cents and self._role_by_label(cells, cents, adds_up=adds_up) is RowRole.TOTAL:
            return RowRole.TOTAL
        if headings_in(cells) == self._headings:
            return RowRole.HEADINGS
        if self._is_further_line(cells):
            return RowRole.FURTHER_LINE
        if known_headings(cells):
            return RowRole.OTHER_HEADINGS
        return RowRole.BESIDE if self._is_beside(cells) else self._role_by_text(_lone_text(cells))

    def is_note(self, cells: Sequence[Cell], *, apart: bool) -> bool:
        """Return whether a lone text below the last row of data is a note, and not a data row that lacks everything else.

        ``apart``: a total or an empty row separates it from the data.
        """
        ((position, text),) = _filled(cells)
        misplaced = position not in self._texts and len(str(text).split()) >= _NOTE_WORDS
        return apart or position not in self._bound or misplaced

    def _positions(self, test: Callable[[Column], bool]) -> list[int]:
        return [position for position, column in self._columns if test(column)]

    def _is_total(self, cells: Sequence[Cell], *, adds_up: bool) -> bool:
        """Return whether a row has only figures, currencies and a label, or only the sum of the rows above."""
        parts = {position: self._part(position, cell) for position, cell in _filled(cells)}
        if None in parts.values():
            return False
        if _Part.LABEL in parts.values():
            return True
        return _Part.DEBTOR not in parts.values() and (
            adds_up
            and self.amount is not None
            and parts.get(self.amount) is _Part.FIGURE
            and list(parts.values()).count(_Part.FIGURE) == 1
        )

    def _part(self, position: int, cell: Cell) -> _Part | None:
        if position != self._name:
            is_label = names_total(cell)
        elif (
            not (is_label := names_total_of(cell, self._groups) or self._names_total(cell)) and fold(str(cell)) in self._of_debtor
        ):
            return _Part.DEBTOR
        if is_label:
            return _Part.LABEL
        if may_be_number(cell) and position not in self._no_figures:
            return _Part.FIGURE
        return _Part.CURRENCY if is_currency_code(cell) else None

    def _is_beside(self, cells: Sequence[Cell]) -> bool:
        """Return whether all cells are to the right of a column without a heading that follows the last column of the table."""
        first = next((position for position, _ in _filled(cells)), 0)
        return any(gap <= first for gap in self._gaps)

    def _role_by_text(self, text: str | None) -> RowRole:
        if text is None:
            return RowRole.DATA
        if text in self._titles or is_page_mark(text):
            return RowRole.TITLE
        return RowRole.GROUP if is_age(text) else RowRole.LONE_TEXT


def _filled(cells: Sequence[Cell]) -> list[tuple[int, Cell]]:
    return [(position, cell) for position, cell in enumerate(cells) if not is_blank(cell)]


def _lone_text(cells: Iterable[Cell]) -> str | None:
    filled = [cell for cell in cells if not is_blank(cell)]
    return filled[0].strip() if len(filled) == 1 and isinstance(filled[0], str) and not may_be_number(filled[0]) else None
