"""The cells of a row whose number formats show something else than their numbers, each as its column needs it.

What earlier releases read in their place is kept beside the row: by it they are found again in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from enum import Enum, auto

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.kinds import RecordKind
from importer.domain.number_formats.meaning import identifier_text
from importer.domain.personal_numbers.texts import numbers_in
from importer.domain.special_cells import ReadBetter, ShownNumber, number_text
from importer.loader.records.column_readers import takes_no_dates
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.values.parsers import display_text, is_blank
from importer.loader.values.shown_amounts import may_be_unclear
from importer.loader.values.shown_currency import shows_currency

_Cells = tuple[Cell, ...]
_SHORTEST_NUMBER = 10**7  # digits of a personal number, without zeros in front


NUMBERS = frozenset((int, float, ShownNumber))
"""The types of numbers, with and without a format."""
_PLAIN = frozenset((int, float))
_REFERENCES = ("case_ref", "creditor_reference")
"""The columns of a case's reference: the first one with a cell is read."""
_AS_SHOWN = frozenset((ShownNumber, ReadBetter))


class _Use(Enum):
    """What a column needs of a number that is shown in another way."""

    TEXT = auto()
    IDENTIFIER = auto()
    NUMBER = auto()
    AMOUNT = auto()


class ShownCells:
    """Reads the cells of one sheet as they are shown."""

    def __init__(self, plan: SheetPlan) -> None:
        self._uses = _uses_of(plan)
        self._references = tuple(
            bound.position
            for name in _REFERENCES
            for bound in plan.case
            if bound.column.name == name and bound.position is not None
        )
        self._identifiers = {
            kind: tuple(bound for bound in bounds if bound.column.value_kind is ValueKind.IDENTIFIER)
            for kind, bounds in ((RecordKind.CASE, plan.case), (RecordKind.VOUCHER, plan.voucher))
        }
        self._without_dates = frozenset(
            place for bound in (*plan.case, *plan.voucher) if takes_no_dates(bound) for place in bound.places
        )

    def settle(self, cells: _Cells) -> tuple[_Cells, _Cells | None]:
        """Return the cells as they are shown, for their columns: identifiers and texts as texts, amounts with their currency.

        A number whose text cannot be determined stays as it is below an identifier, which is then rejected. The second value
        are the cells without formats, None if they are the same.
        """
        if _AS_SHOWN.isdisjoint(map(type, cells)):  # most rows
            return cells, None
        shown, held = list(cells), list(cells)
        is_plain = True
        for at, cell in enumerate(cells):
            if type(cell) is ShownNumber:
                held[at] = cell.held
                shown[at] = settled = self._settled(at, cell)
                is_plain = is_plain and type(settled) in _PLAIN
            elif type(cell) is ReadBetter:
                held[at], shown[at], is_plain = cell.held, cell.text, False
        return tuple(shown), None if is_plain else tuple(held)

    def formerly(self, cells: _Cells) -> _Cells:
        """Return the cells as earlier releases read them: numbers without their formats, and dates below identifiers as texts."""
        return tuple(
            display_text(cell) if at in self._without_dates and isinstance(cell, date | time | timedelta) else cell
            for at, cell in enumerate(held_cells(cells))
        )

    def former_texts(self, kind: RecordKind, cells: _Cells) -> dict[str, str]:
        """Return the texts that earlier releases read below the identifiers of a kind, where another one is shown, by column."""
        return {
            bound.column.name: _held_text(cell)
            for bound in self._identifiers[kind]
            if bound.position is not None and bound.position < len(cells)
            if self._is_shown_otherwise(bound.position, cell := cells[bound.position])
        }

    def former_reference(self, cells: _Cells) -> str | None:
        """Return the reference of a case as earlier releases read it; None if they read the same, or it has none."""
        at = next((at for at in self._references if at < len(cells) and not is_blank(cells[at])), None)
        is_other = at is not None and self._is_shown_otherwise(at, cells[at])
        return _held_text(cells[at]) if at is not None and is_other else None

    def _is_shown_otherwise(self, at: int, cell: Cell) -> bool:
        """Return whether earlier releases read another text below an identifier."""
        if type(cell) is ReadBetter:
            return bool(cell) and isinstance(cell.held, str)
        if type(cell) is str:
            return cell.lstrip()[:1] == "'"  # which is taken off now
        if type(cell) is not ShownNumber:
            return False
        settled = self._settled(at, cell)
        return type(settled) is str or (type(settled) is ShownNumber and identifier_text(settled.code, settled) is not None)

    def _settled(self, at: int, cell: ShownNumber) -> Cell:
        use = self._uses.get(at)
        if use is None:
            return _settled_elsewhere(cell)
        if use is _Use.AMOUNT:
            return cell if shows_currency(cell.code) or may_be_unclear(cell.code) else cell.held
        return cell.held if use is _Use.NUMBER else _settled_text(cell, is_identifier=use is _Use.IDENTIFIER)


def _settled_text(cell: ShownNumber, *, is_identifier: bool) -> Cell:
    text = identifier_text(cell.code, cell)
    if is_identifier and (text is None or text.endswith(".0")):
        return cell  # as a text it would look like a number that a program has written
    return text if text and text != number_text(cell) else cell.held


def _settled_elsewhere(cell: ShownNumber) -> Cell:
    """Return a cell of a column that is not used: its number, unless its text must be seen to mask a personal number in it."""
    text = identifier_text(cell.code, cell) if abs(cell) >= _SHORTEST_NUMBER else None
    return text if text and numbers_in(text) else cell.held


def _held_text(cell: Cell) -> str:
    if isinstance(cell, ShownNumber):
        return number_text(cell)
    return display_text(cell.held if isinstance(cell, ReadBetter) else cell)


def held_cells(cells: _Cells) -> _Cells:
    """Return the cells without the formats of their numbers."""
    return tuple(cell.held if isinstance(cell, ShownNumber | ReadBetter) else cell for cell in cells)


def _uses_of(plan: SheetPlan) -> Mapping[int, _Use]:
    found: dict[int, _Use] = {}
    for bound in (*plan.case, *plan.voucher):
        for place in bound.places:
            found[place] = max(found.get(place, _Use.TEXT), _use_of(bound), key=lambda use: use.value)
    return found


_TEXTS = frozenset((ValueKind.TEXT, ValueKind.FILE, ValueKind.CHOICE))


def _use_of(bound: ColumnBinding) -> _Use:
    kind = bound.column.value_kind
    if kind is ValueKind.IDENTIFIER:
        return _Use.IDENTIFIER
    if kind in _TEXTS:
        return _Use.TEXT
    return _Use.AMOUNT if kind is ValueKind.MONEY else _Use.NUMBER
