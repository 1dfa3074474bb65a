"""Texts that prove their own damage: they were read, or saved, with the wrong encoding, so that letters are others now.

Only what no name, address or remark holds is proof. A question mark in front of a letter is one in a name or an address alone
(``S?ren``): programs write it in place of a letter that they cannot.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from importer.domain.read_twice import UTF8_PAIR, UTF8_PUNCTUATION, again_as_utf8, byte_in_1252

REPLACEMENT = "\ufffd"
REPLACEMENT_READ_TWICE = "\u00ef\u00bf\u00bd"
READ_TWICE = "UTF-8 that was read as Windows-1252"
_LAYOUT = "\t\n\r"
"""Control characters that lay a text out. A spreadsheet writes the others only by mistake."""

_LETTER = "[^\\W\\d_]"
_FIRST_OF_DOS = "(?<!\u2018n)\u2018(?=[bcdfghjklmnpqrstvwxz])(?!(?:s|t|n|d|m|ll|nt)\\b|n\u2018)"
"""Many write this sign for an apostrophe: Joe\u2018s, O\u2018Brien, d\u2018Azur, rock\u2018n\u2018roll."""
_DOS = re.compile(f"(?<={_LETTER})(?:{_FIRST_OF_DOS}|[\u203a\u2020\u201e\u201d\u2021](?={_LETTER}))")
_MAC = re.compile(f"(?<={_LETTER})[\u00be\u00bf\u00af\u00a7](?={_LETTER})|(?<=[a-z])[\u0152\u0160\u0178\u017d](?=[a-z])")
_C1 = re.compile("[\u0080-\u009f]")
_CONTROLS = f"[{REPLACEMENT}\0-\x08\x0b\x0c\x0e-\x1f\x7f]"
_ANY = re.compile("|".join((_CONTROLS, *(one.pattern for one in (UTF8_PAIR, UTF8_PUNCTUATION, _DOS, _MAC, _C1)))))


_LOST_LETTER = re.compile(r"\?(?=[^\W\d_])")


def lost_letter_in(text: str) -> bool:
    """Return whether a name or an address has a question mark where a letter was."""
    return "?" in text and bool(_LOST_LETTER.search(text))


@lru_cache(maxsize=4096)
def damage_in(text: str) -> str | None:
    """Return what is wrong with a text that proves its own damage, as the end of a sentence; None for any other text."""
    if not _ANY.search(text):  # most texts
        return None
    if REPLACEMENT in text or REPLACEMENT_READ_TWICE in text:
        return "holds the sign for letters that were lost (\ufffd). It looks like a file that was read in the wrong encoding"
    for signs, encoding, again in _READ_AS:
        if _looks_so(signs, text, again):
            return f"looks like {encoding}: {_shown(again(text))}"
    if control := next((one for one in text if unicodedata.category(one) == "Cc" and one not in _LAYOUT), None):
        return f"holds a control character (U+{ord(control):04X}), which nobody can see"
    return None


def _looks_so(signs: re.Pattern[str], text: str, again: Callable[[str], str]) -> bool:
    """Return whether a text has these signs, and gives letters if it is read again as it was meant."""
    found = signs.search(text)
    if not found:
        return False
    meant = again(text)
    return meant != text and REPLACEMENT not in meant and not _C1.search(meant)


def _from(encoding: str) -> Callable[[str], str]:
    def again(text: str) -> str:
        return "".join(_in_encoding(sign, encoding) for sign in text)

    return again


def _in_encoding(sign: str, encoding: str) -> str:
    if sign.isascii():
        return sign
    try:
        return byte_in_1252(sign).decode(encoding)
    except UnicodeError:
        return sign


def _shown(text: str) -> str:
    return f'"{text[:40]}"'


_READ_AS: tuple[tuple[re.Pattern[str], str, Callable[[str], str]], ...] = (
    (UTF8_PUNCTUATION, READ_TWICE, again_as_utf8),
    (UTF8_PAIR, READ_TWICE, again_as_utf8),
    (_DOS, "letters of DOS (code page 850) that were read as Windows-1252", _from("cp850")),
    (_MAC, "letters of an old Macintosh that were read as Windows-1252", _from("mac_roman")),
    (_C1, "Windows-1252 that was read as Latin-1", _from("cp1252")),
)
