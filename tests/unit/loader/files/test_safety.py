"""Hostile and mistaken files: each stopped with one sentence that names the file."""

from __future__ import annotations

import io
import os
import socket
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from test_reader_files import MAIN, rows_of, write_zip, xlsb, xlsx, xlsx_parts
from xlwt.Cell import StrCell

from importer.domain.number_formats.number_format import number_format
from importer.errors import FileRefused
from importer.loader.files import xls as xls_module
from importer.loader.files import xlsx as xlsx_module
from importer.loader.files import zip_archive
from importer.loader.files.cell_references import column_letters, column_number
from importer.loader.files.corrections import CellCorrections
from importer.loader.files.ordinary_cells import OrdinaryCells, whole_rows
from importer.loader.files.reader import open_source
from importer.loader.files.xlsx_scan import (
    Styles,
    scan_every_cell,
    scan_sheet,
)

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'


def refused(path: Path) -> str:
    with pytest.raises(FileRefused) as caught, open_source(path) as source:  # noqa: PT012 - some files are refused only when they are read
        for sheet in source.sheets:
            list(sheet.chunks())
    message = str(caught.value)
    assert path.name in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


# --- what is not a file to read -------------------------------------------------------------------------------------


def test_missing(tmp_path: Path) -> None:
    assert "was not found in" in refused(tmp_path / "a.xlsx")


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A ledger and a report hold text alone: such a file ended the import of all that were named with it."""
    with pytest.raises(FileRefused, match=r"'a\\udcff\.csv' has a name with bytes that are not valid characters\. Rename it\."):
        open_source(tmp_path / "a\udcff.csv")


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").mkdir()
    assert "is a folder" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.xls"])
def test_empty(tmp_path: Path, name) -> None:
    (tmp_path / name).touch()
    assert "is empty" in refused(tmp_path / name)


def test_pipe_socket_and_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "is a pipe" in refused(tmp_path / "a.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "b.csv"))
        assert "is a pipe" in refused(tmp_path / "b.csv")


def test_links(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "a.csv").write_text("a,b\n")
    (inside / "a.csv").symlink_to(outside / "a.csv")
    assert "leads out of its folder" in refused(inside / "a.csv")
    (inside / "b.csv").write_text("a,b\n")
    (inside / "c.csv").symlink_to("b.csv")
    assert rows_of(inside / "c.csv") == {1: ["a", "b"]}
    (inside / "d.csv").symlink_to("d.csv")
    assert "circle" in refused(inside / "d.csv")
    (inside / "e.csv").symlink_to("gone.csv")
    assert "was not found in" in refused(inside / "e.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    (tmp_path / "a.csv").chmod(0)
    assert "may not be read" in refused(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.xlsm", "macros"), ("a.pdf", "PDF"), ("a.numbers", "Numbers"), ("a.docx", "not a format"), ("a", "not a")],
)
def test_other_formats(tmp_path: Path, name, said) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert said in refused(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"ref,amount\n1,2\n", "a text file such as a CSV"),
        ("a.xls", b"<html><body><table><tr><td>1", "an HTML or XML file"),
        ("a.xls", b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', "an HTML or XML file"),
        ("a.xlsx", b"%PDF-1.7", "a PDF"),
        ("a.csv", b"PK\x03\x04rest", "a zip file or newer workbook"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or an encrypted workbook"),
        ("a.xls", b"PK\x03\x04rest", "a zip file or newer workbook"),
        ("a.csv", b"<!DOCTYPE html>", "an HTML or XML file"),
        ("a.ods", b"\x89PNG", "a picture"),
    ],
)
def test_content_that_contradicts_the_name(tmp_path: Path, name, content, said) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path / name)


def test_a_workbook_under_another_workbooks_name(tmp_path: Path) -> None:
    assert "holds an .xlsb workbook" in refused(xlsb(tmp_path / "a.xlsx", {1: [(0, 0, "x")]}))
    assert "no workbook" in refused(write_zip(tmp_path / "b.xlsx", {"a.txt": "x"}))


# --- archives -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_truncated_archive(tmp_path: Path, share) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "cut short or damaged" in refused(path)


def test_damaged_part(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    data = bytearray(path.read_bytes())
    at = data.index(b"xl/worksheets/sheet1.xml") + 30
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert "damaged" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["xl/worksheets/sheet1.xml", "XL/Worksheets/Sheet1.xml"])
def test_duplicate_entries(tmp_path: Path, second) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    with zipfile.ZipFile(path, "a") as found:
        found.writestr(second, "<worksheet/>")
    assert "twice" in refused(path)


@pytest.mark.parametrize("part", ["../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml", "xl/../../evil.xml", "C:/evil.xml"])
def test_paths_that_lead_out(tmp_path: Path, part) -> None:
    assert "leads out" in refused(xlsx(tmp_path / "a.xlsx", ROW, parts={part: "x"}))


def test_encrypted(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROW)
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path)
    old = xlwt.Workbook()
    old.add_sheet("x").write(0, 0, 1)
    old.save(str(tmp_path / "b.xls"))
    book = (tmp_path / "b.xls").read_bytes()
    (tmp_path / "c.xlsx").write_bytes(book)
    assert "encrypted, or an old workbook" in refused(tmp_path / "c.xlsx")
    title = "Workbook".encode("utf-16-le")
    at = book.index(title)
    named = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "d.xls").write_bytes(
        book[:at] + named + book[at + len(named) : at + 64] + struct.pack("<H", 34) + book[at + 66 :]
    )
    assert "encrypted" in refused(tmp_path / "d.xls")
    # The record after the first BOF becomes FILEPASS.
    begin = book.index(b"\x09\x08\x10\x00")
    (tmp_path / "e.xls").write_bytes(book[: begin + 20] + b"\x2f\x00" + book[begin + 22 :])
    assert "encrypted" in refused(tmp_path / "e.xls")


def test_macros(tmp_path: Path) -> None:
    assert "macros" in refused(xlsx(tmp_path / "a.xlsx", ROW, parts={"xl/vbaProject.bin": "x"}))


def test_zip_bomb_whatever_its_headers_say(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(zip_archive, "RATIO_FROM", 1 << 20)
    path = xlsx(tmp_path / "a.xlsx", ROW, parts={"xl/styles.xml": "<a>" + "<b/>" * (1 << 20) + "</a>"})
    assert "unpacks to more than" in refused(path)
    data = bytearray(path.read_bytes())
    size = struct.pack("<I", (4 * (1 << 20)) + 7)
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(data)
    refused(path)


def test_total_unpacked_size(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_UNPACKED", 1000)
    assert "unpacks to more than" in refused(xlsx(tmp_path / "a.xlsx", ROW))


def test_too_many_parts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(zip_archive, "MAX_PARTS", 5)
    assert "parts" in refused(xlsx(tmp_path / "a.xlsx", ROW))


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)
def test_dtds_in_any_part_that_is_read(tmp_path: Path, part) -> None:
    content = xlsx_parts()[part].decode()
    begin = content.find("?>") + 2 if content.startswith("<?xml") else 0
    path = xlsx(tmp_path / "a.xlsx", ROW, parts={part: content[:begin] + BOMB + content[begin:]})
    assert "DTD" in refused(path)


@pytest.mark.parametrize("shift", range(-10, 3))
def test_a_dtd_across_two_blocks(tmp_path: Path, shift) -> None:
    padding = " " * (zip_archive.BLOCK + shift - 3)
    path = xlsx(tmp_path / "a.xlsx", ROW, parts={"xl/styles.xml": f"<a>{padding}<!DOCTYPE x></a>"})
    message = refused(path)  # a parser that sees its beginning refuses it as well
    assert "DTD" in message or "damaged XML" in message


def test_xml_in_another_encoding_hides_nothing(tmp_path: Path) -> None:
    for sheet in (f'<?xml version="1.0"?><worksheet {MAIN}/>'.encode("utf-16"), b'<?xml version="1.0" encoding="UTF-7"?><x/>'):
        parts = {"xl/styles.xml": sheet}
        assert "UTF-8" in refused(xlsx(tmp_path / "a.xlsx", ROW, parts=parts))


# --- sheets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('<row r="900000"><c r="BXA900000"><v>1</v></c></row>', "memory"),
        ('<row r="900000"><c t="n" r="BXA900000"><v>1</v></c></row>', "memory"),
        ('<row r="2"><c r="XFD2"><v>1</v></c></row>', "16,384 columns"),
        ('<row r="2"><c r="XFE2"><v>1</v></c></row>', "outside"),
        ('<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "outside"),
        ('<row r="2">' + "<c><v>1</v></c>" * 2001 + "</row>", "2,001 columns"),
        (
            '<row r="2"><q:c xmlns:q="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD2"><q:v>1</q:v></q:c></row>',  # noqa: E501
            "16,384",
        ),
    ],
)
def test_far_cells_and_wide_sheets(tmp_path: Path, cell, said) -> None:
    assert said in refused(xlsx(tmp_path / "a.xlsx", ROW + cell))


def test_far_cells_that_hold_only_a_style_do_no_harm(tmp_path: Path) -> None:
    rows = ROW + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows)) == {1: [1]}


def test_a_far_cell_of_xlsb_xls_and_ods(tmp_path: Path) -> None:
    assert "memory" in refused(xlsb(tmp_path / "a.xlsb", {1: [(0, 0, 1.0)], 1_000_000: [(1900, 0, 1.0)]}))
    old = xlwt.Workbook()
    old.add_sheet("x").write(0, 0, 0.125)
    old.save(str(tmp_path / "b.xls"))
    data = (tmp_path / "b.xls").read_bytes()
    cell = struct.pack("<HHHH", 0x203, 14, 0, 0)
    at = data.index(cell)
    (tmp_path / "b.xls").write_bytes(data[: at + 4] + struct.pack("<HH", 65535, 65535) + data[at + 8 :])
    assert "damaged" in refused(tmp_path / "b.xls")  # no cell of an old sheet can be there
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="S"><table:table-row table:number-rows-repeated="{}">'
        '<table:table-cell office:value-type="string" table:number-columns-repeated="{}"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
    assert "memory" in refused(write_zip(tmp_path / "c.ods", {**kind, "content.xml": content.format(1_000_000, 1000)}))
    assert "columns" in refused(write_zip(tmp_path / "d.ods", {**kind, "content.xml": content.format(1, 16_384)}))


def test_gigantic_cells(tmp_path: Path) -> None:
    def cell(text):
        return f'<row r="1"><c r="A1" t="inlineStr"><is>{text}</is></c></row>'

    assert "32,767" in refused(xlsx(tmp_path / "a.xlsx", cell(f"<t>{'x' * 40_000}</t>")))
    assert "32,767" in refused(xlsx(tmp_path / "b.xlsx", cell(f"<t>{'x' * 1_000_000}</t>")))
    assert "32,767" in refused(xlsx(tmp_path / "c.xlsx", cell(f"<r><t>{'x' * 30_000}</t></r>" * 2)))
    assert rows_of(xlsx(tmp_path / "d.xlsx", cell(f"<t>{'x' * 32_767}</t>"))) == {1: ["x" * 32_767]}


def test_one_long_text_shown_by_millions_of_cells(tmp_path: Path, monkeypatch) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    for row in range(200):
        sheet.write(row, 0, "x" * 1000)
    book.close()
    assert len(rows_of(tmp_path / "a.xlsx")) == 200
    monkeypatch.setattr(xlsx_module, "MAX_TEXT", 100_000)
    assert "memory" in refused(tmp_path / "a.xlsx")


def test_comments_in_a_sheet_count_for_nothing(tmp_path: Path) -> None:
    rows = '<row r="1"><!-- <c r="XFD9" t="e"><v>#N/A</v></c> --><c r="A1"><v>1</v></c></row>'
    assert rows_of(xlsx(tmp_path / "a.xlsx", rows)) == {1: [1]}


def test_broken_xml(tmp_path: Path) -> None:
    refused(xlsx(tmp_path / "a.xlsx", "<row r='1'><c r='A1'><v>1</row>"))
    refused(xlsx(tmp_path / "b.xlsx", '<row r="1"><c r="A1" t="s"><v>77</v></c></row>'))
    refused(xlsx(tmp_path / "c.xlsx", '<row r="1"><c r="A1" t="odd"><v>77</v></c></row>'))


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1"><c r="A0" t="e"><v>#N/A</v></c></row>',
        '<row r="0"><c t="e"><v>#N/A</v></c></row>',
        f'<row r="{"9" * 10}"><c t="e"><v>#N/A</v></c></row>',
        f'<row r="{"9" * 5000}"><c t="e"><v>#N/A</v></c></row>',
        f'<row r="1"><c r="A{"9" * 10}" t="e"><v>#N/A</v></c></row>',
        f'<row r="1"><c r="A{"9" * 5000}" t="e"><v>#N/A</v></c></row>',
        f'<row r="1"><c r="{"A" * 5000}1" t="e"><v>#N/A</v></c></row>',
        f'<row r="1"><c r="{"Z" * 7}1" t="e"><v>#N/A</v></c></row>',
        f'<row r="2"><c r="A2" s="{"9" * 5000}" t="e"><v>#N/A</v></c></row>',
        f'<row r="2"><c x="1" r="A2" t="s"><v>{"9" * 5000}</v></c></row>',
        f'<row r="2"><c x="1" r="A2"><v>6{"9" * 5000}</v></c></row>',
    ],
)
def test_numbers_that_no_sheet_has(tmp_path: Path, row) -> None:
    _survives(xlsx(tmp_path / "a.xlsx", row))


def test_a_sheet_without_its_part(tmp_path: Path) -> None:
    parts = xlsx_parts()
    del parts["xl/worksheets/sheet1.xml"]
    assert "lacks the part" in refused(write_zip(tmp_path / "a.xlsx", parts))


def cells_of(path: Path) -> dict[int, list[object]]:
    """Row number to cells, without a DataFrame, whose import would count as memory."""
    with open_source(path) as source:
        return {number: list(cells) for number, cells in source.sheets[0].rows()}


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail if the block asks for more than 40 MB."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def old_workbook(path: Path) -> bytearray:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    sheet.write(0, 0, "text")
    sheet.write(1, 0, 0.125)
    book.save(str(path))
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("field", [40, 44, 64, 72])
def test_an_old_workbook_that_claims_billions_of_sectors(tmp_path: Path, field) -> None:
    data = old_workbook(tmp_path / "a.xls")
    data[field : field + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "a.xls").write_bytes(data)
    with little_memory():
        assert cells_of(tmp_path / "a.xls") == {1: ["text"], 2: [0.125]}


def test_an_old_workbook_that_claims_billions_of_rows(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    at = data.index(struct.pack("<HH", 0x200, 14)) + 8  # DIMENSIONS
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "a.xls").write_bytes(data)
    with little_memory():
        assert cells_of(tmp_path / "a.xls") == {1: ["text"], 2: [0.125]}


def test_an_old_workbook_that_claims_billions_of_texts(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    at = data.index(struct.pack("<HH", 0xFC, 15)) + 8  # SST
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "a.xls").write_bytes(data)
    with little_memory(), pytest.raises(FileRefused, match="damaged"):
        cells_of(tmp_path / "a.xls")


@pytest.mark.slow
def test_the_last_cell_of_an_old_sheet_takes_no_memory_for_those_before_it(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("x").write(65_535, 255, "end")
    book.save(str(tmp_path / "a.xls"))
    with little_memory():
        assert cells_of(tmp_path / "a.xls") == {65_536: [*[None] * 255, "end"]}


def test_more_cells_in_an_old_workbook_than_memory_holds(tmp_path: Path, monkeypatch) -> None:
    book = xlwt.Workbook()
    for name in ("a", "b"):
        sheet = book.add_sheet(name)
        for row in range(30):
            sheet.write(row, 1, row)
    book.save(str(tmp_path / "a.xls"))
    monkeypatch.setattr(xls_module, "MAX_AREA", 119)
    assert "more cells than can be held in memory" in refused(tmp_path / "a.xls")
    monkeypatch.setattr(xls_module, "MAX_AREA", 120)
    assert len(rows_of(tmp_path / "a.xls")) == 30


def test_a_gigantic_cell_of_an_old_workbook(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("xlwt.BIFFRecords.upack2", lambda text, _="": struct.pack("<HB", len(text), 0) + text.encode())
    book = xlwt.Workbook()
    book.add_sheet("x").row(0).insert_cell(0, StrCell(0, 0, 15, book.add_str("x" * 40_000)))
    book.save(str(tmp_path / "a.xls"))
    assert "sheet 'x', row 1, holds a cell of more than 32,767 characters" in refused(tmp_path / "a.xls")


def test_old_workbooks_with_macros(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    title, macros = "Workbook".encode("utf-16-le"), "_VBA_PROJECT_CUR".encode("utf-16-le")
    at = data.index(title)
    data[at : at + 66] = macros.ljust(64, b"\0") + struct.pack("<H", len(macros) + 2)
    (tmp_path / "a.xls").write_bytes(data)
    assert "macros" in refused(tmp_path / "a.xls")


def test_an_office_file_that_is_no_workbook(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    at = data.index("Workbook".encode("utf-16-le"))
    data[at : at + 16] = "Document".encode("utf-16-le")
    (tmp_path / "a.xls").write_bytes(data)
    assert "not a workbook" in refused(tmp_path / "a.xls")


def test_chains_of_sectors_that_go_in_circles(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    table = struct.unpack_from("<I", data, 76)[0]
    start = (table + 1) * 512
    for sector in range(6):
        data[start + sector * 4 : start + sector * 4 + 4] = struct.pack("<I", sector)
    (tmp_path / "a.xls").write_bytes(data)
    assert "damaged" in refused(tmp_path / "a.xls")


def test_a_short_stream_that_goes_in_circles(tmp_path: Path) -> None:
    short, chain = struct.pack("<I", 1 << 20), struct.pack("<128I", *range(128))
    data = old_workbook(tmp_path / "a.xls")
    directory = 512 + struct.unpack_from("<I", data, 48)[0] * 512
    table = 512 + struct.unpack_from("<I", data, 76)[0] * 512
    count = (len(data) - 512) // 512
    data[56:60], data[60:64], data[64:68] = short, struct.pack("<I", count + 1), struct.pack("<I", 1)
    data[directory + 116 : directory + 124] = struct.pack("<II", count, 512)  # the root's stream, which holds the short ones
    data[table + count * 4 : table + count * 4 + 8] = struct.pack("<ii", -2, -2)
    (tmp_path / "a.xls").write_bytes(data + bytes(512) + chain)
    assert "damaged" in refused(tmp_path / "a.xls")


def test_a_directory_that_branches_without_end(tmp_path: Path) -> None:
    data = old_workbook(tmp_path / "a.xls")
    directory = 512 + struct.unpack_from("<I", data, 48)[0] * 512
    entry = bytearray(data[directory + 128 : directory + 256])
    count = (len(data) - 512) // 512
    data[48:52] = struct.pack("<I", count)
    root = bytearray(data[directory : directory + 128])
    root[76:80] = struct.pack("<i", 1)
    entries = [root]
    for following in range(2, 64):  # both branches of each entry lead to the next: 2 ** 62 ways
        entry[68:76] = struct.pack("<ii", following, following)
        entries.append(bytearray(entry))
    entry[68:76] = struct.pack("<ii", -1, -1)
    entries.append(entry)
    table = 512 + struct.unpack_from("<I", data, 76)[0] * 512
    chain = [*range(count + 1, count + 16), -2]
    data[table + count * 4 : table + (count + 16) * 4] = struct.pack("<16i", *chain)
    (tmp_path / "a.xls").write_bytes(data + b"".join(entries))
    assert "damaged" in refused(tmp_path / "a.xls")


def test_a_duration_that_no_program_can_hold(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    book.add_worksheet().write_number(0, 0, 1e300, book.add_format({"num_format": "[h]:mm"}))
    book.close()
    _survives(tmp_path / "a.xlsx")


# --- the scan of xlsx --------------------------------------------------------------------------------------------------

REFS = st.tuples(st.integers(1, 60), st.integers(1, 900))
BODIES = st.sampled_from(
    [
        ("", "<v>1</v>"),
        ("", "<v>60</v>"),
        ("", "<v>60.5</v>"),
        ("", "<v>600</v>"),
        ("", "<v>060</v>"),
        ("", "<v>+60.25</v>"),
        ("", "<v> 60 </v>"),
        ("", "<v>6.0E1</v>"),
        ("", "<v>600e-1</v>"),
        ("", "<v>6.0499999999999998E-2</v>"),
        ("", "<v>-1e-05</v>"),
        ('s="0"', None),
        ('s="1"', None),
        ('t="e"', "<v>#N/A</v>"),
        ('t="e"', "<f>NA()</f><v>#REF!</v>"),
        ('s="1"', "<v>7</v>"),
        ('s="0"', "<v>7</v>"),
        ("", "<f>A1</f>"),
        ("", "<f>A1</f><v></v>"),
        ("", "<f>A1</f><v/>"),
        ("", '<f t="shared" si="0"/>'),
        ("", '<f t="shared" si="0"/><v>4</v>'),
        ('t="str"', "<f>A1</f><v></v>"),
        ('t="str"', "<f>A1</f>"),
        ('t="str"', "<f>A1</f><v>t</v>"),
        ('t="str"', "<v>60 Main Street</v>"),
        ('s="1" t="str"', "<v>x</v>"),
        ('t="inlineStr"', "<is><t>60</t></is>"),
        ('t="b"', "<v>1</v>"),
    ]
)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(st.dictionaries(REFS, BODIES, max_size=30), st.integers(1, 400), st.booleans(), st.booleans())
def test_nothing_is_lost_with_the_ordinary_cells(cells, size, epoch_1904, shuffled) -> None:
    rows = {}
    for (row, column), (kind, body) in sorted(cells.items(), reverse=shuffled):
        start = f'<c r="{column_letters(column)}{row}" {kind}'.rstrip()
        rows.setdefault(row, []).append(f"{start}/>" if body is None else f"{start}>{body}</c>")
    sheet = "".join(f'<row r="{row}" spans="1:9" hidden="{row % 3 // 2}">{"".join(found)}</row>' for row, found in rows.items())
    data = f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>".encode()
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    form = number_format("00000")
    styles = Styles((form,), {1: 0})
    found = scan_sheet(blocks, styles, [], epoch_1904=epoch_1904)
    exact = scan_every_cell([data], styles, [], epoch_1904=epoch_1904)
    assert not exact.repeated
    if found is None:  # cells that are not in ascending order, of which one may occur twice
        assert shuffled
        return
    assert found.corrections.cells == exact.corrections.cells
    assert found.corrections.texts == exact.corrections.texts
    assert found.hidden_rows == exact.hidden_rows
    assert found.hidden_rows.count == sum(row % 3 == 2 for row in rows)
    assert found.rows >= exact.rows
    assert found.columns >= exact.columns
    assert found.rows == max((row for row, _ in cells), default=0)
    assert found.columns == max((column for _, column in cells), default=0)


WRITTEN_BY = {
    "Excel": """<row r="1" spans="1:3" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><v>8.05E-2</v></c>\
