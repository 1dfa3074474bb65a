"""How many requests a credential has made: one line per credential, written in the commit of the intents.

What stands there is the dispatcher's (its rate windows, as JSON); the ledger keeps it and forgets it when it is old.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.storage.compiled_sql import CompiledSelect
from importer.ledger.storage.schema import attempt, request_count
from importer.ledger.storage.session import Session

KEPT = timedelta(hours=25)  # a little longer than the longest window


class RequestCounts:
    """The requests that were made, by credential. A change that another process made in between is never overwritten."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, int] = {}  # the version of each credential's count that this process last read or wrote

    def kept(self, scope: str) -> str | None:
        """What was kept for this credential, or None."""
        oldest = to_timestamp(datetime.now(UTC) - KEPT)
        with self._session.transaction() as connection:
            query = select(request_count).where(request_count.c.scope == scope)
            found = connection.execute(query).one_or_none()
        self._seen[scope] = found.version if found else 0
        return found.counted if found and found.at >= oldest else None

    def keep(self, counts: Mapping[str, str]) -> None:
        """Keep what was counted, in a commit of its own: for requests that have no intent. Raises LedgerError."""
        with self._session.transaction() as connection:
            self.write(connection, counts)

    def write(self, connection: Connection, counts: Mapping[str, str]) -> None:
        """Keep what was counted, within the caller's transaction. Raises LedgerError if another process has counted since."""
        now = to_timestamp()
        for scope, counted in counts.items():
            written = _KEEP(connection, {"_scope": scope, "_counted": counted, "_at": now})
            if not written:
                connection.execute(insert(request_count).values(scope=scope, counted=counted, at=now, version=1))
            version = written[0].version if written else 1
            # Below what was seen it may be: then a transaction of ours was rolled back.
            if version - 1 > self._seen.get(scope, version - 1):
                raise self._session.changed_by_others()
            self._seen[scope] = version

    def attempts_since(self, account: str, since: datetime) -> list[tuple[float, int]]:
        """The account's attempts by the second in which they began (of the epoch), the oldest first."""
        second = func.substr(attempt.c.started_at, 1, 19)
        wanted = (attempt.c.account == account) & (attempt.c.started_at >= to_timestamp(since))
        query = select(second, func.count()).where(wanted).group_by(second).order_by(second)
        with self._session.transaction() as connection:
            return [(from_timestamp(f"{begun}.000000Z").timestamp(), count) for begun, count in connection.execute(query)]


_KEEP = CompiledSelect(
    update(request_count)
    .where(request_count.c.scope == bindparam("_scope"))
    .values(counted=bindparam("_counted"), at=bindparam("_at"), version=request_count.c.version + 1)
    .returning(request_count.c.version)
)
