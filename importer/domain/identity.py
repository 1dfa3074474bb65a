"""The identity of a record, the comparison of its parts, and the label of an entry in a sheet."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import orjson

from importer.domain.kinds import RecordKind

TEST_PREFIX = "test-"
"""In front of the unique ids of a test case's vouchers, so that the real vouchers can follow."""


@dataclass(frozen=True, slots=True)
class EntryLabel:
    """The name of an entry in commands and in the ``#entry`` column of error sheets: ``C12-3f9a2b`` is the case with id 12.

    Each ledger has ids of its own. The six hexadecimal digits are from a digest of the entry's key: without them, an error
    sheet of one ledger would name an unrelated entry in another.
    """

    kind: RecordKind
    entry_id: int
    check: str

    @classmethod
    def of(cls, kind: RecordKind, entry_id: int, key: str) -> EntryLabel:
        """Build the label of an entry with this id and key."""
        return cls(kind, entry_id, _digits_of(key))

    @classmethod
    def parse(cls, text: str) -> EntryLabel | None:
        """Parse a label; None if ``text`` is not one."""
        match = _LABEL.fullmatch(text)
        return cls(_KINDS[match[1]], int(match[2]), match[3]) if match else None

    def text(self) -> str:
        """Return the label as text: ``C12-3f9a2b``."""
        return f"{_initial(self.kind)}{self.entry_id}-{self.check}"

    def fits(self, key: str) -> bool:
        """Return whether the label is that of an entry with this key."""
        return self.check == _digits_of(key)


def _initial(kind: RecordKind) -> str:
    return kind[0].upper()


_KINDS = {_initial(kind): kind for kind in RecordKind}
_LABEL = re.compile(rf"([{''.join(_KINDS)}])([0-9]{{1,15}})-([0-9a-f]{{6}})")


def _digits_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:6]


def fingerprint(*parts: object) -> str:
    """Return a stable identity of business values: 40 hexadecimal digits, equal on all machines and for all file formats."""
    return hashlib.sha256(_as_json(parts)).hexdigest()[:40]


def _as_json(parts: tuple[object, ...]) -> bytes:
    """Encode the parts as `json` does. The keys in ledgers depend on every byte, so that none may ever change.

    orjson is twice as fast, and writes the same bytes for the types in ``_WRITTEN_ALIKE``; not for floats and mappings.
    """
    if _WRITTEN_ALIKE.issuperset(map(type, parts)):
        try:
            return orjson.dumps(parts)
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            pass
    return _JSON.encode(parts).encode()


_WRITTEN_ALIKE = frozenset({type(None), bool, int, str})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


# Texts that look the same

_HYPHENS = "\u02d7\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Characters that look like a blank and that ``str.split`` does not take for one: Hangul fillers and the empty Braille cell."""
_VISIBLE_VARIANTS = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>", "<vertical>")
"""Kinds of compatibility characters that NFKC folds although they look different: ``A²`` is not ``A2``."""


def match_text(text: str) -> str:
    """Return the form in which two texts are equal exactly if nobody can see a difference between them.

    NFKC is applied, except where it changes the look (a superscript digit). Invisible characters are left out: zero-width
    ones, soft hyphens, byte order marks, direction marks, variation selectors, control characters. All kinds of hyphens
    and dashes become ``-``; all kinds of blanks become spaces; runs of them are one, and those at the ends are left out.
    Letter case, leading zeros and accents are kept.
    """
    if text.isascii() and text.isprintable():  # most texts
        return " ".join(text.split())
    folded = "".join(map(_folded, unicodedata.normalize("NFD", text)))
    return " ".join(unicodedata.normalize("NFC", folded).split())


def without_invisible(text: str) -> str:
    """Return a text without the characters that nobody can see, such as zero-width ones and soft hyphens."""
    return "".join(character for character in text if not is_invisible(character)).strip()


def loose_text(text: str) -> str:
    """Return the form in which two references are equal that differ in letter case or in zeros that a spreadsheet drops.

    These are zeros in front of a number and, if the reference is a decimal number, those at its end.
    """
    upper = match_text(text).upper()
    if _DECIMAL_NUMBER.fullmatch(upper):
        upper = upper.rstrip("0").rstrip(".")
    return _FIRST_ZEROS.sub("", upper)


_FIRST_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")
_DECIMAL_NUMBER = re.compile(r"[0-9]+\.[0-9]+")


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """Fold one character of a text in NFD."""
    if character in _HYPHENS:
        return "-"
    if character in _BLANKS or character.isspace():
        return " "
    if is_invisible(character):
        return ""
    how = unicodedata.decomposition(character)
    if not how.startswith("<") or how.startswith(_VISIBLE_VARIANTS):
        return character
    meant = unicodedata.normalize("NFKD", character)
    # An accent without a letter is written as a blank with the accent, but looks like neither.
    return character if meant.startswith(" ") and len(meant) > 1 else "".join(map(_folded, meant))


_INVISIBLE_RANGES = (  # Unicode's property Default_Ignorable_Code_Point, and the marks of interlinear annotations
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F)),
    *((0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def is_invisible(character: str) -> bool:
    """Return whether a character is one that nobody can see: zero-width, a soft hyphen, a direction mark, a control character."""
    point = ord(character)
    return unicodedata.category(character) == "Cc" or any(first <= point <= last for first, last in _INVISIBLE_RANGES)
