"""Old workbooks (.xls): the OLE2 container and its BIFF records, scanned before calamine sees them.

Error cells and leading zeros are found. A formula without a value is not: Excel writes the same for ``=""``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from importer.errors import FileRefused
from importer.loader.files.corrections import Mark, Marks
from importer.loader.files.number_formats import ZeroFormat, zero_format
from importer.loader.files.xlsx import WorkbookScan, check_size, sheet_notes
from importer.loader.files.xlsx_fast_scan import SheetScan, column_letters

_END_OF_CHAIN = 0xFFFFFFFA  # this and above: no sector
_ROOT = 5
_BOUNDSHEET, _BOF, _EOF, _FILEPASS, _FORMAT, _XF, _DATEMODE = 0x85, 0x809, 0x0A, 0x2F, 0x41E, 0xE0, 0x22
_ROW, _COLINFO, _FORMULA, _BOOLERR, _NUMBER, _RK, _MULRK, _MERGED = 0x208, 0x7D, 0x06, 0x205, 0x203, 0x27E, 0xBD, 0xE5
_SST, _CONTINUE, _DIMENSIONS = 0xFC, 0x3C, 0x200
_MAX_ROWS, _MAX_COLUMNS = 65_536, 256
_CELLS = {_FORMULA, _BOOLERR, _NUMBER, _RK, 0x204, 0xFD, 0xD6}
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA"}
"""Error codes of BIFF8 and BIFF12 and what Excel shows."""


class Container:
    """An OLE2 file in memory: the names of its streams and their bytes. Never reads past the file or in circles."""

    def __init__(self, name: str, data: bytes) -> None:
        """Read the directory. Raises FileRefused."""
        self._name, self._data = name, data
        try:
            version, _, shift, mini_shift = struct.unpack_from("<4H", data, 26)
            if (version, shift, mini_shift) not in ((3, 9, 6), (4, 12, 6)):
                raise self.broken()
            self._version, self._sector = version, 1 << shift
            # Calamine asks for memory for as many sectors as the header and the directory claim, and dies without it.
            claims = struct.unpack_from("<2I", data, 40) + struct.unpack_from("<I4xI", data, 64)
            if any(claim * self._sector > len(data) for claim in claims):
                raise self.broken()
            self._fat = self._read_fat()
            self._read_directory()
        except (struct.error, IndexError) as error:
            raise self.broken() from error

    def broken(self) -> FileRefused:
        """Give the refusal of a container that does not hold together."""
        return FileRefused(f"{self._name} is cut short or damaged. Open it in Excel and save it as .xlsx.")

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        if start >= len(self._data):
            raise self.broken()
        return self._data[start : start + self._sector]

    def _read_fat(self) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self._data, 76))
        following = struct.unpack_from("<I", self._data, 68)[0]
        per_sector = self._sector // 4
        while following < _END_OF_CHAIN:
            if len(sectors) > len(self._data) // 4:  # the chain goes in circles
                raise self.broken()
            *more, following = struct.unpack(f"<{per_sector}I", self._at(following))
            sectors += more
        fat: list[int] = []
        for sector in dict.fromkeys(sectors):
            if sector < _END_OF_CHAIN:
                fat += struct.unpack(f"<{per_sector}I", self._at(sector).ljust(self._sector, b"\xff"))
        return fat

    def _chain(self, sector: int, table: list[int]) -> Iterator[int]:
        seen = 0
        while sector < _END_OF_CHAIN:
            seen += 1
            if seen > len(table) or sector >= len(table):
                raise self.broken()
            yield sector
            sector = table[sector]

    def _read_directory(self) -> None:
        self._streams: dict[str, tuple[int, int]] = {}
        directory = b"".join(self._at(at) for at in self._chain(struct.unpack_from("<I", self._data, 48)[0], self._fat))
        root = 0, 0
        if len(directory) % 128:
            raise self.broken()
        for at in range(0, len(directory), 128):
            entry = directory[at : at + 128]
            length, kind = struct.unpack_from("<HB", entry, 64)
            start, size = struct.unpack_from("<II" if self._version == 3 else "<IQ", entry, 116)  # noqa: PLR2004
            if size > len(self._data):
                raise self.broken()
            title = entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            if kind == _ROOT:
                root = start, size
            self._streams.setdefault(title, (start, size))  # calamine takes the first of a name, of whatever kind
        self._mini = b"".join(self._at(at) for at in self._chain(root[0], self._fat)) if root[1] else b""
        first_mini = struct.unpack_from("<I", self._data, 60)[0]
        raw = b"".join(self._at(at) for at in self._chain(first_mini, self._fat))
        self._mini_fat = list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))

    @property
    def names(self) -> set[str]:
        """The names of the streams, wherever they lie."""
        return set(self._streams)

    def stream(self, title: str) -> bytes:
        """Give a stream's bytes. Raises FileRefused when its chain of sectors is broken."""
        start, size = self._streams[title]
        if size < struct.unpack_from("<I", self._data, 56)[0]:
            pieces = (self._mini[at * 64 : at * 64 + 64] for at in self._chain(start, self._mini_fat))
        else:
            pieces = (self._at(at) for at in self._chain(start, self._fat))
        return b"".join(pieces)[:size]


