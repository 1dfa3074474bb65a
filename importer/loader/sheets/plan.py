"""Plan how a sheet is read: what it holds, which column each heading fills, and what is missing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from importer.domain.aliases import system_of
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
from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.joins.composed import Composed
from importer.loader.profile import Profile, names_in
from importer.loader.sheets.compositions import Compositions, JoinCertainty
from importer.loader.sheets.conflicts import refuse_conflicts
from importer.loader.sheets.heading_objections import naming_open
from importer.loader.sheets.headings import HeadingMatches, SheetContext, SheetHeadings, match_headings
from importer.loader.sheets.joined_columns import ColumnsFilled, composed_by_headings, composed_by_profile, names_by_profile
from importer.loader.sheets.missing_columns import refuse_missing
from importer.loader.sheets.party_evidence import are_debtor_names
from importer.loader.sheets.shape import Shape, known_key, name_in
from importer.loader.sheets.shown_currencies import currencies_shown
from importer.loader.sheets.state_columns import StateColumns, states_beside

__all__ = ["ColumnBinding", "Shape", "SheetPlan", "plan_sheet"]


@dataclass(frozen=True, slots=True)
class ColumnBinding:
    """A column of the importer and the source of its cells: a position in the sheet, or one constant for all rows.

    ``values`` replaces cells before they are read. ``composed`` are the cells of a column that is joined or split; it has no
    position of its own. ``is_default``: the constant is that of the settings, for lists without such a column.
    """

    column: Column
    heading: str
    position: int | None
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    composed: Composed | None = None
    is_default: bool = False

    @property
    def places(self) -> tuple[int, ...]:
        """The positions of all cells from which the column is read; none for a constant."""
        if self.composed is not None:
            return self.composed.places
        return () if self.position is None else (self.position,)


@dataclass(frozen=True)
class SheetPlan:
    """The plan for reading one sheet.

    ``header_row`` is the number of the row with the headings, as Excel shows it. ``case`` and ``voucher`` are the columns of
    each kind. ``entry_position`` and ``answer_position`` are the positions of ``#entry`` and ``#answer``, if this is an error
    sheet. ``unknown`` are the headings that are not used. ``derive_debtor_type``: ``debtor_type`` is derived from other cells.
    ``states`` are the columns that show whether a row is a claim. ``compositions`` are the columns that are joined or split.
    ``completed`` are the columns that only master data fill: their cells are behind those of the sheet. Positions are counted
    from 0.
    """

    head: SheetHead
    shape: Shape
    header_row: int
    case: tuple[ColumnBinding, ...]
    voucher: tuple[ColumnBinding, ...]
    entry_position: int | None
    unknown: tuple[str, ...]
    derive_debtor_type: bool = False
    matches: HeadingMatches = field(default_factory=HeadingMatches)
    states: StateColumns = field(default_factory=StateColumns)
    answer_position: int | None = None
    compositions: Compositions = field(default_factory=Compositions)
    completed: tuple[ColumnBinding, ...] = ()

    def positions(self, kind: RecordKind) -> list[int]:
        """Return the positions of the cells of this kind. Constants have none."""
        return [place for b in (self.case if kind is RecordKind.CASE else self.voucher) for place in b.places]


_DISTINCTIVE_COLUMNS = {
    RecordKind.CASE: {c.name for c in columns_of(RecordKind.CASE)} - {c.name for c in columns_of(RecordKind.VOUCHER)},
    RecordKind.VOUCHER: {c.name for c in columns_of(RecordKind.VOUCHER)} - {c.name for c in columns_of(RecordKind.CASE)},
}
_VOUCHER_NAMES = frozenset(flat_name(one.name) for one in columns_of(RecordKind.VOUCHER))
"""The columns of the vouchers in a flat sheet."""
ENTRY_HEADING, ANSWER_HEADING = "#entry", "#answer"
NOTHING_AROUND = SheetContext()
MARKS_ENOUGH = 2  # a single column that only cases (or vouchers) have may be chance


def plan_sheet(
    sheet: str,
    header_row: int,
    header: tuple[str, ...],
    profile: Profile,
    defaults: Mapping[str, str],
    around: SheetContext = NOTHING_AROUND,
) -> SheetPlan | None:
    """Return the plan for a sheet with this header, or None if it holds neither cases nor vouchers.

    ``around`` adds what the headings alone leave open, such as whether the cells below "Kunde" are names or numbers.
    Raises FileRefused when a required column is missing, or two headings mean the same column.
    """
    headings = _headings(sheet, header, profile, around)
    shape = Shape(profile.holds) if profile.holds else _shape(headings, profile.constants)
    if shape is None:
        return None
    constants = {known: value for name, value in profile.constants.items() if (known := name_in(shape, name))}
    matches = match_headings(headings, shape, constants)
    made = _compositions(headings, shape, matches, profile, constants).with_contact(defaults.get("debtor_contact_person"))
    refuse_conflicts(headings, matches, constants, made.fills())
    matches = matches.with_names(made.added_names(matches.names), {})
    added = _completed(shape, header, {*matches.present(), *constants}, around)
    fixed = _values_for_all_rows(sheet, shape, matches, constants, defaults, added)
    present = matches.present().union(fixed, added, currencies_shown(matches, shape, around))
    derived = _derived_columns(shape, header, present)
    unmatched = headings.unmatched(matches)
    free = [header[at] for at in unmatched]
    debtors = _headings_of_debtors(headings, matches, unmatched, present)
    objections = naming_open(matches.objections, free)
    refuse_missing(sheet, free, shape, present | derived | _of_documents(profile), objections, matches.currency_in_title, debtors)
    bound = _bound(shape, header, matches, fixed, profile, made.fills(), _by_default(fixed, constants, matches))
    unused = [at for at in unmatched if header_key(header[at]) not in headings.ignored]
    states = states_beside(headings, shape, unused, profile, matches)
    unknown = [at for at in unused if at not in states.positions()]
    return SheetPlan(
        head=_head(headings, shape, matches, fixed, states),
        shape=shape,
        header_row=header_row,
        case=bound[RecordKind.CASE],
        voucher=bound[RecordKind.VOUCHER],
        entry_position=_own_position(header, ENTRY_HEADING),
        unknown=tuple(header[at] for at in unknown if header[at] not in matches.superseded_by),
        derive_debtor_type=bool(derived),
        matches=matches,
        states=states,
        answer_position=_own_position(header, ANSWER_HEADING),
        compositions=made,
        completed=tuple(added.values()),
    )


def _completed(shape: Shape, header: tuple[str, ...], filled: Container[str], around: SheetContext) -> dict[str, ColumnBinding]:
    """Return the columns that only master data fill, by canonical name."""
    names = [name for name in around.completed if name not in filled] if shape is not Shape.VOUCHERS else []
    return {
        name: ColumnBinding(column_in(shape, name), around.completed[name], len(header) + at) for at, name in enumerate(names)
    }


def _of_documents(profile: Profile) -> frozenset[str]:
    """Return the columns that need not be there because the documents of a list make the vouchers."""
    return frozenset() if profile.cases_from == "row" else _VOUCHER_NAMES


def _headings_of_debtors(
    headings: SheetHeadings, matches: HeadingMatches, unmatched: Iterable[int], present: Container[str]
) -> list[str]:
    """Return the headings of which the cells are names of debtors, or else the contact's, if no column is known to hold them."""
    if "debtor_name" in present:
        return []
    contact = matches.position_of("debtor_contact_person")
    debtors = [headings.header[at] for at in unmatched if are_debtor_names(headings.cells(at))]
    return debtors or ([] if contact is None else [headings.header[contact]])


