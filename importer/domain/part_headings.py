"""Headings of columns that hold a part of a value (a house number), or two values at once, from ``part_headings.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from importer.domain.aliases import LANGUAGES, keys, keys_of
from importer.domain.columns import index_of, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import fold


class PartKind(StrEnum):
    """What a column holds a part of; or POSTAL_TOWN: a postal code and a town at once."""

    HOUSE_NUMBER = "house_number"
    FLOOR = "floor"
    DOOR = "door"
    ADDRESS_LINE = "address_line"
    NAME_LINE = "name_line"
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    CONTACT_FIRST_NAME = "contact_first_name"
    CONTACT_LAST_NAME = "contact_last_name"
    CONTACT_EMAIL = "contact_email"
    CONTACT_PHONE = "contact_phone"
    POSTAL_TOWN = "postal_town"


def part_of(heading: str) -> PartKind | None:
    """Return what a column with this heading holds a part of, or None."""
    key = fold(heading)
    return next((kind for one in (key, *_unprefixed(key)) if (kind := _part_of_key(one))), None)


def is_number_before_street(heading: str) -> bool:
    """Return whether the heading of a house number is in a language in which the number may stand before the street."""
    english = frozenset(keys(_file()["part"][PartKind.HOUSE_NUMBER]["en"]))
    return not english.isdisjoint((fold(heading), *_unprefixed(fold(heading))))


class CompanyHeading(StrEnum):
    """How sure a heading names the companies that owe: SURE, or UNSURE if it may also name the creditor."""

    SURE = "sure"
    UNSURE = "unsure"


def company_heading(heading: str) -> CompanyHeading | None:
    """Return whether a column with this heading beside the names of persons holds the companies that owe; None if not.

    A word in front that says whose the column is makes it sure: ``Billing company``.
    """
    key, listed = fold(heading), _file()["company"]
    sure = frozenset(found for language in LANGUAGES for found in keys(listed.get(language, ())))
    unsure = frozenset(keys(listed["ask"]))
    if key in sure or not (sure | unsure).isdisjoint(_unprefixed(key)):
        return CompanyHeading.SURE
    return CompanyHeading.UNSURE if key in unsure else None


@cache
def looks_like(heading: str) -> str | None:
    """Return what a column that is not used seems to hold of a debtor, such as ``house number``; None if nothing known."""
    if kind := part_of(heading):
        found: str = (_file()[kind] if kind is PartKind.POSTAL_TOWN else _file()["part"][kind])["seems"]
        return found
    names: Mapping[str, str] = _file()["seems"]
    key = fold(heading)
    forms = (form for one in (key, *_unprefixed(key)) for form in (one, one.rstrip("0123456789")))
    return next((names[name] for form in forms if (name := _column_of(form)) in names), None)


def with_article(thing: str) -> str:
    """Return a thing in words with the article: ``a house number``, ``an e-mail address``.

    >>> with_article("open amount")
    'an open amount'
    """
    return f"{'an' if thing[:1] in 'aeio' else 'a'} {thing}"


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("importer.domain").joinpath("part_headings.toml").read_text(encoding="utf-8"))


@cache
def _kinds() -> Mapping[str, PartKind]:
    parts = _file()["part"]
    return {
        key: PartKind(kind) for kind, entry in parts.items() for language in LANGUAGES for key in keys(entry.get(language, ()))
    }


def _part_of_key(key: str) -> PartKind | None:
    return PartKind.POSTAL_TOWN if _postal_town().fullmatch(key) else _kinds().get(key)


@cache
def _postal_town() -> re.Pattern[str]:
    entry = _file()["postal_town"]
    code, town, between = ("|".join(re.escape(key) for key in keys(entry[name])) for name in ("codes", "towns", "between"))
    return re.compile(f"(?:{code})(?:{between})?(?:{town})|(?:{town})(?:{between})?(?:{code})")


def _unprefixed(key: str) -> list[str]:
    """Return the forms of a folded heading without a word in front that says whose it is."""
    words = (word for name in _file()["before"] for word in keys_of(name))
    return [key.removeprefix(word) for word in words if key.startswith(word) and key != word]


def _column_of(key: str) -> str:
    return index_of(RecordKind.CASE).get(key) or weak_index(RecordKind.CASE).get(key) or ""
