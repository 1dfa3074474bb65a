"""Headings to columns: what a sheet holds, which column each heading fills, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from importer.columns import (
    DEBITURA_TEMPLATE,
    FLAT_PREFIX,
    PROPERTY_PREFIX,
    Column,
    Kind,
    Need,
    column,
    columns_of,
    flat_index,
    flat_name,
    index_of,
)
from importer.errors import FileRefused
from importer.loader.profile import Profile, header_key, names_in
from importer.rows import SheetHead


class Shape(StrEnum):
    """What one sheet holds."""

    CASES = "cases"
    VOUCHERS = "vouchers"
    FLAT = "flat"


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

    def positions(self, kind: Kind) -> list[int]:
        """Where this kind's own cells stand; constants have none."""
        return [b.position for b in (self.case if kind is Kind.CASE else self.voucher) if b.position is not None]


_TELLING = {
    Kind.CASE: {c.name for c in columns_of(Kind.CASE)} - {c.name for c in columns_of(Kind.VOUCHER)},
    Kind.VOUCHER: {c.name for c in columns_of(Kind.VOUCHER)} - {c.name for c in columns_of(Kind.CASE)},
}
ENTRY_HEADING = "#entry"
MARKS_ENOUGH = 2  # one column that only cases (or vouchers) have may be chance, two are not


def plan_sheet(
    sheet: str, header_row: int, header: tuple[str, ...], profile: Profile, defaults: Mapping[str, str]
) -> SheetPlan | None:
    """How to read a sheet with this header, or None if it holds neither cases nor vouchers.

    Raises FileRefused when it does but a required column is missing, or two headings mean the same column.
    """
    mapped = {header_key(heading): names_in(names) for heading, names in profile.columns.items()}
    shape = Shape(profile.holds) if profile.holds else _shape(sheet, header, mapped, profile.constants)
    if shape is None:
        return None
    names = _names(header, shape, mapped, {header_key(h) for h in profile.ignore})
    fixed = {known: value for name, value in profile.constants.items() if (known := _name_in(shape, name))}
    _refuse_conflicts(sheet, header, names, fixed)
    present = {name for found in names for name in found}
    for name, value in defaults.items():
        if (known := _name_in(shape, name)) and known not in present and known not in fixed:
            fixed[known] = value
    derive = shape is not Shape.VOUCHERS and "debtor_type" not in present | set(fixed) and _is_debitura_template(header)
    free = [h for h, found in zip(header, names, strict=True) if h and not found and not h.startswith("#")]
    _require(sheet, free, shape, present | set(fixed) | ({"debtor_type"} if derive else set()))
    bound = _bound(shape, header, names, fixed, profile)
    keys = [header_key(h) for h in header]
    return SheetPlan(
        head=SheetHead(sheet, header, tuple(" ".join(found) or None for found in names), shape is Shape.FLAT),
        shape=shape,
        header_row=header_row,
        case=tuple(b for n, b in bound if _kind(shape, n) is Kind.CASE),
        voucher=tuple(b for n, b in bound if _kind(shape, n) is Kind.VOUCHER),
        entry_position=keys.index(ENTRY_HEADING) if ENTRY_HEADING in keys else None,
        unknown=tuple(h for h, found in zip(header, names, strict=True) if h and not found and not _skipped(h, profile)),
        derive_debtor_type=derive,
    )


def _bound(
    shape: Shape, header: tuple[str, ...], names: list[list[str]], fixed: Mapping[str, str], profile: Profile
) -> list[tuple[str, Bound]]:
    """Each name of the sheet's shape with where its cells come from."""
    tables = {_name_in(shape, name): {k.strip(): v for k, v in table.items()} for name, table in profile.values.items()}
    placed = [
        (n, Bound(column_in(shape, n), header[i], i, values=tables.get(n, {}))) for i, found in enumerate(names) for n in found
    ]
    return placed + [(n, Bound(column_in(shape, n), n, None, value, tables.get(n, {}))) for n, value in fixed.items()]


def _skipped(heading: str, profile: Profile) -> bool:
    return heading.startswith("#") or header_key(heading) in {header_key(h) for h in profile.ignore}


def _shape(sheet: str, header: tuple[str, ...], mapped: Mapping[str, list[str]], constants: Iterable[str]) -> Shape | None:
    """What a sheet holds by its headings or, where they do not tell, with what the profile adds to every row."""
    keys = [header_key(h) for h in header if h and not h.startswith("#")]
    found = [name for key in keys for name in mapped.get(key, [])]
    by_name = {"cases": Shape.CASES, "vouchers": Shape.VOUCHERS}
    unmapped = [key for key in keys if key not in mapped]
    return _shape_of(unmapped, found) or by_name.get(sheet.casefold()) or _shape_of(unmapped, [*found, *constants])


