"""The sending loop: claim entries, send them, and store their outcomes.

One commit stores the outcomes of finished requests and the intents of the next ones. An entry is stored as ``sending``
before the first byte of its request is sent, and its outcome before it is reported. The reasons are in
docs/decisions/durable-steps.md.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.dispatcher.apis.deadline import steady_seconds
from importer.dispatcher.apis.debbie import UNLISTED, Debbie
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind, as_seen_by_throttle, cause_of, state_after
from importer.dispatcher.pacing.throttle import ApiThrottle, RetryBudget
from importer.dispatcher.sending.case_names import CaseNames, ask_for_case, without_young_case
from importer.dispatcher.sending.keys import UNPROTECTED, KeyPolicy
from importer.dispatcher.sending.queue import Backlog, Scope
from importer.domain.kinds import RecordKind
from importer.domain.models import with_fields
from importer.domain.reasons import Reason
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import NEXT_RUN, AttemptResult, ClaimedEntry, Postponed, SendableEntry

MAX_TRIES = 10  # of one entry in one run; then it waits for the next run
LOOK_AGAIN_SECONDS = 0.05  # the wait before entries that are due now are claimed, while requests are in flight
LOOK_AT = 200  # vouchers whose cases are tried until Debbie knows one of them
TURNS_OF_AN_ANSWER = 4  # turns of the event loop from an answer's last byte to the queue, so that answers share a commit
LONGEST_BACKOFF_WAIT_SECONDS = 3600.0  # a run ends rather than wait longer for the backoff of an entry
LONGEST_SLEEP_SECONDS = 20.0  # the clock is checked again after that, because the machine may have slept
_NO_CASE_NAME = Reason(
    "case_has_no_reference", "Its case has no reference to be named by in Debbie. Set debbie.case_id_from, or give case_id"
)

Progress = Callable[[RecordKind, State], None]
Ended = Callable[[SendableEntry, Outcome], None]


class Pipeline:
    """Sends the open entries of a scope until nothing more can be done in this run.

    Once ``stopping`` is set no further request begins, and those in flight are finished. ``keys``: how far idempotency keys
    protect cases, as the unique id does vouchers. ``send_within``: the seconds from the start of an intent's commit within
    which its request must go out; a later one is not sent, and the entry is pending again. ``settle``: how long an
    accepted case may take to become known at Debbie. ``ended`` is called with each attempt's entry and outcome.
    """

    def __init__(
        self,
        ledger: Ledger,
        debitura: Debitura,
        debbie: Debbie | None,
        scope: Scope,
        throttles: Mapping[RecordKind, ApiThrottle],
        *,
        stopping: asyncio.Event,
        progress: Progress,
        keys: KeyPolicy = UNPROTECTED,
        send_within: float = math.inf,
        settle: timedelta = timedelta(0),
        ended: Ended | None = None,
    ) -> None:
        self._ledger, self._debitura, self._debbie, self._scope = ledger, debitura, debbie, scope
        self._throttles, self._stopping, self._progress = throttles, stopping, progress
        self._tell_ended = ended
        self._keys = keys
        self._send_within, self._settle_time = send_within, settle
        self._names = CaseNames(debbie.case_id_from if debbie else "id", settle)
        # In doubt, a voucher is sent again: its unique id lets it be created only once. A case has no such protection, unless
        # idempotency keys protect it: the same request could create a second case, so it is looked for in the list instead.
        resendable = (State.PENDING, State.IN_DOUBT)
        self._states = {RecordKind.CASE: resendable if keys.resends else (State.PENDING,), RecordKind.VOUCHER: resendable}
        self._backlogs = {kind: Backlog(ledger, scope, kind, self._states[kind]) for kind in RecordKind}
        self._under_way: dict[int, asyncio.Task[Attempt]] = {}  # by entry
        self._ended: asyncio.Queue[asyncio.Task[Attempt] | None] = asyncio.Queue()  # None only wakes the loop

    async def run(self) -> None:
        """Send until nothing more can be sent in this run.

        Raises LedgerError if the ledger cannot be written; the requests in flight then stay in doubt.
        """
        for backlog in self._backlogs.values():
            backlog.forget()  # reconciling may have moved entries since the last time
        interrupt = asyncio.create_task(self._stopping.wait())
        interrupt.add_done_callback(lambda _: self._ended.put_nowait(None))
        try:
            attempts: list[Attempt] = []
            while True:
                self._step(attempts)
                wait = self._wait_seconds()
                if wait == math.inf and not self._under_way:
                    return
                attempts = await self._next_attempts(wait)
        finally:
            tasks = [interrupt, *self._under_way.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next_attempts(self, seconds: float) -> list[Attempt]:
        """Return the attempts that have ended, as soon as one has; empty at an interrupt, or if none ends within ``seconds``."""
        if seconds == 0 and self._under_way:
            seconds = LOOK_AGAIN_SECONDS  # something has just fallen due
        ended = []
        with suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the result.
            async with asyncio.timeout(min(seconds, LONGEST_SLEEP_SECONDS)):
                ended.append(await self._ended.get())
        for _ in range(TURNS_OF_AN_ANSWER):
            await asyncio.sleep(0)
        while not self._ended.empty():
            ended.append(self._ended.get_nowait())
        return [task.result() for task in ended if task is not None]

    def _step(self, attempts: Sequence[Attempt]) -> None:
        """Store the results of ended attempts and the next intents in one commit, and begin the requests of these intents."""
        results = [result for attempt in attempts if (result := self._settle(attempt))]
        entries = [] if self._stopping.is_set() else [entry for kind in RecordKind for entry in self._pick(kind)]
        if results or entries:
            for claim in self._commit(results, entries):
                self._begin(claim.entry, self._create(claim))

    def _commit(self, results: Sequence[AttemptResult], entries: Sequence[SendableEntry]) -> list[ClaimedEntry]:
        intents = [(entry, final_payload(entry)) for entry in entries]
        send_before = steady_seconds() + self._send_within  # from before the commit, which may take long
        counts = self._count(entries)
        claims = self._ledger.outbox.commit_step(results, intents, self._scope.accounts, self._scope.run_id, counts)
        for backlog in self._backlogs.values():
            backlog.changed(results)
        for result in results:
            self._progress(result.kind, result.state)
        return [replace(claim, send_before=send_before) for claim in claims]

    def _count(self, entries: Sequence[SendableEntry]) -> dict[str, str]:
        """Count the entries' requests in the limits. Returns the counts that are stored in the commit of their intents."""
        counts: dict[str, str] = {}
        for kind, throttle in self._throttles.items():
            if count := sum(entry.kind is kind for entry in entries):
                throttle.limits.reserve(count)
            counts |= throttle.limits.changes()
        return counts

    def _pick(self, kind: RecordKind) -> list[SendableEntry]:
        """Return the entries to claim now. An entry with a file is claimed after its file was uploaded."""
        free = self._throttles[kind].next_permit().count
        if not free or (kind is RecordKind.VOUCHER and self._debbie is None):
            return []
        entries = []
        for entry in self._take(kind, free):
            if entry.appendix and "file_id" not in json.loads(entry.appendix):
                self._begin(entry, self._upload(entry))
            elif kind is RecordKind.VOUCHER and self._debbie is not None and not self._debbie.case_of(entry):
                self._refuse_unsent(entry, (_NO_CASE_NAME,))
            else:
                entries.append(entry)
        return entries

    def _take(self, kind: RecordKind, free: int) -> Sequence[SendableEntry]:
        """Take the next entries, without those that wait until Debbie is found to know a case by its name."""
        if kind is RecordKind.CASE:
            return self._protected(self._backlogs[kind].take(free, self._under_way))
        if self._names.state == "known":
            return self._backlogs[kind].take(free, self._under_way)
        taken = self._backlogs[kind].take(max(free, LOOK_AT), self._under_way)
        waiting = [entry for entry in taken if self._waits_for_name(entry)]
        ready = [entry for entry in taken if not self._waits_for_name(entry)]
        self._backlogs[kind].put_back([*waiting, *ready[free:]])
        if waiting and self._names.may_ask(self._throttles[kind].limits.clock()):
            self._ask_for_name(waiting)
        return ready[:free]

    def _protected(self, cases: Sequence[SendableEntry]) -> list[SendableEntry]:
        """Return the cases that may go out. A case in doubt whose key has become too old is left to the list."""
        now = datetime.now(UTC)
        for entry in (entry for entry in cases if not self._keys.may_send(entry, now)):
            self._ledger.outbox.postpone(entry.entry_id, NEXT_RUN)
        return [entry for entry in cases if self._keys.may_send(entry, now)]

    def _waits_for_name(self, entry: SendableEntry) -> bool:
        return self._names.must_wait(entry) and self._debbie is not None and bool(self._debbie.case_of(entry))

    def _ask_for_name(self, waiting: Sequence[SendableEntry]) -> None:
        """Request the first case that was not requested before from Debbie. If there is none, the setting is wrong."""
        assert self._debbie is not None
        for entry in waiting:
            name = self._debbie.case_of(entry) or ""
            if name not in self._names.unknown:
                self._names.state = "asking"
                return self._begin(entry, self._find_name(self._debbie, entry, name))
        return self._throttles[RecordKind.VOUCHER].note(self._names.wrong_setting())

    async def _find_name(self, debbie: Debbie, entry: SendableEntry, name: str) -> Attempt:
        return Attempt(entry, await ask_for_case(debbie, name), asked_name=name)

    def _note_name(self, attempt: Attempt, name: str) -> None:
        throttle = self._throttles[RecordKind.VOUCHER]
        outcome = self._names.note(attempt.entry, name, attempt.outcome, datetime.now(UTC), throttle.limits.clock())
        if outcome.verdict in {OutcomeKind.STOPPED, OutcomeKind.THROTTLED}:
            throttle.note(outcome)

    def _begin(self, entry: SendableEntry, work: Coroutine[Any, Any, Attempt]) -> None:
        self._throttles[entry.kind].started()
        task = self._under_way[entry.entry_id] = asyncio.create_task(work)
        task.add_done_callback(self._ended.put_nowait)

    async def _create(self, claim: ClaimedEntry) -> Attempt:
        if claim.entry.kind is RecordKind.CASE:
            return Attempt(claim.entry, await self._debitura.create(claim), claim)
        assert self._debbie is not None
        return Attempt(claim.entry, await self._debbie.create(claim), claim)

    async def _upload(self, entry: SendableEntry) -> Attempt:
        assert self._debbie is not None
        return Attempt(entry, await self._debbie.upload(entry))

    def _settle(self, attempt: Attempt) -> AttemptResult | None:
        """Process an attempt that ended. Returns the result to store; None for an upload, which is stored here, or a look-up."""
        entry, throttle = attempt.entry, self._throttles[attempt.entry.kind]
        del self._under_way[entry.entry_id]
        throttle.in_flight -= 1
        if attempt.asked_name is not None:
            self._note_name(attempt, attempt.asked_name)
            return None
        throttle.note(as_seen_by_throttle(attempt.outcome))
        if attempt.claim is not None:
            outcome = without_young_case(attempt.outcome, entry, self._settle_time, datetime.now(UTC))
            if self._tell_ended:
                self._tell_ended(entry, outcome)
            return result_of(attempt.claim, outcome, self._states[entry.kind], throttle.retries, self._keys)
        self._store_upload(entry, attempt.outcome)
        return None

    def _store_upload(self, entry: SendableEntry, outcome: Outcome) -> None:
        if outcome.verdict is OutcomeKind.ACCEPTED:
            appendix = json.loads(entry.appendix or "{}") | {"file_id": outcome.remote_id}
            self._ledger.outbox.store_appendix(entry.entry_id, json.dumps(appendix))
        elif outcome.verdict is OutcomeKind.REFUSED:
            self._refuse_unsent(entry, outcome.reasons)
        else:
            later = postponed(entry, outcome, self._throttles[entry.kind].retries)
            self._ledger.outbox.postpone(entry.entry_id, later or Postponed(to_timestamp()))
        self._backlogs[entry.kind].look_again()

    def _refuse_unsent(self, entry: SendableEntry, reasons: tuple[Reason, ...]) -> None:
        self._ledger.outbox.refuse_unsent(entry.entry_id, reasons)
        self._progress(entry.kind, State.REFUSED)

    def _wait_seconds(self) -> float:
        """Return the seconds until a request may begin; infinite if one must end first, or if none may begin in this run."""
        return math.inf if self._stopping.is_set() else min(map(self._wait_of, self._throttles))

    def _wait_of(self, kind: RecordKind) -> float:
        if kind is RecordKind.VOUCHER and self._debbie is None:
            return math.inf
        wait = self._backlogs[kind].wait_seconds(self._under_way)
        if wait is None or wait > LONGEST_BACKOFF_WAIT_SECONDS:
            return math.inf
        if kind is RecordKind.VOUCHER and self._names.state == "asking":
            return math.inf
        if kind is RecordKind.VOUCHER and self._names.state == "unknown":
            wait = max(wait, self._names.ask_again_at - self._throttles[kind].limits.clock())
        return max(wait, self._throttles[kind].next_permit().wait.seconds)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A finished request for an entry, with its outcome. An upload is sent without an intent, so its claim is None.

    ``asked_name``: the request asked whether Debbie knows the entry's case by this name.
    """

    entry: SendableEntry
    outcome: Outcome
    claim: ClaimedEntry | None = None
    asked_name: str | None = None


def result_of(
    claim: ClaimedEntry, outcome: Outcome, resendable: Collection[State], retries: RetryBudget, keys: KeyPolicy
) -> AttemptResult:
    """Return the outcome as the ledger stores it, with the time of the next try if the new state is ``resendable``."""
    entry = claim.entry
    state = state_after(outcome, doubted=entry.doubted, looked_up=entry.kind is RecordKind.VOUCHER)
    later = None
    if state is State.IN_DOUBT and state in resendable and entry.kind is RecordKind.CASE and not keys.trusted:
        later = keys.after_doubt(entry, datetime.now(UTC))
    elif state in resendable:  # a case in doubt is looked for, not sent again
        later = postponed(entry, outcome, retries)
    else:
        retries.settled(entry.entry_id)
    return AttemptResult(
        attempt_id=claim.attempt_id,
        entry_id=entry.entry_id,
        kind=entry.kind,
        state=state,
        outcome=outcome.verdict,
        status=outcome.status,
        detail=outcome.detail,
        remote_id=outcome.remote_id,
        remote_reference=outcome.reference,
        reasons=outcome.reasons,
        postponed=later,
        cause=cause_of(outcome, state),
        facts=outcome.facts.to_json(),
    )


def postponed(entry: SendableEntry, outcome: Outcome, retries: RetryBudget) -> Postponed | None:
    """Return when an entry that is not settled may be tried again; None if as soon as its API accepts requests."""
    if outcome.verdict in {OutcomeKind.THROTTLED, OutcomeKind.STOPPED}:
        return None
    if outcome.cause in UNLISTED:
        return NEXT_RUN
    delay = timedelta(seconds=retries.backoff(entry.entry_id))
    return NEXT_RUN if retries.tries[entry.entry_id] >= MAX_TRIES else Postponed(to_timestamp(datetime.now(UTC) + delay))


def final_payload(entry: SendableEntry) -> bytes:
    """Return the exact bytes of the request. The first attempt adds the ids of the parent and of the attached file."""
    if not entry.parent_id and not entry.appendix:
        return entry.payload
    sent = json.loads(entry.payload)
    late: dict[str, object] = {}
    if entry.parent_id and "referenceCaseVoucherId" not in sent:
        late["referenceCaseVoucherId"] = entry.parent_id
    if entry.appendix and "appendix" not in sent:
        file = json.loads(entry.appendix)
        name = str(file["path"]).replace("\\", "/").rsplit("/", 1)[-1]
        late["appendix"] = {"fileName": name, "contentType": file["content_type"], "fileId": file["file_id"]}
    return with_fields(entry.payload, late)
