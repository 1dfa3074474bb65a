"""The request to watch folders, and the settings that a watcher has in place of the usual ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from importer.domain.paths import is_folder
from importer.errors import UsageError
from importer.watch.folder import WatchedFolder, access_for
from importer.workspace.environment import Environment
from importer.workspace.ledger_wait import MOST_WITHOUT_A_NOTE
from importer.workspace.request import find_profiles
from importer.workspace.workspace import Workspace


@dataclass(frozen=True)
class WatchRequest:
    """The folders to watch, as the user has named them.

    ``once``: what is complete now is imported, and the watcher ends. ``output`` is the folder for reports that the user has
    named. ``list_is_current``: the lists count, although they look older or shorter than the last ones.
    """

    workspace: Workspace
    folders: tuple[Path, ...]
    profile: str | None = None
    once: bool = False
    output: Path | None = None
    list_is_current: bool = False


def watching(environment: Environment) -> Environment:
    """Return the environment of a watcher, which nobody looks at: what is unusual waits, unless the settings say otherwise.

    It does not wait long for the ledger, since its file is tried again in the next round anyway.
    """
    settings = environment.settings
    ledger = settings.ledger.model_copy(update={"wait_seconds": min(settings.ledger.wait_seconds, MOST_WITHOUT_A_NOTE)})
    changes: dict[str, object] = {"ledger": ledger}
    if "required" not in settings.approval.model_fields_set:
        changes["approval"] = settings.approval.model_copy(update={"required": "unusual"})
    return replace(environment, settings=settings.model_copy(update=changes))


def watched_folders(request: WatchRequest, environment: Environment) -> list[WatchedFolder]:
    """Return the folders, each followed by those inside it that the settings give a profile.

    Raises UsageError if one does not exist, or is named twice, or ProfileError if a profile is wrong.
    """
    rules = environment.settings
    for profile in (request.profile, *rules.watch.profiles.values()):
        find_profiles(profile, request.workspace)
    found: list[WatchedFolder] = []
    for folder in request.folders:
        root = folder.absolute()
        if not is_folder(root):
            raise UsageError(
                f"The folder {root} does not exist. Check the path; if it is on a network drive, connect that first."
            )
        inside = [(root / name, profile) for name, profile in rules.watch.profiles.items()]
        for path, profile in [(root, request.profile), *inside]:
            access = access_for(path if path.is_dir() else root)
            found.append(WatchedFolder(path, profile, access, by_folder=rules.approval.by_folder))
    paths = [one.root.resolve() for one in found]
    if twice := next((path for path in paths if paths.count(path) > 1), None):
        raise UsageError(f"The folder {twice} is named twice. Name each folder once.")
    return found
