"""The identity of a record, and the label of an entry in a sheet."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import orjson

from importer.domain.kinds import RecordKind

TEST_PREFIX = "test-"
"""In front of the unique ids of a test case's vouchers, so that the real vouchers can follow."""


@dataclass(frozen=True, slots=True)
class EntryLabel:
    """The name of an entry in commands and in the ``#entry`` column of error sheets: ``C12-3f9a2b`` is the case with id 12.

    Each ledger has ids of its own. The six hexadecimal digits are from a digest of the entry's key: without them, an error
    sheet of one ledger would name an unrelated entry in another.
    """

    kind: RecordKind
    entry_id: int
    check: str

    @classmethod
    def of(cls, kind: RecordKind, entry_id: int, key: str) -> EntryLabel:
        """Build the label of an entry with this id and key."""
        return cls(kind, entry_id, _digits_of(key))

    @classmethod
    def parse(cls, text: str) -> EntryLabel | None:
        """Parse a label; None if ``text`` is not one."""
        match = _LABEL.fullmatch(text)
        return cls(_KINDS[match[1]], int(match[2]), match[3]) if match else None

    def text(self) -> str:
        """Return the label as text: ``C12-3f9a2b``."""
        return f"{_initial(self.kind)}{self.entry_id}-{self.check}"

    def fits(self, key: str) -> bool:
        """Return whether the label is that of an entry with this key."""
        return self.check == _digits_of(key)


def _initial(kind: RecordKind) -> str:
    return kind[0].upper()


_KINDS = {_initial(kind): kind for kind in RecordKind}
_LABEL = re.compile(rf"([{''.join(_KINDS)}])([0-9]{{1,15}})-([0-9a-f]{{6}})")


def _digits_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:6]


def fingerprint(*parts: object) -> str:
    """Return a stable identity of business values: 40 hexadecimal digits, equal on all machines and for all file formats."""
    return hashlib.sha256(_as_json(parts)).hexdigest()[:40]


def _as_json(parts: tuple[object, ...]) -> bytes:
    """Encode the parts as `json` does. The keys in ledgers depend on every byte, so that none may ever change.

    orjson is twice as fast, and writes the same bytes for the types in ``_WRITTEN_ALIKE``; not for floats and mappings.
    """
    if _WRITTEN_ALIKE.issuperset(map(type, parts)):
        try:
            return orjson.dumps(parts)
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            pass
    return _JSON.encode(parts).encode()


_WRITTEN_ALIKE = frozenset({type(None), bool, int, str})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
