"""The tables of jobs: in a schema of their own beside the ledger's, made by Procrastinate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from importer.errors import LedgerError, UsageError
from importer.ledger.storage.location import shown_url, sqlite_path
from importer.ledger.storage.postgres import driver_arguments

SUFFIX = "_jobs"


def require_extra() -> None:
    """Raise UsageError if the packages for workers are missing."""
    if any(find_spec(name) is None for name in ("procrastinate", "psycopg", "psycopg_pool")):
        raise UsageError("Workers need the extra `postgres`: pip install 'collection-importer[postgres]'.")


def arguments_of(url: str, command: str) -> dict[str, Any]:
    """Return what psycopg needs to connect to the tables of jobs. Raises UsageError for a ledger in a file, or LedgerError."""
    import psycopg

    if sqlite_path(url) is not None:
        raise UsageError("Workers need a ledger on a Postgres server: set url under [ledger]. A ledger in a file has none.")
    given = driver_arguments(url, command)
    with _translated(url), psycopg.connect(**given) as connection:
        found = connection.execute("SELECT current_schema()").fetchone()
    schema = f"{found[0] if found else None}{SUFFIX}"
    return given | {"options": f"{given.get('options', '')} -csearch_path={schema}".strip()}


def make_tables(url: str, arguments: dict[str, Any]) -> None:
    """Make the tables, unless they are there.

    Those of another release of Procrastinate are made again once no job of theirs is left. Raises LedgerError.
    """
    import psycopg
    from procrastinate import __version__
    from procrastinate.schema import SchemaManager

    schema = str(arguments["options"]).rpartition("=")[2]
    with _translated(url), psycopg.connect(**arguments) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"importer {schema}",))
        found = connection.execute("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (schema,))
        made = found.fetchone()
        if made and made[0] == _mark(__version__):
            return
        quoted = psycopg.sql.Identifier(schema)
        if made:
            _refuse_used(connection, str(made[0]))
            connection.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(quoted))
        connection.execute(psycopg.sql.SQL("CREATE SCHEMA {}").format(quoted))
        connection.execute(SchemaManager.get_schema())
        connection.execute(psycopg.sql.SQL("COMMENT ON SCHEMA {} IS {}").format(quoted, _mark(__version__)))


def _mark(version: str) -> str:
    return f"jobs of collection-importer, by Procrastinate {version}"


def _refuse_used(connection: Any, mark: str) -> None:
    """Raise LedgerError if jobs of another release wait, or if a worker of it lives."""
    jobs = connection.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))").fetchone()
    alive = "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute')"
    if jobs[0] or connection.execute(alive).fetchone()[0]:
        raise LedgerError(
            f"The tables of jobs are of another release ({mark}), and jobs wait or workers of it run. Let these workers finish "
            f"and stop them, then start this one again."
        )


@contextmanager
def _translated(url: str) -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise LedgerError(f"The jobs beside the ledger {shown_url(url)} cannot be used: {cause}.") from None
