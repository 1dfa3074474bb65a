"""The keys by which a record is recognized as an entry of the ledger.

An entry's own ``key`` never changes: derived unique ids and the labels in error sheets depend on it. Beside it an entry has
match keys, in which all that cannot be seen is folded. They are functions of what the ledger stores of an entry, so that
the entries of older ledgers get them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from importer.domain.code_lists import VOUCHER_TYPES, is_state_code
from importer.domain.identity import fingerprint, loose_text, match_text
from importer.domain.raw_rows import SHORT, RawRow
from importer.domain.us_states import US, find_us_state


class MatchVersion(IntEnum):
    """The kinds of match keys: the column ``version`` of the ledger's table.

    The ledger stores a key only if it differs from the entry's ``base``, by which entries are looked up as well.
    """

    TEXT = 1  # the parts of the identity, without what cannot be seen
    REFERENCE = 2  # a case's reference, without what cannot be seen: vouchers name it
    LOOSE = 3  # a case's identity without letter case and leading zeros: a suspected twin
    TRAITS = 4  # a case's creditor, debtor, date and currency: a suspected twin if there is no reference
    CELLS = 5  # the raw cells of the row
    NUMBER = 6  # what would be a case's identity without its case_ref: its creditor reference
    STEM = 7  # of a case without a reference: creditor, first word of the debtor, date, currency and amount


StoredKey = tuple[MatchVersion, str]


class RecordKeys(NamedTuple):
    """The keys of one record: today's match key, those of earlier releases, and those for suspected twins.

    ``shorter`` are the traits of a case without a reference as they would be with the first words of its debtor's name.
    """

    text: str
    cells: str
    former: tuple[str, ...] = ()
    loose: str | None = None
    traits: str | None = None
    reference: str | None = None
    number: str | None = None
    stem: str | None = None
    shorter: tuple[str, ...] = ()

    def possible_bases(self) -> tuple[str, ...]:
        """Return the keys that may be the base of an entry; the others are only stored beside one."""
        if self.loose is None:
            return (self.text, *self.former)
        number = () if self.number is None else (self.number,)
        return (self.text, self.loose, *number, *self.former)

    def to_look_up(self) -> tuple[str, ...]:
        """Return the keys that may be stored beside an entry."""
        loose = () if self.loose is None or self.loose == self.text else (self.loose,)
        others = tuple(key for key in (self.traits, self.number, self.stem) if key is not None)
        return (self.text, self.cells, *loose, *others, *self.shorter)

    def stored_beside(self, base: str) -> tuple[StoredKey, ...]:
        """Return the keys to store with an entry that has this base."""
        keys = (
            (MatchVersion.TEXT, self.text),
            (MatchVersion.REFERENCE, self.reference),
            (MatchVersion.LOOSE, self.loose),
            (MatchVersion.TRAITS, self.traits),
            (MatchVersion.CELLS, self.cells),
            (MatchVersion.NUMBER, self.number),
            (MatchVersion.STEM, self.stem),
        )
        return tuple((version, key) for version, key in keys if key is not None and key != base)


# Cases


def case_key(reference: str, creditor: str, country: str | None, *, is_test: bool) -> str:
    """Return the identity of a case: its reference, or its content without one, and its creditor."""
    return fingerprint("case", reference, creditor, country, is_test)


@lru_cache(maxsize=1024)  # a file has few creditors
def folded_creditor(name: str) -> str:
    """Return a creditor's name as it is part of a case's identity."""
    return " ".join(name.casefold().split())


def case_keys(ref: str | None, payload: bytes, row: RawRow) -> RecordKeys:
    """Return the keys of a case with this reference."""
    wire = orjson.loads(payload)
    creditor = match_text(folded_creditor(str(wire.get("creditorCompanyName"))))
    owner = (creditor, wire.get("creditorCountryAlpha2"))
    is_test = bool(wire.get("isTest"))
    text = case_key(match_text(ref) if ref else _folded_payload(wire), *owner, is_test=is_test)
    loose = case_key(loose_text(ref), *owner, is_test=is_test) if ref else None
    traits = _traits(wire, owner, is_test=is_test)
    cells = row.key("case", *owner, is_test)
    if not ref:
        stem, shorter = _keys_of_names(wire, owner, is_test=is_test)
        return RecordKeys(text, cells, (), None, traits, None, None, stem, shorter)
    folded, number = match_text(ref), match_text(str(wire.get("creditorReference") or ""))
    has_number = number not in {"", folded}
    of_number = case_key(number, *owner, is_test=is_test) if has_number else None
    return RecordKeys(text, cells, (), loose, traits, folded if folded != ref else None, of_number)


def name_key(name: str, creditor: str, country: str | None, *, is_test: bool) -> str:
    """Return the key by which the cases of a creditor's debtor are found by its name alone."""
    return fingerprint("name", match_text(name).casefold(), creditor, country, is_test)[:SHORT]


