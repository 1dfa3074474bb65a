"""Batches that were handed over: approved by a run that is not the account's sender, and left to the one that is.

They are kept in the ledger, so that they are found by the next sender if that one ends before it has taken them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, delete, exists, insert, select

from importer.domain.accounts import Accounts
from importer.domain.batches import BatchState
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, entry, meta

MARK = "handed over "
_TO_SEND = (State.PENDING, State.SENDING, State.IN_DOUBT)


def hand_over(connection: Connection, batch_ids: Iterable[int], directory: Path) -> None:
    """Note that batches are handed over, and the folder in which their reports are kept up to date."""
    for batch_id in batch_ids:
        name = f"{MARK}{batch_id}"
        facts = {"output": str(directory.absolute()), "at": to_timestamp()}
        connection.execute(delete(meta).where(meta.c.name == name))
        connection.execute(insert(meta).values(name=name, value=json.dumps(facts, ensure_ascii=False)))


def handed_over(connection: Connection) -> dict[int, Path]:
    """Return the folder of the reports of each batch that is handed over, the oldest batch first."""
    found = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.startswith(MARK, autoescape=True)))
    noted = {int(one.name.removeprefix(MARK)): Path(json.loads(one.value)["output"]) for one in found}
    return dict(sorted(noted.items()))


class HandOvers:
    """The batches of one ledger that were handed over to its senders. ``taken`` are those that this process has taken."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.taken: dict[int, Path] = {}

    def waiting(self, accounts: Accounts) -> dict[int, Path]:
        """Return the approved batches of this account that are handed over, with the folder of their reports.

        What was discarded since, or must be approved again, is not among them.
        """
        with self._session.transaction() as connection:
            noted = handed_over(connection)
            own = (batch.c.cases_account == accounts.cases) & (batch.c.state == BatchState.APPROVED)
            known = set(connection.scalars(select(batch.c.id).where(own, batch.c.id.in_(list(noted)))))
        return {batch_id: directory for batch_id, directory in noted.items() if batch_id in known}

    def take(self, batches: Iterable[tuple[int, Path]]) -> None:
        """Note that this process sends these batches and keeps their reports up to date."""
        self.taken |= dict(batches)

    def finish(self) -> None:
        """Forget those of the taken batches of which nothing is left to send. The others are left to the next sender."""
        with self._session.transaction() as connection:
            for batch_id in self.taken:
                left = (entry.c.batch_id == batch_id) & NOT_ACCEPTED & entry.c.superseded_by.is_(None)
                if not connection.scalar(select(exists().where(left, entry.c.state.in_(_TO_SEND)))):
                    connection.execute(delete(meta).where(meta.c.name == f"{MARK}{batch_id}"))
