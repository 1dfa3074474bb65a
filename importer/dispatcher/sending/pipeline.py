"""The sending loop: claim what can go out, send it, store what came back.

One commit carries the outcomes that have come in and the intents that go out at once, so that what is durable is always
at least as cautious as what has happened: ``sending`` is on disk before the first byte, the outcome before it is told.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from importer.dispatcher.apis.debbie import UNLISTED, Debbie
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.outcomes.transitions import as_seen_by_throttle, cause_of, final_payload, state_after
from importer.dispatcher.pacing.throttle import ApiThrottle
from importer.dispatcher.sending.queue import Backlog, Scope
from importer.domain.kinds import Kind
from importer.domain.reasons import Reason
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import NEXT_RUN, AttemptResult, Claim, Postponed, SendableEntry

log = structlog.get_logger()

MAX_TRIES = 10  # of one entry in one run; then it waits for the next
LOOK_AGAIN_SECONDS = 0.05
TURNS_OF_AN_ANSWER = 12  # of the loop: three from its last byte to its outcome, the others for one just behind it
PATIENCE_SECONDS = 3600.0  # the longest that a run waits for an entry's own backoff
LONGEST_NAP = 20.0  # the machine may have slept or its clock been set meanwhile
_NO_CASE_NAME = Reason(
    "case_has_no_reference", "Its case has no reference to be named by in Debbie. Set debbie.case_id_from, or give case_id"
)


@dataclass
class Stopping:
    """Set by the first interrupt: nothing new is begun, what is in flight is finished."""

    asked: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        self.asked = True
        self.wake.set()


Progress = Callable[[Kind, State], None]


class Pipeline:
    """Sends the open entries of a scope until nothing more can be done in this run."""

    def __init__(
        self,
        ledger: Ledger,
        debitura: Debitura,
        debbie: Debbie | None,
        scope: Scope,
        throttles: dict[Kind, ApiThrottle],
        *,
        stopping: Stopping,
        progress: Progress,
        keyed_cases: bool = False,
    ) -> None:
        self._ledger, self._debitura, self._debbie, self._scope = ledger, debitura, debbie, scope
        self._throttles = throttles
        self._stopping, self._progress = stopping, progress
        # An entry that a key or unique id protects is sent again when in doubt: with the same bytes it happens once.
        resendable = (State.PENDING, State.IN_DOUBT)
        self._states = {Kind.CASE: resendable if keyed_cases else (State.PENDING,), Kind.VOUCHER: resendable}
        self._backlogs = {kind: Backlog(ledger, scope, kind, self._states[kind]) for kind in Kind}
        self._finished: list[tuple[Claim, Outcome]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: set[int] = set()
        self._failure: BaseException | None = None

    async def run(self) -> None:
        """Raises LedgerError if the ledger cannot be written; the requests under way then stay in doubt."""
        for backlog in self._backlogs.values():
            backlog.forget()  # reconciling may have moved entries since the last time
        try:
            while True:
                self._stopping.wake.clear()
                if self._failure is not None:
                    raise self._failure
                await self._step()
                if not self._tasks and not self._finished and not self._more_to_come():
                    return
                await self._sleep()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _step(self) -> None:
        """Store what has come back and begin what may go out, in one commit."""
        finished, self._finished = self._finished, []
        results = [self._result(claim, outcome) for claim, outcome in finished]
        jobs = [] if self._stopping.asked else [job for kind in Kind for job in self._pick(kind)]
        if not results and not jobs:
            return
        intents = [(job, final_payload(job)) for job in jobs]
        counts = self._count(jobs)
        claims = self._ledger.outbox.commit_step(results, intents, self._scope.accounts, self._scope.run_id, counts)
        for backlog in self._backlogs.values():
            backlog.changed(results)
        for result in results:
            self._busy.discard(result.entry_id)
            self._progress(result.kind, result.state)
        for claim in claims:
            self._start(claim)

    def _count(self, jobs: list[SendableEntry]) -> dict[str, str]:
        """Take the jobs' requests from the quotas; returns what is to be kept of that in the commit of their intents."""
        counts: dict[str, str] = {}
        for kind, throttle in self._throttles.items():
            if count := sum(job.kind is kind for job in jobs):
                throttle.limits.reserve(count)
            counts |= throttle.limits.changes()
        return counts

    def _pick(self, kind: Kind) -> list[SendableEntry]:
        throttle = self._throttles[kind]
        free = throttle.next_permit().count
        if not free or (kind is Kind.VOUCHER and self._debbie is None):
            return []
        jobs = []
        for job in self._backlogs[kind].take(free, self._busy):
            if job.appendix and "file_id" not in json.loads(job.appendix):
                self._begin(throttle, job.entry_id, self._upload(job))
            elif kind is Kind.VOUCHER and self._debbie is not None and not self._debbie.case_of(job):
                self._ledger.outbox.refuse_unsent(job.entry_id, (_NO_CASE_NAME,))
                self._progress(kind, State.REFUSED)
            else:
                jobs.append(job)
        return jobs

    def _start(self, claim: Claim) -> None:
        self._begin(self._throttles[claim.job.kind], claim.job.entry_id, self._send(claim))

    def _begin(self, throttle: ApiThrottle, entry_id: int, work: Coroutine[Any, Any, None]) -> None:
        throttle.started()
        self._busy.add(entry_id)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._check)

    def _check(self, task: asyncio.Task[None]) -> None:
        """A task that failed (the ledger could not be written) fails the run."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._stopping.wake.set()

    def _come_back(self) -> None:
        """Called by a task as the last thing it does: the loop need not wait for its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.discard(task)
        self._stopping.wake.set()

    async def _send(self, claim: Claim) -> None:
        throttle = self._throttles[claim.job.kind]
        try:
            if claim.job.kind is Kind.CASE:
                outcome = await self._debitura.create(claim)
            else:
                assert self._debbie is not None
                outcome = await self._debbie.create(claim)
        finally:
            throttle.in_flight -= 1
        throttle.note(as_seen_by_throttle(outcome))
        self._finished.append((claim, outcome))
        self._come_back()

    async def _upload(self, job: SendableEntry) -> None:
        throttle = self._throttles[Kind.VOUCHER]
        assert self._debbie is not None
        try:
            outcome = await self._debbie.upload(job)
        finally:
            throttle.in_flight -= 1
        throttle.note(outcome)
        if outcome.verdict is OutcomeKind.ACCEPTED:
            appendix = json.loads(job.appendix or "{}") | {"file_id": outcome.remote_id}
            self._ledger.outbox.store_appendix(job.entry_id, json.dumps(appendix))
        elif outcome.verdict is OutcomeKind.REFUSED:
            self._ledger.outbox.refuse_unsent(job.entry_id, outcome.reasons)
            self._progress(Kind.VOUCHER, State.REFUSED)
        else:
            self._ledger.outbox.postpone(job.entry_id, self._later(throttle, job.entry_id, outcome) or Postponed(to_timestamp()))
        self._busy.discard(job.entry_id)
        self._backlogs[Kind.VOUCHER].look_again()
        self._come_back()

    def _result(self, claim: Claim, outcome: Outcome) -> AttemptResult:
        """The outcome as the ledger stores it; an entry that is not settled says when it may be tried again."""
        job = claim.job
        throttle = self._throttles[job.kind]
        state = state_after(outcome, doubted=job.doubted, looked_up=job.kind is Kind.VOUCHER)
        postponed = None
        if state in self._states[job.kind]:  # another doubt is reconciled, not repeated
            postponed = self._later(throttle, job.entry_id, outcome)
        else:
            throttle.retries.settled(job.entry_id)
        log.debug("attempt", entry=job.entry_id, kind=job.kind, outcome=outcome.verdict, status=outcome.status)
        return AttemptResult(
            attempt_id=claim.attempt_id,
            entry_id=job.entry_id,
            kind=job.kind,
            state=state,
            outcome=outcome.verdict,
            status=outcome.status,
            detail=outcome.detail,
            remote_id=outcome.remote_id,
            remote_reference=outcome.reference,
            reasons=outcome.reasons,
            postponed=postponed,
            cause=cause_of(outcome, state),
        )

    def _later(self, throttle: ApiThrottle, entry_id: int, outcome: Outcome) -> Postponed | None:
        if outcome.verdict in {OutcomeKind.THROTTLED, OutcomeKind.STOPPED}:
            return None
        if outcome.cause in UNLISTED:
            return NEXT_RUN
        delay = timedelta(seconds=throttle.retries.backoff(entry_id))
        return NEXT_RUN if throttle.retries.tries[entry_id] >= MAX_TRIES else Postponed(to_timestamp(datetime.now(UTC) + delay))

    def _more_to_come(self) -> bool:
        return not self._stopping.asked and self._wait_seconds() < math.inf

    def _wait_seconds(self) -> float:
        """Seconds until something may begin; infinite if only an answer can bring that about, or nothing in this run."""
        return min(self._wait_of(kind) for kind in self._throttles)

    def _wait_of(self, kind: Kind) -> float:
        if kind is Kind.VOUCHER and self._debbie is None:
            return math.inf
        wait = self._backlogs[kind].wait_seconds(self._busy)
        if wait is None or wait > PATIENCE_SECONDS:
            return math.inf
        return max(wait, self._throttles[kind].next_permit().wait.seconds)

    async def _sleep(self) -> None:
        """Until something comes back, a pause ends or the user interrupts."""
        await self._gather()
        if self._finished or self._stopping.wake.is_set():
            return
        timeout = math.inf if self._stopping.asked else self._wait_seconds()
        if timeout == 0 and self._tasks:
            timeout = LOOK_AGAIN_SECONDS  # it has just fallen due
        with suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the event.
            async with asyncio.timeout(min(timeout, LONGEST_NAP)):
                await self._stopping.wake.wait()

    async def _gather(self) -> None:
        """Let the answers that have arrived be read to their end: what is ready together shares a commit."""
        idle = 0
        while idle < TURNS_OF_AN_ANSWER:
            before = len(self._finished)
            await asyncio.sleep(0)
            idle = 0 if len(self._finished) > before else idle + 1
