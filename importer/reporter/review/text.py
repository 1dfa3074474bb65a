"""Text for a terminal of 80 columns: what could disturb it is made visible, and lines are wrapped, never cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from importer.domain.money import grouped_text

WIDTH = 80
_REPLACED = "\ufffd"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_WIDE = frozenset("WF")


def visible(text: str) -> str:
    """Return a text on one line; characters that a terminal or a browser takes for a command are replaced by U+FFFD."""
    one_line = " ".join(text.split())
    if one_line.isascii() and one_line.isprintable():
        return one_line
    return "".join(_REPLACED if unicodedata.category(c) in _INVISIBLE else c for c in one_line)


def columns_of(text: str) -> int:
    """Return the columns that a text takes on a terminal: two for each wide letter, such as those of Chinese."""
    return len(text) if text.isascii() else sum(1 + (unicodedata.east_asian_width(c) in _WIDE) for c in text)


def wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """Return a text in lines of at most 80 columns. ``first`` is in front of the first line, ``rest`` in front of the others."""
    return flow(visible(text).split(" "), first, rest)


def listed(texts: Iterable[str], first: str = "  ", rest: str = "    ") -> list[str]:
    """Return each text from a new line on, in lines of at most 80 columns."""
    return [line for text in texts for line in wrapped(text, first, rest)]


def flow(parts: Iterable[str], first: str = "", rest: str | None = None, gap: str = " ") -> list[str]:
    """Return parts in lines of at most 80 columns, separated by ``gap``. A part is divided only if it is wider than a line."""
    rest = " " * columns_of(first) if rest is None else rest
    lines, line, is_empty = list[str](), first, True
    for part in parts:
        for piece in _pieces(visible(part), WIDTH - columns_of(rest)):
            between = "" if is_empty else gap
            if columns_of(line) + columns_of(between) + columns_of(piece) > WIDTH:
                lines.append(line.rstrip())
                line, between = rest, ""
            line, is_empty = line + between + piece, False
    return [*lines, line.rstrip()]


def _pieces(part: str, room: int) -> Iterator[str]:
    """Divide a part into pieces of at most ``room`` columns."""
    piece, taken = "", 0
    for character in part:
        columns = columns_of(character)
        if piece and taken + columns > room:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + character, taken + columns
    yield piece


def money_parts(money: Mapping[str, int]) -> list[str]:
    """Return the sum of each currency as a part, without those that are zero: ``DKK 1,234.50``."""
    return [f"{currency} {grouped_text(cents)}" for currency, cents in money.items() if cents]


def counted(rows: int, noun: str) -> str:
    """Return a number with its noun: ``1 case``, ``12 cases``."""
    return f"{rows:,} {noun}{'' if rows == 1 else 's'}"
