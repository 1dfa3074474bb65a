"""How much of a ledger a process holds: the whole of it or, on a server, the entries of the accounts that it sends for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select

from importer.domain.accounts import Accounts
from importer.errors import LedgerError
from importer.ledger.storage.backup import BACKUP_MARK
from importer.ledger.storage.engine import Session
from importer.ledger.storage.postgres import BACKEND
from importer.ledger.storage.schema import meta
from importer.ledger.storage.senders import SenderPlace
from importer.ledger.storage.server_lock import is_wanted, leave_other_accounts

LONGEST_MS = 30_000
"""The longest time that a sender may stay within a transaction without a statement."""
Held = frozenset[str] | None
"""The names of the accounts and credentials that a process holds in a ledger; None: the whole ledger."""
Opening = Callable[[Held], Session]
"""Opens the database of a ledger again, and holds these accounts in it (None: the whole ledger)."""


class LedgerHold:
    """What this process holds of a ledger that it has open. ``open_again`` is None if it was opened for reading."""

    def __init__(self, session: Session, senders: SenderPlace) -> None:
        self._session, self._senders = session, senders
        self.open_again: Opening | None = None

    @property
    def accounts(self) -> Held:
        """Return the accounts that this process holds, with its credentials; None: the whole ledger."""
        return self._session.accounts

    def leave_others(self, accounts: Accounts, credentials: Iterable[str] = ()) -> None:
        """Hold only the entries of these accounts from now on, so that others can send for other accounts meanwhile.

        ``credentials`` are the hashes under which their requests are counted: one may be used for several accounts. Raises
        LedgerError if it was opened for others.

        A ledger in a file is held as a whole, and so is one that was restored: all its accounts have one state.
        """
        held = frozenset({accounts.cases, accounts.vouchers, *credentials})
        if self._session.accounts is not None and not held <= self._session.accounts:
            raise LedgerError("The credentials open another account than before. Nothing was sent: run the same command again.")
        if self._session.accounts is not None or not self._is_shareable() or self._is_restored():
            return
        with self._session.transaction() as connection:
            leave_other_accounts(connection, held)
        self._session.accounts = held

    def be_short(self, *, short: bool) -> None:
        """Let the server end this connection if it stays within a transaction for long, as long as only short ones are made.

        A process that is suspended within one would keep rows from the senders of all accounts.
        """
        if self._is_shareable():
            with self._session.transaction() as connection:
                connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout = {LONGEST_MS if short else 0}")

    def is_wanted(self) -> bool:
        """Return whether another process waits for what this one holds of a ledger on a server. Raises LedgerError.

        The question is a sign of life of this process too.
        """
        if not self._is_shareable():
            return False
        self._senders.beat()
        with self._session.transaction() as connection:
            return is_wanted(connection)

    def beat(self) -> None:
        """Give a sign of life while the ledger is let go."""
        self._senders.beat()

    def take_again(self) -> None:
        """Open the ledger that was let go, and hold as much of it as before. Raises LedgerHeld or LedgerError."""
        assert self.open_again is not None
        self._session.take_over(self.open_again(self._session.accounts))
        if self._session.accounts is not None and self._is_restored():  # meanwhile
            self._session.close()
            self._session.take_over(self.open_again(None))

    def _is_shareable(self) -> bool:
        return self.open_again is not None and self._session.connection.dialect.name == BACKEND

    def _is_restored(self) -> bool:
        with self._session.transaction() as connection:
            return connection.scalar(select(meta.c.name).where(meta.c.name == BACKUP_MARK)) is not None
