"""Texts in UTF-8 that were read as Windows-1252 and saved once more: ``SÃ¸ren`` for ``Søren``."""

from __future__ import annotations

import re
import unicodedata

_SECOND = (  # what Windows-1252 has for the bytes 80 to BF, without a no-break space, quotation marks and dashes
    "\u0080-\u009f\u00a1-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u20ac\u2122\u2030\u2039\u203a\u2020\u2021"
    "\u201a\u201e"
)
_QUOTES_AND_DASHES = "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2022"
_ANY_SECOND = f"{_SECOND}\u00a0{_QUOTES_AND_DASHES}"
_SMALL = "[a-z\u00df-\u00f6\u00f8-\u00ff]"
_ENDING = "(?!(?:s|en|er)\\b)"
"""Behind an apostrophe these end a word, as in Danish and English: ``Å’s``."""
_LETTERS_FIRST = "[\u00c4\u00c5\u00d0\u00d1]"
UTF8_PAIR = re.compile(  # after other letters than A with a tilde, quotation marks and dashes may be what they look like
    f"\u00c3[{_ANY_SECOND}]|\u00c2[\u00a0-\u00bf]|{_LETTERS_FIRST}[{_SECOND}]"
    f"|(?<={_SMALL}){_LETTERS_FIRST}[\u00a0{_QUOTES_AND_DASHES}]"
    f"|{_LETTERS_FIRST}[{_QUOTES_AND_DASHES}](?={_SMALL}|[\u00d0\u00d1]){_ENDING}"
    f"|{_LETTERS_FIRST}\u00a0(?={_SMALL}{{2}}|[A-Z\u00c0-\u00d6\u00d8-\u00de](?!{_SMALL}))"
)
UTF8_PUNCTUATION = re.compile(f"\u00e2[{_SECOND}][{_ANY_SECOND}]|\u00f0\u0178[{_ANY_SECOND}]{{2}}|\u00ef\u00bf\u00bd")
_SIGNS = re.compile(f"{UTF8_PUNCTUATION.pattern}|{UTF8_PAIR.pattern}")


def again_as_utf8(text: str) -> str:
    """Return a text in UTF-8 that was read as Windows-1252 as it was meant, sign by sign."""
    return text if text.isascii() else _SIGNS.sub(lambda found: _decoded(found[0]), text)


def byte_in_1252(sign: str) -> bytes:
    """Return the byte that was read as this sign. Raises UnicodeEncodeError for a sign that Windows-1252 does not have."""
    return sign.encode("cp1252") if not "\u0080" <= sign <= "\u009f" else sign.encode("latin-1")


def _decoded(signs: str) -> str:
    try:
        meant = b"".join(map(byte_in_1252, signs)).decode("utf-8")
    except UnicodeError:
        return signs
    is_mark = signs[0] in "\u00c2\u00e2\u00ef\u00f0"  # these begin the degree sign, quotation marks and emoji, not letters
    return meant if is_mark or (meant.isalpha() and _is_european(meant)) else signs


def _is_european(letter: str) -> bool:
    """Return whether a letter is one of those that the first bytes stand for most: Latin, Cyrillic, not Arabic."""
    return unicodedata.name(letter, "").startswith(("LATIN", "CYRILLIC"))
