"""Folding of texts for comparison: headings, members of lists, names of profiles."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_WRITTEN_OUT = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "ue"})
_PASSED_OVER = str.maketrans("", "", " _-.:*\u00a0\t\n\r")


def fold(text: str) -> str:
    """Fold a heading or list member for comparison: ignore case, spaces and ``_ - . : *``.

    ``æ ø å ä ö ü ß`` become ``ae oe aa ae oe ue ss``; other letters lose their accents.
    """
    folded = text.casefold()
    if not folded.isascii():
        written = unicodedata.normalize("NFC", folded).translate(_WRITTEN_OUT)
        folded = "".join(c for c in unicodedata.normalize("NFD", written) if not unicodedata.combining(c))
    return folded.translate(_PASSED_OVER)


def header_key(heading: str) -> str:
    """Return the form by which headings of profiles and sheets are compared. Quotes do not count, which may be stray ones."""
    return fold(heading.replace('"', ""))


def heading_set(headings: Iterable[str]) -> frozenset[str]:
    """Return the headings by which a kind of sheet is recognised: in any order, without blank ones and reports' (``#…``)."""
    return frozenset(key for heading in headings if (key := header_key(heading)) and not key.startswith("#"))
