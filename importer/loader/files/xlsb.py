"""Binary workbooks (.xlsb): BIFF12 records, scanned before calamine sees them.

Error cells and leading zeros are found; a formula always has a value in this format, if only an empty text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from xml.parsers import expat

from importer.errors import FileRefused
from importer.loader.files.corrections import Mark, Marks
from importer.loader.files.number_formats import ZeroFormat, zero_format
from importer.loader.files.xlsx import WorkbookScan, check_size, read_targets, sheet_notes
from importer.loader.files.xlsx_scan import SheetScan, Styles
from importer.loader.files.zip_archive import Archive

_ROW, _RK, _ERROR, _REAL, _SHARED, _FORMULA_NUMBER, _FORMULA_ERROR, _LAST_CELL = 0, 2, 3, 5, 7, 9, 11, 11
_SHARED_ITEM, _FORMAT, _XF, _BOOK_PROPERTIES, _SHEET, _COLUMN, _FILTER = 19, 44, 47, 153, 156, 60, 161
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA"}
"""Error codes of binary workbooks, old and new, and what Excel shows."""

_MAX_STYLES = 65_536
_LONGEST_RECORD = 4 << 20  # a text of 32,767 characters with its fonts and its formula is far below
_BEGIN_SHARED, _BEGIN_CELL_XFS, _END_CELL_XFS = 159, 617, 618


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, content). Raises IndexError when the stream ends within a record."""
    data, at = b"", 0
    for block in blocks:
        data, at = data[at:] + block, 0
        while True:
            start = at
            try:
                kind = data[at]
                at += 1
                if kind & 0x80:
                    kind = kind & 0x7F | (data[at] & 0x7F) << 7
                    at += 1
                length = shift = 0
                while True:
                    byte = data[at]
                    at += 1
                    length |= (byte & 0x7F) << shift
                    shift += 7
                    if byte < 0x80 or shift > 21:  # noqa: PLR2004 - four bytes of seven bits
                        break
            except IndexError:
                at = start
                break
            if length > _LONGEST_RECORD:
                raise IndexError
            if at + length > len(data):
                at = start
                break
            yield kind, data[at : at + length]
            at += length
    if at < len(data):
        raise IndexError


def scan_xlsb(archive: Archive) -> WorkbookScan:
    """Check every part of an xlsb and find the special cells of its sheets. Raises FileRefused."""
    try:
        book = archive.find("xl/workbook.bin")
        if book is None:
            raise FileRefused(f"{archive.name} is a zip file but holds no workbook. Save the sheet as .xlsx.")
        sheets, epoch_1904 = _read_book(archive, book)
        styles = _read_styles(archive)
        lengths = _text_lengths(archive)
        result = WorkbookScan()
        for name, part in sheets:
            scan = _scan_sheet(archive, part, styles, lengths, epoch_1904=epoch_1904)
            check_size(archive.name, name, scan)
            result.sheets[name] = scan
            result.notes += sheet_notes(name, scan)
        seen = {part for _, part in sheets}
        for part in archive.readable():
            for _ in archive.blocks(part) if part not in seen else ():
                pass
    except (IndexError, struct.error, expat.ExpatError) as error:
        raise archive.broken() from error
    return result


def _read_book(archive: Archive, book: str) -> tuple[list[tuple[str, str]], bool]:
    targets = read_targets(archive, book)
    sheets, epoch_1904 = [], False
    for kind, content in _records(archive.blocks(book)):
        if kind == _BOOK_PROPERTIES:
            epoch_1904 = bool(content[0] & 1)
        elif kind == _SHEET:
            relation, end = _wide(content, 8)
            part = archive.find(targets.get(relation, ""))
            if part is None:
                raise archive.broken()
            if "chartsheets/" not in part.casefold():
                sheets.append((_wide(content, end)[0], part))
    return sheets, epoch_1904


def _wide(content: bytes, at: int) -> tuple[str, int]:
    count = struct.unpack_from("<I", content, at)[0]
    end = at + 4 + count * 2
    if count == 0xFFFFFFFF:  # noqa: PLR2004 - no text
        return "", at + 4
    if end > len(content):
        raise IndexError
    return content[at + 4 : end].decode("utf-16-le", "replace"), end


def _read_styles(archive: Archive) -> Styles:
    part = archive.find("xl/styles.bin")
    codes: dict[int, ZeroFormat] = {}
    cells: list[int] = []
    inside = False
    for kind, content in _records(archive.blocks(part)) if part else ():
        if kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            inside = kind == _BEGIN_CELL_XFS
            if inside and struct.unpack_from("<I", content)[0] > _MAX_STYLES:
                raise IndexError
        elif kind == _FORMAT and (found := zero_format(_wide(content, 2)[0])):
            codes[struct.unpack_from("<H", content)[0]] = found
        elif kind == _XF and inside:
            cells.append(struct.unpack_from("<H", content, 2)[0])
    order = list(codes)
    return Styles(tuple(codes.values()), {at: order.index(code) for at, code in enumerate(cells) if code in codes})


def _text_lengths(archive: Archive) -> list[int]:
    part = archive.find("xl/sharedStrings.bin")
    lengths: list[int] = []
    claimed = 0
    for kind, content in _records(archive.blocks(part)) if part else ():
        if kind == _SHARED_ITEM:
            lengths.append(len(content))
        elif kind == _BEGIN_SHARED:
            claimed = struct.unpack_from("<I", content, 4)[0]
    if claimed > len(lengths):  # calamine asks for memory for as many as are claimed
        raise IndexError
    return lengths


def _scan_sheet(archive: Archive, part: str, styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan:
    scan = SheetScan(Marks(styles.formats))
    row = text_bytes = 0
    unpack, of_style = struct.Struct("<II").unpack_from, styles.of_style
    for kind, content in _records(archive.blocks(part)):
        if _ROW < kind <= _LAST_CELL:
            column, style = unpack(content)
            style &= 0xFFFFFF
            if kind > 1:
                scan.columns, scan.rows = max(scan.columns, column + 1), max(scan.rows, row + 1)
            if kind == _SHARED:
                index = struct.unpack_from("<I", content, 8)[0]
                text_bytes += lengths[index] if index < len(lengths) else 0
            elif kind in (_ERROR, _FORMULA_ERROR):
                scan.marks.add_error(row, column, ERRORS.get(content[8], "#VALUE!"))
            elif not epoch_1904 and _is_day_60(kind, content):
                scan.marks.add(row, column, Mark.DAY_60)
            if style in of_style:
                scan.marks.add_format(row, column, of_style[style])
        elif kind == _ROW:
            row = struct.unpack_from("<I", content)[0]
            scan.hidden_rows += bool(content[11] & 0x10)
        else:
            scan.hidden_columns += kind == _COLUMN and bool(content[16] & 1)
            scan.filtered = scan.filtered or kind == _FILTER
    scan.text_bytes = text_bytes
    scan.marks.close()
    return scan


def _is_day_60(kind: int, content: bytes) -> bool:
    if kind == _RK:
        return 60 <= _rk_number(content[8:12]) < 61  # noqa: PLR2004 - Excel's 29 February 1900
    return kind in (_REAL, _FORMULA_NUMBER) and 60 <= struct.unpack_from("<d", content, 8)[0] < 61  # noqa: PLR2004


def _rk_number(packed: bytes) -> float:
    """Unpack the four bytes in which short numbers are kept."""
    bits = struct.unpack("<i", packed)[0]
    value = float(bits >> 2) if bits & 2 else struct.unpack("<d", b"\0\0\0\0" + struct.pack("<i", bits & ~3))[0]
    return value / 100 if bits & 1 else value
