"""To which ledger and to which batch of it the files of the page belong.

A workspace may have several ledgers: that of the sandbox, one that was put back from a backup, or a new one. They give the same
numbers to their batches, so that a number alone names none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from importer.domain.batches import BatchState, Proposal
from importer.ledger.ledger import Ledger, UnitOfWork
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.location import sqlite_path
from importer.workspace.environment import Environment

_NAME_CHARACTERS = 12


@dataclass(frozen=True)
class BatchKey:
    """A batch as it is recorded now. ``run`` is that of the batch, which no other batch with its number has.

    ``mark`` is another text for every other review of a staged batch; empty for one that is not staged or was not reviewed.
    """

    ledger: str
    id: int
    run: str
    state: BatchState
    mark: str = ""

    @property
    def name(self) -> str:
        """Return the name of its folders."""
        return batch_folder_name(self.id, self.run)


def batch_folder_name(batch_id: int, run: str) -> str:
    """Return the name of the folders of a batch, which one of another time with the same number does not have."""
    return f"{batch_id}-{run[:_NAME_CHARACTERS]}"


def ledger_folder_name(ledger: str) -> str:
    """Return the name of the folder of a ledger."""
    return ledger.replace("-", "")[:_NAME_CHARACTERS]


def review_mark(proposal: Proposal, review: str | None) -> str:
    """Return a text that is another one for every other review of a staged batch."""
    return hashlib.sha256(f"{proposal.mark()}\n{review or ''}".encode()).hexdigest()


@dataclass
class KnownKeys:
    """The keys of batches, which are read again once the files of the ledger have changed."""

    _stamp: Hashable = None
    _ledger: str = ""
    _batches: dict[int, BatchKey | None] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)

    def ledger(self, environment: Environment) -> str:
        """Return the id of the ledger; empty if there is none yet. Raises LedgerError."""
        with self._changing:
            self._renew(environment)
            return self._ledger

    def batch(self, environment: Environment, batch_id: int) -> BatchKey | None:
        """Return the key of a batch; None if there is none of this number. Raises LedgerError."""
        with self._changing:
            self._renew(environment)
            if batch_id not in self._batches:
                self._batches[batch_id] = _read_batch(environment, batch_id)
            return self._batches[batch_id]

    def _renew(self, environment: Environment) -> None:
        stamp = _stamp_of(environment.ledger_url)
        if stamp is None or stamp != self._stamp:
            self._ledger, self._batches = _read_ledger(environment), {}
            self._stamp = stamp


def _stamp_of(url: str) -> Hashable:
    """Return what changes with each commit; None if that is not known, as of a server's database."""
    path = sqlite_path(url)
    return None if path is None else (path, *(_state_of(one) for one in (path, path.with_name(f"{path.name}-wal"))))


def _state_of(path: Path) -> Hashable:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _read_ledger(environment: Environment) -> str:
    ledger = Ledger.read(environment.ledger_url, environment.access)
    if ledger is None:
        return ""
    with ledger:
        return ledger.identity.id


def _read_batch(environment: Environment, batch_id: int) -> BatchKey | None:
    ledger = Ledger.read(environment.ledger_url, environment.access)
    if ledger is None:
        return None
    with ledger, ledger.unit_of_work() as work:
        info = work.queries.batch(batch_id)
        return key_of_batch(work, info) if info is not None else None


def key_of_batch(work: UnitOfWork, info: BatchInfo) -> BatchKey:
    """Return the key of a batch."""
    proposal = work.remembered_proposal(info.id) if info.state is BatchState.STAGED else None
    mark = review_mark(proposal, info.review) if proposal else ""
    return BatchKey(work.queries.ledger_id(), info.id, info.run_id, info.state, mark)
