"""Cells that a merge covers: no program shows what they hold, so that it is read only if the profile asks for it."""

from __future__ import annotations

import re
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass, field

from importer.domain.cells import Cell
from importer.domain.special_cells import ReadBetter
from importer.errors import FileRefused
from importer.loader.files.cell_references import column_number

MAX_COVERED_ROWS = 20_000_000
"""Rows that all merges of a sheet may have together. A sheet whose every row has one has a million."""

_RANGE = re.compile(r"\$?([A-Za-z]{0,3})\$?([0-9]{0,7})(?::\$?([A-Za-z]{0,3})\$?([0-9]{0,7}))?")
_LAST_ROW, _LAST_COLUMN = 1_048_575, 16_383

Rectangle = tuple[int, int, int, int]
"""Top, left, bottom and right, all counted from 0 and included."""


@dataclass(slots=True)
class CoveredCells:
    """The covered cells of a sheet as rectangles, without the first cell of each merge, which is the one that is seen."""

    rectangles: list[Rectangle] = field(default_factory=list)

    def add_merge(self, top: int, left: int, bottom: int, right: int) -> None:
        """Add a merge: all its cells but the first."""
        if right > left:
            self.rectangles.append((top, left + 1, top, right))
        if bottom > top:
            self.rectangles.append((top + 1, left, bottom, right))

    def add_reference(self, reference: str) -> None:
        """Add a merge by its reference: ``A1:B2``, or whole columns or rows. What is no reference covers nothing."""
        found = _RANGE.fullmatch(reference.strip())
        left, top, right, bottom = found.groups("") if found else ("", "", "", "")
        if (left or top) and (right or bottom):
            first = _place(left, top, (0, 0))
            last = _place(right, bottom, (_LAST_ROW, _LAST_COLUMN))
            if min(*first, *last) >= 0:
                self.add_merge(*first, *last)

    def close(self, name: str, sheet: str, rows: int) -> None:
        """Sort the rectangles and cut them off after the last of ``rows``. Raises FileRefused for merges without a measure."""
        inside = [(top, left, min(bottom, rows - 1), right) for top, left, bottom, right in self.rectangles if top < rows]
        self.rectangles = sorted(inside)
        if sum(bottom - top + 1 for top, _, bottom, _ in inside) > MAX_COVERED_ROWS:
            raise FileRefused(f"{name}, sheet {sheet!r}, merges more cells than any sheet has. Take the merges out of it.")


def _place(letters: str, digits: str, usual: tuple[int, int]) -> tuple[int, int]:
    """Return the row and column of one end of a range, counted from 0; ``usual`` where one is not named."""
    return int(digits) - 1 if digits else usual[0], column_number(letters) - 1 if letters else usual[1]


class CoverSweep:
    """Empties the covered cells of rows that come in ascending order."""

    def __init__(self, covered: CoveredCells) -> None:
        self._rectangles, self._next = covered.rectangles, 0
        self._active: list[Rectangle] = []

    def empty(self, row: int, values: MutableSequence[Cell]) -> bool:
        """Empty the covered cells of a row in place, which begins in column A; return whether one of them had a value.

        Such a cell keeps what it holds as that which earlier releases read, so that the ledger recognizes the row.
        """
        had_value = False
        for left, right in self._of_row(row):
            for at in range(left, min(right + 1, len(values))):
                had_value = had_value or values[at] not in (None, "")
                values[at] = None if values[at] is None else ReadBetter("", values[at])
        return had_value

    def emptied(self, row: int, values: Sequence[Cell], positions: Sequence[int]) -> Sequence[Cell]:
        """Return the cells of a row at these positions, None where one is covered."""
        covered = self._of_row(row)
        if not covered:
            return values
        pairs = zip(values, positions, strict=True)
        return [None if any(left <= at <= right for left, right in covered) else value for value, at in pairs]

    def _of_row(self, row: int) -> list[tuple[int, int]]:
        while self._next < len(self._rectangles) and self._rectangles[self._next][0] <= row:
            self._active.append(self._rectangles[self._next])
            self._next += 1
        self._active = [one for one in self._active if one[2] >= row]
        return [(left, right) for _, left, _, right in self._active]
