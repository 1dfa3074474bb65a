"""Ledgers restored from a backup: they are out of date, so entries that they list as unsent may exist remotely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, literal, select, update

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.outbox import is_open
from importer.ledger.storage.backup import BACKUP_MARK, RESTORED_MARK
from importer.ledger.storage.engine import Session
from importer.ledger.storage.identity import LedgerIdentity
from importer.ledger.storage.schema import attempt, batch, entry, meta, request_count

LOOKED_FOR = 2  # the count of absent scans from which a case is taken as absent; a user's answer sets it too
SCANS_STILL_NEEDED = 1  # one scan is enough: the list shows what was sent before the restore


_TIMES = (batch.c.taken_at, attempt.c.started_at, attempt.c.ended_at, entry.c.accepted_at, request_count.c.at)
_LONG_AGO = "2000-01-01T00:00:00.000000Z"  # of a ledger without any time: before the first case of any account


class RestoredLedger:
    """The state of a ledger that was restored from a backup."""

    def __init__(self, session: Session, identity: LedgerIdentity) -> None:
        self._session = session
        self._identity = identity

    def backup_taken_at(self) -> str | None:
        """Return when the backup was taken from which this ledger was restored; None if it was not restored."""
        with self._session.transaction() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.name == BACKUP_MARK))

    def distrust(self, accounts: Accounts, batches: Sequence[int] | None, taken_at: str) -> int:
        """Put the unsent cases of a restored ledger in doubt, so that they are looked for before they are sent.

        The settle time counts from when the restored ledger was first used: a case that another ledger sent just before
        may not be listed yet, and the other ledger may have sent cases in doubt again. A case that was looked for since,
        or that a user has declared absent, is not changed. Returns the number of cases put in doubt.
        """
        restored_at = self.first_used_at()
        doubted = (
            is_open(accounts, RecordKind.CASE, batches) & (entry.c.state == State.IN_DOUBT) & (entry.c.doubted_at < restored_at)
        )
        pending = (
            is_open(accounts, RecordKind.CASE, batches) & (entry.c.state == State.PENDING) & (entry.c.absent_scans < LOOKED_FOR)
        )
        earliest = _smaller(func.coalesce(entry.c.first_sent_at, taken_at), literal(taken_at))
        doubt = {
            "state": State.IN_DOUBT,
            "first_sent_at": earliest,
            "doubted_at": _greater(func.coalesce(entry.c.doubted_at, restored_at), literal(restored_at)),
            "absent_scans": SCANS_STILL_NEEDED,
        }
        with self._session.transaction() as connection:
            late = {"doubted_at": restored_at, "absent_scans": _smaller(entry.c.absent_scans, literal(SCANS_STILL_NEEDED))}
            connection.execute(update(entry).where(doubted).values(late))
            return connection.execute(update(entry).where(pending).values(doubt)).rowcount

    def is_unused(self) -> bool:
        """Return whether this is a backup, or a copy that the user has declared restored, that was not used since."""
        with self._session.transaction() as connection:
            marks = set(connection.scalars(select(meta.c.name).where(meta.c.name.in_([BACKUP_MARK, RESTORED_MARK]))))
        return marks == {BACKUP_MARK}

    def declare(self) -> str:
        """Treat this ledger as restored from a copy, from its next use on. Returns the time of the copy.

        Without a backup's mark that is the newest time in the ledger: what happened later is missing from it.
        """
        with self._session.transaction() as connection:
            connection.execute(delete(meta).where(meta.c.name == RESTORED_MARK))
            known = connection.scalar(select(meta.c.value).where(meta.c.name == BACKUP_MARK))
            if known is None:
                known = max(connection.scalar(select(func.max(time))) or _LONG_AGO for time in _TIMES)
                connection.execute(insert(meta).values(name=BACKUP_MARK, value=known))
        return known

    def first_used_at(self, noted_commits: int | None = None) -> str:
        """Return when this restored ledger was first used. On first use, absences from before the backup are reset.

        With ``noted_commits`` the ledger's counter is raised above that number: this ledger goes on, and not the one that
        has reached it.
        """
        with self._session.transaction() as connection:
            if noted_commits is not None:
                self._identity.pass_over(connection, noted_commits)
            known = connection.scalar(select(meta.c.value).where(meta.c.name == RESTORED_MARK))
            if known is None:
                known = to_timestamp()
                looked_for = (entry.c.state == State.PENDING) & (entry.c.absent_scans > 0)
                connection.execute(update(entry).where(looked_for).values(absent_scans=0))
                connection.execute(insert(meta).values(name=RESTORED_MARK, value=known))
        return known

    def trust(self) -> bool:
        """Treat a restored ledger as complete from now on. Returns False if it was not restored."""
        with self._session.transaction() as connection:
            connection.execute(delete(meta).where(meta.c.name == RESTORED_MARK))
            return connection.execute(delete(meta).where(meta.c.name == BACKUP_MARK)).rowcount > 0


def is_restored(connection: Connection) -> bool:
    """Return whether the ledger was restored from a backup and is not trusted yet."""
    return connection.scalar(select(meta.c.name).where(meta.c.name == BACKUP_MARK)) is not None


def _smaller(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the smaller of two values. Only SQLite has min() with two arguments."""
    return case((one < other, one), else_=other)


def _greater(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((one > other, one), else_=other)
