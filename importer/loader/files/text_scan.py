"""Look through all rows of a delimited text before one is read: how it is quoted, and whether every row can be split."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.domain.notes import RowNumbers
from importer.loader.files.dialect import Dialect
from importer.loader.files.quoting import (
    FIELD_LIMIT,
    MOST_FAULTS,
    PlainRows,
    QuoteFault,
    QuoteFaultKind,
    RowSplitter,
    SplitRow,
)
from importer.loader.files.text_layout import LineRange, TextLayout

GUARD = '="'
"""The beginning of a cell that Excel is to leave as it is: ``="00123"``."""

_ENDS = "\r\n"


@dataclass(frozen=True)
class TextScan:
    """What was found: the layout, and the rows whose quotes cannot be right; at most ``MOST_FAULTS`` of them."""

    layout: TextLayout
    faults: Sequence[QuoteFault] = ()

    @property
    def must_be_text(self) -> bool:
        """Whether quotes cannot enclose cells in this file, as some do not fit. Where all may fit, both ways are possible."""
        return any(fault.kind is not QuoteFaultKind.EITHER for fault in self.faults)


@dataclass
class _Counts:
    """The counts of a layout while rows are read."""

    lines: int = 0
    rows: int = 0
    filled: int = 0
    open_ended: int = 0
    further: int = 0
    is_odd: bool = False
    widths: Counter[int] = field(default_factory=Counter)
    guarded: RowNumbers = field(default_factory=RowNumbers)
    swallowing: dict[int, LineRange] = field(default_factory=dict)
    torn: set[int] = field(default_factory=set)

    def layout(self, apart: int) -> TextLayout:
        return TextLayout(
            lines=self.lines,
            rows=self.rows,
            filled=self.filled,
            further=self.further,
            apart=apart,
            widths=self.widths,
            open_ended=self.open_ended,
            swallowing=self.swallowing,
            torn=frozenset(self.torn),
            guarded=self.guarded,
            by_csv=not self.is_odd,
        )


def usual_width(lines: Sequence[str], dialect: Dialect) -> int:
    """Return the number of cells that most rows have, of those without a fault; 0 if none has two cells."""
    try:
        widths = Counter(map(len, dialect.records(lines)))
    except csv.Error:
        widths = Counter(len(row.cells) for row in RowSplitter(dialect).rows(lines))
    return max(((count, width) for width, count in widths.items() if width > 1), default=(0, 0))[1]


def scan_quoted(lines: Iterable[str], dialect: Dialect, width: int, apart: int = 0, *, may_hold_rows: bool = False) -> TextScan:
    """Look through rows whose cells may be in quotes. ``width`` is the number of cells that rows of the table have."""
    counts, faults = _Counts(), list[QuoteFault]()
    for row in RowSplitter(dialect, width, may_hold_rows=may_hold_rows).portions(lines):
        if isinstance(row, PlainRows):
            _count_plain(counts, row)
            continue
        first = counts.lines + 1
        counts.lines += len(row.lines)
        counts.rows += 1
        if row.fault:
            faults.append(QuoteFault(first, counts.lines, row.fault))
            if len(faults) == MOST_FAULTS:
                break
            continue
        _count_split(counts, row, first)
    return TextScan(counts.layout(apart), faults)


def _count_split(counts: _Counts, row: SplitRow, first: int) -> None:
    """Count a row that was split by itself. ``first`` is the number of its first line."""
    counts.further += len(row.lines) - 1
    if row.may_swallow:
        counts.swallowing[counts.rows] = (first, counts.lines)
    if row.is_torn:
        counts.torn.add(counts.rows)
    counts.is_odd = counts.is_odd or row.is_odd
    _count(counts, row.cells)
    if GUARD in row.lines[0] and any(map(is_guarded, row.cells)):
        counts.guarded = counts.guarded.plus(counts.rows)


def _count(counts: _Counts, cells: list[str]) -> None:
    if any(cells):
        counts.filled += 1
        counts.widths[len(cells)] += 1
        counts.open_ended += not cells[-1]


def _count_plain(counts: _Counts, rows: PlainRows) -> None:
    filled = [cells for cells in rows.records if any(cells)]
    counts.filled += len(filled)
    counts.widths.update(map(len, filled))
    counts.open_ended += sum(not cells[-1] for cells in filled)
    for number, line in enumerate(rows.lines, start=counts.rows + 1):
        if GUARD in line and any(map(is_guarded, rows.records[number - counts.rows - 1])):
            counts.guarded = counts.guarded.plus(number)
    counts.lines += len(rows.lines)
    counts.rows += len(rows.lines)


def scan_unquoted(lines: Iterable[str], delimiter: str | None, apart: int = 0) -> TextScan:
    """Look through rows without quotes: every line is a row."""
    counts, faults = _Counts(), list[QuoteFault]()
    delimiter = delimiter or "\x1f"
    nothing, widths = delimiter + _ENDS, counts.widths
    number = filled = open_ended = 0
    for number, line in enumerate(lines, start=1):
        if line.strip(nothing):
            filled += 1
            widths[line.count(delimiter) + 1] += 1
            open_ended += line.rstrip(_ENDS)[-1] == delimiter
            if GUARD in line and any(map(is_guarded, line.rstrip(_ENDS).split(delimiter))):
                counts.guarded = counts.guarded.plus(number)
        if len(line) > FIELD_LIMIT and max(map(len, line.split(delimiter))) > FIELD_LIMIT:
            faults.append(QuoteFault(number, number, QuoteFaultKind.LONG))
    counts.lines = counts.rows = number
    counts.filled, counts.open_ended = filled, open_ended
    return TextScan(counts.layout(apart), faults)


_GUARDED = re.compile(r'\s*="([^"]*)"\s*')


def is_guarded(cell: str) -> bool:
    """Return whether a cell has a guard by which Excel leaves it as it is: ``="00123"``."""
    return GUARD in cell and _GUARDED.fullmatch(cell) is not None


def without_guard(cell: str) -> str:
    """Return a cell without its guard."""
    found = _GUARDED.fullmatch(cell)
    return found[1] if found else cell


def fits_unquoted(lines: Iterable[str], dialect: Dialect) -> bool:
    """Return whether all lines are rows of one width if quotes are read as text, and no cell is in quotes.

    Lines without a delimiter above the first row and below the last one are titles and notes.
    """
    if dialect.delimiter is None:
        return False
    rows = _UnquotedRows(dialect.quote, dialect.delimiter)
    return all(map(rows.take, _filled(lines, dialect.delimiter))) and rows.width > 0


class _UnquotedRows:
    """The rows of a text if quotes are part of it. ``width`` is the number of delimiters that each has; 0 before the first."""

    def __init__(self, quote: str, delimiter: str) -> None:
        self._quote, self._delimiter, self.width = quote, delimiter, 0
        begin, delimiter, quote = rf"(?:\A|{re.escape(delimiter)}) *", re.escape(delimiter), re.escape(quote)
        self._enclosed = re.compile(rf"{begin}{quote}[^{delimiter}]*{quote} *(?={delimiter}|[\r\n]*\Z)")
        self._opens_last = re.compile(rf"{begin}{quote}[^{quote}{delimiter}]*[\r\n]*\Z")
        self._is_below = self._is_open = False

    def take(self, line: str) -> bool:
        """Return whether the next line may be one of these rows."""
        return not (self._quote in line and self._encloses(line)) and self._fits(line.count(self._delimiter))

    def _encloses(self, line: str) -> bool:
        """Return whether quotes enclose a cell, also one of several lines that began at the end of the line before."""
        closes = self._is_open and self._quote in line.partition(self._delimiter)[0]
        self._is_open = self._opens_last.search(line) is not None
        return closes or self._enclosed.search(line) is not None

    def _fits(self, held: int) -> bool:
        if not held:
            self._is_below = self.width > 0
            return True
        if self._is_below or self.width not in (0, held):
            return False
        self.width = held
        return True


def _filled(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    return (line for line in lines if line.strip(delimiter + _ENDS))


_LONE_BACKSLASH = re.compile(r"""(?:\A|[^\\])(?:\\\\)*\\(?![\\"'])""")


def doubles_backslashes(lines: Iterable[str]) -> bool:
    """Return whether every backslash marks another one or a quote, as programs write that double those of the text."""
    return not any(map(_LONE_BACKSLASH.search, lines))