def _compositions(
    headings: SheetHeadings, shape: Shape, matches: HeadingMatches, profile: Profile, constants: Mapping[str, str]
) -> Compositions:
    """Return the joins and splits of the profile, and those that the headings suggest for columns that it leaves open."""
    used = composed_by_profile(headings, shape, profile)
    if shape is Shape.VOUCHERS:
        return Compositions(used)
    by_hand = frozenset(name for name in profile.all_targets())
    found = composed_by_headings(headings, ColumnsFilled(matches.names, by_hand, frozenset(constants)))
    sure = (one for one in found if one.certainty is JoinCertainty.SURE)
    return Compositions((*used, *sure), tuple(one for one in found if one.certainty is JoinCertainty.DOUBTFUL))


def _own_position(header: tuple[str, ...], own: str) -> int | None:
    """Return the position of a heading of the importer's own sheets, or None."""
    return next((at for at, heading in enumerate(header) if header_key(heading) == own), None)


def _headings(sheet: str, header: tuple[str, ...], profile: Profile, around: SheetContext) -> SheetHeadings:
    mapped = {header_key(heading): list(names_in(names)) for heading, names in profile.columns.items()}
    for key, names in names_by_profile(profile).items():
        mapped[key] = list(dict.fromkeys((*mapped.get(key, ()), *names)))
    return SheetHeadings(sheet, header, mapped, frozenset(map(header_key, profile.ignore)), around)


