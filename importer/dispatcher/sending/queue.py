"""The entries that may be sent to one API next, read from the ledger some hundreds at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import from_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import AttemptResult, SendableEntry

READ_AHEAD = 500


@dataclass(frozen=True)
class Scope:
    """The entries that a run sends: those of its accounts in these batches (None: all open ones)."""

    accounts: Accounts
    batches: tuple[int, ...] | None
    run_id: str


class Backlog:
    """The entries of one kind that can be sent, in the order of their sheets.

    An entry that was read stays sendable while it is kept here: no other process writes to the ledger, and only its own
    attempt changes it. Entries that become sendable later are found by reading again after a result has :meth:`changed`.
    """

    def __init__(self, ledger: Ledger, scope: Scope, kind: RecordKind, states: Iterable[State]) -> None:
        self._ledger, self._scope, self._kind, self._states = ledger, scope, kind, tuple(states)
        self._entries: deque[SendableEntry] = deque()
        self._read_all = False  # whether the entries include every one that is due
        self._due_known = False
        self._first_due: str | None = None  # the earliest time of those that wait for one, if ``_due_known``

    def take(self, count: int, busy: Collection[int]) -> list[SendableEntry]:
        """Remove and return the next entries, at most ``count``, without the ``busy`` ones (their ids)."""
        if len(self._entries) < count:
            self._read(busy)
        return [self._entries.popleft() for _ in range(min(count, len(self._entries)))]

    def put_back(self, entries: Sequence[SendableEntry]) -> None:
        """Put entries back in front that were taken and could not be sent."""
        self._entries.extendleft(reversed(entries))

    def changed(self, results: Iterable[AttemptResult]) -> None:
        """Note results that were stored. An entry may be open again, and an accepted one releases those that waited for it."""
        for result in results:
            if result.state is State.ACCEPTED:
                self._read_all = self._read_all and self._kind is RecordKind.CASE  # no case waits for another entry
            elif result.kind is self._kind and result.state in self._states:
                self._read_all = False

    def forget(self) -> None:
        """Discard the entries that were read, because their states may have changed since."""
        self._entries.clear()
        self.look_again()

    def look_again(self) -> None:
        """Read again at the next call, because entries may have become open without a result."""
        self._read_all = False

    def wait_seconds(self, busy: Collection[int]) -> float | None:
        """Return the seconds until an entry can be sent; None if that requires a further result."""
        if not self._entries:
            self._read(busy)
        if self._entries:
            return 0.0
        due = self._next_due()
        return None if due is None else max(0.0, (from_timestamp(due) - datetime.now(UTC)).total_seconds())

    def _read(self, busy: Collection[int]) -> None:
        if self._read_all and ((due := self._next_due()) is None or from_timestamp(due) > datetime.now(UTC)):
            return
        here = {entry.entry_id for entry in self._entries}.union(busy)
        limit = READ_AHEAD + len(here)
        found = self._ledger.outbox.sendable(self._scope.accounts, self._kind, self._states, self._scope.batches, limit)
        self._entries.extend(entry for entry in found if entry.entry_id not in here)
        self._read_all = len(found) < limit
        self._due_known = False

    def _next_due(self) -> str | None:
        if not self._due_known:
            self._first_due = self._ledger.outbox.next_due(self._scope.accounts, self._kind, self._states, self._scope.batches)
            self._due_known = True
        return self._first_due
