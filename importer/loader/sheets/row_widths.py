"""Tell by the number of its cells whether the values of a row of a delimited text may be in the wrong columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.reasons import Reason
from importer.loader.files.text_layout import TextLayout
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.amounts import read_money
from importer.loader.values.formats import Formats
from importer.loader.values.text import ValueProblem, is_blank

PROVING = frozenset(
    (ValueKind.MONEY, ValueKind.DATE, ValueKind.COUNTRY, ValueKind.CURRENCY, ValueKind.RATE, ValueKind.UUID, ValueKind.CHOICE)
)
"""Kinds of values that are not read from the cell of another column. A text or an identifier may be anything."""

_HUNDREDTHS = re.compile(r"[0-9]\.[0-9]{2}(?![0-9])")
_WITH_POINT = Formats(decimal=".")

_FORMULA = ("=", "+", "-", "@")
_SHARE_OF_SHORT = 4
"""A file leaves out empty cells at the end of its rows if one in so many rows is short, and no row ends in an empty cell."""
_FEWEST_SHORT = 3
_MOST_ALIKE = 0.7
"""Such rows have different widths. If nearly all have the same one, a heading is too many, or a column is missing."""


class RowWidths:
    """Judges the rows of one table by their numbers of cells.

    A delimiter too many or too few in a row shifts its values to other columns. The habits of a file explain other numbers: it
    may leave out empty cells at the end, or end every row with a delimiter. ``ends_in_delimiter``: it does the latter.
    ``width`` is the number of cells in the row of headings.
    """

    def __init__(self, plan: SheetPlan, layout: TextLayout, width: int, *, ends_in_delimiter: bool = False) -> None:
        self._layout, self._ends_in_delimiter = layout, ends_in_delimiter
        self._fewest = len(plan.head.header)
        self._most = max(width, self._fewest)
        columns = [(place, bound.column) for bound in (*plan.case, *plan.voucher) for place in bound.places]
        self._proving = {place for place, column in columns if column.value_kind in PROVING}
        self._identifiers = {place for place, column in columns if column.value_kind is ValueKind.IDENTIFIER}

    def objection(self, number: int, cells: Sequence[Cell], count: int) -> Reason | None:
        """Return why the values of a row may be wrong, or None. ``count`` is the number of its cells in the file."""
        if number in self._layout.swallowing:
            return _may_hold_rows(*self._layout.swallowing[number])
        if number in self._layout.torn:
            return _TORN
        if len(cells) > self._fewest and not all(map(is_blank, cells[self._fewest :])):
            return _TOO_MANY
        if self.is_glued(cells, count):
            return _GLUED
        return _QUOTED if self._has_quoted_identifier(cells) else self._of_width(cells, count)

    def _has_quoted_identifier(self, cells: Sequence[Cell]) -> bool:
        """Return whether a quote is part of a reference or number: without the stray quote it would be another one.

        A formula is rejected as one.
        """
        count = len(cells)
        for at in self._identifiers:  # no generator, because every row of a CSV passes here
            if at < count and isinstance(text := cells[at], str) and '"' in text and not text.startswith(_FORMULA):
                return True
        return False

    def _of_width(self, cells: Sequence[Cell], count: int) -> Reason | None:
        usual = self._layout.usual_width or count
        is_as_headings = count == usual and self._fewest <= count <= self._most
        if is_as_headings or (max(count, usual) <= self._most and self._is_cut(min(count, usual))):
            return None
        if count != usual:
            return _differs(count, usual)
        ends_so = count > self._most and self._ends_in_delimiter
        return _all_differ(count, self._most) if not ends_so and self._has_unproven(cells) else None

    def is_glued(self, cells: Sequence[Cell], count: int) -> bool:
        """Return whether a text of the row holds the values of several columns, as quotes hide the delimiters between them.

        It is the only text of the row, and holds delimiters as often as a row, or delimiters and an amount or a number; or it is
        the last of ``count`` cells, which are too few, and holds as many values as are missing. Prose and dates have commas:
        between them a number must be an amount with decimals, unless they are as many as in a row.
        """
        parts = self._parts(_last_filled(cells))
        if not parts:
            return False
        if sum(not is_blank(cell) for cell in cells) > 1:
            return count < self._fewest <= count - 1 + len(parts) and any(map(may_be_number, parts))
        is_wide = len(parts) >= self._fewest
        if self._layout.delimiter == ",":
            return any(map(may_be_number if is_wide else _is_amount, parts))
        return is_wide or any(map(may_be_number, parts))

    def _parts(self, cell: Cell) -> list[str]:
        """Return the parts of a text between the file's delimiters; none if it has no delimiter."""
        delimiter = self._layout.delimiter
        if not isinstance(cell, str) or delimiter is None or delimiter not in cell:
            return []
        return [part.strip() for part in cell.split(delimiter)]

    def _is_cut(self, width: int) -> bool:
        """Return whether rows have so many cells because the file leaves out empty ones at the end."""
        return not self._layout.open_ended and (self._cuts_rows or width - 1 in self._proving)

    @cached_property
    def _cuts_rows(self) -> bool:
        rows = sum(self._layout.widths.values())
        short = [count for width, count in self._layout.widths.items() if 1 < width < self._fewest]
        return len(short) > 1 and sum(short) >= max(_FEWEST_SHORT, rows / _SHARE_OF_SHORT) and max(short) <= rows * _MOST_ALIKE

    def _has_unproven(self, cells: Sequence[Cell]) -> bool:
        """Return whether a value stands behind the last one that shows its own column."""
        filled = [at for at, cell in enumerate(cells) if not is_blank(cell)]
        proved = max((at for at in filled if at in self._proving), default=-1)
        return any(at > proved for at in filled)


