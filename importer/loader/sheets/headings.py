"""Match headings to canonical names, and collect the objections to uncertain matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from importer.domain.aliases import counter_heading, system_of
from importer.domain.cells import Cell
from importer.domain.columns import Requirement, column, index_of, own_index, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.row_states import StateColumn, columns_for, find, truth_of
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.sheets.cell_tests import may_be_date, may_be_number, objection_to
from importer.loader.sheets.shape import Shape, code_in, index_in, name_in, property_handle, unit_of
from importer.loader.values.parsers import display_text, is_blank

_AMOUNTS = {Shape.CASES: "amount_to_recover", Shape.FLAT: "amount_to_recover", Shape.VOUCHERS: "voucher_amount"}
_PLAIN_AMOUNTS = frozenset(("amount", "beloeb", "belob", "belopp", "beloep", "belop", "betrag"))  # may be with or without tax
_AGAINST = {
    "paid": "says that part of it may be paid",
    "tax": "leaves open whether it includes the tax",
    "sign": "says whether it is a debit or a credit",
    "open": "may be what is still open",
}


@dataclass(frozen=True, slots=True)
class HeadingObjection:
    """A heading that could fill a column, and the reason against it. ``answer`` is a heading that is more likely meant."""

    heading: str
    reason: str
    answer: str | None = None


@dataclass(frozen=True)
class SheetContext:
    """The surroundings of the headings: a sample of the data, the units below headings by position, the currency of titles.

    ``apart``: in an error sheet the headings that its original did not join or split; None in any other sheet.
    """

    sample: Sequence[tuple[Cell, ...]] = ()
    units: Mapping[int, str] = field(default_factory=dict)
    currency: str | None = None
    apart: frozenset[str] | None = None


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
    (``Beløb (DKK)``), ``currency_in_title`` the one in the unit below it or in a title.
    """

    names: tuple[tuple[str, ...], ...] = ()
    constants: frozenset[str] = frozenset()
    matched_by_alias: Mapping[str, str] = field(default_factory=dict)
    superseded_by: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    objections: Mapping[str, HeadingObjection] = field(default_factory=dict)
    currency: str | None = None
    currency_in_title: str | None = None

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


def match_headings(headings: SheetHeadings, shape: Shape, constants: Iterable[str]) -> HeadingMatches:
    """Match every heading of a sheet of this shape. ``constants`` are the columns to which the profile gives one value.

    Certain names come first. A weak name fills a column only if no other heading does and there is no objection.
    Raises FileRefused if two weak headings could fill one column, or if an optional column is uncertain.
    """
    matches = HeadingMatches(((),) * len(headings.header), frozenset(constants))
    for matcher in _MATCHERS:
        matches = matcher(headings, shape, matches)
    return matches