def scan_xls(name: str, data: bytes) -> WorkbookScan:
    """Check an old workbook and find its special cells. Raises FileRefused."""
    container = Container(name, data)
    if {"EncryptedPackage", "EncryptionInfo"} & container.names:
        raise FileRefused(f"{name} is encrypted. Save it without a password.")
    if any(title.upper().startswith("_VBA_PROJECT") for title in container.names):
        raise FileRefused(f"{name} is a workbook with macros. Save it as .xlsx, without them.")
    title = next((title for title in ("Workbook", "Book", "WORKBOOK", "BOOK") if title in container.names), None)
    if title is None:
        raise FileRefused(f"{name} is an Office file but not a workbook. Save the sheet as .xlsx.")
    stream = container.stream(title)
    try:
        return _scan_stream(name, stream)
    except (struct.error, IndexError) as error:
        raise container.broken() from error


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield (kind, position, length) up to the end of the substream."""
    unpack, end = struct.Struct("<HH").unpack_from, len(stream) - 3
    depth = 0
    while at < end:
        kind, length = unpack(stream, at)
        if at + 4 + length > len(stream):
            raise IndexError
        yield kind, at + 4, length
        depth += (kind == _BOF) - (kind == _EOF)
        if kind == _EOF and depth <= 0:
            return
        at += 4 + length


def _scan_stream(name: str, stream: bytes) -> WorkbookScan:
    codes: dict[int, ZeroFormat] = {}
    cell_formats: list[int] = []
    sheets: list[tuple[str, int]] = []
    epoch_1904, in_texts = False, False
    texts_claimed = texts_bytes = 0
    for kind, at, length in _records(stream, 0):
        if kind == _FILEPASS:
            raise FileRefused(f"{name} is encrypted. Save it without a password.")
        in_texts = kind == _SST or (in_texts and kind == _CONTINUE)
        texts_bytes += length if in_texts else 0
        if kind == _SST:
            texts_claimed = max(texts_claimed, struct.unpack_from("<I", stream, at + 4)[0])
        elif kind == _DATEMODE:
            epoch_1904 = stream[at : at + 2] == b"\1\0"
        elif kind == _FORMAT and (found := zero_format(_string(stream[at + 2 : at + length], wide_count=True))):
            codes[struct.unpack_from("<H", stream, at)[0]] = found
        elif kind == _XF:
            cell_formats.append(struct.unpack_from("<H", stream, at + 2)[0])
        elif kind == _BOUNDSHEET and stream[at + 5] == 0:
            title = _string(stream[at + 6 : at + length], wide_count=False)
            sheets.append((title, struct.unpack_from("<I", stream, at)[0]))
    formats = tuple(codes.values())
    order = list(codes)
    if texts_claimed > texts_bytes // 3:
        raise IndexError
    of_style = {style: order.index(code) for style, code in enumerate(cell_formats) if code in codes}
    result = WorkbookScan()
    for title, at in sheets:
        scan = _scan_sheet(stream, at, Marks(formats), of_style, epoch_1904=epoch_1904)
        check_size(name, title, scan)
        result.sheets[title] = scan
        result.notes += sheet_notes(title, scan)
    return result


def _string(data: bytes, *, wide_count: bool) -> str:
    count = struct.unpack_from("<H" if wide_count else "<B", data)[0]
    at = 2 if wide_count else 1
    wide = data[at] & 1
    return data[at + 1 : at + 1 + (count << wide)].decode("utf-16-le" if wide else "latin-1", "replace")


def _scan_sheet(stream: bytes, start: int, marks: Marks, of_style: dict[int, int], *, epoch_1904: bool) -> SheetScan:
    scan = SheetScan(marks, exact=True)
    place = struct.Struct("<HHH").unpack_from
    for kind, at, length in _records(stream, start):
        if kind in _CELLS:
            row, column, style = place(stream, at)
            last = column
            _mark(marks, kind, (row, column), stream[at + 6 : at + min(length, 22)], epoch_1904=epoch_1904)
            if style in of_style:
                marks.add_format(row, column, of_style[style])
        elif kind == _MULRK:
            row, column = struct.unpack_from("<HH", stream, at)
            last = column + (length - 6) // 6 - 1
            for offset in range(last - column + 1):
                style, number = struct.unpack_from("<H4s", stream, at + 4 + offset * 6)
                _mark(marks, _RK, (row, column + offset), number, epoch_1904=epoch_1904)
                if style in of_style:
                    marks.add_format(row, column + offset, of_style[style])
        else:
            if kind == _DIMENSIONS and length >= 14:  # noqa: PLR2004 - the BIFF8 form
                _check_dimensions(*struct.unpack_from("<IIHH", stream, at))
            if kind == _MERGED and length > 8:  # noqa: PLR2004 - a count and the first range
                _note_merged(scan, stream[at : at + length])
            scan.hidden_rows += kind == _ROW and bool(stream[at + 12] & 0x20)
            scan.hidden_columns += kind == _COLINFO and bool(stream[at + 8] & 1)
            scan.filtered = scan.filtered or kind == 0x9D  # noqa: PLR2004 - AUTOFILTERINFO
            continue
        scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, last + 1)
    marks.close()
    return scan


def _check_dimensions(top: int, bottom: int, left: int, right: int) -> None:
    """Calamine asks for memory for all of it at once: more than the format can hold is a lie."""
    if bottom > _MAX_ROWS or right > _MAX_COLUMNS or top > bottom or left > right:
        raise IndexError


def _note_merged(scan: SheetScan, content: bytes) -> None:
    count, top, bottom, left, right = struct.unpack_from("<5H", content)
    scan.merged += count
    first = f"{column_letters(left + 1)}{top + 1}:{column_letters(right + 1)}{bottom + 1}"
    scan.first_merged = scan.first_merged or first


def _mark(marks: Marks, kind: int, at: tuple[int, int], value: bytes, *, epoch_1904: bool) -> None:
    if kind == _BOOLERR and value[1]:
        marks.add_error(*at, ERRORS.get(value[0], "#VALUE!"))
    elif kind == _FORMULA and value[6:8] == b"\xff\xff" and value[0] == 2:  # noqa: PLR2004 - 2 is an error
        marks.add_error(*at, ERRORS.get(value[2], "#VALUE!"))
    elif not epoch_1904 and kind in (_NUMBER, _FORMULA) and value[6:8] != b"\xff\xff":
        if 60 <= struct.unpack_from("<d", value)[0] < 61:  # noqa: PLR2004 - Excel's 29 February 1900
            marks.add(*at, Mark.DAY_60)
    elif kind == _RK and not epoch_1904 and 60 <= rk_number(value[:4]) < 61:  # noqa: PLR2004
        marks.add(*at, Mark.DAY_60)


def rk_number(packed: bytes) -> float:
    """Unpack the four bytes in which BIFF keeps short numbers."""
    bits = struct.unpack("<i", packed)[0]
    value = float(bits >> 2) if bits & 2 else struct.unpack("<d", b"\0\0\0\0" + struct.pack("<i", bits & ~3))[0]
    return value / 100 if bits & 1 else value
