"""Locks of a ledger on a Postgres server: the one of its writer, those of accounts, and the one of each account's sender.

They are advisory locks of a session, so that they end with its connection. The writer's lock and those of accounts belong to
the connection that commits: a process that has lost them cannot commit any more. The sender's lock has a connection of its own,
which remains while the ledger is let go.

A process holds the writer's lock alone, or shares it with others of which each holds the locks of other accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.storage.engine import translated
from importer.ledger.storage.lock import ADVICE, LockOwner, OtherSender
from importer.ledger.storage.postgres import connect_postgres

WRITER = "writer"
BEAT_SECONDS = 10.0
SECONDS_IN_LINE = 1.0
"""How long a process waits in line for a lock before it tries again: meanwhile its holder sees that the lock is wanted."""


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

    def wait_for(self, *, shared: bool = False) -> bool:
        """Take the lock as :meth:`acquire` does, waiting in line for a moment. Returns whether it was taken.

        ``shared``: others may share it, but none may have it alone.
        """
        if self.is_mine():
            return False
        taking = _TAKE_SHARED if shared else _TAKE
        try:
            with self._connection.begin_nested():
                self._connection.execute(text(f"SET LOCAL lock_timeout = {SECONDS_IN_LINE * 1000:.0f}"))
                self._connection.execute(taking, self._key)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                return False
            raise
        return True

    def share(self) -> None:
        """Share the lock that this session has had alone."""
        self._connection.execute(_TAKE_SHARED, self._key)
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
        return [_owner(found) for found in self._connection.execute(query, self._key)]


_LOCK_NOT_AVAILABLE = "55P03"
_TAKE = text("SELECT pg_advisory_lock(:one, :two)")
_TAKE_SHARED = text("SELECT pg_advisory_lock_shared(:one, :two)")
_HOLDERS = """
SELECT application_name, backend_start, pid, extract(epoch FROM clock_timestamp() - state_change) AS silent
FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND {condition}
AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid = (CAST(:one AS bigint) & 4294967295)::oid AND objid = (CAST(:two AS bigint) & 4294967295)::oid
"""


def _owner(found: Any) -> LockOwner | None:
    """Return the process that has named itself so; see :func:`importer.ledger.storage.postgres.application_name`."""
    place, _, command = (found.application_name or "").partition(" ")
    pid, _, host = place.partition("@")
    if not pid.isdecimal() or not host or found.backend_start is None:
        return None
    since = to_timestamp(found.backend_start)
    return LockOwner(int(pid), host, command or "importer", since, found.pid, float(found.silent or 0))


def hold_ledger(connection: Connection, name: str) -> None:
    """Hold the whole ledger for this connection, within a transaction. Raises LedgerHeld if another process has some of it."""
    lock = ServerLock(connection, WRITER)
    if not lock.wait_for():
        raise _held(lock, f"the ledger {name}")


def hold_accounts(connection: Connection, name: str, accounts: Iterable[str]) -> None:
    """Hold the entries of these accounts for this connection, within a transaction, and leave the others to other processes.

    Raises LedgerHeld if another process has one of them, or the whole ledger.
    """
    lock = ServerLock(connection, WRITER)
    if not lock.wait_for(shared=True):
        raise _held(lock, f"the ledger {name}")
    for account in sorted(set(accounts)):  # in one order, so that no two processes wait for each other
        lock = account_lock(connection, account)
        if not lock.wait_for():
            raise _held(lock, f"an account in the ledger {name}")


def leave_other_accounts(connection: Connection, accounts: Iterable[str]) -> None:
    """Hold only these accounts from now on, of the whole ledger that this connection has held, within a transaction."""
    for account in sorted(set(accounts)):
        taken = account_lock(connection, account).acquire()
        assert taken  # who has one of them shares the writer's lock, which this session has had alone
    ServerLock(connection, WRITER).share()


def is_wanted(connection: Connection) -> bool:
    """Return whether another process waits in line for a lock of this connection."""
    return bool(connection.scalar(text(_WANTED)))


_WANTED = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks AS wanted JOIN pg_locks AS held USING (locktype, database, classid, objid, objsubid)
    WHERE locktype = 'advisory' AND objsubid = 2 AND NOT wanted.granted AND held.granted AND held.pid = pg_backend_pid()
)
"""


def account_lock(connection: Connection, account: str) -> ServerLock:
    """Return the lock of the entries of one account."""
    return ServerLock(connection, f"account {account}")


def _held(lock: ServerLock, what: str) -> LedgerHeld:
    owner = lock.owner()
    named = "one that has just begun or ended" if owner is None else owner.named()
    silence = "" if owner is None else owner.silence()
    return LedgerHeld(f"Another run holds {what}: {named}.{silence} {ADVICE}")


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
        self._next_beat = 0.0

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

    def beat(self) -> None:
        """Use the connection once in a while, as a sign of life for those who wait for this process."""
        if monotonic() >= self._next_beat:
            self._next_beat = monotonic() + BEAT_SECONDS
            self.is_kept()

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
