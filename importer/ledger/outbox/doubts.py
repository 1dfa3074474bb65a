"""Doubts: entries of which it is not known whether they exist remotely, and the changes that resolve them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal_column, select, update

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.reasons import reasons_from_json
from importer.domain.remote_ids import remote_key
from importer.domain.states import UNRESOLVED, DoubtCause, State, sources_of
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.clock_skew import ClockSkew
from importer.ledger.outbox.dependents import block, release, unblock
from importer.ledger.outbox.outbox import is_open
from importer.ledger.storage.backup import BACKUP_MARK
from importer.ledger.storage.engine import Session, parts_of
from importer.ledger.storage.schema import REMOTE_KEY, attempt, entry, meta


@dataclass(frozen=True, slots=True)
class InDoubtCase:
    """A case of which it is not known whether it was created.

    ``held``: it waits for the user's answer. ``state`` may also be HELD without that, if a list could not prove anything: a
    later list may.
    """

    entry_id: int
    payload: bytes
    first_sent_at: str
    doubted_at: str
    absent_scans: int
    held: bool = False
    cause: DoubtCause | None = None  # of its latest attempt
    state: State = State.IN_DOUBT


@dataclass(frozen=True, slots=True)
class AcceptedCase:
    """A case that this ledger knows to exist."""

    remote_id: str
    remote_reference: str | None
    payload: bytes
    first_sent_at: str
    accepted_at: str

    @property
    def name(self) -> str:
        """The case's reference at Debitura, else its id."""
        return self.remote_reference or self.remote_id


@dataclass(frozen=True, slots=True)
class UnlistedVoucher:
    """A voucher in doubt that its case's list does not show. ``since``: the end of the last request that may have made it."""

    entry_id: int
    payload: bytes
    cause: DoubtCause
    reasons: str | None
    since: str


