"""What identifies a record, and how a sheet names an entry."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import orjson

from importer.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class EntryLabel:
    """How commands and the ``#entry`` of error sheets name an entry: ``C12-3f9a2b`` is the case with the id 12.

    Ids are the ledger's own. The six digits are those of a digest of the entry's key: without them, an error sheet of one
    ledger would name a stranger's entry in another.
    """

    kind: Kind
    entry_id: int
    check: str

    @classmethod
    def of(cls, kind: Kind, entry_id: int, key: str) -> EntryLabel:
        return cls(kind, entry_id, _digits_of(key))

    @classmethod
    def parse(cls, text: str) -> EntryLabel | None:
        """The label that ``text`` is, or None if it is not one."""
        match = _LABEL.fullmatch(text)
        return cls(_KINDS[match[1]], int(match[2]), match[3]) if match else None

    def text(self) -> str:
        return f"{_initial(self.kind)}{self.entry_id}-{self.check}"

    def fits(self, key: str) -> bool:
        """Whether the entry with this id is meant if it has this key."""
        return self.check == _digits_of(key)


def _initial(kind: Kind) -> str:
    return kind[0].upper()


_KINDS = {_initial(kind): kind for kind in Kind}
_LABEL = re.compile(rf"([{''.join(_KINDS)}])([0-9]{{1,15}})-([0-9a-f]{{6}})")


def _digits_of(key: str) -> str:
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
