"""What the ledger is to store of a finished attempt: above all, when its entry may be tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.throttle import LONGEST_BACKOFF, RetryBudget
from importer.dispatcher.sending.keys import KeyPolicy
from importer.dispatcher.sending.pipeline import MAX_TRIES, postponed, result_of
from importer.domain.kinds import RecordKind
from importer.domain.states import DoubtCause, State
from importer.domain.timestamps import from_timestamp
from importer.ledger.outbox.sendable import NEXT_RUN, ClaimedEntry, Postponed, SendableEntry

RESENDABLE = (State.PENDING, State.IN_DOUBT)
ENTRY = SendableEntry(entry_id=7, kind=RecordKind.VOUCHER, state=State.PENDING, payload=b"{}", idempotency_key="k")
BASE = 10.0


@pytest.fixture
def retries() -> RetryBudget:
    return RetryBudget(BASE, lambda: 1000.0)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(OutcomeKind.THROTTLED, wait_seconds=60), None),  # the API's pause holds all of them back
        (Outcome(OutcomeKind.STOPPED), None),
        (Outcome(OutcomeKind.IN_DOUBT, cause=DoubtCause.NOT_LISTED), NEXT_RUN),  # only time settles these
        (Outcome(OutcomeKind.IN_DOUBT, cause=DoubtCause.REFUSED_AFTER_DOUBT), NEXT_RUN),
    ],
)
def test_what_does_not_use_up_a_try(outcome: Outcome, expected: Postponed | None, retries: RetryBudget) -> None:
    assert postponed(ENTRY, outcome, retries) == expected
    assert retries.tries == {}


@pytest.mark.parametrize("outcome", [Outcome(OutcomeKind.NOTHING), Outcome(OutcomeKind.IN_DOUBT, cause=DoubtCause.SERVER_ERROR)])
def test_trouble_is_tried_again_later_and_at_last_by_the_next_run(outcome: Outcome, retries: RetryBudget) -> None:
    for _ in range(MAX_TRIES - 1):
        later = postponed(ENTRY, outcome, retries)
        assert later is not None
        assert later.until is not None
        seconds = (from_timestamp(later.until) - datetime.now(UTC)).total_seconds()
        assert -1 <= seconds <= BASE * LONGEST_BACKOFF
    assert postponed(ENTRY, outcome, retries) == NEXT_RUN


@pytest.mark.parametrize(
    ("outcome", "resendable", "state", "is_postponed"),
    [
        (Outcome(OutcomeKind.ACCEPTED, remote_id="v"), RESENDABLE, State.ACCEPTED, False),
        (Outcome(OutcomeKind.REFUSED), RESENDABLE, State.REFUSED, False),
        (Outcome(OutcomeKind.NOTHING), RESENDABLE, State.PENDING, True),
        (Outcome(OutcomeKind.IN_DOUBT), RESENDABLE, State.IN_DOUBT, True),
        (Outcome(OutcomeKind.IN_DOUBT), (State.PENDING,), State.IN_DOUBT, False),  # it is reconciled, not repeated
    ],
)
def test_only_what_is_sent_again_is_put_off(
    outcome: Outcome, resendable: tuple[State, ...], state: State, retries: RetryBudget, *, is_postponed: bool
) -> None:
    retries.backoff(ENTRY.entry_id)
    result = result_of(ClaimedEntry(3, ENTRY, b"{}"), outcome, resendable, retries, KeyPolicy(trusted=True))
    assert (result.attempt_id, result.entry_id, result.state) == (3, 7, state)
    assert (result.postponed is not None) is is_postponed
    assert (ENTRY.entry_id in retries.tries) is is_postponed  # the tries of what is settled are forgotten
