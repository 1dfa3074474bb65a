"""How the page opens the workspace: each piece of work opens what it needs, ends, and leaves nothing open or locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock, RLock
from types import TracebackType
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from importer.domain.batches import Person
from importer.domain.file_access import FileAccess, access_of
from importer.errors import LedgerHeld
from importer.settings import Settings
from importer.web.work.batch_keys import BatchKey, KnownKeys, ledger_folder_name
from importer.web.work.known_figures import KnownFigures
from importer.workspace.environment import Environment, open_environment
from importer.workspace.ledger_guard import refuse_second_ledger
from importer.workspace.person import acting_as
from importer.workspace.workspace import Workspace

T = TypeVar("T")
SHORT_WAIT_SECONDS = 5.0
LEDGERS, NO_LEDGER = "ledgers", "none"
FOLDER = "page"
"""The folder of the workspace in which the page keeps what it needs between two requests."""
CHANGES_AT_ONCE = 8
"""The threads for what changes something. Pages and streams have threads of their own, so that they never wait for these."""
_CHANGES: RunVar[anyio.CapacityLimiter] = RunVar("changes")


class ShortLock:
    """A lock that a person does not wait for for long. Who holds it may take it again."""

    def __init__(self, held: str) -> None:
        """``held`` is the message for whom it is held for too long."""
        self._lock, self._held = RLock(), held

    def __enter__(self) -> None:
        """Take it. Raises LedgerHeld after a short while."""
        if not self._lock.acquire(timeout=SHORT_WAIT_SECONDS):
            raise LedgerHeld(self._held)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Give it back."""
        self._lock.release()

    def waiting(self) -> AbstractContextManager[bool]:
        """Return the lock for a job, which may wait for as long as the work before it takes."""
        return self._lock


@dataclass
class PageEnvironments:
    """The workspace that the page works in. ``config`` is another settings file than the workspace's."""

    workspace: Workspace
    settings: Settings
    is_sandbox: bool = False
    config: Path | None = None
    new_ledger: bool = False
    figures: KnownFigures = field(default_factory=KnownFigures)
    _keys: KnownKeys = field(default_factory=KnownKeys)
    _writing: Lock = field(default_factory=Lock)

    @property
    def access(self) -> FileAccess:
        """Return who can read what the page writes."""
        return access_of(self.settings.workspace.group)

    def folder(self, name: str) -> Path:
        """Return a private folder of the page, which exists then. Raises OSError."""
        path = self.workspace.root.absolute() / FOLDER / name
        self.access.folders_to(path)
        return path

    def ledger_folder(self, name: str) -> Path:
        """Return a private folder of the page for what belongs to the present ledger, which exists then.

        Raises OSError or LedgerError.
        """
        return self.folder(f"{LEDGERS}/{ledger_folder_name(self.ledger_id()) or NO_LEDGER}/{name}")

    def ledger_id(self) -> str:
        """Return the id of the present ledger; empty if there is none yet. Raises LedgerError."""
        with self.reading() as environment:
            return self._keys.ledger(environment)

    def batch_key(self, batch_id: int) -> BatchKey | None:
        """Return which batch has this number now; None if there is none. Raises LedgerError."""
        with self.reading() as environment:
            return self._keys.batch(environment, batch_id)

    @contextmanager
    def reading(self) -> Iterator[Environment]:
        """Open the environment for what reads the ledger alone."""
        with open_environment(self.workspace, self.settings, sandbox=self.is_sandbox, serving=False) as environment:
            yield environment

    @contextmanager
    def changing(self, *, asks_apis: bool = False, is_job: bool = False) -> Iterator[Environment]:
        """Open the environment for what writes the ledger: one piece of work of this page at a time.

        ``asks_apis``: requests are made, for which the embedded sandbox must run. ``is_job``: it may wait for as long as the
        work before it takes; anything else, for which a person waits at a page, raises LedgerHeld after a short while.
        """
        if not self._writing.acquire(timeout=-1 if is_job else SHORT_WAIT_SECONDS):
            raise LedgerHeld("A file is being read, or other work of this page writes the ledger. Try again in a minute.")
        try:
            with open_environment(self.workspace, self.settings, sandbox=self.is_sandbox, serving=asks_apis) as environment:
                refuse_second_ledger(environment)
                yield environment
        finally:
            self.figures.forget()
            self._writing.release()

    async def run(self, person: Person, work: Callable[[], T], *, changes: bool = False) -> T:
        """Do a piece of work in a thread, on behalf of a person. ``changes``: it may wait for other work that writes."""
        return await anyio.to_thread.run_sync(partial(_as, person, work), limiter=_limiter() if changes else None)


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _CHANGES.get()
    except LookupError:
        _CHANGES.set(anyio.CapacityLimiter(CHANGES_AT_ONCE))
        return _CHANGES.get()


def _as(person: Person, work: Callable[[], T]) -> T:
    with acting_as(person):
        return work()
