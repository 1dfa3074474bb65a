"""What is new in a batch, what is open in the whole ledger, and when files came: the figures that a night reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import RejectStatus, RowOrigin, RowStatus, State, status_of
from importer.ledger.queries.totals import Tallies
from importer.ledger.storage.schema import batch, entry, reject, row

COMPARED_BATCHES = 10
"""The earlier batches of a profile among which a row is looked for."""
_REPORTED = (RejectStatus.REJECTED, RejectStatus.CHANGED)
_OPEN = (State.PENDING, State.SENDING, State.IN_DOUBT, State.HELD, State.QUESTIONED, State.REFUSED)


class Arrival(NamedTuple):
    """A file that came: the timestamp of its first batch, and the profile with which it was read."""

    at: str
    profile: str | None


def newest_batch(connection: Connection) -> int:
    """Return the id of the newest batch; 0 in an empty ledger."""
    return connection.scalar(select(func.max(batch.c.id))) or 0


def new_in_batch(connection: Connection, batch_id: int) -> Tallies:
    """Return the batch's rejected, refused, questioned and changed rows that no earlier batch has reported.

    Of rejected and changed rows, those count of which the last batches of the same profile and account have none with the same
    cells and status; of refused entries, those without an earlier row that has the same cells.
    """
    found: Tallies = {kind: {} for kind in RecordKind}
    for kind, status, currency, rows, cents in (*_new_rejects(connection, batch_id), *_new_entries(connection, batch_id)):
        sums = found[kind].setdefault(status, {})
        before = sums.get(currency, (0, 0))
        sums[currency] = (before[0] + rows, before[1] + cents)
    return found


def _new_rejects(connection: Connection, batch_id: int) -> Iterator[tuple[RecordKind, RowStatus, str, int, int]]:
    own = list(_rejects(connection, [batch_id]))
    known = {digest for digest, *_ in _rejects(connection, _compared(connection, batch_id))} if own else set()
    for digest, kind, status, currency, cents in own:
        if digest not in known:
            yield RecordKind(kind), RowStatus(status), currency, 1, int(cents)


def _rejects(connection: Connection, batches: Iterable[int]) -> Iterator[tuple[bytes, str, str, str, int]]:
    columns = (reject.c.kind, reject.c.status, reject.c.currency, reject.c.cents, row.c.cells)
    query = select(*columns).join(row, row.c.id == reject.c.row_id)
    query = query.where(reject.c.batch_id.in_(list(batches)), reject.c.status.in_(_REPORTED))
    for kind, status, currency, cents, cells in connection.execute(query.execution_options(yield_per=2000)):
        digest = hashlib.blake2b(f"{kind}\n{status}\n{cells}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        yield digest, kind, status, currency, cents


def _compared(connection: Connection, batch_id: int) -> list[int]:
    """Return the last batches of the same profile and account before this one, the newest first."""
    this = connection.execute(select(batch.c.cases_account, batch.c.profile).where(batch.c.id == batch_id)).one()
    same = (batch.c.cases_account == this.cases_account) & batch.c.profile.is_not_distinct_from(this.profile)
    query = select(batch.c.id).where(same, batch.c.id < batch_id).order_by(batch.c.id.desc()).limit(COMPARED_BATCHES)
    return list(connection.scalars(query))


def _new_entries(connection: Connection, batch_id: int) -> Iterator[tuple[RecordKind, RowStatus, str, int, int]]:
    for kind in RecordKind:
        link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
        currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
        earlier = row.alias("earlier")
        seen = select(earlier.c.id).where(
            earlier.c[f"{kind}_entry"] == entry.c.id, earlier.c.batch_id < batch_id, earlier.c.cells == row.c.cells
        )
        is_new = (entry.c.state == State.QUESTIONED) & (origin == RowOrigin.NEW)
        is_new |= (entry.c.state == State.REFUSED) & ~seen.correlate(entry, row).exists()
        counted = (row.c.batch_id == batch_id) & origin.not_in([RowOrigin.SHARED, RowOrigin.REPEATED]) & is_new
        query = select(entry.c.state, currency, func.count(), func.sum(cents)).select_from(row.join(entry, entry.c.id == link))
        for state, code, rows, total in connection.execute(query.where(counted).group_by(entry.c.state, currency)):
            yield kind, status_of(State(state), None), code, rows, int(total)


def open_in_ledger(connection: Connection) -> Tallies:
    """Return the entries of the ledger that are not done, by kind, status and currency, each once.

    Entries of batches that wait for an approval, or were discarded, do not count.
    """
    found: Tallies = {kind: {} for kind in RecordKind}
    approved = select(batch.c.id).where(batch.c.state == BatchState.APPROVED)
    wanted = entry.c.state.in_(_OPEN) & entry.c.superseded_by.is_(None) & entry.c.batch_id.in_(approved)
    for kind in RecordKind:
        currency = row.c[f"{kind}_currency"]
        query = select(entry.c.state, currency, func.count(), func.sum(row.c[f"{kind}_cents"]))
        query = query.select_from(entry.join(row, row.c.id == entry.c.row_id)).where(wanted, entry.c.kind == kind)
        for state, code, rows, cents in connection.execute(query.group_by(entry.c.state, currency)):
            sums = found[kind].setdefault(status_of(State(state), None), {})
            before = sums.get(code or "", (0, 0))
            sums[code or ""] = (before[0] + rows, before[1] + int(cents or 0))
    return found


def batches_since(connection: Connection, batch_id: int, taken_at: str = "") -> list[int]:
    """Return the ids of the batches after ``batch_id`` that were taken in after a timestamp, the oldest first."""
    query = select(batch.c.id).where(batch.c.id > batch_id, batch.c.taken_at > taken_at)
    return list(connection.scalars(query.order_by(batch.c.id)))


def arrivals(connection: Connection, since: str) -> list[Arrival]:
    """Return the files that came after a timestamp, the oldest first. A file whose bytes came before is no new one.

    A corrected error sheet is none that was expected, and does not count.
    """
    first = func.min(batch.c.taken_at)
    new = select(func.min(batch.c.id)).group_by(batch.c.source_sha256).having(first > since)
    query = select(batch.c.taken_at, batch.c.profile, batch.c.heads).where(batch.c.id.in_(new)).order_by(batch.c.taken_at)
    return [Arrival(at, profile) for at, profile, heads in connection.execute(query) if not _is_error_sheet(heads)]


def _is_error_sheet(heads: str) -> bool:
    return any(heading.startswith("#") for head in json.loads(heads) for heading in head["header"])
