"""Find the headings of a report: one row, or two rows whose cells make up the headings together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from importer.domain.cells import Cell
from importer.loader.files.projection import NumberedRow
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.grouped.ages import is_age
from importer.loader.sheets.grouped.columns import is_report_heading
from importer.loader.sheets.header import HEADINGS_ENOUGH, LOOK_AHEAD, headings_in
from importer.loader.values.parsers import is_blank


@dataclass(frozen=True)
class HeadingRows:
    """The rows of the headings: ``first`` and ``last`` as Excel numbers them, alike for a single row, and the headings."""

    first: int
    last: int
    header: tuple[str, ...]
    width: int
    """The number of cells in the row, empty ones at the end included."""


def find_headings(rows: Sequence[NumberedRow], header_row: int | None) -> HeadingRows | None:
    """Return the first row, or pair of rows, with enough known headings among the first rows; None if there is none.

    ``header_row`` is the one that a profile names.
    """
    for row, below in zip_longest(rows[:LOOK_AHEAD], rows[1:LOOK_AHEAD]):
        if row is None or header_row not in (None, row[0]):
            continue
        if (found := _headings_of(row, below, is_named=header_row is not None)) is not None:
            return found
    return None


def _headings_of(row: NumberedRow, below: NumberedRow | None, *, is_named: bool) -> HeadingRows | None:
    """Return the headings in a row, or in it and the row below it together; None if there are none."""
    number, cells = row
    header = headings_in(cells)
    known = _known(header)
    both = _with_second_line(number, header, below)
    if both is not None and below is not None:
        alone = max(known, _known(headings_in(below[1])), HEADINGS_ENOUGH - 1)
        if _known(both.header) > alone:
            return both
    is_header = is_named or (known >= HEADINGS_ENOUGH and not _is_data(cells))
    return HeadingRows(number, number, header, len(cells)) if is_header else None


def _with_second_line(number: int, header: tuple[str, ...], below: NumberedRow | None) -> HeadingRows | None:
    """Return the headings of a row and the next one together, if the next one may be their second line."""
    if below is None or below[0] != number + 1 or len(header) < HEADINGS_ENOUGH or _is_data(below[1]):
        return None
    second = headings_in(below[1])
    if not any(second) or (sum(map(bool, second)) * 2 < sum(map(bool, header)) and _known(second)):
        return None
    width = max(len(header), len(second))
    lines = [(*line, *[""] * (width - len(line))) for line in (header, second)]
    return HeadingRows(number, below[0], tuple(map(_joined, *lines)), max(width, len(below[1])))


def _joined(first: str, second: str) -> str:
    """Join the two lines of a heading: ``Rechnungs-`` and ``nummer`` are one word."""
    if first.endswith("-") and second[:1].islower():
        return first[:-1] + second
    return f"{first} {second}".strip()


def _known(header: Sequence[str]) -> int:
    return len({heading.casefold() for heading in header if is_report_heading(heading)})


def _is_data(cells: Sequence[Cell]) -> bool:
    """Return whether a row has numbers or dates beside its texts, which no row of headings has. Ages are headings."""
    filled = [cell for cell in cells if not is_blank(cell) and not is_age(cell)]
    return any(may_be_number(cell) or may_be_date(cell) for cell in filled)
