"""Batches that were handed over: approved by a run that is not the account's sender, and left to the one that is.

They are kept in the ledger, so that they are found by the next sender if that one ends before it has taken them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import Connection, delete, exists, insert, select

from importer.domain.accounts import Accounts
from importer.domain.batches import BatchState
from importer.domain.states import State
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, entry, meta

MARK = "handed over "
_SENT_FOR = "sent for "
_TO_SEND = (State.PENDING, State.SENDING, State.IN_DOUBT)


def hand_over(connection: Connection, batch_ids: Iterable[int], directory: Path) -> None:
    """Note that batches are handed over, and a folder in which their reports are kept up to date, besides those noted before."""
    known, added = handed_over(connection), directory.absolute()
    for batch_id in batch_ids:
        folders = [*known.get(batch_id, ()), *([] if added in known.get(batch_id, ()) else [added])]
        value = json.dumps({"outputs": list(map(str, folders))}, ensure_ascii=False)
        _forget(connection, batch_id)
        connection.execute(insert(meta).values(name=f"{MARK}{batch_id}", value=value))


def handed_over(connection: Connection) -> dict[int, tuple[Path, ...]]:
    """Return the folders of the reports of each batch that is handed over, the oldest batch first."""
    found = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.startswith(MARK, autoescape=True)))
    noted = {int(one.name.removeprefix(MARK)): tuple(map(Path, json.loads(one.value)["outputs"])) for one in found}
    return dict(sorted(noted.items()))


def _forget(connection: Connection, batch_id: int) -> None:
    connection.execute(delete(meta).where(meta.c.name == f"{MARK}{batch_id}"))


class HandOvers:
    """The batches of one ledger that were handed over to its senders. ``taken`` are those that this process has taken."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.taken: dict[int, tuple[Path, ...]] = {}

    def waiting(self, accounts: Accounts) -> dict[int, tuple[Path, ...]]:
        """Return the approved batches of this account that are handed over, with the folders of their reports.

        What was discarded since, or must be approved again, is not among them.
        """
        with self._session.transaction() as connection:
            noted = handed_over(connection)
            own = (batch.c.cases_account == accounts.cases) & (batch.c.state == BatchState.APPROVED)
            known = set(connection.scalars(select(batch.c.id).where(own, batch.c.id.in_(list(noted)))))
        return {batch_id: folders for batch_id, folders in noted.items() if batch_id in known}

    def note_sent(self, accounts: Accounts, batch_ids: Iterable[int]) -> None:
        """Note what the account's sender sends, which it does before it lets go of the ledger: others see the present note."""
        name, value = f"{_SENT_FOR}{accounts.cases}", json.dumps(sorted(batch_ids))
        with self._session.transaction() as connection:
            if connection.scalar(select(meta.c.value).where(meta.c.name == name)) == value:
                return
            connection.execute(delete(meta).where(meta.c.name == name))
            connection.execute(insert(meta).values(name=name, value=value))

    def with_sender(self, accounts: Accounts) -> frozenset[int]:
        """Return what the account's sender sends or will send, if it has one now: its batches, and those handed over to it."""
        with self._session.transaction() as connection:
            noted = connection.scalar(select(meta.c.value).where(meta.c.name == f"{_SENT_FOR}{accounts.cases}"))
        return frozenset([*json.loads(noted or "[]"), *self.waiting(accounts)])

    def take(self, batches: Mapping[int, tuple[Path, ...]]) -> None:
        """Note that this process sends these batches and keeps their reports up to date."""
        self.taken |= batches

    def leave(self, batch_ids: Iterable[int]) -> None:
        """Note that this process does not send these batches after all; they are handed over still."""
        left = set(batch_ids)
        self.taken = {batch_id: folders for batch_id, folders in self.taken.items() if batch_id not in left}

    def finish(self) -> None:
        """Forget those of the taken batches of which nothing is left to send, and those that were discarded.

        The others are left to the next sender.
        """
        with self._session.transaction() as connection:
            known = list(handed_over(connection))
            discarded = (batch.c.state == BatchState.DISCARDED) & batch.c.id.in_(known)
            for batch_id in list(connection.scalars(select(batch.c.id).where(discarded))):
                _forget(connection, batch_id)
            for batch_id in self.taken:
                left = (entry.c.batch_id == batch_id) & NOT_ACCEPTED & entry.c.superseded_by.is_(None)
                if not connection.scalar(select(exists().where(left, entry.c.state.in_(_TO_SEND)))):
                    _forget(connection, batch_id)
