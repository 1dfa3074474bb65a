"""Personal numbers in one text: it is masked, and a number that was masked is recognised again."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from importer.domain.identity import is_invisible
from importer.domain.personal_numbers.beside import numbers_beside
from importer.domain.personal_numbers.found import FoundNumber, masked
from importer.domain.personal_numbers.labelled import labelled_numbers, words_pattern
from importer.domain.personal_numbers.shapes import may_hold_number, sure_numbers

MASK = "****"
"""What every masked number contains."""

_HYPHENS = "\u02d7\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_WHOLE_MASK = re.compile(r"(?:[A-Z]{2}[ -]?)?[0-9. ]{0,10}\s?[-+/A-Y]?\s?\*{4,}(?:[ -]?01)?")


def numbers_in(text: str) -> list[FoundNumber]:
    """Return the personal numbers in a text of plain characters (see :func:`plain`) that are sure without any heading."""
    if not may_hold_number(text):
        return []
    if text.isdigit():
        return [*sure_numbers(text)]
    sure = [*sure_numbers(text), *labelled_numbers(text)]
    return [*sure, *numbers_beside(text, sure)] if sure else sure


def mask_text(text: str) -> str:
    """Return a text with its personal numbers masked; a text without any is returned as it is.

    >>> mask_text("Ring til Jens, 010180-1234")
    'Ring til Jens, 010180-****'
    """
    simple = plain(text)
    numbers = numbers_in(simple)
    return masked(simple, numbers) if numbers else text


def plain(text: str) -> str:
    """Return a text with all kinds of digits, hyphens and blanks in one form, and without what cannot be seen."""
    return text if text.isascii() else text.translate(_PLAIN)


class _PlainCharacters(dict[int, str | None]):
    """The plain form of each character, for ``str.translate``: filled as characters are met."""

    def __missing__(self, point: int) -> str | None:
        found = self[point] = _plain_character(chr(point))
        return found


def _plain_character(character: str) -> str | None:
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    if character in _HYPHENS:
        return "-"
    if character.isspace():
        return character if character.isascii() else " "
    if is_invisible(character):
        return None
    point = ord(character)
    return chr(point - _TO_ASCII) if _FIRST_WIDE <= point <= _LAST_WIDE else character


_FIRST_WIDE, _LAST_WIDE, _TO_ASCII = 0xFF01, 0xFF5E, 0xFEE0
"""The full-width forms of the printable ASCII characters."""
_PLAIN = _PlainCharacters()


def is_masked(text: str) -> bool:
    """Return whether a text is a masked personal number and nothing else: ``010180-****``."""
    return MASK in text and _WHOLE_MASK.fullmatch(text.strip()) is not None


def without_masks(text: str) -> str:
    """Return a text such as a name without the masked numbers in it.

    >>> without_masks("Jens Hansen (010180-****)")
    'Jens Hansen'
    """
    return " ".join(_part_mask().sub(" ", text).split()) if MASK in text else text


@cache
def _part_mask() -> re.Pattern[str]:
    """Return the pattern of a masked number in a text, with the word in front of it and what is around it."""
    word = rf"(?:(?<![^\W\d_])(?:{words_pattern()})(?:[\s.-]*(?:nr|no|nummer|number)\b)?[\s.:#]*)?"
    number = r"(?<![0-9*])(?:(?<![^\W\d_])SE[ -]?)?[0-9.]{0,10}\s?[-+/A-Y]?\s?\*{4,}(?:[ -]?01)?"
    return re.compile(rf"[\s(,;:-]*{word}{number}\)?", re.IGNORECASE)