<c r="C1" s="2"/><c r="D1" s="1"><f>B1*2</f><v>0.161</v></c><c r="E1" t="str"><f>A1</f><v>60 a</v></c></row>""",
    "openpyxl": """<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" s="1" t="n" />\
<c r="C1" t="n"><v>1e-09</v></c></row>""",
    "LibreOffice": """<row r="1" customFormat="false" ht="12.8" hidden="false" customHeight="false" collapsed="false">\
<c r="A1" s="0" t="s"><v>0</v></c><c r="B1" s="0" t="n"><f aca="false">1+1</f><v>2</v></c></row>""",
    "SheetJS": """<row r="1"><c r="A1" t="str"><v>60 Main Street</v></c><c r="B1" t="n"><v>-6.5</v></c></row>""",
    "Open XML SDK": """<x:row r="1"><x:c r="A1" s="1" t="s"><x:v>0</x:v></x:c></x:row>""",
}


@pytest.mark.parametrize("program", WRITTEN_BY)
def test_what_common_programs_write_is_cut_out(program) -> None:
    row, x = WRITTEN_BY[program], "x:" * (program == "Open XML SDK")
    sheet = f"<{x}worksheet {MAIN}><{x}sheetData>{row}</{x}sheetData></{x}worksheet>".encode()
    ordinary = OrdinaryCells(())
    assert b"<c" not in b"".join(map(ordinary.cut_out, whole_rows([sheet])))
    large = OrdinaryCells(())
    rows = [row.replace('r="1"', f'r="{number}"').replace('1"', f'{number}"') for number in range(1, 5000)]
    blocks = [sheet.replace(row.encode(), "".join(rows[:2500]).encode()), "".join(rows[2500:]).encode()]
    assert b"<row" not in list(map(large.cut_out, whole_rows(blocks)))[-1]


