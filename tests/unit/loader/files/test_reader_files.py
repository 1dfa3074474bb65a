"""Files for the tests of the reader, made here: no outside file is needed, and every trap is visible in the code."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl

from importer.loader.files.reader import ReadOptions, open_source

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def rows_of(path: Path, options: ReadOptions | None = None, sheet: int = 0) -> dict[int, list[object]]:
    """Row number to cells, of one sheet."""
    with open_source(path, options or ReadOptions()) as source:
        found = {}
        for chunk in source.sheets[sheet].chunks():
            assert set(map(str, chunk.dtypes)) == {"object"}
            found |= dict(zip(chunk.index.tolist(), chunk.to_numpy().tolist(), strict=True))
        return found


def write_zip(path: Path, parts: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def xlsx_parts() -> dict[str, bytes]:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xlsx(
    path: Path, rows: str = "", *, before: str = "", after: str = "", prefix: str = "", parts: dict[str, str] | None = None
) -> Path:
    """A workbook whose only sheet is the XML given."""
    p = f"{prefix}:" if prefix else ""
    name_space = MAIN.replace("xmlns", f"xmlns:{prefix}") if prefix else MAIN
    sheet = f"<{p}worksheet {name_space}>{before}<{p}sheetData>{rows}</{p}sheetData>{after}</{p}worksheet>"
    return write_zip(path, {**xlsx_parts(), "xl/worksheets/sheet1.xml": sheet, **(parts or {})})


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(content)
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + length + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


Cells = list[tuple[int, int, object]]


def xlsb(path: Path, rows: dict[int, Cells] | list[tuple[int, Cells]], *, epoch_1904: bool = False) -> Path:
    """A binary workbook. A cell is (column, style, value); style 1 shows dates, style 2 five digits."""
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, 9, 0, 9)) + _record(145)
    for number, cells in rows.items() if isinstance(rows, dict) else rows:
        sheet += _record(0, struct.pack("<III", number - 1, 0, 0x12C) + b"\0" * 5)
        for column, style, value in cells:
            place = struct.pack("<II", column, style)
            if isinstance(value, bytes):
                sheet += _record(3, place + value)
            elif isinstance(value, bool):
                sheet += _record(4, place + bytes([value]))
            elif isinstance(value, str):
                sheet += _record(6, place + _wide(value))
            else:
                sheet += _record(5, place + struct.pack("<d", value))
    sheet += _record(146) + _record(130)
    formats = _record(44, struct.pack("<H", 164) + _wide("yyyy-mm-dd")) + _record(44, struct.pack("<H", 165) + _wide("00000"))
    styles = [_record(47, struct.pack("<HH", 0, number) + b"\0" * 12) for number in (0, 164, 165)]
    styles_part = _record(278) + _record(615, struct.pack("<I", 2)) + formats + _record(616)
    styles_part += _record(617, struct.pack("<I", 3)) + b"".join(styles) + _record(618) + _record(279)
    book = _record(131) + _record(153, struct.pack("<III", int(epoch_1904), 0, 0)) + _record(143)
    book += _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sager")) + _record(144) + _record(132)
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    relations = '<Relationships xmlns="{}/relationships">{}</Relationships>'
    sheet_relation = f'<Relationship Id="rId1" Type="{base}/worksheet" Target="worksheets/sheet1.bin"/>'
    style_relation = f'<Relationship Id="rId2" Type="{base}/styles" Target="styles.bin"/>'
    book_relation = f'<Relationship Id="rId1" Type="{base}/officeDocument" Target="xl/workbook.bin"/>'
    return write_zip(
        path,
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
            "_rels/.rels": relations.format(package, book_relation),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations.format(package, sheet_relation + style_relation),
            "xl/worksheets/sheet1.bin": sheet,
            "xl/styles.bin": styles_part,
        },
    )


def test_built_workbooks_are_read(tmp_path: Path) -> None:
    assert rows_of(xlsx(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>')) == {1: [1]}
    assert rows_of(xlsb(tmp_path / "a.xlsb", {2: [(1, 0, "x")]})) == {2: [None, "x"]}
