"""The payload of an attempt, and the state of its entry afterwards. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.domain.models import with_fields
from importer.domain.states import DoubtCause, State
from importer.ledger.outbox.sendable import SendableEntry


def state_after(outcome: Outcome, *, doubted: bool, looked_up: bool) -> State:
    """Return the state of the entry after an attempt.

    After an earlier doubt, a refusal does not prove that nothing exists. If the entry was ``looked_up`` in the list of its
    case, as vouchers are, the refusal counts.
    """
    if outcome.verdict in {OutcomeKind.ACCEPTED, OutcomeKind.EXISTS}:
        return State.ACCEPTED
    if outcome.verdict is OutcomeKind.REFUSED:
        return State.IN_DOUBT if doubted and not looked_up else State.REFUSED
    if outcome.verdict is OutcomeKind.IN_DOUBT:
        return State.IN_DOUBT
    if outcome.status == HTTPStatus.SEE_OTHER:  # by its definition the response to a POST that was carried out
        return State.IN_DOUBT
    return State.IN_DOUBT if doubted else State.PENDING


def cause_of(outcome: Outcome, state: State) -> DoubtCause | None:
    """Return the cause of the entry's doubt; None if it is not in doubt."""
    if state is not State.IN_DOUBT:
        return None
    if outcome.status == HTTPStatus.SEE_OTHER:
        return DoubtCause.REDIRECTED
    return outcome.cause or DoubtCause.EARLIER_DOUBT


def as_seen_by_throttle(outcome: Outcome) -> Outcome:
    """Return the outcome for the circuit breaker: a doubt after a refusal (4xx) does not count as a failure of the API."""
    status = outcome.status or 0
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT
    return replace(outcome, verdict=OutcomeKind.REFUSED) if outcome.verdict is OutcomeKind.IN_DOUBT and refused else outcome


def final_payload(job: SendableEntry) -> bytes:
    """Return the exact bytes of the request. The first attempt adds the ids of the parent and of the attached file."""
    if not job.parent_id and not job.appendix:
        return job.payload
    sent = json.loads(job.payload)
    late: dict[str, object] = {}
    if job.parent_id and "referenceCaseVoucherId" not in sent:
        late["referenceCaseVoucherId"] = job.parent_id
    if job.appendix and "appendix" not in sent:
        file = json.loads(job.appendix)
        name = str(file["path"]).replace("\\", "/").rsplit("/", 1)[-1]
        late["appendix"] = {"fileName": name, "contentType": file["content_type"], "fileId": file["file_id"]}
    return with_fields(job.payload, late)
