"""Scan binary workbooks (.xlsb, BIFF12 records) before calamine reads them.

The scan finds error cells and number formats that show something else than the value. A formula always has a value in this
format, possibly an empty text.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from xml.parsers import expat

from importer.domain.number_formats.built_in import kept_built_in
from importer.errors import FileRefused
from importer.loader.files.cell_references import SeenCells, column_letters
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.number_formats import kept_format, shows_duration
from importer.loader.files.open_package import STYLES, TEXTS, OpenPackage, open_package
from importer.loader.files.renamed_parts import rename_parts
from importer.loader.files.serial_days import BUILT_IN_DAYS, BUILT_IN_DURATION, shows_day
from importer.loader.files.xlsx import ListedSheet, SheetKind, WorkbookScan, listed_sheet, refuse_equal_names, scan_listed
from importer.loader.files.xlsx_scan import SheetScan, Styles
from importer.loader.files.zip_archive import Archive

_ROW, _BLANK, _RK, _ERROR, _REAL, _SHARED, _FORMULA_NUMBER, _FORMULA_ERROR, _LAST_CELL = 0, 1, 2, 3, 5, 7, 9, 11, 11
_SHARED_ITEM, _FORMAT, _XF, _BOOK_PROPERTIES, _SHEET, _COLUMN, _FILTER, _MERGE = 19, 44, 47, 153, 156, 60, 161, 176
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


def scan_xlsb(archive: Archive, wanted: Collection[str] = ()) -> WorkbookScan:
    """Check the parts of an xlsb that are read, and find the special cells of its sheets. Raises FileRefused.

    ``wanted`` are the names of the sheets that are read; empty: all of them.
    """
    try:
        package = open_package(archive)
        if package is None or not package.is_binary:
            raise FileRefused(f"{archive.name} is a zip file but holds no workbook. Save the sheet as .xlsx.")
        sheets, epoch_1904 = _read_book(package)
        styles, days = _read_styles(archive, package.part_of(STYLES), epoch_1904=epoch_1904)
        lengths = _text_lengths(archive, package.part_of(TEXTS))
        result = WorkbookScan(must_be_rewritten=not package.is_usual)
        parts = scan_listed(
            archive, sheets, wanted, result, lambda part: _scan_sheet(archive, part, styles, days, lengths, epoch_1904)
        )
        result.rewrite = partial(rename_parts, package, list(parts.values())) if result.must_be_rewritten else None
    except (IndexError, struct.error, expat.ExpatError) as error:
        raise archive.broken() from error
    return result


def _read_book(package: OpenPackage) -> tuple[list[ListedSheet], bool]:
    sheets, epoch_1904 = [], False
    for kind, content in _records(package.archive.blocks(package.book, is_xml=False)):
        if kind == _BOOK_PROPERTIES:
            epoch_1904 = bool(content[0] & 1)
        elif kind == _SHEET:
            relation, end = _wide(content, 8)
            hidden = struct.unpack_from("<I", content)[0] != 0
            sheets.append(listed_sheet(package, _wide(content, end)[0], relation, hidden=hidden))
    refuse_equal_names(package.archive.name, (sheet.name for sheet in sheets if sheet.kind is SheetKind.CELLS))
    return sheets, epoch_1904


def _wide(content: bytes, at: int) -> tuple[str, int]:
    count = struct.unpack_from("<I", content, at)[0]
    end = at + 4 + count * 2
    if count == 0xFFFFFFFF:  # noqa: PLR2004 - no text
        return "", at + 4
    if end > len(content):
        raise IndexError
    return content[at + 4 : end].decode("utf-16-le", "replace"), end


def _read_styles(archive: Archive, part: str | None, *, epoch_1904: bool) -> tuple[Styles, dict[int, CorrectionCode]]:
    """Return the styles, and for those that show a date or a duration the correction of a whole number."""
    texts, cells = _formats_and_styles(archive, part) if part else ({}, [])
    own = {number: kept_format(text) for number, text in texts.items()}
    kept = {int(number): form for number, form in kept_built_in().items()} | own
    codes = {number: form for number, form in kept.items() if form is not None}
    days = _day_codes(set(cells), texts, epoch_1904=epoch_1904)
    return Styles.of(codes, cells), {style: days[number] for style, number in enumerate(cells) if number in days}


def _formats_and_styles(archive: Archive, part: str) -> tuple[dict[int, str], list[int]]:
    """Return the workbook's own formats by their numbers, and the number of the format of each style of cells."""
    texts: dict[int, str] = {}
    cells: list[int] = []
    inside = False
    for kind, content in _records(archive.blocks(part, is_xml=False)):
        if kind in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            inside = kind == _BEGIN_CELL_XFS
            if inside and struct.unpack_from("<I", content)[0] > _MAX_STYLES:
                raise IndexError
        elif kind == _FORMAT:
            texts[struct.unpack_from("<H", content)[0]] = _wide(content, 2)[0]
        elif kind == _XF and inside:
            cells.append(struct.unpack_from("<H", content, 2)[0])
    return texts, cells


