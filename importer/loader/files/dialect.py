"""Detect how a delimited text separates and quotes its cells, and only where the text proves it."""

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
"""Share of the rows by which the better delimiter must lead, unless the other one is punctuation."""
_FEW, _TABLE_WIDTH = 2, 3
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter, quotes and escapes of a text.

    ``delimiter`` is None for a file of one column, and ``quote`` empty if quotes are part of the text. ``escape`` is a backslash
    if that marks quotes within cells; ``doubles_escape``: a backslash of the text is then written twice. ``skips_newly``: earlier
    releases did not skip the spaces before quotes of this text, so that they read other cells.
    """

    delimiter: str | None
    quote: str = '"'
    escape: str | None = None
    skip_space: bool = False
    sep_line: bool = False
    doubles_escape: bool = False
    skips_newly: bool = False

    def records(self, lines: Iterable[str], *, strict: bool = True) -> Any:
        """Return an iterator over the records of these lines. It raises csv.Error for quotes that are not closed properly."""
        delimiter = self.delimiter or "\x1f"  # a control character that texts do not contain: the whole line is one cell
        if not self.quote:
            return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=strict)
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.skip_space,
            strict=strict,
        )


@dataclass(frozen=True, slots=True)
class _DialectCandidate:
    dialect: Dialect
    share: float  # of the rows that have the most common width above one
    rows: int
    width: int


def detect(name: str, lines: list[str], *, delimiter: str | None, quote: str | None, tabs_first: bool) -> Dialect:
    """Detect the dialect of a text from its first lines. Raises FileRefused when two delimiters fit equally well."""
    hint = _SEP_LINE.fullmatch("".join(lines[:1]))
    lines = [line for line in (lines[1:] if hint else lines) if line.strip()]
    known = delimiter or (hint and hint[1]) or (tabs_first and _tab_of(lines))
    candidates = [_candidate(lines, choice, quote) for choice in ((known,) if known else DELIMITERS)]
    dialect = candidates[0].dialect if known else _decide(name, lines, candidates)
    return replace(_with_spaces_skipped(lines, dialect), sep_line=hint is not None)


def _tab_of(lines: list[str]) -> str | None:
    return "\t" if any("\t" in line for line in lines) else None


def _candidate(lines: list[str], delimiter: str, quote: str | None) -> _DialectCandidate:
    if quote is not None:
        return _measure(lines, Dialect(delimiter, quote))
    return _as_text(lines, _with_other_quote(lines, _measure(lines, Dialect(delimiter))))


def _as_text(lines: list[str], quoted: _DialectCandidate) -> _DialectCandidate:
    """Measure without quotes if these do not fit: stray ones make rows look as if they had several widths."""
    try:
        for _ in quoted.dialect.records(lines):
            pass
    except csv.Error:
        plain = _measure(lines, replace(quoted.dialect, quote=""))
        return replace(plain, dialect=quoted.dialect) if plain.share > quoted.share else quoted
    return quoted


def _with_spaces_skipped(lines: list[str], plain: Dialect) -> Dialect:
    """Skip spaces before quotes if there are any: without that, the quotes would become part of the text."""
    if plain.delimiter in (None, " ") or not plain.quote:
        return plain
    quote, delimiter = re.escape(plain.quote), re.escape(plain.delimiter or "")
    behind = re.compile(rf"(?:^|{delimiter}) +{quote}")
    if not any(map(behind.search, lines)):
        return plain
    spaced = replace(plain, skip_space=True)
    return replace(spaced, skips_newly=_measure(lines, spaced).share <= _measure(lines, plain).share)


def _measure(lines: list[str], dialect: Dialect) -> _DialectCandidate:
    widths = Counter(len(record) for record in _parsed(lines, dialect))
    total = sum(widths.values())
    wide = [(count, width) for width, count in widths.items() if width > 1]
    if not wide:
        return _DialectCandidate(dialect, 0.0, 0, 1)
    count, width = max(wide)
    return _DialectCandidate(dialect, count / total, count, width)


def _parsed(lines: list[str], dialect: Dialect) -> list[list[str]]:
    found: list[list[str]] = []
    with suppress(csv.Error):  # a quote is never closed: the records before it are enough
        found.extend(record for record in dialect.records(lines, strict=False) if record)
    return found


def _with_other_quote(lines: list[str], plain: _DialectCandidate) -> _DialectCandidate:
    """Use ``'`` as the quote if that is proven and ``"`` quotes no cell."""
    delimiter = plain.dialect.delimiter
    if delimiter is None or any(line.startswith('"') or f'{delimiter}"' in line for line in lines):
        return plain
    single = _measure(lines, replace(plain.dialect, quote="'"))
    proven = any(proves(lines, plain, single) for proves in (_fits_more_rows, _quotes_a_column))
    return single if proven else plain


def _fits_more_rows(lines: list[str], plain: _DialectCandidate, single: _DialectCandidate) -> bool:
    return single.share > plain.share and any(f"'{plain.dialect.delimiter}" in line for line in lines)


def _quotes_a_column(lines: list[str], plain: _DialectCandidate, _: _DialectCandidate) -> bool:
    """Return whether all cells of some column, except its heading, are quoted with ``'``."""
    records = [record for record in _parsed(lines, plain.dialect) if len(record) == plain.width]
    columns = ([cell for cell in column if cell] for column in zip(*records, strict=True))
    bodies = (cells[1:] if cells and not _is_quoted(cells[0]) else cells for cells in columns)
    return any(len(body) >= _FEW and all(map(_is_quoted, body)) for body in bodies)


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == "'"


def _decide(name: str, lines: list[str], candidates: list[_DialectCandidate]) -> Dialect:
    """Return the dialect that gives the most rows of one width. Raises FileRefused with a question if that is not clear."""
    fitting = sorted((c for c in candidates if c.rows), key=lambda c: (c.share, c.width), reverse=True)
    real = [candidate for candidate in fitting if not _is_punctuation(lines, candidate, fitting)]
    if not real:
        return Dialect(None)
    best, *others = real
    rivals = [other for other in others if _is_rival(other, best)]
    question = next((question for applies, question in _QUESTIONS if applies(best, rivals)), None)
    if question is None:
        return best.dialect
    shown = [f'"{_NAMES[candidate.dialect.delimiter or ","]}"' for candidate in (best, *rivals)]
    raise FileRefused(
        f"{name} {question.format(' and '.join(shown))}: which one separates its columns? "
        f"Answer in the profile: {' or '.join(f'delimiter = {delimiter}' for delimiter in shown)}."
    )


def _is_rival(other: _DialectCandidate, best: _DialectCandidate) -> bool:
    return best.share - other.share < _CLEAR_LEAD and best.width - 1 < 2 * (other.width - 1)


def _has_rivals(_: _DialectCandidate, rivals: list[_DialectCandidate]) -> bool:
    return bool(rivals)


def _fits_few_rows(best: _DialectCandidate, _: list[_DialectCandidate]) -> bool:
    return best.share < 0.5 and (best.width < _TABLE_WIDTH or best.rows < _FEW)  # noqa: PLR2004 - half of the rows


_QUESTIONS = ((_has_rivals, "could be separated by {} equally well"), (_fits_few_rows, "has {} in some rows only"))


def _is_punctuation(lines: list[str], candidate: _DialectCandidate, fitting: list[_DialectCandidate]) -> bool:
    """Return whether all commas are decimal commas (``1.234,50``) or commas in prose (``Hansen, Ole``), not separators.

    If no other delimiter fits, commas in the heading mean that they separate.
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
