"""How a delimited text separates and quotes its cells, decided from the text and only where the text proves it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from importer.errors import FileRefused

DELIMITERS = (";", ",", "\t", "|")
_NAMES = {";": ";", ",": ",", "\t": "\\t", "|": "|"}
_CLEAR_LEAD = 0.1
"""Share of the rows by which the better delimiter must lead, unless the other is explained otherwise."""
_FEW, _TABLE_WIDTH = 2, 3
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to cut records into cells. ``delimiter`` is None for a file of one column."""

    delimiter: str | None
    quote: str = '"'
    escape: str | None = None
    skip_space: bool = False
    sep_line: bool = False

    def records(self, lines: Iterable[str], *, strict: bool = True) -> Any:
        """Cut lines into records. The iterator raises csv.Error for quotes that do not close where they should."""
        return csv.reader(
            lines,
            delimiter=self.delimiter or "\x1f",  # a character that no text holds: the whole line is one cell
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.skip_space,
            strict=strict,
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    dialect: Dialect
    share: float  # of the rows that have the most common width above one
    rows: int
    width: int


def detect(name: str, lines: list[str], *, delimiter: str | None, quote: str | None, tabs_first: bool) -> Dialect:
    """Decide how a text is cut from its first lines. Raises FileRefused when two delimiters fit equally well."""
    found = _SEP_LINE.fullmatch(lines[0]) if lines else None
    if found:
        delimiter, lines = delimiter or found[1], lines[1:]
    lines = [line for line in lines if line.strip()]
    if delimiter is None and tabs_first and any("\t" in line for line in lines):
        delimiter = "\t"
    choices = (delimiter,) if delimiter else DELIMITERS
    candidates = [_measure(lines, Dialect(choice, quote or '"')) for choice in choices]
    if quote is None:
        candidates = [_with_other_quote(lines, candidate) for candidate in candidates]
    dialect = candidates[0].dialect if delimiter else _decide(name, lines, candidates)
    if dialect.delimiter and any(f"{dialect.delimiter} {dialect.quote}" in line for line in lines):
        spaced = replace(dialect, skip_space=True)
        if _measure(lines, spaced).share > _measure(lines, dialect).share:
            dialect = spaced
    return replace(dialect, sep_line=found is not None)


def _measure(lines: list[str], dialect: Dialect) -> _Candidate:
    widths = Counter(len(record) for record in _parsed(lines, dialect))
    total = sum(widths.values())
    wide = [(count, width) for width, count in widths.items() if width > 1]
    if not wide:
        return _Candidate(dialect, 0.0, 0, 1)
    count, width = max(wide)
    return _Candidate(dialect, count / total, count, width)


def _parsed(lines: list[str], dialect: Dialect) -> list[list[str]]:
    found: list[list[str]] = []
    with suppress(csv.Error):  # a quote that never closes: what stands before it still tells the delimiter
        found.extend(record for record in dialect.records(lines, strict=False) if record)
    return found


def _with_other_quote(lines: list[str], plain: _Candidate) -> _Candidate:
    """Take ``'`` as the quote if a column has nothing but cells in ``'`` and ``"`` quotes nothing."""
    delimiter = plain.dialect.delimiter
    if delimiter is None or any(line.startswith('"') or f'{delimiter}"' in line for line in lines):
        return plain
    single = _measure(lines, replace(plain.dialect, quote="'"))
    if single.share > plain.share and any(f"'{delimiter}" in line for line in lines):
        return single
    records = _parsed(lines, plain.dialect)
    for column in range(plain.width):
        cells = [record[column] for record in records if len(record) == plain.width and record[column]]
        if cells and not _is_quoted(cells[0]):
            cells = cells[1:]  # a heading need not be quoted
        if len(cells) >= _FEW and all(map(_is_quoted, cells)):
            return single
    return plain


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == "'"


def _decide(name: str, lines: list[str], candidates: list[_Candidate]) -> Dialect:
    """Choose the delimiter that gives the most rows of one width; ask when a second does as well."""
    fitting = sorted((c for c in candidates if c.rows), key=lambda c: (c.share, c.width), reverse=True)
    if not fitting:
        return Dialect(None)
    real = [candidate for candidate in fitting if not _is_punctuation(lines, candidate, fitting)]
    if not real:
        return Dialect(None)
    best, *others = real
    rivals = [other for other in others if best.share - other.share < _CLEAR_LEAD and (best.width - 1) < 2 * (other.width - 1)]
    weak = best.share < 0.5 and (best.width < _TABLE_WIDTH or best.rows < _FEW)  # noqa: PLR2004 - half of the rows
    if rivals or weak:
        shown = " and ".join(f'"{_NAMES[c.dialect.delimiter or ","]}"' for c in (best, *rivals))
        question = f"could be separated by {shown} alike" if rivals else f"has {shown} in some rows only"
        raise FileRefused(
            f"{name} {question}: which one separates its columns? "
            f"Answer in the profile: delimiter = {_toml(best.dialect.delimiter or ',')}"
            + "".join(f" or delimiter = {_toml(c.dialect.delimiter or ',')}" for c in rivals)
            + "."
        )
    return best.dialect


def _toml(delimiter: str) -> str:
    return f'"{_NAMES[delimiter]}"'


def _is_punctuation(lines: list[str], candidate: _Candidate, fitting: list[_Candidate]) -> bool:
    """Tell decimal commas (``1.234,50``) and commas in prose (``Hansen, Ole``) from separators.

    Where no other delimiter is, a heading with commas says that they separate.
    """
    delimiter = candidate.dialect.delimiter
    if delimiter != ",":
        return False
    text = "".join(lines)
    commas = text.count(",")
    in_prose = len(re.findall(r", ", text))
    in_numbers = len(re.findall(r"(?<=\d),(?=\d{1,2}(?!\d))|(?<=\d),-", text))
    others = any(other.dialect.delimiter != "," and other.share >= candidate.share - _CLEAR_LEAD for other in fitting)
    headed = bool(lines) and "," in lines[0]
    return (others or not headed) and in_prose + in_numbers == commas
