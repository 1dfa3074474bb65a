"""Rows that share the case of another row: whether that case was imported before this batch, as its first row says."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from importer.domain.states import RowOrigin
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import row


def imported_before(connection: Connection, batch_id: int, cases: Collection[int]) -> set[int]:
    """Return those of these entries of cases that no row of the batch has made: they were there before.

    A row may share a case without its first row, such as one of a document that an earlier case carries.
    """
    made: set[int] = set()
    of_batch = (row.c.batch_id == batch_id) & row.c.case_origin.in_([RowOrigin.NEW, RowOrigin.ASKED])
    for part in parts_of(cases):
        made.update(connection.scalars(select(row.c.case_entry).where(of_batch, row.c.case_entry.in_(part))))
    return set(cases) - made
