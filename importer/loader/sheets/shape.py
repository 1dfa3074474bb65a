"""The shapes of sheets, and the names of headings and columns in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from importer.domain.code_lists import case_currencies
from importer.domain.columns import FLAT_PREFIX, PROPERTY_PREFIX, ValueKind, column, flat_index, flat_name, index_of, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import header_key

_UNIT = re.compile(r"(?P<base>.*?\S)\s*(?:(?:\bi|\bin|,)\s+)?[(\[]?(?P<unit>\b[A-Z]{3}|\b[Kk]r\.?|€|£)[)\]]?")
_TITLE_CURRENCY = re.compile(
    r"(?:(?i:amounts?|beløb|belopp|beløp|betr[aä]ge?|alle)\s+(?i:are\s+)?(?i:in|i)|(?i:currency|valuta|währung)\s*:?)\s*([A-Z]{3})\b"
)
_SIGNS = {"€": "EUR", "£": "GBP"}


class Shape(StrEnum):
    """The content of a sheet: cases, vouchers, or cases with their vouchers in the same row (flat)."""

    CASES = "cases"
    VOUCHERS = "vouchers"
    FLAT = "flat"


def index_in(shape: Shape) -> Mapping[str, str]:
    """Map folded headings to canonical names, for the certain headings of a sheet of this shape."""
    return {Shape.CASES: index_of(RecordKind.CASE), Shape.VOUCHERS: index_of(RecordKind.VOUCHER), Shape.FLAT: flat_index()}[shape]


def property_handle(heading: str, shape: Shape) -> str | None:
    """Return ``properties.<handle>`` for a property heading, else None. The spelling of the handle is kept: it is a key."""
    prefix = FLAT_PREFIX + PROPERTY_PREFIX if shape is Shape.FLAT else PROPERTY_PREFIX
    text = heading.strip()
    if shape is Shape.CASES or not text.casefold().startswith(prefix) or len(text) == len(prefix):
        return None
    return prefix + text[len(prefix) :]


def name_in(shape: Shape, name: str) -> str | None:
    """Return the name that a name of a profile or setting has in a sheet of this shape, or None if it has no column there."""
    case_names, flat_names = index_of(RecordKind.CASE).values(), flat_index().values()
    if shape is Shape.FLAT:
        candidates = (name, flat_name(name))
        return next((n for n in candidates if n in flat_names or n.startswith(FLAT_PREFIX + PROPERTY_PREFIX)), None)
    if shape is Shape.CASES:
        return name if name in case_names else None
    for candidate in (name, name.removeprefix(FLAT_PREFIX)):
        if candidate in index_of(RecordKind.VOUCHER).values() or candidate.startswith(PROPERTY_PREFIX):
            return candidate
    return None


def code_in(text: str) -> str | None:
    """Return the currency of a unit such as ``(DKK)``, ``in EUR`` or ``€``, or None. ``kr.`` means several currencies."""
    word = text.strip(" ()[]").removeprefix("in ").removeprefix("i ")
    code = _SIGNS.get(word, word)
    return code if code in case_currencies() else None


def currency_said(text: str) -> str | None:
    """Return the currency in a title such as ``Alle beløb i DKK`` or ``Währung: EUR``, or None."""
    found = _TITLE_CURRENCY.search(text)
    return code_in(found[1]) if found else None


@cache
def known_keys() -> frozenset[str]:
    """Return every folded heading that is known, certain or weak, in sheets of any shape."""
    indexes = (
        index_of(RecordKind.CASE),
        index_of(RecordKind.VOUCHER),
        weak_index(RecordKind.CASE),
        weak_index(RecordKind.VOUCHER),
        flat_index(),
    )
    return frozenset(key for index in indexes for key in index)


def known_key(heading: str) -> str:
    """Return the key of a heading, without the currency at its end if only that makes it a known amount."""
    key = header_key(heading)
    if key not in known_keys() and (parts := unit_of(heading)) and holds_money(parts[0]):
        return parts[0]
    return key


def is_heading(text: str) -> bool:
    """Return whether a text is a known heading, possibly followed by a currency."""
    return known_key(text) in known_keys()


def holds_money(key: str) -> bool:
    """Return whether a folded heading means an amount, as a certain or a weak name."""
    kinds = ((kind, index_of(kind).get(key) or weak_index(kind).get(key)) for kind in RecordKind)
    return any(name and column(kind, name).value_kind is ValueKind.MONEY for kind, name in kinds)


def unit_of(heading: str) -> tuple[str, str | None] | None:
    """Return the key of a heading without the currency at its end, and that currency; None if there is none.

    The currency is None for ``kr.``, which means several.
    """
    found = _UNIT.fullmatch(heading.strip())
    if not found:
        return None
    unit = _SIGNS.get(found["unit"], found["unit"])
    if unit.casefold().startswith("kr"):
        return header_key(found["base"]), None
    return (header_key(found["base"]), unit) if unit in case_currencies() else None
