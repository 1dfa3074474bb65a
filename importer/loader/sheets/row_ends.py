"""Decide whether the rows of a delimited text have more cells than the headings only since each ends in a delimiter."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.cells import Cell
from importer.domain.columns import Column, ValueKind
from importer.domain.text_keys import header_key
from importer.loader.files.projection import ReadColumns
from importer.loader.files.text_layout import TextLayout
from importer.loader.sheets.cell_tests import could_be_named
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.shape import known_keys
from importer.loader.values.text import is_blank

_CONTACTS = ("debtor_email", "debtor_phone")
"""Columns whose cells are known by their form, also in another column."""


def merely_end_in_delimiter(plan: SheetPlan, layout: TextLayout | None, width: int, read_columns: ReadColumns) -> bool:
    """Return whether the cells behind the last heading are empty in every row, and no value is in another column than its own.

    ``width`` is the number of cells in the row of headings. A heading that is missing, or two that are one for lack of the
    delimiter between them, leave a cell behind the last heading as well.
    """
    most = max(width, len(plan.head.header))
    if layout is None or layout.usual_width <= most or any(map(_is_two_headings, plan.unknown)):
        return False
    columns = {place: bound.column for bound in (*plan.case, *plan.voucher) for place in bound.places}
    rows = read_columns(range(layout.usual_width))
    return all(
        all(map(is_blank, cells[most:])) and _are_in_place(columns, cells) for number, cells in rows if number > plan.header_row
    )


def _is_two_headings(heading: str) -> bool:
    key = header_key(heading)
    return any(key[:at] in known_keys() and key[at:] in known_keys() for at in range(1, len(key)))


def _are_in_place(columns: dict[int, Column], cells: Sequence[Cell]) -> bool:
    return all(_is_in_place(column, cells[place]) for place, column in columns.items() if place < len(cells))


def _is_in_place(column: Column, cell: Cell) -> bool:
    """Return whether a cell has the form of its column, and not that of an address or number of a contact."""
    if is_blank(cell):
        return True
    if column.value_kind is ValueKind.TEXT and column.name not in _CONTACTS:
        return not any(could_be_named(name, cell) for name in _CONTACTS)
    return could_be_named(column.name, cell)
