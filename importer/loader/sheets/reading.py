"""How the headings of a sheet are read without a profile: the columns that they fill, and what is against the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importer.domain.row_states import SETTLING, StateColumn
from importer.loader.profile import NO_PROFILE
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.heading_matches import HeadingMatches, SheetContext, SheetHeadings
from importer.loader.sheets.headings import read_headings
from importer.loader.sheets.shape import Shape
from importer.loader.sheets.state_columns import StateColumns, state_columns


@dataclass(frozen=True, slots=True)
class Objected:
    """A column that a heading may fill, and the reason against it."""

    name: str
    reason: str


@dataclass(frozen=True)
class HeadingReading:
    """What the headings of a sheet mean without a profile, by heading.

    ``columns`` are those that are filled for certain, ``superseded`` the headings that could fill a column which another one
    fills, ``objected`` those that `run` asks about, and ``states`` the columns that show whether a row is a claim.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    superseded: frozenset[str] = frozenset()
    objected: Mapping[str, Objected] = field(default_factory=dict)
    states: Mapping[str, StateColumn] = field(default_factory=dict)

    def settling(self) -> list[str]:
        """Return the headings of the amounts that are taken off an invoice."""
        return [heading for heading, column in self.states.items() if column in SETTLING]


NOT_READ = HeadingReading()


def read_alone(sheet: str, header: tuple[str, ...], around: SheetContext, shape: Shape) -> HeadingReading:
    """Return how a sheet of this shape is read without a profile, by the very rules of an import."""
    headings = SheetHeadings(sheet, header, {}, frozenset(), around)
    matches = read_headings(headings, shape, ())
    states = state_columns(headings, shape, headings.unmatched(matches), NO_PROFILE)
    amount = matches.position_of(AMOUNT)
    counted = states if amount is None else states.for_amount(header[amount])
    return HeadingReading(
        columns={heading: names[0] for heading, names in zip(header, matches.names, strict=True) if names},
        superseded=frozenset(matches.superseded_by),
        objected=_objected(matches),
        states=_by_heading(counted),
    )


def _objected(matches: HeadingMatches) -> dict[str, Objected]:
    doubts = {heading: Objected(doubt.name, doubt.reason) for doubt in matches.doubts for heading in doubt.headings}
    return {one.heading: Objected(name, one.reason) for name, one in matches.objections.items()} | doubts


def _by_heading(states: StateColumns) -> dict[str, StateColumn]:
    return {one.heading: one.column for one in states.bound}
