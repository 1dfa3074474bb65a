"""Counts and money of batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, Connection, cast, func, select

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import RowOrigin, RowStatus, State, status_of
from importer.ledger.storage.schema import batch, credential, entry, proposal, reject, row

Tallies = dict[RecordKind, dict[RowStatus, dict[str, tuple[int, int]]]]
"""Record kind → status → currency → (rows, hundredths)."""


def knows_accounts(connection: Connection) -> bool:
    """Return whether any credential has opened an account yet."""
    return connection.scalar(select(credential.c.account).limit(1)) is not None


def open_batches(connection: Connection) -> dict[int, set[str]]:
    """Return the batches with unfinished entries, the oldest first, each with the accounts of those entries.

    An entry is finished when it is accepted, refused or blocked.
    """
    unfinished = entry.c.state.in_([State.PENDING, State.SENDING, State.IN_DOUBT, State.HELD])
    wanted = (
        unfinished
        & entry.c.superseded_by.is_(None)
        & entry.c.batch_id.not_in(select(batch.c.id).where(batch.c.state == BatchState.DISCARDED))
    )
    found: dict[int, set[str]] = {}
    query = select(entry.c.batch_id, entry.c.account).where(wanted).distinct().order_by(entry.c.batch_id)
    for batch_id, account in connection.execute(query):
        found.setdefault(batch_id, set()).add(account)
    return found


def row_count(connection: Connection, batch_id: int) -> int:
    """Return the number of rows of a batch, staged or not; 0 if its source had headings alone.

    While a staged batch is reviewed its rows are in both tables, as staged and as they would be entered. A row that shows a
    document of which something is deposited is in the ledger twice, with the deposit, and counts once.
    """
    places = ((table, cast(table.c.sheet, BigInteger) * _MOST_ROWS + table.c.number) for table in (row, proposal))
    queries = (select(func.count(place.distinct())).where(table.c.batch_id == batch_id) for table, place in places)
    return next((count for count in map(connection.scalar, queries) if count), 0)


_MOST_ROWS = 2**32  # of a sheet


def tally(connection: Connection, batch_id: int) -> Tallies:
    """Return counts and hundredths by kind, status and currency. A case that flat rows repeat counts once."""
    totals: dict[RecordKind, dict[RowStatus, dict[str, list[int]]]] = {
        k: defaultdict(lambda: defaultdict(lambda: [0, 0])) for k in RecordKind
    }
    for kind in RecordKind:
        for status, currency, rows, cents in (
            *_entry_sums(connection, batch_id, kind),
            *_reject_sums(connection, batch_id, kind),
        ):
            sums = totals[kind][status][currency]
            sums[0] += rows
            sums[1] += int(cents)
    return {
        kind: {status: {c: (n, s) for c, (n, s) in sums.items()} for status, sums in by_status.items()}
        for kind, by_status in totals.items()
    }


def _entry_sums(connection: Connection, batch_id: int, kind: RecordKind) -> Iterator[tuple[RowStatus, str, int, int]]:
    link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
    currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
    counted = (row.c.batch_id == batch_id) & (origin != RowOrigin.SHARED)
    sums = (entry.c.state, origin, currency, func.count(), func.sum(cents))
    query = select(*sums).select_from(row).join(entry, entry.c.id == link).where(counted)
    for state, row_origin, code, rows, total in connection.execute(query.group_by(entry.c.state, origin, currency)):
        yield status_of(State(state), row_origin), code, rows, total


def _reject_sums(connection: Connection, batch_id: int, kind: RecordKind) -> Iterator[tuple[RowStatus, str, int, int]]:
    counted = (reject.c.batch_id == batch_id) & (reject.c.kind == kind)
    sums = (reject.c.status, reject.c.currency, func.count(), func.sum(reject.c.cents))
    query = select(*sums).where(counted).group_by(reject.c.status, reject.c.currency)
    for status, code, rows, total in connection.execute(query):
        yield RowStatus(status), code, rows, total


def newly_questioned(connection: Connection, batch_id: int) -> int:
    """Count the batch's questioned cases and vouchers that no earlier batch has reported with the same values."""
    counts = (
        select(func.count())
        .select_from(row.join(entry, entry.c.id == row.c[f"{kind}_entry"]))
        .where(row.c.batch_id == batch_id, row.c[f"{kind}_origin"] == RowOrigin.NEW, entry.c.state == State.QUESTIONED)
        for kind in RecordKind
    )
    return sum(connection.scalar(count) or 0 for count in counts)


def pending_totals(connection: Connection, batch_ids: Sequence[int], kind: RecordKind) -> tuple[int, dict[str, int]]:
    """Return the number of entries of these batches that wait to be sent, and their hundredths by currency."""
    link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
    currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
    # An entry with rows in several of the batches counts once: in the last of them, which is its ``batch_id``.
    own = (
        (entry.c.batch_id == row.c.batch_id)
        & row.c.batch_id.in_(batch_ids)
        & origin.not_in([RowOrigin.SHARED, RowOrigin.REPEATED])
    )
    query = select(currency, func.count(), func.sum(cents)).select_from(row).join(entry, entry.c.id == link)
    found = connection.execute(query.where(own & (entry.c.state == State.PENDING)).group_by(currency).order_by(currency)).all()
    return sum(rows for _, rows, _ in found), {code: int(total) for code, _, total in found}
