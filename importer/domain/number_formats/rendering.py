"""What a section shows for a number: every character, with English marks (``1,234.50``) unless others are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import takewhile
from typing import NamedTuple

from importer.domain.number_formats.section import FormatSection
from importer.domain.number_formats.tokens import Token, TokenKind

_THOUSAND = 3
_PADDING = {"0": "0", "?": " ", "#": ""}


class Marks(NamedTuple):
    """The marks of a language: between whole digits and decimals, and between groups of three digits."""

    point: str = "."
    group: str = ","


ENGLISH = Marks()


def general_text(value: Decimal) -> str:
    """Return a number as the format General shows it in a wide cell: with all its digits, without an exponent."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def shown_number(section: FormatSection, value: Decimal, marks: Marks = ENGLISH) -> str:
    """Return what a section shows for a number that is not below zero."""
    if section.is_fraction:
        return _fraction(section, value)
    if section.digits.exponent:
        return _exponential(section, value, marks)
    layout = section.digits
    scaled = value.scaleb(2 * section.percents - _THOUSAND * layout.thousands)
    rounded = round_to(scaled, len(layout.decimals))
    whole, _, decimals = format(rounded, "f").partition(".")
    places = _Places(_whole_digits(whole, layout.whole, layout.grouped, marks), _decimal_digits(decimals, layout.decimals))
    return "".join(_parts(section.tokens, places, value, marks))


def is_shown_as_zero(section: FormatSection, value: Decimal) -> bool:
    """Return whether only zeros are left of a number when a section has rounded it."""
    layout = section.digits
    if section.is_fraction or layout.exponent or section.has(TokenKind.GENERAL) or section.is_of_text:
        return value == 0
    return round_to(value.scaleb(2 * section.percents - _THOUSAND * layout.thousands), len(layout.decimals)) == 0


def round_to(value: Decimal, decimals: int) -> Decimal:
    """Round half away from zero, as spreadsheets do."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


class _Places(NamedTuple):
    """What is shown at each place of a digit, before and behind the decimal point."""

    whole: list[str]
    decimals: list[str]
    exponent: str = ""


def _whole_digits(digits: str, places: str, grouped: bool, marks: Marks) -> list[str]:  # noqa: FBT001 - a part of the layout
    """Return what is shown at each place of a whole digit. Digits without a place are shown at the first one."""
    digits = digits.lstrip("0")
    count = len(places)
    padded = [*([""] * (count - len(digits))), *digits]
    shown = [digit or _PADDING[place] for digit, place in zip(padded[len(padded) - count :], places, strict=True)]
    before = list(padded[: len(padded) - count])
    if grouped:
        before, shown = _grouped(before, shown, marks.group)
    return ["".join([*before, *shown[:1]]), *shown[1:]] if shown else ["".join(before)]


def _grouped(before: list[str], shown: list[str], mark: str) -> tuple[list[str], list[str]]:
    """Write a mark behind each digit that begins a group of three to its right."""
    every = [*before, *shown]
    count = len(every)
    first = next((at for at, digit in enumerate(every) if digit.strip()), count)
    marked = [
        f"{digit}{mark}" if at >= first and (count - at - 1) % _THOUSAND == 0 and at < count - 1 else digit
        for at, digit in enumerate(every)
    ]
    return marked[: len(before)], marked[len(before) :]


def _decimal_digits(digits: str, places: str) -> list[str]:
    """Return what is shown at each place of a decimal. Zeros at the end are only shown at a ``0``."""
    shown = list(digits.ljust(len(places), "0"))
    for at in reversed(range(len(places))):
        if shown[at] != "0" or places[at] == "0":
            break
        shown[at] = _PADDING[places[at]]
    return shown


def _parts(tokens: tuple[Token, ...], places: _Places, value: Decimal, marks: Marks) -> Iterator[str]:
    """Yield what each token shows."""
    wholes, decimals = iter(places.whole), iter(places.decimals)
    digits, has_whole = wholes, any(token.kind is TokenKind.DIGIT for token in _before_point(tokens))
    for token in tokens:
        if token.kind is TokenKind.DIGIT:
            yield next(digits, "")
        elif token.kind is TokenKind.POINT and digits is wholes:
            point = marks.point if any(places.decimals) else ""
            yield point if has_whole else f"{next(wholes, '')}{point}"
            digits = decimals
        elif token.kind is TokenKind.EXPONENT:
            yield places.exponent
            digits = iter(())
        else:
            yield _beside(token, value)


def _before_point(tokens: tuple[Token, ...]) -> Iterator[Token]:
    for token in tokens:
        if token.kind is TokenKind.POINT:
            return
        yield token


def _beside(token: Token, value: Decimal) -> str:
    """Return what a token shows that is no place of a digit."""
    if token.kind in (TokenKind.LITERAL, TokenKind.PERCENT, TokenKind.SLASH):
        return token.text
    if token.kind in (TokenKind.GENERAL, TokenKind.TEXT):
        return general_text(value)
    if token.kind is TokenKind.CURRENCY:
        return token.text.partition("-")[0]
    return " " if token.kind is TokenKind.BLANK else ""


def _exponential(section: FormatSection, value: Decimal, marks: Marks) -> str:
    layout = section.digits
    step = max(len(layout.whole), 1)
    power = value.adjusted() if value else 0
    exponent = power - (power % step if step > 1 else 0)
    mantissa = round_to(value.scaleb(-exponent), len(layout.decimals))
    if mantissa.adjusted() >= step and mantissa:
        exponent += step
        mantissa = round_to(value.scaleb(-exponent), len(layout.decimals))
    whole, _, decimals = format(mantissa, "f").partition(".")
    written = next(token.text for token in section.tokens if token.kind is TokenKind.EXPONENT)
    sign = "-" if exponent < 0 else "+" if written[1] == "+" else ""
    shown = f"E{sign}{str(abs(exponent)).rjust(layout.exponent.count('0'), '0')}"
    wholes = _whole_digits(whole, layout.whole, grouped=False, marks=marks)
    return "".join(_parts(section.tokens, _Places(wholes, _decimal_digits(decimals, layout.decimals), shown), value, marks))


def _fraction(section: FormatSection, value: Decimal) -> str:
    """Return a number as a fraction: ``1 1/2`` with ``# ?/?``, ``3/2`` with ``?/?``."""
    places = _fraction_places(section)
    top, bottom = _ratio(value, places.denominator)
    units, top = divmod(top, bottom) if places.whole else (0, top)
    width = len(places.numerator) + 1 + len(places.denominator)
    text = f"{_padded(str(top), places.numerator)}/{_padded(str(bottom), places.denominator, at_left=True)}"
    if places.whole and not top and "0" not in places.numerator:
        text = " " * width
    whole = str(units) if units or "0" in places.whole or not text.strip() else ""
    return f"{places.before}{whole}{' ' if whole else ''}{text}{places.behind}"


