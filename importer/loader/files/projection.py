"""Looking at some of a sheet's columns only, without reading the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from importer.domain.records import Cell

Looked: TypeAlias = Iterator[tuple[int, Sequence[Cell]]]
Look: TypeAlias = Callable[[Sequence[int]], Looked]
"""From a sheet's top, at these positions: row numbers, and the cells there (None or empty where a row has none)."""


def look_through(rows: Iterable[tuple[int, Sequence[Cell]]], positions: Sequence[int]) -> Looked:
    """Whole rows cut down to the cells at ``positions``."""
    for number, cells in rows:
        width = len(cells)
        yield number, [cells[p] if p < width else None for p in positions]


def picker(positions: Sequence[int]) -> Callable[[Sequence[Cell]], Sequence[Cell]]:
    """What takes the cells at ``positions`` out of a row that is long enough for it: all of them in one step."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda cells: [cells[position] for position in positions]
