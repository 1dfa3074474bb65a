"""What goes out with an attempt, and where its outcome leaves the entry. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.domain.models import with_fields
from importer.domain.states import DoubtCause, State
from importer.ledger.outbox.sendable import SendableEntry


def state_after(outcome: Outcome, *, doubted: bool, looked_up: bool) -> State:
    """Where an attempt leaves its entry.

    After an earlier doubt a refusal does not prove that nothing exists. A voucher has been looked up in its case's list
    before this is decided, so there the refusal counts.
    """
    if outcome.verdict in {OutcomeKind.ACCEPTED, OutcomeKind.EXISTS}:
        return State.ACCEPTED
    if outcome.verdict is OutcomeKind.REFUSED:
        return State.IN_DOUBT if doubted and not looked_up else State.REFUSED
    if outcome.verdict is OutcomeKind.IN_DOUBT:
        return State.IN_DOUBT
    if outcome.status == HTTPStatus.SEE_OTHER:  # by its definition the answer to a POST that was carried out
        return State.IN_DOUBT
    return State.IN_DOUBT if doubted else State.PENDING


def cause_of(outcome: Outcome, state: State) -> DoubtCause | None:
    """Why the attempt left its entry in doubt; None if it did not."""
    if state is not State.IN_DOUBT:
        return None
    if outcome.status == HTTPStatus.SEE_OTHER:
        return DoubtCause.REDIRECTED
    return outcome.cause or DoubtCause.EARLIER_DOUBT


def as_seen_by_throttle(outcome: Outcome) -> Outcome:
    """A doubt that the API's own refusal leaves is no trouble of the API: many in a row are no reason to stop."""
    status = outcome.status or 0
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT
    return replace(outcome, verdict=OutcomeKind.REFUSED) if outcome.verdict is OutcomeKind.IN_DOUBT and refused else outcome


def final_payload(job: SendableEntry) -> bytes:
    """The exact bytes of the request: what became known since the row was taken in is added once, at the first try."""
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
