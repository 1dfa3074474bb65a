"""The location of a ledger: its URL, and the checks that it is a file on a local disk."""

from __future__ import annotations

from pathlib import Path

import psutil
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from importer.errors import LedgerError

# SQLite's locks do not work reliably on these; a ledger in WAL mode can be corrupted there.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ceph", "lustre", "glusterfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse", "fuse.davfs"),
    }
)


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL. Raises LedgerError for any other URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError("The ledger's url is not a database URL. Write it like sqlite:///ledger.db.") from None
    if parsed.get_backend_name() != "sqlite":
        raise LedgerError("The ledger must be an SQLite file so far. Write its url like sqlite:///ledger.db.")
    database = parsed.database or ""
    modes = parsed.query.get("mode", ())
    if not database.strip() or database == ":memory:" or "memory" in ((modes,) if isinstance(modes, str) else modes):
        raise LedgerError(
            "The ledger must be a file: a database in memory or a temporary one forgets what was sent, and everything would be "
            "sent again. Write its url like sqlite:///ledger.db."
        )
    if database.casefold().startswith("file:"):
        raise LedgerError(
            "The ledger's url names an SQLite URI, which may be a database in memory. Write the path itself, like "
            "sqlite:///ledger.db."
        )
    return Path(database)


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file. Only characters that would end or change the path are escaped, for readability."""
    return "sqlite:///" + str(path).replace("%", "%25").replace("?", "%3F")


def resolve_url(url: str, folder: Path) -> str:
    """Return the URL with a relative SQLite file placed in ``folder``. A wrong URL is returned unchanged: opening it raises."""
    try:
        path = sqlite_path(url)
    except LedgerError:
        return url
    if path is None or folder / path == path:
        return url
    _, mark, query = url.partition("?")
    return sqlite_url(folder / path) + mark + query


def require_ledger(url: str) -> None:
    """Raise LedgerError if the ledger does not exist: a mistyped path must not create a new, empty one."""
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise LedgerError(
            f"There is no ledger {path.resolve()}: nothing has been imported with it. "
            f"Check the folder and url under [ledger]; `importer run FILE` begins one."
        )


def refuse_hard_link(path: Path) -> None:
    """Raise LedgerError for a file that has a second name: each name has a lock and a log of recent commits of its own."""
    try:
        names = path.stat().st_nlink
    except OSError:  # it does not exist yet, or opening it reports why it cannot be reached
        return
    if names > 1:
        raise LedgerError(
            f"The ledger {path.absolute()} has {names} names (hard links). Two runs could use it under different names at "
            f"once, which damages it and sends rows twice. Make it a file of its own: copy it to a new file, and put that in "
            f"its place."
        )


def refuse_network_path(path: Path) -> None:
    """Raise LedgerError for a path on a network drive."""
    absolute = path.resolve()
    fix = f"Move the ledger to a local disk: set url under [ledger], which is now {absolute}."
    if str(absolute).startswith("\\\\"):
        raise LedgerError(f"The ledger is on a network path, where it can be damaged. {fix}")
    best = ""
    kind = ""
    for disk in psutil.disk_partitions(all=True):
        if absolute.is_relative_to(disk.mountpoint) and len(disk.mountpoint) > len(best):
            remote = "remote" in disk.opts.split(",")  # a mapped drive of Windows, whose type is that of the remote disk
            best, kind = disk.mountpoint, "remote" if remote else disk.fstype.casefold()
    if kind == "remote" or kind in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"The ledger is on a network drive ({kind}), where it can be damaged. {fix}")
