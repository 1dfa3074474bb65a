"""Read any supported file as raw rows. Headings and values are not interpreted.

=======  ===================  ===============  ============================  ==========================
format   error cells          leading zeros    formula without a value       29 February 1900
=======  ===================  ===============  ============================  ==========================
xlsx     `CellError`          as shown         `MissingValue`                `FalseDate`
xlsb     `CellError`          as shown         empty text in the format      `FalseDate`
xls      `CellError`          as shown         reads as empty: ``=""`` is    `FalseDate`
                                               stored in the same way
ods      `CellError`          as shown         `MissingValue`                has no such date
csv      text                 text             text                          text
=======  ===================  ===============  ============================  ==========================

Numbers are ``int`` when whole; from 16 digits on they are `LostDigits`, because a spreadsheet cell keeps 15.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from importer.domain.cells import Cell
from importer.domain.notes import Note, NoteKind
from importer.domain.special_cells import CellError, FalseDate, LostDigits, MissingValue, ReadBetter
from importer.errors import FileRefused
from importer.loader.files.delimited import Delimited, detect_and_check
from importer.loader.files.former_texts import as_read_now, without_guards
from importer.loader.files.hidden_parts import NOTHING_HIDDEN, HiddenParts
from importer.loader.files.projection import ProjectedRows, ReadColumns, project
from importer.loader.files.reader_process import POOL
from importer.loader.files.safety import WORKBOOKS, TextFile, Workbook, check_file
from importer.loader.files.text_layout import TextLayout
from importer.loader.files.workbook import OpenWorkbook
from importer.loader.files.xls import OpenXls, XlsScan
from importer.loader.files.xlsx_scan import SheetScan

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CellError",
    "FalseDate",
    "LostDigits",
    "MissingValue",
    "RawSheet",
    "RawSource",
    "ReadOptions",
    "open_source",
]

BY_CALAMINE = frozenset(("xlsx", "xlsb", "ods"))
"""The formats that are read in the reader process."""

_Rows = Iterator[tuple[int, Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The settings of a profile that concern a file. None means to detect the setting, ``()`` to read all sheets.

    ``reads_covered``: cells below a merge are read, although no program shows them.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheets: tuple[str, ...] = ()
    chunk_rows: int = 2000
    reads_covered: bool = False


@dataclass(frozen=True)
class RawSheet:
    """One sheet of a source. A CSV is one sheet with the name of its file."""

    name: str
    hidden: bool
    _rows: Callable[[], _Rows] = field(repr=False, compare=False)
    _chunk_rows: int = field(default=2000, repr=False, compare=False)
    _read_columns: ReadColumns | None = field(default=None, repr=False, compare=False)
    hides: HiddenParts = field(default=NOTHING_HIDDEN, repr=False, compare=False)
    layout: TextLayout | None = field(default=None, repr=False, compare=False)
    """How the lines of a delimited text make up its rows; None for a workbook."""
    _covered: Callable[[], Collection[int]] = field(default=tuple, repr=False, compare=False)
    _formats_in: Callable[[int], frozenset[str]] | None = field(default=None, repr=False, compare=False)

    def formats_in(self, column: int) -> frozenset[str]:
        """Return the number formats of all cells of a column (0 for A) that show something else than their values."""
        return self._formats_in(column) if self._formats_in else frozenset()

    def covered(self) -> Collection[int]:
        """Return the rows read so far in which a cell below a merge has a value that was passed over."""
        return self._covered()

    def rows(self) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """Yield (row number that Excel shows, cells) of the rows that are not empty, each with the width it has in the file."""
        for number, cells in self._rows():
            yield number, tuple(cells)

    def chunks(self) -> Iterator[pd.DataFrame]:
        """Yield the rows in frames of dtype object.

        The index is the row number that Excel shows; columns are 0 for A, 1 for B and so on. Frames may differ in
        width. Empty cells are None and wholly empty rows are left out. Each call starts at the first row.
        Raises FileRefused, possibly after it has yielded frames, when the file turns out to be damaged.
        """
        rows = self._rows()
        while batch := list(islice(rows, self._chunk_rows)):
            yield _frame(batch)

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows:
        """Yield (row number, cells at ``positions``) of every row, in a fraction of the time of `rows`.

        Error cells and formatted numbers may have the values of calamine, without corrections. Raises as `chunks` does.
        """
        return self._read_columns(positions) if self._read_columns else project(self._rows(), positions)


@dataclass(frozen=True)
class RawSource:
    """An open file. ``notes`` report what a user who looks at the file might not expect, such as hidden rows."""

    path: Path
    name: str
    format: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    sheets: tuple[RawSheet, ...]
    notes: tuple[Note, ...]
    _close: Callable[[], None] = field(repr=False, compare=False, default=lambda: None)

    def close(self) -> None:
        """Release the memory. The sheets cannot be read afterwards."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_source(path: Path, options: ReadOptions = ReadOptions()) -> RawSource:
    """Check a file and open it.

    Raises FileRefused for every file that cannot be read reliably. The message has a sentence on what is wrong and
    where, and one on what to do.
    """
    path = Path(path)
    try:
        if WORKBOOKS.get(path.suffix.casefold()) in BY_CALAMINE:
            POOL.prepare()
        found = check_file(path, options.sheets)
        if isinstance(found, Workbook):
            return _open_workbook(path, found, options)
        return _open_text(path, found, options)
    except MemoryError as error:
        raise FileRefused(f"{path.name} is too large for this computer's memory. Split it.") from error


