"""The folders that a ledger has imported from: one of them without its mark is a place whose drive is not connected."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from importer.domain.file_access import FileAccess
from importer.domain.timestamps import to_timestamp

FOLDER = "watched"
"""The folder of the workspace with a file for each of them, which holds the path. Its time is that of the last look."""


class KnownFolders:
    """What a workspace remembers of the folders that are watched from it, also after the watcher has ended."""

    def __init__(self, workspace: Path, access: FileAccess) -> None:
        self._folder, self._access = workspace / FOLDER, access

    def has(self, folder: Path, ledger: str) -> bool:
        """Return whether the folder has had the mark of this ledger."""
        return self._file_of(folder, ledger).exists()

    def add(self, folder: Path, ledger: str) -> None:
        """Remember that the folder has the mark of this ledger. Raises OSError."""
        if not self.has(folder, ledger):
            self._access.folders_to(self._folder)
            self._access.write(self._file_of(folder, ledger), f"{folder.absolute()}\n", durable=False)

    def looked_at(self, folder: Path, ledger: str) -> None:
        """Remember that the folder is looked through now. Errors are ignored: nothing depends on it."""
        with suppress(OSError):
            os.utime(self._file_of(folder, ledger))

    def all(self, ledger: str) -> dict[Path, str]:
        """Return the folders that had the mark of this ledger, each with the timestamp of the last look. Raises OSError."""
        if not self._folder.is_dir():
            return {}
        found: dict[Path, str] = {}
        for file in sorted(self._folder.glob("*.txt")):
            folder = Path(file.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n"))
            if file == self._file_of(folder, ledger):
                found[folder] = to_timestamp(datetime.fromtimestamp(file.stat().st_mtime, UTC))
        return found

    def _file_of(self, folder: Path, ledger: str) -> Path:
        name = hashlib.sha256(f"{ledger} {folder.absolute()}".encode(errors="surrogateescape")).hexdigest()
        return self._folder / f"{name[:16]}.txt"