def _last_filled(cells: Sequence[Cell]) -> Cell:
    for cell in reversed(cells):
        if cell is not None and not is_blank(cell):
            return cell
    return None


def _is_amount(text: str) -> bool:
    """Return whether a text is an amount with two decimals behind a point."""
    if not _HUNDREDTHS.search(text):
        return False
    try:
        read_money(text, _WITH_POINT)
    except ValueProblem:
        return False
    return True


_TOO_MANY = Reason("too_many_cells", "The row has more cells than the header. A value probably holds the delimiter")
_GLUED = Reason(
    "glued_row",
    "Values of several columns are in one cell: quotes around them hide the delimiters. Take these quotes away, or write each "
    "value into its column",
)
_TORN = Reason(
    "torn_text",
    'A quote (") of the row opens within a cell and closes at the end of a later one: one text may be in several cells, and '
    "other values in the wrong columns. Put the quotes around the whole text, double those that belong to it, or take them away",
)
_QUOTED = Reason(
    "quote_in_reference",
    'A reference or number of the row holds a quote ("), so that it may be another one. Take the quote away; if quotes enclose '
    'cells in files of this kind, take quote = "" out of the profile if it is there',
)


def _differs(count: int, usual: int) -> Reason:
    return Reason(
        "cells_differ",
        f"The row has {count} cells, and the other rows have {usual}: a delimiter is missing or one too many, so that values may "
        "be in the wrong columns. Write each value into its column",
    )


def _all_differ(count: int, headings: int) -> Reason:
    return Reason(
        "cells_differ",
        f"The rows have {count} cells, and there are {headings} headings: values may be in the wrong columns. Add the "
        "heading or the delimiter that is missing. If every row merely ends with a delimiter, write trailing_delimiter = true "
        "into the profile",
    )


def _may_hold_rows(first: int, last: int) -> Reason:
    return Reason(
        "rows_in_a_cell",
        f"A cell of the row (from line {first:,} to line {last:,} of the file) holds delimiters as rows do. Other rows may be in "
        "it: check the quotes there, and import the rows that are in it as rows of their own. If it is one text, write it "
        "without line ends",
    )


def row_widths(plan: SheetPlan, layout: TextLayout | None, header_cells: int, *, ends_in_delimiter: bool) -> RowWidths | None:
    """Return the judge of the widths of a delimited text; None for a workbook, whose cells have their places."""
    return RowWidths(plan, layout, header_cells, ends_in_delimiter=ends_in_delimiter) if layout else None
