"""Headings to canonical names: what each heading of one sheet means, and what speaks against the doubtful ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from importer.domain.aliases import counter_heading, systems
from importer.domain.cells import Cell
from importer.domain.columns import Requirement, column, index_of, own_index, weak_index
from importer.domain.kinds import Kind
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.sheets.cell_tests import objection_to
from importer.loader.sheets.shape import Shape, code_in, index_in, name_in, property_handle, unit_of

_AMOUNTS = {Shape.CASES: "amount_to_recover", Shape.FLAT: "amount_to_recover", Shape.VOUCHERS: "voucher_amount"}
_PLAIN_AMOUNTS = frozenset(("amount", "beloeb", "belob", "belopp", "beloep", "belop", "betrag"))  # with or without tax?
_AGAINST = {
    "paid": "says that part of it may be paid",
    "tax": "leaves open whether it includes the tax",
    "sign": "says on which side it stands",
    "open": "may be what is still open",
}


@dataclass(frozen=True, slots=True)
class HeadingObjection:
    """A heading that could fill a column, and what speaks against it. ``answer`` is a heading that is more likely meant."""

    heading: str
    reason: str
    answer: str | None = None


@dataclass(frozen=True)
class SheetContext:
    """What stands around the headings: the first rows of data, units below headings (by position), the titles' currency."""

    sample: Sequence[tuple[Cell, ...]] = ()
    units: Mapping[int, str] = field(default_factory=dict)
    currency: str | None = None


@dataclass(frozen=True)
class SheetHeadings:
    """The headings of one sheet with what stands around them and what a profile says of them."""

    sheet: str
    header: tuple[str, ...]
    mapped: Mapping[str, list[str]]
    ignored: frozenset[str]
    around: SheetContext

    def free(self, position: int) -> bool:
        """Whether the profile says nothing of the heading there, and it is no column of the reports."""
        heading = self.header[position]
        key = header_key(heading)
        return bool(key) and not heading.startswith("#") and key not in self.ignored and key not in self.mapped

    def mapped_to(self, position: int) -> list[str]:
        """The names that the profile maps the heading to; none if it also ignores it."""
        heading = self.header[position]
        key = header_key(heading)
        return [] if key in self.ignored or heading.startswith("#") else self.mapped.get(key, [])

    def unmatched(self, matches: HeadingMatches) -> list[int]:
        """The positions of the sheet's own headings that fill no column."""
        pairs = enumerate(zip(self.header, matches.names, strict=True))
        return [at for at, (heading, found) in pairs if heading and not found and not heading.startswith("#")]

    def cells(self, position: int) -> list[Cell]:
        return [row[position] for row in self.around.sample if position < len(row)]


@dataclass(frozen=True)
class HeadingMatches:
    """What the headings mean so far: for each, by its position, the canonical names that it fills, and how that was found.

    ``constants``: the columns that the profile gives one value. ``matched_by_alias``: heading → name, where another system's
    name was recognised. ``superseded_by``: heading → (the column that it could have filled, the heading that does).
    ``objections`` are by canonical name. ``currency``: what the amount's heading names (``Beløb (DKK)``);
    ``currency_in_title``: what the unit below it or a title does.
    """

    names: tuple[tuple[str, ...], ...] = ()
    constants: frozenset[str] = frozenset()
    matched_by_alias: Mapping[str, str] = field(default_factory=dict)
    superseded_by: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    objections: Mapping[str, HeadingObjection] = field(default_factory=dict)
    currency: str | None = None
    currency_in_title: str | None = None

    def present(self) -> set[str]:
        return {name for found in self.names for name in found}

    def is_open(self, headings: SheetHeadings, position: int) -> bool:
        """Whether nothing is known of the heading yet, and the profile leaves it free."""
        return not self.names[position] and headings.free(position)

    def position_of(self, name: str) -> int | None:
        """Where the first heading stands that fills the column."""
        return next((position for position, found in enumerate(self.names) if name in found), None)

    def with_names(self, added: Mapping[int, Sequence[str]], by_alias: Mapping[str, str]) -> HeadingMatches:
        """These matches and ``added`` ones, by position; ``by_alias`` tells which of those are another system's names."""
        names = tuple(tuple(added.get(position, found)) for position, found in enumerate(self.names))
        return replace(self, names=names, matched_by_alias={**self.matched_by_alias, **by_alias})

    def with_alias(self, headings: SheetHeadings, position: int, name: str) -> HeadingMatches:
        return self.with_names({position: (name,)}, {headings.header[position]: name})

    def with_objection(self, name: str, objection: HeadingObjection) -> HeadingMatches:
        return replace(self, objections={**self.objections, name: objection})

    def without_objection(self, name: str) -> HeadingMatches:
        return replace(self, objections={other: objection for other, objection in self.objections.items() if other != name})


