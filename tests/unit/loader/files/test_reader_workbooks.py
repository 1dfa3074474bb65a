"""Every trap of a workbook, in every format that has it."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table as OdfTable
from odf.table import TableCell, TableRow
from odf.text import P
from test_reader_files import rows_of, xlsb, xlsx
from xlrd.compdoc import CompDoc  # type: ignore[import-untyped]

from importer.api import read_table
from importer.domain.notes import Note, NoteKind
from importer.domain.special_cells import cell_text
from importer.errors import FileRefused
from importer.loader.files.reader import CellError, FalseDate, LostDigits, MissingValue, ReadOptions, open_source

JANUARY = dt.date(2026, 1, 31)


def ods(path: Path, *rows: list[dict]) -> Path:
    document, table = OpenDocumentSpreadsheet(), OdfTable(name="Sager")
    for cells in rows:
        row = TableRow()
        for attributes in cells:
            text = attributes.pop("text", None)
            cell = TableCell(**attributes)
            if text is not None:
                cell.addElement(P(text=text))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    return path


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_xlsx_dates_times_and_durations(tmp_path: Path, epoch_1904) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": epoch_1904})
    sheet = book.add_worksheet()
    moment = dt.datetime(2026, 1, 31, 13, 45)  # noqa: DTZ001 - a cell has no time zone
    for column, (value, code) in enumerate(
        [(JANUARY, "yyyy-mm-dd"), (moment, "dd/mm/yyyy hh:mm"), (dt.time(13, 45), "hh:mm"), (dt.timedelta(hours=30), "[h]:mm")]
    ):
        sheet.write_datetime(0, column, value, book.add_format({"num_format": code}))
    book.close()
    assert rows_of(tmp_path / "a.xlsx") == {1: [JANUARY, moment, dt.time(13, 45), dt.timedelta(hours=30)]}


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_xls_dates(tmp_path: Path, epoch_1904) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = epoch_1904
    book.add_sheet("Sager").write(0, 0, JANUARY, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    book.save(str(tmp_path / "a.xls"))
    assert rows_of(tmp_path / "a.xls") == {1: [JANUARY]}


@pytest.mark.parametrize(
    ("code", "value", "read"),
    [
        ("hh:mm", 0.5, dt.time(12)),
        ("dd/mm/yyyy hh:mm", 46053.5, dt.datetime(2026, 1, 31, 12)),  # noqa: DTZ001 - a cell has no time zone
        ("[h]:mm", 1.25, dt.timedelta(hours=30)),
        ("[$-406]d. mmmm yyyy;@", 46053.0, JANUARY),
        ("[h]:mm", 1e300, "1" + "0" * 300),  # more than a duration holds
        ("yyyy-mm-dd", 3e6, 3_000_000),  # after the year 9999
        ("0.00 SEK", 46053.5, 46053.5),  # S alone would be seconds
        ('"year" 0', 2026.0, 2026),
        ("0;yyyy", 2026.0, 2026),  # what is above zero is no year
    ],
)
def test_numbers_of_xls_by_their_format(tmp_path: Path, code, value, read) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Sager").write(0, 0, value, xlwt.easyxf(num_format_str=code))
    book.save(str(tmp_path / "a.xls"))
    assert rows_of(tmp_path / "a.xls") == {1: [read]}


@pytest.mark.parametrize(("epoch_1904", "serial"), [(False, 46053.0), (True, 44591.0)])
def test_xlsb_dates(tmp_path: Path, epoch_1904, serial) -> None:
    assert rows_of(xlsb(tmp_path / "a.xlsb", {1: [(0, 1, serial)]}, epoch_1904=epoch_1904)) == {1: [JANUARY]}


def test_ods_dates_and_durations(tmp_path: Path) -> None:
    path = ods(
        tmp_path / "a.ods",
        [
            {"valuetype": "date", "datevalue": "2026-01-31", "text": "31-01-2026"},
            {"valuetype": "time", "timevalue": "PT30H15M00S", "text": "30:15"},
            {"valuetype": "string", "text": "PT30H15M00S"},
        ],
    )
    assert rows_of(path) == {1: [JANUARY, dt.timedelta(hours=30, minutes=15), "PT30H15M00S"]}


ERROR_TEXTS = ["#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!"]


def is_error(cell, text):
    return isinstance(cell, CellError) and cell == text


def test_xlsx_error_cells_show_their_text(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    for row, text in enumerate(ERROR_TEXTS):
        sheet.write_formula(row, 1, "=VLOOKUP(1,A:B,2,FALSE)", None, text)
    book.close()
    found = rows_of(tmp_path / "a.xlsx")
    assert [found[row + 1][1] for row in range(7)] == ERROR_TEXTS
    assert all(isinstance(cells[1], CellError) for cells in found.values())


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2" t="e"><v>#N/A</v></c>',
        '<c t="e" r="B2"><v>#N/A</v></c>',
        "<c r='B2' t='e'><v>#N/A</v></c>",
        '<c\n r = "B2" s="0" t = "e" ><f>NA()</f><v>#N/A</v></c>',
        '<c r="B2" t="e"><f t="shared" si="0"/><v>#N/A</v></c>',
    ],
)
def test_an_error_cell_however_it_is_written(tmp_path: Path, cell) -> None:
    found = rows_of(xlsx(tmp_path / "a.xlsx", f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row>'))
    assert is_error(found[2][1], "#N/A")


def test_a_sheet_with_a_namespace_prefix(tmp_path: Path) -> None:
    rows = '<x:row r="1"><x:c r="A1" t="e"><x:v>#REF!</x:v></x:c><x:c r="B1"><x:v>2</x:v></x:c></x:row>'
    found = rows_of(xlsx(tmp_path / "a.xlsx", rows, prefix="x"))
    assert is_error(found[1][0], "#REF!")
    assert found[1][1] == 2


def test_text_that_looks_like_a_tag_is_text(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>r="ZZ9" t="e" s="1"</t></is></c></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows)) == {1: ['r="ZZ9" t="e" s="1"']}


def test_error_cells_of_the_other_formats(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    row = book.add_sheet("Sager").row(1)
    for column, code in enumerate((42, 7, 23)):
        row.set_cell_error(column, code)
    book.save(str(tmp_path / "a.xls"))
    old = rows_of(tmp_path / "a.xls")[2]
    binary = rows_of(xlsb(tmp_path / "a.xlsb", {2: [(i, 0, bytes([code])) for i, code in enumerate((42, 7, 23))]}))[2]
    opened = rows_of(
        ods(
            tmp_path / "a.ods",
            [],
            [
                {"valuetype": "string", "formula": "of:=NA()", "text": "#N/A"},
                {"valuetype": "float", "value": "0", "formula": "of:=1/0", "text": "#DIV/0!"},
                {"valuetype": "string", "formula": "of:=A1", "text": "#REF!"},
            ],
        )
    )[2]
    for cells in (old, binary, opened):
        assert cells == ["#N/A", "#DIV/0!", "#REF!"]
        assert all(isinstance(cell, CellError) for cell in cells)


def test_formulas_that_nobody_calculated_are_not_empty(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["sum", "=1+1", "x"])
    book.active.append(["=A1", None, None])
    book.save(tmp_path / "a.xlsx")
    found = rows_of(tmp_path / "a.xlsx")
    assert isinstance(found[1][1], MissingValue)
    assert isinstance(found[2][0], MissingValue)  # although calamine takes this row for empty
    assert found[1][::2] == ["sum", "x"]


def test_a_formula_that_gives_no_text_is_empty(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><f>1</f><v>1</v></c></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows)) == {1: [None, 1]}


def test_an_uncalculated_formula_of_ods(tmp_path: Path) -> None:
    found = rows_of(ods(tmp_path / "a.ods", [{"valuetype": "string", "text": "x"}, {"formula": "of:=1+1"}]))
    assert isinstance(found[1][1], MissingValue)


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("00000", 123, "00123"),
        ("0000000", 1, "0000001"),
        ("00\\-0000", 12345, "01-2345"),
        ('"DK"00000000', 1234567, "DK01234567"),
        ("0000 0000", 1234567, "0123 4567"),
        ("00000", 1234567, "1234567"),
        ("00000", -12, "-00012"),
        ("00000;[Red]-00000", 12, "00012"),
        ("0", 12, 12),
        ("0.00", 12, 12),
        ("#,##0", 1200, 1200),
        ("00000", 1.5, 1.5),
    ],
)
def test_leading_zeros_that_a_format_shows(tmp_path: Path, code, value, shown) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, value, book.add_format({"num_format": code}))
    sheet.write(0, 1, value)
    book.close()
    assert rows_of(tmp_path / "a.xlsx") == {1: [shown, value]}


def test_leading_zeros_of_the_other_formats(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sager")
    style = xlwt.easyxf(num_format_str="00000")
    sheet.write(0, 0, 123, style)
    sheet.write(0, 1, 45, style)
    sheet.write(2, 0, 123, style)
    book.save(str(tmp_path / "a.xls"))
    assert rows_of(tmp_path / "a.xls") == {1: ["00123", "00045"], 3: ["00123", None]}
    assert rows_of(xlsb(tmp_path / "a.xlsb", {1: [(0, 2, 123.0)]})) == {1: ["00123"]}
    assert rows_of(ods(tmp_path / "a.ods", [{"valuetype": "float", "value": "123", "text": "00123"}])) == {1: ["00123"]}


def test_numbers(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    for column, number in enumerate([1000, 1000.5, 999_999_999_999_999, 1234567890123456, -1e15]):
        sheet.write_number(0, column, number)
    book.close()
    cells = rows_of(tmp_path / "a.xlsx")[1]
    assert [type(cell) for cell in cells] == [int, float, int, LostDigits, LostDigits]
    assert cells[:3] == [1000, 1000.5, 999_999_999_999_999]
    assert cells[3:] == ["1234567890123460", "-1000000000000000"]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb"])
def test_29_february_1900_is_no_date(tmp_path: Path, kind) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        book = xlsxwriter.Workbook(path)
        sheet = book.add_worksheet()
        for column, serial in enumerate((59, 60, 61)):
            sheet.write_number(0, column, serial, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(0, 3, 60)
        book.close()
    elif kind == "xls":
        book = xlwt.Workbook()
        sheet = book.add_sheet("Sager")
        for column, serial in enumerate((59, 60, 61)):
            sheet.write(0, column, serial, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        sheet.write(0, 3, 60)
        book.save(str(path))
    else:
        xlsb(path, {1: [(0, 1, 59.0), (1, 1, 60.0), (2, 1, 61.0), (3, 0, 60.0)]})
    cells = rows_of(path)[1]
    assert cells == [dt.date(1900, 2, 28), "1900-02-29", dt.date(1900, 3, 1), 60]
    assert isinstance(cells[1], FalseDate)


def test_day_60_is_a_date_in_the_1904_calendar(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx", {"date_1904": True})
    book.add_worksheet().write_number(0, 0, 60, book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    assert rows_of(tmp_path / "a.xlsx") == {1: [dt.date(1904, 3, 1)]}


def test_positions_are_those_that_excel_shows(tmp_path: Path) -> None:
    rows = '<row r="3"><c r="B3"><v>1</v></c></row><row r="6"><c r="D6"><v>2</v></c></row>'
    for dimension in ("A1:A1", "A1:XFD1048576", "B3:D6"):
        path = xlsx(tmp_path / "a.xlsx", rows, before=f'<dimension ref="{dimension}"/>')
        assert rows_of(path) == {3: [None, 1, None, None], 6: [None, None, None, 2]}


def test_cells_and_rows_without_references(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c><c t="e"><v>#N/A</v></c></row><row r="4"><c r="B4"><v>2</v></c><c t="e"><v>#REF!</v></c></row>'
    found = rows_of(xlsx(tmp_path / "a.xlsx", rows))
    assert found == {1: [1, "#N/A", None], 4: [None, 2, "#REF!"]}
    assert isinstance(found[4][2], CellError)


def test_texts_of_every_kind(tmp_path: Path) -> None:
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t xml:space="preserve"> a </t></si>'
        "<si><r><t>b</t></r><r><t>c</t></r><rPh><t>no</t></rPh></si></sst>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="b"><v>1</v></c>'
        '<c r="D1" t="inlineStr"><is><t>d&amp;_x000D_</t></is></c><c r="E1" t="str"><f>A1</f><v>e</v></c>'
        '<c r="F1" t="d"><v>2026-01-31</v></c><c r="G1" t="inlineStr"><is><t/></is></c></row>'
    )
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    book.add_worksheet().write(0, 0, "x")
    book.close()
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/sharedStrings.xml"] = shared
    parts = {name: content for name, content in parts.items() if name != "xl/worksheets/sheet1.xml"}
    path = xlsx(tmp_path / "a.xlsx", rows, parts=parts)
    assert rows_of(path) == {1: [" a ", "bc", True, "d&\r", "e", JANUARY, None]}


def test_hidden_and_chart_sheets_filters_and_merges(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("Sager")
    sheet.merge_range("B2:C3", "m")
    sheet.merge_range("B5:C5", "n")
    sheet.set_row(1, None, None, {"hidden": True})
    sheet.set_column(3, 4, None, None, {"hidden": True})
    sheet.autofilter("A1:C5")
    book.add_worksheet("Skjult").hide()
    book.add_worksheet("Helt skjult").very_hidden()
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Sager!$A$1:$A$2"})
    book.add_chartsheet("Graf").set_chart(chart)
    book.close()
    with open_source(tmp_path / "a.xlsx") as source:
        assert [(sheet.name, sheet.hidden) for sheet in source.sheets] == [
            ("Sager", False),
            ("Skjult", True),
            ("Helt skjult", True),
        ]
        assert source.notes == (
            Note(NoteKind.SHEET_HIDDEN, "Skjult"),
            Note(NoteKind.SHEET_HIDDEN, "Helt skjult"),
            Note(NoteKind.MERGED_RANGES, "Sager", values=(("count", "2"), ("first", "B2:C3"))),
            Note(NoteKind.HIDDEN_ROWS, "Sager", values=(("count", "1"),)),
            Note(NoteKind.HIDDEN_COLUMNS, "Sager", values=(("columns", "D–E"),)),
            Note(NoteKind.FILTERED_ROWS, "Sager"),
        )
    assert rows_of(tmp_path / "a.xlsx") == {2: [None, "m"], 5: [None, "n"]}


def test_old_workbooks_say_what_is_hidden_as_well(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sager")
    sheet.write_merge(1, 2, 1, 2, "m")
    sheet.row(1).hidden = True
    book.save(str(tmp_path / "a.xls"))
    with open_source(tmp_path / "a.xls") as source:
        assert source.notes == (
            Note(NoteKind.MERGED_RANGES, "Sager", values=(("count", "1"), ("first", "B2:C3"))),
            Note(NoteKind.HIDDEN_ROWS, "Sager", values=(("count", "1"),)),
        )


def test_an_old_workbook_with_a_filter(tmp_path: Path) -> None:
    changed_record(tmp_path / "a.xls", 0x9D)  # AUTOFILTERINFO
    with open_source(tmp_path / "a.xls") as source:
        assert [(note.kind, note.sheet) for note in source.notes] == [(NoteKind.FILTERED_ROWS, "Sager")]


@pytest.mark.parametrize("kind", [0x18, 0x1B1, 0x92, 0xAB, 0x200, 0x1B8, 0x5D])  # NAME, CF, PALETTE, GCW, ...
def test_odd_records_on_which_no_cell_depends_do_no_harm(tmp_path: Path, kind) -> None:
    changed_record(tmp_path / "a.xls", kind)
    assert rows_of(tmp_path / "a.xls") == {1: ["ref", 0.5]}


def changed_record(path: Path, kind: int) -> None:
    """An old workbook in whose sheet a record of two bytes that matters to nobody (CALCMODE) is of another kind."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sager")
    sheet.write(0, 0, "ref")
    sheet.write(0, 1, 0.5)
    book.save(str(path))
    data = path.read_bytes()
    at = data.index(struct.pack("<HHH", 0x0D, 2, 1))
    path.write_bytes(data[:at] + struct.pack("<H", kind) + data[at + 2 :])


