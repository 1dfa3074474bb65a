"""The body of a response as JSON, read within limits: what a server sends may be damaged or hostile."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

LONGEST_TEXT = 4_000  # characters kept of a text from a server
MOST_LEVELS = 100  # of nested values; the documented responses have four
MOST_CONTAINERS = 1_000_000  # objects and lists in one response


def read_json(body: bytes) -> Any:
    """Parse a body. Lone surrogates and NUL, which cannot be stored, are replaced; long texts are cut.

    Raises ValueError if it is not JSON, or has more levels or values than any response of these APIs.
    """
    containers = body.count(b"{") + body.count(b"[")
    if containers > MOST_CONTAINERS:
        raise ValueError("too many values")
    try:
        value = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if containers > MOST_LEVELS and _levels(value) > MOST_LEVELS:
        raise ValueError("nested too deeply")
    plain = len(body) <= LONGEST_TEXT and body.isascii() and b"\\u" not in body  # then it has no such character
    return value if plain else _storable(value)


def _levels(value: Any) -> int:
    """Return how deep a value is nested, as far as one level beyond the limit. A loop: recursion has a limit of its own."""
    levels, found = 0, [value]
    while found and levels <= MOST_LEVELS:
        levels += 1
        found = [inner for outer in found for inner in _members(outer)]
    return levels


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode().replace("\0", "?")
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    return value
