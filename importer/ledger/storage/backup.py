"""Consistent copies of a ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.paths import exists, is_file
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError, UsageError
from importer.ledger.storage.engine import advice_for
from importer.ledger.storage.location import sqlite_path


def backup(path: Path, target: Path, access: FileAccess = OWNER_ALONE) -> None:
    """Make a consistent copy of an SQLite ledger, also while another process writes. Raises LedgerError."""
    try:
        access.create(target)
        with (
            closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"The ledger {path} cannot be copied: {error}. {advice_for(str(error))}") from None


def _verify(copy: Path) -> None:
    """Raise sqlite3.DatabaseError if the finished copy cannot be opened and read."""
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        found = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged ({str(found).splitlines()[0]})")


BACKUP_MARK = "backup_taken_at"
RESTORED_MARK = "restored_at"


def write_backup(url: str, target: Path, access: FileAccess = OWNER_ALONE) -> None:
    """Make a copy of the ledger that contains the time of the copy; safe during a run. Raises UsageError or LedgerError."""
    path = sqlite_path(url)
    if path is None:
        raise UsageError("Only a ledger in an SQLite file is backed up by this command. Use your database's own backup.")
    if not is_file(path):
        raise UsageError(f"The ledger {path} does not exist yet: nothing has been imported here.")
    if exists(target):
        raise UsageError(f"{target} already exists. Name a new file.")
    taken_at = to_timestamp()  # before the copy: changes made during the copy may be missing from it
    partial = target.with_name(f"{target.name}.partial")  # a copy without its mark must not look like a backup
    try:
        partial.unlink(missing_ok=True)  # of a copy that was interrupted
        backup(path, partial, access)
        with closing(sqlite3.connect(partial)) as copy, copy:
            copy.execute("PRAGMA journal_mode = DELETE")
            # A restored ledger that is not trusted yet keeps its older mark, since its content is from then.
            copy.execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", (BACKUP_MARK, taken_at))
            copy.execute("DELETE FROM meta WHERE name = ?", (RESTORED_MARK,))
        _verify(partial)
        partial.replace(target)
    except (sqlite3.Error, OSError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise LedgerError(f"The backup {target} cannot be written: {cause}. Check the folder and its free space.") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
