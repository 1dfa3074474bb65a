"""What identifies a record, and how a sheet names an entry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from json.encoder import encode_basestring


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
    text = ",".join([encode_basestring(part) if type(part) is str else _encoded(part) for part in parts])
    return hashlib.sha256(f"[{text}]".encode()).hexdigest()[:40]


def _encoded(part: object) -> str:
    if part is None:
        return "null"
    if isinstance(part, bool):  # every case has one, and the encoder takes ten times as long for it
        return "true" if part else "false"
    return _SORTED.encode(part)


_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)  # dumps makes one a call
