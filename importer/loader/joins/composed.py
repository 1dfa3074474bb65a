"""Values that are made of several cells, or of a part of one: a street with its house number, a postal code beside its town."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from importer.domain.cells import Cell
from importer.domain.columns import Column
from importer.domain.personal_numbers.texts import MASK, mask_text, without_masks
from importer.domain.postal_towns import address_parted, parted
from importer.domain.special_cells import CellError, shows_error
from importer.loader.joins.rules import CODE, STREET, TOWN
from importer.loader.values.formats import Formats
from importer.loader.values.identifiers import read_identifier
from importer.loader.values.placeholders import is_placeholder, is_required
from importer.loader.values.text import ValueProblem, display_text, is_blank, read_text

TWO_NUMBERS, NO_POSTAL_TOWN, NO_WHOLE_ADDRESS = "two_house_numbers", "postal_town", "whole_address"
COMPOSED_CODES = frozenset((TWO_NUMBERS, NO_POSTAL_TOWN, NO_WHOLE_ADDRESS))
"""The codes of reasons against a value that earlier releases did not read at all, or only a part of it."""

_SHORTEST_NUMBER = 9  # characters of the shortest personal number
_ENDS_IN_NUMBER = re.compile(r"\d+ ?[A-Za-z]?\Z")
_NO_FORMATS = Formats()


@dataclass(frozen=True, slots=True)
class JoinedPart:
    """One of the cells of a join: its position, its heading, and the text in front of it. ``is_number``: a house number."""

    position: int
    heading: str
    before: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class JoinedCells:
    """A value that is joined from several cells of a row.

    ``is_proposed``: the headings alone say so and no profile, so that a street that ends in another house number contradicts.
    """

    parts: tuple[JoinedPart, ...]
    is_proposed: bool = False

    @property
    def heading(self) -> str:
        return self.parts[0].heading

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the cells, in the order in which they are joined."""
        return tuple(part.heading for part in self.parts)

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(part.position for part in self.parts)

    def display(self, cells: Sequence[Cell]) -> str | None:
        """Return the cells as they are shown in a reason; None if all are blank."""
        texts = [display_text(cell) for part in self.parts if not is_blank(cell := _cell(cells, part.position))]
        return mask_text(" ".join(texts)) if texts else None

    def value(self, cells: Sequence[Cell], column: Column, _: str | None) -> str | None:
        """Return the value, None if there is none. Raises ValueProblem for a cell that cannot be a part of it."""
        text = ""
        for part in self.parts:
            if written := _text_of(_cell(cells, part.position), part, column):
                text = self._with_part(text, part, written, is_address=column.name == STREET)
        if len(text) >= _SHORTEST_NUMBER and MASK in (masked := mask_text(text)):
            text = without_masks(masked)
        return text or None

    def _with_part(self, text: str, part: JoinedPart, written: str, *, is_address: bool) -> str:
        if not text:
            return written
        if is_address and _ends_with(text, written):  # the first column holds the whole street
            return text
        if part.is_number and self.is_proposed and _ENDS_IN_NUMBER.search(text):
            raise ValueProblem(
                TWO_NUMBERS,
                f'ends in a number, and "{part.heading}" holds another one. Write the house number once, or say in a profile '
                f'what it is: ignore = ["{part.heading}"], or [joins] {STREET} = ["{self.heading}", "{part.heading}"]',
            )
        return f"{text}{part.before or ' '}{written}"


@dataclass(frozen=True, slots=True)
class SplitCell:
    """A value that is a part of one cell: the postal code, the town or, if ``has_street``, the street of an address."""

    position: int
    heading: str
    takes: str
    has_street: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.heading,)

    @property
    def places(self) -> tuple[int, ...]:
        return (self.position,)

    def display(self, cells: Sequence[Cell]) -> str | None:
        """Return the whole cell as it is shown in a reason; None if it is blank."""
        cell = _cell(cells, self.position)
        return None if is_blank(cell) else mask_text(display_text(cell))

    def value(self, cells: Sequence[Cell], column: Column, country: str | None) -> str | None:
        """Return the value, None if there is none.

        ``country`` is the debtor's, in two letters. Raises ValueProblem, for the postal code only, if the cell cannot be split.
        """
        cell = _cell(cells, self.position)
        if is_blank(cell):
            return None
        text = _checked(cell, self.heading, _read_whole)
        if is_placeholder(text, column):
            return None
        found = parts_of(text, country, has_street=self.has_street)
        if found is None and self.takes == CODE:
            raise _unsplit(has_street=self.has_street)
        return found.get(self.takes) if found else None


