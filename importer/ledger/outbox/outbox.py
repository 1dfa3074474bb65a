"""The outbox: entries to send, entries under way, and their results. Each step is one durable commit."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Boolean, ColumnElement, Connection, bindparam, func, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.states import DoubtCause, State, sources_of
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.dependents import block, is_one_of, release
from importer.ledger.outbox.remote_ownership import without_foreign_ids
from importer.ledger.outbox.request_counts import RequestCounts
from importer.ledger.outbox.sendable import NEXT_RUN, SENDABLE, AttemptResult, ClaimedEntry, Postponed, SendableEntry, sendable_of
from importer.ledger.storage.compiled_sql import CompiledSelect, CompiledUpdate
from importer.ledger.storage.engine import Session
from importer.ledger.storage.identifiers import reserve
from importer.ledger.storage.identity import LedgerIdentity
from importer.ledger.storage.notes import NoteKeeper
from importer.ledger.storage.schema import NOT_ACCEPTED, NOT_APPROVED, attempt, entry

LEASE = timedelta(minutes=15)
"""The time for which a claim belongs to its sender: longer than any request may take."""


class Outbox:
    """The entries that wait to be sent, and those under way."""

    def __init__(self, session: Session, counts: RequestCounts, identity: LedgerIdentity) -> None:
        self._session = session
        self._counts = counts
        self._identity = identity
        self.notes: NoteKeeper | None = None
        self._sender = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"

    def recover(self) -> int:
        """Put in doubt the entries in ``sending`` whose sender is gone, and return their number.

        A process that holds the ledger's lock is the only one that can send, so every such entry was left behind; one that holds
        some accounts is the only one that can send for these. Without a lock, another sender keeps an entry until the lease of
        its attempt has expired.
        """
        now = to_timestamp()
        with self._session.transaction() as connection:
            open_attempt: ColumnElement[bool] = attempt.c.ended_at.is_(None)
            abandoned: ColumnElement[bool] = NOT_ACCEPTED & (entry.c.state == State.SENDING)
            if self._session.accounts is not None:
                abandoned &= entry.c.account.in_(self._session.accounts)
                open_attempt &= attempt.c.account.in_(self._session.accounts)
            elif not self._session.is_alone:
                lease, sender = func.coalesce(attempt.c.lease_until, ""), func.coalesce(attempt.c.sender, "")
                others = open_attempt & (lease >= now) & (sender != self._sender)
                abandoned &= entry.c.id.not_in(select(attempt.c.entry_id).where(others))
                open_attempt &= ~others
            doubt = {"state": State.IN_DOUBT, "doubted_at": now, "not_before": None, "until_next_run": False}
            found = connection.execute(update(entry).where(abandoned).values(doubt)).rowcount
            crashed = {"ended_at": now, "outcome": "crashed", "cause": DoubtCause.CRASHED, "status": None}
            connection.execute(update(attempt).where(open_attempt).values(crashed))
        return found

    def forget_waits(self, accounts: Accounts, batches: Sequence[int] | None) -> None:
        """Clear the waiting times that an earlier run has set, so that a new run tries these entries at once."""
        with self._session.transaction() as connection:
            for kind in RecordKind:
                put_off = entry.c.not_before.is_not(None) | entry.c.until_next_run.is_(True)
                open_ones = is_open(accounts, kind, batches) & put_off
                connection.execute(update(entry).where(open_ones).values(not_before=None, until_next_run=False))

    def postpone_doubts(
        self, accounts: Accounts, batches: Sequence[int] | None, rule: Callable[[str, int, datetime], Postponed]
    ) -> None:
        """Set when each case in doubt may be sent again.

        ``rule`` returns it for the first attempt's time, the number of attempts since then that ended in doubt, and now.
        """
        doubtful = attempt.c.cause.is_not(None) & (attempt.c.started_at >= entry.c.first_sent_at)
        attempts = select(func.count()).where((attempt.c.entry_id == entry.c.id) & doubtful).scalar_subquery()
        wanted = is_open(accounts, RecordKind.CASE, batches) & (entry.c.state == State.IN_DOUBT)
        now = datetime.now(UTC)
        with self._session.transaction() as connection:
            for found in connection.execute(
                select(entry.c.id, entry.c.first_sent_at, attempts.label("attempts")).where(wanted)
            ).all():
                later = rule(found.first_sent_at, found.attempts, now) if found.first_sent_at else NEXT_RUN
                values = {"not_before": later.until, "until_next_run": later.until is None}
                connection.execute(update(entry).where(entry.c.id == found.id).values(values))

    def sendable(
        self, accounts: Accounts, kind: RecordKind, states: Iterable[State], batches: Sequence[int] | None, limit: int
    ) -> list[SendableEntry]:
        """Return up to ``limit`` entries that can be sent now, in the order of their sheets, with their case and parent."""
        known = {"account": accounts.of(kind), "kind": kind, "now": to_timestamp()}
        found: list[SendableEntry] = []
        with self._session.transaction() as connection:
            # One batch at a time: the index returns one in order, while several together would have to be sorted.
            for state in states:
                for batch_id in (None,) if batches is None else sorted(batches):
                    query = _DUE_OF_ALL if batch_id is None else _DUE_OF_BATCH
                    values = known | {"state": state, "batch": batch_id, "limit": limit - len(found)}
                    found += map(sendable_of, query(connection, values))
                    if len(found) >= limit:
                        return found
        return found

    def entry(self, entry_id: int) -> SendableEntry:
        """Return the entry with all that its request needs, in any state."""
        with self._session.transaction() as connection:
            return sendable_of(connection.execute(SENDABLE.where(entry.c.id == entry_id)).one())

    def next_due(
        self, accounts: Accounts, kind: RecordKind, states: Iterable[State], batches: Sequence[int] | None
    ) -> str | None:
        """Return the earliest time at which a postponed entry may be tried again; None if none is postponed."""
        with self._session.transaction() as connection:
            put_off = is_open(accounts, kind, batches) & entry.c.ready.is_(True) & entry.c.not_before.is_not(None)
            put_off &= entry.c.until_next_run.is_(False)
            firsts = (
                connection.scalar(select(func.min(entry.c.not_before)).where(put_off, entry.c.state == state)) for state in states
            )
            return min((first for first in firsts if first), default=None)

    def count_open(self, accounts: Accounts, kind: RecordKind, batches: Sequence[int] | None) -> int:
        """Count the entries that are pending or in doubt, ready or not."""
        wanted = is_open(accounts, kind, batches) & entry.c.state.in_([State.PENDING, State.IN_DOUBT])
        wanted &= entry.c.batch_id.not_in(NOT_APPROVED)
        with self._session.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(entry).where(wanted)) or 0

    def commit_step(
        self,
        results: Sequence[AttemptResult],
        intents: Sequence[tuple[SendableEntry, bytes]],
        account_of: Accounts,
        run_id: str,
        counts: Mapping[str, str] | None = None,
    ) -> list[ClaimedEntry]:
        """Commit the results of finished attempts, the claims of the next ones, and the request counts, all at once.

        Raises LedgerError if the ledger's file was removed or replaced: nothing is claimed, but the results are committed
        to the file that is still open, so that the report of this run contains them.
        """
        lost = self._identity.loss() if intents else None
        if lost and not results:
            raise lost
        with self._session.transaction() as connection:
            versions = self._counts.write(connection, counts or {})
            if results:
                self._settle(connection, results, account_of)
            claims = self._claim(connection, intents, account_of, run_id) if intents and not lost else []
            commits = self._identity.count(connection)
        self._identity.commits = commits
        self._counts.committed(versions)
        if lost:
            raise lost
        if self.notes:
            self.notes.committed(commits)
        return claims

    def _settle(self, connection: Connection, results: Sequence[AttemptResult], accounts: Accounts) -> None:
        now = to_timestamp()
        results = without_foreign_ids(connection, results, accounts)
        if _SETTLE(connection, [_settled(result, now) for result in results]) != len(results):
            raise self._session.changed_by_others()
        ended = [
            {
                "_id": r.attempt_id,
                "_ended": now,
                "_outcome": r.outcome,
                "_status": r.status,
                "_detail": r.detail,
                "_cause": r.cause,
            }
            for r in results
        ]
        _END_ATTEMPT(connection, ended)
        release(connection, [r.entry_id for r in results if r.state is State.ACCEPTED], accounts.vouchers)
        block(connection, [r.entry_id for r in results if r.state in {State.REFUSED, State.HELD}])

    def _claim(
        self, connection: Connection, intents: Sequence[tuple[SendableEntry, bytes]], accounts: Accounts, run_id: str
    ) -> list[ClaimedEntry]:
        now = to_timestamp()
        values = [{"_id": sendable.entry_id, "_payload": payload, "_now": now} for sendable, payload in intents]
        if _SEND(connection, values) != len(intents):
            raise self._session.changed_by_others()
        first = reserve(connection, attempt.name, len(intents))
        claims = [ClaimedEntry(first + i, sendable, payload) for i, (sendable, payload) in enumerate(intents)]
        lease = to_timestamp(datetime.now(UTC) + LEASE)
        fixed = {"run_id": run_id, "started_at": now, "sender": self._sender, "lease_until": lease}
        started = [
            {"id": c.attempt_id, "entry_id": c.entry.entry_id, "account": accounts.of(c.entry.kind)} | fixed for c in claims
        ]
        _BEGIN_ATTEMPT(connection, started)
        return claims

    def store_appendix(self, entry_id: int, appendix: str) -> None:
        """Store the id of an uploaded file, so that it is uploaded only once."""
        with self._session.transaction() as connection:
            connection.execute(update(entry).where(entry.c.id == entry_id).values(appendix=appendix))

    def postpone(self, entry_id: int, postponed: Postponed) -> None:
        """Postpone the entry's next attempt."""
        values = {"not_before": postponed.until, "until_next_run": postponed.until is None}
        with self._session.transaction() as connection:
            connection.execute(update(entry).where(entry.c.id == entry_id).values(values))

    def refuse_unsent(self, entry_id: int, reasons: tuple[Reason, ...]) -> None:
        """Refuse an entry without a request for it, because a file that it needs was refused.

        An entry in doubt, whose earlier request may have succeeded, is held for the user's answer instead.
        """
        with self._session.transaction() as connection:
            for before, after in ((State.PENDING, State.REFUSED), (State.IN_DOUBT, State.HELD)):
                changes = {"state": after, "reasons": reasons_to_json(reasons)}
                wanted = (entry.c.id == entry_id) & (entry.c.state == before)
                connection.execute(update(entry).where(wanted).values(changes))
            block(connection, [entry_id])


