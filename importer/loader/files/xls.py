"""Old workbooks (.xls), read by xlrd.

The format limits a sheet to 65,536 rows of 256 columns; everything else is checked here. A formula without a value
is read as an empty cell, because Excel writes the same for ``=""``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from struct import unpack_from
from typing import Any, TextIO

from xlrd import biffh  # type: ignore[import-untyped]
from xlrd.book import Book  # type: ignore[import-untyped]
from xlrd.compdoc import CompDoc, CompDocError  # type: ignore[import-untyped]

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.number_formats.built_in import LOCALE_BOUND
from importer.domain.number_formats.tokens import sections_of
from importer.domain.special_cells import CellError, ShownNumber, clean_number
from importer.errors import FileRefused
from importer.loader.files.cell_references import SeenCells, column_letters
from importer.loader.files.corrections import CellCorrections
from importer.loader.files.covered_cells import CoverSweep
from importer.loader.files.number_formats import cell_reader, kept_format, shows_duration
from importer.loader.files.serial_days import duration_of, moment_of
from importer.loader.files.xlsb import ERRORS
from importer.loader.files.xlsx import MAX_AREA, WorkbookScan, refuse_equal_names, refuse_repeated, sheet_notes
from importer.loader.files.xlsx_scan import SheetScan
from importer.loader.files.zip_archive import FETCH_AGAIN

_BEGIN, _EXCEL_5, _AUTOFILTER = b"\x09\x08", 50, 0x9D
_CELLS = frozenset(
    (
        *(biffh.XL_NUMBER, biffh.XL_RK, biffh.XL_MULRK, biffh.XL_BOOLERR, biffh.XL_LABEL, biffh.XL_LABELSST),
        *(biffh.XL_RSTRING, *biffh.XL_FORMULA_OPCODES),
    )
)
"""Record types that hold cells with values. Those of blank cells are not needed."""
_NEEDED = frozenset(
    (
        *(*biffh.bofcodes, biffh.XL_EOF, biffh.XL_CODEPAGE, biffh.XL_DATEMODE, biffh.XL_BOUNDSHEET),
        *(biffh.XL_FORMAT, biffh.XL_XF, biffh.XL_SST, biffh.XL_CONTINUE, biffh.XL_ROW, biffh.XL_COLINFO, biffh.XL_MERGEDCELLS),
        *(biffh.XL_NUMBER, biffh.XL_RK, biffh.XL_MULRK, biffh.XL_BOOLERR, biffh.XL_LABEL, biffh.XL_LABELSST, biffh.XL_RSTRING),
        *(*biffh.XL_FORMULA_OPCODES, biffh.XL_STRING, biffh.XL_SHRFMLA, biffh.XL_ARRAY, biffh.XL_ARRAY2),
        *(biffh.XL_TABLEOP, biffh.XL_TABLEOP2),
    )
)
"""Record types on which cells depend. xlrd fails on malformed records of other types and evaluates names without a limit."""


@dataclass(slots=True)
class XlsScan(WorkbookScan):
    """The notes on an old workbook, and the workbook itself, which is already read completely."""

    book: OpenXls = field(kw_only=True)


class OpenXls:
    """An old workbook in memory, with the methods of `OpenWorkbook`."""

    def __init__(self, name: str, book: _XlsBook, sheets: Sequence[Any], scans: Mapping[str, SheetScan]) -> None:
        """Take the sheets of a book that are already read."""
        self._name = name
        self._sheets = {sheet.name: sheet for sheet in sheets}
        self._scans = scans
        self._by_style = {style: how for style, xf in enumerate(book.xf_list) if (how := _reader_of(book, xf.format_key))}
        self.sheets = [(title, bool(sheet.visibility)) for title, sheet in self._sheets.items()]
        self.covered: dict[str, set[int]] = {}
        self.reads_covered = False

    def close(self) -> None:
        """Release the memory. The sheets cannot be read afterwards."""
        self._sheets.clear()

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number that Excel shows, cells from column A on) of every row that is not empty.

        ``covered`` then has the rows of the sheet in which a covered cell with a value was passed over.
        """
        width = max(map(self._sheets[sheet].row_len, range(self._sheets[sheet].nrows)), default=0)
        covered, sweep = self.covered.setdefault(sheet, set()), self._sweep(sheet)
        for number, cells in self._rows(sheet, range(width)):
            if sweep and sweep.empty(number - 1, cells):
                covered.add(number)
            if cells.count(None) < width:
                yield number, cells

    def read_columns(self, sheet: str, positions: Sequence[int]) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield (row number that Excel shows, cells at ``positions``) of every row that the file contains."""
        sweep = self._sweep(sheet)
        for number, cells in self._rows(sheet, positions):
            yield number, sweep.emptied(number - 1, cells, positions) if sweep else cells

    def formats_in(self, sheet: str, column: int) -> frozenset[str]:
        """Return the number formats of the cells of a column that show something else than their values."""
        return frozenset(cell.code for _, (cell,) in self.read_columns(sheet, [column]) if isinstance(cell, ShownNumber))

    def _sweep(self, sheet: str) -> CoverSweep | None:
        covered = self._scans[sheet].covered
        return CoverSweep(covered) if covered.rectangles and not self.reads_covered else None

    def _rows(self, sheet: str, positions: Sequence[int]) -> Iterator[tuple[int, list[Cell]]]:
        cells = self._sheets[sheet]
        for row in range(cells.nrows):
            if width := cells.row_len(row):
                kinds, values = cells.row_types(row), cells.row_values(row)
                yield row + 1, [self._cell(cells, row, p, kinds[p], values[p]) if p < width else None for p in positions]

    def _cell(self, sheet: Any, row: int, column: int, kind: int, value: Any) -> Cell:
        if kind == biffh.XL_CELL_TEXT:
            if len(value) > MAX_CELL_CHARACTERS:
                raise FileRefused(
                    f"{self._name}, sheet {sheet.name!r}, row {row + 1}, holds a cell of more than "
                    f"{MAX_CELL_CHARACTERS:,} characters. Shorten it."
                )
            return value or None
        if kind in (biffh.XL_CELL_NUMBER, biffh.XL_CELL_DATE):
            return self._by_style.get(sheet.cell_xf_index(row, column), clean_number)(value)
        if kind == biffh.XL_CELL_ERROR:
            return CellError(ERRORS.get(value, "#VALUE!"))
        return bool(value) if kind == biffh.XL_CELL_BOOLEAN else None


def _reader_of(book: Any, number_format: int) -> Callable[[float], Cell] | None:
    """Return the function that converts numbers in this format to cells, or None for plain numbers."""
    form = book.format_map[number_format]
    code = sections_of(form.format_str or "")[0]
    if shows_duration(code):
        return duration_of
    if book.is_date_format_string(code) if code else form.type == biffh.DATEFORMAT:
        return partial(moment_of, epoch_1904=bool(book.datemode))
    is_own = form in book.format_list or number_format not in LOCALE_BOUND
    kept = kept_format(form.format_str or "") if is_own else None
    if kept is None:
        return None
    read = cell_reader(kept)
    return lambda value: read(clean_number(value))


def scan_xls(name: str, data: bytes, wanted: Collection[str] = ()) -> XlsScan:
    """Read an old workbook. ``wanted`` are the names of the sheets that are read; empty: all. Raises FileRefused."""
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as log:
            return _read(name, _stream(name, data, log), log, wanted)
    except (FileRefused, MemoryError):
        raise
    except Exception as error:  # the bytes may be anything, and xlrd does not check them
        raise FileRefused(f"{name} is cut short or damaged. {FETCH_AGAIN}") from error


def _stream(name: str, data: bytes, log: TextIO) -> bytes:
    """Return the records of the workbook from its OLE2 container."""
    if data[30:32] == b"\x0c\0":  # sectors of 4,096 bytes: the header takes a whole one, and xlrd does not expect that
        data = data[:512] + data[4096:]
    container = _Container(data, logfile=log)
    names = {entry.name for entry in container.dirlist}
    if {"EncryptedPackage", "EncryptionInfo"} & names:
        raise FileRefused(f"{name} is encrypted. Save it without a password.")
    if any(title.upper().startswith("_VBA_PROJECT") for title in names):
        raise FileRefused(f"{name} is a workbook with macros. Save it as .xlsx, without them.")
    stream = container.get_named_stream("Workbook") or container.get_named_stream("Book")
    if not stream or not stream.startswith(_BEGIN):
        raise FileRefused(f"{name} is an Office file but not a workbook. Save the sheet as .xlsx.")
    return bytes(stream)


def _read(name: str, stream: bytes, log: TextIO, wanted: Collection[str]) -> XlsScan:
    book = _XlsBook()
    book.file_name = name
    book.biff2_8_load(file_contents=stream, logfile=log, formatting_info=True, on_demand=True, ragged_rows=True)
    book.biff_version = book.getbof(biffh.XL_WORKBOOK_GLOBALS)
    if book.biff_version < _EXCEL_5:
        raise FileRefused(
            f"{name} is a workbook of Excel 4 or older, which is not read. Open it in LibreOffice and save it as .xlsx."
        )
    book.parse_globals()
    refuse_equal_names(name, book.sheet_names())
    book.nsheets = len(book.sheet_names())
    book._sheet_list = [None] * book.nsheets  # noqa: SLF001 - xlrd.open_workbook does the same
    notes, cells, sheets, scans = [], 0, [], {}
    for number, title in enumerate(book.sheet_names()):
        if wanted and title not in wanted:
            continue
        book.begin_sheet()
        sheet = book.get_sheet(number)
        cells += sum(map(sheet.row_len, range(sheet.nrows)))
        if cells > MAX_AREA:
            raise FileRefused(f"{name} holds more cells than can be held in memory. Split it into smaller files.")
        scans[title] = _features(name, sheet, book)
        sheets.append(sheet)
        notes += sheet_notes(title, scans[title])
    book.release_resources()
    return XlsScan(sheets=scans, notes=notes, names=book.sheet_names(), book=OpenXls(name, book, sheets, scans))


def _features(name: str, sheet: Any, book: _XlsBook) -> SheetScan:
    scan = SheetScan(CellCorrections(), merged=len(sheet.merged_cells), filtered=book.filtered, repeated=book.seen.repeated)
    refuse_repeated(name, sheet.name, scan)
    for top, bottom, left, right in sheet.merged_cells:
        scan.first_merged = scan.first_merged or f"{column_letters(left + 1)}{top + 1}:{column_letters(right)}{bottom}"
        scan.covered.add_merge(top, left, bottom - 1, right - 1)
    scan.covered.close(name, sheet.name, sheet.nrows)
    for row, info in sorted(sheet.rowinfo_map.items()):
        if info.hidden:
            scan.hidden_rows.add(row + 1)
    scan.hidden_rows.close()
    scan.hidden_columns = [(column + 1, column + 1) for column, info in sheet.colinfo_map.items() if info.hidden]
    return scan


class _Container(CompDoc):  # type: ignore[misc]
    """An OLE2 container that raises CompDocError where xlrd would follow a cycle endlessly."""

    @property
    def dirlist(self) -> list[Any]:
        """Return the entries of the directory."""
        return self._entries

    @dirlist.setter
    def dirlist(self, entries: list[Any]) -> None:
        """Check that the entries form a tree, because xlrd walks through them next."""
        links = [0]
        for entry in entries:
            inside = (entry.root_DID,) if entry.etype in (1, 5) else ()  # a storage, or the root
            links += [link for link in (entry.left_DID, entry.right_DID, *inside) if entry.etype and link >= 0]
        if len(set(links)) < len(links):
            raise CompDocError("two entries of the directory lead to the same one")
        self._entries: list[Any] = entries

    def _get_stream(
        self, mem: bytes, base: int, sat: list[int], sec_size: int, start_sid: int, size: int | None = None, **_: Any
    ) -> bytes:
        """Join the sectors of a stream. Streams that share sectors are accepted, because Excel reads them too."""
        seen, sector = set(), start_sid
        while 0 <= sector < len(sat):
            if sector in seen:
                raise CompDocError("a chain of sectors leads back to itself")
            seen.add(sector)
            sector = sat[sector]
        return bytes(super()._get_stream(mem, base, sat, sec_size, start_sid, size))


class _XlsBook(Book):  # type: ignore[misc]
    """A workbook of which only the records are read on which cells depend.

    ``seen`` are the cells of the present sheet. Records of a chart in the sheet are its own cached values, not cells.
    """

    file_name = ""
    filtered = False
    seen = SeenCells()
    _in_chart = False

    def begin_sheet(self) -> None:
        """Forget what was noted of the sheet before."""
        self.filtered, self.seen, self._in_chart = False, SeenCells(), False

    def get_record_parts(self) -> tuple[int, int, bytes]:
        """Return the next record as (kind, length, content). The kind of a record that is not needed is one that xlrd ignores."""
        kind, length, data = super().get_record_parts()
        if kind in _NEEDED:
            self._note(kind, data)
            return kind, length, data
        if kind == biffh.XL_FILEPASS:
            raise FileRefused(f"{self.file_name} is encrypted. Save it without a password.")
        self.filtered = self.filtered or kind == _AUTOFILTER
        return biffh.XL_UNKNOWN, length, data

    def _note(self, kind: int, data: bytes) -> None:
        if kind in _CELLS and not self._in_chart:
            row, column = unpack_from("<HH", data)
            last = unpack_from("<H", data, len(data) - 2)[0] if kind == biffh.XL_MULRK else column
            self.seen.enter(row, column, max(last - column + 1, 1))
        elif kind in biffh.bofcodes:
            self._in_chart = True
        elif kind == biffh.XL_EOF:
            self._in_chart = False
