"""What the cells of one column prove about how it writes numbers and dates. Bounded, however many rows there are.

A text proves something if it cannot be read in every way. Texts that cannot be read at all prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Generic, TypeVar

from importer.loader.values.amounts import currencies_of, written
from importer.loader.values.dates import FIRST_YEAR, days_in_figures
from importer.loader.values.formats import DateOrder, DecimalMark

Way = TypeVar("Way", bound=str)

_MARKS: tuple[DecimalMark, ...] = (".", ",")
_EVERYDAY = re.compile(
    r"-?(?:(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(\.)[0-9]{1,2}|(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(,)[0-9]{1,2})"
)
_REMEMBERED = 4096  # texts that need not be looked at again: dates repeat
LAST_SURE_DAY = 12  # a later day cannot be a month, so no program has taken it for one


class Certainty(Enum):
    """What a column's texts come to."""

    DECIDED = auto()
    UNDECIDED = auto()
    """Nothing is proven. Texts that need no decision can be read, the others cannot."""
    CONTRADICTORY = auto()
    """Every way is disproven by some text: none of the column's texts can be trusted."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text and the row, as Excel numbers it, where it was first seen.

    ``earlier``: not in this file, but in the one whose error sheet this is.
    """

    row: int
    text: str
    earlier: bool = False

    @property
    def place(self) -> str:
        return f"{self.row} of the file before" if self.earlier else str(self.row)


@dataclass(frozen=True, slots=True)
class Decision(Generic[Way]):
    """How a column is written. ``proof`` are the texts that leave no other way, or none at all, in order of rows.

    ``question`` is the first text that could be read in two ways: without one, the decision changes nothing.
    """

    certainty: Certainty
    way: Way | None = None
    proof: tuple[Sighting, ...] = ()
    question: Sighting | None = None


class _Evidence(Generic[Way]):
    """The first text against each way, and the first that leaves a question."""

    def __init__(self, ways: Collection[Way]) -> None:
        self._ways = ways
        self._possible: set[Way] = set()
        self._against: dict[Way, Sighting] = {}
        self._question: Sighting | None = None

    def weigh(self, sighting: Sighting, ways: Collection[Way], *, asks: bool) -> None:
        """Count in a text that can be read in these ways. ``asks``: they give different values."""
        if ways:
            self._possible.update(ways)
            for way in self._ways:
                if way not in ways:
                    self._against.setdefault(way, sighting)
            if asks and self._question is None:
                self._question = sighting

    def decision(self) -> Decision[Way]:
        left = self._possible - self._against.keys()
        # A way that no text could be read in was never in question: proof against it counts only where there is no other.
        proof = {self._against[way] for way in self._possible - left} or set(self._against.values())
        in_order = tuple(sorted(proof, key=lambda sighting: (not sighting.earlier, sighting.row, sighting.text)))
        if len(left) == 1:
            return Decision(Certainty.DECIDED, next(iter(left)), in_order, self._question)
        if self._possible and not left:
            return Decision(Certainty.CONTRADICTORY, None, in_order, self._question)
        return Decision(Certainty.UNDECIDED, question=self._question)


class MarkEvidence(_Evidence[DecimalMark]):
    """The decimal mark of a column of amounts or rates."""

    def __init__(self) -> None:
        super().__init__(_MARKS)
        self._proven: set[str] = set()

    def see(self, row: int, text: str) -> None:
        everyday = _EVERYDAY.fullmatch(text)
        if everyday and everyday[everyday.lastindex or 0] in self._proven:
            return
        self._look(Sighting(row, text))

    def recall(self, row: int, text: str) -> None:
        """Count in what the file before this error sheet had there."""
        self._look(Sighting(row, text, earlier=True))

    def _look(self, sighting: Sighting) -> None:
        text = sighting.text
        found = written(text.removesuffix("%"))
        if found is None or not found.marked or (found.unit and not currencies_of(text)):
            return
        marks = found.marks()
        self.weigh(sighting, marks, asks=found.ambiguous)
        if len(marks) == 1:
            self._proven.add(marks[0])


class OrderEvidence(_Evidence[DateOrder]):
    """The order of day, month and year of a column of dates, and whether its date cells can be trusted.

    A spreadsheet that opens 31/01/2026 and 03/04/2026 under the wrong language makes a date of the second alone, with day
    and month swapped, and leaves the first a text.
    """

    def __init__(self, last_year: int) -> None:
        super().__init__(tuple(DateOrder))
        self._last_year = last_year
        self._known: set[str] = set()
        self._one_sided = True
        self._first_text: Sighting | None = None
        self._date_cells = self._late_days = False

    def see(self, row: int, text: str) -> None:
        if text in self._known:
            return
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known.add(text)
        days = days_in_figures(text, self._last_year)
        if not days:
            return
        sighting = Sighting(row, text)
        self.weigh(sighting, days.keys(), asks=len(set(days.values())) > 1)
        self._first_text = self._first_text or sighting
        if DateOrder.DAY_FIRST in days and DateOrder.MONTH_FIRST in days:
            self._one_sided = False

    def recall(self, row: int, text: str) -> None:
        """Count in what the file before this error sheet had there; it says nothing of the date cells beside it now."""
        if days := days_in_figures(text, self._last_year):
            self.weigh(Sighting(row, text, earlier=True), days.keys(), asks=False)

    def see_day(self, day: date) -> None:
        """Count in a date cell."""
        if day.year > FIRST_YEAR:  # before, it may stand for a time of day, or for the day that never was
            self._date_cells = True
            self._late_days = self._late_days or day.day > LAST_SURE_DAY

    @property
    def knows_of_days(self) -> bool:
        """Whether further date cells can tell nothing new."""
        return self._date_cells and self._late_days

    def swapped_beside(self) -> Sighting | None:
        """A text beside which the date cells are suspect: every text has a day that is no month, and no date cell has."""
        agreed = self._one_sided and self.decision().certainty is Certainty.DECIDED
        return self._first_text if agreed and self._date_cells and not self._late_days else None


def decide_mark(texts: Iterable[tuple[int, str]]) -> Decision[DecimalMark]:
    """The decimal mark of a column with these texts (row number, text)."""
    evidence = MarkEvidence()
    for row, text in texts:
        evidence.see(row, text)
    return evidence.decision()


def decide_order(texts: Iterable[tuple[int, str]], last_year: int) -> Decision[DateOrder]:
    """The order of a column of dates with these texts (row number, text)."""
    evidence = OrderEvidence(last_year)
    for row, text in texts:
        evidence.see(row, text)
    return evidence.decision()
