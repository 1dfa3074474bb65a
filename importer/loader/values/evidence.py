"""Evidence from the cells of one column for its decimal mark or date order. Memory is bounded for any number of rows.

A text is evidence if it can be read in some ways but not in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
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
_REMEMBERED = 4096  # texts that are not examined again, because dates repeat
LAST_SURE_DAY = 12  # a later day cannot be a month, so no program can have swapped it


class Certainty(Enum):
    """The conclusion from a column's texts."""

    DECIDED = auto()
    UNDECIDED = auto()
    """Nothing is proven. Only unambiguous texts can be read."""
    CONTRADICTORY = auto()
    """Every way is disproved by some text, so that no text of the column can be trusted."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text and the row, as Excel numbers it, where it was first seen.

    ``earlier``: it was seen in the original file of this error sheet.
    """

    row: int
    text: str
    earlier: bool = False

    @property
    def place(self) -> str:
        """The row's number in a message: ``3``, or ``3 of the original file``."""
        return f"{self.row} of the original file" if self.earlier else str(self.row)


@dataclass(frozen=True, slots=True)
class FormatDecision(Generic[Way]):
    """The decision how a column is written. ``proof`` are the texts that rule out the other ways, in order of rows.

    ``question`` is the first text that could be read in two ways. Without one, the decision has no effect.
    """

    certainty: Certainty
    way: Way | None = None
    proof: tuple[Sighting, ...] = ()
    question: Sighting | None = None


class _Evidence(Generic[Way]):
    """The first text against each way, and the first ambiguous text."""

    def __init__(self, ways: Collection[Way]) -> None:
        self._ways = ways
        self._possible: set[Way] = set()
        self._against: dict[Way, Sighting] = {}
        self._question: Sighting | None = None

    def weigh(self, sighting: Sighting, ways: Collection[Way], *, ambiguous: bool) -> None:
        """Add a text that can be read in these ways. ``ambiguous``: the ways give different values."""
        if ways:
            self._possible.update(ways)
            for way in self._ways:
                if way not in ways:
                    self._against.setdefault(way, sighting)
            if ambiguous and self._question is None:
                self._question = sighting

    def decision(self) -> FormatDecision[Way]:
        """Return the decision by all texts so far."""
        left = self._possible - self._against.keys()
        # Texts against a way that no text could be read in are proof only if there is no other proof.
        proof = {self._against[way] for way in self._possible - left} or set(self._against.values())
        in_order = tuple(sorted(proof, key=lambda sighting: (not sighting.earlier, sighting.row, sighting.text)))
        if len(left) == 1:
            return FormatDecision(Certainty.DECIDED, next(iter(left)), in_order, self._question)
        if self._possible and not left:
            return FormatDecision(Certainty.CONTRADICTORY, None, in_order, self._question)
        return FormatDecision(Certainty.UNDECIDED, question=self._question)


class MarkEvidence(_Evidence[DecimalMark]):
    """Evidence for the decimal mark of a column of amounts or rates."""

    def __init__(self) -> None:
        super().__init__(_MARKS)
        self._proven: set[str] = set()

    def see(self, row: int, text: str) -> None:
        """Add a text and the number of its row."""
        everyday = _EVERYDAY.fullmatch(text)
        if everyday and everyday[everyday.lastindex or 0] in self._proven:
            return
        self._look(Sighting(row, text))

    def recall(self, row: int, text: str) -> None:
        """Add a text from the original file of this error sheet."""
        self._look(Sighting(row, text, earlier=True))

    def _look(self, sighting: Sighting) -> None:
        text = sighting.text
        found = written(text.removesuffix("%"))
        if found is None or not found.marked or (found.unit and not currencies_of(text)):
            return
        marks = found.marks()
        self.weigh(sighting, marks, ambiguous=found.ambiguous)
        if len(marks) == 1:
            self._proven.add(marks[0])


class OrderEvidence(_Evidence[DateOrder]):
    """Evidence for the order of day, month and year of a column of dates, and for swapped date cells.

    A spreadsheet program that opens 31/01/2026 and 03/04/2026 with the wrong language converts only the second to a date,
    with day and month swapped, and leaves the first as a text.
    """

    def __init__(self, last_year: int) -> None:
        super().__init__(tuple(DateOrder))
        self._last_year = last_year
        self._known: set[str] = set()
        self._one_sided = True
        self._first_text: Sighting | None = None
        self._date_cells = self._late_days = False
        self._written: set[str] = set()

    def see(self, row: int, text: str) -> None:
        """Add a text and the number of its row."""
        if text in self._known:
            return
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known.add(text)
        days = days_in_figures(text, self._last_year)
        if not days:
            return
        sighting = Sighting(row, text)
        self.weigh(sighting, days.keys(), ambiguous=len(set(days.values())) > 1)
        self._written.add(_way_of_writing(text))
        self._first_text = self._first_text or sighting
        if DateOrder.DAY_FIRST in days and DateOrder.MONTH_FIRST in days:
            self._one_sided = False

    def recall(self, row: int, text: str) -> None:
        """Add a text from the original file of this error sheet. It is not evidence about the date cells of this file."""
        if days := days_in_figures(text, self._last_year):
            self.weigh(Sighting(row, text, earlier=True), days.keys(), ambiguous=False)

    def see_day(self, day: date) -> None:
        """Add a date cell."""
        if day.year > FIRST_YEAR:  # earlier ones may be a time of day, or 29 February 1900
            self._date_cells = True
            self._late_days = self._late_days or day.day > LAST_SURE_DAY

    @property
    def way_of_writing(self) -> str | None:
        """The separators and the digits of the year, if all texts of the column have the same ones; else None."""
        return next(iter(self._written)) if len(self._written) == 1 else None

    @property
    def is_complete_for_days(self) -> bool:
        """Return whether further date cells cannot change the result."""
        return self._date_cells and self._late_days

    def swapped_beside(self) -> Sighting | None:
        """Return a text if the date cells may be swapped: all texts have a day above 12, and no date cell has. Else None."""
        agreed = self._one_sided and self.decision().certainty is Certainty.DECIDED
        return self._first_text if agreed and self._date_cells and not self._late_days else None


def _way_of_writing(text: str) -> str:
    """Return a date in figures with 9 for one or two digits and 9999 for more, so that 1.2.2026 and 01.02.2026 are alike."""
    return re.sub(r"[0-9]+", lambda figures: "9" if len(figures[0]) <= 2 else "9" * len(figures[0]), text)  # noqa: PLR2004
