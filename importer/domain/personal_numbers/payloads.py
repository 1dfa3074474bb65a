"""Personal numbers in requests and stored texts of earlier releases, which sent and stored them."""

from __future__ import annotations

from typing import Any

import orjson

from importer.domain.personal_numbers.column_numbers import number_in_column
from importer.domain.personal_numbers.headings import NumberHeading, NumberKind
from importer.domain.personal_numbers.texts import mask_text, numbers_in, plain, without_masks

_REGISTRATION = "companyRegistrationNumber"
_COMPANY = NumberHeading(frozenset({NumberKind.COMPANY}), frozenset())
_REFERENCES = frozenset({"creditorReference", "referenceId", "uniqueId", "referenceCaseVoucherId"})
_TEXTS = frozenset({"comments", "claimDescription", "text"})


def holds_number(payload: bytes) -> bool:
    """Return whether a request holds a personal number."""
    return without_numbers(payload) != payload or names_number(payload)


def without_numbers(payload: bytes) -> bytes:
    """Return a request without its personal numbers: the registration number left out, texts masked, names without one.

    References stay as they are: a request with another one would be another case. See :func:`names_number`.
    """
    wire = orjson.loads(payload)
    cleaned = _cleaned(wire, (wire.get("debtor") or {}).get("countryAlpha2"))
    return payload if cleaned == wire else orjson.dumps(cleaned)


def names_number(payload: bytes) -> bool:
    """Return whether a reference of a request is a personal number."""
    wire = orjson.loads(payload)
    return any(numbers_in(plain(text)) for name in _REFERENCES if isinstance(text := wire.get(name), str))


def _cleaned(value: Any, country: str | None) -> Any:
    if not isinstance(value, dict):
        return value
    kept = {name: member for name, member in value.items() if name != _REGISTRATION or not _is_number(member, country)}
    return {name: _member(name, member, country) for name, member in kept.items()}


def _member(name: str, member: Any, country: str | None) -> Any:
    if not isinstance(member, str) or name in _REFERENCES:
        return _cleaned(member, country)
    masked = mask_text(member)
    return masked if masked == member or name in _TEXTS else without_masks(masked) or masked


def _is_number(text: str, country: str | None) -> bool:
    simple = plain(text).strip()
    return number_in_column(simple, _COMPANY, country) is not None or bool(numbers_in(simple))


def masked_json(text: str | None) -> str | None:
    """Return a stored JSON text with the personal numbers in its strings masked; the same text if there are none."""
    if not text or not numbers_in(plain(text)):
        return text
    return orjson.dumps(_masked(orjson.loads(text))).decode()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return {name: _masked(one) for name, one in value.items()} if isinstance(value, dict) else value
