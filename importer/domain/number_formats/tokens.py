r"""Split a number format into its sections, and each section into tokens.

The codes are those of ECMA-376, part 1, 18.8.30-31, as Excel and LibreOffice write them: ``#,##0.00\ [$€-407];[Red]-0``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class TokenKind(Enum):
    """The kinds of tokens of a section."""

    LITERAL = auto()  # a text that is shown as it is
    DIGIT = auto()  # 0, # or ?
    POINT = auto()
    COMMA = auto()
    PERCENT = auto()
    EXPONENT = auto()  # E+ or E-
    SLASH = auto()
    GENERAL = auto()
    TEXT = auto()  # @
    BLANK = auto()  # _x, a gap as wide as x
    FILL = auto()  # *x, which fills the cell with x
    DATE = auto()
    CONDITION = auto()
    CURRENCY = auto()  # [$€-407], also without a sign: [$-407]
    COLOUR = auto()


class Token(NamedTuple):
    """One token: its kind, and what it shows or names."""

    kind: TokenKind
    text: str


_TOKEN = re.compile(
    r"""
    (?P<BRACKET>\[[^\]]*\])
    |"(?P<QUOTED>[^"]*)(?:"|\Z)
    |\\(?P<ESCAPED>.)
    |_(?P<BLANK>.)
    |\*(?P<FILL>.)
    |(?P<GENERAL>(?i:General|Standard))
    |(?P<EXPONENT>E[+-])
    |(?P<DATE>AM/PM|A/P|am/pm|a/p|[ymdhsYMDHS]+)
    |(?P<DIGIT>[0\#?])
    |(?P<POINT>\.)
    |(?P<COMMA>,)
    |(?P<PERCENT>%)
    |(?P<SLASH>/)
    |(?P<TEXT>@)
    |(?P<LITERAL>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CONDITION = re.compile(r"\[\s*(?:<=|>=|<>|<|>|=)\s*-?[0-9.]+\s*\]")
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BESIDE = re.compile(r"\[(?:DBNum|NatNum)[0-9]+[^\]]*\]", re.IGNORECASE)
_SECTION = re.compile(r'(?:\\.|"[^"]*(?:"|\Z)|\[[^\]]*\]|[_*].|[^;])*', re.DOTALL)


def sections_of(code: str) -> list[str]:
    """Return the parts of a code between its semicolons, of which quoted and escaped ones are none."""
    found, at = [], 0
    while True:
        section = _SECTION.match(code, at)
        end = section.end() if section else len(code)
        found.append(code[at:end])
        if end >= len(code):
            return found
        at = end + 1


def tokens_of(section: str) -> Iterator[Token]:
    """Yield the tokens of a section."""
    for found in _TOKEN.finditer(section):
        name, text = found.lastgroup or "LITERAL", found[0]
        if name == "BRACKET":
            if token := _in_brackets(text):
                yield token
        elif name in ("QUOTED", "ESCAPED"):
            yield Token(TokenKind.LITERAL, found[name])
        else:
            yield Token(TokenKind[name], found[name])


def _in_brackets(text: str) -> Token | None:
    """Return the token of a bracket; None if it does not change what is shown."""
    if text.startswith("[$"):
        return Token(TokenKind.CURRENCY, text[2:-1])
    if _CONDITION.fullmatch(text):
        return Token(TokenKind.CONDITION, text[1:-1].replace(" ", ""))
    if _DURATION.fullmatch(text):
        return Token(TokenKind.DATE, text)
    return None if _BESIDE.fullmatch(text) else Token(TokenKind.COLOUR, text[1:-1])