@pytest.mark.parametrize("odd", ['<c t="e"><v>#N/A</v></c>', "<c/><c t='e'><v>#N/A</v></c>"])
def test_cells_without_a_reference_among_others(tmp_path: Path, odd) -> None:
    rows = f'{ROW}<row r="4"><c r="B4"><v>2</v></c>{odd}</row><row><c t="e"><v>#REF!</v></c></row>'
    last = 3 + odd.startswith("<c/>")
    found = rows_of(xlsx(tmp_path / "a.xlsx", rows))
    assert {number: [cell for cell in cells if cell] for number, cells in found.items()} == {1: [1], 4: [2, "#N/A"], 5: ["#REF!"]}
    assert found[4].index("#N/A") == last - 1


@pytest.mark.parametrize("number", [1, 5, 26, 27, 52, 53, 702, 703, 704, 728, 1000, 2000, 16_384])
def test_letters_of_columns(number) -> None:
    assert column_number(column_letters(number)) == number


def test_marks_keep_every_cell() -> None:
    corrections = CellCorrections()
    corrections.add_error(1_048_575, 16_383, "#N/A")
    corrections.add_error(0, 0, "#REF!")
    corrections.close()
    assert [corrections.corrected(code, None) for _, code in corrections.in_row(0)] == ["#REF!"]
    assert [(column, corrections.corrected(code, None)) for column, code in corrections.in_row(1_048_575)] == [(16_383, "#N/A")]