def test_an_old_workbook_in_sectors_of_4096_bytes(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("Sager").write(0, 0, "ref")
    book.save(str(tmp_path / "a.xls"))
    data = (tmp_path / "a.xls").read_bytes()
    stream = CompDoc(data).get_named_stream("Workbook")
    sectors = -(-len(stream) // 4096)
    directory = 512 + struct.unpack_from("<I", data, 48)[0] * 512
    root, entry = bytearray(data[directory : directory + 128]), bytearray(data[directory + 128 : directory + 256])
    root[116:124] = struct.pack("<iI", -2, 0)
    entry[116:124] = struct.pack("<iI", 2, len(stream))
    header = bytearray(data[:512])
    header[26:32] = struct.pack("<HHH", 4, 0xFFFE, 12)
    header[44:76] = struct.pack("<IiIIiIiI", 1, 1, 0, 4096, -2, 0, -2, 0)
    header[76:80] = struct.pack("<I", 0)
    table = struct.pack("<ii", -3, -2) + struct.pack(f"<{sectors}i", *range(3, sectors + 2), -2)
    sheet = [bytes(header), table.ljust(4096, b"\xff"), bytes(root + entry), stream]
    (tmp_path / "b.xls").write_bytes(b"".join(part.ljust(-(-len(part) // 4096) * 4096, b"\0") for part in sheet))
    assert rows_of(tmp_path / "b.xls") == {1: ["ref"]}


def test_only_the_sheets_asked_for(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Sager"
    book.create_sheet("Bilag").append(["x"])
    book.save(tmp_path / "a.xlsx")
    with open_source(tmp_path / "a.xlsx", ReadOptions(sheets=("Bilag",))) as source:
        assert [sheet.name for sheet in source.sheets] == ["Bilag"]
    with pytest.raises(FileRefused, match=r"no sheet 'Cases'.*'Sager', 'Bilag'"):
        open_source(tmp_path / "a.xlsx", ReadOptions(sheets=("Cases",)))


def test_chunks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(10):
        book.active.append([number, None, "x"])
    book.save(tmp_path / "a.xlsx")
    with open_source(tmp_path / "a.xlsx", ReadOptions(chunk_rows=4)) as source:
        chunks = list(source.sheets[0].chunks())
        assert [list(chunk.index) for chunk in chunks] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
        assert list(chunks[0].columns) == [0, 1, 2]
        assert chunks[0].iloc[0, 1] is None
        assert isinstance(chunks[0].iloc[0, 0], int)
        pd.testing.assert_frame_equal(chunks[0], next(source.sheets[0].chunks()))


def test_read_table_shows_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["ref", 1000, 0.5, True, JANUARY, None])
    book.save(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx")
    assert table.sheets == {"Sheet": [(1, ["ref", "1000", "0.5", "TRUE", "2026-01-31"])]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (-2.5e-10, "-0.00000000025"),
        (1.5e14, "150000000000000"),
        (1e20, "100000000000000000000"),
        (False, "FALSE"),
        (dt.datetime(2026, 1, 31, 13, 45), "2026-01-31 13:45:00"),  # noqa: DTZ001
        (dt.time(1, 2), "01:02:00"),
        (dt.timedelta(hours=-30, minutes=-5), "-30:05:00"),
        (CellError("#N/A"), "#N/A"),
    ],
)
def test_cell_text(value, text) -> None:
    assert cell_text(value) == text
