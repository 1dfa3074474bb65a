"""The look at Debitura's list, with which every live run begins, for cases that this ledger did not send.

The list is read from its newest case back, page by page, until a whole page holds only cases that this ledger knows, or that are
older than the newest one it knew by more than the settle time. Usually that is one request. A ledger that has never served the
account reads it to its end. Nothing is stored of a reading that did not come to its end: the next one begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.dispatcher.apis.debitura import PAGE_SIZE, Debitura
from importer.dispatcher.outcomes.remote_facts import facts_of
from importer.dispatcher.reconcile.case_list import EARLIEST, created_at, pages_of
from importer.dispatcher.reconcile.controls import LATEST_READING
from importer.dispatcher.reconcile.matching import traits_listed
from importer.domain.accounts import Accounts
from importer.domain.remote_cases import RemoteCase, listed_claim
from importer.domain.remote_ids import can_be_id, remote_key
from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.errors import ApiStopped
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN
from importer.ledger.outbox.remote_cases import ListMark

TRIES = 3  # readings at most, if the list does not fit together
PAGES_WITHOUT_TOTAL = 10_000  # of a list that does not say how many cases it has
PAGES_BETWEEN_NOTES = 10

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far the list is read: ``settle`` is how long it may take to show a case, ``days`` the limit of the first reading.

    With 0 days the first reading goes to the end of the list.
    """

    settle: timedelta
    days: float = 0


async def look_at_list(
    ledger: Ledger, debitura: Debitura, accounts: Accounts, back: LookBack, note: Callable[[str], None]
) -> int:
    """Store the cases of the list that this ledger did not send and did not know, and return their number.

    ``note`` is called with the progress of a long reading. Raises ApiStopped if the list cannot be read: nothing was stored.
    """
    mark = ledger.remote_cases.mark(accounts)
    began = datetime.now(UTC)
    for _ in range(TRIES):
        reading = _Reading(_limit_of(ledger, accounts, mark, back, began), began, note)
        await _read(ledger, debitura, accounts, reading)
        if reading.problem is None:
            break
    else:
        raise ApiStopped(f"Debitura's list of cases cannot be read to its end: {reading.problem}.")
    new = [await _remote_case(debitura, item) for item in reading.unknown.values()]
    newest = max((_timestamp(reading.newest) if reading.newest else "", mark.newest or "")) or None
    read = ListMark(is_complete=True, newest=newest, total=reading.total, read_at=to_timestamp(began))
    ledger.remote_cases.store(accounts, new, read)
    return len(new)


@dataclass(frozen=True, slots=True)
class _Limit:
    """Where a reading may stop.

    ``back_to``: cases that were created before are not of interest. ``trusts_known``: neither are those that the ledger knows. If
    ``expected`` is given and the list has another number of cases, known cases are not enough: the reading goes back to
    ``last_seen``, the newest case of the last reading, since others may have been created among those of this ledger.
    """

    settle: timedelta
    trusts_known: bool
    back_to: datetime = EARLIEST
    last_seen: datetime | None = None
    expected: int | None = None


def _limit_of(ledger: Ledger, accounts: Accounts, mark: ListMark, back: LookBack, now: datetime) -> _Limit:
    if not mark.is_complete:
        return _Limit(back.settle, trusts_known=False, back_to=now - timedelta(days=back.days) if back.days else EARLIEST)
    if mark.read_at is None:  # the first look of a ledger that has served the account before it looked at lists
        return _Limit(back.settle, trusts_known=True)
    total = None if mark.total is None else mark.total + ledger.remote_cases.accepted_since(accounts, mark.read_at)
    return _Limit(back.settle, trusts_known=True, last_seen=_moment(mark.newest) or EARLIEST, expected=total)


