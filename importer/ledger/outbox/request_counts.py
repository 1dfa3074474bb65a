"""How many requests a credential has made: one line per credential, written in the commit of the intents.

What stands there is the dispatcher's (its rate windows, as JSON); the ledger keeps it and forgets it when it is old.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, inspect, select, update

from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.storage.compiled_sql import CompiledUpdate
from importer.ledger.storage.schema import attempt, request_count
from importer.ledger.storage.session import Session

KEPT = timedelta(hours=25)  # a little longer than the longest window


class RequestCounts:
    """The requests that were made, by credential."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def kept(self, scope: str) -> str | None:
        """What was kept for this credential, or None; an old ledger that is only read has not counted."""
        with self._session.transaction() as connection:
            if not inspect(connection).has_table(request_count.name):
                return None
            recent = request_count.c.at >= to_timestamp(datetime.now(UTC) - KEPT)
            return connection.scalar(select(request_count.c.counted).where((request_count.c.scope == scope) & recent))

    def keep(self, counts: Mapping[str, str]) -> None:
        """Keep what was counted, in a commit of its own: for requests that have no intent."""
        with self._session.transaction() as connection:
            keep_counts(connection, counts)
            connection.execute(delete(request_count).where(request_count.c.at < to_timestamp(datetime.now(UTC) - KEPT)))

    def attempts_since(self, account: str, since: datetime) -> list[tuple[float, int]]:
        """The account's attempts by the second in which they began (of the epoch), the oldest first."""
        second = func.substr(attempt.c.started_at, 1, 19)
        wanted = (attempt.c.account == account) & (attempt.c.started_at >= to_timestamp(since))
        query = select(second, func.count()).where(wanted).group_by(second).order_by(second)
        with self._session.transaction() as connection:
            return [(from_timestamp(f"{begun}.000000Z").timestamp(), count) for begun, count in connection.execute(query)]


def keep_counts(connection: Connection, counts: Mapping[str, str]) -> None:
    """Keep what was counted, within the caller's transaction."""
    now = to_timestamp()
    for scope, counted in counts.items():
        if not _KEEP(connection, [{"_scope": scope, "_counted": counted, "_at": now}]):
            connection.execute(insert(request_count).values(scope=scope, counted=counted, at=now))


_KEEP = CompiledUpdate(
    update(request_count)
    .where(request_count.c.scope == bindparam("_scope"))
    .values(counted=bindparam("_counted"), at=bindparam("_at"))
)
