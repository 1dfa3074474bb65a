"""The identity of a ledger: its id, its counter of sending commits, and the file that was opened.

Two files with one id are the ledger and a copy of it. The counter shows which of them is behind; the file's inode shows
whether the path still leads to the file that a run has open.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from sqlalchemy import BigInteger, Connection, Text, cast, func, insert, select, update

from importer.errors import LedgerError
from importer.ledger.storage.compiled_sql import CompiledSelect
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import attempt, batch, meta

ID_MARK, COMMITS_MARK = "ledger_id", "commits"
_NAMESPACE = UUID("0c4f8a57-94f0-4f0e-9d3a-6f6f6d0f5b1e")


def give_identity(connection: Connection) -> None:
    """Give the ledger an id and a counter.

    Those of an older ledger are derived from its content, so that copies which are upgraded one by one are still
    recognised as copies of one ledger.
    """
    first = connection.execute(select(batch.c.run_id, batch.c.taken_at).order_by(batch.c.id).limit(1)).one_or_none()
    identifier = uuid4() if first is None else uuid5(_NAMESPACE, f"{first.run_id} {first.taken_at}")
    commits = connection.scalar(select(func.coalesce(func.max(attempt.c.id), 0)))
    values = {ID_MARK: str(identifier), COMMITS_MARK: str(commits)}
    connection.execute(insert(meta), [{"name": name, "value": value} for name, value in values.items()])


def ledger_id(connection: Connection) -> str:
    """Return the id of the ledger."""
    return connection.scalar(select(meta.c.value).where(meta.c.name == ID_MARK)) or ""


_COUNT = CompiledSelect(
    update(meta)
    .where(meta.c.name == COMMITS_MARK)
    .values(value=cast(cast(meta.c.value, BigInteger) + 1, Text))
    .returning(meta.c.value)
)


_WHILE_WAITING = (
    "That happened while this run waited and had let go of it. Put the ledger back that was there, then run `importer resume`."
)


class LedgerIdentity:
    """The identity of one open ledger."""

    def __init__(self, session: Session, path: Path | None) -> None:
        self._session = session
        self.path, self.name = path, str(session.name)
        self.id, self.commits = self._read()
        self._inode = None if path is None else _inode_of(path)

    def _read(self) -> tuple[str, int]:
        with self._session.transaction() as connection:
            found = select(meta.c.name, meta.c.value).where(meta.c.name.in_([ID_MARK, COMMITS_MARK]))
            marks: dict[str, str] = {one.name: one.value for one in connection.execute(found)}
        commits = marks.get(COMMITS_MARK, "")
        return marks.get(ID_MARK, ""), int(commits) if commits.isdecimal() else 0

    @property
    def place(self) -> str:
        """Return the absolute path of the file, or the URL without what is secret."""
        return self.name if self.path is None else str(self.path.absolute())

    def refuse_absence(self) -> None:
        """Raise LedgerError if the file is gone: opening it would create an empty one."""
        if self.path is not None and not self.path.exists():
            raise LedgerError(f"The ledger {self.path.absolute()} is gone. {_WHILE_WAITING}")

    def read_again(self) -> None:
        """Go on with the file as it is now, which others may have written meanwhile. Raises LedgerError for another ledger."""
        identifier, commits = self._read()
        if identifier != self.id:
            raise LedgerError(f"{self.name} is another ledger now. {_WHILE_WAITING}")
        if commits < self.commits:
            raise LedgerError(
                f"The ledger {self.name} was replaced by an older copy of it ({commits:,} commits, {self.commits:,} before). "
                f"{_WHILE_WAITING}"
            )
        self.commits = commits
        self._inode = None if self.path is None else _inode_of(self.path)

    def count(self, connection: Connection) -> int:
        """Count one sending commit within its transaction, and return the new number. Raises LedgerError.

        For a ledger that only this process may write, a number that does not follow the last one is another file's. If others
        send for other accounts, it may follow their numbers.
        """
        counted = _COUNT(connection)
        number = int(counted[0][0]) if counted else 0
        if number <= self.commits or (self._session.is_alone and number != self.commits + 1):
            raise self._session.changed_by_others()
        return number

    def pass_over(self, connection: Connection, number: int) -> None:
        """Raise the counter above ``number`` within a transaction: this ledger goes on, and other copies are behind it."""
        self.commits = max(self.commits, number + 1)
        connection.execute(update(meta).where(meta.c.name == COMMITS_MARK).values(value=str(self.commits)))

    def loss(self) -> LedgerError | None:
        """Return the error for a file that was removed or replaced since it was opened; None if it is still there."""
        if self.path is None or (found := _inode_of(self.path)) == self._inode:
            return None
        what = "was removed or cannot be reached any more" if found is None else "was replaced by another file"
        return LedgerError(
            f"The ledger {self.path.absolute()} {what} while this run was sending. What was sent is recorded in the file "
            f"that was there before: put that one back, or a backup, and run `importer ledger restored` before anything else."
        )


def _inode_of(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (it is called before each commit: a third of the time of Path.stat)
    except OSError:
        return None
    return found.st_dev, found.st_ino