# --- any bytes at all -----------------------------------------------------------------------------------------------


def _samples() -> dict[str, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = openpyxl.Workbook()
        book.active.append(["ref", 1, "=1+1"])
        book.save(folder / "a.xlsx")
        old = xlwt.Workbook()
        old.add_sheet("x").write(0, 0, "ref")
        old.save(str(folder / "a.xls"))
        xlsb(folder / "a.xlsb", {1: [(0, 0, "x"), (1, 1, 46053.0)]})
        write_zip(folder / "a.ods", {"content.xml": "<a xmlns:table='t'><table:table table:name='x'/></a>"})
        (folder / "a.csv").write_bytes("ref;beløb\n'a';\"1,5\"\n".encode())
        return {path.suffix: path.read_bytes() for path in folder.iterdir()}


SAMPLES = _samples()


def _survives(path: Path) -> None:
    try:
        with open_source(path) as source:
            for sheet in source.sheets:
                for _ in sheet.chunks():
                    pass
    except FileRefused as refusal:
        assert path.name in str(refusal)  # noqa: PT017 - any other exception is the failure


@settings(max_examples=examples(25), deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.binary(max_size=400))
def test_random_bytes(tmp_path_factory, ending, data) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a{ending}"
    path.write_bytes(data)
    _survives(path)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6),
    st.floats(0.3, 1),
)
def test_mutated_files(tmp_path_factory, ending, changes, share) -> None:
    data = bytearray(SAMPLES[ending])
    for place, new in changes:
        at = int(place * len(data))
        data[at : at + len(new)] = new
    path = tmp_path_factory.mktemp("fuzz") / f"a{ending}"
    path.write_bytes(data[: max(int(len(data) * share), 1)] if changes and changes[0][1][0] & 1 else data)
    _survives(path)


def _rezipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as found:
        for name, content in parts.items():
            found.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from([".xlsx", ".xlsb"]), st.data())
def test_mutated_parts(tmp_path_factory, ending, data) -> None:
    with zipfile.ZipFile(io.BytesIO(SAMPLES[ending])) as found:
        parts = {name: found.read(name) for name in found.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.mktemp("fuzz") / f"a{ending}"
    path.write_bytes(_rezipped({**parts, name: bytes(content)}))
    _survives(path)
