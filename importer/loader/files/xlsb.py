"""Scan binary workbooks (.xlsb, BIFF12 records) before calamine reads them.

The scan finds error cells and number formats that show something else than the value. A formula always has a value in this
format, possibly an empty text.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from xml.parsers import expat

from importer.domain.number_formats.built_in import kept_built_in
from importer.errors import FileRefused
from importer.loader.files.cell_references import SeenCells
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.number_formats import keep_format
from importer.loader.files.xlsx import WorkbookScan, check_size, read_targets, refuse_equal_names, sheet_notes
from importer.loader.files.xlsx_scan import SheetScan, Styles
from importer.loader.files.zip_archive import Archive

_ROW, _BLANK, _RK, _ERROR, _REAL, _SHARED, _FORMULA_NUMBER, _FORMULA_ERROR, _LAST_CELL = 0, 1, 2, 3, 5, 7, 9, 11, 11
_SHARED_ITEM, _FORMAT, _XF, _BOOK_PROPERTIES, _SHEET, _COLUMN, _FILTER = 19, 44, 47, 153, 156, 60, 161
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA"}
"""Error codes of binary workbooks (.xls and .xlsb) and the text that Excel shows for each."""

_MAX_STYLES = 65_536
_LONGEST_RECORD = 4 << 20  # bytes; a full cell with its fonts and its formula is far smaller
_BEGIN_SHARED, _BEGIN_CELL_XFS, _END_CELL_XFS = 159, 617, 618


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, content). Raises IndexError when the stream ends within a record."""
    data, at = b"", 0
    for block in blocks:
        data, at = data[at:] + block, 0
        while True:
            try:
                kind, length, start = _head(data, at)
            except IndexError:
                break
            if length > _LONGEST_RECORD:
                raise IndexError
            if start + length > len(data):
                break
            at = start + length
            yield kind, data[start:at]
    if at < len(data):
        raise IndexError


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return (kind, length, start of the content) of a record. Raises IndexError at the end of the data."""
    kind = data[at]
    at += 1
    if kind & 0x80:
        kind = kind & 0x7F | (data[at] & 0x7F) << 7
        at += 1
    length = 0
    for shift in (0, 7, 14, 21):
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last of up to four bytes
            break
    return kind, length, at


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
        archive.check_all_but({part for _, part in sheets})
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
    refuse_equal_names(archive.name, (name for name, _ in sheets))
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
    codes = {int(number): form for number, form in kept_built_in().items()}
    cells: list[int] = []
    inside = False
    for kind, content in _records(archive.blocks(part)) if part else ():
        if kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            inside = kind == _BEGIN_CELL_XFS
            if inside and struct.unpack_from("<I", content)[0] > _MAX_STYLES:
                raise IndexError
        elif kind == _FORMAT:
            keep_format(codes, struct.unpack_from("<H", content)[0], _wide(content, 2)[0])
        elif kind == _XF and inside:
            cells.append(struct.unpack_from("<H", content, 2)[0])
    return Styles.of(codes, cells)


def _text_lengths(archive: Archive) -> list[int]:
    part = archive.find("xl/sharedStrings.bin")
    lengths: list[int] = []
    claimed = 0
    for kind, content in _records(archive.blocks(part)) if part else ():
        if kind == _SHARED_ITEM:
            lengths.append(len(content))
        elif kind == _BEGIN_SHARED:
            claimed = struct.unpack_from("<I", content, 4)[0]
    if claimed > len(lengths):  # calamine allocates memory for as many as are claimed
        raise IndexError
    return lengths


def _scan_sheet(archive: Archive, part: str, styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan:
    scan = SheetScan(CellCorrections(styles.formats))
    seen, row = SeenCells(), 0
    unpack, of_style = struct.Struct("<II").unpack_from, styles.of_style
    for kind, content in _records(archive.blocks(part)):
        if _ROW < kind <= _LAST_CELL:
            column, style = unpack(content)
            seen.enter(row, column)
            if kind > _BLANK:
                scan.columns, scan.rows = max(scan.columns, column + 1), max(scan.rows, row + 1)
            scan.text_bytes += _shared_bytes(kind, content, lengths)
            _mark(scan.corrections, (row, column), kind, content, epoch_1904=epoch_1904)
            if (form := of_style.get(style & 0xFFFFFF)) is not None:
                scan.corrections.add_format(row, column, form)
        elif kind == _ROW:
            row = struct.unpack_from("<I", content)[0]
            seen.enter_row(row)
            seen.close_rows()
            scan.hidden_rows += bool(content[11] & 0x10)
        else:
            scan.hidden_columns += kind == _COLUMN and bool(content[16] & 1)
            scan.filtered = scan.filtered or kind == _FILTER
    scan.corrections.close()
    scan.repeated, scan.own_bytes = seen.repeated, archive.sizes[part]
    return scan


def _shared_bytes(kind: int, content: bytes, lengths: list[int]) -> int:
    index = struct.unpack_from("<I", content, 8)[0] if kind == _SHARED else len(lengths)
    return lengths[index] if index < len(lengths) else 0


def _mark(corrections: CellCorrections, at: tuple[int, int], kind: int, content: bytes, *, epoch_1904: bool) -> None:
    if kind in (_ERROR, _FORMULA_ERROR):
        corrections.add_error(*at, ERRORS.get(content[8], "#VALUE!"))
    elif not epoch_1904 and _is_day_60(kind, content):
        corrections.add(*at, CorrectionCode.DAY_60)


def _is_day_60(kind: int, content: bytes) -> bool:
    if kind == _RK:
        return 60 <= _rk_number(content[8:12]) < 61  # noqa: PLR2004 - Excel's 29 February 1900
    return kind in (_REAL, _FORMULA_NUMBER) and 60 <= struct.unpack_from("<d", content, 8)[0] < 61  # noqa: PLR2004


def _rk_number(packed: bytes) -> float:
    """Unpack the four bytes of an RK number."""
    bits = struct.unpack("<i", packed)[0]
    value = float(bits >> 2) if bits & 2 else struct.unpack("<d", b"\0\0\0\0" + struct.pack("<i", bits & ~3))[0]
    return value / 100 if bits & 1 else value
