"""A workbook that is written row by row: the interface that both writers have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from importer.domain.cells import Cell

FormatOf = Callable[[str, int], Any]
"""The format for a cell with a number format (empty: none) in a column; None is Excel's own."""


class OutputSheet(Protocol):
    """A sheet that is written from the top down."""

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row`` (counted from 0), after all that stands above it. Raises OSError if there is no room.

        ``coloured`` are the columns to ask ``format_of`` for; of the others only dates and times have a format.
        """

    def freeze_panes(self, row: int, column: int) -> Any: ...

    def set_column(self, first: int, last: int, width: float) -> Any: ...

    def write_comment(self, row: int, column: int, text: str, options: dict[str, Any]) -> Any: ...


class OutputBook(Protocol):
    """A workbook, whose file is there once it is closed."""

    def add_format(self, properties: dict[str, Any]) -> Any: ...

    def add_sheet(self, name: str) -> OutputSheet: ...

    def close(self) -> None:
        """Write the workbook. Raises OSError if it cannot be written."""

    def discard(self) -> None:
        """Drop what was written so far."""
