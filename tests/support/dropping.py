"""A folder in which somebody drops spreadsheets, with a workspace whose watcher takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from support.sheets import cases, write_csv
from support.workspace import CliWorkspace, Finished

AT_ONCE = {
    "IMPORTER_WATCH__SETTLE_SECONDS": "0",
    "IMPORTER_WATCH__NETWORK_SETTLE_SECONDS": "0",
    "IMPORTER_WATCH__SCAN_SECONDS": "0.01",
    "IMPORTER_WATCH__RETRY_SECONDS": "0.01",
}
"""Settings with which files are taken at first sight."""
NO_APPROVAL = {"IMPORTER_APPROVAL__REQUIRED": "never"}
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{4}-[0-9a-f]{8}-")


@dataclass
class DropFolder:
    """A watched folder, and the commands of its workspace."""

    path: Path
    workspace: CliWorkspace

    def once(self, **env: str) -> Finished:
        """Import what is in the folder now."""
        return self.workspace.call("watch", self.path, "--once", env=env)

    def names(self, place: str = "") -> list[str]:
        """The visible files in a folder of it, without the time and the digest in their names."""
        folder = self.path / place
        found = [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
        return sorted(_STAMP.sub("", name) for name in found)

    def file(self, place: str, name: str) -> Path:
        """The one file of this name in a folder of it, whatever its time and digest."""
        (found,) = (path for path in (self.path / place).iterdir() if _STAMP.sub("", path.name) == name)
        return found

    def text(self, place: str, name: str) -> str:
        return self.file(place, name).read_text(encoding="utf-8")


def drop_folder(workspace: CliWorkspace, folder: Path) -> DropFolder:
    """A folder beside the workspace, whose ledger has served the account already."""
    folder.mkdir()
    workspace.env |= AT_ONCE
    first = write_csv(workspace.folder / "first.csv", cases(1, first=9001))
    assert workspace.call("run", first, "--yes").code == 0
    return DropFolder(folder, workspace)
