"""The state of the folders that a ledger imports from, for people: read from the folders alone, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.watch.folder import MARKER, list_folder
from importer.watch.known_folders import KnownFolders
from importer.watch.names import (
    APPROVED,
    DONE,
    FAILED,
    WAITING,
    WORKING,
    is_passed_over,
    is_spreadsheet,
    owner_of_result,
    parse_claim,
)
from importer.workspace.environment import Environment

COUNTED = (WAITING, APPROVED, FAILED, DONE)


@dataclass(frozen=True, slots=True)
class FolderState:
    """A watched folder: when it was looked through last (a timestamp), and its files.

    ``dropped`` were not taken yet, ``working`` are being imported or tried again; ``kept`` counts those in the folders inside.
    Unless it ``is_there``, its drive may not be connected, and the numbers are 0.
    """

    root: Path
    looked_at: str
    is_there: bool = False
    dropped: int = 0
    working: int = 0
    kept: Mapping[str, int] | None = None

    def number_in(self, place: str) -> int:
        """Return the number of files in one of the folders inside, such as ``failed``."""
        return (self.kept or {}).get(place, 0)


def folder_states(environment: Environment, ledger: str) -> list[FolderState]:
    """Return the folders that were watched for this ledger, in the order of their paths.

    Raises OSError if what the workspace remembers of them cannot be read.
    """
    known = KnownFolders(environment.workspace.root.absolute(), environment.access).all(ledger)
    return [_state(root, looked_at) for root, looked_at in sorted(known.items())]


def _state(root: Path, looked_at: str) -> FolderState:
    try:
        if not (root / MARKER).is_file():
            return FolderState(root, looked_at)
        kept = {place: _files(root / place) for place in COUNTED}
        return FolderState(root, looked_at, True, _files(root), _claims(root / WORKING), kept)
    except OSError:
        return FolderState(root, looked_at)


def _files(folder: Path) -> int:
    """Return the number of files that were dropped; what the importer writes beside them does not count."""
    if not folder.is_dir():
        return 0
    names = [one.name for one in list_folder(folder)]
    return sum(is_spreadsheet(name) and owner_of_result(name) is None and not is_passed_over(name) for name in names)


def _claims(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(one.is_dir() and parse_claim(one.name) is not None for one in folder.iterdir())
