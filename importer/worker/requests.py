"""What commands ask of workers: to take in files, and how they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from procrastinate.exceptions import ConnectorException

from importer.errors import FileRefused
from importer.worker.accounts import Served
from importer.worker.jobs import FileJob, JobCounts, JobTable, LivingWorker, unreachable
from importer.worker.tables import arguments_of, make_tables

SILENT_SECONDS = 30.0
_STATES = {"todo": "waiting", "doing": "running", "succeeded": "done"}


@dataclass(frozen=True, slots=True)
class WorkersStatus:
    """The workers of a ledger, and how many jobs are in which state."""

    workers: tuple[LivingWorker, ...]
    counts: tuple[JobCounts, ...]

    def lines(self) -> list[str]:
        """Return the lines for the terminal."""
        alive = [one for one in self.workers if one.silent < SILENT_SECONDS]
        found = [f"{len(alive)} worker(s) running." if alive else "No worker is running: `importer worker run` starts one."]
        if silent := len(self.workers) - len(alive):
            found.append(
                f"{silent} worker(s) without a sign of life for {SILENT_SECONDS:g} seconds or more; others do their jobs."
            )
        return found + [f"{one.account}: {one.kind}, {one.count:,} {_STATES.get(one.state, one.state)}" for one in self.counts]

    def as_json(self) -> dict[str, object]:
        """Return the members of `importer worker status --json`."""
        return {"workers": [asdict(one) for one in self.workers], "jobs": [asdict(one) for one in self.counts]}


def prepared_arguments(url: str, command: str) -> dict[str, Any]:
    """Return the arguments for the :class:`JobTable` of a ledger, which is made if it is missing.

    Raises UsageError or LedgerError.
    """
    arguments = arguments_of(url, command)
    make_tables(url, arguments)
    return arguments


async def add_files(served: Served, paths: Iterable[Path], options: Sequence[str]) -> list[Path]:
    """Add files for a worker to take in, and return those that did not wait already. Raises FileRefused or LedgerError."""
    jobs = [FileJob(served.account, str(path.absolute()), _digest(path), list(options)) for path in paths]
    arguments = prepared_arguments(served.environment.ledger_url, "importer worker take-in")
    try:
        async with JobTable(arguments) as table:
            return [Path(job.file) for job in jobs if await table.take_in(job)]
    except ConnectorException as error:
        raise unreachable(error) from None


async def workers_status(url: str) -> WorkersStatus:
    """Return how the workers of a ledger are. Raises UsageError or LedgerError."""
    try:
        async with JobTable(prepared_arguments(url, "importer worker status")) as table:
            return WorkersStatus(tuple(await table.workers()), tuple(await table.counts()))
    except ConnectorException as error:
        raise unreachable(error) from None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileRefused(f"{path} cannot be read ({error.strerror}).") from None
