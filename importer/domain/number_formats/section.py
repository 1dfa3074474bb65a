"""One section of a number format: when it applies, and what it shows."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from importer.domain.number_formats.tokens import Token, TokenKind, tokens_of

_OPERATORS: tuple[tuple[str, Callable[[Decimal, Decimal], bool]], ...] = (
    ("<=", operator.le),
    (">=", operator.ge),
    ("<>", operator.ne),
    ("<", operator.lt),
    (">", operator.gt),
    ("=", operator.eq),
)
_NO_NUMBERS = frozenset((TokenKind.LITERAL, TokenKind.BLANK, TokenKind.FILL, TokenKind.CURRENCY, TokenKind.COLOUR))
_SPACES = " \u00a0\u202f"
_MINUS = "-\u2212\u2013"
_NO_WORDS = _SPACES + _MINUS + "+()*:=',"
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_NO_HUNDREDTHS = re.compile(r"[.,][-\u2212\u2013]{1,2}")
_OF_NUMBERS = frozenset((TokenKind.DIGIT, TokenKind.GENERAL, TokenKind.TEXT))


class Condition(NamedTuple):
    """A condition such as ``[>=100]``."""

    sign: str
    limit: Decimal

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read the text of a condition without its brackets."""
        sign = next(sign for sign, _ in _OPERATORS if text.startswith(sign))
        return cls(sign, Decimal(text[len(sign) :]))

    def holds(self, value: Decimal) -> bool:
        """Return whether the section applies to a number."""
        return dict(_OPERATORS)[self.sign](value, self.limit)

    @property
    def is_of_negatives(self) -> bool:
        """Return whether only numbers below zero fulfil the condition."""
        return (self.sign == "<" and self.limit <= 0) or (self.sign in ("<=", "=") and self.limit < 0)


class CurrencySign(NamedTuple):
    """A sign that may be a currency, and the locale beside it: ``€`` and ``407`` in ``[$€-407]``.

    ``is_marked``: the format itself calls it a currency, by ``[$...]``. A literal may be any text.
    """

    sign: str
    locale: str
    is_marked: bool


class Literals(NamedTuple):
    """The literal texts of a section: before the first digit, between the digits, and behind the last one."""

    before: str
    between: str
    behind: str


class DigitLayout(NamedTuple):
    """The places of the digits of a section: before and behind the decimal point, and of the exponent."""

    whole: str
    decimals: str
    exponent: str
    grouped: bool
    thousands: int


@dataclass(frozen=True)
class FormatSection:
    """A parsed section. ``tokens`` are those that are shown, in their order."""

    tokens: tuple[Token, ...]
    condition: Condition | None = None
    is_coloured: bool = False

    @classmethod
    def parse(cls, text: str) -> FormatSection:
        """Parse the code of a section."""
        shown: list[Token] = []
        condition, is_coloured = None, False
        for token in tokens_of(text):
            if token.kind is TokenKind.CONDITION:
                condition = Condition.parse(token.text)
            elif token.kind is TokenKind.COLOUR:
                is_coloured = True
            else:
                shown.append(token)
        return cls(tuple(_as_literals(shown)), condition, is_coloured)

    def has(self, kind: TokenKind) -> bool:
        """Return whether a token of this kind is among those of the section."""
        return any(token.kind is kind for token in self.tokens)

    @cached_property
    def is_date(self) -> bool:
        """Whether the section shows a date, a time or a duration."""
        return self.has(TokenKind.DATE)

    @cached_property
    def is_of_text(self) -> bool:
        """Whether the section shows texts: it contains ``@``."""
        return self.has(TokenKind.TEXT)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the section shows a number without anything beside it: General, an empty section of it, or ``@``."""
        return len(self.tokens) == 1 and self.tokens[0].kind in (TokenKind.GENERAL, TokenKind.TEXT)

    @cached_property
    def is_without_number(self) -> bool:
        """Whether the section shows the same text for any number, perhaps nothing."""
        return all(token.kind in _NO_NUMBERS for token in self.tokens)

    @cached_property
    def percents(self) -> int:
        """The number of percent signs; each multiplies what is shown by 100."""
        return sum(token.kind is TokenKind.PERCENT for token in self.tokens)

    @cached_property
    def is_fraction(self) -> bool:
        """Whether the section shows a fraction, such as ``# ?/?``."""
        kinds = [token.kind for token in self.tokens]
        if TokenKind.SLASH not in kinds:
            return False
        at = kinds.index(TokenKind.SLASH)
        behind = self.tokens[at + 1] if at + 1 < len(kinds) else None
        starts = behind is not None and (behind.kind is TokenKind.DIGIT or behind.text[:1].isdigit())
        return starts and TokenKind.DIGIT in kinds[:at] and TokenKind.POINT not in kinds

    @cached_property
    def digits(self) -> DigitLayout:
        """The places of digits."""
        return _layout(self.tokens)

    @cached_property
    def signs(self) -> tuple[CurrencySign, ...]:
        """The texts beside the number that may be currencies, without those that show a sign or are blank."""
        found: list[CurrencySign] = []
        literal = ""
        for token in (*self.tokens, Token(TokenKind.DIGIT, "")):
            if token.kind is TokenKind.LITERAL:
                literal += token.text
                continue
            if token.kind in (TokenKind.BLANK, TokenKind.FILL):
                literal += " "
                continue
            if bare := literal.strip(_NO_WORDS).lstrip("."):
                found.append(CurrencySign(bare, "", is_marked=False))
            literal = ""
            if token.kind is TokenKind.CURRENCY and (sign := _marked(token.text)):
                found.append(sign)
        return tuple(found)

    @cached_property
    def literals(self) -> Literals:
        """The texts around and between the digits, with a blank for each token that is neither a text nor a digit."""
        texts = [token.text if token.kind is TokenKind.LITERAL else " " for token in self.tokens]
        digits = [at for at, token in enumerate(self.tokens) if token.kind in _OF_NUMBERS]
        first, last = (digits[0], digits[-1]) if digits else (len(texts), len(texts))
        return Literals("".join(texts[:first]), "".join(texts[first:last]), "".join(texts[last + 1 :]))

    @cached_property
    def shows_minus(self) -> bool:
        """Whether the number has a minus before or behind it, or brackets around it, also if it is not below zero.

        A dash that stands for zero hundredths (``1234,-``), and brackets around a text, are none.
        """
        if self.is_date:
            return False
        before, behind = (_IN_BRACKETS.sub(r"\1", text) for text in (self.literals.before, self.literals.behind))
        behind = behind if self.digits.decimals else _NO_HUNDREDTHS.sub("", behind, count=1)
        return any(mark in before for mark in f"({_MINUS}") or any(mark in behind for mark in f"){_MINUS}")

    @cached_property
    def locale(self) -> str:
        """The locale that ``[$-407]`` names without a currency, or "" without one."""
        texts = (token.text for token in self.tokens if token.kind is TokenKind.CURRENCY)
        return next((text[1:] for text in texts if text.startswith("-")), "")

    @cached_property
    def shows_sign(self) -> bool:
        """Whether the section itself marks numbers below zero: by a minus, brackets or a colour."""
        literals = "".join(token.text for token in self.tokens if token.kind is TokenKind.LITERAL)
        return self.is_coloured or any(mark in literals for mark in "-(\u2212\u2013")


