"""Scratch ledgers: copies on which changes are tried that are to be discarded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, Table, text

from importer.errors import LedgerError
from importer.ledger.storage.backup import backup
from importer.ledger.storage.engine import Session, connect
from importer.ledger.storage.location import has_ledger, shown_url, sqlite_path
from importer.ledger.storage.schema import SCHEMA_VERSION, metadata
from importer.ledger.storage.upgrade import check_version

NUMBERED = ("batch", "proposal", "decision", "reject", "remote_case")
"""The tables that number their rows themselves."""


@contextmanager
def scratch_session(url: str) -> Iterator[Session | str]:
    """Open a copy of a ledger for changes that are to be discarded, and close it and remove it afterwards.

    Yields the session of a copy on a server, or the URL of a file in a temporary folder, which is missing for an empty ledger.
    """
    path = sqlite_path(url)
    if path is None and has_ledger(url):
        with scratch_on_server(url) as session:
            yield session
        return
    with TemporaryDirectory(prefix="importer-check-") as folder:
        copy = Path(folder) / "ledger.db"
        if path is not None and path.is_file():
            backup(path, copy)
        yield f"sqlite:///{copy}"


@contextmanager
def scratch_on_server(url: str) -> Iterator[Session]:
    """Open a copy of a ledger of the present version in temporary tables of the server, which only this connection sees.

    The ledger itself is only read, and nothing of it is locked. Raises LedgerError.
    """
    name = shown_url(url)
    with ExitStack() as stack:
        engine = connect(url, command="importer check")
        stack.callback(engine.dispose)
        session = Session(engine, name, stack)
        with session.transaction() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if check_version(connection, name) != SCHEMA_VERSION:
                raise LedgerError(f"The ledger {name} is of an earlier release. Run `importer doctor`, which upgrades it.")
            for table in metadata.sorted_tables:
                _copy_on_server(connection, engine, table)
        session.keep(stack.pop_all())
    try:
        yield session
    finally:
        session.close()


def _copy_on_server(connection: Connection, engine: Engine, table: Table) -> None:
    """Make a temporary table of the same name, which hides the ledger's own from this connection."""
    quoted = engine.dialect.identifier_preparer.quote(table.name)
    run = connection.exec_driver_sql
    schema = engine.dialect.identifier_preparer.quote(str(connection.scalar(text("SELECT current_schema()"))))
    run(f"CREATE TEMPORARY TABLE {quoted} (LIKE {schema}.{quoted} INCLUDING ALL)")
    run(f"INSERT INTO pg_temp.{quoted} SELECT * FROM {schema}.{quoted}")  # noqa: S608  (a table of ours)
    if table.name in NUMBERED:
        first = connection.scalar(text(f"SELECT coalesce(max(id), 0) + 1 FROM pg_temp.{quoted}"))  # noqa: S608  (a table of ours)
        run(f"CREATE TEMPORARY SEQUENCE {table.name}_numbers START {first}")
        run(f"ALTER TABLE pg_temp.{quoted} ALTER COLUMN id SET DEFAULT nextval('pg_temp.{table.name}_numbers')")
    run(f"ANALYZE pg_temp.{quoted}")
