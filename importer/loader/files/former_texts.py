"""The cells of a delimited text that earlier releases read with the guards and spaces that are taken off now.

Such a cell keeps how it was read, so that the ledger finds its row again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from importer.domain.cells import Cell
from importer.domain.special_cells import ReadBetter
from importer.loader.files.dialect import Dialect
from importer.loader.files.text_scan import GUARD, without_guard


def with_spaces_held(cells: list[str], lines: Sequence[str], dialect: Dialect) -> list[str]:
    """Return the cells of a row, those from which spaces are taken off with how they were read before.

    ``lines`` are those of the row. If these made other cells before, the values were in other columns, and the cells are plain.
    """
    former: list[str] = next(replace(dialect, skip_space=False).records(lines, strict=False), [])
    if len(former) != len(cells):
        return cells
    return [cell if cell == held else ReadBetter(cell, held) for cell, held in zip(cells, former, strict=True)]


def without_guards(cells: Iterable[str]) -> list[str]:
    """Return the cells of a row without the guards of Excel (``="00123"``), each with how it was read before."""
    return [_without_guard(cell) if GUARD in cell else cell for cell in cells]


def _without_guard(cell: str) -> str:
    bare = without_guard(cell)
    if bare == cell:
        return cell
    return ReadBetter(bare, cell.held if isinstance(cell, ReadBetter) else cell)


def as_read_now(rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield rows without how their cells were read before."""
    for number, cells in rows:
        yield number, [cell.text if isinstance(cell, ReadBetter) else cell for cell in cells]
