"""Legal forms and words in names of debtors, from ``legal_forms.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_PUNCTUATION = re.compile(r"[.'’`´\"/:*]")
_BREAKS = re.compile(r"[\s,;()|–—-]+")
_SEGMENTS = re.compile(r"\s*(?:,|;|\(|\)|\s[-–—]\s)\s*")
_PART = 3  # letters of a part of an abbreviation that may be written with blanks
_SHORT = 2  # letters of a form that counts at the end of a name only


class FormKind(StrEnum):
    """The kinds of forms and words; the values are those of the file."""

    COMPANY = "company"
    SOLE_TRADER = "sole trader"
    ASSOCIATION = "association"
    PUBLIC_BODY = "public body"
    BUSINESS = "business"
    NO_PERSON = "no person"


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A legal form: its words, folded, where in a name it is, and on which side of it a sole trader's owner is named."""

    words: tuple[str, ...]
    countries: frozenset[str]
    kind: FormKind
    where: frozenset[str]
    owner: str | None
    is_abroad: bool


@dataclass(frozen=True, slots=True)
class NameWord:
    """Words that show a public body, an association or a business: their folded form and where they count."""

    words: tuple[str, ...]
    kind: FormKind
    is_part: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A legal form in a name. ``owner`` is the name of a sole trader's owner, if the form says on which side it is."""

    kind: FormKind
    owner: str | None = None


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("importer.domain.parties").joinpath("legal_forms.toml").read_text(encoding="utf-8"))


@cache
def legal_forms() -> tuple[LegalForm, ...]:
    """Return all forms, those of most words first."""
    found = [
        LegalForm(
            words,
            frozenset(one["country"]),
            FormKind(one["kind"]),
            frozenset(one.get("where", ["end"])),
            one.get("owner"),
            one.get("abroad", False),
        )
        for one in _file()["form"]
        for words in _written(one["name"])
    ]
    return tuple(sorted(found, key=lambda form: (-len(form.words), -len("".join(form.words)))))


def _written(name: str) -> set[tuple[str, ...]]:
    """Return the words of a form, and those of an abbreviation that is written with blanks: ``e. K.``."""
    parts = [part for part in re.split(r"[.\s]+", name) if part]
    spaced = folded_words(" ".join(parts)) if "." in name and all(len(part) <= _PART for part in parts) else ()
    return {words for words in (folded_words(name), spaced) if words}


@cache
def name_words() -> tuple[NameWord, ...]:
    """Return the words by which public bodies, associations and businesses are recognised."""
    return tuple(
        NameWord(folded_words(one["word"]), FormKind(one["kind"]), one.get("part", False), one.get("first", False))
        for one in _file()["word"]
    )


@cache
def salutations() -> frozenset[str]:
    """Return the forms of address, folded."""
    return frozenset("".join(folded_words(one)) for one in _file()["salutation"])


@lru_cache(maxsize=8192)
def folded_words(text: str) -> tuple[str, ...]:
    """Return the words of a name without case, accents and punctuation: ``A/S`` and ``a.s.`` are ``as``."""
    bare = text.casefold()
    if not bare.isascii():
        plain = unicodedata.normalize("NFKD", bare.replace("ø", "o").replace("æ", "ae"))
        bare = "".join(one for one in plain if not unicodedata.combining(one))
    return tuple(filter(None, _BREAKS.split(_PUNCTUATION.sub("", bare))))


@lru_cache(maxsize=8192)
def form_in(name: str, country: str | None) -> FoundForm | None:
    """Return the legal form in a name, by the forms of its country, then by those that are distinct in every country.

    A sole trader's mark counts before the form of a company: "Nordlys v/ Jens Hansen".
    """
    by_word = _forms_of(country)
    words = {*folded_words(name), *("".join(folded_words(word)) for word in _raw_words(name))}
    possible = sorted(found for word in words & by_word.keys() for found in by_word[word])
    for rank in possible:
        form = legal_forms()[rank[1]]
        if (place := _place(name, form)) is not None:
            return FoundForm(form.kind, _owner(name, form, place))
    return None


@lru_cache(maxsize=8192)
def ends_in_a_form_of_any_country(name: str) -> bool:
    """Return whether the last word of a name is a legal form somewhere: ``Amsel KG``.

    A form of two letters counts unless it is written as names are and the form is not: ``Nguyen Van Sa``, but ``Zebra Oy``.
    """
    last = "".join(_raw_words(name)[-1:])
    word = "".join(folded_words(last))
    written = _single_forms().get(word)
    return written is not None and (len(last) != _SHORT or not last.istitle() or last in written)


@lru_cache(maxsize=8192)
def has_a_form_inside(name: str) -> bool:
    """Return whether a word behind the first is a legal form somewhere, unless it is written as names are: ``Zebra AB Malmö``."""
    words = ((word, _single_forms().get("".join(folded_words(word)))) for word in _raw_words(name)[1:])
    return any(
        written is not None and (word in written or (len(word) > _SHORT and not word.istitle())) for word, written in words
    )


