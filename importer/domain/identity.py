"""What identifies a record, and how a sheet names an entry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Hint:
    """Which entry an error sheet says that a row is: its id in the ledger, and a check of its key.

    Ids are the ledger's own; without the check a sheet of another ledger would name a stranger's entry.
    """

    entry_id: int
    check: str


def check_of(key: str) -> str:
    """Six digits that tell one entry's key from another's."""
    return hashlib.sha256(key.encode()).hexdigest()[:6]


def fingerprint(*parts: object) -> str:
    """A stable identity of business values: 40 hexadecimal digits, the same on every machine and in every format."""
    return hashlib.sha256(_as_json(parts)).hexdigest()[:40]


def _as_json(parts: tuple[object, ...]) -> bytes:
    """The parts as `json` writes them. Keys of ledgers depend on every byte, so that none may ever change.

    orjson is twice as fast, and writes the same bytes for these types. For floats and in mappings it does not.
    """
    if _WRITTEN_ALIKE.issuperset(map(type, parts)):
        try:
            return orjson.dumps(parts)
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            pass
    return _JSON.encode(parts).encode()


_WRITTEN_ALIKE = frozenset({type(None), bool, int, str})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
