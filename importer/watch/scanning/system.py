"""What a watcher asks the operating system: who writes a file, where a folder is mounted, which processes live.

Each question is asked through :class:`OperatingSystem`, so that the watcher is tested without the systems that it is not run on.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from importer.watch.names import Claimant

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"}
    | {"vboxsf", "vmhgfs", "prl_fs", "virtiofs", "davfs", "webdav", "afpfs", "fuse"}
)
_TOKEN = secrets.token_hex(4)
_REMOTE_DRIVE = 4
"""What Windows answers for a drive of a network."""


class WriterState(Enum):
    """Whether a program has a file open for writing."""

    NOBODY = auto()
    WRITER = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class OperatingSystem:
    """The answers of the operating system, each replaceable in a test.

    ``writing`` is asked only on local disks. ``is_network`` says whether a folder is on a network drive. ``started`` is when a
    process of this machine began, as seconds of the epoch; None if there is none. ``space`` names the space in which process
    ids have a meaning: a container has its own.
    """

    claimant: Claimant
    writing: Callable[[Path], WriterState]
    is_network: Callable[[Path], bool]
    started: Callable[[int], float | None]
    space: str


def this_system() -> OperatingSystem:
    """Return the answers of the system that this process runs on."""
    host = re.sub(r"[^A-Za-z0-9.]+", "_", socket.gethostname())[:64] or "host"
    return OperatingSystem(
        claimant=Claimant(host, os.getpid(), _TOKEN),
        writing=who_writes if sys.platform == "linux" else _unknown,
        is_network=is_on_network_of_windows if sys.platform == "win32" else is_on_network,
        started=started_at,
        space=_process_space(),
    )


def _unknown(path: Path) -> WriterState:
    del path
    return WriterState.UNKNOWN


def who_writes(path: Path) -> WriterState:
    """Ask for a read lease on a file, which Linux refuses while any process has it open for writing.

    It is given only to the owner of the file and to root, and not on every file system; then the answer is not known.
    """
    if sys.platform != "linux":
        return WriterState.UNKNOWN
    import fcntl
    import signal

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return WriterState.UNKNOWN
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # the usual signal of a broken lease ends the process
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return WriterState.WRITER
    except OSError:
        return WriterState.UNKNOWN
    finally:
        os.close(descriptor)
    return WriterState.NOBODY


# Mounts


def is_on_network(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Return whether a folder is on a network drive, or on another file system of which the kernel sees only a part."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return is_network_type(type_of_mount(os.path.realpath(folder), table))


def type_of_mount(path: str, table: str) -> str:
    """Return the type of the file system that holds ``path``, from the text of ``/proc/self/mountinfo``; empty if unknown."""
    longest, found = -1, ""
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:  # noqa: PLR2004
            continue
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        is_inside = path == point or path.startswith(point.rstrip("/") + "/")
        if is_inside and len(point) >= longest:  # a later mount on the same point covers the earlier one
            longest, found = len(point), after.split(" ")[0]
    return found


def is_network_type(name: str) -> bool:
    """Return whether a file system of this type may be changed by other machines, unseen by the kernel of this one."""
    return name.casefold() in _NETWORK or name.startswith("fuse.")


def is_on_network_of_windows(folder: Path, drive_type: Callable[[str], int] | None = None) -> bool:
    """Return whether a folder is on a network drive of Windows: the path of a server, or a letter that stands for one."""
    path = str(folder)
    if path.startswith(("\\\\", "//")):
        return True
    letter = re.match(r"[A-Za-z]:", path)
    asked = drive_type or _drive_type
    return letter is not None and asked(f"{letter[0]}\\") == _REMOTE_DRIVE


def _drive_type(root: str) -> int:
    import ctypes

    return int(getattr(ctypes, "windll").kernel32.GetDriveTypeW(root))  # noqa: B009  (only Windows has it)


# Processes


def started_at(pid: int) -> float | None:
    """Return when a process of this machine began, as seconds of the epoch; None if there is none."""
    import psutil

    with suppress(psutil.Error, ValueError, OverflowError):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return float(process.create_time())
    return None


def _process_space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115  (its target is no path)
    except OSError:
        return ""
