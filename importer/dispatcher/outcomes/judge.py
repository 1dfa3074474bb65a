"""The outcome of an attempt, decided from the response by one pure function with a table."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus as Http
from typing import Any, NamedTuple

from importer.dispatcher.outcomes.contradictions import contradicted, contradictions_of
from importer.dispatcher.outcomes.json_body import read_json
from importer.dispatcher.outcomes.refusal_reasons import business_types, reasons_of
from importer.dispatcher.outcomes.remote_facts import facts_of
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.remote_facts import NO_FACTS, RemoteFacts
from importer.domain.remote_ids import can_be_new_id, is_uuid
from importer.domain.states import DoubtCause, State

DEFAULT_WAIT_SECONDS = 60.0
_OK, _REDIRECTS = Http.OK, Http.MULTIPLE_CHOICES
LONGEST_WAIT_SECONDS = 86_400.0  # a day, the longest window of the vendor's limits


class OutcomeKind(StrEnum):
    """The kind of outcome of an attempt."""

    ACCEPTED = "accepted"
    CONTRADICTED = "contradicted"  # created, but the response reports other values than those that were sent
    EXISTS = "exists"  # the unique id is taken, by an earlier attempt of this entry
    REFUSED = "refused"
    NOTHING = "nothing happened"
    THROTTLED = "throttled"
    STOPPED = "account stopped"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an attempt.

    ``remote_id`` and ``reference`` are the id and the reference of what was created. ``reasons`` are those of a refusal or a
    contradiction. ``wait_seconds`` is the wait after a 429. ``status`` is the HTTP status, None without a response. ``detail``
    describes a failure without values of the row. ``cause`` is the cause of a doubt. ``facts`` are what the server reports of an
    accepted case.
    """

    verdict: OutcomeKind
    remote_id: str | None = None
    reference: str | None = None
    reasons: tuple[Reason, ...] = ()
    wait_seconds: float = 0.0
    status: int | None = None
    detail: str | None = None
    cause: DoubtCause | None = None
    created: str | None = None
    """The time at which the server created the case, as the server writes it."""
    facts: RemoteFacts = NO_FACTS


def in_doubt(cause: DoubtCause, detail: str, status: int | None = None) -> Outcome:
    """Return the outcome of an attempt that may have succeeded."""
    return Outcome(OutcomeKind.IN_DOUBT, status=status, detail=detail, cause=cause)


class _Answered(NamedTuple):
    """A complete response to an attempt, with its body as JSON (None if it is not JSON)."""

    kind: RecordKind
    reply: Answer
    body: Any
    payload: bytes

    @property
    def status(self) -> int:
        return self.reply.status


def judge(kind: RecordKind, reply: Answer | NotSent | ResponseLost, payload: bytes = b"{}") -> Outcome:
    """Return the outcome of one attempt. The reasons of a refusal quote values from ``payload``."""
    if isinstance(reply, NotSent):
        return Outcome(OutcomeKind.NOTHING, detail=str(reply))
    if isinstance(reply, ResponseLost):
        return in_doubt(DoubtCause.ANSWER_LOST, str(reply))
    answered = _Answered(kind, reply, _json(reply.body), payload)
    return next(outcome_of(answered) for applies_to, outcome_of in _TABLE if applies_to(answered))


def _is_success(answered: _Answered) -> bool:
    return _OK <= answered.status < _REDIRECTS


def _success(answered: _Answered) -> Outcome:
    status, body, is_case = answered.status, answered.body, answered.kind is RecordKind.CASE
    found = _id_of(answered.kind, body)
    if found is None:
        return in_doubt(DoubtCause.NO_ID, f"HTTP {status} without a readable id", status)
    reference = body.get("reference") if isinstance(body.get("reference"), str) else None
    accepted = Outcome(
        OutcomeKind.ACCEPTED,
        remote_id=found,
        reference=reference,
        status=status,
        created=created if isinstance(created := body.get("dateCreated"), str) else None,
        facts=facts_of(body) if is_case else NO_FACTS,
    )
    contradictions = contradictions_of(answered.payload, body) if is_case else ()
    if not contradictions:
        return accepted
    return replace(accepted, verdict=OutcomeKind.CONTRADICTED, reasons=(contradicted(found, reference, contradictions),))


