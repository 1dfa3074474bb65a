"""The file with the state of the night, beside the ledger. Its rights are those of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from importer.domain.file_access import FileAccess
from importer.errors import ImporterError
from importer.ledger.storage.location import sqlite_path
from importer.notify.figures import newest_batch
from importer.notify.state import NightState
from importer.workspace.environment import Environment

LONGEST_WAIT_SECONDS = 10.0
Result = TypeVar("Result")


class StateFile:
    """The state of the night in its file. What goes wrong with the file is returned as a warning, and never raised."""

    def __init__(self, path: Path, access: FileAccess, first: Callable[[], NightState]) -> None:
        self._path, self._access, self._first = path, access, first
        self.warning: str | None = None

    @classmethod
    def of(cls, environment: Environment) -> StateFile:
        """Return the file of an environment: beside an SQLite ledger, else in the workspace."""
        ledger = sqlite_path(environment.ledger_url) or environment.workspace.root / "ledger"
        return cls(ledger.with_suffix(".night.json"), environment.access, lambda: first_state(environment))

    def read(self) -> NightState:
        """Return the state; that of a first night if there is no file, or none that can be read."""
        try:
            return NightState.from_json(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return self._first()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.warning = f"{self._path} cannot be read. What was reported before is not known, and may be reported again."
            return self._first()

    def begin(self) -> None:
        """Write the state of a first night, if there is no file: what is in the ledger already is not reported."""
        if not self._path.exists():
            self.change(lambda state: (state, None))

    def change(self, work: Callable[[NightState], tuple[NightState, Result]]) -> Result:
        """Replace the state by what ``work`` makes of it, and return the other value of ``work``."""
        with self._locked():
            before = self.read()
            after, result = work(before)
            if after != before or not self._path.exists():
                self._write(after)
        return result

    def _write(self, state: NightState) -> None:
        try:
            self._access.write(self._path, state.as_json())
        except OSError as error:
            self.warning = (
                f"{self._path} cannot be written ({error.strerror}): what was reported in this run may be reported again."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the file. If another process keeps it for too long, go on without it."""
        lock = FileLock(f"{self._path}.lock", timeout=LONGEST_WAIT_SECONDS, mode=self._access.file_mode)
        with suppress(Timeout, OSError):
            self._access.create(Path(lock.lock_file))
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def first_state(environment: Environment) -> NightState:
    """Return the state before the first night: the batches that are in the ledger already are not reported."""
    with suppress(ImporterError):
        return replace(NightState(), newest_batch=newest_batch(environment))
    return NightState()
