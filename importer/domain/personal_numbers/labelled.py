"""Personal numbers in a text that a word in front of them names: ``CPR 010180 1234``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from importer.domain.personal_numbers.dates_by_country import DATE_DIGITS, is_dated
from importer.domain.personal_numbers.found import FoundNumber
from importer.domain.personal_numbers.headings import label_words, personal_words

_LENGTHS = {"DK": 10, "SE": 10, "NO": 11, "FI": 10, "IS": 10, "NL": 9, "US": 9, "PL": 11, "CH": 13, "AT": 10, "DE": 11, "BE": 11}
_LONGEST, _LONGEST_LABEL = 15, 50
_NUMBER = re.compile(r"[0-9](?:[ ./+-]{0,3}[0-9]){8,14}[A-Za-z]?(?![A-Za-z])")


def labelled_numbers(text: str) -> Iterator[FoundNumber]:
    """Yield the numbers with a word for a personal number in front of them, whatever their digits are.

    An abbreviation that also means something else, and a word with others between it and the number, need a date of birth.
    """
    for match in _NUMBER.finditer(text):
        label = _label().search(text[max(0, match.start() - _LONGEST_LABEL) : match.start()])
        if label is None:
            continue
        word = _plain(label["word"])
        number = _number(_country_of(_countries()[word], match[0]), match)
        if (word not in _doubtful() and not label["between"]) or _has_date_and_length(number, match):
            yield number


def _country_of(countries: tuple[str, ...], text: str) -> str:
    """Return the country whose numbers have this length and a date of birth like this, else the first that uses the word."""
    code = "".join(filter(str.isdigit, text))
    fitting = (one for one in countries if len(code) == _LENGTHS.get(one) and is_dated(one, code))
    return next(fitting, countries[0])


def _number(country: str, match: re.Match[str]) -> FoundNumber:
    digits = [match.start() + at for at, one in enumerate(match[0]) if one.isdigit()]
    code = "".join(one for one in match[0] if one.isdigit())
    length = _length(country, code)
    end = match.end() if len(digits) <= length else digits[length - 1] + 1
    keep = digits[DATE_DIGITS - 1] + 1 - digits[0] if is_dated(country, code) else 0
    return FoundNumber(country, digits[0], end, keep, is_named=True)


def _has_date_and_length(number: FoundNumber, match: re.Match[str]) -> bool:
    return number.keep > 0 and sum(map(str.isdigit, match[0])) == _LENGTHS.get(number.country)


def _length(country: str, code: str) -> int:
    if country == "SE" and code[:2] in {"19", "20"} and len(code) >= 12:  # noqa: PLR2004  (with the century)
        return 12
    return _LENGTHS.get(country, _LONGEST)


@cache
def _label() -> re.Pattern[str]:
    kind = r"(?:[\s.-]*(?:nr|no|number|nummer|numero|id)(?![^\W\d_]))?"
    between = r"(?P<between>(?:[\s.:;#=(_-]+[^\W\d_]{2,6}){0,2})"
    return re.compile(rf"(?<![^\W\d_])(?P<word>{words_pattern()}){kind}{between}[\s.:;#=(_/-]*\Z", re.IGNORECASE)


def words_pattern() -> str:
    """Return the words for personal numbers as an alternation of a pattern."""
    return "|".join(_written(word) for word in sorted(_forms(), key=len, reverse=True))


def _written(word: str) -> str:
    return r"[\s.-]*".join(map(re.escape, re.split(r"[\s.-]+", word)))


@cache
def _forms() -> dict[str, frozenset[str]]:
    """Return every way to write the words, each with the countries that use it."""
    words = [*label_words().items(), *personal_words().items()]
    return {form: countries for word, countries in words for form in (word, _without_accents(word))}


@cache
def _doubtful() -> frozenset[str]:
    return frozenset(map(_plain, label_words()))


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for form, countries in _forms().items():
        found.setdefault(_plain(form), set()).update(countries)
    return {form: tuple(sorted(countries)) for form, countries in found.items()}


def _plain(word: str) -> str:
    return re.sub(r"[\s.-]+", "", word).casefold()


def _without_accents(word: str) -> str:
    plain = word.replace("ø", "o").replace("Ø", "O")
    return "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))