def _settled(result: AttemptResult, now: str) -> dict[str, Any]:
    """Return the parameters of ``_SETTLE``."""
    return {
        "_id": result.entry_id,
        "_attempt": result.attempt_id,
        "_state": result.state.value,
        "_remote": result.remote_id,
        "_reference": result.remote_reference,
        "_reasons": reasons_to_json(result.reasons) if result.reasons else None,
        "_not_before": result.postponed.until if result.postponed else None,
        "_next_run": int(result.postponed is not None and result.postponed.until is None),
        "_accepted": now if result.state is State.ACCEPTED else None,
        "_facts": result.facts,
        "_doubted": now if result.state is State.IN_DOUBT else None,
    }


_SETTLE = CompiledUpdate(
    update(entry)
    .where((entry.c.id == bindparam("_id")) & (entry.c.state == State.SENDING))
    # The attempt is open unless another process has taken the entry over, which may be sending it at this moment.
    .where(select(attempt.c.ended_at).where(attempt.c.id == bindparam("_attempt")).scalar_subquery().is_(None))
    .values(
        state=bindparam("_state"),
        remote_id=func.coalesce(bindparam("_remote"), entry.c.remote_id),
        remote_reference=func.coalesce(bindparam("_reference"), entry.c.remote_reference),
        remote_facts=func.coalesce(bindparam("_facts"), entry.c.remote_facts),
        reasons=bindparam("_reasons"),
        not_before=bindparam("_not_before"),
        until_next_run=bindparam("_next_run", type_=Boolean),
        accepted_at=bindparam("_accepted"),
        # The latest doubt: the settle time counts from the last attempt that may have created the entry.
        doubted_at=func.coalesce(bindparam("_doubted"), entry.c.doubted_at),
    )
)
_END_ATTEMPT = CompiledUpdate(
    update(attempt)
    .where(attempt.c.id == bindparam("_id"))
    .values(
        ended_at=bindparam("_ended"),
        outcome=bindparam("_outcome"),
        status=bindparam("_status"),
        detail=bindparam("_detail"),
        cause=bindparam("_cause"),
    )
)
_BEGIN_ATTEMPT = CompiledUpdate(insert(attempt))
_SEND = CompiledUpdate(
    update(entry)
    .where(
        (entry.c.id == bindparam("_id"))
        & is_one_of(entry.c.state, sources_of(State.SENDING))
        & entry.c.ready.is_(True)
        & entry.c.superseded_by.is_(None)
    )
    .values(
        state=State.SENDING,
        payload=bindparam("_payload"),
        first_sent_at=func.coalesce(entry.c.first_sent_at, bindparam("_now")),
        absent_scans=0,
    )
)


def is_open(accounts: Accounts, kind: RecordKind, batches: Sequence[int] | None) -> Any:
    """Return the condition for entries neither accepted nor superseded, of this account, kind and (unless None) batches."""
    condition = (
        (entry.c.account == accounts.of(kind)) & (entry.c.kind == kind.value) & NOT_ACCEPTED & entry.c.superseded_by.is_(None)
    )
    return condition if batches is None else condition & entry.c.batch_id.in_(list(batches))


_DUE = (
    SENDABLE.where(
        entry.c.account == bindparam("account"),
        entry.c.kind == bindparam("kind"),
        NOT_ACCEPTED,
        entry.c.state == bindparam("state"),
        entry.c.ready.is_(True),
        entry.c.superseded_by.is_(None),
        entry.c.not_before.is_(None) | (entry.c.not_before <= bindparam("now")),
        entry.c.until_next_run.is_(False),
        entry.c.batch_id.not_in(NOT_APPROVED),
    )
    .order_by(entry.c.batch_id, entry.c.id)
    .limit(bindparam("limit"))
)
_DUE_OF_ALL, _DUE_OF_BATCH = CompiledSelect(_DUE), CompiledSelect(_DUE.where(entry.c.batch_id == bindparam("batch")))
