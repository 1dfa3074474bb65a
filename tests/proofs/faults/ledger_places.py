"""Where the ledger of a proof is: a file in the folder of the proof, or a database of a server that is cut off and restarted."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from simulation import left_under_way

UNDER_WAY = "SELECT EXISTS (SELECT 1 FROM entry WHERE state = 'sending')"
FORGET_COUNTS = "DELETE FROM request_count"
CUT_SHARE, RESTART_SHARE = 0.5, 0.1
"""The shares of runs that end with a crash of the server or, up to the first number, with their connections cut; not killed."""


class LedgerFile:
    """A ledger in a file."""

    env: dict[str, str] = {}  # noqa: RUF012  (never changed)
    good_codes = frozenset({0, 3, 5, 6})

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"

    def exists(self) -> bool:
        return self.path.is_file()

    def left_under_way(self) -> bool:
        """Whether a run that was killed had requests under way."""
        return left_under_way(self.path)

    def let_a_minute_pass(self) -> None:
        """What a server's refusal without a time is waited for; the count of requests is not what these limits stop."""
        if not self.path.is_file():
            return
        with closing(sqlite3.connect(self.path)) as db, db, suppress(sqlite3.OperationalError):  # it may have no tables yet
            db.execute(FORGET_COUNTS)

    def file(self) -> Path:
        """Return a file with the ledger as it is now."""
        return self.path

    def disturb(self, dice: random.Random) -> bool:
        """End what a run needs, in place of the run. Returns False for a file, which has nothing of that kind."""
        del dice
        return False


class LedgerOnServer(LedgerFile):
    """A ledger on a server. ``good_codes``: a run may find the server gone when it begins."""

    good_codes = frozenset({0, 2, 3, 5, 6})

    def __init__(self, folder: Path, server: object) -> None:
        from support.postgres import PostgresServer

        assert isinstance(server, PostgresServer)
        super().__init__(folder)
        self._server, self._url = server, server.new_database()
        self._database = self._url.rpartition("/")[2]
        self.env = {"IMPORTER_LEDGER__URL": self._url}
        self._copies = self.cuts = self.restarts = 0

    def _scalar(self, statement: str) -> object:
        import psycopg

        with suppress(psycopg.errors.UndefinedTable):  # killed before it had made its tables
            found = self._server.execute(statement, self._database)
            return found[0][0] if found else None
        return None

    def exists(self) -> bool:
        return bool(self._scalar("SELECT to_regclass('meta') IS NOT NULL"))

    def left_under_way(self) -> bool:
        return bool(self._scalar(UNDER_WAY))

    def let_a_minute_pass(self) -> None:
        import psycopg

        with suppress(psycopg.errors.LockNotAvailable):  # a process was suspended while it stored them
            self._scalar(f"SET lock_timeout = 1000; {FORGET_COUNTS}")

    def file(self) -> Path:
        from importer.commands.ledger_copy import copy_to
        from importer.domain.file_access import OWNER_ALONE

        self._copies += 1
        target = self.path.with_name(f"copy-{self._copies}.db")
        copy_to(self._url, str(target), OWNER_ALONE)
        return target

    def restart(self) -> None:
        """Let the server crash, and start it again."""
        self._server.stop(at_once=True)
        self._server.start()

    def cut(self, pid: int) -> None:
        """End the sessions of one process."""
        own = f"datname = '{self._database}' AND application_name LIKE '{pid}@%'"
        self._server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}")

    def disturb(self, dice: random.Random) -> bool:
        chance = dice.random()
        if chance < RESTART_SHARE:
            self.restarts += 1
            self.restart()
        elif chance < CUT_SHARE:
            self.cuts += 1
            others = f"datname = '{self._database}' AND pid <> pg_backend_pid()"
            self._server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        return chance < CUT_SHARE


@contextmanager
def ledger_place(folder: Path, *, on_server: bool) -> Iterator[LedgerFile]:
    """Return the place of a new ledger, with a server of its own until the end of the block."""
    if not on_server:
        yield LedgerFile(folder)
        return
    from support.postgres import running_server

    with running_server() as server:
        yield LedgerOnServer(folder, server)
