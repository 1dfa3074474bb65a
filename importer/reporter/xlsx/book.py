"""The interface of both workbook writers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

from importer.domain.cells import Cell

FormatOf = Callable[[str, int], Any]
"""Returns the format for a number format (empty: none) and a column; None is Excel's default."""


class OutputSheet(Protocol):
    """A sheet whose rows are written from top to bottom."""

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row`` (counted from 0) after all rows above it. Raises OSError if the disk is full.

        ``format_of`` is called for the ``coloured`` columns; of the others only dates and times have a format.
        """

    def freeze_panes(self, row: int, column: int) -> Any:
        """Keep the rows above ``row`` and the columns left of ``column`` visible. Both are counted from 0."""

    def set_column(self, first: int, last: int, width: float) -> Any:
        """Set the width of columns ``first`` to ``last`` (counted from 0), in characters of Excel's default font."""

    def write_comment(self, row: int, column: int, text: str, options: dict[str, Any]) -> Any:
        """Attach a note to a cell (counted from 0). ``options`` are those of XlsxWriter."""

    def data_validation(self, first_row: int, first_column: int, last_row: int, last_column: int, options: dict[str, Any]) -> Any:
        """Offer values in cells (counted from 0). ``options`` are those of XlsxWriter."""


class OutputBook(Protocol):
    """A workbook, whose file exists once it is closed."""

    def set_created(self, moment: datetime) -> None:
        """Set the time of creation (UTC) that the workbook shows. Without it, equal workbooks have different bytes."""

    def add_format(self, properties: dict[str, Any]) -> Any:
        """Return a format with these properties of XlsxWriter."""

    def add_sheet(self, name: str) -> OutputSheet:
        """Append a sheet. Its name must be valid in Excel and new in the workbook, regardless of capitals."""

    def close(self) -> None:
        """Write the workbook. Raises OSError if it cannot be written."""

    def discard(self) -> None:
        """Discard what was written so far."""
