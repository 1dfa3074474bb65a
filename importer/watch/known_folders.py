"""The folders that a ledger has imported from: one of them without its mark is a place whose drive is not connected."""

from __future__ import annotations

import hashlib
from pathlib import Path

from importer.domain.file_access import FileAccess

FOLDER = "watched"
"""The folder of the workspace with a file for each of them, which holds the path."""


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

    def _file_of(self, folder: Path, ledger: str) -> Path:
        name = hashlib.sha256(f"{ledger} {folder.absolute()}".encode(errors="surrogateescape")).hexdigest()
        return self._folder / f"{name[:16]}.txt"
