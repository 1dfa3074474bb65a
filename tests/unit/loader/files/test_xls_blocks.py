"""Old workbooks whose rows and cells lie in odd but legal blocks are read whole, each cell in its place."""

from __future__ import annotations

import struct

import pytest
from support.xls_blocks import (
    blocks_of,
    by_columns,
    cells_before_rows,
    joined_numbers,
    kinds_in,
    rows_descending,
    rows_first,
    without_rows,
    write_xls,
)

from importer.errors import FileRefused
from importer.loader.files.reader import ReadOptions, open_source

HEADINGS = ["ref", "name", "amount", "fee", "paid"]
MISSING = {3, 17, 18, 19, 40, *range(64, 100)}
LAYOUTS = {
    "blocks of 32 rows": blocks_of(32),
    "blocks of 16 rows": blocks_of(16),
    "blocks of 7 rows": blocks_of(7),
    "a block for each row": blocks_of(1),
    "all rows before all cells": rows_first,
    "no records of rows": without_rows,
    "the last row first": rows_descending,
    "column by column": by_columns,
    "cells before their rows": cells_before_rows,
    "joined numbers, blocks exchanged": joined_numbers,
}
MULRK, DBCELL, ROW = 0xBD, 0xD7, 0x208


def table():
    """131 rows from the headings on, of which 41 are missing and some lack cells."""
    rows = [HEADINGS]
    for number in range(1, 131):
        full = [f"R{number}", f"Bodil Zebrahest {number % 7}", number, number * 3, number % 5 == 0]
        rows.append([None] * 5 if number in MISSING else [*full[:2], *full[2 : 2 + number % 4]])
    return rows


def expected():
    """The rows by the numbers that a spreadsheet shows, without blanks at their ends."""
    return {number: tuple(row) for number, row in enumerate(table(), 1) if any(cell is not None for cell in row)}


def read(path):
    with open_source(path, ReadOptions()) as source:
        (sheet,) = source.sheets
        return {number: trimmed(cells) for number, cells in sheet.rows()}


def trimmed(cells):
    found = list(cells)
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_cell_is_read_in_its_place(tmp_path, layout):
    path = write_xls(tmp_path / "list.xls", table(), layout)
    assert read(path) == expected()


@pytest.mark.parametrize("said", [(0, 0, 0, 0), (0, 16, 0, 2), (0, 60000, 0, 200)], ids=["nothing", "less", "more"])
def test_what_the_sheet_says_of_its_size_does_not_count(tmp_path, said):
    size = struct.pack("<IIHHH", *said, 0)
    assert read(write_xls(tmp_path / "list.xls", table(), blocks_of(16), dimensions=size)) == expected()


def test_a_cell_that_is_there_twice_is_refused_in_every_block(tmp_path):
    def doubled(rows, cells):
        yield from blocks_of(16)(rows, cells)
        yield cells[5]

    with pytest.raises(FileRefused, match="A2 twice"):
        read(write_xls(tmp_path / "list.xls", table(), doubled))


def test_the_layouts_are_what_they_say(tmp_path):
    found = {name: kinds_in(write_xls(tmp_path / "list.xls", table(), layout)) for name, layout in LAYOUTS.items()}
    assert MULRK in found["joined numbers, blocks exchanged"]
    assert DBCELL in found["blocks of 16 rows"]
    assert ROW not in found["no records of rows"]
