"""Headings to columns: what a sheet holds, which column each heading fills, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from importer.domain.aliases import document_headings
from importer.domain.columns import (
    DEBITURA_TEMPLATE,
    FLAT_PREFIX,
    PROPERTY_PREFIX,
    Column,
    column,
    columns_of,
    flat_index,
    flat_name,
    index_of,
    weak_index,
)
from importer.domain.kinds import Kind
from importer.domain.records import SheetHead
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.profile import Profile, names_in
from importer.loader.sheets.headings import Around, Headings, Meaning, meaning_of
from importer.loader.sheets.missing_columns import refuse_missing
from importer.loader.sheets.shape import Shape, known_key, name_in

__all__ = ["Bound", "Shape", "SheetPlan", "plan_sheet"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A column of the importer and where its cells stand: a position in the sheet, or one constant for all rows.

    ``values`` replaces cells before they are read.
    """

    column: Column
    heading: str
    position: int | None
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetPlan:
    """How one sheet is read."""

    head: SheetHead
    shape: Shape
    header_row: int
    case: tuple[Bound, ...]
    voucher: tuple[Bound, ...]
    entry_position: int | None
    unknown: tuple[str, ...]
    derive_debtor_type: bool = False
    meaning: Meaning = field(default_factory=lambda: Meaning([]))
    document_position: int | None = None

    def positions(self, kind: Kind) -> list[int]:
        """Where this kind's own cells stand; constants have none."""
        return [b.position for b in (self.case if kind is Kind.CASE else self.voucher) if b.position is not None]


_TELLING = {
    Kind.CASE: {c.name for c in columns_of(Kind.CASE)} - {c.name for c in columns_of(Kind.VOUCHER)},
    Kind.VOUCHER: {c.name for c in columns_of(Kind.VOUCHER)} - {c.name for c in columns_of(Kind.CASE)},
}
ENTRY_HEADING = "#entry"
NOTHING_AROUND = Around()
MARKS_ENOUGH = 2  # one column that only cases (or vouchers) have may be chance, two are not


def plan_sheet(
    sheet: str,
    header_row: int,
    header: tuple[str, ...],
    profile: Profile,
    defaults: Mapping[str, str],
    around: Around = NOTHING_AROUND,
) -> SheetPlan | None:
    """How to read a sheet with this header, or None if it holds neither cases nor vouchers.

    ``around`` tells what headings alone do not: whether there are names or numbers below "Kunde".
    Raises FileRefused when a required column is missing, or two headings mean the same column.
    """
    mapped = {header_key(heading): names_in(names) for heading, names in profile.columns.items()}
    shape = Shape(profile.holds) if profile.holds else _shape(sheet, header, mapped, profile.constants)
    if shape is None:
        return None
    headings = Headings(sheet, header, mapped, frozenset(header_key(h) for h in profile.ignore), around)
    fixed = {known: value for name, value in profile.constants.items() if (known := name_in(shape, name))}
    meaning = meaning_of(headings, shape, fixed)
    _refuse_conflicts(sheet, header, meaning.names, fixed)
    _fix_currency(sheet, meaning, fixed)
    present = meaning.present()
    for name, value in defaults.items():
        if (known := name_in(shape, name)) and known not in present and known not in fixed:
            fixed[known] = value
    if "currency" not in present:
        _refuse_other_currency(sheet, "a title or the unit below the amount says", meaning.said, fixed)
    derive = shape is not Shape.VOUCHERS and "debtor_type" not in present | set(fixed) and _is_debitura_template(header)
    free = [h for h, found in zip(header, meaning.names, strict=True) if h and not found and not h.startswith("#")]
    there = present | set(fixed) | ({"debtor_type"} if derive else set())
    refuse_missing(sheet, free, shape, there, meaning.doubts, meaning.said)
    head = SheetHead(sheet, header, tuple(" ".join(found) or None for found in meaning.names), shape is Shape.FLAT)
    return _planned(
        head, shape, header_row, meaning, _bound(shape, header, meaning.names, fixed, profile), profile, derive=derive
    )


def _planned(
    head: SheetHead,
    shape: Shape,
    header_row: int,
    meaning: Meaning,
    bound: list[tuple[str, Bound]],
    profile: Profile,
    *,
    derive: bool,
) -> SheetPlan:
    keys = [header_key(heading) for heading in head.header]
    unused = [
        position
        for position, (heading, found) in enumerate(zip(head.header, meaning.names, strict=True))
        if heading and not found and not _skipped(heading, profile)
    ]
    documents = [at for at in unused if keys[at] in document_headings()] if shape is Shape.CASES else []
    return SheetPlan(
        head=head,
        shape=shape,
        header_row=header_row,
        case=tuple(b for n, b in bound if _kind(shape, n) is Kind.CASE),
        voucher=tuple(b for n, b in bound if _kind(shape, n) is Kind.VOUCHER),
        entry_position=keys.index(ENTRY_HEADING) if ENTRY_HEADING in keys else None,
        unknown=tuple(head.header[at] for at in unused if head.header[at] not in meaning.outdone and at not in documents[:1]),
        derive_debtor_type=derive,
        meaning=meaning,
        document_position=documents[0] if documents else None,
    )


