"""The places of rows in words: the file of a batch, the sheet if it has several, and the number of the row."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import batch

Sources = dict[int, tuple[str, list[str]]]
"""The name and the sheets of a batch's source, by the batch's id."""


def row_in(sheets: list[str], sheet: int, number: int) -> str:
    """Describe a row of a file with these sheets: ``row 12``, or ``row 12 of sheet "Cases"`` if there are several."""
    return f'row {number} of sheet "{sheets[sheet]}"' if len(sheets) > 1 else f"row {number}"


def sources_of(connection: Connection, batch_ids: set[int]) -> Sources:
    """Return the source name and the sheet names of each batch, by batch id."""
    named: Sources = {}
    for part in parts_of(sorted(batch_ids)):
        for r in connection.execute(select(batch.c.id, batch.c.source_name, batch.c.heads).where(batch.c.id.in_(part))):
            named[r.id] = (r.source_name, [head["name"] for head in json.loads(r.heads)])
    return named