def _id_of(kind: RecordKind, body: Any) -> str | None:
    """Return the id of what was created; None if the body has none that can be one.

    Debbie documents its ids as UUIDs; Debitura's documentation does not say what its ids look like.
    """
    found = body.get("id" if kind is RecordKind.CASE else "caseVoucherId") if isinstance(body, dict) else None
    if not isinstance(found, str) or not (can_be_new_id(found) if kind is RecordKind.CASE else is_uuid(found)):
        return None
    return found.strip()


def _is_throttled(answered: _Answered) -> bool:
    return answered.status == Http.TOO_MANY_REQUESTS


def _throttled(answered: _Answered) -> Outcome:
    return Outcome(OutcomeKind.THROTTLED, wait_seconds=wait_of(answered.reply), status=answered.status)


def _is_server_error(answered: _Answered) -> bool:
    unknown = answered.status not in _DECIDED and not _REDIRECTS <= answered.status < Http.BAD_REQUEST
    return answered.status == Http.REQUEST_TIMEOUT or answered.status >= Http.INTERNAL_SERVER_ERROR or unknown


_DECIDED = frozenset(
    status for status in Http if Http.BAD_REQUEST <= status < Http.INTERNAL_SERVER_ERROR and status != Http.REQUEST_TIMEOUT
)
"""The statuses of HTTP by which a server says that it has not carried out the request. Others, such as 499, prove nothing."""


def _server_error(answered: _Answered) -> Outcome:
    return in_doubt(DoubtCause.SERVER_ERROR, f"HTTP {answered.status}", answered.status)


def _is_taken_unique_id(answered: _Answered) -> bool:
    may_be = answered.kind is RecordKind.VOUCHER and answered.status in {400, 409, 422}
    return may_be and _reports_taken_unique_id(answered.reply.body)


def _exists(answered: _Answered) -> Outcome:
    return Outcome(OutcomeKind.EXISTS, status=answered.status)


def _is_conflict(answered: _Answered) -> bool:
    return _conflict(answered.status, answered.body) is not None


def _in_conflict(answered: _Answered) -> Outcome:
    cause = _conflict(answered.status, answered.body) or DoubtCause.CONFLICT
    return in_doubt(cause, f"HTTP {answered.status} {cause.replace('_', ' ')}", answered.status)


def _conflict(status: int, body: Any) -> DoubtCause | None:
    types = business_types(body)
    if types & {"duplicatereference", "duplicatecreditorreference"}:
        return DoubtCause.REFERENCE_IN_USE
    return DoubtCause.CONFLICT if status == Http.CONFLICT or "idempotencyconflict" in types else None


def _is_used_key(answered: _Answered) -> bool:
    refused = answered.kind is RecordKind.VOUCHER and answered.status == Http.BAD_REQUEST
    return refused and b"idempotency" in answered.reply.body.lower()


def _used_key(answered: _Answered) -> Outcome:
    return in_doubt(DoubtCause.KEY_USED, "idempotency key used before", answered.status)


def _is_refusal(answered: _Answered) -> bool:
    unknown_case = answered.status == Http.NOT_FOUND and answered.kind is RecordKind.VOUCHER
    return answered.status in {400, 413, 415, 422} or unknown_case


def _refusal(answered: _Answered) -> Outcome:
    reasons = reasons_of(answered.kind, answered.status, answered.body, answered.payload)
    return Outcome(OutcomeKind.REFUSED, reasons=reasons, status=answered.status)


def _stopped(answered: _Answered) -> Outcome:
    return Outcome(OutcomeKind.STOPPED, status=answered.status, detail=_why_stopped(answered.status))


