"""Bounds on what a few bytes of a file may stand for: repeated cells, counted blanks, texts that many cells share.

A parser writes all of it out. What a file may repeat therefore depends on what it holds itself.
"""

from __future__ import annotations

from collections.abc import Mapping

REPEATED_CELLS = 1_000_000
"""Cells that a workbook may have by repetition alone; each takes about 100 bytes in the parser."""

REPEATED_TEXT = 64 << 20
"""Characters that a workbook may have by repetition alone."""

FACTOR = 20
"""Cells and characters beyond that for each one in the file itself. Ordinary sheets stay below 5."""


def may_repeat_cells(cells: int, own: int) -> bool:
    """Return whether a workbook with ``own`` cells in the file may have ``cells`` in all."""
    return cells <= REPEATED_CELLS + FACTOR * own


def most_text(own: int) -> int:
    """Return the most characters of a workbook, or of a sheet that is read by itself, that has ``own`` in the file."""
    return REPEATED_TEXT + FACTOR * own


def count_in(attributes: Mapping[str, str], name: str) -> int:
    """Return a count in an attribute of this name, with any prefix; 1 without it. A plus sign is read as a parser may read it."""
    most = 1
    for key, value in attributes.items():
        if key.endswith(name) and key.rpartition(":")[2] == name:
            digits = value.strip().removeprefix("+")
            if digits.isascii() and digits.isdecimal():
                most = max(most, int(digits.lstrip("0")[:18] or 0))  # 18 digits are above every limit
    return most
