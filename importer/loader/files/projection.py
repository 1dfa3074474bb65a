"""Rows of a sheet reduced to some of its columns, and rows that can be peeked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from importer.domain.cells import Cell

ProjectedRows: TypeAlias = Iterator[tuple[int, Sequence[Cell]]]
ReadColumns: TypeAlias = Callable[[Sequence[int]], ProjectedRows]
"""Reads a sheet from its top: positions in; row numbers and the cells at these positions out (None where a row has no cell)."""


def project(rows: Iterable[tuple[int, Sequence[Cell]]], positions: Sequence[int]) -> ProjectedRows:
    """Reduce whole rows to the cells at ``positions``."""
    for number, cells in rows:
        width = len(cells)
        yield number, [cells[p] if p < width else None for p in positions]


def itemgetter_for(positions: Sequence[int]) -> Callable[[Sequence[Cell]], Sequence[Cell]]:
    """Return a function that takes the cells at ``positions`` from a row; the row must reach to the last of them."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda cells: [cells[position] for position in positions]


NumberedRow = tuple[int, tuple[Cell, ...]]


class PeekableRows(Iterator[NumberedRow]):
    """An iterator over the rows of a sheet that can return the next rows without consuming them."""

    def __init__(self, rows: Iterable[NumberedRow]) -> None:
        self._rows = iter(rows)
        self._front: deque[NumberedRow] = deque()
        self.taken = 0
        """The number of rows that were consumed."""

    def __next__(self) -> NumberedRow:
        row = self._front.popleft() if self._front else next(self._rows)
        self.taken += 1
        return row

    def peek(self, count: int) -> list[NumberedRow]:
        """Return the next rows, at most ``count``, without consuming them."""
        while len(self._front) < count and (row := next(self._rows, None)) is not None:
            self._front.append(row)
        return list(self._front)[:count]
