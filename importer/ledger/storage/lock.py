"""Locks beside the ledger: the one of its writer, and the one of each account's sender.

A lock is a lock of the operating system on a file, so that it ends with its process. A second file names the owner.

The sender's lock is kept while the ledger is let go. It does not protect from sending twice, which the writer's lock does: it
decides which run sends, and names that run to the others.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError, LedgerHeld

SILENT_SECONDS = 60.0
"""A process that holds a lock on a server uses its connection more often than this, unless it does something long."""


@dataclass(frozen=True, slots=True)
class LockOwner:
    """The process that holds a lock. ``since`` is a timestamp.

    On a server, ``session`` is the number of its connection there, which it used last ``silent`` seconds ago.
    """

    pid: int
    host: str
    command: str
    since: str
    session: int | None = None
    silent: float = 0.0

    def text(self) -> str:
        """Return the owner as written in messages: ``process 12 (`importer run` on host, since 2026-11-21T02:00:05 UTC)``."""
        return f"process {self.pid} (`{self.command}` on {self.host}, since {self.since[:19]} UTC)"

    def named(self) -> str:
        """Return the owner with its command first: `` `importer run` (process 12 on host, since 2026-11-21T02:00:05 UTC)``."""
        return f"`{self.command}` (process {self.pid} on {self.host}, since {self.since[:19]} UTC)"

    def silence(self) -> str:
        """Return what to do about an owner that may be suspended, as a sentence; nothing for one that gives signs of life."""
        if self.silent < SILENT_SECONDS or self.session is None:
            return ""
        return (
            f" It has not used its connection for {self.silent:,.0f} seconds. If it is suspended, wake it or end it, or let an "
            f"administrator end its session on the ledger's server: SELECT pg_terminate_backend({self.session})."
        )


class OwnedLock:
    """A lock file ``<stem>.lock`` with its owner in ``<stem>.owner``."""

    def __init__(self, stem: str, access: FileAccess) -> None:
        self._file, self._owner, self._access = Path(f"{stem}.lock"), Path(f"{stem}.owner"), access
        self._lock = FileLock(self._file, timeout=0, mode=access.file_mode)

    def acquire(self, command: str, seconds: float = 0) -> None:
        """Lock the file on behalf of ``command``. Raises OSError, or Timeout if another process has had it for ``seconds``."""
        self._access.create(self._file)
        self._lock.acquire(timeout=seconds)
        try:
            facts = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": to_timestamp()}
            self._access.write(self._owner, json.dumps(facts), durable=False)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Unlock the file, which remains."""
        self._owner.unlink(missing_ok=True)
        self._lock.release()

    def owner(self) -> LockOwner | None:
        """Return the owner that is named, which may have ended; None if none is, because it has just begun or ended."""
        try:
            facts = json.loads(self._owner.read_text(encoding="utf-8"))
            return LockOwner(int(facts["pid"]), str(facts["host"]), str(facts["command"]), str(facts["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_held(self) -> bool:
        """Return whether a process holds the lock now."""
        if not self._file.exists():
            return False
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:  # it cannot be opened, so that nothing is known
            return False
        self._lock.release()
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@contextmanager
def held(path: Path, command: str, access: FileAccess = OWNER_ALONE) -> Iterator[None]:
    """Lock the ledger for writing. A lock ends with its process. Raises LedgerHeld if another process has it."""
    path = path.resolve()  # two paths to the same file must have the same lock
    lock = OwnedLock(str(path), access)
    try:
        lock.acquire(command)
    except Timeout:
        raise LedgerHeld(f"Another run holds the ledger {path}: {_named(lock.owner())}. {ADVICE}") from None
    except OSError as error:
        raise LedgerError(
            f"The ledger {path} cannot be locked ({error.strerror}). Check that its folder exists, has some space left, and that "
            f"you may write there."
        ) from None
    with lock:
        yield


ADVICE = "Wait until it has ended, or until it waits for a quota: meanwhile it lets go of the ledger."


def _named(owner: LockOwner | None) -> str:
    if owner is None:
        return "one that has just begun or ended"
    return owner.named()


# The sender of an account

CLAIM_SECONDS = 0.5
"""How long a run tries to become the sender: a command that only looks whether there is one holds the lock for an instant."""


@dataclass(frozen=True, slots=True)
class OtherSender:
    """The process that sends for an account; its ``owner`` is None if it has not named itself yet."""

    owner: LockOwner | None

    def text(self) -> str:
        """Return the sender as the subject of a sentence."""
        return f"The sender of this account, {self.owner.text()}," if self.owner else "The sender of this account"

    def silence(self) -> str:
        """Return what to do about a sender that may be suspended; see :meth:`LockOwner.silence`."""
        return self.owner.silence() if self.owner else ""


def claim(ledger: Path, account: str, command: str, access: FileAccess) -> OwnedLock | OtherSender:
    """Make this process the account's sender, until the lock that is returned is released. Raises LedgerError."""
    lock = _lock_of(ledger, account, access)
    try:
        lock.acquire(command, CLAIM_SECONDS)
    except Timeout:
        return OtherSender(lock.owner())
    except OSError as error:
        raise LedgerError(
            f"The sender's lock beside the ledger {ledger} cannot be made ({error.strerror}). Check that you may write there."
        ) from None
    return lock


def present_sender(ledger: Path, account: str, access: FileAccess) -> OtherSender | None:
    """Return the account's sender; None if there is none now."""
    lock = _lock_of(ledger, account, access)
    return OtherSender(lock.owner()) if lock.is_held() else None


def _lock_of(ledger: Path, account: str, access: FileAccess) -> OwnedLock:
    short = sha256(account.encode()).hexdigest()[:12]
    return OwnedLock(f"{ledger.resolve()}.sender-{short}", access)
