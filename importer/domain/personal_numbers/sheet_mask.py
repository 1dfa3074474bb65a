"""Masking the personal numbers in the rows of one sheet, by its headings, its columns and the debtor's country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from importer.domain.cells import Cell
from importer.domain.code_lists import find_country
from importer.domain.personal_numbers.column_numbers import number_in_column
from importer.domain.personal_numbers.found import FoundNumber, masked
from importer.domain.personal_numbers.headings import NumberHeading, NumberKind, number_heading
from importer.domain.personal_numbers.shapes import POSSIBLE
from importer.domain.personal_numbers.texts import MASK, is_masked, mask_text, numbers_in, plain, without_masks
from importer.domain.records import SheetHead
from importer.domain.special_cells import CellError, cell_text

SHORTEST = 9
"""Characters of the shortest personal number in a text."""
_SHORTEST_IN_COLUMN = 8
"""Characters of the shortest one below its own heading."""

REFERENCES = frozenset({"case_ref", "case_id", "creditor_reference", "unique_id", "reference_id", "parent_unique_id"})
"""Columns that identify a case or voucher. A personal number in one cannot be left out without changing what the row is."""
_NAMES = frozenset({"debtor_name", "debtor_contact_person", "debtor_address", "debtor_zip_code", "debtor_city", "debtor_state"})
"""Columns in which a masked number has no meaning, so that the rest of the text is read."""
_DROPPED = frozenset({"debtor_registration_number", "debtor_email", "debtor_phone"})
"""Columns that are left empty if they hold a masked number: what is left of the text is no number, address or phone."""
_DATES = frozenset({"date", "due_date", "voucher_date", "voucher_due_date"})
_FLAT = "voucher_"


class ColumnNumber(NamedTuple):
    """A personal number that was masked in a row: the position of its column, and its country."""

    position: int
    country: str


class MaskedRow(NamedTuple):
    """A row without personal numbers.

    ``cells`` are stored and shown. ``readable`` are the cells as they are read: a cell with only a masked number is
    empty there, and a name is without one. ``found`` are the numbers that were masked now, not those that came masked.
    """

    cells: tuple[Cell, ...]
    readable: tuple[Cell, ...]
    found: tuple[ColumnNumber, ...] = ()


@dataclass(frozen=True)
class SheetMask:
    """Finds the personal numbers in the rows of a sheet. The result depends only on the head and the row.

    ``unmasked`` are the positions of columns of which the profile says that they hold none.
    """

    head: SheetHead
    unmasked: frozenset[int] = frozenset()

    def row(self, cells: tuple[Cell, ...]) -> MaskedRow:
        """Return the row with its personal numbers masked."""
        suspects = [at for at, cell in enumerate(cells) if type(cell) is str and (_SUSPECT(cell) or not cell.isascii())]
        if not suspects and not self.of_numbers:  # most rows
            return MaskedRow(cells, cells)
        found = list(self._found(cells, suspects))
        if not found:
            return MaskedRow(cells, self._readable(cells) if suspects else cells)
        changed = list(cells)
        for position, text, numbers in found:
            changed[position] = masked(text, numbers)
        kept = tuple(changed)
        return MaskedRow(kept, self._readable(kept), tuple(ColumnNumber(at, numbers[0].country) for at, _, numbers in found))

    def _found(self, cells: tuple[Cell, ...], suspects: Sequence[int]) -> Iterable[tuple[int, str, list[FoundNumber]]]:
        """Yield the position, the plain text and the numbers of each cell that has some.

        ``suspects`` are the positions of the texts that may hold one whatever their heading is.
        """
        for position in self.of_numbers:
            if position < len(cells) and cells[position] is not None and (cell := self._in_column(position, cells)):
                yield cell
        for position in suspects:
            text = plain(str(cells[position])) if position not in self._passed else ""
            if (numbers := numbers_in(text)) and (numbers := self._kept(position, text, numbers, cells)):
                yield position, text, numbers

    def _in_column(self, position: int, cells: tuple[Cell, ...]) -> tuple[int, str, list[FoundNumber]] | None:
        value = cells[position]
        if isinstance(value, CellError | bool) or not isinstance(value, str | int | float | Decimal):
            return None
        text = plain(value) if isinstance(value, str) else cell_text(value)
        stripped = text.strip()
        if len(stripped) < _SHORTEST_IN_COLUMN:
            return None
        if whole := number_in_column(stripped, self.of_numbers[position], self._country(cells)):
            return position, stripped, [whole]
        numbers = numbers_in(text)
        return (position, text, numbers) if numbers else None

    def _kept(self, position: int, text: str, numbers: list[FoundNumber], cells: tuple[Cell, ...]) -> list[FoundNumber]:
        """Return the numbers without those that are document numbers made of a date, such as 240115-0001."""
        if position not in self._references:
            return numbers
        days = _days_of(cells[at] for at in self._days if at < len(cells))
        return [one for one in numbers if one.is_named or not _is_document_number(text, one, days)]

    def _readable(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if not any(type(cell) is str and MASK in cell for cell in cells):
            return cells
        return tuple(self._read(at, cell) if type(cell) is str and MASK in cell else cell for at, cell in enumerate(cells))

    def _read(self, position: int, cell: str) -> Cell:
        if position in self._dropped or is_masked(cell):
            return None
        return without_masks(cell) or None if position in self._names else cell

    def _country(self, cells: tuple[Cell, ...]) -> str | None:
        at = self._country_at
        text = cells[at] if at is not None and at < len(cells) else None
        return _country_in(text) if isinstance(text, str) and text else self._country_of_all

    @cached_property
    def of_numbers(self) -> Mapping[int, NumberHeading]:
        """The columns whose headings announce numbers. One that fills another column than that of numbers is none of them."""
        found = {}
        for at, heading in enumerate(self.head.header):
            names = (self.head.names[at] or "").split() if at < len(self.head.names) else []
            meant = number_heading(heading) or (_OF_REGISTRATION if _REGISTRATION in names else None)
            if meant is not None and at not in self.unmasked:
                found[at] = meant
        return found

    @cached_property
    def _passed(self) -> frozenset[int]:
        return self.unmasked | self.of_numbers.keys()

    @cached_property
    def references(self) -> Mapping[int, tuple[str, ...]]:
        """The columns that identify a case or voucher, each with its names."""
        return {at: tuple(one for one in names if _bare(one) in REFERENCES) for at, names in self._named() if names}

    @cached_property
    def _references(self) -> frozenset[int]:
        return frozenset(at for at, names in self.references.items() if names)

    @cached_property
    def _names(self) -> frozenset[int]:
        return frozenset(at for at, names in self._named() if _NAMES.intersection(names))

    @cached_property
    def _dropped(self) -> frozenset[int]:
        return frozenset(at for at, names in self._named() if _DROPPED.intersection(names))

    @cached_property
    def _days(self) -> tuple[int, ...]:
        return tuple(at for at, names in self._named() if _DATES.intersection(names))

    def _named(self) -> list[tuple[int, list[str]]]:
        return [(at, (names or "").split()) for at, names in enumerate(self.head.names)]

    @cached_property
    def _country_at(self) -> int | None:
        return next((at for at, names in self._named() if "debtor_country" in names), None)

    @cached_property
    def _country_of_all(self) -> str | None:
        text = dict(self.head.constants).get("debtor_country")
        return find_country(text) if text else None


def masked_cells(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return cells of which no heading is known with the personal numbers masked that are sure without one."""
    return tuple(mask_text(cell) if type(cell) is str and len(cell) >= SHORTEST else cell for cell in cells)


