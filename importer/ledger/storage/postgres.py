"""A ledger on a Postgres server: its URL, its connection, and what of its database must be as the ledger expects it."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Text, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import StaticPool

from importer.domain.hosts import LOOPBACK
from importer.errors import LedgerError
from importer.ledger.storage.shared_statements import share_statements

BACKEND = "postgresql"
EXAMPLE = "postgresql+psycopg://importer@db.example.com/ledger"
DRIVERS = frozenset({"postgresql", "postgresql+psycopg"})
OPTIONS = frozenset(
    {
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "require_auth", "gssencmode", "krbsrvname"),
        *("connect_timeout", "passfile", "options", "target_session_attrs", "host", "port"),
    }
)
"""The options of a URL that are passed on to the server's client library."""
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What ends a connection to a server that is gone within half a minute; the server's own settings end it on the other side."""
SERVER_SETTINGS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "lock_timeout": "15min",
    "client_encoding": "UTF8",
    "timezone": "UTC",
}
"""What the server is asked for this connection, so that its locks end soon after its machine has gone.

Rows that another process has changed are waited for as long as a long import may take.
"""
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
MOST_SKEW_SECONDS = 10.0
"""The largest difference between the clocks of this machine and the server."""
_NAME_BYTES = 63


def url_problem(url: URL) -> str | None:
    """Describe why a ledger cannot be at this URL of a Postgres server; None if it can."""
    problems = (
        (url.drivername not in DRIVERS, "A ledger on Postgres is opened with psycopg 3, not with the driver that its url names"),
        (not url.database, "The ledger's url names no database"),
        (not set(url.query) <= OPTIONS, "The ledger's url has options that are not supported"),
    )
    return next((problem for applies, problem in problems if applies), None)


def connect_postgres(url: str | URL, *, read_only: bool, command: str = "importer") -> Engine:
    """Return an engine with one connection, which is never opened again: its locks would be lost. Raises LedgerError.

    ``command`` is named to others while this connection holds a lock. Transactions that only read see one state of the ledger.
    """
    target = make_url(url).set(drivername="postgresql+psycopg")
    given = _given(target, command)
    if not read_only and "target_session_attrs" not in target.query:
        given["target_session_attrs"] = "read-write"
    try:
        engine = create_engine(target, poolclass=StaticPool, hide_parameters=True, connect_args=given)
    except ModuleNotFoundError:
        raise LedgerError(
            "A ledger on Postgres needs the extra `postgres`: pip install 'collection-importer[postgres]'."
        ) from None
    share_statements(engine)

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _: object) -> None:
        with raw.cursor() as cursor:
            for name, value in SERVER_SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            cursor.execute(_DURABLE)
            if read_only:
                cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        raw.commit()

    return engine


def driver_arguments(url: str | URL, command: str) -> dict[str, Any]:
    """Return what psycopg itself needs for a connection to the ledger's server."""
    target = make_url(url).set(drivername="postgresql+psycopg")
    named = target.translate_connect_args(username="user", database="dbname")
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in target.query.items()}
    return {**named, **query, **_given(target, command)}


def _given(target: URL, command: str) -> dict[str, Any]:
    """Return the arguments of a connection beside those that the URL gives."""
    arguments: dict[str, Any] = DEFAULTS | {"application_name": application_name(command)}
    if not _is_local(target):
        arguments["sslmode"] = "require"
    return {name: value for name, value in arguments.items() if name not in target.query} | {"prepare_threshold": None}


def prepare_statements(connection: Connection) -> None:
    """Let the server keep the plans of repeated statements: the connection is known to have one session alone."""
    driver: Any = connection.connection.driver_connection
    driver.prepare_threshold = 5


def _is_local(url: URL) -> bool:
    hosts = url.query.get("host", url.host or "")
    named = (hosts,) if isinstance(hosts, str) else hosts
    return all(host.startswith("/") or host.casefold() in {"", *LOOPBACK} for one in named for host in one.split(","))


def application_name(command: str) -> str:
    """Return the name of this process for others: ``12@host importer run``."""
    return f"{os.getpid()}@{socket.gethostname()} {command}".encode()[:_NAME_BYTES].decode(errors="ignore")


def by_code_point(metadata: MetaData) -> MetaData:
    """Return the tables with texts that are compared and sorted by code point, as SQLite does, whatever the database's order."""
    found = MetaData()
    for table in metadata.sorted_tables:
        for column in table.to_metadata(found).columns:
            if isinstance(column.type, Text):
                column.type = Text(collation="C")
    return found


def collate_by_code_point(connection: Connection) -> None:
    """Do the same for the columns that an upgrade has added."""
    of_ledger = text(
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
        "table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND data_type IN ('text', "
        "'character varying') AND collation_name IS DISTINCT FROM 'C'"
    )
    quoted = connection.dialect.identifier_preparer.quote
    changes: dict[str, list[str]] = {}
    for found in connection.execute(of_ledger):
        change = f'ALTER COLUMN {quoted(found.column_name)} TYPE text COLLATE "C"'
        changes.setdefault(found.table_name, []).append(change)
    for table, columns in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {quoted(table)} {', '.join(columns)}")


def refuse_unfit(connection: Connection) -> None:
    """Raise LedgerError if the server's clock differs from this machine's: times of several machines are compared."""
    skew = clock_skew(connection)
    if abs(skew) > MOST_SKEW_SECONDS:
        side = "behind" if skew > 0 else "ahead of"
        raise LedgerError(
            f"This machine's clock is {abs(skew):,.0f} seconds {side} that of the ledger's server, so that the times of several "
            f"machines could not be compared. Set both clocks by the network. Nothing was recorded or sent."
        )


def clock_skew(connection: Connection) -> float:
    """Return the seconds by which the server's clock is ahead of this machine's, without half of the time of the question."""
    before = datetime.now(UTC)
    shown = connection.scalar(text("SELECT clock_timestamp()"))
    after = datetime.now(UTC)
    assert isinstance(shown, datetime)
    return (shown - (before + (after - before) / 2)).total_seconds()


def lossy_settings(connection: Connection) -> list[str]:
    """Return the settings that are off and with which a crash loses what was committed."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    return [name for name in names if connection.scalar(text(f"SHOW {name}")) == "off"]
