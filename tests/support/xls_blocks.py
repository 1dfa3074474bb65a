"""Workbooks of Excel 97 (.xls) whose rows and cells are stored in other orders and blocks than xlwt writes them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import xlwt
from xlrd.compdoc import CompDoc
from xlwt.CompoundDoc import XlsDoc

_BOF, _EOF, _BOUNDSHEET, _DIMENSIONS = 0x809, 0x0A, 0x85, 0x200
_ROW, _DBCELL, _INDEX = 0x208, 0xD7, 0x20B
_BLANK, _MULBLANK, _NUMBER, _LABELSST, _RK, _MULRK, _BOOLERR = 0x201, 0xBE, 0x203, 0xFD, 0x27E, 0xBD, 0x205
_CELLS = frozenset((_BLANK, _MULBLANK, _NUMBER, _LABELSST, _RK, _MULRK, _BOOLERR))


class Record(NamedTuple):
    """A record of a workbook. ``row`` and ``column`` count from 0; they are -1 where it has none."""

    kind: int
    content: bytes

    @property
    def row(self) -> int:
        """The row of a cell or of a row's own record."""
        return int(struct.unpack_from("<H", self.content)[0]) if self.kind in _CELLS or self.kind == _ROW else -1

    @property
    def column(self) -> int:
        """The first column of a cell."""
        return int(struct.unpack_from("<H", self.content, 2)[0]) if self.kind in _CELLS else -1

    def packed(self) -> bytes:
        """The record as it is in the file."""
        return struct.pack("<HH", self.kind, len(self.content)) + self.content


Layout = Callable[[Sequence[Record], Sequence[Record]], Iterable[Record]]
"""Puts the records of the rows and those of the cells of a sheet, both in ascending order, into another order."""


def write_xls(path: Path, rows: Sequence[Sequence[object]], layout: Layout, *, dimensions: bytes | None = None) -> Path:
    """Write a sheet by xlwt, and arrange its records again. Rows without a cell are left out.

    ``dimensions`` replaces what the sheet says of its size.
    """
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    data = io.BytesIO()
    book.save(data)
    stream = _workbook_stream(data.getvalue())
    start = _start_of_sheet(stream)
    changed = stream[:start] + b"".join(one.packed() for one in _arranged(_records(stream[start:]), layout, dimensions))
    with path.open("wb") as file:
        XlsDoc().save(file, changed)
    return path


def _workbook_stream(data: bytes) -> bytes:
    memory, base, size = CompDoc(data, logfile=io.StringIO()).locate_named_stream("Workbook")
    return bytes(memory[base : base + size])


def _records(stream: bytes) -> Iterator[Record]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield Record(kind, stream[at + 4 : at + 4 + length])
        at += 4 + length
        if kind == _EOF:
            return


def _start_of_sheet(stream: bytes) -> int:
    listed = next(one for one in _records(stream) if one.kind == _BOUNDSHEET)
    return int(struct.unpack_from("<I", listed.content)[0])


def _arranged(records: Iterable[Record], layout: Layout, dimensions: bytes | None) -> Iterator[Record]:
    kept = [one for one in records if one.kind not in (_DBCELL, _INDEX)]
    cells = [one for one in kept if one.kind in _CELLS]
    filled = {one.row for one in cells}
    rows = [one for one in kept if one.kind == _ROW and one.row in filled]
    is_placed = False
    for one in kept:
        if one.kind == _ROW or one.kind in _CELLS:
            if not is_placed:
                is_placed = True
                yield from layout(rows, sorted(cells, key=lambda cell: (cell.row, cell.column)))
        elif one.kind == _DIMENSIONS and dimensions is not None:
            yield Record(_DIMENSIONS, dimensions)
        else:
            yield one


def blocks_of(count: int) -> Layout:
    """Return the layout of blocks of ``count`` rows: their records, their cells, and the offsets of both (DBCELL)."""

    def layout(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
        for start in range(0, len(rows), count):
            block = rows[start : start + count]
            inside = [cell for cell in cells if block[0].row <= cell.row <= block[-1].row]
            yield from block
            yield from inside
            yield _offsets(block, inside)

    return layout


def _offsets(rows: Sequence[Record], cells: Sequence[Record]) -> Record:
    """Return the record of a block's offsets: back to its first row, and from row to row to their first cells."""
    sizes = [sum(len(cell.packed()) for cell in found) for _, found in groupby(cells, key=lambda cell: cell.row)]
    of_rows = sum(len(row.packed()) for row in rows)
    steps = [of_rows - len(rows[0].packed()), *sizes[:-1]]
    return Record(_DBCELL, struct.pack(f"<I{len(steps)}H", of_rows + sum(sizes), *steps))


def rows_first(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Put the records of all rows before all cells, without offsets."""
    yield from rows
    yield from cells


def without_rows(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Leave out the records of the rows, as some programs do."""
    del rows
    yield from cells


def rows_descending(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Put the last row first, each row before its cells."""
    for row in reversed(rows):
        yield row
        yield from (cell for cell in cells if cell.row == row.row)


def by_columns(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Put all cells of a column before those of the next one."""
    yield from rows
    yield from sorted(cells, key=lambda cell: (cell.column, cell.row))


def cells_before_rows(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Put the cells before the records of their rows."""
    yield from cells
    yield from rows


def joined_numbers(rows: Sequence[Record], cells: Sequence[Record]) -> Iterator[Record]:
    """Put adjacent numbers of a row into one record (MULRK), and every other block of 16 rows before the one above it."""
    blocks = [list(found) for _, found in groupby(cells, key=lambda cell: cell.row // 16)]
    for pair in (blocks[at : at + 2] for at in range(0, len(blocks), 2)):
        for block in reversed(pair):
            yield from (row for row in rows if row.row // 16 == block[0].row // 16)
            yield from _joined(block)


def _joined(cells: Iterable[Record]) -> Iterator[Record]:
    for _, found in groupby(enumerate(cells), key=lambda one: (one[1].kind, one[1].row, one[1].column - one[0])):
        run = [cell for _, cell in found]
        if run[0].kind == _RK and len(run) > 1:
            numbers = b"".join(cell.content[4:] for cell in run)
            yield Record(_MULRK, struct.pack("<HH", run[0].row, run[0].column) + numbers + struct.pack("<H", run[-1].column))
        else:
            yield from run


def kinds_in(path: Path) -> set[int]:
    """Return the kinds of the records of a workbook's sheet."""
    stream = _workbook_stream(path.read_bytes())
    return {one.kind for one in _records(stream[_start_of_sheet(stream) :])}
