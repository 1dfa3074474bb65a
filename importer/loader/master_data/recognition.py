"""Recognise a sheet of master data: it has customer numbers, names and other columns of debtors, and nothing of a claim."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind, column, index_of
from importer.domain.kinds import RecordKind
from importer.domain.own_headings import is_own_heading
from importer.domain.personal_numbers.headings import number_heading
from importer.domain.row_states import StateColumn, columns_for, state_key
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.files.projection import PeekableRows
from importer.loader.joins.composed import Composed
from importer.loader.profile import NO_PROFILE, MasterDataRules
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.compositions import Compositions, JoinCertainty
from importer.loader.sheets.header import SheetHeader, find_header
from importer.loader.sheets.heading_matches import HeadingMatches, SheetHeadings
from importer.loader.sheets.headings import read_headings
from importer.loader.sheets.joined_columns import ColumnsFilled, composed_by_headings
from importer.loader.sheets.shape import Shape, holds_money, known_key
from importer.loader.sheets.sheet import Sheet
from importer.loader.values.parsers import display_text, is_blank

DEBTOR = "debtor_"
"""How the names of the columns begin that master data can complete."""
_OF_A_CLAIM = frozenset(
    {"amount_to_recover", "currency", "date", "due_date", "creditor_reference", "case_ref", "claim_description"}
)
NO_RULES = MasterDataRules()


@dataclass(frozen=True)
class MasterColumns:
    """The columns of a sheet of master data: its header, the position of the customer number, and what fills which column.

    ``places`` are positions by canonical name, ``composed`` the columns that are joined or split from several cells.
    """

    top: SheetHeader
    key: int
    places: Mapping[str, int]
    composed: Mapping[str, Composed]

    def is_enough(self, *, is_said: bool) -> bool:
        """Return whether the columns make master data: names and another column, if nobody has said that they do."""
        names = {*self.places, *self.composed}
        return bool(names) and (is_said or ("debtor_name" in names and len(names) > 1))

    def headings(self) -> dict[str, str]:
        """Return the heading of each column that the sheet fills."""
        header = self.top.header
        joined = {name: " + ".join(header[at] for at in one.places) for name, one in self.composed.items()}
        return {name: header[at] for name, at in self.places.items()} | joined


def customer_number_positions(header: Iterable[str]) -> list[int]:
    """Return the positions of the headings that surely mean customer numbers."""
    return [at for at, heading in enumerate(header) if StateColumn.CUSTOMER_NUMBER in columns_for(state_key(heading))]


def position_of_number(header: tuple[str, ...], heading: str | None) -> int | None:
    """Return the position of the customer numbers: of this heading, else of the only one that surely means them."""
    if heading is not None:
        wanted = header_key(heading)
        return next((at for at, one in enumerate(header) if header_key(one) == wanted), None)
    found = customer_number_positions(header)
    return found[0] if len(found) == 1 else None


def master_columns(
    sheet: Sheet, rows: PeekableRows, rules: MasterDataRules = NO_RULES, *, is_named: bool = False
) -> MasterColumns | None:
    """Return the columns of a sheet of master data, None if it is none. The next row of ``rows`` is then its first one.

    ``rules`` name its key and columns. ``is_named``: a person has said that the sheet holds master data, whatever else it holds.
    """
    top = _header(sheet, rows)
    key = position_of_number(top.header, rules.key) if top else None
    if top is None or key is None:
        return None
    mapped = {header_key(heading): [name] for heading, name in rules.columns.items()}
    headings = SheetHeadings(sheet.name, top.header, mapped, frozenset({header_key(top.header[key])}), top.around)
    matches = read_headings(headings, Shape.CASES, ())
    if not is_named and (_is_of_claims(top.header, matches) or _may_hold_amounts(headings, matches)):
        return None
    composed = _composed(headings, matches)
    found = MasterColumns(top, key, _places(matches, composed), composed)
    return found if found.is_enough(is_said=is_named or rules.says_columns) else None


def _places(matches: HeadingMatches, composed: Container[str]) -> dict[str, int]:
    """Return the positions of the columns of debtors that one heading fills."""
    filled = ((name, at) for at, names in enumerate(matches.names) for name in names)
    return {name: at for name, at in filled if name.startswith(DEBTOR) and name not in composed}


def _header(sheet: Sheet, rows: PeekableRows) -> SheetHeader | None:
    """Return the header of a sheet; None if it has none, or is a sheet of the importer's own reports."""
    try:
        top = find_header(sheet.name, rows, NO_PROFILE)
    except FileRefused:  # whatever it is: the loader says what is wrong with it
        return None
    return top if top.header and not is_own_heading(top.header[0]) else None


def _composed(headings: SheetHeadings, matches: HeadingMatches) -> dict[str, Composed]:
    """Return the columns that are surely joined or split from several cells."""
    by_hand = frozenset(name for names in headings.mapped.values() for name in names)
    found = composed_by_headings(headings, ColumnsFilled(matches.names, by_hand, frozenset()))
    sure = Compositions(tuple(one for one in found if one.certainty is JoinCertainty.SURE))
    return {name: one for name, one in sure.fills().items() if name.startswith(DEBTOR)}


def _is_of_claims(header: tuple[str, ...], matches: HeadingMatches) -> bool:
    """Return whether a heading is one of claims or vouchers: an amount, a date, an invoice number."""
    if _OF_A_CLAIM & matches.present() or matches.currency is not None:
        return True
    vouchers = index_of(RecordKind.VOUCHER)
    return any(holds_money(known_key(heading)) or _is_date(vouchers.get(header_key(heading))) for heading in header if heading)


def _may_hold_amounts(headings: SheetHeadings, matches: HeadingMatches) -> bool:
    """Return whether below an unknown heading there are dates or numbers that may be amounts: the sheet may be a list."""
    unknown = (at for at in headings.unmatched(matches) if headings.free(at) and not number_heading(headings.header[at]))
    columns = ([cell for cell in headings.cells(at) if not is_blank(cell)] for at in unknown)
    return any(cells and (all(map(may_be_date, cells)) or _are_amounts(cells)) for cells in columns)


def _are_amounts(cells: Sequence[Cell]) -> bool:
    """Return whether all cells are numbers that may be amounts: neither short codes nor numbers of eight digits and more."""
    if not all(map(may_be_number, cells)):
        return False
    texts = [display_text(cell) for cell in cells]
    return not all(len(text) <= _CODE and text.isdecimal() for text in texts) and not all(
        len(text) >= _LONG and text.isdecimal() for text in texts
    )


_CODE, _LONG = 2, 8
"""Digits of a code such as a group or a term of payment at most, and of a number such as an EAN at least."""


def _is_date(name: str | None) -> bool:
    return name is not None and column(RecordKind.VOUCHER, name).value_kind is ValueKind.DATE