@dataclass(frozen=True, slots=True)
class CompanyOrPerson:
    """The debtor's name, or its contact person, in a sheet with a column of companies beside the names of persons.

    A row with a company owes as that company, and the person is its contact; a row without one owes as the person. A cell of
    the company that only repeats the person's name is no company. ``otherwise`` is the contact person of a company for which
    the row names none.
    """

    company: JoinedCells
    person: JoinedCells
    is_contact: bool = False
    otherwise: str | None = None

    @property
    def heading(self) -> str:
        return self.company.heading

    @property
    def headings(self) -> tuple[str, ...]:
        return (*self.company.headings, *self.person.headings)

    @property
    def places(self) -> tuple[int, ...]:
        return (*self.company.places, *self.person.places)

    def display(self, cells: Sequence[Cell]) -> str | None:
        """Return the cells as they are shown in a reason; None if all are blank."""
        shown = self.person.display(cells)
        return shown if self.is_contact else self.company.display(cells) or shown

    def value(self, cells: Sequence[Cell], column: Column, country: str | None) -> str | None:
        """Return the value, None if there is none. Raises ValueProblem for a cell that cannot be a part of it."""
        company, person = self.company.value(cells, column, country), self.person.value(cells, column, country)
        is_company = company is not None and (person is None or _words(company) != _words(person))
        if self.is_contact:
            return (person or self.otherwise) if is_company else None
        return company if is_company else person


def _words(text: str) -> list[str]:
    return sorted(text.casefold().replace(",", " ").split())


Composed = JoinedCells | SplitCell | CompanyOrPerson


def parts_of(text: str, country: str | None, *, has_street: bool) -> dict[str, str | None] | None:
    """Return what a text is split into, by column; None if it does not show it for sure."""
    if has_street:
        address = address_parted(text, country)
        return {STREET: address.street, CODE: address.place.code, TOWN: address.place.town} if address else None
    place = parted(text, country)
    return {CODE: place.code, TOWN: place.town} if place else None


def _unsplit(*, has_street: bool) -> ValueProblem:
    if has_street:
        message = "does not show where the street ends and the postal code begins. Write it like Havnegade 4, 5000 Odense C"
        return ValueProblem(NO_WHOLE_ADDRESS, message)
    message = "does not show what is the postal code and what the town in this country. Write it like 5000 Odense C"
    return ValueProblem(NO_POSTAL_TOWN, message)


def _cell(cells: Sequence[Cell], position: int) -> Cell:
    return cells[position] if position < len(cells) else None


def _text_of(cell: Cell, part: JoinedPart, column: Column) -> str:
    """Return the text of one cell of a join, empty if it has no value."""
    if is_blank(cell):
        return ""
    text = _checked(cell, part.heading, _read_number if part.is_number else read_text)
    if not is_placeholder(text, column):
        return text
    if is_required(column) and any(map(str.isalpha, text)):
        raise ValueProblem("placeholder", f'has "{text}" in "{part.heading}", which stands for a missing value. Write the value')
    return ""


def _checked(cell: Cell, heading: str, read: Callable[[Cell], str]) -> str:
    """Return the text of a cell. Raises ValueProblem with its heading, also for a date: a spreadsheet made it of a number."""
    if isinstance(cell, date | time | timedelta):
        raise ValueProblem("made_a_date", f'has a date or time in "{heading}", as spreadsheets make of 4-12. Write it as text')
    if type(cell) is str and cell.strip()[0] in "#E" and shows_error(cell.strip()):
        cell = CellError(cell.strip())
    try:
        return read(cell)
    except ValueProblem as problem:
        raise ValueProblem(problem.code, f'has a cell in "{heading}" that {problem}') from None


def _read_number(cell: Cell) -> str:
    return str(read_identifier(cell, _NO_FORMATS))


def _read_whole(cell: Cell) -> str:
    return read_text(cell)


def _ends_with(text: str, part: str) -> bool:
    """Return whether a text ends with this part already, as a whole word."""
    one, two = text.casefold(), part.casefold()
    return one == two or (one.endswith(two) and not one[-len(two) - 1].isalnum())