def _mapped_by_profile(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Add the mappings of the profile."""
    mapped = {
        position: [known for name in headings.mapped_to(position) if (known := name_in(shape, name))]
        for position in range(len(headings.header))
    }
    return matches.with_names(mapped, {})


def _known_for_sure(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Add the importer's own names, and the certain names of other systems unless the profile maps their column."""
    by_hand = matches.present()
    index = _certain_names(headings, shape)
    found, by_alias = {}, {}
    for position, heading in enumerate(headings.header):
        handle, own = property_handle(heading, shape), _is_own(shape, heading)
        name = handle or index.get(header_key(heading))
        if name is None or not headings.free(position) or (name in by_hand and not own) or _tells_state(headings, position):
            continue
        found[position] = (name,)
        if not own and not handle:
            by_alias[heading] = name
    return matches.with_names(found, by_alias)


def _certain_names(headings: SheetHeadings, shape: Shape) -> Mapping[str, str]:
    """Return what folded headings mean for certain, also in the system that the whole header identifies."""
    system = system_of(map(header_key, headings.header)) if shape is not Shape.VOUCHERS else None
    if system is None:
        return index_in(shape)
    return {key: name for key, name in {**system.case, **index_in(shape)}.items() if key not in system.lines}


def _tells_state(headings: SheetHeadings, position: int) -> bool:
    """Return whether a heading that may mean a column of a case shows by its first cells that it tells a state.

    "Offen" above yes and no is no open amount, and "State" above open and paid is no state of the United States.
    """
    key = header_key(headings.header[position])
    texts = [display_text(cell).strip() for cell in headings.cells(position) if not is_blank(cell)]
    if not texts:
        return False
    if StateColumn.IS_OPEN in columns_for(key):
        return not any(map(may_be_number, texts)) and all(truth_of(text) is not None for text in texts)
    system = system_of(map(header_key, headings.header))
    name = system.name if system else None
    is_state = StateColumn.ROW_STATE in columns_for(key, weak=True)
    return is_state and all(find(StateColumn.ROW_STATE, text, name) is not None for text in texts)


def _is_own(shape: Shape, heading: str) -> bool:
    return header_key(heading) in own_index(_kind(shape)) or (
        shape is Shape.FLAT and heading.strip().casefold().startswith("voucher")
    )


def _amount_with_unit(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Add an amount whose heading names its currency, ``Restbeløb (DKK)``, unless the sheet has a currency column."""
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
    """Return the open headings that mean ``name`` once the currency at their end is removed: position → currency."""
    parts = ((at, unit_of(heading)) for at, heading in enumerate(headings.header) if matches.is_open(headings, at))
    return {position: found[1] for position, found in parts if found and index.get(found[0]) == name}


def _weak_names(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Add the names that may also mean something else."""
    wanted: dict[str, list[int]] = {}
    for position, heading in enumerate(headings.header):
        name = weak_index(_kind(shape)).get(header_key(heading))
        if name and matches.is_open(headings, position):
            wanted.setdefault(name, []).append(position)
    for name, positions in wanted.items():
        matches = _weak_name(headings, _kind(shape), matches, name, positions)
    return matches


def _weak_name(
    headings: SheetHeadings, kind: RecordKind, matches: HeadingMatches, name: str, positions: Sequence[int]
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
    """Note a currency in the row of units below the amount, or in a title. It is only compared with the set currency.

    It is not used as the currency, because a corrected error sheet has no such row and would be read in another currency.
    Raises FileRefused if a column or a heading also names currencies.
    """
    position = matches.position_of(_AMOUNTS[shape])
    code = code_in(headings.around.units.get(position, "")) if position is not None else None
    if code and ("currency" in matches.present() or matches.currency not in (None, code)):
        raise FileRefused(
            f'Sheet "{headings.sheet}": the unit below "{headings.header[position or 0]}" is {code}, and the currency is '
            f"also named elsewhere. Delete the row of units if the other one is right."
        )
    return replace(matches, currency_in_title=code or headings.around.currency)


_MATCHERS: tuple[Callable[[SheetHeadings, Shape, HeadingMatches], HeadingMatches], ...] = (
    _mapped_by_profile,
    _known_for_sure,
    _amount_with_unit,
    _weak_names,
    _currency_in_title,
)
"""The matchers in order. Each one gets the matches of those before it and adds to them."""


def _kind(shape: Shape) -> RecordKind:
    return RecordKind.VOUCHER if shape is Shape.VOUCHERS else RecordKind.CASE


def _optional_in_doubt(sheet: str, name: str, objection: HeadingObjection) -> FileRefused:
    """Return the error that asks whether a heading is an optional column, so that next month's rows do not change the answer."""
    heading, reason = objection.heading, objection.reason
    return FileRefused(
        f'Sheet "{sheet}": is "{heading}" {name}? {reason[:1].upper()}{reason[1:]}. Say in a profile that it '
        f'is, [columns] "{heading}" = "{name}", or that it is not, ignore = ["{heading}"].'
    )


def _objection(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    """Return the objection to reading a weak heading as ``name``, from another heading or its own first cells, or None."""
    return _by_another_heading(headings, matches, name, position) or _by_its_cells(headings, name, position)


def _by_another_heading(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    heading = headings.header[position]
    bare = (unit_of(heading) or (header_key(heading), None))[0]
    unmatched = (at for at, found in enumerate(matches.names) if not found and headings.header[at] != heading)
    for at in unmatched:
        other = headings.header[at]
        reason = _counter(headings, name, at)
        if reason and (reason != "tax" or bare in _PLAIN_AMOUNTS):
            return HeadingObjection(heading, f'"{other}" {_AGAINST[reason]}', other if reason == "open" else None)
    return None


def _counter(headings: SheetHeadings, name: str, position: int) -> str | None:
    """Return why a heading contradicts another one as ``name``. One that only shows which rows are paid does not."""
    reason = counter_heading(name, header_key(headings.header[position]))
    return None if reason == "paid" and _is_yes_or_day(headings.cells(position)) else reason


def _is_yes_or_day(cells: Iterable[Cell]) -> bool:
    """Return whether the cells below a heading say yes or no, or are days, and are no amounts."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled or any(map(may_be_number, filled)):
        return False
    return all(truth_of(display_text(cell)) is not None or may_be_date(cell) for cell in filled)


def _by_its_cells(headings: SheetHeadings, name: str, position: int) -> HeadingObjection | None:
    kind = RecordKind.VOUCHER if name == "voucher_amount" or name not in index_of(RecordKind.CASE).values() else RecordKind.CASE
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
