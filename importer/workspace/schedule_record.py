"""What is remembered of a schedule's last run, without anything from the files, and the lock that keeps two runs apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from importer.domain.file_access import FileAccess
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerHeld, UsageError

FOLDER = "schedules"
"""The folder of the workspace with a file for each schedule."""


@dataclass(frozen=True)
class LastRun:
    """When a schedule last ran and how that ended; the times are UTC timestamps."""

    began: str
    ended: str
    exit_code: int
    files: int


class ScheduleRecord:
    """The files of one schedule in its workspace."""

    def __init__(self, root: Path, name: str, access: FileAccess) -> None:
        self._folder, self._name, self._access = root / FOLDER, name, access

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs of the schedule out. Raises LedgerHeld if there is one, and UsageError if that cannot be known."""
        path = self._folder / f"{self._name}.lock"
        try:
            self._access.folders_to(self._folder)
            self._access.create(path)
            lock = FileLock(path, timeout=0, mode=self._access.file_mode)
            lock.acquire()
        except Timeout:
            raise LedgerHeld(f"The schedule {self._name} is already running. This run changes nothing.") from None
        except (OSError, NotImplementedError) as error:
            raise UsageError(f"{path} cannot be locked: {error}. The workspace must be a folder that you may write to.") from None
        try:
            yield
        finally:
            lock.release()

    def write(self, began: datetime, exit_code: int, files: int) -> None:
        """Remember the run that ends now. Raises OSError."""
        run = LastRun(to_timestamp(began), to_timestamp(datetime.now(UTC)), exit_code, files)
        self._access.write(self._folder / f"{self._name}.json", json.dumps(asdict(run)) + "\n", durable=False)

    def last(self) -> LastRun | None:
        """Return the last run that ended; None if there is none, or if its file cannot be read."""
        try:
            return LastRun(**json.loads((self._folder / f"{self._name}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
