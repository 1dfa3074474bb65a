"""A watched folder: what the importer keeps in it, which ledger it belongs to, and who can read its results."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import UsageError
from importer.watch.names import APPROVED, DONE, FAILED, WAITING, WORKING
from importer.watch.scanning.verdicts import ListedFile

MARKER = ".importer"


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder from which files are imported. ``profile`` names the profile of its files; None: the one that fits each.

    ``access`` is that of everything that is written into it.
    """

    root: Path
    profile: str | None
    access: FileAccess
    by_folder: bool = False

    @property
    def working(self) -> Path:
        """Return the folder of the claims."""
        return self.root / WORKING

    @property
    def kept(self) -> tuple[str, ...]:
        """Return the names of the folders that the importer keeps in it."""
        return (WORKING, DONE, FAILED, WAITING, *((APPROVED,) if self.by_folder else ()))

    def make(self) -> None:
        """Create the folders that are missing. Raises OSError."""
        for name in self.kept:
            self.access.folders_to(self.root / name)


def access_for(folder: Path) -> FileAccess:
    """Return the access for what is written into a folder: its group has it if the folder is open to the group.

    Others never have it, whatever the rights of the folder are. Raises OSError if the folder cannot be looked at.
    """
    found = folder.stat()
    if os.name == "nt" or stat.S_IMODE(found.st_mode) & stat.S_IRWXG != stat.S_IRWXG:
        return OWNER_ALONE
    is_possible = os.geteuid() == 0 or found.st_gid in {os.getegid(), *os.getgroups()}
    return FileAccess(found.st_gid) if is_possible else OWNER_ALONE


def list_folder(folder: Path) -> list[ListedFile]:
    """Return the files of a folder, without those in folders inside it and without links. Raises OSError."""
    found: list[ListedFile] = []
    with os.scandir(folder) as listing:
        for one in listing:
            with suppress(FileNotFoundError):  # it was moved away meanwhile
                if one.is_file(follow_symlinks=False):
                    facts = one.stat(follow_symlinks=False)
                    attributes = getattr(facts, "st_file_attributes", 0)
                    changed = max(facts.st_mtime, facts.st_ctime)
                    found.append(ListedFile(one.name, facts.st_size, facts.st_mtime_ns, changed, attributes))
    return found


# The ledger of a folder


def ledger_of(root: Path) -> str | None:
    """Return the id of the ledger to which the folder belongs; None if it belongs to none yet. Raises OSError, UsageError."""
    try:
        text = (root / MARKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    if not text.strip():
        return None
    try:
        return str(json.loads(text)["ledger"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"{root / MARKER} cannot be read, which names the ledger of this folder. If only one workspace imports from the "
            f"folder, empty the file: the next `importer watch` writes it again."
        ) from None


def refuse_other_ledger(root: Path, ledger: str | None) -> None:
    """Raise UsageError if the folder belongs to another ledger than this one (None: there is none yet)."""
    known = ledger_of(root)
    if known is None or known == ledger:
        return
    own = f"that of this workspace is {ledger}" if ledger else "this workspace has none yet"
    raise UsageError(
        f"The folder {root} belongs to the ledger {known}, and {own}. Files that both import would be sent twice. Watch it "
        f"from the workspace of that ledger. Only if that one is not used any more, delete {root / MARKER}."
    )


def mark(root: Path, ledger: str, access: FileAccess) -> None:
    """Note in the folder to which ledger it belongs, unless it is noted. Raises UsageError for another one, or OSError."""
    if ledger_of(root) is None:
        with suppress(FileNotFoundError):
            if not (root / MARKER).read_bytes().strip():
                (root / MARKER).unlink()  # a person has made the file, or emptied it
        text = json.dumps({"ledger": ledger}) + "\n"
        with suppress(FileExistsError):  # another watcher was quicker
            descriptor = access.open(root / MARKER, os.O_WRONLY | os.O_EXCL)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
    refuse_other_ledger(root, ledger)
