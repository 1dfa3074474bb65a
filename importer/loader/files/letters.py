"""Tell by the letters of a text in which encoding of one byte a letter it was written.

Every byte has some sign in every encoding. In the right one the signs are letters where words have letters: ``Søren``, not
``S›ren``. A sign counts as good, as bad, or not at all, by the signs on both sides of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from importer.loader.files.odd_letters import odd_letters

WINDOWS = "cp1252"

_OTHERS = {
    "cp850": "DOS (code page 850)",
    "cp865": "DOS (code page 865)",
    "cp437": "DOS (code page 437)",
    "mac_roman": "an old Macintosh",
    "iso8859-15": "ISO 8859-15",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "iso8859-2": "ISO 8859-2 (Central Europe)",
    "cp852": "DOS (code page 852, Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8-r": "KOI8-R (Cyrillic)",
    "cp866": "DOS (code page 866, Cyrillic)",
    "iso8859-5": "ISO 8859-5 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp737": "DOS (code page 737, Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
}
"""The encodings that are recognised, the more usual of two first. Danish letters are the same in the first two."""

_ALPHABETS = frozenset(("cp1251", "koi8-r", "cp866", "iso8859-5", "cp1253", "cp737", "cp1255"))
"""The encodings of other alphabets than the Latin one. Nearly every byte is a letter in each of them."""
_OTHER_LETTERS = (("\u0400", "\u04ff"), ("\u0370", "\u03ff"), ("\u05d0", "\u05ea"))
"""Cyrillic, Greek and Hebrew."""
_FREQUENT = frozenset("оеаинтсрвлкмі" + "αοιετσνηυρπκςόίάέήύώ" + "ויהלאמרתבשנד")
"""The letters of which most words of these alphabets consist."""
_PLAUSIBLE, _NEARLY = 0.55, 0.6
"""What a letter of such a text is worth at least on the average, and which share of the best another encoding must have."""

_MOST_WORDS, _MOST_DIFFERENT = 20_000, 5_000
_BLOCK = 1 << 20
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_MOST_USUAL = frozenset("æøåäöüßéÆØÅÄÖÜÉ")
_USUAL = frozenset("èáóçñíôêëàâúÈÁÓÇÑÍÔÊËÀÂÚąćęłńśźżĄĆĘŁŃŚŹŻčřšžěýůČŘŠŽđĐőűŐŰşğıŞĞİėųūįĖŲŪĮ")
_WORTH = {**dict.fromkeys(_USUAL, 0.5), **dict.fromkeys(_MOST_USUAL, 1.0)}
_BETWEEN = frozenset("\u2019\u00b4`\u00b7\u2013\u2010\u2011\u00a0\u00ad")
_QUOTATION = "\u2018\u2019\u201c\u201d\u00ab\u00bb"
_IN_FRONT = frozenset(f"{_QUOTATION}\u20ac\u00a3\u00a5\u00a7\u00a9\u00ae\u00b0\u2013\u2014\u2022\u00bf\u00a1\u00b4\u00a0\u00ad")
_BEHIND = frozenset(f"{_QUOTATION}\u00ae\u2122\u00a9\u2026\u2013\u2014\u00b0\u00b4\u00b2\u00b3\u00a0\u00ad\u20ac\u00a3")
_ORDINALS = frozenset("\u00aa\u00ba")
_HIDDEN = frozenset("\u00a0\u00ad")
"""A no-break space and a soft hyphen, which Python does not call printable."""
_NOT_IN_TEXTS = frozenset("\u00a4\u00a6\ufffd")
_FEWER = 5
"""How many times fewer bad signs another encoding must have than Windows-1252."""
_SOME, _RARE = 0.5, 0.25
"""How good the signs of a Latin text must be together, and what a rare letter of another alphabet is worth."""
_ENOUGH = 3
"""Bad signs from which on a text without another encoding that fits is asked about."""


@dataclass(frozen=True, slots=True)
class LooksLike:
    """A text that is not plausible in Windows-1252: its encoding (None if none fits), and a word of it in both.

    ``others`` are encodings that fit as well, each with the word as it is in them.
    """

    encoding: str | None
    called: str
    meant: str
    in_windows: str
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Score:
    """How good and how bad the signs of a text are in an encoding, and how many are letters of another alphabet."""

    encoding: str
    good: float
    bad: int
    letters: int = 0

    @property
    def is_enough(self) -> bool:
        """Return whether the signs are those of a text. Any two signs are letters in another alphabet."""
        if self.encoding not in _ALPHABETS:
            return self.good >= _SOME
        return self.good >= max(_ENOUGH, _PLAUSIBLE * self.letters)


def called(encoding: str) -> str:
    """Return what users call an encoding."""
    return _OTHERS.get(encoding, "Windows-1252 (Western Europe)" if encoding == WINDOWS else encoding)


def words_in(stream: BinaryIO) -> Counter[bytes]:
    """Return words with letters beyond ASCII at the start of a file, with a byte more on both sides, and how often they come."""
    words: Counter[bytes] = Counter()
    while (block := stream.read(_BLOCK)) and words.total() < _MOST_WORDS and len(words) < _MOST_DIFFERENT:
        for found in _WORD.finditer(block):
            words[block[max(found.start() - 1, 0) : found.end() + 1]] += 1
    return words


def looks_like(words: Mapping[bytes, int]) -> LooksLike | None:
    """Return what a text with these words looks like; None if it is plausible in Windows-1252."""
    windows = _score(words, WINDOWS)
    if not windows.bad:
        return None
    scores = [_score(words, encoding) for encoding in _OTHERS]
    fitting = [one for one in scores if one.bad * _FEWER <= windows.bad and one.good >= windows.good and one.is_enough]
    if fitting:
        return _best_of(fitting, _clearest_word(words))
    if windows.bad < _ENOUGH or windows.bad <= windows.good:
        return None
    return LooksLike(None, "", "", _shown(_clearest_word(words), WINDOWS))


def _best_of(fitting: list[_Score], word: bytes) -> LooksLike:
    """Return the encoding that fits best, with those that fit as well, or nearly so in another alphabet."""
    best = min(fitting, key=lambda one: (one.bad, -one.good))
    near = best.good * (_NEARLY if best.encoding in _ALPHABETS else 1)
    rivals = [one.encoding for one in fitting if one.bad == best.bad and one.good >= near]
    meant = _shown(word, best.encoding)
    return LooksLike(best.encoding, _OTHERS[best.encoding], meant, _shown(word, WINDOWS), _others(word, meant, rivals))


def _others(word: bytes, meant: str, rivals: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the encodings that fit as well and give another word, the first one for each word."""
    found = {_shown(word, encoding): encoding for encoding in reversed(rivals)}
    return tuple((encoding, shown) for shown, encoding in found.items() if shown != meant)


