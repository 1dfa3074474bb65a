"""Look through all rows of a delimited text before one is read: how it is quoted, and whether every row can be split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.domain.notes import RowNumbers
from importer.loader.files.dialect import Dialect
from importer.loader.files.quoting import FIELD_LIMIT, MOST_FAULTS, Fault, FaultKind, RowSplitter
from importer.loader.files.text_layout import LineRange, TextLayout

GUARD = '="'
"""The beginning of a cell that Excel is to leave as it is: ``="00123"``."""

_ENDS = "\r\n"


@dataclass(frozen=True)
class TextScan:
    """What was found: the layout, and the rows whose quotes cannot be right; at most ``MOST_FAULTS`` of them."""

    layout: TextLayout
    faults: Sequence[Fault] = ()


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
            guarded=self.guarded,
            by_csv=not self.is_odd,
        )


def scan_quoted(lines: Iterable[str], dialect: Dialect, width: int, apart: int = 0) -> TextScan:
    """Look through rows whose cells may be in quotes. ``width`` is the number of cells that rows of the table have."""
    counts, faults = _Counts(), list[Fault]()
    for row in RowSplitter(dialect, width).rows(lines):
        first = counts.lines + 1
        counts.lines += len(row.lines)
        counts.rows += 1
        if row.fault:
            faults.append(Fault(first, counts.lines, row.fault))
            if len(faults) == MOST_FAULTS:
                break
            continue
        if len(row.lines) > 1:
            counts.further += len(row.lines) - 1
        if row.may_swallow:
            counts.swallowing[counts.rows] = (first, counts.lines)
        counts.is_odd = counts.is_odd or row.is_odd
        _count(counts, row.cells)
        if GUARD in row.lines[0] and any(map(is_guarded, row.cells)):
            counts.guarded = counts.guarded.plus(counts.rows)
    return TextScan(counts.layout(apart), faults)


def _count(counts: _Counts, cells: list[str]) -> None:
    if any(cells):
        counts.filled += 1
        counts.widths[len(cells)] += 1
        counts.open_ended += not cells[-1]


def scan_unquoted(lines: Iterable[str], delimiter: str | None, apart: int = 0) -> TextScan:
    """Look through rows without quotes: every line is a row."""
    counts, faults = _Counts(), list[Fault]()
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
            faults.append(Fault(number, number, FaultKind.LONG))
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
    delimiter = dialect.delimiter
    if delimiter is None:
        return False
    quote, end = re.escape(dialect.quote), rf" *(?={re.escape(delimiter)}|[\r\n]*\Z)"
    enclosed = re.compile(rf"(?:\A|{re.escape(delimiter)}) *{quote}[^{re.escape(delimiter)}]*{quote}{end}")
    opens_at_end = re.compile(rf"(?:\A|{re.escape(delimiter)}) *{quote}[^{quote}{re.escape(delimiter)}]*\Z")
    width, is_below, is_open = 0, False, False
    for line in _filled(lines, delimiter):
        held = line.count(delimiter)
        if dialect.quote in line and enclosed.search(line):
            return False
        if is_open and dialect.quote in line.partition(delimiter)[0]:
            return False  # the quote that opens at the end of the line before closes here: a cell of several lines
        is_open = dialect.quote in line and opens_at_end.search(line.rstrip(_ENDS)) is not None
        if not held:
            is_below = width > 0
        elif is_below or (width and held != width):
            return False
        else:
            width = held
    return width > 0


def _filled(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    return (line for line in lines if line.strip(delimiter + _ENDS))


_LONE_BACKSLASH = re.compile(r"""(?:\A|[^\\])(?:\\\\)*\\(?![\\"'])""")


def doubles_backslashes(lines: Iterable[str]) -> bool:
    """Return whether every backslash marks another one or a quote, as programs write that double those of the text."""
    return not any(map(_LONE_BACKSLASH.search, lines))
