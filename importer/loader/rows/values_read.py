"""The distinct values of the columns that are looked up in a list, with what each was taken for, to be confirmed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherTypes, find_country, find_debtor_type, is_by_name
from importer.domain.notes import Note, NoteKind
from importer.domain.row_states import IN_WORDS, WITH_WORDS, StateColumn, find, truth_of
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.values.parsers import display_text, is_blank

MOST_VALUES = 60
"""Distinct values of one column that are listed. A column with more holds something else, or is wrong."""

_FLAGS = (StateColumn.IS_PAID, StateColumn.IS_OPEN, StateColumn.IS_CREDIT, StateColumn.IS_CANCELLED)
_HOLDS = (StateColumn.ON_HOLD, StateColumn.IN_COLLECTION)
_LOOKED_UP = ("debtor_type", "debtor_country", "creditor_country", "currency", "voucher_type")

Taken = Callable[[str], str]


class ValuesRead:
    """Counts the values of a sheet's columns while its rows are read."""

    def __init__(self, plan: SheetPlan, types: VoucherTypes) -> None:
        self._sheet = plan.head.name
        self._columns: list[tuple[int, str, str, Taken, Counter[str]]] = []
        for one in plan.states.bound:
            if (taken := _taken_of_state(one, plan.states.system)) is not None:
                self._columns.append((one.position, one.heading, one.column.value, taken, Counter()))
        for bound in (*plan.case, *plan.voucher):
            if bound.position is not None and bound.column.name in _LOOKED_UP:
                taken = _taken_of_column(bound, types)
                self._columns.append((bound.position, bound.heading, bound.column.name, taken, Counter()))

    def add(self, cells: Sequence[Cell]) -> None:
        """Count the values of one row."""
        width = len(cells)
        for position, _, _, _, counts in self._columns:
            cell = cells[position] if position < width else None
            text = "" if is_blank(cell) else display_text(cell).strip()
            if text in counts or len(counts) <= MOST_VALUES:
                counts[text] += 1

    def notes(self) -> Iterator[Note]:
        """Yield a note for each column that has values: of each the text, what it was taken for, and the number of rows."""
        for _, heading, name, taken, counts in self._columns:
            if not any(counts):
                continue
            values = [("heading", heading), ("column", name)]
            for text, count in counts.most_common(MOST_VALUES):
                values += [("value", text), ("taken", taken(text)), ("count", str(count))]
            yield Note(NoteKind.VALUES_READ, self._sheet, values=tuple(values))


def _taken_of_state(one: StateBinding, system: str | None) -> Taken | None:
    """Return the function from a value to what it is taken for, empty if nobody knows; None for columns of other values."""

    def of_word(text: str) -> str:
        if text in one.meanings:
            return IN_WORDS[one.meanings[text]]
        word = find(one.column, text, system) if text else None
        return IN_WORDS[word.meaning] if word else ""

    def of_flag(text: str) -> str:
        truth = truth_of(text)
        is_held = one.column in _HOLDS or one.column is StateColumn.IS_CANCELLED
        return "yes" if truth or (truth is None and is_held) else "" if truth is None else "no"

    if one.column in WITH_WORDS:
        return of_word
    return of_flag if one.column in (*_FLAGS, *_HOLDS) else None


def _taken_of_column(bound: ColumnBinding, types: VoucherTypes) -> Taken:
    def taken(text: str) -> str:
        text = bound.values.get(text, text)
        if bound.column.name == "debtor_type":
            found = find_debtor_type(text)
            return "by name" if is_by_name(text) else found.value if found else ""
        if bound.column.name == "currency":
            return text.upper()
        if bound.column.name == "voucher_type":
            kind = types.find(text)
            return kind.name if kind else ""
        return find_country(text) or ""

    return taken
