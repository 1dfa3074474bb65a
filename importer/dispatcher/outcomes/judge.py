"""What an answer means: the outcome table of the design as one pure function."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus as Http
from typing import Any

from importer.dispatcher.outcomes.refusal_reasons import LONGEST_TEXT, _business_errors, reasons_of
from importer.dispatcher.outcomes.reply import Answer, Lost, NotSent
from importer.domain.kinds import Kind
from importer.domain.reasons import Reason
from importer.domain.states import DoubtCause

DEFAULT_WAIT_SECONDS = 60.0
_OK, _REDIRECTS = Http.OK, Http.MULTIPLE_CHOICES
LONGEST_WAIT_SECONDS = 86_400.0  # the longest window of the vendor's limits is a day; more is absurd


class OutcomeKind(StrEnum):
    """What is known after an attempt."""

    ACCEPTED = "accepted"
    EXISTS = "exists"  # the unique id is taken: by us
    REFUSED = "refused"
    NOTHING = "nothing happened"
    THROTTLED = "throttled"
    STOPPED = "account stopped"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on an attempt and what goes with it: of a doubt its cause, of a refusal its reasons."""

    verdict: OutcomeKind
    remote_id: str | None = None
    reference: str | None = None
    reasons: tuple[Reason, ...] = ()
    wait_seconds: float = 0.0
    status: int | None = None
    detail: str | None = None
    cause: DoubtCause | None = None


def in_doubt(cause: DoubtCause, detail: str, status: int | None = None) -> Outcome:
    """The outcome of an attempt that may or may not have succeeded."""
    return Outcome(OutcomeKind.IN_DOUBT, status=status, detail=detail, cause=cause)


def judge(  # noqa: PLR0911  (one return for each line of the table)
    kind: Kind, reply: Answer | NotSent | Lost, payload: bytes = b"{}"
) -> Outcome:
    """The verdict on one attempt. ``payload`` gives the values for the reasons of a refusal."""
    if isinstance(reply, NotSent):
        return Outcome(OutcomeKind.NOTHING, detail=str(reply))
    if isinstance(reply, Lost):
        return in_doubt(DoubtCause.ANSWER_LOST, str(reply))
    status, body = reply.status, _json(reply.body)
    if _OK <= status < _REDIRECTS:
        return _judge_success(kind, status, body)
    if status == Http.TOO_MANY_REQUESTS:
        return Outcome(OutcomeKind.THROTTLED, wait_seconds=wait_of(reply), status=status)
    if status == Http.REQUEST_TIMEOUT or status >= Http.INTERNAL_SERVER_ERROR:
        return in_doubt(DoubtCause.SERVER_ERROR, f"HTTP {status}", status)
    if kind is Kind.VOUCHER and status in {400, 409, 422} and _says_unique_id_taken(reply.body):
        return Outcome(OutcomeKind.EXISTS, status=status)
    if conflict := _conflict(status, body):
        return in_doubt(conflict, f"HTTP {status} {conflict.replace('_', ' ')}", status)
    if kind is Kind.VOUCHER and status == Http.BAD_REQUEST and b"idempotency" in reply.body.lower():
        return in_doubt(DoubtCause.KEY_USED, "idempotency key used before", status)
    if status in {400, 413, 415, 422} or (status == Http.NOT_FOUND and kind is Kind.VOUCHER):
        return Outcome(OutcomeKind.REFUSED, reasons=reasons_of(kind, status, body, payload), status=status)
    return Outcome(OutcomeKind.STOPPED, status=status, detail=_why_stopped(status))


def _conflict(status: int, body: Any) -> DoubtCause | None:
    types = _business_types(body)
    if "DuplicateReference" in types:
        return DoubtCause.REFERENCE_IN_USE
    return DoubtCause.CONFLICT if status == Http.CONFLICT or "IdempotencyConflict" in types else None


def _judge_success(kind: Kind, status: int, body: Any) -> Outcome:
    found = body.get("id" if kind is Kind.CASE else "caseVoucherId") if isinstance(body, dict) else None
    if not isinstance(found, str) or not found.strip():
        return in_doubt(DoubtCause.NO_ID, f"HTTP {status} without a readable id", status)
    reference = body.get("reference")
    return Outcome(
        OutcomeKind.ACCEPTED, remote_id=found.strip(), reference=reference if isinstance(reference, str) else None, status=status
    )


def _why_stopped(status: int) -> str:
    if status == Http.UNAUTHORIZED:
        return "the credentials were refused (HTTP 401)"
    if status == Http.FORBIDDEN:
        return "the credentials do not allow this (HTTP 403)"
    if _REDIRECTS <= status < Http.BAD_REQUEST:
        return f"the API redirected to another address (HTTP {status}), which is never followed; check base_url"
    return f"the API answered HTTP {status}, which this endpoint does not; check base_url"


def wait_of(reply: Answer) -> float:
    """Seconds to wait after a 429: ``retryAfter`` in the body, then the header; 60 if neither makes sense."""
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
    """The body as JSON that can be stored, or None: half a surrogate or a NUL has no place in a database or a sheet."""
    try:
        plain = len(body) <= LONGEST_TEXT and body.isascii() and b"\\u" not in body  # then nothing in it can be unfit
        return json.loads(body) if plain else _storable(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode().replace("\0", "?")
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    return value


_TAKEN = re.compile(rb"already|exist|duplicate|taken|in use|not unique|must be unique", re.IGNORECASE)


def _says_unique_id_taken(body: bytes) -> bool:
    """Debbie's words for a repeated ``uniqueId`` are not documented; both halves must be there."""
    return re.search(rb"unique[_ ]?id", body, re.IGNORECASE) is not None and _TAKEN.search(body) is not None


def _business_types(body: Any) -> set[str]:
    return {str(e.get("type")) for e in _business_errors(body)} | ({str(body.get("error"))} if isinstance(body, dict) else set())
