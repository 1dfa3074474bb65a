"""The form of a personal name."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from importer.domain.parties.forms import folded_words, salutations, words_in

_FEWEST, _MOST = 2, 5
_PART = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_NOT_IN_NAMES = re.compile(r"[0-9&+/@#*_<>|=!?:\"]")
_PARTICLES = frozenset(
    ("von", "van", "der", "den", "de", "da", "del", "di", "af", "av", "la", "le", "zu", "bin", "al", "el", "ten")
)
_JOINED = frozenset(("og", "och", "ja", "und", "and", "et", "en", "y", "e", "i"))


@lru_cache(maxsize=8192)
def is_personal_name(name: str) -> bool:
    """Return whether a name has the form of a person's: a salutation, ``Surname, Given``, or two to five words of letters.

    A name with a word that only businesses, associations or public bodies have is none.
    """
    if words_in(name) or _NOT_IN_NAMES.search(name):
        return False
    words = _words_of(name)
    if words and "".join(folded_words(words[0])) in salutations():
        return len(words) > 1
    real = [word for word in words if word.casefold() not in _PARTICLES | _JOINED]
    return _FEWEST <= len(real) <= _MOST and any(len(word.rstrip(".")) > 1 for word in real)


@lru_cache(maxsize=8192)
def has_given_name(name: str) -> bool:
    """Return whether a name of a person's form has what only persons have: a salutation, a known given name or an initial.

    The given name is the first word, or one behind the comma. Any two words have the form: Novo Nordisk.
    """
    words = _words_of(name)
    first = words[:1] + _words_of(name.partition(",")[2])
    return any("".join(folded_words(word)) in salutations() or _is_given(word) for word in first)


def _is_given(word: str) -> bool:
    bare = word.rstrip(".")
    is_initial = len(bare) == 1 and bare.isupper() and bare != word
    parts = [*folded_words(bare), "".join(folded_words(bare))]
    return is_initial or any(part in given_names() for part in parts)


@cache
def given_names() -> frozenset[str]:
    """Return the known given names, folded; of a double name each part."""
    text = files("importer.domain.parties").joinpath("given_names.toml").read_text(encoding="utf-8")
    return frozenset(part for names in tomllib.loads(text).values() for name in names.split() for part in folded_words(name))


def _words_of(name: str) -> list[str]:
    """Return the words of a name, with at most one comma; none if one of them is no word of letters."""
    parts = [part.strip() for part in name.split(",")]
    words = " ".join(parts).split()
    is_whole = len(parts) <= _FEWEST and all(parts) and all(_PART.fullmatch(word) for word in words)
    return words if is_whole else []
