"""Workbooks read by calamine: rows at their real positions, with the cells corrected that calamine loses or reads wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import clean_number
from importer.errors import FileRefused
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.reader_process import POOL

if TYPE_CHECKING:
    from importer.loader.files.calamine_book import Extent
    from importer.loader.files.safety import Workbook
    from importer.loader.files.xlsx_scan import SheetScan

_UNCHANGED_TYPES = frozenset((type(None), bool, dt.date, dt.datetime, dt.time, dt.timedelta))


class OpenWorkbook:
    """A workbook opened by calamine, in a reader process."""

    def __init__(self, name: str, workbook: Workbook) -> None:
        """Open the workbook. Raises FileRefused when calamine cannot open it."""
        self._name, self._scan = name, workbook.scan
        with self._guarded(""):
            self._book = POOL.open(workbook.data)
        self.sheets = [(sheet, hidden) for sheet, hidden in self._book.sheets if sheet in self._scan.sheets]

    def close(self) -> None:
        """Release the memory. The sheets cannot be read afterwards."""
        self._book.close()

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number that Excel shows, cells from column A on) of every row that is not empty."""
        (start, end), raw = self._open(sheet)
        scan = self._scan.sheets[sheet]
        before = [None] * (start[1] if start else 0)
        marked_rows, marked_columns = _extent(scan)
        width = max(end[1] + 1 if end else 0, marked_columns)
        missing = repeat((), max(marked_rows - (end[0] + 1 if end else 0), 0))
        for row, cells in enumerate(chain(self._guarded_rows(sheet, raw), missing)):
            try:
                values = [*before, *_cleaned(cells)]
            except OverflowError as error:
                raise FileRefused(
                    f"{self._name}, sheet {sheet!r}, row {row + 1}, holds a cell of more than "
                    f"{MAX_CELL_CHARACTERS:,} characters. Shorten it."
                ) from error
            values += [None] * (width - len(values))
            if scan.corrections.cells:
                scan.corrections.correct(row, values)
            if values.count(None) < width:
                yield row + 1, values

    def read_columns(self, sheet: str, positions: Sequence[int]) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield (row number that Excel shows, cells at ``positions``) of every row, without corrections.

        Only numbers that a format shows as a text with something beside them are corrected. The sheet is not parsed again while
        its `rows` are being read.
        """
        _, raw = self._open(sheet, tuple(positions))
        corrections = self._scan.sheets[sheet].corrections
        shown = corrections.text_columns()
        places = [(at, position) for at, position in enumerate(positions) if position in shown]
        for row, cells in enumerate(self._guarded_rows(sheet, raw)):
            if cells:
                yield row + 1, _as_shown(cells, dict(corrections.in_row(row)), places, corrections) if places else cells

    def _open(self, sheet: str, positions: Sequence[int] | None = None) -> tuple[Extent, Iterator[Sequence[Any]]]:
        with self._guarded(sheet):
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
        return FileRefused(f"{where} cannot be read ({_reason(error)}). Open it in Excel and save it again.")


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
    for cell in scan.corrections.cells:
        if cell & 0xFFFF == CorrectionCode.MISSING or CorrectionCode.TEXT <= cell & 0xFFFF < CorrectionCode.FORMAT:
            rows, columns = max(rows, (cell >> 31) + 1), max(columns, (cell >> 16 & 0x7FFF) + 1)
    return rows, columns


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
    if isinstance(value, int | float):
        return clean_number(value)
    if isinstance(value, str):
        raise OverflowError
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return value
    return None if value is None else str(value)
