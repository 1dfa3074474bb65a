"""The lock of an account's one sender, beside the ledger.

It is kept while the ledger is let go. It does not protect from sending twice, which the ledger's own lock does: it decides which
run sends, and names that run to the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import Timeout

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError
from importer.ledger.storage.lock import LockOwner, OwnedLock

CLAIM_SECONDS = 0.5
"""How long a run tries to become the sender: a command that only looks whether there is one holds the lock for an instant."""


@dataclass(frozen=True, slots=True)
class OtherSender:
    """The process that sends for an account; its ``owner`` is None if it has not named itself yet."""

    owner: LockOwner | None

    def text(self) -> str:
        """Return the sender as the subject of a sentence."""
        return f"The sender of this account, {self.owner.text()}," if self.owner else "The sender of this account"


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
