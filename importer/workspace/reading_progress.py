"""How far the reading of a source is: a large one takes minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from importer.domain.records import LoadedRow

EVERY_ROWS = 500
"""How many rows are read between two reports."""

ReadingShown = Callable[[str, int, bool], None]
"""Takes the name of the source, the rows that were read of it, and whether these are all."""


def shown_to_nobody(name: str, rows: int, is_all: bool) -> None:  # noqa: FBT001  (a plain report)
    """Leave a report out."""
    del name, rows, is_all


def counted(name: str, rows: Iterator[LoadedRow], shown: ReadingShown) -> Iterator[LoadedRow]:
    """Yield the rows of a source, and report how many there were: at the beginning, from time to time, and at the end."""
    count = 0
    shown(name, count, False)
    for row in rows:
        yield row
        count += 1
        if count % EVERY_ROWS == 0:
            shown(name, count, False)
    shown(name, count, True)
