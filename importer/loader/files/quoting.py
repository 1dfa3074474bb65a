"""Split the lines of a delimited text into rows, and find the rows whose quotes cannot be right.

The csv module splits every row that follows the rules. What it refuses is split once more by rules that allow spaces behind a
quote; what these refuse as well is a fault, and the next row is looked for in the next line. A cell of several lines that hold
whole rows of the table is a fault too: two stray quotes have swallowed these rows.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from typing import TypeAlias

from importer.loader.files.dialect import Dialect
from importer.loader.files.torn_cells import TextEnds, torn_cells

FIELD_LIMIT = csv.field_size_limit()
"""Characters of a cell: 131,072, four times the limit of Excel. A longer one means a quote that is never closed."""

MOST_FAULTS = 10_000
"""Faults after which a file is not read further."""

_TABLE_WIDTH, _NARROW_WIDTH = 6, 3
"""Columns from which on a line with as many delimiters as the table is a row of it, if commas delimit, and if other signs do.

Prose has as many commas as narrow tables have. In these an amount, a date or a number must be in the line as well.
"""

_CHUNK, _LARGEST_CHUNK = 500, 1 << 20
"""Lines that the csv module splits at once, and characters. If one is not a row by itself, they are split one by one."""

_UNIT = r"[^\W\d_]{0,4}[.$€£]?"
_FIGURE = re.compile(
    rf"[ \t]*[\"']?(?:{_UNIT} ?[-+]?[0-9](?:[0-9.,' /:-]*[0-9])?(?:,-)? ?{_UNIT}"
    r"|[0-9]{1,2}[-. ]{1,2}[^\W\d_]{3,10}[-. ]{1,2}[0-9]{2,4})[\"']?[ \t]*"
)
"""A cell that is an amount, perhaps with a currency, a date or a number."""


class QuoteFaultKind(StrEnum):
    """What is wrong with the quotes of a row."""

    MIDDLE = "a quote opens a cell and closes in the middle of it"
    OPEN = "a quote opens a cell and is never closed"
    LONG = f"a cell has more than {FIELD_LIMIT:,} characters, or a quote opens there and is never closed"
    CLOSES = "a quote closes that opens nowhere, in a line that is no row by itself"
    SWALLOWS = "a quote opens in the first of these lines and closes in the last, so that whole rows are in one cell"
    EITHER = "these may be one row with a text of several lines, or rows of their own between two stray quotes"


@dataclass(frozen=True, slots=True)
class QuoteFault:
    """A row whose quotes cannot be right: the numbers of its first and last line, counted from 1, and what is wrong."""

    first: int
    last: int
    kind: QuoteFaultKind


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One row: its lines as they are in the file, and its cells. ``cells`` is empty for a fault and for a blank line.

    ``is_odd``: the csv module would split it otherwise. ``may_swallow``: a cell holds line ends and delimiters as a row would.
    ``is_torn``: a quote opens within a cell and closes at the end of a later one, so that a text may be in several cells.
    """

    lines: list[str]
    cells: list[str]
    fault: QuoteFaultKind | None = None
    is_odd: bool = False
    may_swallow: bool = False
    is_torn: bool = False


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Rows of one line each that the csv module reads as they are: their lines, and their cells; none for a blank line."""

    lines: list[str]
    records: list[list[str]]


Portion: TypeAlias = SplitRow | PlainRows


@dataclass
class _Source(Iterator[str]):
    """The lines of a file. Those that were taken for a row can be given back but for the first."""

    lines: Iterator[str]
    taken: list[str] = field(default_factory=list)
    _back: deque[str] = field(default_factory=deque)

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self.lines)
        self.taken.append(line)
        return line

    def row(self) -> list[str]:
        """Return the lines of a row that was read."""
        taken, self.taken = self.taken, []
        return taken

    def give_back(self) -> list[str]:
        """Return the first line of a row that could not be read. The others are read again."""
        first, *others = self.row()
        self._back.extendleft(reversed(others))
        return [first]

    def is_behind(self) -> bool:
        """Return whether lines that were given back are still to be read."""
        return bool(self._back)


class RowSplitter:
    """Splits lines into rows by one dialect. ``width`` is the number of cells that rows of the table have; 0 if unknown.

    ``may_hold_rows``: the profile says that quotes enclose cells, so that one that may be a text of several lines is one.
    """

    def __init__(self, dialect: Dialect, width: int = 0, *, may_hold_rows: bool = False) -> None:
        self._dialect, self._width, self._may_hold_rows = dialect, width, may_hold_rows
        self._delimiter = dialect.delimiter or "\x1f"
        self._tokens = CellTokens(dialect)
        self._torn, self._text_ends = torn_cells(dialect), TextEnds(dialect)
        self._begun = False

    def rows(self, lines: Iterable[str]) -> Iterator[SplitRow]:
        """Yield every row, fault and blank line, in order."""
        for found in self.portions(lines):
            if isinstance(found, PlainRows):
                yield from (SplitRow([line], cells) for line, cells in zip(found.lines, found.records, strict=True))
            else:
                yield found

    def portions(self, lines: Iterable[str]) -> Iterator[Portion]:
        """Yield the same, with plain rows together: it takes far less time to split many lines at once."""
        lines = iter(lines)
        if self._dialect.escape:
            yield from self._tolerant(_Source(lines))
            return
        while chunk := _chunk(lines):
            if records := self._plain(chunk):
                yield PlainRows(chunk, records)
            else:
                yield from self._one_by_one(_Source(chain(chunk, lines)), len(chunk))

    def _plain(self, chunk: list[str]) -> list[list[str]] | None:
        """Return the cells of these lines if each of them is a row by itself that needs no closer look."""
        try:
            records: list[list[str]] = list(self._dialect.records(chunk))
        except csv.Error:
            return None
        widths = [len(cells) for cells in records if cells]
        if len(records) != len(chunk) or min(widths, default=self._width) * 2 < self._width:
            return None
        text = "".join(chunk)
        if self._torn.search(text) or self._text_ends.may_be_in(records):
            return None
        has_more = text.count(self._delimiter) > sum(widths) - len(widths)
        if has_more and any(map(self._holds_more, chunk, records)):
            return None
        self._begun = self._begun or max(widths, default=0) * 2 > self._width
        return records

    def _holds_more(self, line: str, cells: list[str]) -> bool:
        return self._holds_a_row(cells, line.count(self._delimiter) - len(cells) + 1)

    def _one_by_one(self, source: _Source, fewest: int) -> Iterator[SplitRow]:
        """Yield the rows of at least so many lines."""
        records = self._dialect.records(source)
        done = 0
        while done < fewest or source.is_behind():
            found = self._next(source, records)
            if found is None:
                return
            done += len(found.lines)
            yield found

    def _next(self, source: _Source, records: Iterator[list[str]]) -> SplitRow | None:
        try:
            cells = next(records)
        except StopIteration:
            return None
        except csv.Error as error:
            return self._once_more(source, error)
        taken = source.row()
        return self._several(taken, cells) if len(taken) > 1 else self._single(taken, cells)

    def _tolerant(self, source: _Source) -> Iterator[SplitRow]:
        for line in source:
            if not line.strip("\r\n"):
                yield SplitRow(source.row(), [])
            else:
                yield self._once_more(source, None)

    def _once_more(self, source: _Source, error: csv.Error | None) -> SplitRow:
        """Split a row again that the csv module does not read."""
        if error is not None and "field limit" in str(error):
            return SplitRow(source.give_back(), [], QuoteFaultKind.LONG)
        text = "".join(source.taken)
        found = self._tokens.split(text)
        while found is None and len(text) <= FIELD_LIMIT and (line := next(source, None)) is not None:
            text += line
            found = self._tokens.split(text) if self._dialect.quote in line else None
        if not found:
            return SplitRow(source.give_back(), [], _kind_of(text, found))
        taken = source.row()
        return self._several(taken, found, is_odd=True) if len(taken) > 1 else self._single(taken, found, is_odd=True)

    def _single(self, taken: list[str], cells: list[str], *, is_odd: bool = False) -> SplitRow:
        """Return a row of one line: as a fault if it is the end of another row."""
        if self._begun and self._text_ends.is_in(taken[0], cells, self._width):
            return SplitRow(taken, [], QuoteFaultKind.CLOSES)
        self._begun = self._begun or len(cells) * 2 > self._width
        extra = taken[0].count(self._delimiter) - len(cells) + 1
        may_swallow = self._holds_a_row(cells, extra)
        return SplitRow(taken, cells, is_odd=is_odd, may_swallow=may_swallow, is_torn=bool(self._torn.search(taken[0])))

    def _holds_a_row(self, cells: list[str], held: int) -> bool:
        """Return whether a cell of one line holds as many delimiters as a row of the table, with an amount or a date.

        ``held`` are the delimiters in all cells of the line.
        """
        fewest = max(self._width - 1, 1)
        if held < fewest or len(cells) == 1:
            return False
        return any(cell.count(self._delimiter) >= fewest and self._has_figure(cell) for cell in cells)

    def _several(self, taken: list[str], cells: list[str], *, is_odd: bool = False) -> SplitRow:
        """Return a row of several lines: as a fault if it has swallowed others."""
        if self._begun and self._text_ends.is_in(taken[0], cells, self._width):
            return SplitRow(taken, [], QuoteFaultKind.CLOSES)
        if not self._has_swallowed(taken):
            return SplitRow(taken, cells, is_odd=is_odd, may_swallow=self._may_have_swallowed(cells))
        if not self._fits_as_one(taken, cells):
            return SplitRow(taken, [], QuoteFaultKind.SWALLOWS)
        if self._may_hold_rows:
            return SplitRow(taken, cells, is_odd=is_odd, may_swallow=True)
        return SplitRow(taken, [], QuoteFaultKind.EITHER)

    def _fits_as_one(self, taken: list[str], cells: list[str]) -> bool:
        """Return whether lines that look like rows may be one row with a text of several lines.

        A text in the last cell begins behind as many delimiters as every row has. In another one it would have to end its first
        line and begin its last one as rows do, by chance.
        """
        if len(cells) != self._width:
            return False
        in_last = not any("\n" in cell or "\r" in cell for cell in cells[:-1])
        return in_last or not (self._is_row(taken[0]) and self._is_row(taken[-1]))

    def _has_swallowed(self, taken: list[str]) -> bool:
        """Return whether an inner line is a row of the table, or the first and the last one are."""
        inner = any(map(self._is_row, taken[1:-1]))
        return inner or (self._is_row(taken[0]) and self._is_row(taken[-1]))

    def _is_row(self, line: str) -> bool:
        if not self._width or line.count(self._delimiter) != self._width - 1:
            return False
        proves = _TABLE_WIDTH if self._delimiter == "," else _NARROW_WIDTH
        return self._width >= proves or self._has_figure(line)

    def _has_figure(self, line: str) -> bool:
        return any(map(_FIGURE.fullmatch, line.rstrip("\r\n").split(self._delimiter)))

    def _may_have_swallowed(self, cells: list[str]) -> bool:
        """Return whether a cell of several lines holds so many delimiters that it may hold a row of the table."""
        for cell in cells:
            if "\n" in cell or "\r" in cell:
                held = cell.count(self._delimiter)
                wide = held * 2 >= self._width - 1 and held > 0
                if wide and (self._width >= _TABLE_WIDTH or any(map(self._has_figure, cell.splitlines()))):
                    return True
        return False


def _chunk(lines: Iterator[str]) -> list[str]:
    """Take the next lines."""
    chunk, size = list[str](), 0
    for line in islice(lines, _CHUNK):
        chunk.append(line)
        size += len(line)
        if size > _LARGEST_CHUNK:
            break
    return chunk


def _kind_of(text: str, found: list[str] | None) -> QuoteFaultKind:
    """Return what is wrong with a text that cannot be split: ``found`` is None if a quote is not closed in it."""
    if found is not None:
        return QuoteFaultKind.MIDDLE
    return QuoteFaultKind.LONG if len(text) > FIELD_LIMIT else QuoteFaultKind.OPEN


class CellTokens:
    """Splits the text of one row into cells, with spaces behind closing quotes and, if the dialect has it, backslashes."""

    def __init__(self, dialect: Dialect) -> None:
        quote, delimiter = re.escape(dialect.quote or '"'), re.escape(dialect.delimiter or "\x1f")
        self._quote, self._escape, self._doubles_escape = dialect.quote or '"', dialect.escape, dialect.doubles_escape
        space = "" if dialect.delimiter == " " else " *"
        before = space if dialect.skip_space else ""
        inside = rf"(?:[^{quote}\\]|\\.|{quote}{quote})*+" if dialect.escape else rf"(?:[^{quote}]|{quote}{quote})*+"
        self._opens = re.compile(rf"{before}{quote}")
        self._quoted = re.compile(rf"{before}{quote}({inside}){quote}{space}(?={delimiter}|[\r\n]*\Z)", re.DOTALL)
        self._unclosed = re.compile(rf"{before}{quote}{inside}\Z", re.DOTALL)
        self._plain = re.compile(rf"[^{delimiter}\r\n]*")

    def split(self, text: str) -> list[str] | None:
        """Return the cells of a row; an empty list if a quote closes in the middle of a cell, None if one is not closed yet."""
        cells: list[str] = []
        at, end = 0, len(text.rstrip("\r\n"))
        while True:
            if self._opens.match(text, at):
                found = self._quoted.match(text, at)
                if found is None:
                    return None if self._unclosed.match(text, at) else []
                cells.append(self._unescaped(found[1]))
            else:
                found = self._plain.match(text, at)
                assert found is not None
                cells.append(found[0])
            at = found.end() + 1
            if found.end() >= end:
                return cells
            if text[found.end()] in "\r\n":  # a line ends outside quotes
                return []

    def _unescaped(self, text: str) -> str:
        text = text.replace(self._quote * 2, self._quote)
        if not self._escape:
            return text
        if self._doubles_escape:
            return re.sub(rf"\\([\\{re.escape(self._quote)}])", r"\1", text)
        return text.replace(f"\\{self._quote}", self._quote)