_TABLE: tuple[tuple[Callable[[_Answered], bool], Callable[[_Answered], Outcome]], ...] = (
    (_is_success, _success),
    (_is_throttled, _throttled),
    (_is_server_error, _server_error),
    (_is_taken_unique_id, _exists),
    (_is_conflict, _in_conflict),
    (_is_used_key, _used_key),
    (_is_refusal, _refusal),
    (lambda _: True, _stopped),
)
"""The outcomes of responses: the first line whose condition applies counts."""


def _why_stopped(status: int) -> str:
    if status == Http.UNAUTHORIZED:
        return "the credentials were refused (HTTP 401)"
    if status == Http.FORBIDDEN:
        return "the credentials do not allow this (HTTP 403)"
    if _REDIRECTS <= status < Http.BAD_REQUEST:
        return f"the API redirected to another address (HTTP {status}), which is never followed; check base_url"
    return f"the API returned HTTP {status}, which this endpoint never returns; check base_url"


def wait_of(reply: Answer) -> float:
    """Return the seconds to wait after a 429: ``retryAfter`` in the body, else the header; 60 if neither is usable."""
    body = _json(reply.body)
    for given in (body.get("retryAfter") if isinstance(body, dict) else None, reply.headers.get("retry-after")):
        seconds = _seconds(given)
        if seconds is not None:
            return seconds
    return DEFAULT_WAIT_SECONDS


def _seconds(given: Any) -> float | None:
    if given is None or isinstance(given, bool):
        return None
    try:
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        seconds = _until(given)
    return seconds if math.isfinite(seconds) and 0 < seconds <= LONGEST_WAIT_SECONDS else None


def _until(given: Any) -> float:
    try:
        moment = parsedate_to_datetime(str(given))
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _json(body: bytes) -> Any:
    """Parse the body as JSON, or return None."""
    try:
        return read_json(body)
    except ValueError:
        return None


_TAKEN = re.compile(rb"already|exist|duplicate|taken|in use|not unique|must be unique", re.IGNORECASE)


def _reports_taken_unique_id(body: bytes) -> bool:
    """Return whether Debbie reports a repeated ``uniqueId``. Its text is not documented: both patterns must match."""
    return re.search(rb"unique[_ ]?id", body, re.IGNORECASE) is not None and _TAKEN.search(body) is not None


def state_after(outcome: Outcome, *, doubted: bool, looked_up: bool) -> State:
    """Return the state of the entry after an attempt.

    After an earlier doubt, a refusal does not prove that nothing exists. If the entry was ``looked_up`` in the list of its
    case, as vouchers are, the refusal counts.
    """
    if outcome.verdict in {OutcomeKind.ACCEPTED, OutcomeKind.EXISTS}:
        return State.ACCEPTED
    if outcome.verdict is OutcomeKind.CONTRADICTED:
        return State.HELD
    if outcome.verdict is OutcomeKind.REFUSED:
        return State.IN_DOUBT if doubted and not looked_up else State.REFUSED
    if outcome.verdict is OutcomeKind.IN_DOUBT:
        return State.IN_DOUBT
    if outcome.status == Http.SEE_OTHER:  # by its definition the response to a POST that was carried out
        return State.IN_DOUBT
    return State.IN_DOUBT if doubted else State.PENDING


def cause_of(outcome: Outcome, state: State) -> DoubtCause | None:
    """Return the cause of the entry's doubt; None if it is not in doubt."""
    if state is not State.IN_DOUBT:
        return None
    if outcome.status == Http.SEE_OTHER:
        return DoubtCause.REDIRECTED
    return outcome.cause or DoubtCause.EARLIER_DOUBT


def as_seen_by_throttle(outcome: Outcome) -> Outcome:
    """Return the outcome for the circuit breaker: a doubt after a refusal (4xx) does not count as a failure of the API."""
    status = outcome.status or 0
    refused = Http.BAD_REQUEST <= status < Http.INTERNAL_SERVER_ERROR and status != Http.REQUEST_TIMEOUT
    return replace(outcome, verdict=OutcomeKind.REFUSED) if outcome.verdict is OutcomeKind.IN_DOUBT and refused else outcome
