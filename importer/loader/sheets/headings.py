"""Headings to canonical names: what each heading of one sheet means, and what speaks against the doubtful ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from importer.domain.aliases import counter_heading, systems
from importer.domain.cells import Cell
from importer.domain.columns import Requirement, column, index_of, own_index, weak_index
from importer.domain.kinds import Kind
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.sheets.cell_tests import speaks_against
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
class Doubt:
    """A heading that could fill a column, and what speaks against it. ``answer`` is a heading that is more likely meant."""

    heading: str
    reason: str
    answer: str | None = None


@dataclass
class Meaning:
    """What the headings mean: for each the canonical names that it fills, and how that was found.

    ``taken``: heading → name, where another system's name was recognised. ``outdone``: heading → (the column that it
    could have filled, the heading that does). ``doubts`` are by canonical name.
    ``currency``: what the amount's heading names (``Beløb (DKK)``); ``said``: what the unit below it or a title does.
    """

    names: list[list[str]]
    taken: dict[str, str] = field(default_factory=dict)
    outdone: dict[str, tuple[str, str]] = field(default_factory=dict)
    doubts: dict[str, Doubt] = field(default_factory=dict)
    currency: str | None = None
    said: str | None = None

    def present(self) -> set[str]:
        return {name for found in self.names for name in found}


@dataclass(frozen=True)
class Around:
    """What stands around the headings: the first rows of data, units below headings (by position), the titles' currency."""

    sample: Sequence[tuple[Cell, ...]] = ()
    units: Mapping[int, str] = field(default_factory=dict)
    currency: str | None = None


@dataclass(frozen=True)
class Headings:
    """The headings of one sheet with what stands around them and what a profile says of them."""

    sheet: str
    header: tuple[str, ...]
    mapped: Mapping[str, list[str]]
    ignored: frozenset[str]
    around: Around

    def free(self, position: int) -> bool:
        """Whether the profile says nothing of the heading there, and it is no column of the reports."""
        heading = self.header[position]
        key = header_key(heading)
        return bool(key) and not heading.startswith("#") and key not in self.ignored and key not in self.mapped

    def keys(self) -> set[str]:
        return {header_key(heading) for heading in self.header}

    def cells(self, position: int) -> list[Cell]:
        return [row[position] for row in self.around.sample if position < len(row)]


def meaning_of(headings: Headings, shape: Shape, fixed: Iterable[str]) -> Meaning:
    """What every heading fills in a sheet of this shape; ``fixed`` are the columns that the profile sets to a constant.

    Sure names count first; a weak one fills a column only if no other heading does and nothing speaks against it.
    Raises FileRefused if two weak headings could fill one column.
    """
    meaning = Meaning([_sure(headings, position, shape) for position in range(len(headings.header))])
    _give_way(headings, shape, meaning)
    _note_taken(headings, shape, meaning)
    kind = Kind.VOUCHER if shape is Shape.VOUCHERS else Kind.CASE
    _take_amounts_with_units(headings, shape, meaning)
    _take_weak(headings, kind, meaning, set(fixed))
    _read_unit_below(headings, shape, meaning)
    return meaning


def _sure(headings: Headings, position: int, shape: Shape) -> list[str]:
    heading = headings.header[position]
    key = header_key(heading)
    if key in headings.mapped and key not in headings.ignored and not heading.startswith("#"):
        return [n for name in headings.mapped[key] if (n := name_in(shape, name))]
    if not headings.free(position):
        return []
    if handle := property_handle(heading, shape):
        return [handle]
    found = index_in(shape).get(key) or (_system_names(headings.keys()).get(key) if shape is not Shape.VOUCHERS else None)
    return [found] if found else []


def _system_names(keys: set[str]) -> Mapping[str, str]:
    """What headings mean in the system that the whole header gives away, if it is one of those."""
    return next((system.case for system in systems() if system.has <= keys), {})


def _give_way(headings: Headings, shape: Shape, meaning: Meaning) -> None:
    """What the profile maps by hand comes before what another system's heading is known to mean."""
    by_hand = {n for i, found in enumerate(meaning.names) if not headings.free(i) for n in found}
    for position, found in enumerate(meaning.names):
        if headings.free(position) and not _is_own(shape, headings.header[position]):
            meaning.names[position] = [name for name in found if name not in by_hand]


def _is_own(shape: Shape, heading: str) -> bool:
    key = header_key(heading)
    return key in own_index(Kind.VOUCHER if shape is Shape.VOUCHERS else Kind.CASE) or (
        shape is Shape.FLAT and heading.strip().casefold().startswith("voucher")
    )


def _note_taken(headings: Headings, shape: Shape, meaning: Meaning) -> None:
    for position, (heading, found) in enumerate(zip(headings.header, meaning.names, strict=True)):
        if found and headings.free(position) and not _is_own(shape, heading) and not property_handle(heading, shape):
            meaning.taken[heading] = found[0]


