"""One writer at a time: the lock file beside the ledger."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError, LedgerHeld


@contextmanager
def held(path: Path, command: str, access: FileAccess = OWNER_ALONE) -> Iterator[None]:
    """Lock the ledger for writing. A lock ends with its process. Raises LedgerHeld if another process has it."""
    path = path.resolve()  # two paths to the same file must have the same lock
    lock = FileLock(f"{path}.lock", timeout=0, mode=access.file_mode)
    owner = Path(f"{path}.owner")
    try:
        access.create(Path(lock.lock_file))
        lock.acquire()
    except Timeout:
        raise LedgerHeld(f"Another run holds the ledger {path}: {_describe(owner)}. Wait until it has ended.") from None
    except OSError as error:
        raise LedgerError(
            f"The ledger {path} cannot be locked ({error.strerror}). Check that its folder exists and that you may write there."
        ) from None
    try:
        _write_owner(owner, command, access)
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _write_owner(owner: Path, command: str, access: FileAccess) -> None:
    try:
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": to_timestamp()}
        access.write(owner, json.dumps(facts), durable=False)
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
