"""Workbooks read by calamine: rows at their real positions, with the cells corrected that calamine loses or reads wrong."""

from __future__ import annotations

import datetime as dt
import io
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import clean_number
from importer.errors import FileRefused
from importer.loader.files.corrections import CorrectionCode
from importer.loader.files.projection import itemgetter_for

if TYPE_CHECKING:
    from importer.loader.files.safety import Workbook
    from importer.loader.files.xlsx_scan import SheetScan

_UNCHANGED_TYPES = frozenset((type(None), bool, dt.date, dt.datetime, dt.time, dt.timedelta))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class _Parsed:
    """A sheet that calamine has parsed. Parsing takes most of the time of reading a sheet."""

    cells: CalamineSheet


class OpenWorkbook:
    """A workbook opened by calamine."""

    def __init__(self, name: str, workbook: Workbook) -> None:
        """Open the workbook. Raises FileRefused when calamine cannot open it."""
        self._name, self._scan, self._format = name, workbook.scan, workbook.format
        self._parsed: weakref.WeakValueDictionary[str, _Parsed] = weakref.WeakValueDictionary()
        self._book = self._guarded("", lambda: CalamineWorkbook.from_filelike(io.BytesIO(workbook.data)))
        self.sheets = [
            (sheet.name, sheet.visible != SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.name in self._scan.sheets
        ]

    def close(self) -> None:
        """Release the memory. The sheets cannot be read afterwards."""
        self._book.close()

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """Yield (row number that Excel shows, cells from column A on) of every row that is not empty."""
        parsed = self._parse(sheet)  # keep it alive while rows are read
        raw = parsed.cells
        scan = self._scan.sheets[sheet]
        before = [None] * (raw.start[1] if raw.start else 0)
        marked_rows, marked_columns = _extent(scan)
        width = max(raw.end[1] + 1 if raw.end else 0, marked_columns)
        for row, cells in enumerate(self._raw_rows(sheet, raw, marked_rows)):
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

        The sheet is not parsed again while its `rows` are being read.
        """
        parsed = self._parse(sheet)
        left = parsed.cells.start[1] if parsed.cells.start else 0
        width = parsed.cells.end[1] + 1 - left if parsed.cells.end else 0
        places = [p - left if 0 <= p - left < width else None for p in positions]
        present = [place for place in places if place is not None]
        pick = itemgetter_for(present) if present == places else partial(_present, places)
        for row, cells in enumerate(self._raw_rows(sheet, parsed.cells, 0)):
            if cells:
                yield row + 1, pick(cells)

    def _parse(self, sheet: str) -> _Parsed:
        parsed = self._parsed.get(sheet)
        if parsed is None:
            parsed = _Parsed(self._guarded(sheet, lambda: self._book.get_sheet_by_name(sheet)))
            self._parsed[sheet] = parsed
        return parsed

    def _raw_rows(self, sheet: str, raw: CalamineSheet, rows: int) -> Iterator[list[Any]]:
        """Yield calamine's rows from the first row of the sheet on, then empty rows up to ``rows`` in all."""
        present = raw.end[0] + 1 if raw.end else 0
        try:
            yield from raw.iter_rows() if raw.end else ()
        except (GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # calamine panics, for instance on a duration of a trillion days
            raise self._refusal(sheet, error) from error
        yield from repeat([], max(rows - present, 0))

    def _guarded(self, sheet: str, call: Callable[[], _T]) -> _T:
        try:
            with _quiet() if self._format == "xlsb" else nullcontext():
                return call()
        except (KeyboardInterrupt, SystemExit, FileRefused):
            raise
        except BaseException as error:  # calamine's panics are BaseExceptions, and the bytes may be anything
            raise self._refusal(sheet, error) from error

    def _refusal(self, sheet: str, error: BaseException) -> FileRefused:
        where = f"{self._name}, sheet {sheet!r}," if sheet else self._name
        return FileRefused(f"{where} cannot be read ({_reason(error)}). Open it in Excel and save it again.")


def _present(places: Sequence[int | None], cells: Sequence[Any]) -> list[Any]:
    return [cells[place] if place is not None else None for place in places]


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress what calamine prints to stderr when it panics. This happens for damaged xlsb files only."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _extent(scan: SheetScan) -> tuple[int, int]:
    """Return the number of rows and columns up to the last cell that calamine leaves out but that must be read."""
    rows = columns = 0
    for cell in scan.corrections.cells:
        if cell & 0xFFFF == CorrectionCode.MISSING or CorrectionCode.TEXT <= cell & 0xFFFF < CorrectionCode.FORMAT:
            rows, columns = max(rows, (cell >> 31) + 1), max(columns, (cell >> 16 & 0x7FFF) + 1)
    return rows, columns


def _cleaned(cells: list[Any]) -> list[Cell]:
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
