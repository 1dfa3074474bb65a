"""The request counts: one row per credential, written in the same commit as the claims.

Their content is JSON of the dispatcher (its rate windows). The ledger stores it, and ignores it after 25 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.storage.compiled_sql import CompiledSelect
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import attempt, request_count

KEPT = timedelta(hours=25)  # a little longer than the longest window


class RequestCounts:
    """The request counts by credential. A change that another process has made is never overwritten."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, int] = {}  # the version of each credential's count that this process last read or wrote

    def kept(self, scope: str) -> str | None:
        """Return the stored counts of this credential, or None."""
        oldest = to_timestamp(datetime.now(UTC) - KEPT)
        with self._session.transaction() as connection:
            query = select(request_count).where(request_count.c.scope == scope)
            found = connection.execute(query).one_or_none()
        self._seen[scope] = found.version if found else 0
        return found.counted if found and found.at >= oldest else None

    def keep(self, counts: Mapping[str, str]) -> None:
        """Store counts in a separate commit, for requests without a claim. Raises LedgerError."""
        with self._session.transaction() as connection:
            self.write(connection, counts)

    def write(self, connection: Connection, counts: Mapping[str, str]) -> None:
        """Store counts within the caller's transaction. Raises LedgerError if another process has stored some since."""
        now = to_timestamp()
        for scope, counted in counts.items():
            written = _KEEP(connection, {"_scope": scope, "_counted": counted, "_at": now})
            if not written:
                connection.execute(insert(request_count).values(scope=scope, counted=counted, at=now, version=1))
            version = written[0].version if written else 1
            # A lower version than the one seen means that a transaction of this process was rolled back.
            if version - 1 > self._seen.get(scope, version - 1):
                raise self._session.changed_by_others()
            self._seen[scope] = version

    def attempts_since(self, account: str, since: datetime) -> list[tuple[float, int]]:
        """Return the number of the account's attempts by the second of the epoch in which they began, oldest first."""
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