_country_in = lru_cache(maxsize=1024)(find_country)
_SUSPECT = re.compile(f"{POSSIBLE.pattern}|{re.escape(MASK)}").search
"""Looks for what every number has, and for the stars of a masked one."""
_REGISTRATION = "debtor_registration_number"
_OF_REGISTRATION = NumberHeading(frozenset({NumberKind.COMPANY}), frozenset())


def _bare(name: str) -> str:
    return name.removeprefix(_FLAT)


# Document numbers

_NEAR = timedelta(days=62)
_DAY = re.compile(r"[0-9]{1,4}")
_JOINED_BEFORE, _JOINED_BEHIND = re.compile(r"[0-9A-Za-z][-/._]\Z"), re.compile(r"[-/._][0-9A-Za-z]")


def _is_document_number(text: str, number: FoundNumber, days: Sequence[date]) -> bool:
    """Return whether a reference is a part of a longer one, or a day near the row's dates and a serial number from 00 on.

    Nobody who was born within two months of the invoice owes it.
    """
    if _JOINED_BEFORE.search(text[: number.start]) or _JOINED_BEHIND.match(text[number.end :]):
        return True
    digits = "".join(filter(str.isdigit, text[number.start : number.end]))
    first, serial = digits[-10:-4], digits[-4:]
    if not serial.startswith("00"):
        return False
    return any(abs(day - near) <= _NEAR for day in _possible_days(first) for near in days)


def _possible_days(six: str) -> Iterable[date]:
    one, two, three = (int(six[at : at + 2]) for at in (0, 2, 4))
    for year, month, day in ((one, two, three), (three, two, one)):
        try:
            yield date(2000 + year, month, day)
        except ValueError:
            continue


def _days_of(cells: Iterable[Cell]) -> list[date]:
    found: list[date] = []
    for cell in cells:
        if isinstance(cell, datetime):
            found.append(cell.date())
        elif isinstance(cell, date):
            found.append(cell)
        elif isinstance(cell, str):
            found += _days_in(cell)
    return found


def _days_in(text: str) -> Iterable[date]:
    parts = [int(part) for part in _DAY.findall(text)[:3]]
    if len(parts) < 3:  # noqa: PLR2004  (day, month and year)
        return
    first, second, third = parts
    for year, month, day in ((first, second, third), (third, second, first), (third, first, second)):
        try:
            yield date(year + 2000 if year < 100 else year, month, day)  # noqa: PLR2004  (two digits of a year)
        except ValueError:
            continue
