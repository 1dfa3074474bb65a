"""The joins and splits that a sheet's headings suggest, as offers to a user, and what the accepted ones add to a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.domain.cells import Cell
from importer.domain.code_lists import find_country
from importer.loader.joins.composed import Composed, JoinedCells, SplitCell
from importer.loader.joins.rules import JoinItem, company_or_person, listed
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.compositions import Composition, JoinCertainty
from importer.loader.sheets.headings import SheetHeadings
from importer.loader.sheets.joined_columns import ColumnsFilled, composed_by_headings
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape
from importer.loader.values.parsers import ValueProblem, display_text, is_blank

JOIN = "join"
"""The answer that accepts an offer."""
MOST_SAMPLES = 3
_PARTIES = frozenset(("debtor_name", "creditor_company_name"))


@dataclass(frozen=True, slots=True)
class JoinOffer:
    """A join or split that is offered. ``samples`` are the values that it makes: they are personal data, never logged."""

    composition: Composition
    samples: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"join:{' '.join(self.composition.fills)}:{self.composition.headings[0]}"

    @property
    def is_sure(self) -> bool:
        """Whether the sheet is read so without a profile."""
        return self.composition.certainty is JoinCertainty.SURE

    @property
    def is_default(self) -> bool:
        """Whether it may be offered as the default answer: it is sure, and does not say who a party is."""
        return self.is_sure and _PARTIES.isdisjoint(self.composition.fills)

    def text(self) -> str:
        """Return what the offer does, as a sentence without a full stop."""
        columns = " and ".join(self.composition.fills)
        if self.composition.has_company:
            company, *person = self.composition.headings
            return company_or_person(company, person)
        headings = " and ".join(f'"{heading}"' for heading in self.composition.headings)
        return f"{headings} is split into {columns}" if self.composition.is_split else f"{columns} is joined from {headings}"


def offers_of(sheet: SheetTrials, shape: Shape, columns: Mapping[str, str], constants: Iterable[str]) -> list[JoinOffer]:
    """Return what can be joined or split in a sheet, given the ``columns`` that its headings certainly fill."""
    if shape is Shape.VOUCHERS:
        return []
    sample = sheet.sample
    names = tuple((columns[heading],) if heading in columns else () for heading in sample.header)
    filled = ColumnsFilled(names, constants=frozenset(constants))
    headings = SheetHeadings(sample.name, sample.header, {}, frozenset(), sample.around)
    country = sheet.defaults.get("debtor_country")
    found = composed_by_headings(headings, filled)
    return [JoinOffer(one, _samples(one, shape, sample.around.sample, filled, country)) for one in found]


def joined_headings(offers: Iterable[JoinOffer]) -> set[str]:
    """Return the headings of which the offers make a value."""
    return {heading for offer in offers for heading in offer.composition.headings}


def joined_columns(offers: Iterable[JoinOffer]) -> set[str]:
    """Return the columns that the offers fill."""
    return {name for offer in offers for name in offer.composition.fills}


def profile_keys(offers: Iterable[JoinOffer], *, also_contact: str = "") -> dict[str, Any]:
    """Return the keys ``joins`` and ``splits`` of a profile; without any offer none.

    ``also_contact``: a column that gets the joined name of the debtor as well.
    """
    joins: dict[str, list[str]] = {}
    splits: dict[str, str] = {}
    for offer in offers:
        for name, made in offer.composition.fills.items():
            if isinstance(made, JoinedCells):
                joins[name] = listed(name, [JoinItem(part.heading, part.before) for part in made.parts])
            elif isinstance(made, SplitCell):  # a company or a person is read so by the headings, and needs no line
                splits[made.heading] = " ".join(offer.composition.fills)
    if also_contact and "debtor_name" in joins:
        joins[also_contact] = joins["debtor_name"]
    return {name: table for name, table in (("joins", joins), ("splits", splits)) if table}


def _samples(
    one: Composition, shape: Shape, rows: Sequence[Sequence[Cell]], filled: ColumnsFilled, default: str | None
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for row in rows:
        country = _country(row, filled) or (find_country(default) if default else None)
        values = (_value(made, name, shape, row, country) for name, made in one.fills.items())
        if text := " + ".join(filter(None, values)):
            found.setdefault(text)
        if len(found) == MOST_SAMPLES:
            break
    return tuple(found)


def _country(row: Sequence[Cell], filled: ColumnsFilled) -> str | None:
    at = filled.position_of("debtor_country")
    cell = row[at] if at is not None and at < len(row) else None
    return None if is_blank(cell) else find_country(display_text(cell))


def _value(made: Composed, name: str, shape: Shape, row: Sequence[Cell], country: str | None) -> str | None:
    try:
        return made.value(row, column_in(shape, name), country)
    except ValueProblem:
        return None
