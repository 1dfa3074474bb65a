"""Tests that rows written at once equal those that XlsxWriter writes cell by cell, except for text like its markup."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from support.examples import examples

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.records import SheetHead
from importer.reporter.xlsx import fast_rows, sheet_writer
from importer.reporter.xlsx.package import RowBook
from importer.reporter.xlsx.sheet_writer import CellHighlight, Colour, SheetWriter

OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
AWKWARD = (
    "=1+1",
    "+45 12",
    "-5",
    "@SUM",
    "\tx",
    " x",
    "x\n",
    "a\nb",
    "_x0041_",
    "_x",
    "<b>&amp;",
    "\x00\x1f",
    "\ufffe",
    "",
    "🙂",
    "x |",
    "| x",
    "\xa0x",
    "x\u2028",
    "]]>",
    "x" * 40_000,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(AWKWARD)
numbers = st.integers(1 - 10**15, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
days = st.dates(date(1900, 1, 1)) | st.datetimes(datetime(1900, 1, 1)) | st.times()  # noqa: DTZ001 - cells have no zone
spans = st.timedeltas(timedelta(), timedelta(days=99_999))
tables = st.lists(
    st.lists(st.none() | texts | numbers | st.booleans() | days | spans, min_size=1, max_size=8), min_size=1, max_size=5
)


def sheet_xml(path: Path, table: Sequence[Sequence[Cell]], *, at_once: bool) -> bytes:
    write = write_at_once if at_once else write_cell_by_cell
    write(path, table)
    with zipfile.ZipFile(path) as opened:
        sheet_part = opened.read("xl/worksheets/sheet1.xml").partition(b"<sheetViews>")[2]  # before it: how wide it is
        return sheet_part + opened.read("xl/styles.xml")


def write_at_once(path: Path, table: Sequence[Sequence[Cell]]) -> None:
    book = RowBook(path)
    formats = {kind: book.add_format({"num_format": kind}) for kind in FORMATS.values()}
    sheet = book.add_sheet("x")
    for row, cells in enumerate([["heading"], *table]):
        sheet.write_cells(row, cells, lambda kind, _: formats.get(kind))
    book.close()


def write_cell_by_cell(path: Path, table: Sequence[Sequence[Cell]]) -> None:
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    formats = {kind: book.add_format({"num_format": kind}) for kind in FORMATS.values()}
    sheet = book.add_worksheet("x")
    sheet.write_string(0, 0, "heading")
    for row, cells in enumerate(table, 1):
        for column, cell in enumerate(cells):
            write_one(sheet, row, column, cell, formats)
    book.close()


def write_one(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif type(cell) in FORMATS:
        sheet.write_datetime(row, column, cell, formats[FORMATS[type(cell)]])
    elif cell is not None:
        sheet.write_string(row, column, cell)


@pytest.mark.slow
@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_a_row_is_what_xlsxwriter_would_have_written(tmp_path: Path, table: list[list[Cell]]) -> None:
    table = [cells for cells in table if any(cell is not None for cell in cells)]
    assert sheet_xml(tmp_path / "a.xlsx", table, at_once=True) == sheet_xml(tmp_path / "b.xlsx", table, at_once=False)


@pytest.mark.parametrize("in_memory", [0, 1_000_000])
def test_two_readers_find_the_cells_of_every_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(fast_rows, "IN_MEMORY", in_memory)
    monkeypatch.setattr(fast_rows, "BLOCK_ROWS", 7)
    moment = datetime(2026, 6, 15, 13, 5, 7)  # noqa: DTZ001 - cells have no zone
    kinds = [*("=1+1", "Smith & Søn <1>", " x ", "plain", 12.5, -3, True, date(2026, 6, 15), moment, time(8, 15)), None, "end"]
    tables = [[[number, *kinds[number % 5 :]] for number in range(rows)] for rows in (0, 1, 50)]
    heads = [SheetHead(f"{number}", ("a",), (None,)) for number in range(len(tables))]
    with SheetWriter(tmp_path / "a.xlsx", heads, ("#row",)) as writer:
        for number in range(50):  # rows are added to the sheets alternately
            for sheet, table in enumerate(tables):
                if number < len(table):
                    writer.add(sheet, table[number][:1], table[number][1:])
    book, seen = openpyxl.load_workbook(tmp_path / "a.xlsx"), CalamineWorkbook.from_path(str(tmp_path / "a.xlsx"))
    for head, table in zip(heads, tables, strict=True):
        assert [[cell.value for cell in row][: len(table[0])] for row in book[head.name].iter_rows(min_row=2)] == [
            [as_openpyxl(cell) for cell in cells] + [None] * (len(table[0]) - len(cells)) for cells in table
        ]
        assert [row[: len(table[0])] for row in seen.get_sheet_by_name(head.name).to_python()[1:]] == [
            [as_calamine(cell) for cell in cells] + [""] * (len(table[0]) - len(cells)) for cells in table
        ]
    seen.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def as_openpyxl(cell: Cell) -> Cell:
    return datetime.combine(cell, time()) if type(cell) is date else cell


def as_calamine(cell: Cell) -> Cell:
    return "" if cell is None else cell


def test_a_workbook_that_is_given_up_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(IndexError), SheetWriter(tmp_path / "a.xlsx", [SheetHead("x", ("a",), (None,))], ("#row",)) as writer:
        writer.add(1, [2], ["there is no such sheet"])
    assert not list(tmp_path.iterdir())


def written(tmp_path: Path, *rows: Sequence[Cell], header: tuple[str, ...] = ("a", "b")) -> Any:
    path = tmp_path / "sheet.xlsx"
    writer = SheetWriter(path, [SheetHead("data", header, (None,) * len(header))], ("#row",))
    for number, cells in enumerate(rows, 2):
        writer.add(0, [number], cells)
    writer.close()
    return openpyxl.load_workbook(path)


def test_what_looks_like_markup_or_a_formula_stays_text(tmp_path: Path) -> None:
    shown = ["<r>&</r>", "<r><t>x</t></r>", "=HYPERLINK(1)", "_x0041_", "http://example.com", "12"]
    sheet = written(tmp_path, *([text, None] for text in shown))["data"]
    assert [(sheet.cell(row, 2).value, sheet.cell(row, 2).data_type) for row in range(2, 8)] == [
        (text.replace("_x0041_", "_x005F_x0041_") if text.startswith("_x") else text, "s") for text in shown
    ]


def test_a_lone_surrogate_and_a_number_without_a_value_are_written_as_text(tmp_path: Path) -> None:
    sheet = written(tmp_path, ["a\ud800b", float("nan")], [float("inf"), 1e300])["data"]
    assert [cell.value for cell in sheet[2]][1:] == ["a_xD800_b", "nan"]
    assert [cell.value for cell in sheet[3]][1:] == ["inf", 1e300]


@pytest.mark.parametrize("number", [12_345_678_901_234_567, -(10**15), 10**400])
def test_a_number_with_more_digits_than_a_cell_keeps_is_written_as_text(tmp_path: Path, number: int) -> None:
    sheet = written(tmp_path, [number, "next"])["data"]
    assert [cell.value for cell in sheet[2]][1:] == [str(number), "next"]


@pytest.mark.parametrize(("text", "kept"), [("x" * 40_000, MAX_CELL_CHARACTERS), ("🙂" * 20_000, MAX_CELL_CHARACTERS // 2)])
def test_a_text_is_cut_to_what_excel_takes(tmp_path: Path, text: str, kept: int) -> None:
    sheet = written(tmp_path, [text, "next"])["data"]
    assert sheet["B2"].value == text[:kept]
    assert sheet["C2"].value == "next"


def test_a_moment_with_a_zone_is_written_as_it_stands(tmp_path: Path) -> None:
    sheet = written(tmp_path, [datetime(2026, 6, 15, 12, 30, tzinfo=UTC), time(8, 15, tzinfo=UTC)])["data"]
    assert [cell.value for cell in sheet[2]][1:] == [datetime(2026, 6, 15, 12, 30), time(8, 15)]  # noqa: DTZ001


def test_a_full_sheet_goes_on_in_another_with_the_same_headings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_writer, "SHEET_ROWS", 3)
    book = written(tmp_path, *([f"x{n}", None] for n in range(5)))
    assert book.sheetnames == ["data", "data 2", "data 3"]
    for sheet in book:
        assert [cell.value for cell in sheet[1]] == ["#row", "a", "b"]
    assert [sheet.cell(row, 2).value for sheet in book for row in range(2, sheet.max_row + 1)] == [f"x{n}" for n in range(5)]


def test_a_colour_and_a_note_stand_on_their_cell(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    writer = SheetWriter(path, [SheetHead("data", ("a", "#old", "b"), (None,) * 3)], ("#row", "#errors"))
    writer.add(0, [2, "bad"], ["x", "gone"], {2: CellHighlight(Colour.WRONG, "is missing"), None: CellHighlight(Colour.WAITS)})
    writer.add(0, [3, "fine"], ["y", "gone", date(2026, 6, 15)], {2: CellHighlight(Colour.WRONG)})
    writer.add(0, [4, None], ["z", "gone", None, "beyond"])
    writer.close()
    sheet = openpyxl.load_workbook(path)["data"]
    assert (sheet["D2"].value, sheet["D2"].comment.text, sheet["D2"].fill.fgColor.rgb) == (None, "is missing", "FFFFC7CE")
    assert sheet["B2"].fill.fgColor.rgb == "FFFFEB9C"
    assert (sheet["D3"].value, sheet["D3"].fill.fgColor.rgb) == (datetime(2026, 6, 15), "FFFFC7CE")  # noqa: DTZ001
    assert [cell.value for cell in sheet[4]] == [4, None, "z", None, "beyond"]
