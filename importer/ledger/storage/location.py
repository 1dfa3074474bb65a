"""The location of a ledger: its URL, and the checks that it is a file on a local disk."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import psutil
from sqlalchemy import inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from importer.domain.secrets import MASK
from importer.errors import LedgerError
from importer.ledger.storage import postgres
from importer.ledger.storage.engine import connect, translated

# SQLite's locks do not work reliably on these; a ledger in WAL mode can be corrupted there.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ceph", "lustre", "glusterfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse", "fuse.davfs"),
    }
)
# They show what the system does, and keep no files.
VIRTUAL_FILE_SYSTEMS = frozenset({"proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "bpf"})


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL; None for a ledger on a Postgres server.

    Raises LedgerError for any other URL, never with the URL: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the second: a port that is not a number
        raise LedgerError("The ledger's url is not a database URL. Write it like sqlite:///ledger.db.") from None
    if parsed.get_backend_name() == postgres.BACKEND:
        if problem := postgres.url_problem(parsed):
            raise LedgerError(f"{problem}. Write its url like {postgres.EXAMPLE}.")
        return None
    if problem := _url_problem(parsed):
        raise LedgerError(f"{problem}. Write its url like sqlite:///ledger.db.")
    path = Path(str(parsed.database))
    if problem := _path_problem(path):
        raise LedgerError(f"The ledger {path} {problem}. Set url under [ledger] to a file on a local disk.")
    return path


def _url_problem(url: URL) -> str | None:
    """Describe why a ledger cannot be at this URL; None if it can."""
    options = "&".join(f"{name}={value}" for name, value in url.query.items())
    problems = (
        (url.get_backend_name() != "sqlite", "The ledger must be an SQLite file or a Postgres database"),
        (url.drivername not in _DRIVERS, "The ledger is opened with Python's own SQLite, not with the driver that its url names"),
        (any((url.username, url.password, url.host, url.port)), "The ledger is a file, which has no user, password or host"),
        (_is_in_memory(url), _IN_MEMORY),
        (
            (url.database or "").casefold().startswith("file:"),
            "The ledger's url names an SQLite URI, which may be a database in memory",
        ),
        (not _OPTIONS.fullmatch(options), "The ledger's url has options that are not supported; only a timeout in seconds is"),
    )
    return next((problem for applies, problem in problems if applies), None)


def _is_in_memory(url: URL) -> bool:
    database, modes = (url.database or "").strip(), url.query.get("mode", ())
    return database in {"", ":memory:"} or "memory" in ((modes,) if isinstance(modes, str) else modes)


_IN_MEMORY = (
    "The ledger must be a file: a database in memory or a temporary one forgets what was sent, and everything would be sent again"
)
_DRIVERS = frozenset({"sqlite", "sqlite+pysqlite"})
_OPTIONS = re.compile(r"(?:timeout=\d{1,4}(?:\.\d{1,3})?)?")


def _path_problem(path: Path) -> str | None:
    """Describe why no ledger can be at this path; None if one can. Whether it can be written is found out by opening it."""
    try:
        str(path).encode()  # SQLite takes only names that are UTF-8
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return f"cannot be looked at ({error.strerror if isinstance(error, OSError) else 'no file can have this name'})"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return None if stat.S_ISREG(mode) else "is a device, not a file"


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file. Only characters that would end or change the path are escaped, for readability."""
    return "sqlite:///" + str(path).replace("%", "%25").replace("?", "%3F")


def password_of(url: str) -> str | None:
    """Return the password in a ledger's URL; None if it has none."""
    try:
        password = make_url(url).password
    except (ArgumentError, ValueError):
        return None
    return str(password) if password else None


def shown_url(url: str) -> str:
    """Return the URL for messages: without user and password, and without what is after a question mark.

    An unreadable URL may hold a password anywhere, so that only its beginning is shown.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return MASK
    try:
        plain = make_url(url).username is None
    except (ArgumentError, ValueError):
        return f"{scheme}://{MASK}" if scheme.replace("+", "").isalnum() else MASK
    shown, question, query = rest.partition("?")
    if not plain:
        shown = f"{MASK}@{shown.rpartition('@')[2]}"
    return f"{scheme}://{shown}{question}{MASK if query else ''}"


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


def has_ledger(url: str) -> bool:
    """Return whether there is a ledger. Raises LedgerError for a wrong URL, and for a server that cannot be asked."""
    path = sqlite_path(url)
    if path is not None:
        return path.is_file()
    engine = connect(url, read_only=True)
    try:
        with translated(shown_url(url)), engine.connect() as connection:
            return inspect(connection).has_table("meta")
    finally:
        engine.dispose()


def require_ledger(url: str) -> None:
    """Raise LedgerError if the ledger does not exist: a mistyped path must not create a new, empty one."""
    path = sqlite_path(url)
    if path is None and not has_ledger(url):
        raise LedgerError(
            f"There is no ledger in the database {shown_url(url)}: nothing has been imported with it. Check url under [ledger]. "
            f"An import begins one."
        )
    if path is not None and not path.is_file():
        raise LedgerError(
            f"There is no ledger {path.resolve()}: nothing has been imported with it. "
            f"Check the workspace, and url under [ledger]. An import begins one; with --sandbox, one with --sandbox."
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
    """Raise LedgerError for a path on a network drive, or on a file system that keeps no files."""
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
    if kind in VIRTUAL_FILE_SYSTEMS:
        raise LedgerError(f"The ledger is on a file system of the kind {kind}, which keeps no files. {fix}")
    if kind == "remote" or kind in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"The ledger is on a network drive ({kind}), where it can be damaged. {fix}")
