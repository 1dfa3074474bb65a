"""Personal numbers in a text that a word in front of them names: ``CPR 010180 1234``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from importer.domain.personal_numbers import dates
from importer.domain.personal_numbers.found import FoundNumber
from importer.domain.personal_numbers.headings import personal_words

_LENGTHS = {"DK": 10, "SE": 10, "NO": 11, "FI": 10, "IS": 10, "NL": 9, "US": 9, "PL": 11, "CH": 13, "AT": 10, "DE": 11, "BE": 11}
_LONGEST, _LONGEST_LABEL = 15, 50
_NUMBER = re.compile(r"[0-9](?:[ ./+-]{0,3}[0-9]){8,14}[A-Za-z]?(?![A-Za-z])")
_DATES = {"DK": dates.danish, "SE": dates.swedish, "NO": dates.norwegian, "FI": dates.day_first, "IS": dates.day_first}
_DATE = 6


def labelled_numbers(text: str) -> Iterator[FoundNumber]:
    """Yield the numbers with a word for a personal number in front of them, whatever their digits are."""
    for match in _NUMBER.finditer(text):
        label = _label().search(text[max(0, match.start() - _LONGEST_LABEL) : match.start()])
        if label is not None:
            yield _number(_countries()[_plain(label["word"])], match)


def _number(country: str, match: re.Match[str]) -> FoundNumber:
    digits = [match.start() + at for at, one in enumerate(match[0]) if one.isdigit()]
    code = "".join(one for one in match[0] if one.isdigit())
    length = _length(country, code)
    end = match.end() if len(digits) <= length else digits[length - 1] + 1
    holds = _DATES.get(country)
    keep = digits[_DATE - 1] + 1 - digits[0] if holds is not None and holds(code[:_DATE]) else 0
    return FoundNumber(country, digits[0], end, keep, is_named=True)


def _length(country: str, code: str) -> int:
    if country == "SE" and code[:2] in {"19", "20"} and len(code) >= 12:  # noqa: PLR2004  (with the century)
        return 12
    return _LENGTHS.get(country, _LONGEST)


@cache
def _label() -> re.Pattern[str]:
    filler = r"(?:[\s.-]*(?:nr|no|number|nummer|numero|id)\b)?[\s.:;#=(-]*"
    return re.compile(rf"(?<![^\W\d_])(?P<word>{words_pattern()}){filler}\Z", re.IGNORECASE)


def words_pattern() -> str:
    """Return the words for personal numbers as an alternation of a pattern."""
    return "|".join(_written(word) for word in sorted(_forms(), key=len, reverse=True))


def _written(word: str) -> str:
    return r"[\s.-]*".join(map(re.escape, re.split(r"[\s.-]+", word)))


@cache
def _forms() -> dict[str, str]:
    """Return every way to write the words, each with a country that uses it."""
    return {form: min(countries) for word, countries in personal_words().items() for form in (word, _without_accents(word))}


@cache
def _countries() -> dict[str, str]:
    return {_plain(form): country for form, country in _forms().items()}


def _plain(word: str) -> str:
    return re.sub(r"[\s.-]+", "", word).casefold()


def _without_accents(word: str) -> str:
    plain = word.replace("ø", "o").replace("Ø", "O")
    return "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))
