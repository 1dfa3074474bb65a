"""When a case in doubt may be sent again with the same idempotency key. Pure.

Debitura's documents contradict each other on whether creating a case heeds the key. It is always sent, and relied on only with a
proof for the account (`importer doctor --probe`) or on the word of the operator. See docs/decisions/idempotency-keys.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.outbox.sendable import NEXT_RUN, Postponed, SendableEntry


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How far idempotency keys protect cases.

    ``trusted``: the operator vouches for them, so that a case in doubt is sent again like a voucher. Otherwise it is sent again
    once, if its first attempt is older than ``least_age`` and younger than ``most_age``; with a ``most_age`` of zero never.
    """

    trusted: bool = False
    least_age: timedelta = timedelta(0)
    most_age: timedelta = timedelta(0)

    @property
    def resends(self) -> bool:
        """Return whether any case in doubt may be sent again with its key."""
        return self.trusted or self.most_age > self.least_age

    def may_send(self, entry: SendableEntry, now: datetime) -> bool:
        """Return whether the entry may go out now. Only a case in doubt may be too old for that."""
        if entry.kind is not RecordKind.CASE or entry.state is not State.IN_DOUBT or self.trusted:
            return True
        return entry.first_sent_at is not None and self._is_young(from_timestamp(entry.first_sent_at), now)

    def first_repeat(self, first_sent_at: str, doubtful_attempts: int, now: datetime) -> Postponed:
        """Return when a case in doubt of an earlier run may be sent again: once, while its key is young enough."""
        first = from_timestamp(first_sent_at)
        may_be = doubtful_attempts <= 1 and self._is_young(first, now)
        return Postponed(to_timestamp(first + self.least_age)) if may_be else NEXT_RUN

    def after_doubt(self, entry: SendableEntry, now: datetime) -> Postponed:
        """Return when a case may be sent again whose attempt has just ended in doubt: not if that was the repeat."""
        first = from_timestamp(entry.first_sent_at) if entry.first_sent_at else now
        if entry.state is State.IN_DOUBT or not self._is_young(first, now):
            return NEXT_RUN
        return Postponed(to_timestamp(now + self.least_age))

    def _is_young(self, first_sent_at: datetime, now: datetime) -> bool:
        return now < first_sent_at + self.most_age


UNPROTECTED = KeyPolicy()
