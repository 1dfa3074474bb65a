"""Rows that share the case of another row: whether that case was imported before this batch, as its first row says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from importer.domain.states import RowOrigin, RowStatus
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import row

if TYPE_CHECKING:
    from importer.ledger.queries.report_rows import EarlierImport, RecordResult


def imported_before(connection: Connection, batch_id: int, cases: Collection[int]) -> set[int]:
    """Return those of these entries of cases that no row of the batch has made: they were there before.

    A row may share a case without its first row, such as one of a document that an earlier case carries.
    """
    made: set[int] = set()
    of_batch = (row.c.batch_id == batch_id) & row.c.case_origin.in_([RowOrigin.NEW, RowOrigin.ASKED])
    for part in parts_of(cases):
        made.update(connection.scalars(select(row.c.case_entry).where(of_batch, row.c.case_entry.in_(part))))
    return set(cases) - made


def as_first(case: RecordResult | None, shared: Mapping[int, EarlierImport]) -> RecordResult | None:
    """Return the result of a row that shares a case; ``shared`` are those that were imported before."""
    if case is None or not case.repeats or case.entry_id is None or case.entry_id not in shared:
        return case
    return case._replace(status=RowStatus.ALREADY_IMPORTED, imported_from=shared[case.entry_id].place)


def asked_with(case: RecordResult | None) -> RecordResult | None:
    """Return the result of a row that shares a questioned case; None for any other."""
    return case if case is not None and case.repeats and case.status is RowStatus.QUESTIONED else None
