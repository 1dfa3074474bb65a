"""The user's data folder: what the importer remembers of a user outside of any workspace."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

import platformdirs

VARIABLE = "IMPORTER_DATA_FOLDER"
APPLICATION = "collection-importer"


def user_data_folder() -> Path | None:
    """Return the user's data folder, which need not exist; None if this user has none, as in some containers."""
    named = os.environ.get(VARIABLE, "").strip()
    folder = Path(named) if named else platformdirs.user_data_path(APPLICATION, appauthor=False)
    return folder.absolute() if named or folder.is_absolute() else None


def user_notes() -> Path | None:
    """Return the path of the user's notes of which ledgers serve which accounts."""
    folder = user_data_folder()
    return folder / "ledgers.json" if folder else None


def user_and_host() -> str:
    """Return who runs this command, and on which machine, as it is recorded with an answer."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for this user id
        name = "unknown"
    return f"{name}@{socket.gethostname()}"


def obstacle_to_writing(folder: Path) -> str | None:
    """Return why the folder cannot be created or written; None if it can. Nothing is created."""
    place = next((parent for parent in (folder, *folder.parents) if parent.exists()), None)
    if place is None or not place.is_dir():
        return f"{place or folder} is not a folder"
    return None if os.access(place, os.W_OK | os.X_OK) else f"you may not write to {place}"
