"""Locks of a ledger on a Postgres server: the one of its writer, and the one of each account's sender.

They are advisory locks of a session, so that they end with its connection. The writer's lock belongs to the connection that
commits: a process that has lost the lock cannot commit any more. The sender's lock has a connection of its own, which remains
while the ledger is let go.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.storage.engine import translated
from importer.ledger.storage.lock import ADVICE, LockOwner, OtherSender
from importer.ledger.storage.postgres import connect_postgres

WRITER = "writer"


class ServerLock:
    """A lock with a name on the ledger of a connection. Another ledger in another schema or database has other locks."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        schema = connection.scalar(text("SELECT current_schema()"))
        digest = sha256(f"importer\n{schema}\n{name}".encode()).digest()
        self._key = {
            "one": int.from_bytes(digest[:4], signed=True, byteorder="big"),
            "two": int.from_bytes(digest[4:8], signed=True, byteorder="big"),
        }

    def acquire(self) -> bool:
        """Take the lock until the connection ends, unless this or another session has it. Returns whether it was taken."""
        if self.is_mine():  # a lock that a session has can be taken by it once more
            return False
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_lock(:one, :two)"), self._key))

    def release(self) -> None:
        """Give the lock back."""
        self._connection.execute(text("SELECT pg_advisory_unlock(:one, :two)"), self._key)

    def is_mine(self) -> bool:
        """Return whether the session of this connection has the lock."""
        return self._holders("pid = pg_backend_pid()") != []

    def is_held(self) -> bool:
        """Return whether any session has the lock."""
        return self._holders("true") != []

    def owner(self) -> LockOwner | None:
        """Return the process whose session has the lock; None if none has, or its name cannot be seen."""
        return next(iter(self._holders("true")), None)

    def _holders(self, condition: str) -> list[LockOwner | None]:
        query = text(_HOLDERS.format(condition=condition))
        return [_owner(found.application_name, found.backend_start) for found in self._connection.execute(query, self._key)]


_HOLDERS = """
SELECT application_name, backend_start FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND {condition}
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid = (CAST(:one AS bigint) & 4294967295)::oid AND objid = (CAST(:two AS bigint) & 4294967295)::oid
"""


def _owner(name: str | None, since: Any) -> LockOwner | None:
    """Return the process that has named itself so; see :func:`importer.ledger.storage.postgres.application_name`."""
    place, _, command = (name or "").partition(" ")
    pid, _, host = place.partition("@")
    if not pid.isdecimal() or not host or since is None:
        return None
    return LockOwner(int(pid), host, command or "importer", to_timestamp(since))


def hold_ledger(connection: Connection, name: str) -> None:
    """Take the ledger's lock for this connection, within a transaction. Raises LedgerHeld if another process has it."""
    lock = ServerLock(connection, WRITER)
    if not lock.acquire():
        owner = lock.owner()
        named = "one that has just begun or ended" if owner is None else owner.named()
        raise LedgerHeld(f"Another run holds the ledger {name}: {named}. {ADVICE}")


def refuse_pooler(connection: Connection, url: str, name: str) -> None:
    """Raise LedgerError if a pooler gives each transaction of this connection to any session of the server.

    The locks would belong to nobody. While a second connection is in a transaction, such a pooler gives the first one another
    session.
    """
    with connection.begin():
        session = connection.scalar(text("SELECT pg_backend_pid()"))
    second = connect_postgres(url, read_only=True)
    try:
        with second.connect() as other, other.begin():
            other.scalar(text("SELECT pg_backend_pid()"))
            with connection.begin():
                again = connection.scalar(text("SELECT pg_backend_pid()"))
    finally:
        second.dispose()
    if session != again:
        raise LedgerError(
            f"The ledger {name} is reached through a pooler in transaction mode (such as PgBouncer), where no lock holds. Set "
            f"url under [ledger] to the server itself, or to a pooler in session mode."
        )


class ServerSenderLock:
    """The lock of an account's sender, on a connection of its own."""

    def __init__(self, engine: Engine, connection: Connection, name: str) -> None:
        self._engine, self._connection, self._name = engine, connection, name

    @classmethod
    def claim(cls, url: str, name: str, account: str, command: str) -> ServerSenderLock | OtherSender:
        """Make this process the account's sender, until the lock that is returned is released. Raises LedgerError."""
        engine = connect_postgres(url, read_only=True, command=command)
        with translated(name):
            connection = engine.connect()
            with connection.begin():
                lock = _sender_lock(connection, account)
                if lock.acquire():
                    return cls(engine, connection, name)
                other = OtherSender(lock.owner())
        connection.close()
        engine.dispose()
        return other

    def is_kept(self) -> bool:
        """Return whether the connection, and with it the lock, is there still."""
        with suppress(DBAPIError), self._connection.begin():
            return self._connection.scalar(text("SELECT 1")) == 1 and not self._connection.invalidated
        return False

    def release(self) -> None:
        """Give the lock back by closing its connection."""
        with suppress(DBAPIError):
            self._connection.close()
        self._engine.dispose()


def present_server_sender(connection: Connection, account: str) -> OtherSender | None:
    """Return the account's sender; None if there is none now."""
    lock = _sender_lock(connection, account)
    return OtherSender(lock.owner()) if lock.is_held() else None


def _sender_lock(connection: Connection, account: str) -> ServerLock:
    return ServerLock(connection, f"sender of {account}")
