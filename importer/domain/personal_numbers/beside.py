"""Digits beside a sure personal number: in such a text, digits of the same length and with a date of birth are one as well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from importer.domain.personal_numbers.dates_by_country import is_dated
from importer.domain.personal_numbers.found import FoundNumber

_GROUP = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}[ ./-]?[0-9]{4,5}(?![0-9A-Za-z])")
_DATE = 6


def numbers_beside(text: str, sure: Sequence[FoundNumber]) -> Iterator[FoundNumber]:
    """Yield the further numbers of a text that holds ``sure`` ones: those with as many digits and a date of the same country."""
    forms = {(one.country, _digits(text[one.start : one.end])) for one in sure}
    for match in _GROUP.finditer(text):
        digits = "".join(filter(str.isdigit, match[0]))
        country = next((code for code, length in forms if length == len(digits) and is_dated(code, digits)), None)
        if country is not None and not any(one.start < match.end() and match.start() < one.end for one in sure):
            yield FoundNumber(country, match.start(), match.end(), _DATE)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
