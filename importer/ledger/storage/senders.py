"""The account's one sender, for a ledger in a file and for one on a server."""

from __future__ import annotations

from pathlib import Path

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError
from importer.ledger.storage.engine import Session
from importer.ledger.storage.lock import OtherSender, OwnedLock, claim, present_sender
from importer.ledger.storage.server_lock import ServerSenderLock, present_server_sender


class SenderPlace:
    """Where the locks of a ledger's senders are: beside its file ``path``, or else on the server of its ``url``."""

    def __init__(self, session: Session, path: Path | None, url: str | None, access: FileAccess) -> None:
        self._session, self._path, self._url, self._access = session, path, url, access
        self._lock: OwnedLock | ServerSenderLock | None = None

    def claim(self, account: str, command: str) -> OtherSender | None:
        """Make this process the account's one sender until it is released; if there is another, return that one.

        Raises LedgerError.
        """
        if self._lock is not None:
            return None
        if self._path is not None:
            claimed: OwnedLock | ServerSenderLock | OtherSender = claim(self._path, account, command, self._access)
        else:
            assert self._url is not None
            claimed = ServerSenderLock.claim(self._url, str(self._session.name), account, command)
        if isinstance(claimed, OtherSender):
            return claimed
        self._lock = claimed
        return None

    def present(self, account: str) -> OtherSender | None:
        """Return the account's sender, another process; None if there is none."""
        if self._path is not None:
            return present_sender(self._path, account, self._access)
        with self._session.transaction() as connection:
            return present_server_sender(connection, account)

    def refuse_loss(self) -> None:
        """Raise LedgerError if the connection with this process' lock has ended: another may be the sender by now."""
        if isinstance(self._lock, ServerSenderLock) and not self._lock.is_kept():
            raise LedgerError(
                f"The connection to the ledger {self._session.name} that made this run the account's sender was lost while it "
                f"waited. Nothing was under way. `importer resume` goes on."
            )

    def beat(self) -> None:
        """Give a sign of life to others on the server, if this process is the sender."""
        if isinstance(self._lock, ServerSenderLock):
            self._lock.beat()

    def release(self) -> None:
        """Let another process become the sender."""
        if self._lock is not None:
            self._lock.release()
