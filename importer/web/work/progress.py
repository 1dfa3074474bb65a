"""How far the sending is, from the ledger: so that a page, a terminal and a page after a crash all show the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

import anyio

from importer.dispatcher.pacing.forecast import ASSUMED_FOR_SECONDS, ASSUMED_SECONDS, Throughput
from importer.dispatcher.pacing.local_time import in_local_words
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import DONE, RowStatus
from importer.errors import ImporterError
from importer.reporter.row_reasons import in_words
from importer.reporter.summary import Summary
from importer.web.texts import Texts
from importer.web.work.awaited import SendingPace, awaited, sender_line
from importer.web.work.batches import batch_figures, has_ledger
from importer.web.work.environments import PageEnvironments
from importer.web.work.known_figures import KnownFigures
from importer.workspace.connections import known_accounts, open_ledger_read_only, quotas_of
from importer.workspace.environment import Environment
from importer.workspace.person import current_person
from importer.workspace.progress import is_long, outlook
from importer.workspace.sending_status import NOT_SENDING, SendingStatus, sending_status

TICK_SECONDS, PING_SECONDS = 1.0, 15.0
MEASURED = timedelta(seconds=60)
"""How far back the speed of the answers is measured."""
_OPEN = frozenset({BatchState.APPROVED, BatchState.SENDING})
_SETTLED = DONE | {
    *(RowStatus.CHANGED, RowStatus.WITHDRAWN, RowStatus.LEFT_OUT, RowStatus.REJECTED),
    *(RowStatus.REFUSED, RowStatus.QUESTIONED, RowStatus.BLOCKED, RowStatus.HELD),
}


@dataclass(frozen=True)
class BatchProgress:
    """A batch that is being sent: how many of its rows are settled, and its figures in words."""

    state: str
    done: int
    rows: int
    line: str


@dataclass(frozen=True)
class Progress:
    """The batches that are open, by number, who sends, and what they wait for. ``is_sent``: a process sends now."""

    batches: dict[str, BatchProgress]
    sender: str = ""
    finish: str = ""
    is_sent: bool = False

    def text(self) -> str:
        """Return the progress as JSON on one line. It holds numbers and no data of debtors."""
        return json.dumps(asdict(self), ensure_ascii=False)


NOTHING = Progress({})


def progress(environment: Environment, figures: KnownFigures | None = None, texts: Texts | None = None) -> Progress:
    """Return the progress of this moment."""
    if not has_ledger(environment):
        return NOTHING
    known, words = figures or KnownFigures(), texts or Texts()
    with open_ledger_read_only(environment) as ledger:
        with ledger.queries() as queries:
            approved = [queries.batch(one) for one in queries.open_batches()]
            every = [batch_figures(queries, info, known) for info in approved if info and info.state is BatchState.APPROVED]
        sending = sending_status(ledger, known_accounts(ledger, environment)) if environment.api_key else NOT_SENDING
    sent = [one for one in every if one.state in _OPEN]
    return _shown(environment, sent, sending, words) if sent else NOTHING


def _shown(environment: Environment, sent: Sequence[Summary], sending: SendingStatus, texts: Texts) -> Progress:
    """Return the progress of batches that are open, with what their rows wait for."""
    is_sent = sending.sender is not None
    counts = {status: sum(_rows(one, status) for one in sent) for status in RowStatus}
    pace = _pace(environment) if counts[RowStatus.PENDING] and environment.api_key else SendingPace()
    awaits = [texts(key, **values) for key, values in awaited(counts, pace, is_sent=is_sent)]
    return Progress({str(one.batch.id): _of(one) for one in sent}, sender_line(sending, texts), " ".join(awaits), is_sent)


def _rows(summary: Summary, status: RowStatus) -> int:
    return sum(summary.count(kind, status) for kind in RecordKind)


def _of(summary: Summary) -> BatchProgress:
    counts = [(status, _rows(summary, status)) for status in RowStatus]
    line = ", ".join(f"{rows:,} {in_words(status)}" for status, rows in counts if rows)
    done = sum(rows for status, rows in counts if status in _SETTLED)
    return BatchProgress(summary.state.value, done, sum(rows for _, rows in counts), line)


def _pace(environment: Environment) -> SendingPace:
    """Return how fast the account's sender sends, when that ends, and for which quota it waits."""
    now = datetime.now(UTC)
    with open_ledger_read_only(environment) as ledger:
        accounts = known_accounts(ledger, environment)
        left = {kind: ledger.outbox.count_open(accounts, kind, None) for kind in RecordKind}
        quotas = quotas_of(environment, ledger)
        begun = {kind: ledger.counts.attempts_since(accounts.of(kind), now - MEASURED) for kind in RecordKind}
    assumed = environment.settings.dispatch.concurrency / ASSUMED_SECONDS
    rates = {kind: _rate(begun[kind], now.timestamp(), assumed, quota) for kind, quota in quotas.items()}
    waits = [(quota, wait) for kind, quota in quotas.items() if left[kind] and is_long(wait := quota.next_permit().wait)]
    quota, until = "", ""
    if waits:
        longest, wait = max(waits, key=lambda found: found[1].seconds)
        quota, until = longest.api, in_local_words(longest.clock(), wait.seconds)
    return SendingPace(any(begun.values()), outlook(quotas, left, rates), quota, until)


def _rate(begun: Sequence[tuple[float, int]], now: float, assumed: float, quota: RateLimits) -> float:
    """Return the answers a second as the ledger shows them; a time in which the quota is waited for says nothing about that."""
    if not begun or quota.next_permit().wait.seconds > 0:
        return assumed
    found = Throughput(assumed * ASSUMED_FOR_SECONDS)
    found.record(sum(count for _, count in begun), max(1.0, now - begun[0][0]))
    return found.rate


class ProgressFeed:
    """One look at the ledger a second for all who follow it, and none while nobody does."""

    def __init__(self, environments: PageEnvironments, stopping: anyio.Event, texts: Texts) -> None:
        self._environments, self._stopping, self._texts = environments, stopping, texts
        self._present, self._looked, self._number = "", 0.0, 0
        self._lock = anyio.Lock()

    async def stream(self, after: int, is_allowed: Callable[[], bool] = lambda: True) -> AsyncIterator[str]:
        """Yield each change as an event of the stream, and a comment from time to time. ``after``: the last one that was seen.

        It ends once ``is_allowed`` returns False, such as after a logout.
        """
        quiet = monotonic()
        yield "retry: 2000\n\n"
        while not self._stopping.is_set() and is_allowed():
            await self._look()
            if self._number != after and self._present:
                after, quiet = self._number, monotonic()
                yield f"id: {after}\ndata: {self._present}\n\n"
            elif monotonic() - quiet > PING_SECONDS:
                quiet = monotonic()
                yield ": \n\n"
            with anyio.move_on_after(TICK_SECONDS):
                await self._stopping.wait()

    async def _look(self) -> None:
        """Look at the ledger, unless another stream has just done so. A look that takes long is done less often."""
        async with self._lock:
            begun = monotonic()
            if begun - self._looked < TICK_SECONDS:
                return
            found = await self._environments.run(current_person(), self._read)
            self._looked = monotonic() + 4 * (monotonic() - begun)
            if found and found != self._present:
                self._present, self._number = found, self._number + 1

    def _read(self) -> str:
        try:
            with self._environments.reading() as environment:
                return progress(environment, self._environments.figures, self._texts).text()
        except ImporterError:  # such as a ledger that is being restored: the next look may find it
            return ""
