"""The distinct values of the columns that are looked up in a list, with what each was taken for, to be confirmed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherTypes, case_currencies, find_country, find_debtor_type, is_by_name
from importer.domain.confirmed_values import ConfirmedValue
from importer.domain.notes import Note, NoteKind
from importer.domain.row_states import IN_WORDS, WITH_WORDS, StateColumn, find, says_booked, truth_of
from importer.loader.sheets.cell_tests import is_day_in_figures
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.sheets.state_columns import DATED_FLAGS, StateBinding
from importer.loader.values.parsers import display_text, is_blank

MOST_VALUES = 60
"""Distinct values of one column that are listed. A column with more holds something else, or is wrong."""

_FLAGS = (
    *(StateColumn.IS_PAID, StateColumn.IS_WRITTEN_OFF, StateColumn.IS_OPEN, StateColumn.IS_BOOKED),
    *(StateColumn.IS_CREDIT, StateColumn.IS_CANCELLED),
)
_HOLDS = (StateColumn.ON_HOLD, StateColumn.IN_COLLECTION)
_LOOKED_UP = ("debtor_type", "debtor_country", "creditor_country", "currency", "voucher_type")


class Taken(NamedTuple):
    """What a value was taken for, empty if nobody knows. ``is_sure``: it is certain, or a person has confirmed it."""

    meaning: str
    is_sure: bool = True


Reading = Callable[[str], Taken]


@dataclass(frozen=True)
class _Counted:
    """A column whose values are counted, and the function from a value to what it is taken for."""

    position: int
    heading: str
    name: str
    taken: Reading
    counts: dict[Cell, int] = field(default_factory=dict)

    def texts(self) -> Counter[str]:
        """Return the counted cells as displayed, with their rows."""
        found: Counter[str] = Counter()
        for cell, rows in self.counts.items():
            found["" if is_blank(cell) else display_text(cell).strip()] += rows
        return found


class ValuesRead:
    """Counts the values of a sheet's columns while its rows are read. ``confirmed`` are the confirmed values by heading."""

    def __init__(self, plan: SheetPlan, types: VoucherTypes, confirmed: Mapping[str, Collection[ConfirmedValue]]) -> None:
        self._sheet = plan.head.name
        states = (
            _Counted(one.position, one.heading, one.column.value, _reading_of_state(one, plan.states.system, confirmed))
            for one in plan.states.of(*WITH_WORDS, *_FLAGS, *_HOLDS)
        )
        columns = (
            _Counted(bound.position, bound.heading, bound.column.name, _reading_of_column(bound, types))
            for bound in (*plan.case, *plan.voucher)
            if bound.position is not None and bound.column.name in _LOOKED_UP
        )
        self._columns = (*states, *columns)
        self._counts = tuple((one.position, one.counts) for one in self._columns)

    def add(self, cells: Sequence[Cell]) -> None:
        """Count the values of one row, which has a cell for each heading."""
        for position, counts in self._counts:
            cell = cells[position]
            if cell in counts:
                counts[cell] += 1
            elif len(counts) <= MOST_VALUES:
                counts[cell] = 1

    def notes(self) -> Iterator[Note]:
        """Yield a note for each column with values: of each its text, what it was taken for, whether surely, and its rows."""
        for one in self._columns:
            counts = one.texts()
            if not any(counts):
                continue
            values = [("heading", one.heading), ("column", one.name)]
            for text, count in counts.most_common(MOST_VALUES):
                taken = one.taken(text)
                sure = "yes" if taken.is_sure else "no"
                values += [("value", text), ("taken", taken.meaning), ("sure", sure), ("count", str(count))]
            yield Note(NoteKind.VALUES_READ, self._sheet, values=tuple(values))


def _reading_of_state(one: StateBinding, system: str | None, confirmed: Mapping[str, Collection[ConfirmedValue]]) -> Reading:
    """Return the function from a value of a state to what it is taken for."""
    is_held = one.column in _HOLDS or one.column is StateColumn.IS_CANCELLED
    words = {True: "yes", False: "no", None: "yes" if is_held else ""}

    def of_flag(text: str) -> Taken:
        is_asked = one.is_suspected and truth_of(text) is not False
        return Taken("" if is_asked else words[_truth_shown(one.column, text, system)])

    return _reading_of_word(one, system, confirmed) if one.column in WITH_WORDS else of_flag


def _truth_shown(column: StateColumn, text: str, system: str | None) -> bool | None:
    """Return whether a value below a heading of yes and no means yes: a day does, and so does "Sent" of what was sent."""
    truth = says_booked(text, system) if column is StateColumn.IS_BOOKED and text else truth_of(text)
    if truth is None and column in DATED_FLAGS and is_day_in_figures(text):
        return True
    return truth


def _reading_of_word(one: StateBinding, system: str | None, confirmed: Mapping[str, Collection[ConfirmedValue]]) -> Reading:
    """Return the function from a value that is looked up in the vocabulary to what it is taken for."""

    def of_word(text: str) -> Taken:
        if text in one.meanings:
            return Taken(IN_WORDS[one.meanings[text]])
        word = find(one.column, text, system) if text else None
        if word is None:
            return Taken("")
        meaning, is_certain = IN_WORDS[word.meaning], word.is_certain and not one.is_suspected
        return Taken(meaning, is_certain or (text, meaning) in confirmed.get(one.heading, ()))

    return of_word


def _reading_of_column(bound: ColumnBinding, types: VoucherTypes) -> Reading:
    """Return the function from a value of a column with a list of values to what it is taken for."""

    def debtor_type(text: str) -> str:
        found = find_debtor_type(text)
        return "by name" if is_by_name(text) else found.value if found else ""

    def voucher_type(text: str) -> str:
        kind = types.find(text)
        return kind.name if kind else ""

    def currency(text: str) -> str:
        return text.upper() if text.upper() in case_currencies() else ""

    def country(text: str) -> str:
        return find_country(text) or ""

    readings: dict[str, Callable[[str], str]] = {
        "debtor_type": debtor_type,
        "voucher_type": voucher_type,
        "currency": currency,
    }
    reading = readings.get(bound.column.name, country)
    return lambda text: Taken(reading(bound.values.get(text, text)))
