"""The headings of a sheet with their surroundings, and the columns that they were found to fill, with all doubts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from importer.domain.cells import Cell
from importer.domain.text_keys import header_key


@dataclass(frozen=True, slots=True)
class HeadingObjection:
    """A heading that could fill a column, and the reason against it. ``answer`` is a heading that is more likely meant."""

    heading: str
    reason: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class HeadingDoubt:
    """Headings that may fill the column ``name``, or a clash about it. A sheet with a doubt is refused with ``message``.

    ``reason`` says in a few words, for a question about these headings, what is against reading them so.
    """

    name: str
    headings: tuple[str, ...]
    reason: str
    message: str


@dataclass(frozen=True)
class SheetContext:
    """The surroundings of the headings: a sample of the data, the units below headings by position, the currency of titles.

    ``apart``: in an error sheet the headings that its original did not join or split; None in any other sheet.
    ``completed`` are the columns that master data fill where the sheet does not, each with its heading there.
    """

    sample: Sequence[tuple[Cell, ...]] = ()
    units: Mapping[int, str] = field(default_factory=dict)
    currency: str | None = None
    apart: frozenset[str] | None = None
    completed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetHeadings:
    """The headings of one sheet, the rules of a profile for them, and their surroundings.

    ``mapped`` maps folded headings to canonical names; ``ignored`` are folded headings.
    """

    sheet: str
    header: tuple[str, ...]
    mapped: Mapping[str, list[str]]
    ignored: frozenset[str]
    around: SheetContext

    def free(self, position: int) -> bool:
        """Return whether the profile has no rule for this heading, and it is not a report column (``#…``)."""
        heading = self.header[position]
        key = header_key(heading)
        return bool(key) and not heading.startswith("#") and key not in self.ignored and key not in self.mapped

    def mapped_to(self, position: int) -> list[str]:
        """Return the names that the profile maps this heading to; none if the profile also ignores it."""
        heading = self.header[position]
        key = header_key(heading)
        return [] if key in self.ignored or heading.startswith("#") else self.mapped.get(key, [])

    def unmatched(self, matches: HeadingMatches) -> list[int]:
        """Return the positions of the headings that fill no column. Report columns (``#…``) are left out."""
        pairs = enumerate(zip(self.header, matches.names, strict=True))
        return [at for at, (heading, found) in pairs if heading and not found and not heading.startswith("#")]

    def cells(self, position: int) -> list[Cell]:
        """Return the column's cells in the first rows of data."""
        return [row[position] for row in self.around.sample if position < len(row)]


@dataclass(frozen=True)
class HeadingMatches:
    """The matches found so far: for each heading, by position, the canonical names that it fills.

    ``constants`` are the columns to which the profile gives one value. ``matched_by_alias`` maps a heading to the name that
    was recognised as another system's. ``superseded_by`` maps a heading to (the column that it could fill, the heading that
    does fill it). ``objections`` are by canonical name. ``currency`` is the currency in the heading of the amount
    (``Beløb (DKK)``), ``currency_in_title`` the one in the unit below it or in a title. ``doubts`` refuse the sheet.
    """

    names: tuple[tuple[str, ...], ...] = ()
    constants: frozenset[str] = frozenset()
    matched_by_alias: Mapping[str, str] = field(default_factory=dict)
    superseded_by: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    objections: Mapping[str, HeadingObjection] = field(default_factory=dict)
    currency: str | None = None
    currency_in_title: str | None = None
    doubts: tuple[HeadingDoubt, ...] = ()

    def present(self) -> set[str]:
        """Return the canonical names that a heading fills."""
        return {name for found in self.names for name in found}

    def is_open(self, headings: SheetHeadings, position: int) -> bool:
        """Return whether this heading has no match yet and no rule in the profile."""
        return not self.names[position] and headings.free(position)

    def position_of(self, name: str) -> int | None:
        """Return the position of the first heading that fills the column, or None."""
        return next((position for position, found in enumerate(self.names) if name in found), None)

    def with_names(self, added: Mapping[int, Sequence[str]], by_alias: Mapping[str, str]) -> HeadingMatches:
        """Return these matches with the ``added`` ones, by position. ``by_alias`` are those by another system's name."""
        names = tuple(tuple(added.get(position, found)) for position, found in enumerate(self.names))
        return replace(self, names=names, matched_by_alias={**self.matched_by_alias, **by_alias})

    def with_alias(self, headings: SheetHeadings, position: int, name: str) -> HeadingMatches:
        """Return these matches with one more, by another system's name."""
        return self.with_names({position: (name,)}, {headings.header[position]: name})

    def with_objection(self, name: str, objection: HeadingObjection) -> HeadingMatches:
        """Return these matches with an objection against a match for the column ``name``."""
        return replace(self, objections={**self.objections, name: objection})

    def without_objection(self, name: str) -> HeadingMatches:
        """Return these matches without the objection for the column ``name``."""
        return replace(self, objections={other: objection for other, objection in self.objections.items() if other != name})

    def with_doubt(self, doubt: HeadingDoubt) -> HeadingMatches:
        """Return these matches with one more doubt."""
        return replace(self, doubts=(*self.doubts, doubt))
