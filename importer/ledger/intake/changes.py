"""The changes that a chunk of a source makes in the ledger, collected and then written with a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, false, insert, select, update

from importer.domain.identity import match_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import StoredKey
from importer.domain.money import Money
from importer.domain.questions import kind_of
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json
from importer.domain.records import Reject, Row
from importer.domain.states import NO_CLAIM, NOT_THERE, RejectStatus, RowOrigin, State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.superseding import repoint
from importer.ledger.outbox.approvals import take_out
from importer.ledger.outbox.dependents import follow
from importer.ledger.queries.row_places import row_in
from importer.ledger.storage.compiled_sql import CompiledUpdate
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry, match_key, reject, row

_RESET = {
    # A refused payload created nothing remotely: only attempts from now on matter.
    "first_sent_at": case((entry.c.state == State.REFUSED, None), else_=entry.c.first_sent_at),
    # Earlier scans, or a user's answer that the case is absent, were about the old payload.
    "absent_scans": case((entry.c.payload == bindparam("payload"), entry.c.absent_scans), else_=0),
    # The new payload may be sent at once.
    "until_next_run": false(),
}
_REPLACED = (
    *("ref", "case_id", "target", "parent_key", "parent_id", "appendix", "content", "reasons", "is_test", "state", "ready"),
    *("payload", "digest", "not_before", "doubted_at", "row_id", "idempotency_key", "answer", "party"),
)
_REPLACE = CompiledUpdate(
    update(entry).where(entry.c.id == bindparam("_id")).values({name: bindparam(name) for name in _REPLACED} | _RESET)
)
_SET_STATE = CompiledUpdate(
    update(entry).where(entry.c.id == bindparam("_id")).values(state=bindparam("_state"), reasons=bindparam("_reasons"))
)
_ALL_EMPTY = dict.fromkeys(_REPLACED)
_INSERT_ENTRIES, _INSERT_ROWS = {kind: CompiledUpdate(insert(entry)) for kind in RecordKind}, CompiledUpdate(insert(row))
_INSERT_REJECTS, _INSERT_MATCH_KEYS = CompiledUpdate(insert(reject)), CompiledUpdate(insert(match_key))
_RESULT_COLUMNS = {kind: tuple(f"{kind}_{column}" for column in ("entry", "origin", "currency", "cents")) for kind in RecordKind}
_UPDATE_ROWS = CompiledUpdate(  # only vouchers can be noted after their row, because they may wait for a parent
    update(row)
    .where(row.c.id == bindparam("_id"))
    .values({name: bindparam(name) for name in _RESULT_COLUMNS[RecordKind.VOUCHER]})
)


class RejectedRefs(NamedTuple):
    """References or unique ids of records that did not become entries: of rejected ones, and of those that were left out."""

    rejected: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.rejected | self.left_out


class PendingChanges:
    """The changes of one chunk."""

    def __init__(self, connection: Connection, batch_id: int) -> None:
        self._connection = connection
        self._batch = batch_id
        self._rows: dict[int, dict[str, Any]] = {}
        self._rejects: list[dict[str, Any]] = []
        self._inserted: set[int] = set()
        self._inserts: dict[RecordKind, list[dict[str, Any]]] = {kind: [] for kind in RecordKind}
        self._match_keys: dict[int, list[dict[str, Any]]] = {}
        self._rekeyed: set[int] = set()
        self._updates: dict[int, dict[str, Any]] = {}
        self._touched: set[int] = set()
        self._set_states: list[dict[str, Any]] = []
        self._changed_states: dict[int, State] = {}
        self._moved: dict[int, set[int]] = {}
        self._superseded: list[tuple[RecordKind, ExistingEntry, ExistingEntry]] = []
        self._row_updates: list[dict[str, Any]] = []
        self._first_row_of: dict[int, tuple[int, int]] = {}

    def enter(self, row_id: int, sheet: int, source: Row, cells: str) -> None:
        """Add a row with its encoded cells. Its entry is added later, by :meth:`note`."""
        self._rows[row_id] = {
            "id": row_id,
            "batch_id": self._batch,
            "sheet": sheet,
            "number": source.number,
            "cells": cells,
            "case_entry": None,
            "case_origin": None,
            "case_currency": None,
            "case_cents": None,
            "voucher_entry": None,
            "voucher_origin": None,
            "voucher_currency": None,
            "voucher_cents": None,
        }

    def reject(self, row_id: int, rejected: Reject, status: RejectStatus) -> None:
        """Add a reject of the row."""
        self._rejects.append(
            {
                "batch_id": self._batch,
                "row_id": row_id,
                "kind": rejected.kind.value,
                "status": status.value,
                "reasons": reasons_to_json(rejected.reasons),
                "currency": rejected.money.currency,
                "cents": rejected.money.cents,
                "ref": match_text(rejected.ref) if rejected.ref else None,
            }
        )

    def rejected_refs(self, kind: RecordKind, refs: set[str], batches: Collection[int]) -> RejectedRefs:
        """Return those of ``refs`` whose case or voucher was rejected or left out in one of these batches."""
        if not refs:
            return RejectedRefs()
        folded = {ref: match_text(ref) for ref in refs}
        texts = set(folded.values())
        here = (reject.c.kind == kind) & reject.c.batch_id.in_(batches) & reject.c.ref.in_(texts)
        found = {(ref, status) for ref, status in self._connection.execute(select(reject.c.ref, reject.c.status).where(here))}
        found |= {(r["ref"], r["status"]) for r in self._rejects if r["kind"] == kind and r["ref"] in texts}
        left_out = {ref for ref, status in found if status in NO_CLAIM}
        rejected = {ref for ref, status in found if status in NOT_THERE}
        return RejectedRefs(*(frozenset(ref for ref, text in folded.items() if text in some) for some in (rejected, left_out)))

    def insert(
        self, kind: RecordKind, account: str, known: ExistingEntry, values: Mapping[str, Any], keys: Iterable[StoredKey]
    ) -> None:
        """Add a new entry with its match keys. ``values`` are the columns of its kind and those of its state."""
        self._inserted.add(known.id)
        self._add_keys(kind, account, known, keys)
        self._inserts[kind].append(
            {
                **values,
                "id": known.id,
                "account": account,
                "kind": kind.value,
                "key": known.key,
                "base": known.base,
                "batch_id": known.batch_id,
                "row_id": known.row_id,
                "idempotency_key": known.idempotency_key,
                "absent_scans": 0,
                "answer": known.answer,
                **_plain(values),
            }
        )

    def rekey(self, kind: RecordKind, account: str, known: ExistingEntry, keys: Iterable[StoredKey]) -> None:
        """Replace the entry's match keys, as its values were replaced."""
        self._rekeyed.add(known.id)
        self._add_keys(kind, account, known, keys)

    def _add_keys(self, kind: RecordKind, account: str, known: ExistingEntry, keys: Iterable[StoredKey]) -> None:
        fixed = {"entry_id": known.id, "account": account, "kind": kind.value}
        self._match_keys[known.id] = [{**fixed, "version": int(version), "key": key} for version, key in keys]

    def replace(self, known: ExistingEntry, values: dict[str, Any], before: State) -> None:
        """Replace the entry's columns by ``values``; columns that ``values`` omit become NULL."""
        self._updates[known.id] = {**_ALL_EMPTY, "_id": known.id, **values, **_plain(values)}
        if before is not known.state:
            self._changed_states[known.id] = known.state

    def withdraw(self, known: ExistingEntry, reason: Reason) -> None:
        """Withdraw an entry that waits to be sent: its row is not a claim now. A later row that is one opens it again."""
        self._set_state(known, State.WITHDRAWN, (reason,))

    def ask(self, known: ExistingEntry, reason: Reason) -> bool:
        """Question an entry that waits to be sent. Returns whether the same was asked before."""
        stored = self._connection.scalar(select(entry.c.reasons).where(entry.c.id == known.id))
        others = [one for one in reasons_from_json(stored) if kind_of(one) not in {None, kind_of(reason)}]
        is_asked = known.state is State.QUESTIONED and any(
            one.code == reason.code and one.gist == reason.gist for one in reasons_from_json(stored)
        )
        self._set_state(known, State.QUESTIONED, (*others, reason))
        return is_asked

    def _set_state(self, known: ExistingEntry, state: State, why: tuple[Reason, ...]) -> None:
        known.state = state
        self._set_states.append({"_id": known.id, "_state": state.value, "_reasons": reasons_to_json(why)})
        self._changed_states[known.id] = state

    def touch(self, known: ExistingEntry, guarded: Collection[int] = ()) -> None:
        """Assign the entry to this batch, so that it is sent with it.

        If its batch is one of the ``guarded`` ones, it is taken out of that batch's digest.
        """
        if known.batch_id in guarded:
            self._moved.setdefault(known.batch_id, set()).add(known.id)
        known.batch_id = self._batch
        if known.id not in self._inserted:
            self._touched.add(known.id)

    def supersede(self, kind: RecordKind, old: ExistingEntry, new: ExistingEntry) -> None:
        """Note that ``new`` replaces ``old``."""
        self._superseded.append((kind, old, new))

    def note(self, row_id: int, kind: RecordKind, entry_id: int, origin: RowOrigin, money: Money) -> None:
        """Note the entry of a row. A row that waited for a parent was written before, and is updated in the ledger."""
        link, origin_column, currency, cents = _RESULT_COLUMNS[kind]
        noted = self._rows.get(row_id)
        if noted is None:
            noted = {"_id": row_id}
            self._row_updates.append(noted)
        else:
            self._first_row_of.setdefault(entry_id, (noted["sheet"], noted["number"]))
        noted[link] = entry_id
        noted[origin_column] = origin.value
        noted[currency] = money.currency
        noted[cents] = money.cents

    def where(self, kind: RecordKind, entry_id: int, sheets: list[str]) -> str:
        """Describe the first row of this source that holds the entry: ``row 12 of this file``."""
        found = self._first_row_of.get(entry_id)
        if found is None:
            same_entry = (row.c.batch_id == self._batch) & (row.c[f"{kind}_entry"] == entry_id)
            first = self._connection.execute(
                select(row.c.sheet, row.c.number).where(same_entry).order_by(row.c.id).limit(1)
            ).first()
            found = (first.sheet, first.number) if first else None
        if found is None or len(sheets) > 1:
            return row_in(sheets, *found) if found else "another row"
        return f"row {found[1]} of this file"

    def write(self) -> None:
        """Write all collected changes."""
        run = self._connection.execute
        take_out(self._connection, self._moved)
        for kind, inserts in self._inserts.items():
            _INSERT_ENTRIES[kind](self._connection, inserts)
        _REPLACE(self._connection, list(self._updates.values()))
        _SET_STATE(self._connection, self._set_states)
        for part in parts_of(self._rekeyed):
            run(delete(match_key).where(match_key.c.entry_id.in_(part)))
        _INSERT_MATCH_KEYS(self._connection, [one for keys in self._match_keys.values() for one in keys])
        if self._touched:
            touch = update(entry).where(entry.c.id.between(bindparam("first"), bindparam("last"))).values(batch_id=self._batch)
            run(touch, [{"first": first, "last": last} for first, last in _ranges(self._touched)])
        _INSERT_ROWS(self._connection, list(self._rows.values()))
        _UPDATE_ROWS(self._connection, self._row_updates)
        _INSERT_REJECTS(self._connection, self._rejects)
        for kind, old, new in self._superseded:
            repoint(self._connection, kind, old.id, new.id)
        for identifier, state in (self._changed_states | {new.id: new.state for _, _, new in self._superseded}).items():
            follow(self._connection, identifier, state)


def _ranges(identifiers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield the ids as ranges (first, last) without gaps: the entries of a known file mostly have consecutive ids."""
    ordered = sorted(identifiers)
    first = before = ordered[0]
    for identifier in ordered[1:]:
        if identifier != before + 1:
            yield first, before
            first = identifier
        before = identifier
    yield first, before


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert enum members and booleans to plain str and int, which the driver passes on faster."""
    return {"state": values["state"].value, "ready": int(values["ready"]), "is_test": int(values["is_test"])}
