"""The headings that other systems use for the columns, from ``aliases.toml``: certain, weak and only suggested ones."""

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
    """The headings of other systems for one column: ``sure`` ones, ``weak`` ones, and ``ask``, which are only suggested."""

    sure: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """A system with headings of a special meaning: it is recognised by ``has``; ``case`` maps folded headings to columns.

    ``lines`` are the folded headings of the lines of an invoice. A list with a row a line repeats the invoice in each of them.
    """

    name: str
    has: frozenset[str]
    case: Mapping[str, str]
    lines: frozenset[str] = frozenset()


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("importer.domain").joinpath("aliases.toml").read_text(encoding="utf-8"))


@cache
def names_of(kind: str, column: str) -> Names:
    """Return the names of ``column`` of ``kind`` (``case`` or ``voucher``); empty if no other system has such a column."""
    entry = _file()[kind].get(column, {})
    if like := entry.get("like"):
        return names_of("case", like)
    sure = (name for language in LANGUAGES for name in entry.get(language, ()))
    return Names(tuple(dict.fromkeys(sure)), tuple(entry.get("weak", ())), tuple(entry.get("ask", ())))


@cache
def systems() -> tuple[System, ...]:
    """Return the systems with headings of a special meaning."""
    return tuple(
        System(
            entry["name"],
            frozenset(map(fold, entry["has"])),
            {key: column for column, names in entry["case"].items() for name in names for key in keys_of(name)},
            frozenset(keys(entry.get("lines", ()))),
        )
        for entry in _file()["system"]
    )


def system_of(header: Iterable[str]) -> System | None:
    """Return the system that these folded headings identify, by the most headings; None if there is none."""
    keys_found = frozenset(header)
    return max((one for one in systems() if one.has <= keys_found), key=lambda one: len(one.has), default=None)


def counter_heading(column: str, key: str) -> str | None:
    """Return why a folded heading contradicts a weak name of ``column``: ``paid``, ``open``, ``tax`` or ``sign``; or None."""
    words, parts = _against(column)
    return words.get(key) or next((reason for part, reason in parts if re.search(part, key)), None)


@cache
def _against(column: str) -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    reasons: dict[str, list[str]] = dict(_file()["against"].get(column, {}))
    parts: dict[str, str] = _file()["against_parts"].get(column, {})
    words = {key: reason for reason, names in reasons.items() for name in names for key in keys_of(name)}
    return words, tuple((pattern, reason) for reason, pattern in parts.items())


def claim_state_of(heading: str) -> str | None:
    """Return what a heading seems to tell about the state of a claim: ``payment``, ``open amount`` or ``status``; or None."""
    key, patterns = fold(heading), _file()["claim_state"]
    against = counter_heading("amount_to_recover", key)
    if against in _STATES:
        return _STATES[against]
    return "status" if re.search(patterns["status"], key) and not re.search(patterns["terms"], key) else None


_STATES = {"paid": "payment", "open": "open amount"}


def keys_of(name: str) -> tuple[str, ...]:
    """Return the folded forms of ``name``: with its letters written out (Beloeb), and without their marks (Belob)."""
    bare = unicodedata.normalize("NFD", name.translate(_BARE))
    return tuple(dict.fromkeys((fold(name), fold("".join(c for c in bare if not unicodedata.combining(c))))))


def keys(names: Iterable[str]) -> Iterable[str]:
    """Return the folded forms of all ``names``."""
    return (key for name in names for key in keys_of(name))
