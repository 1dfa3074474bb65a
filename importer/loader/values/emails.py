"""The e-mail addresses in a cell: several, with names, in brackets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from importer.domain.models import is_email

_BETWEEN = re.compile(r"[;,\n\r|]+|\s+/\s+|\s+(?:og|och|und|and|&)\s+")
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]+)>")
_SPACES_BETWEEN = re.compile(r"\s+")


class Emails(NamedTuple):
    """The addresses of a cell, the first of which is sent, and whether a part of the cell is none."""

    found: tuple[str, ...]
    has_others: bool


@lru_cache(maxsize=4096)
def emails_in(text: str) -> Emails:
    """Return the addresses of a cell in their order, each once."""
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    addresses: list[str] = []
    has_others = False
    for part in parts:
        found = _addresses(part)
        addresses += found
        has_others |= not found
    return Emails(tuple(dict.fromkeys(addresses)), has_others)


def _addresses(part: str) -> list[str]:
    """Return the address of a part; several if blanks stand between addresses and nothing else."""
    bracketed = _IN_BRACKETS.fullmatch(part.strip())
    bare = (bracketed[1] if bracketed else part).strip().strip("'\"")
    bare = bare[7:] if bare.casefold().startswith("mailto:") else bare
    if is_email(bare):
        return [bare]
    words = _SPACES_BETWEEN.split(bare)
    return words if len(words) > 1 and all(map(is_email, words)) else []
