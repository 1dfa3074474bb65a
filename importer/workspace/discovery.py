"""Find the workspace of a command: the folder that is named, or one that the working directory leads to.

The ledger is the memory of what was sent, so that the same command must find the same one wherever it is run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from importer.domain.paths import is_file
from importer.errors import LedgerError, UsageError
from importer.ledger.storage.recognition import may_be_ledger
from importer.workspace.user_data import VARIABLE as DATA_VARIABLE
from importer.workspace.user_data import user_data_folder
from importer.workspace.workspace import LEDGER_NAME, SETTINGS_NAME, Origin, Workspace

VARIABLE = "IMPORTER_WORKSPACE"
_LEDGER_VARIABLE = "IMPORTER_LEDGER__URL"
_HERE = Path()


@dataclass(frozen=True)
class Surroundings:
    """What decides which folder is the workspace."""

    option: Path | None = None
    """The folder that ``--workspace`` names."""
    variable: Path | None = None
    """The folder that IMPORTER_WORKSPACE names."""
    ledger_here: Path | None = None
    """The ledger in the working directory, in which the first versions kept it."""
    settings_above: Path | None = None
    """The nearest folder with a settings file, from the working directory upwards."""
    here: Path | None = None
    """The working directory; None if it was removed."""
    data_folder: Path | None = None
    """The user's data folder, which need not exist."""


def choose(found: Surroundings, *, sandbox: bool) -> tuple[Path, Origin]:
    """Return the workspace's folder with the reason for it: the first one that applies. Raises UsageError if none does.

    The embedded sandbox never uses the user's data folder: its files are then in the working directory.
    """
    candidates: tuple[tuple[Path | None, Origin], ...] = (
        (found.option, Origin.OPTION),
        (found.variable, Origin.VARIABLE),
        (_HERE if found.ledger_here else None, Origin.LEDGER),
        (found.settings_above, Origin.SETTINGS),
        (_HERE if sandbox else None, Origin.SANDBOX),
        (found.data_folder, Origin.DATA_FOLDER),
    )
    for folder, origin in candidates:
        if folder is not None:
            return folder, origin
    raise UsageError(
        f"There is no workspace: no {SETTINGS_NAME} is in the working directory or above it, and this user has no data folder. "
        f"Run `importer init` in the folder that is to be the workspace, name one with --workspace, or set {DATA_VARIABLE}."
    )


def find_workspace(option: Path | None = None, *, sandbox: bool = False) -> Workspace:
    """Return the workspace of a command with this ``--workspace``, or without. Raises UsageError."""
    found = look_around(option)
    folder, origin = choose(found, sandbox=sandbox)
    if origin not in {Origin.OPTION, Origin.VARIABLE}:
        return Workspace(folder, origin)
    root = Workspace.at(folder).root
    if found.here is not None and root.samefile(found.here):
        return Workspace(_HERE, origin)
    return Workspace(root, origin, ledger_elsewhere=found.ledger_here)


def look_around(option: Path | None = None) -> Surroundings:
    """Look at the environment and at the folders from the working directory upwards. Nothing is written."""
    named = os.environ.get(VARIABLE, "").strip()
    try:
        here = Path.cwd()
    except OSError:  # the working directory was removed
        return Surroundings(option, Path(named) if named else None, data_folder=user_data_folder())
    above = next((folder for folder in (here, *here.parents) if is_file(folder / SETTINGS_NAME)), None)
    return Surroundings(
        option=option,
        variable=Path(named) if named else None,
        ledger_here=next((path.absolute() for path in _ledgers_here() if may_be_ledger(path)), None),
        settings_above=_HERE if above == here else above,
        here=here,
        data_folder=user_data_folder(),
    )


def _ledgers_here() -> tuple[Path, ...]:
    """Return where the first versions look for a ledger in the working directory."""
    url = os.environ.get(_LEDGER_VARIABLE, "").strip()
    if not url:
        return (Path(LEDGER_NAME),)
    from importer.ledger.storage.location import sqlite_path

    try:
        path = sqlite_path(url)
    except LedgerError:  # opening the ledger reports it
        path = None
    return (Path(LEDGER_NAME),) if path is None or path.is_absolute() else (path, Path(LEDGER_NAME))
