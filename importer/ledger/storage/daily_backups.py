"""The daily backups of a ledger: at most one a day, in one folder, of which the newest are kept."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import LedgerError
from importer.ledger.storage.backup import write_backup
from importer.ledger.storage.identity import ID_MARK
from importer.ledger.storage.location import sqlite_url

FOLDER = "backups"
"""The name of the folder beside the ledger, if no other one is set."""
_FORMAT = "%Y-%m-%dT%H-%M-%SZ"
_TIME = r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)"
_ID_LETTERS = 8


@dataclass(frozen=True, slots=True)
class DailyBackup:
    """One backup, and when it was made."""

    path: Path
    made_at: datetime


class DailyBackups:
    """The daily backups of the ledger at ``ledger``. Other files in their folder, those of other ledgers too, are left alone."""

    def __init__(self, ledger: Path, ledger_id: str, folder: Path | None = None, access: FileAccess = OWNER_ALONE) -> None:
        self._ledger, self._id, self._access = ledger.resolve(), ledger_id, access
        self.folder = folder or self._ledger.parent / FOLDER
        self._stem = f"{self._ledger.stem}-{ledger_id[:_ID_LETTERS]}-"

    def found(self) -> list[DailyBackup]:
        """Return the backups of this ledger, the oldest first. Raises LedgerError if the folder cannot be read."""
        return sorted(self._named(""), key=lambda one: one.made_at)

    def make(self, keep: int, now: datetime | None = None) -> Path | None:
        """Make a backup unless there is one of today, then remove all but the ``keep`` newest. Raises LedgerError.

        Must be called by the process that holds the ledger. Returns the new backup.
        """
        moment = now or datetime.now(UTC)
        if keep < 1 or any(one.made_at.date() == moment.date() for one in self.found()):
            return None
        target = self.folder / f"{self._stem}{moment.strftime(_FORMAT)}{self._ledger.suffix}"
        try:
            self._access.folders_to(self.folder)
            for stale in self._named(".partial"):  # of a backup that was interrupted
                stale.path.unlink()
            write_backup(sqlite_url(self._ledger), target, self._access)
            for old in self.found()[:-keep]:
                old.path.unlink()
        except OSError as error:
            raise LedgerError(f"{error.filename or self.folder}: {error.strerror or error}.") from None
        return target

    def _named(self, ending: str) -> Iterator[DailyBackup]:
        """Yield the files with a backup's name and this ``ending``; without one, only those that hold this ledger."""
        pattern = re.compile(re.escape(self._stem) + _TIME + re.escape(self._ledger.suffix + ending))
        try:
            entries = list(self.folder.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise LedgerError(f"{self.folder} cannot be read: {error.strerror}.") from None
        for path in entries:
            matched = pattern.fullmatch(path.name)
            if matched and not path.is_symlink() and (ending or _id_of(path) == self._id):
                yield DailyBackup(path, datetime.strptime(matched[1], _FORMAT).replace(tzinfo=UTC))


def _id_of(path: Path) -> str | None:
    """Return the id of the ledger of which this file is a backup; None if it is none, or damaged."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            found = copy.execute("SELECT value FROM meta WHERE name = ?", (ID_MARK,)).fetchone()
    except sqlite3.Error:
        return None
    return str(found[0]) if found else None
