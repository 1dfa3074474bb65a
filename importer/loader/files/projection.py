"""Looking at some of a sheet's columns only, without reading the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from importer.domain.cells import Cell

ProjectedRows: TypeAlias = Iterator[tuple[int, Sequence[Cell]]]
ReadColumns: TypeAlias = Callable[[Sequence[int]], ProjectedRows]
"""From a sheet's top, at these positions: row numbers, and the cells there (None or empty where a row has none)."""


def project(rows: Iterable[tuple[int, Sequence[Cell]]], positions: Sequence[int]) -> ProjectedRows:
    """Whole rows cut down to the cells at ``positions``."""
    for number, cells in rows:
        width = len(cells)
        yield number, [cells[p] if p < width else None for p in positions]


def itemgetter_for(positions: Sequence[int]) -> Callable[[Sequence[Cell]], Sequence[Cell]]:
    """What takes the cells at ``positions`` out of a row that is long enough for it: all of them in one step."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda cells: [cells[position] for position in positions]


NumberedRow = tuple[int, tuple[Cell, ...]]


class PeekableRows(Iterator[NumberedRow]):
    """The rows of a sheet, of which some can be looked at before they are taken."""

    def __init__(self, rows: Iterable[NumberedRow]) -> None:
        self._rows = iter(rows)
        self._front: deque[NumberedRow] = deque()

    def __next__(self) -> NumberedRow:
        return self._front.popleft() if self._front else next(self._rows)

    def peek(self, count: int) -> list[NumberedRow]:
        """The next rows, at most ``count``, left where they are."""
        while len(self._front) < count and (row := next(self._rows, None)) is not None:
            self._front.append(row)
        return list(self._front)[:count]
