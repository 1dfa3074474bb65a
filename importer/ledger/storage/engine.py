"""Opening a ledger: one writer at a time, local disks only, a clear sentence for everything that can be wrong with it."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import StaticPool

from importer.errors import LedgerError, LedgerHeld
from importer.ledger.storage.schema import SCHEMA_VERSION, meta, metadata, stamp

# SQLite's locks do not hold on these; a WAL ledger on them can be corrupted.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ceph", "lustre", "glusterfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse", "fuse.davfs"),
    }
)


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL (None for another database). Raises LedgerError for what is no database URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError("The ledger's url is not a database URL. Write it like sqlite:///ledger.db.") from None
    if parsed.get_backend_name() != "sqlite":
        raise LedgerError("The ledger must be an SQLite file so far. Write its url like sqlite:///ledger.db.")
    if not parsed.database or parsed.database == ":memory:":
        raise LedgerError("The ledger must be a file. Write its url like sqlite:///ledger.db.")
    return Path(parsed.database)


def require_ledger(url: str) -> None:
    """Raise LedgerError if there is no ledger to go on with: a mistyped path must not become a new, empty one."""
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise LedgerError(
            f"There is no ledger {path.resolve()}: nothing has been imported with it. "
            f"Check the folder and url under [ledger]; `importer run FILE` begins one."
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
            remote = "remote" in disk.opts.split(",")  # a mapped drive of Windows, whose type is that of the far disk
            best, kind = disk.mountpoint, "remote" if remote else disk.fstype.casefold()
    if kind == "remote" or kind in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"The ledger is on a network drive ({kind}), where it can be damaged. {fix}")


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Database trouble as a LedgerError: full or read-only disk, damaged file, wrong permissions."""
    try:
        yield
    except DatabaseError as error:
        cause = str(_first(error).orig).splitlines()[0]
        raise LedgerError(f"The ledger {path} cannot be used: {cause}. {_what_to_do(cause)}") from error


def _first(error: DatabaseError) -> DatabaseError:
    """The trouble that others followed from: on a full disk SQLite rolls back, and then there is no savepoint any more."""
    found, seen = error, error.__context__
    while seen is not None:
        if isinstance(seen, DatabaseError):
            found = seen
        seen = seen.__context__
    return found


def _what_to_do(cause: str) -> str:
    known = {
        "full": "Free some disk space and run `importer resume`.",
        "readonly": "Give yourself the right to write the file and its folder.",
        "unable to open": "Check that its folder exists and that you may write there.",
        "not a database": "Name another file under [ledger], or restore a backup.",
        "malformed": "Restore a backup.",
        "disk I/O": "Check the disk, then run `importer resume`.",
    }
    return next((fix for sign, fix in known.items() if sign in cause), "Check the url under [ledger].")


@contextmanager
def held(path: Path, command: str) -> Iterator[None]:
    """Hold the ledger for writing; a crashed holder's lock is gone with its process. Raises LedgerHeld if another has it."""
    path = path.resolve()  # one ledger by two names is one ledger
    lock = FileLock(f"{path}.lock", timeout=0)
    owner = Path(f"{path}.owner")
    try:
        lock.acquire()
    except Timeout:
        raise LedgerHeld(f"Another run holds the ledger {path}: {_describe(owner)}. Wait until it has ended.") from None
    except OSError as error:
        raise LedgerError(
            f"The ledger {path} cannot be locked ({error.strerror}). Check that its folder exists and that you may write there."
        ) from None
    try:
        _write_owner(owner, command)
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _write_owner(owner: Path, command: str) -> None:
    try:
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": stamp()}
        owner.write_text(json.dumps(facts), encoding="utf-8")
    except OSError as error:
        raise LedgerError(
            f"The ledger's folder {owner.parent} cannot be written ({error.strerror}). Free some space there."
        ) from None


def _describe(owner: Path) -> str:
    try:
        facts = json.loads(owner.read_text(encoding="utf-8"))
        return f"`{facts['command']}` (process {facts['pid']} on {facts['host']}, since {facts['since'][:19]} UTC)"
    except (OSError, ValueError, KeyError):
        return "one that has just begun or ended"


def connect(url: str | URL, *, read_only: bool = False) -> Engine:
    """An engine with one connection; SQLite in WAL mode, every commit on disk before it returns."""
    target = make_url(url)
    if target.get_backend_name() != "sqlite":
        return create_engine(target, hide_parameters=True)
    if read_only:
        target = target.set(database=f"file:{quote(str(target.database))}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(target, poolclass=StaticPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(raw: object, _: object) -> None:
        raw.isolation_level = None  # type: ignore[attr-defined]  # transactions are begun below, not by the driver
        run = raw.execute  # type: ignore[attr-defined]
        run("PRAGMA busy_timeout = 5000")
        if not read_only:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def prepare(connection: Connection, name: Path | str) -> None:
    """Make the tables of a new ledger, check an old one and bring it up to date.

    Raises LedgerError for a damaged one or one of a newer version.
    """
    with connection.begin():
        if not inspect(connection).has_table("meta"):
            if connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
                raise LedgerError(f"{name} is another program's database, not a ledger. Name another file under [ledger].")
            metadata.create_all(connection)
            connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))
        if check_version(connection, name) < SCHEMA_VERSION:
            metadata.create_all(connection)  # so far a newer version has only had more tables
            connection.execute(update(meta).where(meta.c.name == "schema").values(value=str(SCHEMA_VERSION)))
    if connection.dialect.name == "sqlite":
        with connection.begin():
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        if found != "ok":
            raise LedgerError(f"The ledger {name} is damaged ({str(found).splitlines()[0]}). Restore a backup.")


def check_version(connection: Connection, name: Path | str) -> int:
    """The version of the ledger's tables. Raises LedgerError for a ledger that a newer version wrote, or that is none."""
    found = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if found is None or not found.isdecimal():
        raise LedgerError(f"{name} is not a ledger. Name another file under [ledger], or restore a backup.")
    if int(found) > SCHEMA_VERSION:
        raise LedgerError(f"The ledger {name} was written by a newer version. Install that version of the importer.")
    return int(found)


def protect(path: Path) -> None:
    """Only the owner may read a ledger: it holds debtors' data."""
    if sys.platform != "win32":
        path.touch(mode=0o600, exist_ok=True)


def backup(path: Path, target: Path) -> None:
    """A consistent copy of an SQLite ledger, also while another process writes it. Raises LedgerError."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise LedgerError(f"The ledger {path} cannot be copied: {error}. {_what_to_do(str(error))}") from None
