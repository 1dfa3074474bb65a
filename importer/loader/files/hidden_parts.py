"""The rows and columns of a sheet that a user who looks at it does not see."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.loader.files.row_ranges import RowRanges


@dataclass(frozen=True, slots=True)
class HiddenParts:
    """The hidden rows of a sheet, also those that a filter hides, and its hidden columns as (first, last) from 1."""

    rows: RowRanges = field(default_factory=RowRanges)
    columns: tuple[tuple[int, int], ...] = ()

    def hides_column(self, position: int) -> bool:
        """Return whether the column at a position, counted from 0, is hidden."""
        return any(first <= position + 1 <= last for first, last in self.columns)


NOTHING_HIDDEN = HiddenParts()