def match_headings(headings: SheetHeadings, shape: Shape, constants: Iterable[str]) -> HeadingMatches:
    """What every heading fills in a sheet of this shape; ``constants`` are the columns that the profile gives one value.

    Sure names count first; a weak one fills a column only if no other heading does and nothing speaks against it.
    Raises FileRefused if two weak headings could fill one column.
    """
    matches = HeadingMatches(((),) * len(headings.header), frozenset(constants))
    for matcher in _MATCHERS:
        matches = matcher(headings, shape, matches)
    return matches


def _mapped_by_profile(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """What the profile maps by hand."""
    mapped = {
        position: [known for name in headings.mapped_to(position) if (known := name_in(shape, name))]
        for position in range(len(headings.header))
    }
    return matches.with_names(mapped, {})


def _known_for_sure(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Names of our own, and those of other systems that are sure and that the profile does not map by hand."""
    by_hand = matches.present()
    index = {**_system_names(headings, shape), **index_in(shape)}
    found, by_alias = {}, {}
    for position, heading in enumerate(headings.header):
        handle, own = property_handle(heading, shape), _is_own(shape, heading)
        name = handle or index.get(header_key(heading))
        if name is None or not headings.free(position) or (name in by_hand and not own):
            continue
        found[position] = (name,)
        if not own and not handle:
            by_alias[heading] = name
    return matches.with_names(found, by_alias)


def _system_names(headings: SheetHeadings, shape: Shape) -> Mapping[str, str]:
    """What headings of cases mean in the system that the whole header gives away, if it is one of those."""
    if shape is Shape.VOUCHERS:
        return {}
    keys = {header_key(heading) for heading in headings.header}
    return next((system.case for system in systems() if system.has <= keys), {})


def _is_own(shape: Shape, heading: str) -> bool:
    return header_key(heading) in own_index(_kind(shape)) or (
        shape is Shape.FLAT and heading.strip().casefold().startswith("voucher")
    )


def _amount_with_unit(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """``Restbeløb (DKK)``: an amount whose heading names its currency; not if the sheet has currencies of its own."""
    name = _AMOUNTS[shape]
    sure, weak = (_units_of(headings, matches, name, index) for index in (index_of(_kind(shape)), weak_index(_kind(shape))))
    found = sure or weak
    if not found or name in matches.present():
        return matches
    if "currency" in matches.present():
        first = headings.header[min({**sure, **weak})]
        return matches.with_objection(name, HeadingObjection(first, "it names a currency, and another column does as well"))
    _refuse_two(headings, name, list(found))
    position, currency = next(iter(found.items()))
    if not sure and (objection := _objection(headings, matches, name, position)):
        return matches.with_objection(name, objection)
    return replace(matches.with_alias(headings, position, name), currency=currency)


def _units_of(headings: SheetHeadings, matches: HeadingMatches, name: str, index: Mapping[str, str]) -> dict[int, str | None]:
    """The free headings that mean ``name`` without the currency at their end: position → currency."""
    parts = ((at, unit_of(heading)) for at, heading in enumerate(headings.header) if matches.is_open(headings, at))
    return {position: found[1] for position, found in parts if found and index.get(found[0]) == name}


def _weak_names(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Names that may mean something else as well."""
    wanted: dict[str, list[int]] = {}
    for position, heading in enumerate(headings.header):
        name = weak_index(_kind(shape)).get(header_key(heading))
        if name and matches.is_open(headings, position):
            wanted.setdefault(name, []).append(position)
    for name, positions in wanted.items():
        matches = _weak_name(headings, _kind(shape), matches, name, positions)
    return matches


def _weak_name(
    headings: SheetHeadings, kind: Kind, matches: HeadingMatches, name: str, positions: Sequence[int]
) -> HeadingMatches:
    filled = matches.position_of(name)
    if filled is not None:
        superseded = {headings.header[position]: (name, headings.header[filled]) for position in positions}
        return replace(matches, superseded_by={**matches.superseded_by, **superseded})
    if name in matches.constants:
        return matches
    objections = {position: _objection(headings, matches, name, position) for position in positions}
    left = [position for position, objection in objections.items() if objection is None]
    _refuse_two(headings, name, left)
    if left:
        return matches.with_alias(headings, left[0], name).without_objection(name)
    last = objections[positions[-1]]
    assert last is not None
    if column(kind, name).requirement is not Requirement.REQUIRED:
        raise _optional_in_doubt(headings.sheet, name, last)
    return matches.with_objection(name, last)


def _currency_in_title(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """A currency in the row of units, below the amount: it confirms the currency, and is not taken for it.

    A corrected error sheet has no such row, and would then be read in another currency. Raises FileRefused if a column
    or a heading names currencies as well.
    """
    position = matches.position_of(_AMOUNTS[shape])
    code = code_in(headings.around.units.get(position, "")) if position is not None else None
    if code and ("currency" in matches.present() or matches.currency not in (None, code)):
        raise FileRefused(
            f'Sheet "{headings.sheet}": below "{headings.header[position or 0]}" stands {code}, and the currency is named '
            f"elsewhere, too. Delete the row of units if the other one is right."
        )
    return replace(matches, currency_in_title=code or headings.around.currency)


_MATCHERS: tuple[Callable[[SheetHeadings, Shape, HeadingMatches], HeadingMatches], ...] = (
    _mapped_by_profile,
    _known_for_sure,
    _amount_with_unit,
    _weak_names,
    _currency_in_title,
)
"""In this order: each sees what those before it have matched, and adds to it."""


def _kind(shape: Shape) -> Kind:
    return Kind.VOUCHER if shape is Shape.VOUCHERS else Kind.CASE


def _optional_in_doubt(sheet: str, name: str, objection: HeadingObjection) -> FileRefused:
    """The question whether an optional column is there: next month's rows might else answer it in another way."""
    heading, reason = objection.heading, objection.reason
    return FileRefused(
        f'Sheet "{sheet}": is "{heading}" {name}? {reason[:1].upper()}{reason[1:]}. Say in a profile that it '
        f'is, [columns] "{heading}" = "{name}", or that it is not, ignore = ["{heading}"].'
    )


def _objection(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    """What speaks against reading a weak heading as ``name``: another heading, or its own first cells."""
    return _by_another_heading(headings, matches, name, position) or _by_its_cells(headings, name, position)


def _by_another_heading(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    heading = headings.header[position]
    bare = (unit_of(heading) or (header_key(heading), None))[0]
    unmatched = (other for other, found in zip(headings.header, matches.names, strict=True) if not found and other != heading)
    for other in unmatched:
        reason = counter_heading(name, header_key(other))
        if reason and (reason != "tax" or bare in _PLAIN_AMOUNTS):
            return HeadingObjection(heading, f'"{other}" {_AGAINST[reason]}', other if reason == "open" else None)
    return None


def _by_its_cells(headings: SheetHeadings, name: str, position: int) -> HeadingObjection | None:
    kind = Kind.VOUCHER if name == "voucher_amount" or name not in index_of(Kind.CASE).values() else Kind.CASE
    reason = objection_to(name, column(kind, name).value_kind, headings.cells(position))
    return HeadingObjection(headings.header[position], reason) if reason else None


def _refuse_two(headings: SheetHeadings, name: str, positions: Sequence[int]) -> None:
    if len(positions) > 1:
        first, second = (headings.header[position] for position in positions[:2])
        more = " The claim is what is still open." if name == "amount_to_recover" else ""
        raise FileRefused(
            f'Sheet "{headings.sheet}": "{first}" and "{second}" could both be {name}.{more} Say in a profile which one it is: '
            f'[columns] "{first}" = "{name}"; `importer map FILE` asks for it.'
        )
