"""Workbooks that are written unusually and open elsewhere: odd names of parts, hints that are wrong, parts that nobody reads."""

from __future__ import annotations

import datetime as dt
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from test_reader_files import rows_of, write_zip, xlsb, xlsx, xlsx_parts

from importer.domain.notes import Note, NoteKind
from importer.domain.special_cells import CellError
from importer.errors import FileRefused
from importer.loader.files.reader import ReadOptions, open_source

ROW = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
READ = {1: [1, "x"]}


def replaced(path: Path, changes: dict[str, str], *, renamed: dict[str, str] | None = None) -> Path:
    """Change texts in all parts of a workbook, and names of parts."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for old, new in changes.items():
        parts = {name: content.replace(old.encode(), new.encode()) for name, content in parts.items()}
    return write_zip(path, {(renamed or {}).get(name, name): content for name, content in parts.items()})


def shared_texts(path: Path) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, 1)
    sheet.write(0, 1, "x")
    book.close()
    return path


# --- parts by their relationships ------------------------------------------------------------------------------------


def test_the_workbook_is_found_whatever_its_part_is_called(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    names = {"xl/workbook.xml": "xl/workbook22.xml", "xl/_rels/workbook.xml.rels": "xl/_rels/workbook22.xml.rels"}
    assert rows_of(replaced(path, {"xl/workbook.xml": "xl/workbook22.xml"}, renamed=names)) == READ


def test_a_workbook_in_the_root(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    names = {"xl/workbook.xml": "book.xml", "xl/_rels/workbook.xml.rels": "_rels/book.xml.rels"}
    assert rows_of(replaced(path, {"xl/workbook.xml": "book.xml"}, renamed=names)) == READ


def test_shared_texts_of_another_name(tmp_path: Path) -> None:
    path = shared_texts(tmp_path / "a.xlsx")
    names = {"xl/sharedStrings.xml": "xl/strings.xml"}
    assert rows_of(replaced(path, {"sharedStrings.xml": "strings.xml"}, renamed=names)) == READ


def test_texts_that_no_relationship_names_are_not_taken_for_the_shared_ones(tmp_path: Path) -> None:
    path = shared_texts(tmp_path / "a.xlsx")
    names = {"xl/sharedStrings.xml": "xl/strings.xml"}
    replaced(path, {"sharedStrings.xml": "strings.xml"}, renamed=names)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", archive.read("xl/strings.xml").replace(b">x<", b">old<"))
    assert rows_of(path) == READ


def test_a_sheet_in_another_folder(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    names = {"xl/worksheets/sheet1.xml": "xl/data/one.xml"}
    assert rows_of(replaced(path, {"worksheets/sheet1.xml": "data/one.xml"}, renamed=names)) == READ


def test_parts_of_a_binary_workbook(tmp_path: Path) -> None:
    path = xlsb(tmp_path / "a.xlsb", {1: [(0, 1, 46053.0), (1, 2, 7.0)]})
    names = {"xl/workbook.bin": "xl/book.bin", "xl/_rels/workbook.bin.rels": "xl/_rels/book.bin.rels"}
    names["xl/styles.bin"] = "xl/formats.bin"
    replaced(path, {"xl/workbook.bin": "xl/book.bin", "styles.bin": "formats.bin"}, renamed=names)
    assert rows_of(path) == {1: [dt.date(2026, 1, 31), "00007"]}


def test_backslashes_in_the_names_of_parts(tmp_path: Path) -> None:
    parts = {name.replace("/", "\\"): content for name, content in xlsx_parts().items()}
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name
            archive.writestr(entry, content)
    with open_source(tmp_path / "a.xlsx") as source:
        assert [sheet.name for sheet in source.sheets] == ["Sheet"]


def test_only_parts_that_are_read_are_checked(tmp_path: Path) -> None:
    query = '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16")
    parts = {"customXml/item1.xml": query, "docProps/app.xml": "<!DOCTYPE x><x/>", "xl/queries/q.xml": b"\0\0\0"}
    path = xlsx(tmp_path / "a.xlsx", ROW)
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in parts.items():
            if name not in archive.namelist():
                archive.writestr(name, content)
    assert rows_of(path) == READ


# --- hints ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", ["", 'ref=""', 'ref="$A$1:$I$2"', 'ref="A1"', 'ref="#REF!"', 'ref="B:A"', 'ref="A1:ZZZZ9"'])
def test_a_dimension_is_a_hint(tmp_path: Path, dimension) -> None:
    assert rows_of(xlsx(tmp_path / "a.xlsx", ROW, before=f"<dimension {dimension}/>")) == READ


@pytest.mark.parametrize("merge", ["K:K", "7:9", "", "nothing", "C1", "C1:C2:C3", ":", "$D$1:$E$2"])
def test_merges_are_no_reason_to_refuse(tmp_path: Path, merge) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW, after=f'<mergeCells><mergeCell ref="{merge}"/></mergeCells>')
    assert rows_of(path) == READ


# --- cells ------------------------------------------------------------------------------------------------------------


def test_cdata_is_text(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t><![CDATA[x & <y>]]></t></is></c></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows)) == {1: [1, "x & <y>"]}


def test_cdata_in_shared_texts(tmp_path: Path) -> None:
    path = shared_texts(tmp_path / "a.xlsx")
    assert rows_of(replaced(path, {"<t>x</t>": "<t>a<![CDATA[ & b]]></t>"})) == {1: [1, "a & b"]}


@pytest.mark.parametrize("text", ["#GETTING_DATA", "#SPILL!", "#CALC!", "#EVERYTHING!", "Fejl"])
def test_errors_that_calamine_does_not_know(tmp_path: Path, text) -> None:
    rows = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="e"><v>{text}</v></c><c r="C1" t="e"><v>#REF!</v></c></row>'
    cells = rows_of(xlsx(tmp_path / "a.xlsx", rows))[1]
    assert cells == [1, text, "#REF!"]
    assert isinstance(cells[1], CellError)


def test_whole_numbers_of_a_binary_workbook_in_the_format_of_a_date(tmp_path: Path) -> None:
    def cell(value: int) -> bytes:
        return struct.pack("<i", value << 2 | 2)

    path = xlsb(tmp_path / "a.xlsb", {1: []})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    record = b"".join(
        b"\x02\x0c" + struct.pack("<II", column, style) + cell(value)
        for column, style, value in ((0, 1, 45717), (1, 0, 45717), (2, 1, 60), (3, 1, 9_999_999))
    )
    row = parts["xl/worksheets/sheet1.bin"]
    at = row.index(bytes([146, 1]))
    parts["xl/worksheets/sheet1.bin"] = row[:at] + record + row[at:]
    cells = rows_of(write_zip(path, parts))[1]
    assert cells == [dt.date(2025, 3, 1), 45717, "1900-02-29", 9_999_999]


def test_formula_records_of_old_programs(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    sheet.write(0, 0, xlwt.Formula("1+1"))
    book.save(str(tmp_path / "a.xls"))
    data = bytearray((tmp_path / "a.xls").read_bytes())
    at = next(found.start() for found in re.finditer(rb"\x06\0[\x16-\x30]\0\0\0\0\0", data))
    data[at : at + 2] = struct.pack("<H", 0x406)
    data[at + 10 : at + 18] = struct.pack("<d", 1234.5)
    (tmp_path / "a.xls").write_bytes(data)
    assert rows_of(tmp_path / "a.xls") == {1: [1234.5]}


# --- sheets -----------------------------------------------------------------------------------------------------------


def two_sheets(path: Path, second: str, *, state: str = "visible") -> Path:
    book = openpyxl.Workbook()
    book.active.append([1, "x"])
    other = book.create_sheet("Other")
    other.sheet_state = state
    other.append(["old"])
    book.save(path)
    return replaced(path, {'name="Other"': f'name="{second}"'})


def test_a_name_with_a_line_break_is_read_as_xml_says(tmp_path: Path) -> None:
    with open_source(two_sheets(tmp_path / "a.xlsx", "Bilag\n2025")) as source:
        assert {sheet.name: [cells for _, cells in sheet.rows()] for sheet in source.sheets} == {
            "Sheet": [(1, "x")],
            "Bilag 2025": [("old",)],
        }


def test_an_entry_of_a_module_is_left_out_and_said(tmp_path: Path) -> None:
    path = two_sheets(tmp_path / "a.xlsx", "Module1")
    replaced(path, {'r:id="rId2"': 'r:id=""'})
    with open_source(path) as source:
        assert [sheet.name for sheet in source.sheets] == ["Sheet"]
        assert source.notes == (Note(NoteKind.NOT_A_SHEET, "Module1"),)


def odd_second_sheet(path: Path, state: str) -> Path:
    two_sheets(path, "Other", state=state)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet2.xml"]
    parts["xl/worksheets/sheet2.xml"] = sheet.replace(b"</sheetData>", b'<row r="1"><c r="A1"><v>3</v></c></row></sheetData>')
    return write_zip(path, parts)


def test_what_is_wrong_with_a_sheet_that_is_not_read_matters_to_nobody(tmp_path: Path) -> None:
    path = odd_second_sheet(tmp_path / "a.xlsx", "hidden")
    assert rows_of(path) == READ
    with open_source(path) as source:
        assert source.notes == (Note(NoteKind.HIDDEN_SHEET_NOT_READ, "Other"),)
    with pytest.raises(FileRefused, match="sheet 'Other', holds row 1 twice"):
        open_source(path, ReadOptions(sheets=("Other",)))
    path = odd_second_sheet(tmp_path / "b.xlsx", "visible")
    assert rows_of(path, ReadOptions(sheets=("Sheet",))) == READ
    with pytest.raises(FileRefused, match="holds row 1 twice"):
        open_source(path)


def test_a_sheet_whose_part_is_gone(tmp_path: Path) -> None:
    path = two_sheets(tmp_path / "a.xlsx", "Other")
    replaced(path, {}, renamed={"xl/worksheets/sheet2.xml": "xl/worksheets/gone.xml"})
    with pytest.raises(FileRefused, match="lacks the part of its sheet 'Other'"):
        open_source(path)
    assert rows_of(path, ReadOptions(sheets=("Sheet",))) == READ


# --- cells below a merge ----------------------------------------------------------------------------------------------

COVERED = (
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>'
    '<row r="2"><c r="A2"><v>2</v></c><c r="B2" t="inlineStr"><is><t>y</t></is></c></row>'
)


def test_cells_below_a_merge_are_not_read_unless_asked_for(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", COVERED, after='<mergeCells><mergeCell ref="B1:B2"/></mergeCells>')
    assert rows_of(path) == {1: [1, "x"], 2: [2, ""]}
    assert rows_of(path, ReadOptions(reads_covered=True)) == {1: [1, "x"], 2: [2, "y"]}
    with open_source(path) as source:
        sheet = source.sheets[0]
        assert list(sheet.read_columns([1, 0])) == [(1, ("x", 1)), (2, [None, 2])]
        list(sheet.rows())
        assert sheet.covered() == {2}


def test_cells_below_a_merge_of_an_old_workbook(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x", cell_overwrite_ok=True)
    sheet.write_merge(0, 1, 1, 1, "x")
    for row, value in enumerate((1, 2)):
        sheet.write(row, 0, value)
    sheet.write(1, 1, "y")
    book.save(str(tmp_path / "a.xls"))
    assert rows_of(tmp_path / "a.xls") == {1: [1, "x"], 2: [2, ""]}
    assert rows_of(tmp_path / "a.xls", ReadOptions(reads_covered=True)) == {1: [1, "x"], 2: [2, "y"]}
    with open_source(tmp_path / "a.xls") as source:
        assert list(source.sheets[0].read_columns([1])) == [(1, ["x"]), (2, [None])]


def test_merges_without_a_measure(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("importer.loader.files.covered_cells.MAX_COVERED_ROWS", 1)
    path = xlsx(tmp_path / "a.xlsx", COVERED, after='<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:B2"/></mergeCells>')
    with pytest.raises(FileRefused, match="merges more cells than any sheet has"):
        open_source(path)