def _clearest_word(words: Mapping[bytes, int]) -> bytes:
    """Return the word with the most bad signs in Windows-1252, the most frequent one of several."""
    return max(words, key=lambda word: (_judged(_decoded(word, WINDOWS))[1], words[word]))


def _score(words: Mapping[bytes, int], encoding: str) -> _Score:
    good, bad, letters = 0.0, 0, 0
    for word, count in words.items():
        text = _decoded(word, encoding)
        of_word = _judged(text)
        good, bad = good + of_word[0] * count, bad + of_word[1] * count
        letters += sum(map(_is_of_alphabet, text)) * count if encoding in _ALPHABETS else 0
    return _Score(encoding, good, bad, letters)


def _decoded(word: bytes, encoding: str) -> str:
    return word.decode(encoding, errors="replace")


def _shown(word: bytes, encoding: str) -> str:
    return _decoded(_WORD.search(word)[0], encoding)[:40]  # type: ignore[index]  # every word has such a letter


def _judged(text: str) -> tuple[float, int]:
    """Return how many signs of a word are good, and how many bad."""
    good, bad = 0.0, 0
    odd = odd_letters(text)
    for at, sign in enumerate(text):
        if sign >= "\x80":
            worth = _worth(sign, text[at - 1] if at else " ", text[at + 1] if at + 1 < len(text) else " ")
            worth = -1 if at in odd else worth
            good, bad = good + max(worth, 0), bad + (worth < 0)
    return good, bad + _long_runs(text)


_RUN = re.compile("(?!\u00fe\u00fd\u00f0)[\u00c0-\u00ff]{3,}|[\u00c0-\u024f]{5,}")
"""Three letters with accents of Western Europe beside each other, or five of any: no word has them, but for Icelandic alþýða.
Polish has four (żółć)."""


def _long_runs(text: str) -> int:
    return sum(len(run) for run in _RUN.findall(text))


def _worth(sign: str, before: str, behind: str) -> float:
    """Return what a sign beyond ASCII is worth between these two: above 0 for a letter, below for what is not found there."""
    if sign.isalpha() and sign not in _ORDINALS:
        return _worth_of_letter(sign, before, behind)
    return 0 if not _is_in_no_text(sign) and _is_usual(sign, before, behind) else -1


def _is_usual(sign: str, before: str, behind: str) -> bool:
    """Return whether a sign that is no letter is found between these two."""
    if sign in _ORDINALS:
        return not behind.isalpha()
    if behind.isalpha():
        return sign in (_BETWEEN if before.isalpha() else _IN_FRONT)
    return not before.isalpha() or sign in _BEHIND


def _is_in_no_text(sign: str) -> bool:
    is_hidden = not sign.isprintable() and sign not in _HIDDEN
    return is_hidden or sign in _NOT_IN_TEXTS or "\u2500" <= sign <= "\u25ff"


def _worth_of_letter(sign: str, before: str, behind: str) -> float:
    if _has_odd_case(sign, before, behind):
        return -1
    if _is_of_alphabet(sign):
        return -1 if _is_latin(before) or _is_latin(behind) else 1 if sign.casefold() in _FREQUENT else _RARE
    return _WORTH.get(sign, 0.25) if sign in _MOST_USUAL or before.isalpha() or behind.isalpha() else 0  # one letter is no word


def _has_odd_case(sign: str, before: str, behind: str) -> bool:
    is_shouted = sign.islower() and before.isupper() and behind.isupper()
    return is_shouted or (sign.isupper() and before.islower())


def _is_of_alphabet(sign: str) -> bool:
    """Return whether a sign is a letter of another alphabet than the Latin one."""
    return any(first <= sign <= last for first, last in _OTHER_LETTERS) and sign.isalpha()


def _is_latin(sign: str) -> bool:
    return sign.isalpha() and sign < "\u0370"