def _as_literals(tokens: list[Token]) -> list[Token]:
    """Return the tokens with the letters of dates as literals if they are beside a number: ``0.00 SEK``, ``USD 0.00``."""
    kinds = [token.kind for token in tokens]
    first = kinds.index(TokenKind.DATE) if TokenKind.DATE in kinds else len(kinds)
    if not _OF_NUMBERS.intersection(kinds[:first]) and not _has_own_digits(tokens):
        return tokens
    return [Token(TokenKind.LITERAL, token.text) if token.kind is TokenKind.DATE else token for token in tokens]


def _has_own_digits(tokens: list[Token]) -> bool:
    """Return whether a section has digits besides those of a fraction of a second, and shows no duration."""
    is_duration = any(token.kind is TokenKind.DATE and token.text.startswith("[") for token in tokens)
    digits = (at for at, token in enumerate(tokens) if token.kind is TokenKind.DIGIT)
    return not is_duration and not all(_is_of_seconds(tokens[:at]) for at in digits)


def _is_of_seconds(before: list[Token]) -> bool:
    """Return whether a digit behind these tokens is one of a fraction of a second, as in ``ss.000``."""
    while before and before[-1].kind is TokenKind.DIGIT:
        before = before[:-1]
    kinds = [token.kind for token in before[-2:]]
    return kinds == [TokenKind.DATE, TokenKind.POINT] and before[-2].text[-1:] in ("s", "S")


def _marked(text: str) -> CurrencySign | None:
    sign, _, locale = text.partition("-")
    bare = sign.strip(_SPACES)
    return CurrencySign(bare, locale, is_marked=True) if bare else None


def _layout(tokens: Sequence[Token]) -> DigitLayout:
    """Sort the places of digits. Commas between digits group them; commas behind the last one divide by a thousand."""
    places = {"whole": "", "decimals": "", "exponent": ""}
    part, commas, grouped = "whole", 0, False
    for token in tokens:
        if token.kind is TokenKind.DIGIT:
            grouped = grouped or (commas > 0 and part == "whole")
            commas = 0
            places[part] += token.text
        elif token.kind is TokenKind.COMMA and any(places.values()):
            commas += 1
        else:
            part = _PARTS.get(token.kind, part)
    return DigitLayout(places["whole"], places["decimals"], places["exponent"], grouped, commas)


_PARTS = {TokenKind.POINT: "decimals", TokenKind.EXPONENT: "exponent"}
"""The part of the digits that begins with a token."""
