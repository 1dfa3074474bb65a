"""Workbooks read by calamine: rows at their real positions, with the cells corrected that calamine loses or reads wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import ReadBetter, clean_number
from importer.errors import FileRefused
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.covered_cells import CoverSweep
from importer.loader.files.reader_process import POOL

if TYPE_CHECKING:
    from importer.loader.files.calamine_book import CalamineBook, Extent
    from importer.loader.files.reader_process import RemoteBook
    from importer.loader.files.safety import Workbook
    from importer.loader.files.xlsx_scan import SheetScan

ANOTHER_EXPORT = "Ask for another export of the list, as .xlsx or .csv."
_NOTHING: dict[int, str] = {}
_TEXTS = (str, ReadBetter)
_TEXT_CODES = range(CorrectionCode.TEXT, CorrectionCode.FORMAT)
_NUMBERS = (int, float)
_UNCHANGED_TYPES = frozenset((type(None), bool, dt.date, dt.datetime, dt.time, dt.timedelta))


class OpenWorkbook:
    """A workbook opened by calamine, in a reader process."""

    def __init__(self, name: str, workbook: Workbook, *, reads_covered: bool = False) -> None:
        """Open the workbook. Raises FileRefused when calamine cannot open it, or finds other sheets than the scan."""
        self._name, self._scan, self._reads_covered = name, workbook.scan, reads_covered
        self._is_rewritten = self._scan.must_be_rewritten and self._scan.rewrite is not None
        self.covered: dict[str, set[int]] = {}
        self._former: list[CalamineBook | RemoteBook] = []
        with self._guarded(""):
            self._book = self._open_book(workbook.data)
        self.sheets = [(sheet, sheet in self._scan.hidden) for sheet in self._scan.sheets]

    def _open_book(self, data: bytes) -> CalamineBook | RemoteBook:
        """Open the workbook as it is, or rewritten if calamine cannot read it or lists other sheets."""
        if not self._is_rewritten:
            try:
                book = POOL.open(data)
            except Exception as error:  # noqa: BLE001  (whatever calamine raises)
                return self._open_rewritten(error)
            if not self._missing_in(book):
                return book
            book.close()
        return self._open_rewritten(None)

    def _open_rewritten(self, error: Exception | None) -> CalamineBook | RemoteBook:
        if self._scan.rewrite is None:
            raise error or self._other_sheets()
        self._is_rewritten = True
        book = POOL.open(self._scan.rewrite())
        if self._missing_in(book):
            book.close()
            raise self._other_sheets()
        return book

    def _missing_in(self, book: CalamineBook | RemoteBook) -> list[str]:
        present = {name for name, _ in book.sheets}
        return [name for name in self._scan.sheets if name not in present]

    def _other_sheets(self) -> FileRefused:
        return FileRefused(
            f"{self._name} lists its sheets in a way that two readers understand differently, so that one might be missed. "
            "Rename its sheets and save it again."
        )

    def close(self) -> None:
        """Release the memory. The sheets cannot be read afterwards."""
        for book in (self._book, *self._former):
            book.close()

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number that Excel shows, cells from column A on) of every row that is not empty.

        ``covered`` then has the rows of the sheet in which a covered cell with a value was passed over.
        """
        (start, end), raw = self._open(sheet)
        scan = self._scan.sheets[sheet]
        before = [None] * (start[1] if start else 0)
        marked_rows, marked_columns = _extent(scan)
        width = max(end[1] + 1 if end else 0, marked_columns)
        missing = repeat((), max(marked_rows - (end[0] + 1 if end else 0), 0))
        covered, sweep = self.covered.setdefault(sheet, set()), self._sweep(sheet)
        for row, cells in enumerate(chain(self._guarded_rows(sheet, raw), missing)):
            values = [*before, *self._cleaned_row(sheet, row, cells)]
            values += [None] * (width - len(values))
            _correct(scan, row, values)
            if sweep and sweep.empty(row, values):
                covered.add(row + 1)
            if values.count(None) < width:
                yield row + 1, values

    def _cleaned_row(self, sheet: str, row: int, cells: Sequence[Any]) -> list[Cell]:
        try:
            return _cleaned(cells)
        except OverflowError as error:
            raise FileRefused(
                f"{self._name}, sheet {sheet!r}, row {row + 1}, holds a cell of more than "
                f"{MAX_CELL_CHARACTERS:,} characters. Shorten it."
            ) from error

    def read_columns(self, sheet: str, positions: Sequence[int]) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield (row number that Excel shows, cells at ``positions``) of every row, without corrections.

        Only numbers that a format shows as a text with something beside them are corrected. The sheet is not parsed again while
        its `rows` are being read.
        """
        _, raw = self._open(sheet, tuple(positions))
        corrections, sweep = self._scan.sheets[sheet].corrections, self._sweep(sheet)
        shown = corrections.text_columns()
        places = [(at, position) for at, position in enumerate(positions) if position in shown]
        for row, cells in enumerate(self._guarded_rows(sheet, raw)):
            if cells:
                seen = _as_shown(cells, dict(corrections.in_row(row)), places, corrections) if places else cells
                yield row + 1, sweep.emptied(row, seen, positions) if sweep else seen

    def formats_in(self, sheet: str, column: int) -> frozenset[str]:
        """Return the number formats of the cells of a column that show something else than their values."""
        return self._scan.sheets[sheet].corrections.codes_in(column)

    def _sweep(self, sheet: str) -> CoverSweep | None:
        covered = self._scan.sheets[sheet].covered
        return CoverSweep(covered) if covered.rectangles and not self._reads_covered else None

    def _open(self, sheet: str, positions: Sequence[int] | None = None) -> tuple[Extent, Iterator[Sequence[Any]]]:
        with self._guarded(sheet):
            try:
                return self._book.open_rows(sheet, positions)
            except Exception:
                if self._is_rewritten or self._scan.rewrite is None:
                    raise
                self._former.append(self._book)  # rows of other sheets may still be read from it
                self._book = self._open_rewritten(None)
                return self._book.open_rows(sheet, positions)

    def _guarded_rows(self, sheet: str, rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        try:
            yield from rows
        except (GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # calamine panics, for instance on a duration of a trillion days
            raise self._refusal(sheet, error) from error

    @contextmanager
    def _guarded(self, sheet: str) -> Iterator[None]:
        try:
            yield
        except (KeyboardInterrupt, SystemExit, FileRefused):
            raise
        except BaseException as error:  # calamine's panics are BaseExceptions, and the bytes may be anything
            raise self._refusal(sheet, error) from error

    def _refusal(self, sheet: str, error: BaseException) -> FileRefused:
        where = f"{self._name}, sheet {sheet!r}," if sheet else self._name
        return FileRefused(f"{where} cannot be read ({_reason(error)}). {ANOTHER_EXPORT}")


def _as_shown(
    cells: Sequence[Any], codes: Mapping[int, int], places: Sequence[tuple[int, int]], corrections: CellCorrections
) -> list[Cell]:
    """Return the cells with those as they are shown whose number is a text; ``places`` are their places and columns."""
    changed = list(cells)
    for at, column in places:
        if (code := codes.get(column, 0)) >= CorrectionCode.FORMAT:
            changed[at] = corrections.corrected(code, changed[at])
    return changed


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _extent(scan: SheetScan) -> tuple[int, int]:
    """Return the number of rows and columns up to the last cell that calamine leaves out but that must be read."""
    rows = columns = 0
    wanted = {code for code in scan.corrections.codes() if code == CorrectionCode.MISSING or code in _TEXT_CODES}
    for cell in scan.corrections.cells if wanted else ():
        if cell & 0xFFFF in wanted:
            rows, columns = max(rows, (cell >> 31) + 1), max(columns, (cell >> 16 & 0x7FFF) + 1)
    return rows, columns


def _correct(scan: SheetScan, row: int, values: list[Cell]) -> None:
    """Correct the special cells of a row in place. A text that is read better now keeps how it was read before."""
    if scan.corrections.cells:
        scan.corrections.correct(row, values)
    for column, held in scan.reread.get(row, _NOTHING).items() if scan.reread else ():
        if column < len(values) and type(text := values[column]) in _TEXTS and text != held:
            values[column] = ReadBetter(str(text), held or None)


def _cleaned(cells: Sequence[Any]) -> list[Cell]:
    return [
        (value or None)
        if (kind := type(value)) is str and len(value) <= MAX_CELL_CHARACTERS
        else value
        if kind in _UNCHANGED_TYPES
        else _clean(value)
        for value in cells
    ]


def _clean(value: object) -> Cell:
    """Convert a cell that is not ordinary text. Raises OverflowError for text longer than a cell can hold."""
    if isinstance(value, bool):
        return value
    if isinstance(value, _NUMBERS):
        return clean_number(value)
    if isinstance(value, str):
        raise OverflowError
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return value
    return None if value is None else str(value)