@cache
def _single_forms() -> Mapping[str, frozenset[str]]:
    """Return the forms of one word, folded, each with how it is written."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for one in _file()["form"]:
        words = folded_words(one["name"])
        if len(words) == 1 and "end" in one.get("where", ["end"]):
            found[words[0]] |= {one["name"]}
    return found


@lru_cache(maxsize=256)
def _forms_of(country: str | None) -> dict[str, list[tuple[bool, int]]]:
    """Return the forms that names of a country may have, by their last word: their rank, those of sole traders first."""
    found: dict[str, list[tuple[bool, int]]] = {}
    for position, form in enumerate(legal_forms()):
        if form.is_abroad or _is_of(form, country):
            found.setdefault(form.words[-1], []).append((form.kind is not FormKind.SOLE_TRADER, position))
    return found


def _is_of(form: LegalForm, country: str | None) -> bool:
    if country is not None:
        return country in form.countries
    return form.kind is FormKind.SOLE_TRADER or len("".join(form.words)) > _SHORT


def _place(name: str, form: LegalForm) -> tuple[int, int] | None:
    """Return the first and last word of a form in a name, as positions; None if the name does not have it there."""
    words, count = folded_words(name), len(form.words)
    if len(words) <= count:
        return None
    if "inside" in form.where:
        return _inside(name, form)
    if "front" in form.where and words[:count] == form.words:
        return 0, count
    return _at_the_end(name, words, form) if "end" in form.where else None


def _at_the_end(name: str, words: Sequence[str], form: LegalForm) -> tuple[int, int] | None:
    start = len(words) - len(form.words)
    return (start, len(words)) if tuple(words[start:]) == form.words else _before_a_break(name, form)


def _inside(name: str, form: LegalForm) -> tuple[int, int] | None:
    """Return the place of a mark between two names. One that ends in a stroke may be written without a blank: ``v/Jens``."""
    raw = _raw_words(name)
    count = len(form.words)
    for start in range(1, len(raw) - count):
        texts = tuple("".join(folded_words(word)) for word in raw[start : start + count])
        if texts == form.words and (texts != ("v",) or raw[start].endswith(("/", "."))):
            return start, start + count
    return None


def _raw_words(name: str) -> list[str]:
    """Return the words of a name as they are written, a mark such as ``v/`` apart from the word behind it."""
    spaced = re.sub(r"(?i)(?<![^\W\d_])(v|c)/\s*", r" \1/ ", name)
    return [word for word in re.split(r"[\s,;()]+", spaced) if folded_words(word)]


def _before_a_break(name: str, form: LegalForm) -> tuple[int, int] | None:
    """Return the place of a form at the end of a part of the name: ``Nordtind Fiskeri AS (under konkurs)``."""
    position = 0
    for segment in filter(None, _SEGMENTS.split(name)):
        words = folded_words(segment)
        position += len(words)
        if len(words) > len(form.words) and words[-len(form.words) :] == form.words:
            return position - len(form.words), position
        if position > len(words) and words == form.words and len("".join(form.words)) > _SHORT:
            return position - len(form.words), position  # the form alone in brackets
    return None


def _owner(name: str, form: LegalForm, place: tuple[int, int]) -> str | None:
    """Return the owner's name beside a sole trader's mark, if it has the form of a personal name."""
    if form.owner is None:
        return None
    raw = _raw_words(name)
    chosen = raw[place[1] :] if form.owner == "after" or place[0] == 0 else raw[: place[0]]
    return " ".join(chosen) or None


@lru_cache(maxsize=8192)
def words_in(name: str) -> frozenset[FormKind]:
    """Return the kinds of words in a name: of a public body, an association or a business, or no word of a person's name."""
    words, index = folded_words(name), _index()
    found = {index.whole[word] for word in words if word in index.whole}
    found |= {index.endings[end] for word in words if word.endswith(index.all_endings) for end in _endings_of(word, index)}
    if words and words[0] in index.first and len(words) > 1:
        found.add(index.first[words[0]])
    found |= {one.kind for one in index.phrases if one.words[0] in words and _has_phrase(words, one.words)}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _WordIndex:
    """The words of the file by where they count: alone, as the end of a longer word, as the first word, as several words."""

    whole: dict[str, FormKind]
    endings: dict[str, FormKind]
    all_endings: tuple[str, ...]
    first: dict[str, FormKind]
    phrases: tuple[NameWord, ...]


@cache
def _index() -> _WordIndex:
    single = [one for one in name_words() if len(one.words) == 1]
    whole = {one.words[0]: one.kind for one in single if not one.is_first}
    endings = {one.words[0]: one.kind for one in single if one.is_part}
    first = {one.words[0]: one.kind for one in single if one.is_first}
    return _WordIndex(whole, endings, tuple(endings), first, tuple(one for one in name_words() if len(one.words) > 1))


def _endings_of(word: str, index: _WordIndex) -> list[str]:
    return [end for end in index.all_endings if word.endswith(end) and len(word) > len(end) + 1]


def _has_phrase(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    count = len(phrase)
    return any(tuple(words[at : at + count]) == phrase for at in range(len(words) - count + 1))
