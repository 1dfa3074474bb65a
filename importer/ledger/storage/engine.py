"""The connection to a ledger's database: its settings, its transactions, and its errors in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from importer.errors import LedgerError
from importer.ledger.storage import postgres
from importer.ledger.storage.shared_statements import share_statements


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Raise database errors as LedgerError: full or read-only disk, damaged file, wrong permissions."""
    try:
        yield
    except DBAPIError as error:
        cause = str(_first(error).orig).splitlines()[0]
        raise LedgerError(f"The ledger {path} cannot be used: {cause}. {advice_for(cause)}") from error


def _first(error: DBAPIError) -> DBAPIError:
    """Return the first error of a chain: on a full disk SQLite rolls back, and then the savepoint is missing too."""
    found, seen = error, error.__context__
    while seen is not None:
        if isinstance(seen, DBAPIError):
            found = seen
        seen = seen.__context__
    return found


def advice_for(cause: str) -> str:
    """Return what the user can do about a database error with this text."""
    known = {
        "full": "Free some disk space and run `importer resume`.",
        "readonly": "Give yourself the right to write the file and its folder.",
        "unable to open": "Check that its folder exists and that you may write there.",
        "not a database": "Name another file under [ledger], or restore a backup.",
        "malformed": "Restore a backup.",
        "disk I/O": "Check the disk, then run `importer resume`.",
        "permission denied": "Give the ledger's user the right to create and change tables in its schema.",
        "does not exist": "Create it, or check the url under [ledger].",
        "authentication failed": "Check the user and the password of the ledger's url.",
        "lock timeout": "Another process has kept rows of it for long, and may be suspended. End that, then run this again.",
        "connection": "Check that the ledger's server runs and can be reached, then run `importer resume`.",
    }
    return next((fix for sign, fix in known.items() if sign in cause), "Check the url under [ledger].")


def connect(url: str | URL, *, read_only: bool = False, command: str = "importer") -> Engine:
    """Return an engine with one connection; for SQLite in WAL mode, with every commit on disk before it returns.

    A Postgres server shows ``command`` to others. Raises LedgerError if a package is missing.
    """
    target = make_url(url)
    if target.get_backend_name() == postgres.BACKEND:
        return postgres.connect_postgres(target, read_only=read_only, command=command)
    if read_only:
        target = target.set(database=f"file:{quote(str(target.database))}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(target, poolclass=StaticPool, hide_parameters=True)
    share_statements(engine)

    @event.listens_for(engine, "connect")
    def _prepare(raw: object, _: object) -> None:
        raw.isolation_level = None  # type: ignore[attr-defined]  # transactions are begun below, not by the driver
        run = raw.execute  # type: ignore[attr-defined]
        run("PRAGMA busy_timeout = 5000")
        if not read_only:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


T = TypeVar("T")


MOST_PARAMETERS = 10_000  # SQLite's limit is 32,766 in one statement


class Session:
    """The connection of one open ledger, and its transactions."""

    def __init__(self, engine: Engine, name: Path | str, stack: ExitStack) -> None:
        self.name = name
        self._engine = engine
        self._stack = stack
        self._unusable: LedgerError | None = None  # why it is closed, while it is to be opened again
        self.accounts: frozenset[str] | None = None  # the ones whose entries it holds; None: the whole ledger
        with translated(name):
            self.connection = stack.enter_context(engine.connect())

    @property
    def is_alone(self) -> bool:
        """Return whether a lock keeps other processes from writing anything."""
        return self.accounts is None

    @property
    def is_usable(self) -> bool:
        """Return whether the session is open, and not let go."""
        return self._unusable is None

    def keep(self, stack: ExitStack) -> None:
        """Close ``stack`` with the session."""
        self._stack = stack

    def close_before(self, stack: ExitStack) -> None:
        """Close the connection first and then what ``stack`` holds, such as the folder of the file."""
        stack.callback(self._stack.close)
        self._stack = stack

    def close(self) -> None:
        """Close the connection and everything that was opened with it."""
        self._stack.close()

    def let_go(self, why: LedgerError) -> None:
        """Close the connection and everything that was opened with it; what uses the session meanwhile raises ``why``."""
        self.close()
        self._unusable = why

    def take_over(self, opened: Session) -> None:
        """Go on with the connection of a session that was opened again."""
        self._engine, self._stack, self.connection = opened._engine, opened._stack, opened.connection
        self.accounts = opened.accounts
        self._unusable = None

    def remove(self, path: Path) -> None:
        """Close the connection and remove the SQLite file, while its lock is still held."""
        self.connection.close()
        self._engine.dispose()
        for name in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))):
            with suppress(OSError):
                name.unlink()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run one transaction, committed when the block ends and rolled back if it raises. Raises LedgerError."""
        if self._unusable is not None:
            raise self._unusable
        if self.connection.invalidated:  # it would be opened again, but without the ledger's lock
            raise LedgerError(f"The connection to the ledger {self.name} was lost. {advice_for('connection')}")
        with translated(self.name), self.connection.begin():
            yield self.connection

    def changed_by_others(self) -> LedgerError:
        """Return the error for rows that another process has changed."""
        return LedgerError(f"The ledger {self.name} was changed by another program while this run was using it. Stop that.")


def parts_of(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """Split ``values`` into lists of at most ``size``, which one statement can take as parameters."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
