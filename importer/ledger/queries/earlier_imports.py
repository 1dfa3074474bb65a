"""Where an entry was imported from before, and its result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from importer.domain.kinds import RecordKind
from importer.ledger.queries.row_places import row_in, sources_of
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry, row


@dataclass(frozen=True, slots=True)
class EarlierImport:
    """The file and row from which an entry was imported, and its result."""

    place: str
    accepted_at: str | None
    remote_id: str | None
    reference: str | None

    def in_words(self, kind: RecordKind) -> str:
        """Describe the import: ``on 2026-10-31 from october.xlsx, row 12, as case 8f3c (reference DB-7)``."""
        when = f"on {self.accepted_at[:10]} " if self.accepted_at else ""
        reference = f" (reference {self.reference})" if self.reference else ""
        what = f", as {kind} {self.remote_id}{reference}" if self.remote_id else ""
        return f"{when}from {self.place}{what}"


def earlier_imports(connection: Connection, entry_ids: Iterable[int]) -> dict[int, EarlierImport]:
    """Return the file and row of each of these entries, by entry id."""
    found: dict[int, EarlierImport] = {}
    columns = (entry.c.id, entry.c.accepted_at, entry.c.remote_id, entry.c.remote_reference, row.c.sheet, row.c.number)
    joined = select(*columns, row.c.batch_id).join(row, row.c.id == entry.c.row_id)
    rows = [r for part in parts_of(entry_ids) for r in connection.execute(joined.where(entry.c.id.in_(part)))]
    sources = sources_of(connection, {r.batch_id for r in rows})
    for r in rows:
        name, sheets = sources[r.batch_id]
        found[r.id] = EarlierImport(
            f"{name}, {row_in(sheets, r.sheet, r.number)}", r.accepted_at, r.remote_id, r.remote_reference
        )
    return found