def _keys_of_names(wire: Mapping[str, Any], owner: tuple[Any, ...], *, is_test: bool) -> tuple[str | None, tuple[str, ...]]:
    """Return the key of the first word of the debtor's name, and the traits with each of its shorter beginnings."""
    debtor = wire.get("debtor") or {}
    words, day = _words(debtor.get("name")), wire.get("date")
    if not words or not day:
        return None, ()
    country, currency = debtor.get("countryAlpha2"), wire.get("currencyCode")
    stem = fingerprint("stem", words[0], country, day, currency, str(wire.get("amountToRecover")), *owner, is_test)[:SHORT]
    beginnings = (" ".join(words[:count]) for count in range(1, min(len(words), _MOST_WORDS)))
    return stem, tuple(case_traits((one, country), day, currency, owner, is_test=is_test) for one in beginnings)


_MOST_WORDS = 8


def _words(name: object) -> list[str]:
    return match_text(str(name or "")).casefold().split()


def is_renamed(one: bytes, other: bytes) -> bool:
    """Return whether two cases have the same amount, and the debtor's name of one is the beginning of the other's."""
    first, second = orjson.loads(one), orjson.loads(other)
    names = sorted((_words((wire.get("debtor") or {}).get("name")) for wire in (first, second)), key=len)
    is_beginning = bool(names[0]) and names[1][: len(names[0])] == names[0] and names[0] != names[1]
    return is_beginning and bool(first.get("amountToRecover") == second.get("amountToRecover"))


def creditor_reference(payload: bytes) -> str | None:
    """Return the creditor's reference in the request of a case, without what cannot be seen; None without one."""
    found = orjson.loads(payload).get("creditorReference")
    return match_text(str(found)) or None if found else None


def looks_alike(one: bytes, other: bytes) -> bool:
    """Return whether two cases have the same creditor, debtor, date, currency and amount."""
    return _claim(one) == _claim(other)


def is_same_voucher(one: bytes, other: bytes) -> bool:
    """Return whether two vouchers of a case have the same type, amount, currency, source and dates."""
    first, second = VoucherParts.of(one), VoucherParts.of(other)
    return first._replace(reference=None) == second._replace(reference=None)


def _claim(payload: bytes) -> tuple[str | None, Any]:
    wire = orjson.loads(payload)
    owner = (match_text(folded_creditor(str(wire.get("creditorCompanyName")))), wire.get("creditorCountryAlpha2"))
    return _traits(wire, owner, is_test=bool(wire.get("isTest"))), wire.get("amountToRecover")


def _traits(wire: Mapping[str, Any], owner: tuple[Any, ...], *, is_test: bool) -> str | None:
    debtor = wire.get("debtor") or {}
    name, day = debtor.get("name"), wire.get("date")
    if not name or not day:
        return None
    person = (str(name), debtor.get("countryAlpha2"))
    return case_traits(person, day, wire.get("currencyCode"), owner, is_test=is_test)


def case_traits(debtor: tuple[str, str | None], day: str, currency: str | None, owner: tuple[Any, ...], *, is_test: bool) -> str:
    """Return the key of a case's creditor (``owner``), debtor, date and currency. ``debtor``: name and country."""
    name, country = debtor
    return fingerprint("traits", match_text(name).casefold(), country, day, currency, *owner, is_test)[:SHORT]


# Vouchers

_DOCUMENTS = frozenset(str(t.id) for t in VOUCHER_TYPES if t.name in {"invoice", "on-account invoice", "loan", "final statement"})
"""The types of debts that are documents: each has a number of its own, whatever its text and amount."""


class DocumentDates(NamedTuple):
    """The days of a document: of two with one number, those with different due days are instalments."""

    day: str
    due: str | None