def _shape_of(keys: list[str], found: list[str]) -> Shape | None:
    flat, plain = flat_index(), index_of(Kind.VOUCHER)
    case_marks = {flat.get(k) for k in keys} | set(found)
    voucher_marks = {plain.get(k) for k in keys} | set(found)
    cases = len(case_marks & _TELLING[Kind.CASE])
    vouchers = len(voucher_marks & _TELLING[Kind.VOUCHER])
    prefixed = len({n for n in case_marks if n and n.startswith(FLAT_PREFIX)} | {k for k in keys if _is_flat_property(k)})
    if cases >= MARKS_ENOUGH and cases >= vouchers:
        return Shape.FLAT if prefixed else Shape.CASES
    return Shape.VOUCHERS if vouchers >= MARKS_ENOUGH else None


def _is_flat_property(key: str) -> bool:
    return key.startswith(header_key(FLAT_PREFIX + PROPERTY_PREFIX))


def _names(header: tuple[str, ...], shape: Shape, mapped: Mapping[str, list[str]], ignored: set[str]) -> list[list[str]]:
    """The canonical names that each heading fills, in the words of the shape."""
    index = {Shape.CASES: index_of(Kind.CASE), Shape.VOUCHERS: index_of(Kind.VOUCHER), Shape.FLAT: flat_index()}[shape]
    names: list[list[str]] = []
    for heading in header:
        key = header_key(heading)
        if not key or heading.startswith("#") or key in ignored:
            names.append([])
        elif key in mapped:
            names.append([n for name in mapped[key] if (n := _name_in(shape, name))])
        elif handle := _property_handle(heading, shape):
            names.append([handle])
        else:
            names.append([index[key]] if key in index else [])
    return names


def _property_handle(heading: str, shape: Shape) -> str | None:
    """``properties.<handle>`` keeps the handle's own spelling: it is the installation's key."""
    prefix = FLAT_PREFIX + PROPERTY_PREFIX if shape is Shape.FLAT else PROPERTY_PREFIX
    text = heading.strip()
    if shape is Shape.CASES or not text.casefold().startswith(prefix) or len(text) == len(prefix):
        return None
    return prefix + text[len(prefix) :]


def _name_in(shape: Shape, name: str) -> str | None:
    """What a name of a profile or of the settings is called in a sheet of this shape; None: it has no place there."""
    case_names, flat_names = index_of(Kind.CASE).values(), flat_index().values()
    if shape is Shape.FLAT:
        candidates = (name, flat_name(name))
        return next((n for n in candidates if n in flat_names or n.startswith(FLAT_PREFIX + PROPERTY_PREFIX)), None)
    if shape is Shape.CASES:
        return name if name in case_names else None
    for candidate in (name, name.removeprefix(FLAT_PREFIX)):
        if candidate in index_of(Kind.VOUCHER).values() or candidate.startswith(PROPERTY_PREFIX):
            return candidate
    return None


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
            if name in first:
                raise FileRefused(
                    f'Sheet "{sheet}": the columns "{first[name]}" and "{heading}" both hold {name}. '
                    f"Remove one of them, or add its heading to ignore in the profile."
                )
            first[name] = heading


def _is_debitura_template(header: tuple[str, ...]) -> bool:
    return {header_key(h) for h in DEBITURA_TEMPLATE} <= {header_key(h) for h in header}


def missing_in(shape: Shape, present: set[str]) -> list[str]:
    """The names that a sheet of this shape must have and that are not ``present``."""
    kinds = {Shape.CASES: (Kind.CASE,), Shape.VOUCHERS: (Kind.VOUCHER,), Shape.FLAT: (Kind.CASE, Kind.VOUCHER)}[shape]
    missing = [
        flat_name(c.name) if shape is Shape.FLAT and kind is Kind.VOUCHER else c.name
        for kind in kinds
        for c in columns_of(kind)
        if c.need is Need.REQUIRED
    ]
    # A flat row's voucher has its case's currency and date unless it has columns of its own.
    inherited = {"voucher_currency", "voucher_date"} if shape is Shape.FLAT else set()
    missing = [name for name in missing if name not in present | inherited]
    if shape is Shape.VOUCHERS and not {"case_ref", "case_id"} & present:
        missing.insert(0, "case_ref")
    return missing


def _require(sheet: str, free: list[str], shape: Shape, present: set[str]) -> None:
    """Refuse a sheet that lacks a required column, naming for each the nearest of the ``free`` headings."""
    missing = missing_in(shape, present)
    if not missing:
        return
    close = [_nearest(name, free) for name in missing]
    told = "; ".join(f'{name} (is it "{near}"?)' if near else name for name, near in zip(missing, close, strict=True))
    raise FileRefused(
        f'Sheet "{sheet}" has no column for: {told}. Rename the columns, or map them in a profile ([columns]), '
        f"or give a value for all rows ([constants])."
    )


def _nearest(name: str, headings: list[str]) -> str | None:
    keys = {header_key(h): h for h in headings}
    found = get_close_matches(header_key(name), keys, n=1, cutoff=0.75)
    return keys[found[0]] if found else None
