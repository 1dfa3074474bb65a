"""Recognise a ledger by its file, without opening it for writing and without creating anything beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from importer.domain.accounts import normal_account
from importer.domain.paths import exists, is_file

TABLES = frozenset({"meta", "batch", "entry"})
"""The tables that a ledger of every version has."""
_SQLITE = b"SQLite format 3\x00"
_MARKS = (".lock", ".note", "-wal")
"""What follows the name of a ledger in the names of the files that are beside it."""


def may_be_ledger(path: Path) -> bool:
    """Return whether the file is a ledger, or a damaged or unreadable file that may be one; False if it is certainly none.

    A file in doubt counts as a ledger: opening it reports what is wrong with it, and nothing is sent with another one instead.
    """
    if not is_file(path):
        return False
    try:
        with path.open("rb") as file:
            begins = file.read(len(_SQLITE))
    except OSError:
        return True
    if begins != _SQLITE:
        return any(exists(path.with_name(path.name + mark)) for mark in _MARKS)
    try:
        # Of a file that was never checkpointed, the tables are in the log beside it, which only the second way reads.
        found = _tables(path, "immutable=1") or _tables(path, "mode=ro")
    except sqlite3.DatabaseError:
        return True
    return found >= TABLES


def _tables(path: Path, how: str) -> set[str]:
    with closing(_connect(path, how)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def accounts_in(path: Path) -> set[str]:
    """Return the accounts of the entries in a ledger of any version, in their present spelling; none if it cannot be read."""
    for how in ("mode=ro", "immutable=1"):  # the second: a folder in which SQLite may not create its files
        try:
            with closing(_connect(path, how)) as connection:
                found = connection.execute("SELECT DISTINCT account FROM entry").fetchall()
        except sqlite3.DatabaseError:
            continue
        return {normal_account(str(account)) for (account,) in found}
    return set()


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True, timeout=5)