def _fix_currency(sheet: str, meaning: Meaning, fixed: dict[str, str]) -> None:
    """The currency that the amount's heading names holds for all rows."""
    if meaning.currency is not None:
        fixed.setdefault("currency", meaning.currency)
        _refuse_other_currency(sheet, "the heading of the amount says", meaning.currency, fixed)


def _refuse_other_currency(sheet: str, says: str, currency: str | None, fixed: Mapping[str, str]) -> None:
    """Refuse a sheet that says one currency and a profile or setting that says another one for all its rows."""
    told = fixed.get("currency", currency or "").strip().upper()
    if currency is not None and told != currency:
        raise FileRefused(
            f'Sheet "{sheet}": {says} {currency}, but the currency of all rows is set to {told} (in the profile, the settings '
            f"or a heading). Correct one of them."
        )


def _bound(
    shape: Shape, header: tuple[str, ...], names: list[list[str]], fixed: Mapping[str, str], profile: Profile
) -> list[tuple[str, Bound]]:
    """Each name of the sheet's shape with where its cells come from."""
    tables = {name_in(shape, name): {k.strip(): v for k, v in table.items()} for name, table in profile.values.items()}
    placed = [
        (n, Bound(column_in(shape, n), header[i], i, values=tables.get(n, {}))) for i, found in enumerate(names) for n in found
    ]
    return placed + [(n, Bound(column_in(shape, n), n, None, value, tables.get(n, {}))) for n, value in fixed.items()]


def _skipped(heading: str, profile: Profile) -> bool:
    return heading.startswith("#") or header_key(heading) in {header_key(h) for h in profile.ignore}


def _shape(sheet: str, header: tuple[str, ...], mapped: Mapping[str, list[str]], constants: Iterable[str]) -> Shape | None:
    """What a sheet holds by its headings or, where they do not tell, with what the profile adds to every row."""
    keys = [known_key(h) for h in header if h and not h.startswith("#")]
    found = [name for key in keys for name in mapped.get(key, [])]
    by_name = {"cases": Shape.CASES, "vouchers": Shape.VOUCHERS}
    unmapped = [key for key in keys if key not in mapped]
    return _shape_of(unmapped, found) or by_name.get(sheet.casefold()) or _shape_of(unmapped, [*found, *constants])


def _shape_of(keys: list[str], found: list[str]) -> Shape | None:
    flat, plain = flat_index(), index_of(Kind.VOUCHER)
    case_marks = {flat.get(k) for k in keys} | set(found)
    voucher_marks = {plain.get(k) for k in keys} | set(found)
    if len(case_marks - {None}) >= MARKS_ENOUGH:
        # Beside headings that are sure, weak ones count as well, unless they are a voucher's for sure.
        case_marks |= {weak_index(Kind.CASE).get(k) for k in keys if k not in plain}
    cases = len(case_marks & _TELLING[Kind.CASE])
    vouchers = len(voucher_marks & _TELLING[Kind.VOUCHER])
    prefixed = len({n for n in case_marks if n and n.startswith(FLAT_PREFIX)} | {k for k in keys if _is_flat_property(k)})
    linked = bool(voucher_marks & {"case_ref", "case_id"})
    if cases >= MARKS_ENOUGH and (cases >= vouchers or not linked):
        return Shape.FLAT if prefixed else Shape.CASES
    return Shape.VOUCHERS if vouchers >= MARKS_ENOUGH else None


def _is_flat_property(key: str) -> bool:
    return key.startswith(header_key(FLAT_PREFIX + PROPERTY_PREFIX))


def _kind(shape: Shape, name: str) -> Kind:
    if shape is Shape.FLAT:
        return Kind.CASE if name in index_of(Kind.CASE).values() else Kind.VOUCHER
    return Kind.CASE if shape is Shape.CASES else Kind.VOUCHER


def column_in(shape: Shape, name: str) -> Column:
    """The column that a name means in a sheet of this shape."""
    kind = _kind(shape, name)
    if kind is Kind.VOUCHER and shape is Shape.FLAT:
        for known in columns_of(Kind.VOUCHER):
            if flat_name(known.name) == name:
                return known
        return column(kind, name.removeprefix(FLAT_PREFIX))
    return column(kind, name)


def _refuse_conflicts(sheet: str, header: tuple[str, ...], names: list[list[str]], fixed: Mapping[str, str]) -> None:
    first: dict[str, str] = {}
    for heading, found in zip(header, names, strict=True):
        for name in found:
            if name in fixed:
                raise FileRefused(
                    f'Sheet "{sheet}": the column "{heading}" holds {name}, which the profile sets to a constant. '
                    f"Remove one of them, or add the heading to ignore in the profile."
                )
            if name in first and first[name] == heading:
                raise FileRefused(
                    f'Sheet "{sheet}": there are two columns "{heading}", which both hold {name}. If two tables stand beside '
                    f"each other, put the second on a sheet (or in a file) of its own; else remove one of the columns."
                )
            if name in first:
                raise FileRefused(
                    f'Sheet "{sheet}": the columns "{first[name]}" and "{heading}" both hold {name}. '
                    f"Remove one of them, or add its heading to ignore in the profile."
                )
            first[name] = heading


def _is_debitura_template(header: tuple[str, ...]) -> bool:
    return {header_key(h) for h in DEBITURA_TEMPLATE} <= {header_key(h) for h in header}
