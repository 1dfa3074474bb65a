"""The documents of the cases of one chunk: those that are to be written, and the cases that carry documents already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from importer.domain.document_keys import (
    MARKS,
    CarriedDocument,
    DocumentSource,
    document_of_case,
    document_of_voucher,
    documents_of_case,
    documents_of_list,
    name_of_debtor,
)
from importer.domain.documents import document_of, facts_of
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.raw_rows import SHORT
from importer.domain.records import CaseRecord
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake.candidates import Candidate
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.list_state import ListState
from importer.ledger.storage.compiled_sql import CompiledUpdate
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import document, entry

_INSERT = sqlite.insert(document).on_conflict_do_nothing()  # a voucher may be the invoice that its case is
_INSERT_ON_SERVER = postgresql.insert(document).on_conflict_do_nothing()
_INSERT_OWN, _INSERT_LISTED = (CompiledUpdate(_INSERT, _INSERT_ON_SERVER) for _ in range(2))
_REFERENCE, _SECOND, _UNKNOWN = (
    *(DocumentSource.REFERENCE.value, DocumentSource.SECOND_REFERENCE.value),
    DocumentSource.UNKNOWN.value,
)
_FILL_NAMES = CompiledUpdate(
    update(document)
    .where(document.c.entry_id == bindparam("_entry"), document.c.key == bindparam("_key"))
    .values(name=bindparam("_name"))
)
PAGE_ROWS = 2000


def documents_in(candidate: Candidate) -> list[CarriedDocument]:
    """Return the documents of a case that is placed."""
    record = candidate.record
    assert isinstance(record, CaseRecord)
    if record.documents:
        return documents_of_list(record.documents, record.payload)
    return documents_of_case(record.ref, record.payload)


class DocumentRows:
    """The documents that a chunk adds to the ledger, and the cases that carry documents already."""

    def __init__(self, connection: Connection, account: str, existing: ExistingEntries, lists: ListState) -> None:
        self._connection, self._account, self._existing, self._lists = connection, account, existing, lists
        self._own: dict[int, list[dict[str, Any]]] = {}
        self._listed: dict[int, list[dict[str, Any]]] = {}
        self._removed: set[int] = set()
        self._taken_over: dict[int, int] = {}
        self._carriers: dict[tuple[int, str], Carrier] = {}
        self._marks: dict[tuple[int, str], Carrier] = {}
        self._by: dict[str, set[tuple[int, str]]] = defaultdict(set)
        self._loaded: set[str] = set()

    # Adding

    def insert(self, known: ExistingEntry, candidate: Candidate, ordinals: Counter[str]) -> None:
        """Add the documents of a new case. ``ordinals`` counts the equal cases without a reference in the source."""
        record, keys = candidate.record, candidate.keys
        assert isinstance(record, CaseRecord)
        if record.documents:
            self.insert_all(known, documents_of_list(record.documents, record.payload), candidate.gone)
            return
        key, source = (keys.text[:SHORT], _REFERENCE) if record.ref else (self._unnumbered(record, ordinals), _UNKNOWN)
        own = self._own[known.id] = [{"entry_id": known.id, "key": key, "account": self._account, "source": source}]
        if keys.number is not None:
            own.append({"entry_id": known.id, "key": keys.number[:SHORT], "account": self._account, "source": _SECOND})

    @staticmethod
    def _unnumbered(record: CaseRecord, ordinals: Counter[str]) -> str:
        (first,) = documents_of_case(None, record.payload)
        ordinals[first.key] += 1
        before = ordinals[first.key] - 1
        return documents_of_case(None, record.payload, before)[0].key if before else first.key

    def insert_all(self, known: ExistingEntry, carried: Iterable[CarriedDocument], gone: Collection[str] = frozenset()) -> None:
        """Add documents of a list, or of vouchers, to those of a case. The list does not show those that are ``gone``, by key."""
        rows = self._listed.setdefault(known.id, [])
        for one in carried:
            is_listed = one.source is DocumentSource.LIST
            shown = {"last_cents": one.document.open_cents, "listed_on": self._lists.listed_on}
            fixed = {"entry_id": known.id, "key": one.key, "account": self._account, "source": one.source.value, "name": one.name}
            gone_on = (self._lists.listed_on or to_timestamp()[:10]) if one.key in gone else None
            fixed |= {"debtor": one.document.debtor, "gone_on": gone_on}
            rows.append(fixed | (shown if is_listed else dict.fromkeys(shown)) | facts_of(one.document))
            if gone_on is None:
                self._lists.shown[known.id, one.key] = one.document.open_cents
            self._remember(Carrier(known, one, one.document.open_cents, self._lists.listed_on, gone_on))

    def mark(self, known: ExistingEntry, carried: Iterable[CarriedDocument], what: DocumentSource) -> None:
        """Note something about documents that a case does not carry."""
        marks = [replace(one, source=what) for one in carried]
        rows = self._listed.setdefault(known.id, [])
        for one in marks:
            fixed = {"entry_id": known.id, "key": one.key, "account": self._account, "source": what.value, "name": one.name}
            fixed |= {"debtor": one.document.debtor, "gone_on": None}
            rows.append(fixed | {"last_cents": None, "listed_on": self._lists.listed_on} | facts_of(one.document))
            self._marks[known.id, one.key] = Carrier(known, one)

    def insert_voucher(self, case: ExistingEntry, payload: bytes) -> None:
        """Add the document that a voucher of a case is, if it is an invoice with a number."""
        if VoucherParts.of(payload).is_document and (carried := document_of_voucher(payload, case.payload)) is not None:
            self.insert_all(case, (carried,))

    def replace(self, known: ExistingEntry, candidate: Candidate, ordinals: Counter[str]) -> None:
        """Replace the documents of a case that got other values. Those of its vouchers stay."""
        self._listed.pop(known.id, None)
        self._own.pop(known.id, None)
        self._removed.add(known.id)
        for place in [place for place, one in self._carriers.items() if place[0] == known.id and not _is_of_voucher(one)]:
            del self._carriers[place]
        self.insert(known, candidate, ordinals)

    def supersede(self, old: ExistingEntry, new: ExistingEntry) -> None:
        """Let a case take over the documents of the vouchers of the one that it replaces."""
        self._taken_over[old.id] = new.id

    def write(self) -> None:
        """Write what was added."""
        run = self._connection.execute
        for part in parts_of(self._removed):
            run(delete(document).where(document.c.entry_id.in_(part), document.c.source != DocumentSource.VOUCHER.value))
        self._unmark()
        _INSERT_OWN(self._connection, [one for rows in self._own.values() for one in rows])
        _INSERT_LISTED(self._connection, [one for rows in self._listed.values() for one in rows])
        of_voucher = document.c.source == DocumentSource.VOUCHER.value
        for old, new in self._taken_over.items():
            there = select(document.c.key).where(document.c.entry_id == new)
            moved = update(document).where(document.c.entry_id == old, of_voucher, document.c.key.not_in(there))
            run(moved.values(entry_id=new))

    def _unmark(self) -> None:
        """Remove the marks of documents that a case carries now."""
        listed = [(one["entry_id"], one["key"]) for rows in self._listed.values() for one in rows if one["source"] not in MARKS]
        for entry_id, key in filter(self._marks.__contains__, listed):
            of_mark = (document.c.entry_id == entry_id) & (document.c.key == key) & document.c.source.in_(sorted(MARKS))
            self._connection.execute(delete(document).where(of_mark))

    # Looking up

    def has_lists(self) -> bool:
        """Return whether the account has documents of lists or of vouchers, so that a case may be one of them."""
        shown = document.c.debtor.is_not(None) & (document.c.account == self._account)
        return bool(self._listed) or self._connection.scalar(select(document.c.key).where(shown).limit(1)) is not None

    def load(self, keys: Collection[str]) -> None:
        """Read the cases that carry documents with these keys."""
        self._load(document.c.key, keys)

    def load_debtors(self, names: Collection[str], debtors: Collection[str]) -> None:
        """Read the documents of debtors, by the keys of their names and by the keys that lists give them."""
        self._fill_names()
        self._load(document.c.name, names)
        self._load(document.c.debtor, debtors)

    def _fill_names(self) -> None:
        """Derive the names of debtors that are not stored yet: only lists need them, and most ledgers have none."""
        columns = (document.c.entry_id, document.c.key, entry.c.payload)
        joined = document.join(entry, entry.c.id == document.c.entry_id)
        query = select(*columns).select_from(joined).where(document.c.name.is_(None)).limit(PAGE_ROWS)
        while found := self._connection.execute(query).all():
            named = [{"_entry": one.entry_id, "_key": one.key, "_name": name_of_debtor(one.payload)} for one in found]
            _FILL_NAMES(self._connection, named)

    def load_entries(self, identifiers: Iterable[int]) -> None:
        """Read all documents of these cases."""
        for part in parts_of(identifiers):
            self._read(document.c.entry_id.in_(part))

    def _load(self, column: Any, keys: Collection[str]) -> None:
        for part in parts_of(set(keys) - self._loaded):
            self._read((document.c.account == self._account) & column.in_(part))
        self._loaded |= set(keys)

    def _read(self, condition: ColumnElement[bool]) -> None:
        joined = document.join(entry, entry.c.id == document.c.entry_id)
        is_present = entry.c.superseded_by.is_(None) | document.c.source.in_(sorted(MARKS))
        query = select(document).select_from(joined).where(condition, is_present)
        found = self._connection.execute(query).all()
        self._existing.load_ids(RecordKind.CASE, {one.entry_id for one in found})
        for stored in found:
            place = (stored.entry_id, stored.key)
            if stored.source in MARKS:
                self._marks[place] = self._carrier(stored)
            elif stored.entry_id not in self._removed and place not in self._carriers:
                self._remember(self._carrier(stored))

    def _carrier(self, stored: Any) -> Carrier:
        (known,) = self._existing.entries([stored.entry_id])
        if stored.kind is None:
            shown = document_of_case(known.ref, known.payload)
        else:
            shown = document_of(stored, str(orjson.loads(known.payload).get("creditorCompanyName")))
        name = stored.name or name_of_debtor(known.payload)
        carried = CarriedDocument(stored.key, DocumentSource(stored.source), shown, name)
        return Carrier(known, carried, stored.last_cents, stored.listed_on, stored.gone_on)

    def _remember(self, one: Carrier) -> None:
        place = (one.known.id, one.carried.key)
        self._carriers.setdefault(place, one)
        for name in (one.carried.key, one.carried.name, one.carried.document.debtor):
            self._by[name].add(place)
        self._by[_of_entry(one.known.id)].add(place)

    def carriers(self, key: str) -> list[Carrier]:
        """Return the loaded cases with this key of a document or a debtor, in the order of their ids."""
        found = (self._carriers[place] for place in sorted(self._by.get(key, ())) if place in self._carriers)
        return [one for one in found if one.known.superseded_by is None]

    def marked(self, what: DocumentSource, key: str) -> list[Carrier]:
        """Return the loaded documents with this key, or of this debtor, about which something is noted."""
        of_kind = (one for one in self._marks.values() if one.carried.source is what)
        return [one for one in of_kind if key in {one.carried.key, one.carried.document.debtor}]

    def of_entry(self, known: ExistingEntry) -> list[Carrier]:
        """Return the loaded documents of a case."""
        return self.carriers(_of_entry(known.id))


def add_documents(
    rows: DocumentRows,
    ordinals: Counter[str],
    known: ExistingEntry,
    candidate: Candidate,
    of_case: ExistingEntry | None,
    *,
    is_new: bool = True,
) -> None:
    """Add the documents of a case or a voucher that is new, or got other values. ``of_case`` is a voucher's case."""
    if not candidate.carries:
        if is_new:
            rows.mark(known, documents_in(candidate), DocumentSource.GROWN)
        return
    if candidate.kind is RecordKind.CASE:
        (rows.insert if is_new else rows.replace)(known, candidate, ordinals)
    elif of_case is not None:
        rows.insert_voucher(of_case, known.payload)


def _of_entry(identifier: int) -> str:
    return f"entry {identifier}"


def _is_of_voucher(one: Carrier) -> bool:
    return one.carried.source is DocumentSource.VOUCHER
