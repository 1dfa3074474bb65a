"""The values that pass between the ledger and the sender: an entry to send, the claim on it, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.states import DoubtCause, State
from importer.ledger.storage.schema import entry


@dataclass(frozen=True, slots=True)
class SendableEntry:
    """An entry to send, with all that its request needs.

    ``doubted``: an earlier attempt may have created it. The fields below that are None for a case. ``target`` is the id of
    the case at Debbie, if the sheet gives it and the case is not in this ledger. ``case_id``, ``case_reference``,
    ``case_payload`` and ``case_accepted_at`` are of the voucher's case in this ledger: its id and reference at Debitura, its
    request, and the time of its acceptance. ``parent_id`` is the parent voucher's id at Debbie. ``appendix`` is the attached
    file as JSON: ``path``, ``sha256``, ``content_type`` and, once it is uploaded, ``file_id``.
    """

    entry_id: int
    kind: RecordKind
    state: State
    payload: bytes
    idempotency_key: str
    doubted: bool = False
    target: str | None = None
    case_id: str | None = None
    case_reference: str | None = None
    case_payload: bytes | None = None
    case_accepted_at: str | None = None
    parent_id: str | None = None
    appendix: str | None = None
    first_sent_at: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimedEntry:
    """An entry whose intent to send is durable: the attempt's id, and the exact bytes to send.

    ``send_before`` is the steady time, in seconds, after which its first byte must not go out; None sets no limit.
    """

    attempt_id: int
    entry: SendableEntry
    payload: bytes
    send_before: float | None = None


class Postponed(NamedTuple):
    """When an entry may be tried again: not before the timestamp ``until``, or (None) only by the next run."""

    until: str | None


NEXT_RUN = Postponed(None)


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of an attempt, ready to be stored.

    ``state`` is the entry's new state, ``outcome`` the value of an ``OutcomeKind``. ``status`` is the HTTP status, None without
    a response. ``detail`` describes a failure without values of the row. ``remote_id`` and ``remote_reference`` are the ids of
    what was created, ``facts`` the JSON of what the server reports of it. An unsettled entry may be tried again at once, unless
    it is ``postponed``. ``cause`` is that of a doubt.
    """

    attempt_id: int
    entry_id: int
    kind: RecordKind
    state: State
    outcome: str
    status: int | None = None
    detail: str | None = None
    remote_id: str | None = None
    remote_reference: str | None = None
    reasons: tuple[Reason, ...] = ()
    postponed: Postponed | None = None
    cause: DoubtCause | None = None
    facts: str | None = None


_owner, _parent = entry.alias("owner"), entry.alias("parent")
SENDABLE = select(
    *(
        entry.c.id,
        entry.c.kind,
        entry.c.state,
        entry.c.payload,
        entry.c.idempotency_key,
        entry.c.doubted_at,
        entry.c.first_sent_at,
    ),
    *(entry.c.target, entry.c.appendix, _parent.c.remote_id.label("parent_id")),
    *(_owner.c.remote_id.label("case_id"), _owner.c.remote_reference, _owner.c.payload.label("case_payload")),
    _owner.c.accepted_at.label("case_accepted_at"),
).select_from(entry.outerjoin(_owner, _owner.c.id == entry.c.case_id).outerjoin(_parent, _parent.c.id == entry.c.parent_id))


def sendable_of(found: Any) -> SendableEntry:
    """Convert a database row of ``SENDABLE``."""
    return SendableEntry(
        entry_id=found.id,
        kind=RecordKind(found.kind),
        state=State(found.state),
        payload=found.payload,
        idempotency_key=found.idempotency_key,
        doubted=found.doubted_at is not None,
        target=found.target,
        case_id=found.case_id,
        case_reference=found.remote_reference,
        case_payload=found.case_payload,
        case_accepted_at=found.case_accepted_at,
        parent_id=found.parent_id,
        appendix=found.appendix,
        first_sent_at=found.first_sent_at,
    )
