"""Where an entry comes from: its label, the file and the row, and the reference that its sheet gives it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.shown_references import shown_reference
from importer.ledger.storage.schema import batch, entry, row


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """An entry's label, the file and the number of the row that it was made from, and its reference, if it has one."""

    label: EntryLabel
    file: str
    row: int
    ref: str | None


def entry_place(connection: Connection, entry_id: int) -> EntryPlace:
    """Return where an entry comes from."""
    rows = entry.join(row, row.c.id == entry.c.row_id).join(batch, batch.c.id == row.c.batch_id)
    columns = (entry.c.kind, entry.c.key, entry.c.ref, entry.c.payload, row.c.number, batch.c.source_name)
    found = connection.execute(select(*columns).select_from(rows).where(entry.c.id == entry_id)).one()
    label = EntryLabel.of(RecordKind(found.kind), entry_id, found.key)
    return EntryPlace(label, found.source_name, found.number, shown_reference(found.ref, found.payload))
