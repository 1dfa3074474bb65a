"""Match headings to canonical names, and collect the objections to uncertain matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from importer.domain.aliases import system_of
from importer.domain.columns import Requirement, column, index_of, own_index, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.profile_lines import profile_lines
from importer.domain.row_states import StateColumn, columns_for, find, truth_of
from importer.domain.text_keys import header_key
from importer.errors import HeadingsRefused
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.heading_matches import HeadingDoubt, HeadingMatches, HeadingObjection, SheetContext, SheetHeadings
from importer.loader.sheets.heading_objections import objection_against
from importer.loader.sheets.shape import Shape, code_in, index_in, name_in, property_handle, unit_of
from importer.loader.values.parsers import display_text, is_blank

__all__ = ["HeadingMatches", "HeadingObjection", "SheetContext", "SheetHeadings", "match_headings", "read_headings"]

_AMOUNTS = {Shape.CASES: "amount_to_recover", Shape.FLAT: "amount_to_recover", Shape.VOUCHERS: "voucher_amount"}


def match_headings(headings: SheetHeadings, shape: Shape, constants: Iterable[str]) -> HeadingMatches:
    """Return what `read_headings` finds. Raises HeadingsRefused with the first doubt, if there is one."""
    matches = read_headings(headings, shape, constants)
    if matches.doubts:
        raise HeadingsRefused(matches.doubts[0].message)
    return matches


def read_headings(headings: SheetHeadings, shape: Shape, constants: Iterable[str]) -> HeadingMatches:
    """Match every heading of a sheet of this shape. ``constants`` are the columns to which the profile gives one value.

    Certain names come first. A weak name fills a column only if no other heading does and there is no objection. It is a doubt
    if two weak headings could fill one column, if an optional column is uncertain, or if two currencies are named.
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


def _mapped_amount_with_unit(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Note the currency in the heading that the profile maps to the amount, ``Restbetrag (EUR)``.

    It is a doubt if another column names currencies: which of them is that of the amount, the profile must say.
    """
    name = _AMOUNTS[shape]
    positions = [at for at in range(len(headings.header)) if name in headings.mapped_to(at)]
    unit = unit_of(headings.header[positions[0]]) if positions else None
    if unit is None or unit[1] is None:
        return matches
    heading, currency = headings.header[positions[0]], unit[1]
    if (other := matches.position_of("currency")) is None:
        return replace(matches, currency=currency)
    beside = headings.header[other]
    if headings.mapped_to(other):  # the profile says that the column names the currency
        return matches
    reason = f'it names a currency, and "{beside}" does as well'
    message = (
        f'Sheet "{headings.sheet}": the heading "{heading}" of the amount names {currency}, and the column "{beside}" names '
        f"currencies as well. Say in a profile that the heading is right:{profile_lines({'ignore': [beside]})}\n"
        f"or that the column is:{profile_lines({'columns': {beside: 'currency'}})}"
    )
    return matches.with_doubt(HeadingDoubt(name, (heading,), reason, message))


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
    if len(found) > 1:
        return matches.with_doubt(_two(headings, name, list(found)))
    position, currency = next(iter(found.items()))
    if not sure and (objection := objection_against(headings, matches, name, position)):
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
    objections = {position: objection_against(headings, matches, name, position) for position in positions}
    left = [position for position, objection in objections.items() if objection is None]
    if len(left) > 1:
        return matches.with_doubt(_two(headings, name, left))
    if left:
        return matches.with_alias(headings, left[0], name).without_objection(name)
    last = objections[positions[-1]]
    assert last is not None
    if column(kind, name).requirement is not Requirement.REQUIRED:
        return matches.with_doubt(_optional_in_doubt(headings.sheet, name, last))
    return matches.with_objection(name, last)


def _currency_in_title(headings: SheetHeadings, shape: Shape, matches: HeadingMatches) -> HeadingMatches:
    """Note a currency in the row of units below the amount, or in a title. It is only compared with the set currency.

    It is not used as the currency, because a corrected error sheet has no such row and would be read in another currency.
    It is a doubt if a column or a heading also names currencies.
    """
    position = matches.position_of(_AMOUNTS[shape])
    code = code_in(headings.around.units.get(position, "")) if position is not None else None
    if code and ("currency" in matches.present() or matches.currency not in (None, code)):
        heading = headings.header[position or 0]
        message = (
            f'Sheet "{headings.sheet}": the unit below "{heading}" is {code}, and the currency is '
            f"also named elsewhere. Delete the row of units if the other one is right."
        )
        reason = f"the unit below it is {code}, and the currency is also named elsewhere"
        matches = matches.with_doubt(HeadingDoubt(_AMOUNTS[shape], (heading,), reason, message))
    return replace(matches, currency_in_title=code or headings.around.currency)


_MATCHERS: tuple[Callable[[SheetHeadings, Shape, HeadingMatches], HeadingMatches], ...] = (
    _mapped_by_profile,
    _known_for_sure,
    _mapped_amount_with_unit,
    _amount_with_unit,
    _weak_names,
    _currency_in_title,
)
"""The matchers in order. Each one gets the matches of those before it and adds to them."""


def _kind(shape: Shape) -> RecordKind:
    return RecordKind.VOUCHER if shape is Shape.VOUCHERS else RecordKind.CASE


def _optional_in_doubt(sheet: str, name: str, objection: HeadingObjection) -> HeadingDoubt:
    """Return the doubt whether a heading is an optional column, so that next month's rows do not change the answer."""
    heading, reason = objection.heading, objection.reason
    lines = profile_lines({"columns": {heading: name}})
    message = (
        f'Sheet "{sheet}": is "{heading}" {name}? {reason[:1].upper()}{reason[1:]}. Say in a profile that it is:{lines}\n'
        f"or that it is not:{profile_lines({'ignore': [heading]})}"
    )
    return HeadingDoubt(name, (heading,), reason, message)


def _two(headings: SheetHeadings, name: str, positions: Sequence[int]) -> HeadingDoubt:
    """Return the doubt which of several headings is the column ``name``."""
    found = tuple(headings.header[position] for position in positions)
    first, second = found[:2]
    more = " The claim is what is still open." if name == "amount_to_recover" else ""
    message = (
        f'Sheet "{headings.sheet}": "{first}" and "{second}" could both be {name}.{more} Say in a profile which one it is '
        f"(`importer map FILE` asks for it):{profile_lines({'columns': {first: name}})}"
    )
    return HeadingDoubt(name, found, "another heading may mean it, too", message)
