"""What other systems call our columns, from ``aliases.toml``: sure names, weak ones, and those that are only asked about."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from importer.domain.text_keys import fold

LANGUAGES = ("en", "da", "sv", "no", "de")
_BARE = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE"})


@dataclass(frozen=True, slots=True)
class Names:
    """The headings of other systems for one column."""

    sure: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """A system whose headings mean something of their own: ``has`` gives it away, ``case`` is folded heading → column."""

    name: str
    has: frozenset[str]
    case: Mapping[str, str]


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("importer.domain").joinpath("aliases.toml").read_text(encoding="utf-8"))


@cache
def names_of(kind: str, column: str) -> Names:
    """The names of the column ``column`` of ``kind`` (``case`` or ``voucher``); none for one that no other system has."""
    entry = _file()[kind].get(column, {})
    if like := entry.get("like"):
        return names_of("case", like)
    sure = (name for language in LANGUAGES for name in entry.get(language, ()))
    return Names(tuple(dict.fromkeys(sure)), tuple(entry.get("weak", ())), tuple(entry.get("ask", ())))


@cache
def systems() -> tuple[System, ...]:
    return tuple(
        System(
            entry["name"],
            frozenset(map(fold, entry["has"])),
            {key: column for column, names in entry["case"].items() for name in names for key in keys_of(name)},
        )
        for entry in _file()["system"]
    )


def speaks_of(column: str, key: str) -> str | None:
    """What a heading, folded, says against a weak name of ``column``: ``paid``, ``open``, ``tax`` or ``sign``; or None."""
    words, parts = _against(column)
    return words.get(key) or next((reason for part, reason in parts if re.search(part, key)), None)


@cache
def _against(column: str) -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    reasons: dict[str, list[str]] = dict(_file()["against"].get(column, {}))
    parts: dict[str, str] = _file()["against_parts"].get(column, {})
    words = {key: reason for reason, names in reasons.items() for name in names for key in keys_of(name)}
    return words, tuple((pattern, reason) for reason, pattern in parts.items())


@cache
def document_headings() -> frozenset[str]:
    """Folded headings of a column that says what each line of a list of open items is."""
    return frozenset(keys(_file()["documents"]["headings"]))


@cache
def no_claims() -> frozenset[str]:
    """The folded words in such a column for credit notes and payments."""
    return frozenset(keys(_file()["documents"]["no_claim"]))


def keys_of(name: str) -> tuple[str, ...]:
    """What headings that mean ``name`` fold to: its letters written out (Beloeb), and without their marks (Belob)."""
    bare = unicodedata.normalize("NFD", name.translate(_BARE))
    return tuple(dict.fromkeys((fold(name), fold("".join(c for c in bare if not unicodedata.combining(c))))))


def keys(names: Iterable[str]) -> Iterable[str]:
    """What headings that mean one of ``names`` fold to."""
    return (key for name in names for key in keys_of(name))