def _take_amounts_with_units(headings: Headings, shape: Shape, meaning: Meaning) -> None:
    """``Restbeløb (DKK)``: an amount whose heading names its currency; not if the sheet has currencies of its own."""
    name = _AMOUNTS[shape]
    kind = Kind.VOUCHER if shape is Shape.VOUCHERS else Kind.CASE
    found = [
        (position, unit, index_of(kind).get(key) == name)
        for position, heading in enumerate(headings.header)
        if headings.free(position) and not meaning.names[position] and (parts := unit_of(heading))
        for key, unit in [parts]
        if (index_of(kind) | weak_index(kind)).get(key) == name
    ]
    if not found or name in meaning.present():
        return
    if "currency" in meaning.present():
        meaning.doubts[name] = Doubt(headings.header[found[0][0]], "it names a currency, and another column does as well")
        return
    sure = [item for item in found if item[2]] or found
    taken = [position for position, _, _ in sure]
    _refuse_two(headings, name, taken)
    if doubt := None if sure[0][2] else _doubt(headings, meaning, name, taken[0]):
        meaning.doubts[name] = doubt
        return
    meaning.currency = sure[0][1]
    _take(headings, meaning, taken[0], name)


def _read_unit_below(headings: Headings, shape: Shape, meaning: Meaning) -> None:
    """A currency in the row of units, below the amount: it confirms the currency, and is not taken for it.

    A corrected error sheet has no such row, and would then be read in another currency. Raises FileRefused if a column
    or a heading names currencies as well.
    """
    position = next((at for at, found in enumerate(meaning.names) if _AMOUNTS[shape] in found), None)
    code = code_in(headings.around.units.get(position, "")) if position is not None else None
    if code and ("currency" in meaning.present() or meaning.currency not in (None, code)):
        raise FileRefused(
            f'Sheet "{headings.sheet}": below "{headings.header[position or 0]}" stands {code}, and the currency is named '
            f"elsewhere, too. Delete the row of units if the other one is right."
        )
    meaning.said = code or headings.around.currency


def _take_weak(headings: Headings, kind: Kind, meaning: Meaning, fixed: set[str]) -> None:
    wanted: dict[str, list[int]] = {}
    for position, heading in enumerate(headings.header):
        name = weak_index(kind).get(header_key(heading))
        if name and headings.free(position) and not meaning.names[position]:
            wanted.setdefault(name, []).append(position)
    for name, positions in wanted.items():
        filled = next((h for h, found in zip(headings.header, meaning.names, strict=True) if name in found), None)
        if filled is not None or name in fixed:
            meaning.outdone |= {headings.header[p]: (name, filled) for p in positions if filled is not None}
            continue
        left = []
        for position in positions:
            if doubt := _doubt(headings, meaning, name, position):
                meaning.doubts[name] = doubt
            else:
                left.append(position)
        _refuse_two(headings, name, left)
        if left:
            _take(headings, meaning, left[0], name)
            meaning.doubts.pop(name, None)
        elif column(kind, name).requirement is not Requirement.REQUIRED:
            raise _optional_in_doubt(headings.sheet, name, meaning.doubts[name])


def _optional_in_doubt(sheet: str, name: str, doubt: Doubt) -> FileRefused:
    """The question whether an optional column is there: next month's rows might else answer it in another way."""
    return FileRefused(
        f'Sheet "{sheet}": is "{doubt.heading}" {name}? {doubt.reason[:1].upper()}{doubt.reason[1:]}. Say in a profile that it '
        f'is, [columns] "{doubt.heading}" = "{name}", or that it is not, ignore = ["{doubt.heading}"].'
    )


def _take(headings: Headings, meaning: Meaning, position: int, name: str) -> None:
    meaning.names[position] = [name]
    meaning.taken[headings.header[position]] = name


def _doubt(headings: Headings, meaning: Meaning, name: str, position: int) -> Doubt | None:
    """What speaks against reading a weak heading as ``name``: another heading, or its own first cells."""
    heading = headings.header[position]
    bare = (unit_of(heading) or (header_key(heading), None))[0]
    for other, found in zip(headings.header, meaning.names, strict=True):
        reason = None if found or other == heading else counter_heading(name, header_key(other))
        if reason and (reason != "tax" or bare in _PLAIN_AMOUNTS):
            return Doubt(heading, f'"{other}" {_AGAINST[reason]}', other if reason == "open" else None)
    kind = Kind.VOUCHER if name == "voucher_amount" or name not in index_of(Kind.CASE).values() else Kind.CASE
    told = speaks_against(name, column(kind, name).holds, headings.cells(position))
    return Doubt(heading, told) if told else None


def _refuse_two(headings: Headings, name: str, positions: Sequence[int]) -> None:
    if len(positions) > 1:
        first, second = (headings.header[position] for position in positions[:2])
        more = " The claim is what is still open." if name == "amount_to_recover" else ""
        raise FileRefused(
            f'Sheet "{headings.sheet}": "{first}" and "{second}" could both be {name}.{more} Say in a profile which one it is: '
            f'[columns] "{first}" = "{name}"; `importer map FILE` asks for it.'
        )
