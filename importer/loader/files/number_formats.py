"""Cells whose number format shows something else than their number: what is read in their place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

from importer.domain.cells import Cell
from importer.domain.number_formats.meaning import bare_digits, identifier_text, must_be_kept
from importer.domain.number_formats.number_format import NumberFormat, number_format
from importer.domain.number_formats.tokens import TokenKind, sections_of, tokens_of
from importer.domain.special_cells import MAX_EXACT, CellError, ReadBetter, ShownNumber

_NO_OTHERS = frozenset((TokenKind.LITERAL, TokenKind.DIGIT, TokenKind.BLANK, TokenKind.FILL))
_ZEROS_ENOUGH = 2
_NUMBERS = (int, float)
_Number = TypeVar("_Number", int, str)


def shows_duration(section: str) -> bool:
    """Return whether a section shows a duration, such as ``[h]:mm``, which does not start again after a day or an hour."""
    return any(token.kind is TokenKind.DATE and token.text.startswith("[") for token in tokens_of(section))


def is_taken_for_date(code: str) -> bool:
    """Return whether letters of dates that are not quoted make a reader take a number for a date, as in ``0.00 SEK``."""
    (first, *_), form = sections_of(code), number_format(code)
    return any(token.kind is TokenKind.DATE for token in tokens_of(first)) and not form.sections[0].is_date


def shows_more(code: str) -> bool:
    """Return whether a format shows a currency, a text, a sign or another number, or no number, for some numbers."""
    form = number_format(code)
    numbers = [section for section in form.sections if not section.is_date]
    others = (one.signs or one.percents or one.digits.thousands or one.is_without_number for one in numbers)
    return any(others) or any(section.shows_minus for section in form.of_positives)


@lru_cache(maxsize=4096)
def kept_format(code: str, *, zeros_as_text: bool = True) -> NumberFormat | None:
    """Return the format of a code if its cells show something else than their values, else None."""
    form = number_format(code) if zeros_as_text else NumberFormat(code, zeros_as_text=False)
    return form if must_be_kept(form) else None


def keep_format(codes: dict[_Number, NumberFormat], number: _Number, code: str) -> None:
    """Enter the code that a workbook has for the number of a format, which may be another than the built-in one."""
    codes.pop(number, None)
    if found := kept_format(code):
        codes[number] = found


def cell_reader(form: NumberFormat) -> Callable[[Cell], Cell]:
    """Return the function that reads a cell in this format: with the format, if that shows something else than the value.

    A whole number with leading zeros (``00123``) is read as a text, and so is a text with something beside it.
    """
    bare, code = bare_digits(form), form.code
    as_text = shows_zeros(form)
    text_of = lru_cache(maxsize=4096)(partial(identifier_text, code))  # postal codes repeat

    def read(value: Cell) -> Cell:
        if isinstance(value, str):
            return _shown_in_full(form, value)
        if isinstance(value, bool) or not isinstance(value, _NUMBERS) or abs(value) >= MAX_EXACT:
            return value
        if as_text and value == int(value) and (text := text_of(value)) is not None:
            return text
        return value if bare is not None and bare.shows(value) else ShownNumber(value, code)

    return read


def _shown_in_full(form: NumberFormat, text: str) -> str:
    if not text or not form.changes_texts or isinstance(text, CellError):
        return text
    shown = form.show_text(text).strip()
    return text if shown == text else ReadBetter(shown, text.held if isinstance(text, ReadBetter) else text)


def makes_text(form: NumberFormat) -> bool:
    """Return whether a format shows a number as an identifier with something before, behind or between its digits."""
    shown = identifier_text(form.code, 1)
    return shown is not None and bare_digits(form) is None and shown != "1"


def shows_zeros(form: NumberFormat) -> bool:
    """Return whether a format shows leading zeros: two or more ``0`` with only literals between them."""
    section = form.sections[0]
    is_locale = (token.kind is TokenKind.CURRENCY and token.text.startswith("-") for token in section.tokens)
    kinds = {token.kind for token, passed in zip(section.tokens, is_locale, strict=True) if not passed}
    has_zeros = section.digits.whole.count("0") >= _ZEROS_ENOUGH and set(section.digits.whole) == {"0"}
    return form.zeros_as_text and has_zeros and kinds <= _NO_OTHERS and not any(one.condition for one in form.sections)
