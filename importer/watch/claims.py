"""Claims: a file is taken by moving it into a folder of its own in ``working``, which exactly one watcher can do.

A claim outlives its process. Another watcher takes it over, with all that its note says, when the process is dead: on this
machine by process id and start time, on other machines by a lease file that was not renewed for ten minutes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from importer.setting_sections import WATCH_FOLDERS
from importer.watch.folder import WatchedFolder, list_folder
from importer.watch.moves import digest_of, move_to_free_name
from importer.watch.names import (
    APPROVED,
    CONTROL,
    WAITING,
    Claimant,
    ClaimName,
    claim_name,
    is_passed_over,
    is_spreadsheet,
    parse_claim,
)
from importer.watch.scanning.system import OperatingSystem
from importer.watch.scanning.verdicts import ListedFile

NOTE = ".claim.json"
_LEASE = re.compile(r"\.(?P<host>.+?)-(?P<pid>\d+)(?:-(?P<token>[0-9a-f]{8}))?\.lease")
LEASE_SECONDS = 600.0
RENEWAL_SECONDS = 60.0
_CLOCKS_DIFFER = 2.0
"""Seconds by which the start of a process and the time of its claim may be misjudged."""


@dataclass(frozen=True, slots=True)
class ClaimNote:
    """What is remembered of a claimed file.

    ``origin`` is the folder inside the watched one from which it was taken; empty: the watched folder itself. ``state`` and
    ``sha256`` are those at the time of the claim, ``batch`` the batch that it became, ``kept`` the name that is reserved for it.
    """

    origin: str = ""
    state: tuple[int, int] | None = None
    sha256: str = ""
    batch: int | None = None
    kept: str = ""

    @classmethod
    def read(cls, path: Path) -> ClaimNote:
        """Read a note; an empty one if there is none that can be read, or if it holds what the importer never writes.

        Others may write into the folder, so that no path of a note may lead out of it.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            state = found.pop("state")
            note = cls(**found, state=None if state is None else (int(state[0]), int(state[1])))
            return note if note.is_usable() else cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls()

    def is_usable(self) -> bool:
        """Return whether the note holds only what the importer writes: folders of its own, plain names, a whole digest."""
        place, _, name = self.kept.partition("/")
        is_kept = not self.kept or (place in WATCH_FOLDERS and _is_plain(name) and is_spreadsheet(name))
        is_number = self.batch is None or type(self.batch) is int
        is_digest = not self.sha256 or re.fullmatch(r"[0-9a-f]{64}", self.sha256) is not None
        return self.origin in {"", WAITING, APPROVED} and is_kept and is_number and is_digest


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A claimed file: ``folder`` in ``working`` holds it under its own ``name``, since ``at``."""

    folder: Path
    name: str
    at: datetime
    note: ClaimNote = ClaimNote()

    @property
    def path(self) -> Path:
        """Return the path of the file."""
        return self.folder / self.name

    @property
    def control(self) -> Path:
        """Return the path of its control file, which need not exist."""
        return self.folder / (self.name + CONTROL)

    def noted(self, watched: WatchedFolder, **changes: Any) -> ClaimedFile:
        """Return the claim with these changes of its note, which are on disk then. Raises OSError."""
        note = replace(self.note, **changes)
        watched.access.write(self.folder / NOTE, json.dumps(asdict(note)))
        return replace(self, note=note)

    def as_noted(self) -> ClaimedFile:
        """Return the claim with its note as it is on disk, if it is there."""
        path = self.folder / NOTE
        return replace(self, note=ClaimNote.read(path)) if path.exists() else self

    def is_as_claimed(self, path: Path | None = None) -> bool:
        """Return whether the file, which may be at ``path`` now, was not written to since its state was noted. Raises OSError."""
        return self.note.state is None or _state_of(path or self.path) == self.note.state

    def as_it_is(self, watched: WatchedFolder) -> ClaimedFile:
        """Return the claim with the present state of the file, which is on disk then: it is read from here on. Raises OSError."""
        if self.is_as_claimed():
            return self
        return self.noted(watched, state=_state_of(self.path), sha256=digest_of(self.path))


def _is_plain(name: str) -> bool:
    """Return whether a name is that of a file, and leads to no other folder."""
    return name == PurePath(name).name and name not in {"", ".", ".."} and "\0" not in name


def _state_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def claim(
    watched: WatchedFolder, entry: ListedFile, origin: str, system: OperatingSystem, now: datetime, *, with_control: bool
) -> ClaimedFile | None:
    """Claim a file, with its control file. Returns None if another watcher was quicker, or it is being written after all.

    The control file is moved first: the watcher that has it has the file. Raises OSError if the disk does not let it.
    """
    source = watched.root / origin
    folder = watched.working / claim_name(system.claimant, now, entry.name)
    made = ClaimedFile(folder, entry.name, now, ClaimNote(origin, entry.state))
    watched.access.new_folder(folder)
    if with_control and not _taken(source / made.control.name, made.control):
        _remove(folder)
        return None
    if not _taken(source / entry.name, made.path):
        release(watched, made)
        return None
    try:
        digest = digest_of(made.path) if made.is_as_claimed() else ""
        if digest and made.is_as_claimed():
            return made.noted(watched, sha256=digest)
    except OSError:
        release(watched, made)
        raise
    release(watched, made)
    return None


def _taken(source: Path, target: Path) -> bool:
    """Move a file to a name that only this process uses. Returns whether this process has it now."""
    try:
        os.rename(source, target)  # noqa: PTH104  (on Windows it fails while a program has the file open)
    except FileNotFoundError:
        return target.exists()  # NFS repeats a request whose answer was lost, and then does not find the file
    except PermissionError:
        return False
    return True


def release(watched: WatchedFolder, made: ClaimedFile) -> list[Path]:
    """Put a claimed file back, with its control file. Returns the paths that they have now. Raises OSError."""
    back = watched.root / made.note.origin
    found = [move_to_free_name(path, back, path.name) for path in (made.path, made.control) if path.exists()]
    _remove(made.folder)
    return found


def close(made: ClaimedFile) -> None:
    """Remove the folder of a claim whose file has been moved to its place."""
    made.control.unlink(missing_ok=True)
    _remove(made.folder)


def _remove(folder: Path) -> None:
    with suppress(OSError):  # a folder that is left is found again, and is empty
        for path in folder.iterdir():
            if path.name.startswith("."):
                path.unlink()
        folder.rmdir()


# Recovery


def take_over(watched: WatchedFolder, system: OperatingSystem, known: Collection[Path] = ()) -> list[ClaimedFile]:
    """Take over the claims of dead processes, the oldest first. Raises OSError if ``working`` cannot be read.

    Those of this process that are not ``known`` to it any more are taken up again: the folder was away for a while.
    """
    found: list[ClaimedFile] = []
    for folder in sorted(watched.working.iterdir()):
        owner = parse_claim(folder.name)
        if owner is None or folder in known or folder.is_symlink() or not folder.is_dir():
            continue
        if owner.claimant != system.claimant and not is_dead(watched, owner, system):
            continue
        if made := _taken_over(watched, folder, owner, system):
            found.append(made)
    return sorted(found, key=lambda one: one.at)


def _taken_over(watched: WatchedFolder, folder: Path, owner: ClaimName, system: OperatingSystem) -> ClaimedFile | None:
    rest = folder.name.partition("--")[2].partition("--")[2]
    own = folder.with_name(claim_name(system.claimant, owner.at, rest))
    if own != folder:
        try:
            folder.rename(own)
        except OSError:  # another watcher was quicker
            return None
    names = [one.name for one in list_folder(own)]  # without links: what else is there is not ours, and stays
    files = [name for name in names if is_spreadsheet(name) and not is_passed_over(name)]
    note = ClaimNote.read(own / NOTE)
    if not files:
        for name in names:
            if PurePath(name).suffix == CONTROL:
                move_to_free_name(own / name, watched.root / note.origin, name)
        _remove(own)
        return None
    made = ClaimedFile(own, files[0], owner.at, note)
    if made.note.sha256:
        return made
    return made.noted(watched, sha256=digest_of(made.path), state=_state_of(made.path))


def is_dead(watched: WatchedFolder, owner: ClaimName, system: OperatingSystem) -> bool:
    """Return whether the process of a claim has ended."""
    claimant, lease = owner.claimant, _lease_of(watched, owner.claimant)
    space = _space_in(lease)
    if claimant.host == system.claimant.host and space in {None, system.space}:
        if space is not None and claimant.pid == system.claimant.pid:
            return True  # this process has the number now, and another token
        started = system.started(claimant.pid)
        return started is None or started > owner.at.timestamp() + _CLOCKS_DIFFER
    return _is_old(watched, lease, system)


def _lease_of(watched: WatchedFolder, claimant: Claimant) -> Path:
    return watched.working / f".{claimant.text()}.lease"


def _space_in(lease: Path) -> str | None:
    try:
        return str(json.loads(lease.read_text(encoding="utf-8"))["space"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_old(watched: WatchedFolder, lease: Path, system: OperatingSystem) -> bool:
    """Return whether a lease was not renewed for too long, by the clock of the disk, which all leases have; or is not there.

    Nothing is known of the others while the own lease cannot be written.
    """
    try:
        now = _lease_of(watched, system.claimant).stat().st_mtime
    except OSError:
        return False
    try:
        return now - lease.stat().st_mtime > LEASE_SECONDS
    except FileNotFoundError:
        return True
    except OSError:
        return False


def renew_lease(watched: WatchedFolder, system: OperatingSystem) -> None:
    """Say that this process lives. Errors are ignored: a folder that is away has no lease."""
    lease = _lease_of(watched, system.claimant)
    with suppress(OSError):
        watched.access.write(lease, json.dumps({"space": system.space}), durable=False)


def sweep_leases(watched: WatchedFolder, system: OperatingSystem) -> None:
    """Remove the leases of processes of this machine that have ended. Errors are ignored, as above."""
    with suppress(OSError):
        for path in watched.working.iterdir():
            found = _LEASE.fullmatch(path.name)
            if found is None or found["host"] != system.claimant.host or _space_in(path) != system.space:
                continue
            had_our_number = int(found["pid"]) == system.claimant.pid and path != _lease_of(watched, system.claimant)
            if had_our_number or system.started(int(found["pid"])) is None:
                path.unlink(missing_ok=True)


def end_lease(watched: WatchedFolder, system: OperatingSystem) -> None:
    """Remove the lease of this process."""
    with suppress(OSError):
        _lease_of(watched, system.claimant).unlink(missing_ok=True)
