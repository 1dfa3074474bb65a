"""Which batches are open: they wait for an approval, for the next run, for an answer or for a correction."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, or_, select

from importer.domain.batches import BatchState
from importer.domain.states import NOT_THERE, State
from importer.ledger.queries.corrected_rows import corrected_later
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, entry, reject, row

_UNFINISHED = (State.PENDING, State.SENDING, State.IN_DOUBT, State.HELD, State.QUESTIONED, State.REFUSED, State.BLOCKED)
_WITHOUT_ROWS = ("{}", '{"case": {}, "voucher": {}}')
"""The totals of a source without rows, as this release and earlier ones record them."""


def batch_ids(connection: Connection, *, with_empty: bool) -> list[int]:
    """Return the ids of all batches, the newest first; without ``with_empty`` only of those whose source had rows."""
    query = select(batch.c.id).order_by(batch.c.id.desc())
    if not with_empty:
        query = query.where(or_(batch.c.control.not_in(_WITHOUT_ROWS), batch.c.state != BatchState.APPROVED))
    return list(connection.scalars(query))


def waiting_batches(connection: Connection) -> set[int]:
    """Return the batches that are open.

    A row that a later batch holds as well, with the same cells, waits in the later one alone.
    """
    undecided = select(batch.c.id).where(batch.c.state.in_([BatchState.STAGED, BatchState.VOID]))
    return {*connection.scalars(undecided), *_with_open_entries(connection), *_with_open_rejects(connection)}


def _with_open_entries(connection: Connection) -> Iterator[int]:
    owner = entry.alias("owner")
    is_withdrawn = (entry.c.state == State.BLOCKED) & (func.coalesce(owner.c.state, "") == State.WITHDRAWN)
    wanted = NOT_ACCEPTED & entry.c.state.in_(_UNFINISHED) & entry.c.superseded_by.is_(None) & ~is_withdrawn
    discarded = select(batch.c.id).where(batch.c.state == BatchState.DISCARDED)
    query = select(entry.c.batch_id).distinct().select_from(entry.outerjoin(owner, owner.c.id == entry.c.case_id))
    yield from connection.scalars(query.where(wanted, entry.c.batch_id.not_in(discarded)))


def _with_open_rejects(connection: Connection) -> Iterator[int]:
    """Yield the batches with rejected or blocked rows that no later batch holds again, unless all of them were corrected."""
    is_left = reject.c.status.in_(sorted(NOT_THERE)) & (batch.c.state != BatchState.DISCARDED)
    rejects = reject.join(row, row.c.id == reject.c.row_id).join(batch, batch.c.id == reject.c.batch_id)
    same_row = (batch.c.cases_account, batch.c.vouchers_account, reject.c.kind, row.c.cells)
    newest = select(func.max(reject.c.batch_id)).select_from(rejects).where(is_left).group_by(*same_row)
    for batch_id in set(connection.scalars(newest)):
        left = select(func.count()).where(reject.c.batch_id == batch_id, reject.c.status.in_(sorted(NOT_THERE)))
        if (connection.scalar(left) or 0) > corrected_later(connection, batch_id):
            yield batch_id
