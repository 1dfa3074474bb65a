"""Looking through a sheet at some of its columns only, without reading the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from importer.rows import Cell

Looked: TypeAlias = Iterator[tuple[int, Sequence[Cell]]]
Look: TypeAlias = Callable[[Sequence[int]], Looked]
"""From a sheet's top, at these positions: row numbers, and the cells there (None or empty where a row has none)."""


def look_through(rows: Iterable[tuple[int, Sequence[Cell]]], positions: Sequence[int]) -> Looked:
    """Whole rows cut down to the cells at ``positions``."""
    for number, cells in rows:
        width = len(cells)
        yield number, [cells[p] if p < width else None for p in positions]
