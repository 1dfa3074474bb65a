"""Columns that a sheet lacks, and that a correction fills in for a row: such as the state of one debtor in the US.

They are named by positions behind those of any sheet. The corrected rows have them as further columns; there, rows in which
nothing was filled in keep the value that the profile or the settings give to all rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell
from importer.domain.columns import Column, Requirement, columns_of, flat_name
from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.domain.text_keys import header_key
from importer.ledger.queries.report_rows import ReportRow
from importer.loader.profile import Profile
from importer.loader.sheets.shape import Shape, name_in

FIRST_ADDED = 20_000
"""The position of the first of these columns: a sheet has at most 16,384."""
CURRENCY = "currency"
"""A column that is not added where all rows have one: the heading of the amounts may name it."""


def _sheet_names(kind: RecordKind, *, flat: bool) -> dict[str, Column]:
    """Return the columns of a kind by their headings in a sheet."""
    is_flat = flat and kind is RecordKind.VOUCHER
    found = {flat_name(one.name) if is_flat else one.name: one for one in columns_of(kind)}
    return {name: one for name, one in found.items() if not (is_flat and one.name == "case_ref")}


ADDABLE = tuple(dict.fromkeys(name for flat in (False, True) for kind in RecordKind for name in _sheet_names(kind, flat=flat)))
"""All columns of our own by the headings that they have in a sheet."""


@dataclass(frozen=True)
class AddedColumn:
    """A column to fill in for a row: its position, its name, the value that all rows have now, and why the row is wrong there."""

    position: int
    name: str
    value: str = ""
    why: str = ""


def position_of(name: str) -> int:
    """Return the position of an added column. Raises ValueError for a name that no column has."""
    return FIRST_ADDED + ADDABLE.index(name)


def name_at(position: int) -> str | None:
    """Return the name of the added column of a position; None for the position of a sheet's own column."""
    at = position - FIRST_ADDED
    return ADDABLE[at] if 0 <= at < len(ADDABLE) else None


def heading_at(head: SheetHead, position: int) -> str:
    """Return the heading of a column of the sheet, or of an added one."""
    return head.header[position] if position < len(head.header) else name_at(position) or ""


def offered(head: SheetHead, row: ReportRow) -> tuple[AddedColumn, ...]:
    """Return what can be filled in for a row: what is required or may be, and what its reasons are about, and no column holds."""
    shown = {**_required(head, row), **_asked(head, row)}
    constants, taken = dict(head.constants), _taken(head)
    found = (AddedColumn(position_of(name), name, constants.get(name, ""), why) for name, why in shown.items())
    return tuple(one for one in found if header_key(one.name) not in taken)


def can_be_added(head: SheetHead, row: ReportRow, position: int) -> bool:
    """Return whether the position is that of an added column that a row of this sheet may have."""
    name = name_at(position)
    known = {one for kind in _kinds(row) for one in _sheet_names(kind, flat=head.flat)}
    return name in known and header_key(str(name)) not in _taken(head)


def _taken(head: SheetHead) -> set[str]:
    """Return the names that columns of the sheet have or fill. What an amount's heading says of a currency stays said."""
    fixed = {CURRENCY} & dict(head.constants).keys()
    return {*map(header_key, head.header), *fixed, *(name for names in head.names for name in (names or "").split())}


def _kinds(row: ReportRow) -> list[RecordKind]:
    return [kind for kind, one in zip(RecordKind, (row.case, row.voucher), strict=True) if one is not None]


def _required(head: SheetHead, row: ReportRow) -> dict[str, str]:
    names = (pair for kind in _kinds(row) for pair in _sheet_names(kind, flat=head.flat).items())
    return {name: "" for name, column in names if column.requirement is not Requirement.OPTIONAL}


def _asked(head: SheetHead, row: ReportRow) -> dict[str, str]:
    """Return the columns that reasons of the row are about, with these reasons."""
    found: dict[str, str] = {}
    for kind, result in zip(RecordKind, (row.case, row.voucher), strict=True):
        own = {column.name: name for name, column in _sheet_names(kind, flat=head.flat).items()}
        for reason in result.reasons if result is not None else ():
            name = own.get(reason.field or "")
            if name is not None:
                found[name] = f"{found[name]} {reason.text()}" if name in found else reason.text()
    return found


# The corrected rows


def extended(head: SheetHead, added: Sequence[str]) -> SheetHead:
    """Return the sheet with further columns of these names behind its own, which have no value for all rows any more."""
    constants = tuple((name, value) for name, value in head.constants if name not in added)
    return replace(head, header=(*head.header, *added), names=(*head.names, *added), constants=constants)


def extended_cells(head: SheetHead, cells: Sequence[Cell], added: Sequence[str], texts: Mapping[int, str]) -> tuple[Cell, ...]:
    """Return the cells of a row with other texts in some positions, and with the added columns behind them."""
    width, constants = len(head.header), dict(head.constants)
    own = [*cells, *[None] * (width - len(cells))]
    behind = [texts.get(position_of(name), constants.get(name)) or None for name in added]
    return (*(texts[at] or None if at in texts else cell for at, cell in enumerate(own[:width])), *behind)


def names_in(positions: Iterable[int]) -> list[str]:
    """Return the names of the added columns among these positions, in the order of their positions."""
    return [name for at in sorted(set(positions)) if (name := name_at(at)) is not None]


def place_in(head: SheetHead, added: Sequence[str], position: int) -> int:
    """Return the place of a column, by its position, in the sheet with the added columns."""
    name = name_at(position)
    return position if name is None else len(head.header) + added.index(name)


def without_constants(profile: Profile, heads: Iterable[SheetHead], added: Collection[str]) -> Profile:
    """Return the profile without the values for all rows of added columns: the cells have them."""
    shapes = [Shape.FLAT] if any(head.flat for head in heads) else [Shape.CASES, Shape.VOUCHERS]
    constants = {
        name: value for name, value in profile.constants.items() if not {name_in(shape, name) for shape in shapes} & set(added)
    }
    return profile.model_copy(update={"constants": constants})