def _head(
    headings: SheetHeadings, shape: Shape, matches: HeadingMatches, fixed: Mapping[str, str], states: StateColumns
) -> SheetHead:
    of_states = {one.position: one.column.value for one in states.bound}
    names = tuple(" ".join(found) or of_states.get(at) for at, found in enumerate(matches.names))
    return SheetHead(headings.sheet, headings.header, names, shape is Shape.FLAT, constants=tuple(fixed.items()))


def _derived_columns(shape: Shape, header: tuple[str, ...], present: set[str]) -> set[str]:
    """Return the columns whose values are derived from other cells, which is so only in Debitura's own template."""
    is_template = {header_key(h) for h in DEBITURA_TEMPLATE} <= {header_key(h) for h in header}
    return {"debtor_type"} - present if is_template and shape is not Shape.VOUCHERS else set()


def _values_for_all_rows(
    sheet: str,
    shape: Shape,
    matches: HeadingMatches,
    constants: Mapping[str, str],
    defaults: Mapping[str, str],
    added: Container[str],
) -> dict[str, str]:
    """Return the profile's constants, the currency in the amount's heading, and the default values of absent columns."""
    fixed, present = dict(constants), matches.present()
    if matches.currency is not None:
        fixed.setdefault("currency", matches.currency)
        _refuse_other_currency(sheet, "the heading of the amount says", matches.currency, fixed)
    for name, value in defaults.items():
        if (known := name_in(shape, name)) and known not in present and known not in added:
            fixed.setdefault(known, value)
    if "currency" not in present:
        _refuse_other_currency(sheet, "a title or the unit below the amount says", matches.currency_in_title, fixed)
    return fixed


def _by_default(fixed: Mapping[str, str], constants: Mapping[str, str], matches: HeadingMatches) -> set[str]:
    """Return the names of the values for all rows that only the settings give."""
    given = {*constants, "currency"} if matches.currency is not None else {*constants}
    return {name for name in fixed if name not in given}


def _refuse_other_currency(sheet: str, says: str, currency: str | None, fixed: Mapping[str, str]) -> None:
    """Refuse a sheet that names one currency if a profile or setting sets another one for all rows."""
    fixed_code = fixed.get("currency", currency or "").strip().upper()
    if currency is not None and fixed_code != currency:
        raise FileRefused(
            f'Sheet "{sheet}": {says} {currency}, but the currency of all rows is set to {fixed_code} (in the profile, the '
            f"settings or a heading). Correct one of them."
        )


