"""A sheet with its rows, and the layout of the importer's own reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from importer.domain.own_headings import is_own_heading
from importer.domain.records import EXAMPLE_MARK
from importer.loader.files.hidden_parts import HiddenParts
from importer.loader.files.projection import NumberedRow, PeekableRows, ProjectedRows
from importer.loader.files.text_layout import TextLayout
from importer.loader.profile import Profile
from importer.loader.sheets.header import find_header

REPORT_MARK = "#row"  # the heading of the first column of a success or error sheet
SUMMARY_MARK = "#rows"  # that of the summary in the same workbook


class Sheet(Protocol):
    """A sheet that yields its raw rows, header included, each with the number that Excel shows."""

    @property
    def name(self) -> str:
        """The name of the sheet."""

    @property
    def hides(self) -> HiddenParts:
        """The rows and columns that a user does not see."""

    @property
    def layout(self) -> TextLayout | None:
        """How the lines of a delimited text make up its rows; None for any other sheet."""

    def covered(self) -> Collection[int]:
        """Return the rows read so far in which a cell below a merge has a value that was passed over."""

    def formats_in(self, column: int) -> frozenset[str]:
        """Return the number formats of all cells of a column that show something else than their values."""

    def rows(self) -> Iterator[NumberedRow]:
        """Yield the rows that are not empty, from the first one on."""

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows:
        """Return the rows with the cells at these ``positions`` only. Positions are counted from 0."""


@dataclass(frozen=True)
class NamedSheet:
    """A sheet under another name than its own."""

    name: str
    sheet: Sheet

    @property
    def hides(self) -> HiddenParts:
        """The rows and columns of the sheet that a user does not see."""
        return self.sheet.hides

    @property
    def layout(self) -> TextLayout | None:
        """The layout of the sheet."""
        return self.sheet.layout

    def covered(self) -> Collection[int]:
        """Return the rows of the sheet with a value below a merge."""
        return self.sheet.covered()

    def formats_in(self, column: int) -> frozenset[str]:
        """Return the number formats of a column of the sheet."""
        return self.sheet.formats_in(column)

    def rows(self) -> Iterator[NumberedRow]:
        """Yield the rows of the sheet."""
        return self.sheet.rows()

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows:
        """Return the rows of the sheet with the cells at these ``positions`` only."""
        return self.sheet.read_columns(positions)


def is_report_sheet(sheet: Sheet) -> bool:
    """Return whether a sheet belongs to a template or report of the importer: its first heading is one of those (``#row``)."""
    return next((is_own_heading(cells[0]) for _, cells in sheet.rows() if cells), False)


def is_example_sheet(sheet: Sheet) -> bool:
    """Return whether a sheet marks its workbook as the example."""
    return next((cells[0] == EXAMPLE_MARK for _, cells in sheet.rows() if cells), False)


def first_rows(sheet: Sheet, count: int) -> list[NumberedRow]:
    """Return the first ``count`` rows that are not empty, each with the number that Excel shows."""
    return list(islice(sheet.rows(), count))


def with_report_layout(rows: Sequence[NumberedRow], profile: Profile) -> Profile:
    """Return the profile as it applies to a sheet that begins with these rows.

    An error sheet has its header in its first row, whatever the header row of its source.
    """
    if rows and rows[0][1][:1] == (REPORT_MARK,):
        return profile.model_copy(update={"header_row": rows[0][0]})
    return profile


def header_of(sheet: str, rows: Iterable[NumberedRow], profile: Profile) -> tuple[int, tuple[str, ...]]:
    """Return the row number of the header and its trimmed headings. The headings are empty if the sheet is empty.

    Raises FileRefused if the row that the profile names as the header is empty, or if two rows could be the header.
    """
    top = find_header(sheet, PeekableRows(rows), profile)
    return top.row, top.header
