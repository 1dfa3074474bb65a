"""What a chunk of a source changes in the ledger, collected and then written with a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, bindparam, case, insert, select, update

from importer.columns import Kind
from importer.ledger.bulk import Many
from importer.ledger.decide import Known
from importer.ledger.dependents import follow
from importer.ledger.places import row_in
from importer.ledger.schema import entry, reject, row
from importer.ledger.states import RejectStatus, State
from importer.ledger.superseding import repoint
from importer.rows import Reject, Row, encode_cells, reasons_to_json

_FORGOTTEN = {
    # Nothing of a refused payload is out there: only attempts from now on matter.
    "first_sent_at": case((entry.c.state == State.REFUSED, None), else_=entry.c.first_sent_at),
    # What was looked for, or called absent by a person, was the old payload.
    "absent_scans": case((entry.c.payload == bindparam("payload"), entry.c.absent_scans), else_=0),
}
_INSERT_ENTRIES, _INSERT_ROWS = Many(insert(entry)), Many(insert(row))
_NOTHING_NOTED = dict.fromkeys(f"{k}_{c}" for k in Kind for c in ("entry", "standing", "currency", "cents"))


class Draft:
    """The changes of one chunk."""

    def __init__(self, connection: Connection, batch_id: int) -> None:
        self._connection = connection
        self._batch = batch_id
        self._rows: dict[int, dict[str, Any]] = {}
        self._rejects: list[dict[str, Any]] = []
        self._inserts: dict[int, dict[str, Any]] = {}
        self._updates: dict[int, dict[str, Any]] = {}
        self._touched: set[int] = set()
        self._moved: dict[int, State] = {}
        self._superseded: list[tuple[Kind, Known, Known]] = []
        self._late: list[tuple[int, dict[str, Any]]] = []
        self._first_rows: dict[int, tuple[int, int]] = {}

    def enter(self, row_id: int, sheet: int, source: Row) -> None:
        """A row as it stands in the sheet; what becomes of it is noted later."""
        self._rows[row_id] = {
            "id": row_id,
            "batch_id": self._batch,
            "sheet": sheet,
            "number": source.number,
            "cells": encode_cells(source.cells),
            **_NOTHING_NOTED,
        }

    def reject(self, row_id: int, rejected: Reject, status: RejectStatus) -> None:
        self._rejects.append(
            {
                "batch_id": self._batch,
                "row_id": row_id,
                "kind": rejected.kind,
                "status": status,
                "reasons": reasons_to_json(rejected.reasons),
                "currency": rejected.money.currency,
                "cents": rejected.money.cents,
                "ref": rejected.ref,
            }
        )

    def rejected_refs(self, kind: Kind, refs: set[str], batches: Collection[int]) -> set[str]:
        """Those of ``refs`` whose case or voucher these batches have rejected."""
        if not refs:
            return set()
        here = (reject.c.kind == kind) & reject.c.batch_id.in_(batches) & reject.c.ref.in_(refs)
        stored = set(self._connection.scalars(select(reject.c.ref).where(here)))
        return stored | {r["ref"] for r in self._rejects if r["kind"] == kind}

    def insert(self, identifier: int, values: dict[str, Any]) -> None:
        self._inserts[identifier] = values

    def replace(self, known: Known, values: dict[str, Any], before: State) -> None:
        self._updates[known.id] = {"_id": known.id, **values}
        if before is not known.state:
            self._moved[known.id] = known.state

    def touch(self, identifier: int) -> None:
        """Make the entry one of this batch: it is sent with it."""
        if identifier not in self._inserts:
            self._touched.add(identifier)

    def supersede(self, kind: Kind, old: Known, new: Known) -> None:
        self._superseded.append((kind, old, new))

    def note(self, row_id: int, entry_id: int, changes: dict[str, Any]) -> None:
        """What became of a row; one that waited for a parent is in the ledger already, and is changed there."""
        if row_id in self._rows:
            self._rows[row_id].update(changes)
            self._first_rows.setdefault(entry_id, (self._rows[row_id]["sheet"], self._rows[row_id]["number"]))
        else:
            self._late.append((row_id, changes))

    def where(self, kind: Kind, entry_id: int, sheets: list[str]) -> str:
        """The row of this source that holds the entry, in words."""
        found = self._first_rows.get(entry_id)
        if found is None:
            mine = (row.c.batch_id == self._batch) & (row.c[f"{kind}_entry"] == entry_id)
            first = self._connection.execute(select(row.c.sheet, row.c.number).where(mine).order_by(row.c.id).limit(1)).first()
            found = (first.sheet, first.number) if first else None
        if found is None or len(sheets) > 1:
            return row_in(sheets, *found) if found else "another row"
        return f"row {found[1]} of this file"

    def write(self) -> None:
        run = self._connection.execute
        _INSERT_ENTRIES(self._connection, list(self._inserts.values()))
        if self._updates:
            names = [name for name in next(iter(self._updates.values())) if name != "_id"]
            changed = update(entry).where(entry.c.id == bindparam("_id")).values({n: bindparam(n) for n in names} | _FORGOTTEN)
            run(changed, list(self._updates.values()))
        if self._touched:
            touch = update(entry).where(entry.c.id.between(bindparam("first"), bindparam("last"))).values(batch_id=self._batch)
            run(touch, [{"first": first, "last": last} for first, last in _ranges(self._touched)])
        _INSERT_ROWS(self._connection, list(self._rows.values()))
        for row_id, changes in self._late:
            run(update(row).where(row.c.id == row_id).values(changes))
        if self._rejects:
            run(insert(reject), self._rejects)
        for kind, old, new in self._superseded:
            repoint(self._connection, kind, old.id, new.id)
        for identifier, state in (self._moved | {new.id: new.state for _, _, new in self._superseded}).items():
            follow(self._connection, identifier, state)


def _ranges(identifiers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Numbers as ranges without gaps, first and last: the rows of a known file have their entries side by side."""
    ordered = sorted(identifiers)
    first = before = ordered[0]
    for identifier in ordered[1:]:
        if identifier != before + 1:
            yield first, before
            first = identifier
        before = identifier
    yield first, before
