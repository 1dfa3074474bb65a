"""The shapes of sheets, and what headings and names are called in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from importer.domain.code_lists import case_currencies
from importer.domain.columns import FLAT_PREFIX, PROPERTY_PREFIX, ValueKind, column, flat_index, flat_name, index_of, weak_index
from importer.domain.kinds import Kind
from importer.domain.text_keys import header_key

_UNIT = re.compile(r"(?P<base>.*?\S)\s*(?:(?:\bi|\bin|,)\s+)?[(\[]?(?P<unit>\b[A-Z]{3}|\b[Kk]r\.?|€|£)[)\]]?")
_SAID = re.compile(
    r"(?:(?i:amounts?|beløb|belopp|beløp|betr[aä]ge?|alle)\s+(?i:are\s+)?(?i:in|i)|(?i:currency|valuta|währung)\s*:?)\s*([A-Z]{3})\b"
)
_SIGNS = {"€": "EUR", "£": "GBP"}


class Shape(StrEnum):
    """What one sheet holds."""

    CASES = "cases"
    VOUCHERS = "vouchers"
    FLAT = "flat"


def index_in(shape: Shape) -> Mapping[str, str]:
    """Folded heading → canonical name, for the sure headings of a sheet of this shape."""
    return {Shape.CASES: index_of(Kind.CASE), Shape.VOUCHERS: index_of(Kind.VOUCHER), Shape.FLAT: flat_index()}[shape]


def property_handle(heading: str, shape: Shape) -> str | None:
    """``properties.<handle>`` keeps the handle's own spelling: it is the installation's key."""
    prefix = FLAT_PREFIX + PROPERTY_PREFIX if shape is Shape.FLAT else PROPERTY_PREFIX
    text = heading.strip()
    if shape is Shape.CASES or not text.casefold().startswith(prefix) or len(text) == len(prefix):
        return None
    return prefix + text[len(prefix) :]


def name_in(shape: Shape, name: str) -> str | None:
    """What a name of a profile or of the settings is called in a sheet of this shape; None: it has no place there."""
    case_names, flat_names = index_of(Kind.CASE).values(), flat_index().values()
    if shape is Shape.FLAT:
        candidates = (name, flat_name(name))
        return next((n for n in candidates if n in flat_names or n.startswith(FLAT_PREFIX + PROPERTY_PREFIX)), None)
    if shape is Shape.CASES:
        return name if name in case_names else None
    for candidate in (name, name.removeprefix(FLAT_PREFIX)):
        if candidate in index_of(Kind.VOUCHER).values() or candidate.startswith(PROPERTY_PREFIX):
            return candidate
    return None


def code_in(text: str) -> str | None:
    """The currency that a unit such as ``(DKK)``, ``in EUR`` or ``€`` is; ``kr.`` is several."""
    word = text.strip(" ()[]").removeprefix("in ").removeprefix("i ")
    code = _SIGNS.get(word, word)
    return code if code in case_currencies() else None


def currency_said(text: str) -> str | None:
    """The currency of a title such as ``Alle beløb i DKK`` or ``Währung: EUR``."""
    found = _SAID.search(text)
    return code_in(found[1]) if found else None


@cache
def known_keys() -> frozenset[str]:
    """Every folded heading that means something, surely or weakly, in some sheet."""
    indexes = (index_of(Kind.CASE), index_of(Kind.VOUCHER), weak_index(Kind.CASE), weak_index(Kind.VOUCHER), flat_index())
    return frozenset(key for index in indexes for key in index)


def known_key(heading: str) -> str:
    """The key of a heading; without the currency at its end if it is known as an amount only so."""
    key = header_key(heading)
    if key not in known_keys() and (parts := unit_of(heading)) and holds_money(parts[0]):
        return parts[0]
    return key


def is_heading(text: str) -> bool:
    """Whether a text is known as a heading, also with a currency behind it."""
    return known_key(text) in known_keys()


def holds_money(key: str) -> bool:
    """Whether a folded heading means an amount, surely or weakly."""
    kinds = ((kind, index_of(kind).get(key) or weak_index(kind).get(key)) for kind in Kind)
    return any(name and column(kind, name).value_kind is ValueKind.MONEY for kind, name in kinds)


def unit_of(heading: str) -> tuple[str, str | None] | None:
    """The key of a heading without the currency at its end, and that currency (None: ``kr.``, which is several)."""
    found = _UNIT.fullmatch(heading.strip())
    if not found:
        return None
    unit = _SIGNS.get(found["unit"], found["unit"])
    if unit.casefold().startswith("kr"):
        return header_key(found["base"]), None
    return (header_key(found["base"]), unit) if unit in case_currencies() else None