def _ratio(value: Decimal, denominator: str) -> tuple[int, int]:
    """Return the numerator and the denominator: a fixed one, or one with at most as many digits as it has places."""
    if denominator.isdigit() and int(denominator):
        return int(round_to(value * int(denominator), 0)), int(denominator)
    number = Fraction(value).limit_denominator(10 ** max(len(denominator), 1) - 1)
    return number.numerator, number.denominator


def _padded(digits: str, places: str, *, at_left: bool = False) -> str:
    """Return digits with what is shown at the places that they do not fill."""
    free = "".join(_PADDING.get(place, "") for place in places[: max(len(places) - len(digits), 0)])
    return digits + free if at_left and "0" not in free else free + digits


class _FractionPlaces(NamedTuple):
    """The literals before and behind a fraction, and the places of its digits."""

    before: str
    whole: str
    numerator: str
    denominator: str
    behind: str


def _fraction_places(section: FormatSection) -> _FractionPlaces:
    at = next(index for index, token in enumerate(section.tokens) if token.kind is TokenKind.SLASH)
    head, tail = section.tokens[:at], section.tokens[at + 1 :]
    groups = "".join(token.text if token.kind is TokenKind.DIGIT else " " for token in head).split()
    denominator = list(takewhile(_is_of_denominator, tail))
    first = next(index for index, token in enumerate(head) if token.kind is TokenKind.DIGIT)
    return _FractionPlaces(
        _literals(head[:first]),
        groups[0] if len(groups) > 1 else "",
        groups[-1],
        "".join(token.text for token in denominator),
        _literals(tail[len(denominator) :]),
    )


def _is_of_denominator(token: Token) -> bool:
    return token.kind is TokenKind.DIGIT or (token.kind is TokenKind.LITERAL and token.text.isdigit())


def _literals(tokens: Iterable[Token]) -> str:
    return "".join(_beside(token, Decimal(0)) for token in tokens)
