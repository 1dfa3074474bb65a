"""The jobs of workers, kept by Procrastinate: files to take in, accounts to send for, and notifications to deliver.

Nothing depends on a job being run exactly once. A file that is taken in twice is known the second time, and of two processes
that send for an account the second one leaves it to the first.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Self

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from importer.errors import LedgerError

TAKE_IN, DRAIN, NOTIFY = "take_in", "drain", "notify"
HEARTBEAT_SECONDS, STALLED_SECONDS = 3.0, 12.0
"""How often a worker gives a sign of life in the tables, and after how long without one its jobs are given to others."""
KEPT_HOURS = 14 * 24
"""How long finished jobs are kept, for `importer worker status`."""


Work = Callable[[Job], Awaitable[None]]
"""Does what a job asks for. With an exception the job has failed."""


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to take in for an account, with ``options`` of `importer run`.

    ``sha256`` is that of the content as it was added; ``tries`` is how often its command has ended without a result.
    """

    account: str
    file: str
    sha256: str
    options: list[str] = field(default_factory=list)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs of one kind and one account are in one state."""

    account: str
    kind: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class LivingWorker:
    """A worker that has registered, with the seconds since its last sign of life."""

    id: int
    silent: float


def queue_of(account: str) -> str:
    """Return the name of the queue with an account's jobs, which is short enough for a channel of the server."""
    return f"account-{sha256(account.encode()).hexdigest()[:16]}"


class JobTable:
    """The jobs beside one ledger, open within its ``async with`` block. ``arguments`` are those of ``tables.arguments_of``."""

    def __init__(self, arguments: dict[str, Any], work: Work | None = None, connections: int = 3) -> None:
        connector = PsycopgConnector(kwargs=arguments, min_size=1, max_size=connections + 3, timeout=10.0)
        self.app = App(connector=connector)
        for name in ("procrastinate", "psycopg.pool"):  # what matters of it is said by the worker, without tracebacks
            logging.getLogger(name).addHandler(logging.NullHandler())
            logging.getLogger(name).propagate = False
        if work is not None:
            self._register(work)

    def _register(self, work: Work) -> None:
        async def run(context: JobContext, /, **arguments: Any) -> None:
            del arguments
            await work(context.job)

        for name in (TAKE_IN, DRAIN, NOTIFY):
            self.app.task(name=name, pass_context=True)(run)

    async def __aenter__(self) -> Self:
        await self.app.open_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.close_async()

    async def take_in(self, asked: FileJob, seconds: float = 0.0) -> bool:
        """Add a file to take in after so many seconds, unless the same one waits already. Returns whether it was added."""
        return await self._add(TAKE_IN, f"{asked.file} {asked.sha256}", seconds, **asdict(asked))

    async def drain(self, account: str, seconds: float = 0.0, tries: int = 0) -> bool:
        """Add the sending for an account after so many seconds, unless it waits already. Returns whether it was added."""
        return await self._add(DRAIN, "", seconds, account=account, tries=tries)

    async def notify(self, account: str, title: str, text: str) -> bool:
        """Add a notification, unless one with this title waits already. Returns whether it was added."""
        return await self._add(NOTIFY, title, 0.0, account=account, title=title, text=text)

    async def _add(self, kind: str, unique: str, seconds: float, **arguments: Any) -> bool:
        later: dict[str, Any] = {"schedule_in": {"seconds": round(seconds)}} if seconds else {}
        queue = queue_of(arguments["account"])
        try:
            adding = self.app.configure_task(kind, queue=queue, queueing_lock=f"{kind} {queue} {unique}", **later)
            await adding.defer_async(**arguments)
        except AlreadyEnqueued:
            return False
        return True

    async def retry_stalled(self) -> int:
        """Give the jobs of workers that have died to others, and return their number."""
        found = list(await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
        for job in found:
            try:
                await self.app.job_manager.retry_job(job)
            except ConnectorException:  # an equal one was added meanwhile, and is done in its place
                await self.app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=False)
        return len(found)

    async def has_drain(self, account: str, seconds: float) -> bool:
        """Return whether the account's sending waits or runs, or has ended within so many seconds."""
        query = _HAS_DRAIN.format(kind=DRAIN)
        (found,) = await self.app.connector.execute_query_all_async(query, queue=queue_of(account), seconds=seconds)
        return bool(found["found"])

    async def counts(self) -> list[JobCounts]:
        """Return how many jobs there are, by account, kind and state."""
        found = await self.app.connector.execute_query_all_async(_COUNTS)
        return [JobCounts(**one) for one in found]

    async def workers(self) -> list[LivingWorker]:
        """Return the workers that have registered and not ended, the one with the latest sign of life first."""
        found = await self.app.connector.execute_query_all_async(_WORKERS)
        return [LivingWorker(one["id"], float(one["silent"])) for one in found]

    async def forget_old(self) -> None:
        """Delete the jobs that ended long ago."""
        await self.app.job_manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)


def unreachable(error: ConnectorException) -> LedgerError:
    """Return the error for jobs that cannot be read or written."""
    return LedgerError(f"The jobs on the ledger's server cannot be used now: {error.__cause__ or error}.")


_HAS_DRAIN = """
SELECT EXISTS (
    SELECT 1 FROM procrastinate_jobs WHERE queue_name = %(queue)s AND task_name = '{kind}' AND (
        status IN ('todo', 'doing') OR EXISTS (
            SELECT 1 FROM procrastinate_events AS event
            WHERE event.job_id = procrastinate_jobs.id AND event.at > now() - make_interval(secs => %(seconds)s)
        )
    )
) AS found
"""
_COUNTS = """
SELECT args->>'account' AS account, task_name AS kind, status::text AS state, count(*) AS count
FROM procrastinate_jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_WORKERS = """
SELECT id, extract(epoch FROM now() - last_heartbeat) AS silent FROM procrastinate_workers ORDER BY last_heartbeat DESC
"""
