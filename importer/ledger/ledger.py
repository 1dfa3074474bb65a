"""The ledger as the rest of the importer sees it: open, take in, send (the worklist), reconcile (the doubts)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from sqlalchemy import Connection, delete, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.notes import notes_to_json
from importer.domain.records import LoadedSource
from importer.domain.timestamps import stamp
from importer.errors import LedgerError
from importer.ledger.intake.intake import Intake
from importer.ledger.intake.unchanged_source import Reading, remember
from importer.ledger.outbox.doubts import Doubt, Doubts
from importer.ledger.outbox.outbox import Worklist
from importer.ledger.outbox.request_counts import Counting
from importer.ledger.outbox.restored import Restored
from importer.ledger.outbox.sendable import Claim, Job, Result
from importer.ledger.storage.backup import backup
from importer.ledger.storage.engine import check_version, connect, prepare, protect, translated
from importer.ledger.storage.location import refuse_network_path, sqlite_path
from importer.ledger.storage.lock import held
from importer.ledger.storage.schema import batch, credential

__all__ = ["CHUNK_ROWS", "Claim", "Doubt", "Job", "Ledger", "Result"]

CHUNK_ROWS = 1000


class Ledger(Worklist, Doubts, Restored, Counting):
    """One open ledger. The writing one is held by this process alone until it is closed."""

    @classmethod
    def open(cls, url: str, command: str) -> Self:
        """Open for writing, making the file if there is none. Raises LedgerHeld or LedgerError."""
        with ExitStack() as stack:
            path = sqlite_path(url)
            if path is not None:
                refuse_network_path(path)
                stack.enter_context(held(path, command))
                with _translated_os(path):
                    protect(path)
            engine = connect(url)
            stack.callback(engine.dispose)
            ledger = cls(engine, path or "database", stack)
            with translated(ledger.name):
                prepare(ledger._connection, ledger.name)
            ledger._stack = stack.pop_all()
        return ledger

    @classmethod
    def read(cls, url: str) -> Self | None:
        """Open for reading beside a writer; None if there is no ledger yet."""
        path = sqlite_path(url)
        if path is not None and not path.is_file():
            return None
        with ExitStack() as stack:
            engine = connect(url, read_only=True)
            stack.callback(engine.dispose)
            ledger = cls(engine, path or "database", stack)
            with translated(ledger.name), ledger.transaction() as connection:
                check_version(connection, ledger.name)
            ledger._stack = stack.pop_all()
        return ledger

    @classmethod
    @contextmanager
    def scratch(cls, url: str) -> Iterator[Self]:
        """A copy of the ledger (or an empty one) in a temporary folder: to try things that leave no trace."""
        with TemporaryDirectory(prefix="importer-check-") as folder:
            copy = Path(folder) / "ledger.db"
            path = sqlite_path(url)
            if path is not None and path.is_file():
                backup(path, copy)
            with cls.open(f"sqlite:///{copy}", "importer check") as ledger:
                yield ledger

    def take_in(
        self,
        connection: Connection,
        source: LoadedSource,
        accounts: Accounts,
        run_id: str,
        earlier: Iterable[int] = (),
        reading: Reading | None = None,
    ) -> int:
        """Take a source in with all its rows, inside the caller's transaction; returns the batch's id.

        ``earlier`` are the run's batches so far: a case that one of them rejected blocks its vouchers here. ``reading``
        is remembered, so that the same file need not be read again. If reading the source fails, nothing of it stays.
        """
        with connection.begin_nested():
            values = {
                "run_id": run_id,
                "cases_account": accounts.cases,
                "vouchers_account": accounts.vouchers,
                "source_name": source.name,
                "source_sha256": source.sha256,
                "profile": source.profile,
                "heads": json.dumps([asdict(head) for head in source.heads], ensure_ascii=False),
                "notes": "[]",
                "control": "{}",
                "taken_at": stamp(),
            }
            batch_id = connection.execute(insert(batch).values(values)).inserted_primary_key[0]  # type: ignore[index]
            intake = Intake(connection, batch_id, earlier, accounts)
            sheets = {head.name: index for index, head in enumerate(source.heads)}
            flat = {head.name for head in source.heads if head.flat}
            while chunk := list(islice(source.rows, CHUNK_ROWS)):
                intake.take(chunk, sheets, flat)
            control = json.dumps(intake.finish(CHUNK_ROWS))
            notes = notes_to_json([*source.notes, *source.found])
            connection.execute(update(batch).where(batch.c.id == batch_id).values(control=control, notes=notes))
            if reading is not None:
                remember(connection, batch_id, source, reading)
        return int(batch_id)

    def account_of(self, fingerprint: str) -> str | None:
        """The account that this credential opened before, or None."""
        with self.transaction() as connection:
            return connection.scalar(select(credential.c.account).where(credential.c.fingerprint == fingerprint))

    def remember_account(self, fingerprint: str, account: str) -> None:
        with self.transaction() as connection:
            connection.execute(delete(credential).where(credential.c.fingerprint == fingerprint))
            connection.execute(insert(credential).values(fingerprint=fingerprint, account=account))


@contextmanager
def _translated_os(path: Path) -> Iterator[None]:
    """File-system trouble with the ledger's own file as a LedgerError."""
    try:
        yield
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be written ({error.strerror}). Check the folder and your rights.") from None