def _open_workbook(path: Path, found: Workbook, options: ReadOptions) -> RawSource:
    book = _opened_book(path.name, found, options)
    try:
        _check_sheets(path.name, options.sheets, found.scan.names)
    except FileRefused:
        book.close()
        raise
    wanted = [sheet for sheet in book.sheets if not options.sheets or sheet[0] in options.sheets]
    notes = [Note(NoteKind.SHEET_HIDDEN, name) for name, hidden in wanted if hidden] + found.scan.notes
    sheets = tuple(_raw_sheet(book, found.scan.sheets[name], name, hidden, options) for name, hidden in wanted)
    return RawSource(path, path.name, found.format, found.sha256, None, None, sheets, tuple(notes), book.close)


def _opened_book(name: str, found: Workbook, options: ReadOptions) -> OpenWorkbook | OpenXls:
    if isinstance(found.scan, XlsScan):
        found.scan.book.reads_covered = options.reads_covered
        return found.scan.book
    return OpenWorkbook(name, found, reads_covered=options.reads_covered)


def _raw_sheet(book: OpenWorkbook | OpenXls, scan: SheetScan, name: str, hidden: bool, options: ReadOptions) -> RawSheet:  # noqa: FBT001
    hides = HiddenParts(scan.hidden_rows, tuple(scan.hidden_columns))
    rows, read_columns = partial(book.rows, name), partial(book.read_columns, name)
    covered, formats = partial(_covered, book, name), partial(book.formats_in, name)
    return RawSheet(name, hidden, rows, options.chunk_rows, read_columns, hides, _covered=covered, _formats_in=formats)


def _covered(book: OpenWorkbook | OpenXls, name: str) -> Collection[int]:
    return book.covered.get(name, ())


def _open_text(path: Path, found: TextFile, options: ReadOptions) -> RawSource:
    _check_sheets(path.name, options.sheets, [path.name])
    text = detect_and_check(path, found, encoding=options.encoding, delimiter=options.delimiter, quote=options.quote)
    columns = partial(_text_columns, text)
    sheet = RawSheet(path.name, False, partial(_text_rows, text), options.chunk_rows, columns, layout=text.layout)
    encoding, delimiter = text.encoding, text.dialect.delimiter
    quote = text.dialect.quote
    notes = [Note(NoteKind.QUOTES_AS_TEXT)] if not quote and options.quote is None else []
    notes += [Note(NoteKind.QUOTE_CHARACTER, values=(("quote", quote),))] if quote not in ("", '"') else []
    notes += [Note(NoteKind.BACKSLASH_QUOTES)] if text.dialect.escape else []
    notes += [Note(NoteKind.GUARDS_TAKEN_OFF, path.name, text.layout.guarded)] if text.layout.guarded.count else []
    return RawSource(path, path.name, found.format, text.sha256, encoding, delimiter, (sheet,), tuple(notes))


def _check_sheets(name: str, wanted: Iterable[str], present: list[str]) -> None:
    for sheet in wanted:
        if sheet not in present:
            there = ", ".join(repr(other) for other in present) or "none"
            raise FileRefused(f"{name} has no sheet {sheet!r}. Name one that is there: {there}.")


def _text_rows(text: Delimited) -> _Rows:
    is_guarded = text.layout.guarded.count > 0
    is_reread = is_guarded or text.dialect.skips_newly
    for row, record in text.records():
        texts = without_guards(record) if is_guarded else record
        cells: Sequence[Cell] = _reread(texts) if is_reread else [text or None for text in texts]
        if any(cells):
            yield row, cells


def _reread(texts: Iterable[str]) -> list[Cell]:
    """Return the cells of texts of which some keep how they were read before, even if nothing is left of them."""
    return [text if type(text) is ReadBetter else text or None for text in texts]


def _text_columns(text: Delimited, positions: Sequence[int]) -> ProjectedRows:
    rows: _Rows = _text_rows(text)
    is_read_otherwise = text.dialect.skips_newly or text.layout.guarded.count > 0
    return project(as_read_now(rows) if is_read_otherwise else rows, positions)


def _frame(batch: list[tuple[int, Sequence[Any]]]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    width = max(len(cells) for _, cells in batch)
    grid = np.full((len(batch), width), None, dtype=object)
    for at, (_, cells) in enumerate(batch):
        grid[at, : len(cells)] = cells
    return pd.DataFrame(grid, index=[row for row, _ in batch], columns=range(width), dtype=object)
