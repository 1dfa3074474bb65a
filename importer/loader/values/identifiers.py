"""Parse identifiers: references, numbers and codes that are kept as text, and detect lost digits."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Self

from importer.domain.cells import Cell
from importer.domain.identity import without_invisible
from importer.domain.notes import NoteKind
from importer.domain.number_formats.meaning import identifier_text
from importer.domain.special_cells import ShownNumber
from importer.loader.values.formats import Formats
from importer.loader.values.text import ValueProblem, read_text

_EXPONENT = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}", re.IGNORECASE)
_MARKED_AS_TEXT = re.compile("'(?:[+]?[0-9].*|[^']+)", re.DOTALL)
_FORMERLY_MARKED = re.compile("'[+]?[0-9]")
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FLOAT = re.compile(r"[0-9]+\.0")

_POSTAL_DIGITS = {  # countries whose postal codes are digits of one length. Source: UPU, addressing systems
    **dict.fromkeys(("AU", "DK", "GE", "NO", "ZA"), 4),
    **dict.fromkeys(("DE", "ES", "FI", "FR", "IT", "KR", "LT", "MX", "MY", "PR", "SE", "TR", "UA", "US"), 5),
    **dict.fromkeys(("CN", "RO", "SG"), 6),
}


class CleanedText(str):
    """An identifier from which something was taken out that is no part of it; ``what`` tells which."""

    __slots__ = ("what",)

    def __new__(cls, text: str, what: NoteKind) -> Self:
        """Return the text that is left."""
        made = super().__new__(cls, text)
        made.what = what
        return made

    what: NoteKind


def read_identifier(cell: Cell, _: Formats) -> str:
    """Return the cell's text without invisible characters, and without the apostrophe by which a spreadsheet marks text.

    Raises ValueProblem if some characters were lost in a conversion to a number. What was taken out is said by the type.
    """
    if isinstance(cell, ShownNumber):
        if (shown := identifier_text(cell.code, cell)) is None:
            raise ValueProblem("shown_unclear", _SHOWN_UNCLEAR)
        return shown
    text = read_text(cell)
    if not isinstance(cell, str):
        return text
    if (cleaned := _cleaned(text)) is not None:
        return cleaned
    if ("E" in text or "e" in text) and _EXPONENT.fullmatch(text):
        raise ValueProblem("digits_lost", "is a number cut short: its last digits are lost. Write it again in full, as text")
    if text.endswith(".0") and _FLOAT.fullmatch(text):
        raise ValueProblem("made_a_number", f"ends in .0, as programs write a number. Write it without the .0: {text[:-2]}")
    return text


def read_identifier_formerly(cell: Cell, formats: Formats) -> str:
    """Return an identifier as earlier releases read it, which took an apostrophe off digits alone. Raises ValueProblem."""
    text = read_text(cell) if isinstance(cell, str) else ""
    is_kept = text[:1] == "'" and not _FORMERLY_MARKED.match(text)
    return without_invisible(text) if is_kept else read_identifier(cell, formats)


def read_name(cell: Cell, _: object = None) -> str:
    """Return the text of a name or an address, without the apostrophe by which a spreadsheet marks text. Raises ValueProblem.

    Marks that turn the direction of writing are taken out as well. An apostrophe is part of names such as ``'t Hooft`` and
    ``'s-Gravenhage``, where a small letter or one letter alone follows.
    """
    text = read_text(cell)
    if not text.isascii():
        text = _without_direction_marks(text)
    if text[:1] != "'" or "'" in text[1:] or not (text[1:2].isupper() or text[1:2].isdigit()):
        return text
    is_letter_alone = text[1:2].isupper() and text[2:3] in ("", "-", " ")
    return text if is_letter_alone else CleanedText(text[1:], NoteKind.APOSTROPHE_TAKEN_OFF)


def refuse_date(cell: Cell) -> None:
    """Raise ValueProblem for a date or a time, of which the text that was meant is not known any more."""
    if isinstance(cell, date | time | timedelta):
        raise ValueProblem("made_a_date", _MADE_A_DATE)


_MADE_A_DATE = (
    "is a date or a time: the spreadsheet has turned it into one. Format the column as text, and write in it again what is meant"
)
_SHOWN_UNCLEAR = (
    "is a number in a format by which it is not clear how it is written. Format the column as text, and write it as it should be"
)


def _cleaned(text: str) -> CleanedText | None:
    """Return an identifier without what is no part of it; None if there is nothing of the kind."""
    if not text.isascii() and (visible := without_invisible(text)) != text:
        return CleanedText(visible, NoteKind.INVISIBLE_TAKEN_OUT)
    if text[:1] == "'" and _MARKED_AS_TEXT.fullmatch(text):
        return CleanedText(text[1:].strip(), NoteKind.APOSTROPHE_TAKEN_OFF)
    return None


def _without_direction_marks(text: str) -> str:
    """Return a name or an address without marks that turn the direction of writing, by which it looks like another one.

    What was taken out is said by the type.
    """
    if not _DIRECTION_MARKS.search(text):  # most texts
        return text
    return CleanedText(_DIRECTION_MARKS.sub("", text).strip(), NoteKind.INVISIBLE_TAKEN_OUT)


def check_postal_code(country: str, code: str) -> None:
    """Raise ValueProblem if ``code`` has too few digits for ``country``. Codes with other characters are not checked."""
    wanted = _POSTAL_DIGITS.get(country, 0)
    if len(code) < wanted and code.isascii() and code.isdigit():
        raise ValueProblem(
            "postal_code_short",
            f"has {len(code)} digits, but a postal code in {country} has {wanted}: one is lost, probably a zero in front. "
            f"Write all {wanted}, as text",
        )
