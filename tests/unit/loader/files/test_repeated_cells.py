"""A file that holds the same cell twice is refused: a reader would take one of the two values without a word."""

from __future__ import annotations

import struct
from pathlib import Path
from unittest import mock

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reader_files import MAIN, rows_of, write_zip, xlsb, xlsx, xlsx_parts
from xlrd import biffh

from importer.errors import FileRefused
from importer.loader.files import xlsx_scan
from importer.loader.files.cell_references import SeenCells, column_letters
from importer.loader.files.reader import open_source
from importer.loader.files.xlsx_scan import Styles, scan_every_cell, scan_sheet


def cell(name: str, value: object = 1, more: str = "") -> str:
    return f'<c r="{name}"{more}><v>{value}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def refused(path: Path, what: str) -> None:
    with pytest.raises(FileRefused) as caught:
        open_source(path).close()
    message = str(caught.value)
    assert message.startswith(f"{path.name}, sheet ")
    assert f" holds {what} twice, so that it is not clear which one counts. Export it again" in message


A_LOT = "".join(row(number, *(cell(f"{letter}{number}", number) for letter in "ABCDEFGH")) for number in range(3, 3000))
"""Rows that are removed by the pattern of whole rows, over several blocks."""


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (row(2, cell("A2", 100)) + row(2, cell("A2", 999)), "row 2"),
        (row(2, cell("A2", 100)) + row(3, cell("A3")) + row(2, cell("B2", 999)), "row 2"),
        (row(2) + row(2, cell("A2")), "row 2"),
        ('<row r="2"/>' + row(2, cell("A2")), "row 2"),
        (row(2, cell("A2", 100), cell("A2", 999)), "cell A2"),
        (row(2, cell("A2", 100), cell("B2"), cell("A2", 999)), "cell A2"),
        (row(2, cell("AB2", 100), cell("AB2", 999)), "cell AB2"),
        (row(2, cell("A2", 100)) + row(3, cell("A2", 999)), "cell A2"),
        (row(3, cell("A2", 100), cell("A3")) + row(4, cell("A4"), cell("A2", 999)), "cell A2"),
        (row(2, cell("A2", 100), '<c s="0" r="A2"><v>999</v></c>'), "cell A2"),
        (row(2, cell("A2", 100), '<c r="A2" t="e"><v>#N/A</v></c>'), "cell A2"),
        (row(2, cell("A2", 100), '<c r="a2"><v>999</v></c>'), "cell A2"),
        (row(2, cell("B2", 100)) + '<row r="3"><c><v>1</v></c><c><v>2</v></c></row>' + row(3, cell("B3")), "row 3"),
        ('<row r="2"><c><v>1</v></c><c r="A2"><v>2</v></c></row>', "cell A2"),
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"/><row><c><v>2</v></c></row>', "row 2"),
        ('<row spans="1:1" r="2"><c r="A2"><v>1</v></c></row>' + row(2, cell("A2", 9)), "row 2"),
        (row(2, cell("A2")) + A_LOT + row(2, cell("A2", 9)), "row 2"),
        (A_LOT + row(2999, cell("Z2999")), "row 2999"),
        (A_LOT + row(3000, cell("A17")), "cell A17"),
        (A_LOT + row(3000, *(cell(f"{column_letters(at)}3000") for at in range(1, 300)), cell("C3000", 9)), "cell C3000"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x"])
def test_xlsx(tmp_path: Path, rows: str, what: str, prefix: str) -> None:
    if prefix:
        for tag in ("row", "c", "v"):
            rows = rows.replace(f"<{tag}>", f"<x:{tag}>").replace(f"<{tag} ", f"<x:{tag} ").replace(f"</{tag}>", f"</x:{tag}>")
    refused(xlsx(tmp_path / "a.xlsx", rows, prefix=prefix), what)


@pytest.mark.parametrize(
    "rows",
    [
        row(3, cell("B3"), cell("A3", 7)) + row(2, cell("C2"), cell("A2")),
        "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
        row(1, cell("A1")) + A_LOT + '<row r="5000" ht="15"/>',
        row(1, cell("A1"), cell("XFD1", more=' s="0"').replace("<v>1</v>", "")) + row(2, cell("A2")),
    ],
)
def test_rows_and_cells_in_any_order_are_read(tmp_path: Path, rows: str) -> None:
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows))


def test_breaks_between_rows_are_no_rows(tmp_path: Path) -> None:
    after = '<rowBreaks count="1" manualBreakCount="1"><brk id="2" max="16383" man="1"/></rowBreaks>'
    path = xlsx(tmp_path / "a.xlsx", row(1, cell("A1")) + A_LOT, after=after)
    with mock.patch.object(xlsx_scan, "scan_every_cell", side_effect=AssertionError):
        assert len(rows_of(path)) == 2998


