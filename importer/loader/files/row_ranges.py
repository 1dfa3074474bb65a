"""Rows of a sheet as ranges, such as the hidden ones: a million of them may be one range."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(slots=True)
class RowRanges:
    """Rows by the numbers that Excel shows. They are added in any order; overlapping ranges are joined by `close`."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    _firsts: list[int] = field(default_factory=list, compare=False)

    def add(self, first: int, last: int | None = None) -> None:
        """Add a row, or the rows from ``first`` to ``last``."""
        end = first if last is None else last
        if self.ranges and self.ranges[-1][1] == first - 1:
            self.ranges[-1] = self.ranges[-1][0], end
        else:
            self.ranges.append((first, end))

    def close(self) -> None:
        """Sort and join the ranges. Call this once, after the last row and before any look-up."""
        joined: list[tuple[int, int]] = []
        for first, last in sorted(self.ranges):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = joined[-1][0], max(last, joined[-1][1])
            else:
                joined.append((first, last))
        self.ranges, self._firsts = joined, [first for first, _ in joined]

    def __contains__(self, row: int) -> bool:
        at = bisect_right(self._firsts, row) - 1
        return at >= 0 and row <= self.ranges[at][1]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        """The number of rows."""
        return sum(last - first + 1 for first, last in self.ranges)
