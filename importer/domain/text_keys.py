"""Texts folded for comparison: headings, members of lists, names of profiles."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_WRITTEN_OUT = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "ue"})


_PASSED_OVER = str.maketrans("", "", " _-.:*\u00a0\t\n\r")


def fold(text: str) -> str:
    """A name without regard to case, spaces and ``_ - . : *``: how headers and list members are compared.

    ``æ ø å ä ö ü ß`` are as ``ae oe aa ae oe ue ss``, other letters as without their accents.
    """
    folded = text.casefold()
    if not folded.isascii():
        written = unicodedata.normalize("NFC", folded).translate(_WRITTEN_OUT)
        folded = "".join(c for c in unicodedata.normalize("NFD", written) if not unicodedata.combining(c))
    return folded.translate(_PASSED_OVER)


def header_key(heading: str) -> str:
    """How headings are compared, in profiles as in sheets."""
    return fold(heading)


def heading_set(headings: Iterable[str]) -> frozenset[str]:
    """What a kind of sheet is known by: its headings in any order, without blank ones and the reports' own (``#…``)."""
    return frozenset(key for heading in headings if (key := header_key(heading)) and not key.startswith("#"))