def _bound(
    shape: Shape,
    header: tuple[str, ...],
    matches: HeadingMatches,
    fixed: Mapping[str, str],
    profile: Profile,
    composed: Mapping[str, Composed],
    by_default: Container[str],
) -> dict[RecordKind, tuple[ColumnBinding, ...]]:
    """Return the column bindings of each record kind."""
    tables = {name_in(shape, name): {k.strip(): v for k, v in table.items()} for name, table in profile.values.items()}
    placed = [
        ColumnBinding(column_in(shape, name), header[at], at, values=tables.get(name, {}))
        for at, found in enumerate(matches.names)
        for name in found
        if name not in composed
    ]
    placed += [
        ColumnBinding(column_in(shape, name), header[made.places[0]], None, values=tables.get(name, {}), composed=made)
        for name, made in composed.items()
    ]
    constant = [
        ColumnBinding(column_in(shape, name), name, None, value, tables.get(name, {}), is_default=name in by_default)
        for name, value in fixed.items()
    ]
    return {kind: tuple(b for b in (*placed, *constant) if b.column.kind is kind) for kind in RecordKind}


def _shape(headings: SheetHeadings, constants: Iterable[str]) -> Shape | None:
    """Return the shape of a sheet by its headings or, if they leave it open, together with the profile's constants."""
    keys = [known_key(h) for h in headings.header if h and not h.startswith("#")]
    found = [name for key in keys for name in headings.mapped.get(key, [])]
    by_name = {"cases": Shape.CASES, "vouchers": Shape.VOUCHERS}
    unmapped = [key for key in keys if key not in headings.mapped]
    return _shape_of(unmapped, found) or by_name.get(headings.sheet.casefold()) or _shape_of(unmapped, [*found, *constants])


def _shape_of(keys: list[str], found: list[str]) -> Shape | None:
    case_names = _case_names(keys, found)
    voucher_names = {index_of(RecordKind.VOUCHER).get(key) for key in keys}.union(found)
    cases, vouchers = (
        len(case_names & _DISTINCTIVE_COLUMNS[RecordKind.CASE]),
        len(voucher_names & _DISTINCTIVE_COLUMNS[RecordKind.VOUCHER]),
    )
    linked = bool(voucher_names & {"case_ref", "case_id"})
    if cases >= MARKS_ENOUGH and (cases >= vouchers or not linked):
        return _with_vouchers(keys, case_names)
    if vouchers < MARKS_ENOUGH:
        return None
    return Shape.CASES if "debtor_name" in case_names and not linked else Shape.VOUCHERS  # a voucher names its case, no debtor


def _with_vouchers(keys: list[str], case_names: set[str]) -> Shape:
    """Return the shape of a sheet of cases, whose rows may hold vouchers as well."""
    if system_of(keys):  # "voucherDate" of such a system is no column of a flat sheet
        return Shape.CASES
    prefixed = any(name.startswith(FLAT_PREFIX) for name in case_names) or any(map(_is_flat_property, keys))
    return Shape.FLAT if prefixed else Shape.CASES


def _case_names(keys: list[str], found: list[str]) -> set[str]:
    """Return what the headings mean in a sheet of cases.

    Weak names count only besides ``MARKS_ENOUGH`` certain ones, and only if they are not certain names of a voucher.
    """
    system = system_of(keys)
    known = {**(system.case if system else {}), **flat_index()}
    names = {name for key in keys if (name := known.get(key))}.union(found)
    weak = {name for key in keys if key not in index_of(RecordKind.VOUCHER) and (name := weak_index(RecordKind.CASE).get(key))}
    return names | weak if len(names) >= MARKS_ENOUGH else names


def _is_flat_property(key: str) -> bool:
    return key.startswith(header_key(FLAT_PREFIX + PROPERTY_PREFIX))


def _kind(shape: Shape, name: str) -> RecordKind:
    if shape is Shape.FLAT:
        return RecordKind.CASE if name in index_of(RecordKind.CASE).values() else RecordKind.VOUCHER
    return RecordKind.CASE if shape is Shape.CASES else RecordKind.VOUCHER


def column_in(shape: Shape, name: str) -> Column:
    """Return the column that a name means in a sheet of this shape."""
    kind = _kind(shape, name)
    if kind is RecordKind.VOUCHER and shape is Shape.FLAT:
        for known in columns_of(RecordKind.VOUCHER):
            if flat_name(known.name) == name:
                return known
        return column(kind, name.removeprefix(FLAT_PREFIX))
    return column(kind, name)
