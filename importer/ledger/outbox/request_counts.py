"""The request counts: one row per credential, written in the same commit as the claims.

Their content is JSON of the dispatcher (its rate windows). The ledger stores it, and ignores it after 25 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select, update

from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.storage.compiled_sql import CompiledUpdate
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import attempt, request_count

KEPT = timedelta(hours=25)  # a little longer than the longest window


class RequestCounts:
    """The request counts by credential. A change that another process has made is never overwritten."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, int] = {}  # the version of each credential's count that this process last read or wrote

    def kept(self, credential: str) -> str | None:
        """Return the stored counts of this credential, or None."""
        oldest = to_timestamp(datetime.now(UTC) - KEPT)
        with self._session.transaction() as connection:
            query = select(request_count).where(request_count.c.scope == credential)
            found = connection.execute(query).one_or_none()
        self._seen[credential] = found.version if found else 0
        return found.counted if found and found.at >= oldest else None

    def forget(self) -> None:
        """Forget which counts were read, because others may have stored some since."""
        self._seen.clear()

    def keep(self, counts: Mapping[str, str]) -> None:
        """Store counts in a separate commit, for requests without a claim. Raises LedgerError."""
        with self._session.transaction() as connection:
            versions = self.write(connection, counts)
        self.committed(versions)

    def write(self, connection: Connection, counts: Mapping[str, str]) -> dict[str, int]:
        """Store counts within the caller's transaction; returns the new versions, for :meth:`committed`.

        Raises LedgerError if another process has stored some since this one last read or stored them.
        """
        return {scope: self._write(connection, scope, counted) for scope, counted in counts.items()}

    def _write(self, connection: Connection, scope: str, counted: str) -> int:
        stored = select(request_count.c.version).where(request_count.c.scope == scope)
        seen = self._seen[scope] if scope in self._seen else connection.scalar(stored) or 0
        values = {"_scope": scope, "_counted": counted, "_at": to_timestamp(), "_seen": seen, "_next": seen + 1}
        if not _KEEP(connection, [values]):
            if connection.scalar(stored) is not None:
                raise self._session.changed_by_others()
            new = {"scope": scope, "counted": counted, "at": values["_at"], "version": seen + 1}
            connection.execute(insert(request_count).values(new))
        return seen + 1

    def committed(self, versions: Mapping[str, int]) -> None:
        """Remember the versions that :meth:`write` stored, once their transaction is committed."""
        self._seen |= versions

    def attempts_since(self, account: str, since: datetime) -> list[tuple[float, int]]:
        """Return the number of the account's attempts by the second of the epoch in which they began, oldest first."""
        second = func.substr(attempt.c.started_at, 1, 19)
        wanted = (attempt.c.account == account) & (attempt.c.started_at >= to_timestamp(since))
        query = select(second, func.count()).where(wanted).group_by(second).order_by(second)
        with self._session.transaction() as connection:
            return [(from_timestamp(f"{begun}.000000Z").timestamp(), count) for begun, count in connection.execute(query)]


_KEEP = CompiledUpdate(
    update(request_count)
    .where((request_count.c.scope == bindparam("_scope")) & (request_count.c.version == bindparam("_seen")))
    .values(counted=bindparam("_counted"), at=bindparam("_at"), version=bindparam("_next"))
)
