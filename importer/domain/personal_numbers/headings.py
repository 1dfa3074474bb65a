"""The columns whose headings say that they hold numbers of debtors, from ``headings.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from importer.domain.text_keys import fold

_SHORT = 4  # letters of a word that must be a word of its own in a heading
_ANY_COUNTRY = "any"


class NumberKind(StrEnum):
    """The numbers that a column holds by its heading. The values are the tables of ``headings.toml``."""

    PERSONAL = "personal"
    COMPANY = "company"
    VAT = "vat"
    CUSTOMER = "customer"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class NumberHeading:
    """What a heading says of its column: the kinds of numbers, and the countries that use such words (none: any country)."""

    kinds: frozenset[NumberKind]
    countries: frozenset[str]

    @property
    def is_personal_alone(self) -> bool:
        """Whether the column holds only personal numbers, so that whatever has the length of one is one."""
        return self.kinds == {NumberKind.PERSONAL}


_ANNOUNCE = frozenset({NumberKind.PERSONAL, NumberKind.COMPANY, NumberKind.VAT})
"""The kinds whose headings alone announce numbers that may be personal ones."""


@cache
def _words() -> tuple[tuple[NumberKind, str, str], ...]:
    """Return all words as (kind, country, word)."""
    text = files("importer.domain.personal_numbers").joinpath("headings.toml").read_text(encoding="utf-8")
    return tuple(
        (NumberKind(kind), country, word)
        for kind, countries in tomllib.loads(text).items()
        for country, words in countries.items()
        for word in words
    )


@lru_cache(maxsize=1024)
def number_heading(heading: str) -> NumberHeading | None:
    """Return what a heading says of the numbers in its column; None if it names none."""
    folded = fold(heading)
    words = {fold(word) for word in re.split(r"[\W_]+", heading) if word}
    words |= {fold(word) for word in re.findall(r"[^\W\d_]+(?:[-.][^\W\d_]+)+", heading)}
    found = {
        (kind, country)
        for kind, country, key in _folded()
        if kind in _ANNOUNCE and (key in words if len(key) <= _SHORT else key in folded)
    }
    if not found:
        return None
    countries = frozenset(country for _, country in found)
    kinds = frozenset(kind for kind, _ in found)
    return NumberHeading(kinds, frozenset() if _ANY_COUNTRY in countries else countries)


@cache
def _folded() -> tuple[tuple[NumberKind, str, str], ...]:
    return tuple((kind, country, fold(word)) for kind, country, word in _words())


@cache
def personal_words() -> dict[str, frozenset[str]]:
    """Return the words for personal numbers, each with the countries that use it."""
    return _words_of(NumberKind.PERSONAL)


@cache
def label_words() -> dict[str, frozenset[str]]:
    """Return the abbreviations that name a personal number in a text only if it has a date of birth, each with its countries."""
    return _words_of(NumberKind.LABEL)


def _words_of(wanted: NumberKind) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, country, word in _words():
        if kind is wanted and country != _ANY_COUNTRY:
            found.setdefault(word, set()).add(country)
    return {word: frozenset(countries) for word, countries in found.items()}


@lru_cache(maxsize=1024)
def is_customer_heading(heading: str) -> bool:
    """Return whether a heading says that its column holds customer numbers."""
    return _is_exactly(heading, NumberKind.CUSTOMER)


def _is_exactly(heading: str, wanted: NumberKind) -> bool:
    folded = fold(heading)
    return any(kind is wanted and key == folded for kind, _, key in _folded())
