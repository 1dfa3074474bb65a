"""A sheet with its rows, and what our own reports add to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from importer.loader.files.projection import NumberedRow, PeekableRows, ProjectedRows
from importer.loader.profile import Profile
from importer.loader.sheets.header import find_header

REPORT_MARK = "#row"  # what the first column of a success or error sheet is called


class Sheet(Protocol):
    """Raw rows from the first one on, header included, each with the number that Excel shows."""

    @property
    def name(self) -> str: ...

    def rows(self) -> Iterator[NumberedRow]: ...

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows: ...


def is_report_sheet(sheet: Sheet) -> bool:
    """Whether it is a sheet of our own templates or reports: its first heading begins with ``#``; nothing is said of it."""
    return next((str(cells[0]).startswith("#") for _, cells in sheet.rows() if cells), False)


def first_rows(sheet: Sheet, count: int) -> list[NumberedRow]:
    """The first rows that are not empty, each with the number that Excel shows."""
    return list(islice(sheet.rows(), count))


def with_report_layout(rows: Sequence[NumberedRow], profile: Profile) -> Profile:
    """The profile as it applies to a sheet that begins with these rows.

    An error sheet has its header in its first row, wherever its source had it.
    """
    if rows and rows[0][1][:1] == (REPORT_MARK,):
        return profile.model_copy(update={"header_row": rows[0][0]})
    return profile


def header_of(sheet: str, rows: Iterable[NumberedRow], profile: Profile) -> tuple[int, tuple[str, ...]]:
    """The header's row number and its headings, trimmed; none if the sheet is empty.

    Raises FileRefused if the row that the profile names as the header is empty, or if two rows could be the header.
    """
    top = find_header(sheet, PeekableRows(rows), profile)
    return top.row, top.header