PLACES = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 30)), min_size=1, max_size=12)


@settings(deadline=None)
@given(PLACES, st.booleans(), st.integers(20, 400), st.booleans())
def test_the_quick_scan_misses_no_cell_that_occurs_twice(places, in_rows, size, large) -> None:
    """Cells in any order, in rows of their own number or in one row after the other, cut into blocks anywhere."""
    if in_rows:
        places = sorted(places)
    sheet, number = "", 0
    for line, (at, column) in enumerate(places, 1):
        if in_rows and at == number:
            sheet = sheet.removesuffix("</row>") + cell(f"{column_letters(column)}{at}") + "</row>"
        else:
            number = at
            sheet += row(at if in_rows else line, cell(f"{column_letters(column)}{at}"))
    data = f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>".encode()
    pattern_from = 0 if large else 1 << 16
    with mock.patch("importer.loader.files.ordinary_cells._SORTED_FROM", pattern_from):
        found = scan_sheet([data[at : at + size] for at in range(0, len(data), size)], Styles(), [], epoch_1904=False)
    exact = scan_every_cell([data], Styles(), [], epoch_1904=False)
    assert bool(exact.repeated) == (len(set(places)) < len(places))
    assert found is None or found.repeated == exact.repeated == ""


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([(1, [(0, 0, "a")]), (2, [(0, 0, 100.0), (1, 0, "x"), (0, 0, 999.0)])], "cell A2"),
        ([(2, [(0, 0, 100.0)]), (3, [(0, 0, 1.0)]), (2, [(0, 0, 999.0)])], "row 2"),
        ([(2, [(0, 0, b"\x2a"), (0, 0, 1.0)])], "cell A2"),
    ],
)
def test_xlsb(tmp_path: Path, rows, what) -> None:
    refused(xlsb(tmp_path / "a.xlsb", rows), what)


def test_xlsb_in_another_order_is_read(tmp_path: Path) -> None:
    assert rows_of(xlsb(tmp_path / "a.xlsb", [(1, [(1, 0, "b"), (0, 0, "a")]), (2, [(0, 0, "c")])]))


def xls(path: Path, *, overwrite: bool) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases", cell_overwrite_ok=True)
    sheet.write(0, 0, "a")
    sheet.write(1, 0, "b")
    sheet.write(1, 1, 7)
    sheet.write(1, 2, 0.123456789012)
    book.save(str(path))
    data = path.read_bytes()
    if overwrite:  # the cell C2, of 14 bytes after its head, becomes B2
        before = struct.pack("<HHHH", biffh.XL_NUMBER, 14, 1, 2)
        assert data.count(before) == 1
        path.write_bytes(data.replace(before, struct.pack("<HHHH", biffh.XL_NUMBER, 14, 1, 1)))
    return path


def test_xls(tmp_path: Path) -> None:
    refused(xls(tmp_path / "a.xls", overwrite=True), "cell B2")
    assert rows_of(xls(tmp_path / "b.xls", overwrite=False)) == {1: ["a", None, None], 2: ["b", 7, 0.123456789012]}


def test_seen_cells() -> None:
    seen = SeenCells()
    seen.enter(1, 3, 4)  # D2 to G2
    seen.enter(1, 1 << 40)  # far outside of any sheet: refused for that, and costs no memory here
    assert not seen.repeated
    seen.enter(1, 5)
    seen.enter_row(0)
    seen.enter_row(0)
    assert seen.repeated == "cell F2"


def test_two_sheets_with_one_name(tmp_path: Path) -> None:
    """Sheets are read by their names, so that the second one would be lost."""
    parts = xlsx_parts()
    book = parts["xl/workbook.xml"].decode()
    start = book.index("<sheet ")
    entry = book[start : book.index("/>", start) + 2]
    parts["xl/workbook.xml"] = book.replace(entry, entry * 2).encode()
    with pytest.raises(FileRefused, match=r"a\.xlsx holds two sheets with the name 'Sheet'\. Rename one of them"):
        open_source(write_zip(tmp_path / "a.xlsx", parts)).close()
    tables = '<table:table table:name="A"><table:table-row><table:table-cell/></table:table-row></table:table>' * 2
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table"))
    content = f"<office:document-content {names}><office:body><office:spreadsheet>{tables}"
    content += "</office:spreadsheet></office:body></office:document-content>"
    ods = write_zip(tmp_path / "a.ods", {"content.xml": content})
    with pytest.raises(FileRefused, match=r"a\.ods holds two sheets with the name 'A'"):
        open_source(ods).close()
