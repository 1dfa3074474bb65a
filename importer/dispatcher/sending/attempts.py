"""Finished attempts, and what the ledger is to store of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from importer.dispatcher.apis.debbie import UNLISTED
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.outcomes.transitions import cause_of, state_after
from importer.dispatcher.pacing.retries import RetryBudget
from importer.domain.kinds import Kind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.sendable import NEXT_RUN, AttemptResult, Claim, Postponed, SendableEntry

log = structlog.get_logger()

MAX_TRIES = 10  # of one entry in one run; then it waits for the next


@dataclass(frozen=True, slots=True)
class Attempt:
    """A finished request for an entry, and its outcome; of an upload, which has no intent, there is no claim."""

    job: SendableEntry
    outcome: Outcome
    claim: Claim | None = None


def result_of(claim: Claim, outcome: Outcome, resendable: Collection[State], retries: RetryBudget) -> AttemptResult:
    """The outcome as the ledger stores it; an entry in a ``resendable`` state says when it may be tried again."""
    job = claim.job
    state = state_after(outcome, doubted=job.doubted, looked_up=job.kind is Kind.VOUCHER)
    later = None
    if state in resendable:  # another doubt is reconciled, not repeated
        later = postponed(job, outcome, retries)
    else:
        retries.settled(job.entry_id)
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
        postponed=later,
        cause=cause_of(outcome, state),
    )


def postponed(job: SendableEntry, outcome: Outcome, retries: RetryBudget) -> Postponed | None:
    """When an entry that is not settled may be tried again; None: as soon as its API takes requests."""
    if outcome.verdict in {OutcomeKind.THROTTLED, OutcomeKind.STOPPED}:
        return None
    if outcome.cause in UNLISTED:
        return NEXT_RUN
    delay = timedelta(seconds=retries.backoff(job.entry_id))
    return NEXT_RUN if retries.tries[job.entry_id] >= MAX_TRIES else Postponed(to_timestamp(datetime.now(UTC) + delay))
