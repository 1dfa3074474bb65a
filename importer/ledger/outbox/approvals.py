"""What was approved: the digest of a batch's entries, the decisions about batches, and which of them may be sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, true, update

from importer.domain.batches import BatchState, Decision, DecisionKind, Person, entry_hash, person_from_json, person_json, plus
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.storage.engine import Session, parts_of
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, decision, entry

_HASHED = (entry.c.kind, entry.c.key, entry.c.payload, entry.c.target, entry.c.appendix)
OPEN = (State.PENDING, State.SENDING, State.IN_DOUBT, State.HELD, State.BLOCKED, State.QUESTIONED)
"""States in which an entry may be sent yet, now or after an answer."""


@dataclass(frozen=True, slots=True)
class VoidBatch:
    """A batch that was approved and must be approved again, with the reason."""

    id: int
    source_name: str
    why: str


# Digests


def _is_covered(approved_at: Any) -> ColumnElement[bool]:
    """Return the condition for entries that an approval covers: those that were not accepted when it was given."""
    return or_(NOT_ACCEPTED, entry.c.accepted_at >= approved_at)


def digest_of(connection: Connection, batch_id: int, approved_at: str) -> str:
    """Return the digest of the entries that the approval of a batch covers, as they are now."""
    query = select(*_HASHED).where(entry.c.batch_id == batch_id, _is_covered(approved_at))
    return plus("0", *(_hash(found) for found in connection.execute(query)))


def _hash(found: Any) -> int:
    payload = found.payload if isinstance(found.payload, bytes) else str(found.payload).encode()  # changed by another program
    return entry_hash(RecordKind(found.kind), found.key, payload, found.target, found.appendix)


NOT_YET = "9999"
"""A timestamp after all others: what is accepted before an approval is not covered by it."""


def guarded_batches(connection: Connection) -> frozenset[int]:
    """Return the batches whose digest is to be compared before they are sent: approved ones that are not finished."""
    return frozenset(connection.scalars(select(batch.c.id).where(batch.c.digest.is_not(None))))


def take_out(connection: Connection, moved: Mapping[int, Collection[int]]) -> None:
    """Take entries (ids by batch) out of the digests of their batches. Called before they are assigned to another one."""
    for batch_id, identifiers in moved.items():
        kept = connection.execute(select(batch.c.digest, _APPROVED_AT).where(batch.c.id == batch_id)).one()
        if kept.digest is None:
            continue
        of_batch = (entry.c.batch_id == batch_id) & _is_covered(kept.approved_at or "")
        query = select(*_HASHED).where(of_batch)
        hashes = [
            _hash(found) for part in parts_of(identifiers) for found in connection.execute(query.where(entry.c.id.in_(part)))
        ]
        less = plus(kept.digest, *hashes, sign=-1)
        connection.execute(update(batch).where(batch.c.id == batch_id).values(digest=less))


_APPROVED_AT = (
    select(decision.c.at)
    .where(decision.c.batch_id == batch.c.id, decision.c.what == DecisionKind.APPROVED)
    .order_by(decision.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("approved_at")
)


# Decisions


def record(connection: Connection, batch_id: int, what: DecisionKind, who: Person, **facts: Any) -> str:
    """Record a decision about a batch, and return its timestamp."""
    at = to_timestamp()
    made = Decision(what, who, at, facts)
    values = {"what": what.value, "who": person_json(who), "at": at, "facts": made.facts_json()}
    connection.execute(insert(decision).values(batch_id=batch_id, **values))
    return at


def decisions_about(connection: Connection, batch_id: int) -> list[Decision]:
    """Return all decisions about a batch, the oldest first."""
    query = select(decision).where(decision.c.batch_id == batch_id).order_by(decision.c.id)
    return [
        Decision(DecisionKind(one.what), person_from_json(one.who), one.at, json.loads(one.facts))
        for one in connection.execute(query)
    ]


def note_preparers(connection: Connection, batch_id: int, people: Iterable[Person], **facts: Any) -> None:
    """Record who has prepared a batch, with what is known about that."""
    for who in people:
        record(connection, batch_id, DecisionKind.PREPARED, who, **facts)


def preparers_of(connection: Connection, batch_id: int, part_of: int | None) -> tuple[Person, ...]:
    """Return who has prepared a batch, or the one that it is a part of, beside the one who staged it."""
    batches = (batch_id,) if part_of is None else (part_of, batch_id)
    found = (one for each in batches for one in decisions_about(connection, each))
    return tuple(one.who for one in found if one.what is DecisionKind.PREPARED)


def make_void(connection: Connection, batch_ids: Iterable[int], who: Person, why: str) -> list[int]:
    """Void the approval of those of these batches whose sending has not begun. Returns their ids."""
    wanted = sorted(batch_ids)
    if not wanted:
        return []
    not_begun = (batch.c.state == BatchState.APPROVED) & batch.c.begun_at.is_(None) & batch.c.digest.is_not(None)
    was_sent = exists().where(entry.c.batch_id == batch.c.id, entry.c.first_sent_at.is_not(None))
    query = select(batch.c.id).where(not_begun, ~was_sent, batch.c.id.in_(wanted)).order_by(batch.c.id)
    found = list(connection.scalars(query))
    for batch_id in found:
        connection.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.VOID))
        record(connection, batch_id, DecisionKind.VOIDED, who, why=why)
    return found


def give_approval(connection: Connection, batch_id: int, overruled: Iterable[int], who: Person, **facts: object) -> None:
    """Record the approval of a batch whose entries were just entered, with the digest of what it covers and further ``facts``.

    Approvals of the ``overruled`` batches become void, as far as their sending has not begun.
    """
    source = connection.execute(select(batch.c.source_sha256, batch.c.cases_account).where(batch.c.id == batch_id)).one()
    digest = digest_of(connection, batch_id, NOT_YET)
    known = {"source_sha256": source.source_sha256, "to": source.cases_account, "digest": digest}
    record(connection, batch_id, DecisionKind.APPROVED, who, **known, **facts)
    connection.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.APPROVED, digest=digest))
    others = [other for other in overruled if other != batch_id]
    make_void(connection, others, who, f"batch {batch_id}, approved later, has other values for some of its rows")


def begin_with(connection: Connection, batch_id: int, others: Collection[int]) -> None:
    """Count the sending of a batch as begun if it takes entries over from a batch whose sending has begun.

    They would else be kept back by a rule for batches that nothing was sent of.
    """
    begun = select(func.min(batch.c.begun_at)).where(batch.c.id.in_(sorted(others)))
    at = connection.scalar(begun) if others else None
    if at is not None:
        connection.execute(update(batch).where(batch.c.id == batch_id).values(begun_at=at))


def void_older(connection: Connection, batch_id: int, who: Person) -> list[int]:
    """Void the approvals that the newly read source of a batch supersedes, as far as their sending has not begun.

    They are those of the same source with other bytes, another profile or other settings. Returns the batches.
    """
    columns = (batch.c.source_name, batch.c.source_sha256, batch.c.circumstances, batch.c.cases_account, batch.c.run_id)
    own = connection.execute(select(*columns).where(batch.c.id == batch_id)).one()
    same = (batch.c.source_name == own.source_name) & (batch.c.cases_account == own.cases_account) & (batch.c.id < batch_id)
    same &= batch.c.run_id != own.run_id  # files of one run may have the same name, in several folders
    is_other = (batch.c.source_sha256 != own.source_sha256) | (batch.c.circumstances != own.circumstances)
    not_begun = (batch.c.state == BatchState.APPROVED) & batch.c.begun_at.is_(None) & batch.c.digest.is_not(None)
    older = list(connection.scalars(select(batch.c.id).where(same, is_other, not_begun)))
    return make_void(connection, older, who, f"{own.source_name} was read again, as batch {batch_id}")


class ApprovalLog:
    """The approvals of one ledger, as far as sending needs them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def decisions(self, batch_id: int) -> list[Decision]:
        """Return all decisions about a batch, the oldest first."""
        with self._session.transaction() as connection:
            return decisions_about(connection, batch_id)

    def expire(self, oldest: str, who: Person, why: str, accounts: Collection[str] | None = None) -> list[int]:
        """Void the approvals given before the timestamp ``oldest`` whose sending has not begun. Returns the batches.

        ``accounts`` are those of their cases; None: all accounts.
        """
        with self._session.transaction() as connection:
            not_begun = (batch.c.state == BatchState.APPROVED) & batch.c.begun_at.is_(None) & batch.c.digest.is_not(None)
            not_begun &= batch.c.cases_account.in_(sorted(accounts)) if accounts is not None else true()
            found = connection.execute(select(batch.c.id, _APPROVED_AT).where(not_begun)).all()
            return make_void(connection, [one.id for one in found if (one.approved_at or "") < oldest], who, why)

    def invalidate(self, batch_ids: Iterable[int], who: Person, why: str) -> None:
        """Void the approvals of these batches, also if their sending has begun."""
        with self._session.transaction() as connection:
            for batch_id in batch_ids:
                connection.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.VOID))
                record(connection, batch_id, DecisionKind.VOIDED, who, why=why)

    def void_batches(self) -> list[VoidBatch]:
        """Return the batches that must be approved again, with the last reason of each."""
        with self._session.transaction() as connection:
            query = select(batch.c.id, batch.c.source_name).where(batch.c.state == BatchState.VOID).order_by(batch.c.id)
            return [
                VoidBatch(found.id, found.source_name, str(decisions_about(connection, found.id)[-1].facts.get("why", "")))
                for found in connection.execute(query).all()
            ]

    def begin(self, batch_ids: Iterable[int] | None) -> None:
        """Note that sending begins: from now on the approvals of these batches (None: of all approved ones) stay valid."""
        not_begun = (batch.c.state == BatchState.APPROVED) & batch.c.begun_at.is_(None)
        with self._session.transaction() as connection:
            wanted = not_begun if batch_ids is None else not_begun & batch.c.id.in_(sorted(batch_ids))
            connection.execute(update(batch).where(wanted).values(begun_at=to_timestamp()))

    def finish(self, batch_ids: Sequence[int] | None) -> None:
        """Forget the digests of those of these batches (None: of all) that have nothing left to send."""
        with self._session.transaction() as connection:
            guarded = guarded_batches(connection)
            for batch_id in sorted(guarded if batch_ids is None else guarded & set(batch_ids)):
                unfinished = (entry.c.batch_id == batch_id) & NOT_ACCEPTED & entry.c.state.in_(OPEN)
                if not connection.scalar(select(exists().where(unfinished, entry.c.superseded_by.is_(None)))):
                    connection.execute(update(batch).where(batch.c.id == batch_id).values(digest=None))

    def altered(self, batch_ids: Sequence[int] | None) -> list[int]:
        """Return those of these batches (None: of all) whose entries are not what was approved."""
        with self._session.transaction() as connection:
            guarded = guarded_batches(connection)
            wanted = sorted(guarded if batch_ids is None else guarded & set(batch_ids))
            found = []
            for batch_id in wanted:
                kept = connection.execute(select(batch.c.digest, _APPROVED_AT).where(batch.c.id == batch_id)).one()
                if digest_of(connection, batch_id, kept.approved_at or "") != kept.digest:
                    found.append(batch_id)
            return found