@dataclass
class _Reading:
    """The pages of one reading."""

    limit: _Limit
    began: datetime
    note: Callable[[str], None]
    unknown: dict[str, Item] = field(default_factory=dict)
    newest: datetime | None = None
    total: int | None = None
    problem: str | None = None
    _seen: set[str] = field(default_factory=set)
    _newest_known: datetime | None = None
    _oldest: datetime | None = None
    _is_sorted: bool = True
    _pages: int = 0

    def add(self, cases: Sequence[Item], page: Mapping[str, Any], known: set[str]) -> bool:
        """Add a page, and return whether there is more to read. ``known`` are the ids of its cases that the ledger knows."""
        self._pages += 1
        before, self.total = self.total, _count(page.get("totalResults"))
        if before is not None and self.total is not None and self.total < before:
            self.problem = "cases disappeared from it while it was read"
            return False
        new = {remote_key(str(case["id"])): case for case in cases if remote_key(str(case["id"])) not in self._seen}
        self._seen |= new.keys()
        for case in new.values():
            self._add_case(case, is_known=str(case["id"]) in known)
        if self._is_done(cases, known):
            return False
        if not new or self._pages >= pages_of(page):
            self.problem = self._missing()
            return False
        self._tell_progress()
        return not self._is_endless()

    def _missing(self) -> str | None:
        """Describe how many cases a list lacks that was read to its end; None if it lacks none."""
        if self.total is None or len(self._seen) >= self.total:
            return None
        return f"it says that there are {self.total:,} cases, and shows {len(self._seen):,}"

    def _add_case(self, case: Item, *, is_known: bool) -> None:
        created = created_at(case.get("dateCreated"))
        self._is_sorted = self._is_sorted and (self._oldest is None or created <= self._oldest)
        self._oldest = created
        if not is_known:
            self.unknown[remote_key(str(case["id"]))] = case
        if created > self.began + LATEST_READING + CLOCK_MARGIN:
            return  # no date, or one that cannot be right: other cases are not older because of it
        self.newest = created if self.newest is None else max(self.newest, created)
        if is_known:
            self._newest_known = created if self._newest_known is None else max(self._newest_known, created)

    def _is_done(self, cases: Sequence[Item], known: set[str]) -> bool:
        """Return whether no case below this page is of interest. Only in a list that is sorted as requested that can be said."""
        if not self._is_sorted or not cases:
            return False
        dated = [(str(case["id"]) in known, created_at(case.get("dateCreated"))) for case in cases]
        if not self.limit.trusts_known:
            return all(moment < self.limit.back_to for _, moment in dated)
        floor = self._floor()
        is_settled = all(is_known or moment < floor for is_known, moment in dated)
        return is_settled and (self._adds_up() or dated[-1][1] < _before(self.limit.last_seen, self.limit.settle))

    def _floor(self) -> datetime:
        """Return the time of creation before which the list has shown all cases by now."""
        return _before(max(filter(None, (self._newest_known, self.limit.last_seen)), default=None), self.limit.settle)

    def _adds_up(self) -> bool:
        """Return whether the list has as many cases as this ledger knows of."""
        if self.limit.last_seen is None:
            return True
        return self.total is not None and self.total - len(self.unknown) == self.limit.expected

    def _is_endless(self) -> bool:
        """Note a problem if the list has more pages than its cases can fill."""
        most = PAGES_WITHOUT_TOTAL if self.total is None else self.total + 2 * PAGE_SIZE
        if self._pages > most:
            self.problem = "it has more pages than cases"
        return self._pages > most

    def _tell_progress(self) -> None:
        if self._pages % PAGES_BETWEEN_NOTES == 1:
            of_all = f" of {self.total:,}" if self.total is not None else ""
            self.note(f"Reading Debitura's list of cases, for those that this ledger did not send: {len(self._seen):,}{of_all}.")


async def _read(ledger: Ledger, debitura: Debitura, accounts: Accounts, reading: _Reading) -> None:
    number, more = 0, True
    while more:
        number += 1
        body = await debitura.page(number)
        cases: Sequence[Item] = body["cases"]
        known = ledger.remote_cases.known(accounts, [str(case["id"]) for case in cases])
        ledger.remote_cases.note_finished(accounts, _finished(cases, known))
        more = reading.add(cases, body["page"], known)


def _finished(cases: Sequence[Item], known: set[str]) -> dict[str, str]:
    """Return what is kept of those cases of this ledger that have ended, by their ids."""
    found = ((str(case["id"]), facts_of(case)) for case in cases if str(case["id"]) in known)
    return {identifier: text for identifier, facts in found if facts.finished and (text := facts.to_json())}


async def _remote_case(debitura: Debitura, item: Item) -> RemoteCase:
    """Return a case of the list, with the values that the list omits and the case itself has."""
    identifier = str(item["id"])
    if traits_listed(item) is None and can_be_id(identifier):
        item = {**item, **await debitura.case(identifier), "id": identifier}
    reference = item.get("reference")
    return RemoteCase(
        case_id=identifier,
        reference=reference if isinstance(reference, str) and reference.strip() else None,
        created_at=_timestamp(created_at(item.get("dateCreated"))),
        claim=listed_claim(item),
        facts=facts_of(item).to_json(),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _timestamp(moment: datetime) -> str:
    return to_timestamp(max(moment, _EPOCH))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(timestamp: str | None) -> datetime | None:
    return from_timestamp(timestamp) if timestamp else None


def _before(moment: datetime | None, span: timedelta) -> datetime:
    return moment - span if moment is not None and moment - EARLIEST > span else EARLIEST
