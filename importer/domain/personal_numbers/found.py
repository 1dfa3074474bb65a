"""A personal number that was found in a text."""

from __future__ import annotations

from typing import NamedTuple

STAR = "*"


class FoundNumber(NamedTuple):
    """A personal number between ``start`` and ``end`` of a text. The first ``keep`` characters of it are not secret.

    ``is_named``: a word in front of it or the heading says what it is.
    """

    country: str
    start: int
    end: int
    keep: int = 0
    is_named: bool = False


def masked(text: str, numbers: list[FoundNumber]) -> str:
    """Return the text with a star for each secret letter or digit: ``010180-1234`` becomes ``010180-****``.

    Separators between secret characters are left out, so that a masked number has at least four stars in a row.
    """
    parts, last = [], 0
    for number in sorted(numbers, key=lambda one: (one.start, -one.end)):
        if number.start < last:
            continue
        kept = number.start + number.keep
        secret = text[kept : number.end]
        first = next((at for at, one in enumerate(secret) if one.isalnum()), 0)
        stars = STAR * max(_FEWEST, sum(map(str.isalnum, secret)))
        parts += [text[last:kept], secret[:first] if number.keep else "", stars]
        last = number.end
    return "".join((*parts, text[last:]))


_FEWEST = 4
