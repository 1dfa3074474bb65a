"""Doubts: entries of which it is not known whether they exist remotely, and the changes that resolve them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.states import UNRESOLVED, DoubtCause, State, sources_of
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.clock_skew import Clock
from importer.ledger.outbox.dependents import block, release, unblock
from importer.ledger.outbox.outbox import is_open
from importer.ledger.storage.backup import BACKUP_MARK
from importer.ledger.storage.engine import Session, parts_of
from importer.ledger.storage.schema import attempt, entry, meta


@dataclass(frozen=True, slots=True)
class InDoubtCase:
    """A case of which it is not known whether it was created. ``held``: it waits for the user's answer."""

    entry_id: int
    payload: bytes
    first_sent_at: str
    doubted_at: str
    absent_scans: int
    held: bool = False
    cause: DoubtCause | None = None  # of its latest attempt


@dataclass(frozen=True, slots=True)
class UnlistedVoucher:
    """A voucher in doubt that its case's list does not show. ``since``: the end of the last request that may have made it."""

    entry_id: int
    payload: bytes
    cause: DoubtCause
    reasons: str | None
    since: str


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry that a user names, to resolve it."""

    id: int
    kind: RecordKind
    state: State
    payload: bytes
    key: str
    account: str
    first_sent_at: str | None


CLOCK_MARK = "clock of "
_LAST_CAUSE = (
    select(attempt.c.cause).where(attempt.c.entry_id == entry.c.id).order_by(attempt.c.id.desc()).limit(1).scalar_subquery()
)


class DoubtLog:
    """The entries in doubt."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def clock(self, accounts: Accounts) -> Clock:
        """Return the skew of Debitura's clock since the oldest open doubt."""
        with self._session.transaction() as connection:
            return _clock(connection, accounts) or Clock()

    def note_clock(self, accounts: Accounts, skew: timedelta | None) -> Clock:
        """Store a measurement of the skew (None: not measured). Without open doubts it replaces the earlier ones."""
        with self._session.transaction() as connection:
            known = _clock(connection, accounts)
            dated = entry.c.first_sent_at.is_not(None) & entry.c.state.in_(sorted({State.PENDING, *UNRESOLVED}))
            unsettled = is_open(accounts, RecordKind.CASE, None) & dated
            restored = select(meta.c.value).where(meta.c.name == BACKUP_MARK)
            keeps = any(connection.scalar(q.limit(1)) is not None for q in (select(entry.c.id).where(unsettled), restored))
            # Without an earlier measurement, times in the ledger may date from when the clocks agreed: start at zero.
            noted = (known or Clock()).measured(skew) if keeps or skew is None else Clock.begun(skew)
            if noted != known:
                name = CLOCK_MARK + accounts.cases
                connection.execute(delete(meta).where(meta.c.name == name))
                connection.execute(insert(meta).values(name=name, value=noted.as_text()))
        return noted

    def cases(self, accounts: Accounts, batches: Sequence[int] | None, *, held: bool = False) -> list[InDoubtCase]:
        """Return the cases in doubt, the oldest attempt first; with ``held`` also those held for the user's answer."""
        traits = (entry.c.id, entry.c.payload, entry.c.first_sent_at, entry.c.doubted_at, entry.c.absent_scans)
        columns = (*traits, entry.c.state, _LAST_CAUSE.label("cause"))
        states = (State.IN_DOUBT, State.HELD) if held else (State.IN_DOUBT,)
        wanted = is_open(accounts, RecordKind.CASE, batches) & entry.c.state.in_(states)
        query = select(*columns).where(wanted).order_by(entry.c.first_sent_at, entry.c.id)
        with self._session.transaction() as connection:
            found = connection.execute(query).all()
        return [InDoubtCase(*one[:5], one.state == State.HELD, DoubtCause(one.cause) if one.cause else None) for one in found]

    def unlisted_vouchers(
        self, accounts: Accounts, batches: Sequence[int] | None, causes: Iterable[DoubtCause]
    ) -> list[UnlistedVoucher]:
        """Return the vouchers in doubt whose latest attempt ended with one of these causes."""
        wanted_causes = sorted(causes)
        maybe = attempt.c.cause.is_(None) | attempt.c.cause.not_in(wanted_causes)
        latest = select(func.max(attempt.c.ended_at)).where(attempt.c.entry_id == entry.c.id, maybe).scalar_subquery()
        columns = (entry.c.id, entry.c.payload, _LAST_CAUSE, entry.c.reasons, func.coalesce(latest, entry.c.first_sent_at))
        wanted = (
            is_open(accounts, RecordKind.VOUCHER, batches) & (entry.c.state == State.IN_DOUBT) & _LAST_CAUSE.in_(wanted_causes)
        )
        with self._session.transaction() as connection:
            found = connection.execute(select(*columns).where(wanted).order_by(entry.c.id)).all()
        return [UnlistedVoucher(one[0], one[1], DoubtCause(one[2]), one[3], one[4]) for one in found]

    def entry(self, identifier: int) -> OpenEntry | None:
        """Return the entry with this id, unless it was superseded; None if there is none."""
        columns = (entry.c.id, entry.c.kind, entry.c.state, entry.c.payload, entry.c.key, entry.c.account, entry.c.first_sent_at)
        query = select(*columns).where((entry.c.id == identifier) & entry.c.superseded_by.is_(None))
        with self._session.transaction() as connection:
            found = connection.execute(query).one_or_none()
        return OpenEntry(found.id, RecordKind(found.kind), State(found.state), *found[3:]) if found else None

    def owned(self, accounts: Accounts, remote_ids: Iterable[str], kind: RecordKind = RecordKind.CASE) -> set[str]:
        """Return those of the remote ids that already belong to an entry of this account and kind."""
        found: set[str] = set()
        with self._session.transaction() as connection:
            for part in parts_of(remote_ids):
                owner = (entry.c.account == accounts.of(kind)) & (entry.c.kind == kind) & entry.c.remote_id.in_(part)
                found |= set(connection.scalars(select(entry.c.remote_id).where(owner)))
        return found

    def move(self, entry_id: int, state: State, **changes: Any) -> bool:
        """Move an entry to ``state``. Returns False if its present state does not allow it, or an attempt is under way."""
        allowed = sources_of(state) - {State.SENDING}
        if state is State.ACCEPTED:
            changes["accepted_at"] = to_timestamp()
        if state is State.PENDING:  # at once: whatever it waited for is over
            changes |= {"not_before": None, "until_next_run": False}
        with self._session.transaction() as connection:
            wanted = (entry.c.id == entry_id) & entry.c.state.in_(list(allowed))
            moved = connection.execute(update(entry).where(wanted).values(state=state, **changes)).rowcount == 1
            if moved:
                follow = {State.ACCEPTED: release, State.PENDING: unblock, State.HELD: block, State.REFUSED: block}.get(state)
                if follow:
                    follow(connection, [entry_id])
        return moved

    def count_absence(self, entry_ids: Iterable[int]) -> None:
        """Count one more conclusive scan that did not find these cases."""
        with self._session.transaction() as connection:
            for part in parts_of(entry_ids):
                seen = update(entry).where(entry.c.id.in_(part))
                connection.execute(seen.values(absent_scans=entry.c.absent_scans + 1))


def _clock(connection: Connection, accounts: Accounts) -> Clock | None:
    found = connection.scalar(select(meta.c.value).where(meta.c.name == CLOCK_MARK + accounts.cases))
    return Clock.from_text(found) if found else None
