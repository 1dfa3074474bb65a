"""Binary workbooks, made record by record: .xlsb with any number formats, and .xls as Excel 5 wrote it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xlwt.CompoundDoc import XlsDoc

BinaryCell = str | float | int | None | tuple[str | float | int, str]
"""A value, perhaps with the code of its number format. A whole number is stored as one, as Excel does."""

_FIRST_FORMAT = 164
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


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


def _parts(cell: BinaryCell) -> tuple[str | float | int | None, str]:
    return cell if isinstance(cell, tuple) else (cell, "")


def _cell(column: int, cell: BinaryCell, styles: Sequence[str]) -> bytes:
    value, code = _parts(cell)
    place = struct.pack("<II", column, styles.index(code))
    if isinstance(value, str):
        return _record(6, place + _wide(value))
    if isinstance(value, int):
        return _record(2, place + struct.pack("<i", value << 2 | 2))
    return b"" if value is None else _record(5, place + struct.pack("<d", value))


def _sheet(rows: Iterable[Sequence[BinaryCell]], styles: Sequence[str]) -> bytes:
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, 9, 0, 9)) + _record(145)
    for number, cells in enumerate(rows):
        sheet += _record(0, struct.pack("<III", number, 0, 0x12C) + b"\0" * 5)
        sheet += b"".join(_cell(column, cell, styles) for column, cell in enumerate(cells))
    return sheet + _record(146) + _record(130)


def _styles(styles: Sequence[str]) -> bytes:
    codes = [_record(44, struct.pack("<H", _FIRST_FORMAT + at) + _wide(code)) for at, code in enumerate(styles) if code]
    cells = [_record(47, struct.pack("<HH", 0, _FIRST_FORMAT + at if code else 0) + b"\0" * 12) for at, code in enumerate(styles)]
    formats = _record(615, struct.pack("<I", len(codes))) + b"".join(codes) + _record(616)
    return _record(278) + formats + _record(617, struct.pack("<I", len(cells))) + b"".join(cells) + _record(618) + _record(279)


def _relations(*targets: tuple[str, str]) -> str:
    listed = (f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for at, (kind, to) in enumerate(targets, 1))
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(listed)}</Relationships>'


def write_xlsb(path: Path, sheets: Mapping[str, Sequence[Sequence[BinaryCell]]]) -> Path:
    """Write a binary workbook, with the number formats that its cells have."""
    codes = {_parts(cell)[1]: None for rows in sheets.values() for cells in rows for cell in cells}
    styles = ["", *(code for code in codes if code)]
    listed = (_record(156, struct.pack("<II", 0, at) + _wide(f"rId{at}") + _wide(name)) for at, name in enumerate(sheets, 1))
    book = _record(131) + _record(153, struct.pack("<III", 0, 0, 0)) + _record(143) + b"".join(listed)
    targets = [("worksheet", f"worksheets/sheet{at}.bin") for at in range(1, len(sheets) + 1)]
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.bin")),
        "xl/workbook.bin": book + _record(144) + _record(132),
        "xl/_rels/workbook.bin.rels": _relations(*targets, ("styles", "styles.bin")),
        "xl/styles.bin": _styles(styles),
    }
    parts |= {f"xl/worksheets/sheet{at}.bin": _sheet(rows, styles) for at, rows in enumerate(sheets.values(), 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _old(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def write_excel_5(path: Path, name: str, rows: Sequence[Sequence[str | float]]) -> Path:
    """Write a workbook in the format of Excel 5 (BIFF5), whose texts are bytes of Windows-1252."""
    font = _old(0x31, struct.pack("<HHHHHBBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0, 5) + b"Arial")
    style = _old(0xE0, struct.pack("<HHHHHHHH", 0, 0, 1, 0x20, 0, 0, 0, 0))
    head = _old(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + _old(0x42, struct.pack("<H", 1252)) + font * 4 + style * 16
    cells = b"".join(
        _old(0x204, struct.pack("<HHHH", row, column, 15, len(value.encode("cp1252"))) + value.encode("cp1252"))
        if isinstance(value, str)
        else _old(0x203, struct.pack("<HHHd", row, column, 15, value))
        for row, found in enumerate(rows)
        for column, value in enumerate(found)
    )
    size = _old(0x200, struct.pack("<HHHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet = _old(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0)) + size + cells + _old(0x0A)
    title = name.encode("cp1252")
    listed = len(head) + 4 + 7 + len(title) + 4
    book = head + _old(0x85, struct.pack("<IHB", listed, 0, len(title)) + title) + _old(0x0A) + sheet
    stream = io.BytesIO()
    XlsDoc().save(stream, book.ljust(4096, b"\0"))
    data = bytearray(stream.getvalue())
    entry = data.index("Workbook".encode("utf-16-le"))
    data[entry : entry + 66] = "Book".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 10)
    path.write_bytes(data)
    return path
