"""Reading Debitura's list of cases, from the newest one back to a given time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.outcomes.contradictions import fold
from importer.dispatcher.outcomes.remote_facts import facts_of
from importer.dispatcher.reconcile.matching import LATEST_ZONE, Remote, day_in, traits_listed
from importer.domain.remote_ids import can_be_id, remote_key

MOST_PAGES = 200  # besides those of our own cases
EARLIEST = datetime.min.replace(tzinfo=UTC)
STEADY_TRIES = 5  # scans at most, if the list keeps changing while it is read


@dataclass(frozen=True, slots=True)
class Scan:
    """The cases of a scan. Only a ``steady`` scan, during which the list did not change, can prove that a case is absent.

    ``looked_at`` is the time by our clock before the first page was read. ``problem`` describes why the scan cannot prove an
    absence, whatever it shows; None if it can.
    """

    cases: tuple[Remote, ...]
    steady: bool
    looked_at: datetime
    problem: str | None = None


async def scan(debitura: Debitura, back_to: datetime, most_pages: int = MOST_PAGES) -> Scan:
    """Read the list from the newest case back to ``back_to``, again if it changes meanwhile. Raises ApiStopped.

    A list of more than ``most_pages`` proves nothing: it is read no further.
    """
    for _ in range(STEADY_TRIES):
        looked_at = datetime.now(UTC)
        reading = await _read_once(debitura, back_to, most_pages)
        if reading.is_steady or reading.is_too_long:
            break
    return Scan(tuple(reading.found.values()), reading.is_steady, looked_at, reading.problem())


class _Reading:
    """The pages of one scan: their cases, and whether they are certainly complete."""

    def __init__(self, back_to: datetime) -> None:
        self._back_to = back_to
        self.found: dict[str, Remote] = {}
        self._totals: list[Any] = []  # the number of all cases, as reported on each page
        self._is_sorted = True
        self._adds_up = False  # as many cases were read as reported, if the number is reported
        self._passed = False  # a sorted list has reached a case older than ``back_to``
        self._top_is_same = True
        self._oldest: datetime | None = None  # of the cases read so far, as long as they are sorted
        self.is_too_long = False

    def add(self, listed: Sequence[Remote], page: Mapping[str, Any], number: int) -> bool:
        """Add a page, and return whether there is more to read."""
        self._totals.append(page.get("totalResults"))
        new = [case for case in listed if remote_key(case.id) not in self.found]
        self.found |= {remote_key(case.id): case for case in listed}
        self._adds_up = len(self.found) == page.get("totalResults", len(self.found))
        for case in new:
            self._is_sorted = self._is_sorted and (self._oldest is None or case.created <= self._oldest)
            self._oldest = case.created
        # Only in a list that is sorted as requested may reading stop before the end.
        self._passed = self._is_sorted and bool(listed) and listed[-1].created < self._back_to
        return bool(new) and not self._passed and number < pages_of(page)

    def look_again_at_top(self, cases: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> None:
        """Compare the first page with itself, read again: a case added meanwhile has moved all others down."""
        self._totals.append(page.get("totalResults"))
        self._top_is_same = [remote_key(str(case["id"])) for case in cases] == list(self.found)[: len(cases)]

    @property
    def is_steady(self) -> bool:
        """Return whether the list was read back to ``back_to`` and did not change meanwhile."""
        return (self._passed or self._adds_up) and self._top_is_same and len(set(map(str, self._totals))) == 1

    def problem(self) -> str | None:
        """Describe why these pages cannot prove that a case is absent; None if they can."""
        if self.is_too_long:
            return "it is too long, for the cases that were created since"
        total = self._totals[-1]
        if total is None:
            return "it does not say how many cases there are"
        if isinstance(total, bool) or not isinstance(total, int) or total < len(self.found):
            return f"it says that there are {str(total)[:20]} cases, and shows {len(self.found):,}"
        if not self.is_steady:
            return "its pages do not fit together, or changed each time that they were read"
        return None


async def _read_once(debitura: Debitura, back_to: datetime, most_pages: int) -> _Reading:
    reading, number, more = _Reading(back_to), 0, True
    while more:
        if number >= most_pages:
            reading.is_too_long = True
            return reading
        number += 1
        page = await debitura.page(number)
        more = reading.add([await _remote(debitura, case) for case in page["cases"]], page["page"], number)
    if number > 1:
        top = await debitura.page(1)
        reading.look_again_at_top(top["cases"], top["page"])
    return reading


def pages_of(page: Mapping[str, Any]) -> float:
    """Return the number of pages; infinity if it cannot be read, so that reading ends when a page has no new case."""
    total = page.get("totalPages")
    return total if isinstance(total, int) and not isinstance(total, bool) else float("inf")


async def _remote(debitura: Debitura, case: Mapping[str, Any]) -> Remote:
    traits, identifier = traits_listed(case), case["id"]
    if traits is None:  # the list may omit fields that the case itself has
        case = {"creditorReference": None, **case, **await debitura.case(str(identifier))}
        traits = traits_listed(case)
    if not isinstance(identifier, str) or not can_be_id(identifier):
        traits = None  # it may be ours, but not under this id
    reference = case.get("reference")
    return Remote(
        id=str(identifier),
        reference=reference if isinstance(reference, str) else None,
        created=created_at(case.get("dateCreated")),
        traits=traits,
        is_test=test if isinstance(test := case.get("isTestCase"), bool) else None,
        facts=facts_of(case),
        date=day_in(case.get("date")),
        creditor=_creditor_of(case),
    )


def _creditor_of(case: Mapping[str, Any]) -> str | None:
    """Return the folded name of the case's creditor; None if it is not shown."""
    creditor = case.get("creditor")
    name = creditor.get("companyName", creditor.get("name")) if isinstance(creditor, dict) else creditor
    return fold(name) if isinstance(name, str) and name.strip() else None


def created_at(text: Any) -> datetime:
    """Return the latest time at which a case may have been created; the latest possible if its date cannot be read."""
    try:
        moment = datetime.fromisoformat(str(text))
        if len(str(text)) <= len("2026-11-01"):
            moment += timedelta(days=1)  # a date without a time means any time until midnight
        moment = moment if moment.tzinfo else moment.replace(tzinfo=LATEST_ZONE)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or one at the ends of the calendar
        return EARLIEST if str(text).startswith("0001") else datetime.max.replace(tzinfo=UTC)