def _day_codes(numbers: set[int], texts: Mapping[int, str], *, epoch_1904: bool) -> dict[int, CorrectionCode]:
    """Return the corrections of the formats that show a date or a duration, by their numbers."""
    found = ((number, _day_code(number, texts.get(number), epoch_1904=epoch_1904)) for number in numbers)
    return {number: code for number, code in found if code is not None}


def _day_code(number: int, text: str | None, *, epoch_1904: bool) -> CorrectionCode | None:
    """Return the correction of whole numbers in a format; calamine reads them as numbers, whatever the format."""
    if text is None and number not in BUILT_IN_DAYS and number != BUILT_IN_DURATION:
        return None
    if number == BUILT_IN_DURATION if text is None else shows_duration(text):
        return CorrectionCode.DURATION_NUMBER
    if text is not None and not shows_day(text):
        return None
    return CorrectionCode.DAY_NUMBER_1904 if epoch_1904 else CorrectionCode.DAY_NUMBER


def _text_lengths(archive: Archive, part: str | None) -> list[int]:
    lengths: list[int] = []
    claimed = 0
    for kind, content in _records(archive.blocks(part, is_xml=False)) if part else ():
        if kind == _SHARED_ITEM:
            lengths.append(len(content))
        elif kind == _BEGIN_SHARED:
            claimed = struct.unpack_from("<I", content, 4)[0]
    if claimed > len(lengths):  # calamine allocates memory for as many as are claimed
        raise IndexError
    return lengths


def _scan_sheet(
    archive: Archive,
    part: str,
    styles: Styles,
    days: dict[int, CorrectionCode],
    lengths: list[int],
    epoch_1904: bool,  # noqa: FBT001
) -> SheetScan:
    scan = SheetScan(CellCorrections(styles.formats))
    seen, row = SeenCells(), 0
    unpack, of_style = struct.Struct("<II").unpack_from, styles.of_style
    for kind, content in _records(archive.blocks(part, is_xml=False)):
        if _ROW < kind <= _LAST_CELL:
            column, style = unpack(content)
            seen.enter(row, column)
            if kind > _BLANK:
                scan.columns, scan.rows = max(scan.columns, column + 1), max(scan.rows, row + 1)
            scan.text_bytes += _shared_bytes(kind, content, lengths)
            day = days.get(style & 0xFFFFFF) if kind == _RK else None
            _mark(scan.corrections, (row, column), kind, content, epoch_1904=epoch_1904)
            if day is not None:
                scan.corrections.add(row, column, day)
            if (form := of_style.get(style & 0xFFFFFF)) is not None:
                scan.corrections.add_format(row, column, form)
        elif kind == _ROW:
            row = struct.unpack_from("<I", content)[0]
            seen.enter_row(row)
            seen.close_rows()
            if content[11] & 0x10:
                scan.hidden_rows.add(row + 1)
        else:
            _note_feature(scan, kind, content)
    scan.corrections.close()
    scan.hidden_rows.close()
    scan.repeated, scan.own_bytes = seen.repeated, archive.sizes[part]
    return scan


def _note_feature(scan: SheetScan, kind: int, content: bytes) -> None:
    if kind == _COLUMN and content[16] & 1:
        first, last = struct.unpack_from("<II", content)
        scan.hidden_columns.append((first + 1, last + 1))
    elif kind == _MERGE:
        top, bottom, left, right = struct.unpack_from("<4I", content)
        scan.merged += 1
        scan.first_merged = scan.first_merged or f"{column_letters(left + 1)}{top + 1}:{column_letters(right + 1)}{bottom + 1}"
        scan.covered.add_merge(top, left, bottom, right)
    else:
        scan.filtered = scan.filtered or kind == _FILTER


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
