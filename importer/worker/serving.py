"""A worker: it does the jobs of its accounts, gives those of dead workers to others, and has each account sent for."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker as JobWorker

from importer.errors import ExitCode, LedgerError
from importer.ledger.storage.lock import OtherSender
from importer.worker.accounts import Served
from importer.worker.commands import JobCommands
from importer.worker.jobs import DRAIN, HEARTBEAT_SECONDS, STALLED_SECONDS, TAKE_IN, FileJob, JobTable, queue_of, unreachable
from importer.worker.notices import deliver_notice
from importer.worker.outcomes import JobOutcome, after_sending, after_taking_in
from importer.worker.watchdog import ALIVE, READY, STOPPING, tell_systemd
from importer.workspace.console import Console

LOOK_SECONDS = 3.0
"""How often a worker looks for jobs of dead workers and for accounts without a sender."""
DRAIN_EVERY_SECONDS = 300.0
"""An account of which something is left although it was sent for is not sent for again before this."""
FORGET_EVERY_SECONDS = 3600.0


class JobFailed(Exception):
    """The job has failed for good; people were notified."""


class _JobWorker(JobWorker):
    """A worker of Procrastinate, which stops by itself when it has lost the server."""

    def stop(self) -> None:
        """Take no new job, and end when the running ones have ended. ``when_lost`` is called if nobody has asked for that."""
        if not self.is_asked_to_stop:
            self.when_lost()
        super().stop()  # type: ignore[no-untyped-call]

    is_asked_to_stop = False
    when_lost: Callable[[], None] = staticmethod(lambda: None)


class Worker:
    """Serves some workspaces of one ledger, with up to ``jobs`` commands at a time."""

    def __init__(self, served: Sequence[Served], console: Console, jobs: int) -> None:
        self._served = {one.account: one for one in served}
        self._console, self._jobs = console, jobs
        self._commands = JobCommands()
        self._stopping = asyncio.Event()
        self._reported: set[tuple[str, int | None]] = set()
        self._forget_at = 0.0

    async def run(self, arguments: dict[str, Any]) -> None:
        """Work until the first SIGTERM or SIGINT, and until what is in flight then is finished. Raises LedgerError."""
        try:
            async with JobTable(arguments, self._work, self._jobs) as table:
                self._table = table
                await self._serve(table)
        except ConnectorException as error:
            raise unreachable(error) from None

    async def _serve(self, table: JobTable) -> None:
        worker = _JobWorker(
            table.app,
            queues=list(map(queue_of, self._served)),
            concurrency=self._jobs,
            install_signal_handlers=False,
            fetch_job_polling_interval=LOOK_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
        )
        worker.when_lost = self._end_at_once
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, self._stop, worker)
        looking = asyncio.create_task(self._look_after(table, worker))
        tell_systemd(READY)
        self._console.note(f"Serving {len(self._served)} account(s) with up to {self._jobs} jobs at a time.")
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        finally:
            tell_systemd(STOPPING)
            looking.cancel()

    def _end_at_once(self) -> None:
        """End this process, which has lost the server: other workers do its jobs when it gives no sign of life.

        It does not wait for its commands, which may take days: they go on, and nobody else sends for their accounts.
        """
        self._console.warn("The worker has lost the ledger's server, and ends. Start it again; what it has begun goes on.")
        os._exit(int(ExitCode.USAGE))

    def _stop(self, worker: _JobWorker) -> None:
        if not self._stopping.is_set():
            self._console.note("Finishing what is in flight; interrupt again to stop at once.")
        self._stopping.set()
        worker.is_asked_to_stop = True
        worker.stop()
        self._commands.stop()

    # Looking after jobs and accounts

    async def _look_after(self, table: JobTable, worker: _JobWorker) -> None:
        """Look after jobs and accounts for ever. A look that succeeds is a sign of life for systemd."""
        while True:
            try:
                await self._refuse_silence(table, worker)
                if number := await table.retry_stalled():
                    self._console.note(f"{number} job(s) of a worker that has ended are done again.")
                for one in self._served.values():
                    await self._look_after_account(table, one)
                if monotonic() >= self._forget_at:
                    self._forget_at = monotonic() + FORGET_EVERY_SECONDS
                    await table.forget_old()
                tell_systemd(ALIVE)
            except (ConnectorException, LedgerError) as error:
                self._console.warn(str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _refuse_silence(self, table: JobTable, worker: _JobWorker) -> None:
        """End this process if its part that takes jobs gives no sign of life any more, while this one has the server."""
        if worker.worker_id is None or self._stopping.is_set():
            return
        silent = [one.silent for one in await table.workers() if one.id == worker.worker_id]
        if not silent or silent[0] > 2 * STALLED_SECONDS:
            self._end_at_once()

    async def _look_after_account(self, table: JobTable, one: Served) -> None:
        needs, sender = await asyncio.to_thread(one.needs_sender)
        if sender is not None:
            await self._report_silence(table, one, sender)
        if needs and not await table.has_drain(one.account, DRAIN_EVERY_SECONDS):
            await table.drain(one.account)

    async def _report_silence(self, table: JobTable, one: Served, sender: OtherSender) -> None:
        """Notify people once of a sender that may be suspended: it keeps its lock, and nobody can take over."""
        key = (one.account, sender.owner.session if sender.owner else None)
        if (silence := sender.silence()) and key not in self._reported:
            self._reported.add(key)
            await table.notify(one.account, "the sender may be suspended", f"{sender.text().rstrip(',')}.{silence}")

    # Doing jobs

    async def _work(self, job: Job) -> None:
        given: dict[str, Any] = dict(job.task_kwargs)
        one = self._served[given["account"]]
        if job.task_name == TAKE_IN:
            await self._take_in(one, FileJob(**given))
        elif job.task_name == DRAIN:
            await self._drain(one, given["tries"])
        else:
            await asyncio.to_thread(deliver_notice, one.environment, self._console, given["title"], given["text"])

    async def _take_in(self, one: Served, asked: FileJob) -> None:
        path = Path(asked.file)
        if await asyncio.to_thread(_digest_of, path) != asked.sha256:
            text = f"{path} was not taken in. Add it again, if it is to be."
            await self._fail(one, f"{path.name} is gone or was changed since it was added", text)
        tries = asked.tries + 1
        code = await self._commands.run("run", asked.file, "--yes", "--leave-sending", "--quiet", *one.options, *asked.options)
        outcome = after_taking_in(code, tries)
        self._console.note(f"take in {path.name}: exit code {code}")
        if outcome.again_after is not None:
            await self._table.take_in(replace(asked, tries=_counted(tries, outcome)), outcome.again_after)
        elif outcome.fails:
            await self._fail(one, f"{path.name} was not taken in", f"`importer run {path}` ended with exit code {code}.")
        else:
            await self._table.drain(one.account)

    async def _drain(self, one: Served, tries: int) -> None:
        code = await self._commands.run("resume", "--quiet", "--stop-at-quota", *one.options)
        outcome = after_sending(code, tries + 1)
        self._console.note(f"send for {one.account}: exit code {code}")
        if outcome.again_after is not None:
            await self._table.drain(one.account, outcome.again_after, _counted(tries + 1, outcome))
        elif outcome.fails:
            await self._fail(one, "sending has failed", f"`importer resume` in {one.folder} ended with exit code {code}.")

    async def _fail(self, one: Served, title: str, text: str) -> None:
        await self._table.notify(one.account, title, text)
        raise JobFailed(title)


def _counted(tries: int, outcome: JobOutcome) -> int:
    """Return the number of tries that counts: an interrupt and a wait are not the job's fault."""
    return tries if outcome.counts else tries - 1


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