class VoucherParts(NamedTuple):
    """The parts of a voucher's payload that may identify it."""

    type: str
    reference: str | None
    amount: int
    currency: str | None
    source: str | None
    dates: DocumentDates

    @classmethod
    def of(cls, payload: bytes) -> VoucherParts:
        """Take the parts from a payload."""
        wire = orjson.loads(payload)
        due = wire.get("dueDate")
        dates = DocumentDates(str(wire.get("date"))[:10], str(due)[:10] if due else None)
        kind, reference = str(wire.get("voucherTypeId")), wire.get("referenceId")
        money = (wire.get("amount", 0), wire.get("currency"))
        return cls(kind, match_text(reference) if reference else None, *money, wire.get("source"), dates)

    @property
    def is_document(self) -> bool:
        """Return whether the voucher is a debt with a document number."""
        return bool(self.reference) and self.type in _DOCUMENTS

    def key(self, owner: str) -> str | None:
        """Return the identity of the voucher below the case ``owner``; None without a reference: then its content is it."""
        if not self.reference:
            return None
        document = (owner, self.type, self.reference)
        if self.is_document:
            return fingerprint("voucher", *document)
        return fingerprint("voucher", *document, self.dates.day, self.amount, self.source)


def content_key(owner: str, content: str) -> str:
    """Return the identity of a voucher without a reference: a fingerprint of its case's key and its own content."""
    return fingerprint("voucher", owner, content)


class VoucherContent(NamedTuple):
    """A voucher's content: its payload, its parent's unique id, the digest of its file, and the fingerprint of the three."""

    payload: bytes
    parent: str | None
    appendix: str | None
    fingerprint: str


def voucher_text(owner: str, unique_id: str | None, content: VoucherContent) -> str:
    """Return today's match key of a voucher."""
    if unique_id:
        return match_text(unique_id)
    return VoucherParts.of(content.payload).key(owner) or content_key(owner, _folded_content(content))


def voucher_keys(owner: str, unique_id: str | None, content: VoucherContent, row: RawRow) -> RecordKeys:
    """Return the keys of a voucher below the case with the key ``owner``."""
    return RecordKeys(voucher_text(owner, unique_id, content), row.key("voucher", owner))


def is_derived(base: str, owner: str, content: VoucherContent) -> bool:
    """Return whether ``base`` was derived from a voucher's content or reference, and is not a ``unique_id``."""
    return base in {content_key(owner, content.fingerprint), VoucherParts.of(content.payload).key(owner)}


def owner_of(case_key: str | None, target: str | None) -> str:
    """Return what stands for a voucher's case in its identity: the key of its entry, or the id of an existing case."""
    return case_key if case_key is not None else f"id:{target}"


# Values

_ADDED_LATER = ("uniqueId", "referenceCaseVoucherId", "appendix")
"""Members that are added to a voucher's payload after it was read."""


def same_values(old: bytes, new: bytes) -> bool:
    """Return whether two payloads differ at most in what cannot be seen, or in how releases write the same state."""
    before, after = (_folded(orjson.loads(payload)) for payload in (old, new))
    for name in _ADDED_LATER:
        if name == "uniqueId" or not (name in before and name in after):
            before.pop(name, None)
            after.pop(name, None)
    return bool(before == after)


def in_one_form(payload: bytes) -> bytes:
    """Return a payload with the debtor's state in one form for all releases, to describe how it differs from another."""
    wire = orjson.loads(payload)
    return orjson.dumps(wire | {"debtor": _with_one_state(wire["debtor"])}) if "debtor" in wire else payload


def _folded_payload(wire: dict[str, Any]) -> str:
    """Return the payload without what cannot be seen; if nothing is folded and there is no state, exactly its text."""
    return orjson.dumps(_folded(wire)).decode()


def _folded_content(content: VoucherContent) -> str:
    wire = {name: value for name, value in orjson.loads(content.payload).items() if name not in _ADDED_LATER}
    parent = match_text(content.parent) if content.parent else None
    if _folded(wire) == wire and parent == content.parent:
        return content.fingerprint
    return fingerprint(orjson.dumps(_folded(wire)).decode(), parent, content.appendix)


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return match_text(value)
    if isinstance(value, list):
        return [_folded(one) for one in value]
    if not isinstance(value, dict):
        return value
    folded = {name: _folded(inner) for name, inner in value.items()}
    return folded if folded.keys().isdisjoint(_STATES) else _with_one_state(folded)


def _with_one_state(debtor: dict[str, Any]) -> dict[str, Any]:
    """Return a debtor with its state in one member, ``state``, and in one form: releases write the same state differently."""
    texts = [str(debtor[name]) for name in _STATES if debtor.get(name) is not None]
    rest = {name: value for name, value in debtor.items() if name not in _STATES}
    country = str(debtor.get("countryAlpha2"))
    return rest | {"state": " ".join(_in_one_form(country, text) for text in texts)} if texts else rest


_STATES = ("state", "stateAlpha2")


def _in_one_form(country: str, text: str) -> str:
    if country == US:
        return find_us_state(text) or text
    code = text.upper().removeprefix(f"{country}-")
    return code if is_state_code(country, code) else text