class UnsentVoucher(NamedTuple):
    """A voucher that is to be sent, with its payload."""

    entry_id: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry that a user names, to resolve it.

    ``account`` is the account to which it is sent. ``first_sent_at`` is the timestamp of its first attempt, None if it was not
    sent.
    """

    id: int
    kind: RecordKind
    state: State
    payload: bytes
    key: str
    account: str
    first_sent_at: str | None
    remote_id: str | None = None
    remote_reference: str | None = None


LIST_PROVES_NOTHING = "list_proves_nothing"
"""The code of the reason of a case that is held because a list neither showed it nor proved that it is absent."""
CLOCK_MARK = "clock of "
_LAST_CAUSE = (
    select(attempt.c.cause).where(attempt.c.entry_id == entry.c.id).order_by(attempt.c.id.desc()).limit(1).scalar_subquery()
)


class DoubtLog:
    """The entries in doubt."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def clock(self, accounts: Accounts) -> ClockSkew:
        """Return the skew of Debitura's clock since the oldest open doubt."""
        with self._session.transaction() as connection:
            return noted_clock(connection, accounts) or ClockSkew()

    def note_clock(self, accounts: Accounts, skew: timedelta | None, earliest: timedelta | None = None) -> ClockSkew:
        """Store a measurement of the skew, and the earliest reading. Without open doubts they replace the earlier ones."""
        with self._session.transaction() as connection:
            known = noted_clock(connection, accounts)
            dated = entry.c.first_sent_at.is_not(None) & entry.c.state.in_(sorted({State.PENDING, *UNRESOLVED}))
            unsettled = is_open(accounts, RecordKind.CASE, None) & dated
            restored = select(meta.c.value).where(meta.c.name == BACKUP_MARK)
            keeps = any(connection.scalar(q.limit(1)) is not None for q in (select(entry.c.id).where(unsettled), restored))
            # Without an earlier measurement, times in the ledger may date from when the clocks agreed: start at zero.
            begun = not keeps and skew is not None
            noted = ClockSkew.begun(skew, earliest) if begun else (known or ClockSkew()).measured(skew, earliest)
            if noted != known:
                name = CLOCK_MARK + accounts.cases
                connection.execute(delete(meta).where(meta.c.name == name))
                connection.execute(insert(meta).values(name=name, value=noted.as_text()))
        return noted

    def cases(self, accounts: Accounts, batches: Sequence[int] | None, *, held: bool = False) -> list[InDoubtCase]:
        """Return the cases in doubt, the oldest attempt first; with ``held`` also held ones whose remote id is not known."""
        traits = (entry.c.id, entry.c.payload, entry.c.first_sent_at, entry.c.doubted_at, entry.c.absent_scans)
        columns = (*traits, entry.c.state, _LAST_CAUSE.label("cause"), entry.c.reasons)
        states = (State.IN_DOUBT, State.HELD) if held else (State.IN_DOUBT,)
        wanted = is_open(accounts, RecordKind.CASE, batches) & entry.c.state.in_(states) & entry.c.remote_id.is_(None)
        query = select(*columns).where(wanted).order_by(entry.c.first_sent_at, entry.c.id)
        with self._session.transaction() as connection:
            found = connection.execute(query).all()
        return list(map(_in_doubt_case, found))

    def to_look_for(self, accounts: Accounts, batches: Sequence[int] | None) -> list[InDoubtCase]:
        """Return the cases that Debitura's list may settle: those in doubt, and those held because a list proved nothing."""
        return [case for case in self.cases(accounts, batches, held=True) if not case.held]

    def accepted_cases(self, accounts: Accounts, since: str, limit: int) -> list[AcceptedCase]:
        """Return accepted cases that were first sent at ``since`` or later, the oldest first."""
        return self._accepted_cases(_accepted(accounts) & (entry.c.first_sent_at >= since), entry.c.first_sent_at, limit)

    def count_accepted(self, accounts: Accounts, since: str) -> int:
        """Count the cases that were accepted at ``since`` or later."""
        wanted = _accepted(accounts) & (entry.c.accepted_at >= since)
        with self._session.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(entry).where(wanted)) or 0

    def last_accepted_cases(self, accounts: Accounts, limit: int) -> list[AcceptedCase]:
        """Return the cases that were accepted last, the newest first."""
        return self._accepted_cases(_accepted(accounts), entry.c.accepted_at.desc(), limit)

    def _accepted_cases(self, wanted: ColumnElement[bool], order: ColumnElement[Any], limit: int) -> list[AcceptedCase]:
        columns = (entry.c.remote_id, entry.c.remote_reference, entry.c.payload, entry.c.first_sent_at, entry.c.accepted_at)
        with self._session.transaction() as connection:
            found = connection.execute(select(*columns).where(wanted).order_by(order, entry.c.id).limit(limit)).all()
        return [AcceptedCase(*one) for one in found]

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

    def unsent_vouchers_of_adopted(self, accounts: Accounts, batches: Sequence[int] | None) -> dict[int, list[UnsentVoucher]]:
        """Return the vouchers to be sent whose case a user has named, by the entry of their case."""
        owner = entry.alias("owner")
        wanted = (
            is_open(accounts, RecordKind.VOUCHER, batches) & (entry.c.state == State.PENDING) & owner.c.adopted_at.is_not(None)
        )
        query = select(entry.c.case_id, entry.c.id, entry.c.payload).join(owner, owner.c.id == entry.c.case_id)
        found: dict[int, list[UnsentVoucher]] = defaultdict(list)
        with self._session.transaction() as connection:
            for case_id, entry_id, payload in connection.execute(query.where(wanted).order_by(entry.c.id)):
                found[case_id].append(UnsentVoucher(entry_id, payload))
        return found

    def entry(self, identifier: int) -> OpenEntry | None:
        """Return the entry with this id, unless it was superseded; None if there is none."""
        of_it = (entry.c.id, entry.c.kind, entry.c.state, entry.c.payload, entry.c.key, entry.c.account)
        columns = (*of_it, entry.c.first_sent_at, entry.c.remote_id, entry.c.remote_reference)
        query = select(*columns).where((entry.c.id == identifier) & entry.c.superseded_by.is_(None))
        with self._session.transaction() as connection:
            found = connection.execute(query).one_or_none()
        return OpenEntry(found.id, RecordKind(found.kind), State(found.state), *found[3:]) if found else None

    def owned(self, accounts: Accounts, remote_ids: Iterable[str], kind: RecordKind = RecordKind.CASE) -> set[str]:
        """Return those of the remote ids that already belong to an entry of this account and kind, in any spelling."""
        by_key: dict[str, set[str]] = defaultdict(set)
        for remote_id in remote_ids:
            by_key[remote_key(remote_id)].add(remote_id)
        found: set[str] = set()
        key: ColumnElement[str] = literal_column(REMOTE_KEY)
        with self._session.transaction() as connection:
            for part in parts_of(by_key):
                owner = (entry.c.account == accounts.of(kind)) & (entry.c.kind == kind) & key.in_(part)
                for owned in connection.scalars(select(entry.c.remote_id).where(owner)):
                    found |= by_key[remote_key(owned)]
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


def _in_doubt_case(found: Any) -> InDoubtCase:
    codes = {reason.code for reason in reasons_from_json(found.reasons)}
    held = found.state == State.HELD and LIST_PROVES_NOTHING not in codes
    cause = DoubtCause(found.cause) if found.cause else None
    return InDoubtCase(
        entry_id=found.id,
        payload=found.payload,
        first_sent_at=found.first_sent_at,
        doubted_at=found.doubted_at,
        absent_scans=found.absent_scans,
        held=held,
        cause=cause,
        state=State(found.state),
    )


def _accepted(accounts: Accounts) -> ColumnElement[bool]:
    """Return the condition for accepted cases of the account whose id and time of sending are known."""
    known = entry.c.remote_id.is_not(None) & entry.c.first_sent_at.is_not(None)
    return (
        (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value) & (entry.c.state == State.ACCEPTED) & known
    )


def noted_clock(connection: Connection, accounts: Accounts) -> ClockSkew | None:
    """Return the skew of Debitura's clock as it was noted last; None if it was not measured yet."""
    found = connection.scalar(select(meta.c.value).where(meta.c.name == CLOCK_MARK + accounts.cases))
    return ClockSkew.from_text(found) if found else None
