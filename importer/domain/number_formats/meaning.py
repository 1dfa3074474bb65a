"""What a number format means for the value of a cell: the text of an identifier, and what is odd about an amount."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from locale import windows_locale
from typing import NamedTuple

from importer.domain.number_formats.number_format import DIGITS, NumberFormat, exact, keeps_digits, number_format
from importer.domain.number_formats.rendering import Marks
from importer.domain.number_formats.section import FormatSection
from importer.domain.number_formats.tokens import Token, TokenKind

_OF_NUMBERS = frozenset((TokenKind.DIGIT, TokenKind.POINT, TokenKind.COMMA))


class OddAmount(Enum):
    """What makes it unclear which amount a cell means."""

    PERCENT = "is shown as a percentage"
    DIVIDED = "is shown in thousands or millions"
    WITHOUT_SIGN = "is below zero and shown without a minus"


def odd_amount(code: str, value: float) -> OddAmount | None:
    """Return what is odd about an amount in this format; None if it is shown as what it is."""
    choice = number_format(code).choose(exact(value))
    if choice is None:
        return None
    if choice.section.percents:
        return OddAmount.PERCENT
    if choice.section.digits.thousands:
        return OddAmount.DIVIDED
    return OddAmount.WITHOUT_SIGN if choice.hides_sign else None


@lru_cache(maxsize=4096)
def may_be_odd(code: str) -> bool:
    """Return whether some amounts in this format are odd."""
    form = number_format(code)
    hides_sign = (choice := form.choose(Decimal(-1))) is not None and choice.hides_sign
    return hides_sign or any(section.percents or section.digits.thousands for section in form.sections)


def shown_text(code: str, value: float) -> str | None:
    """Return all that a cell shows, with English marks and without blanks around it; None for what is no number."""
    shown = number_format(code).show(exact(value))
    return None if shown is None else " ".join(shown.split())


def identifier_text(code: str, value: float) -> str | None:
    """Return an identifier as its cell shows it, or None if that cannot be determined.

    Marks between thousands are left out: programs write them, in the marks of their language. It is not determined if the
    format rounds or divides the number, shows it with an exponent, as a fraction or in the form of an amount (``1,067.00``),
    leaves out its minus, shows no number, or fills the cell between two parts.
    """
    number = exact(value)
    choice = number_format(code).choose(number)
    if choice is None or choice.hides_sign or not _is_determined(choice.section, number):
        return None
    shown = number_format(code).show(number, Marks(_point_of(choice.section.locale), ""))
    return shown.strip().rstrip(".") or None if shown is not None else None


def _is_determined(section: FormatSection, number: Decimal) -> bool:
    if section.is_date or section.is_without_number or _fills_between(section):
        return False
    is_amount = section.digits.grouped and bool(section.digits.decimals)
    return not is_amount and keeps_digits(section, abs(number))


def _fills_between(section: FormatSection) -> bool:
    """Return whether a character fills the cell between two parts of what is shown, so that their distance is not known."""
    visible = [token.kind is not TokenKind.BLANK and bool(token.text.strip()) for token in section.tokens]
    fills = [at for at, token in enumerate(section.tokens) if token.kind is TokenKind.FILL]
    for at in fills:
        visible[at] = False
    return any(any(visible[:at]) and any(visible[at:]) for at in fills)


@lru_cache(maxsize=256)
def _point_of(locale: str) -> str:
    """Return the decimal mark of a locale such as ``407`` or ``de-DE``; a point if it is not known."""
    name = locale_name(locale)
    if name is None:
        return "."
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name).number_symbols["latn"]["decimal"])
    except (ValueError, UnknownLocaleError, KeyError):
        return "."


def locale_name(locale: str) -> str | None:
    """Return the name (``de_DE``) of the locale in a format: the number that Windows gives to it, or its own name."""
    try:
        return windows_locale.get(int(locale, 16) & 0xFFFF)
    except ValueError:
        parts = locale.split("-")
        return "_".join(parts[:2]) if parts[0].isalpha() and parts[0] != "x" else None


@lru_cache(maxsize=4096)
def must_be_kept(form: NumberFormat) -> bool:
    """Return whether a cell in this format may show something else than its number, which a reader must then keep.

    Every format with places for digits may: ``0`` rounds, and ``0.00`` adds zeros. See `bare_digits` for the numbers that are
    shown as they are.
    """
    numbers = form.sections[:2]  # a third one is that of zero, or of what no condition takes
    hides_sign = len(numbers) > 1 and not numbers[0].condition and not numbers[1].shows_sign and not numbers[1].is_date
    return form.changes_texts or hides_sign or not all(section.is_date or section.is_plain for section in numbers)


class BareDigits(NamedTuple):
    """The numbers that a format shows as their digits alone, perhaps with marks between thousands.

    They have at least ``fewest`` and at most ``most`` decimals. ``from_one``: a zero before the decimal point is not shown.
    """

    fewest: int
    most: int
    from_one: bool
    with_zero: bool
    below_zero: bool

    def shows(self, value: float) -> bool:
        """Return whether a cell shows exactly the digits of a number that a reader gives."""
        if value <= 0 and not (self.with_zero if value == 0 else self.below_zero):
            return False
        text = f"{value:.{DIGITS}g}"
        if "e" in text or (self.from_one and abs(value) < 1):
            return False
        return self.fewest <= len(text.partition(".")[2]) <= self.most


@lru_cache(maxsize=4096)
def bare_digits(form: NumberFormat) -> BareDigits | None:
    """Return the numbers above zero that a format shows as their digits alone; None if there are none or it changes texts."""
    sections = form.sections
    first = sections[0]
    layout, shown = first.digits, "".join(map(_mark_of, first.tokens)).strip()
    is_bare = _BARE.fullmatch(shown) is not None and not layout.thousands and not form.changes_texts
    if not is_bare or any(section.condition for section in sections) or (layout.decimals and first.locale):
        return None
    from_one, fewest = not layout.whole.endswith("0"), len(layout.decimals.rstrip("#?"))
    with_zero = len(sections) < _WITH_ZERO and not from_one
    return BareDigits(fewest, len(layout.decimals), from_one, with_zero, below_zero=len(sections) == 1)


_WITH_ZERO = 3
_BARE = re.compile(r"[#?,]*0?(?:\.0*[#?]*)?")


def _mark_of(token: Token) -> str:
    """Return a token as a part of the layout of a number: its digits and marks, a blank for what is blank, else an ``x``."""
    if token.kind in _OF_NUMBERS:
        return token.text
    is_blank = token.kind in (TokenKind.BLANK, TokenKind.FILL) or not token.text.strip()
    return " " if is_blank or (token.kind is TokenKind.CURRENCY and token.text.startswith("-")) else "x"
