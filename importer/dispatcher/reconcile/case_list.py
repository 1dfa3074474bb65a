"""Reading Debitura's list of cases, the newest first, as far back as is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.reconcile.matching import LATEST_ZONE, Remote, traits_listed

STEADY_TRIES = 5  # scans that may be repeated because the list shifted while it was read


@dataclass(frozen=True, slots=True)
class Scan:
    """The list as it was read: its cases, and whether it held still meanwhile (only then is absence a fact).

    ``looked_at`` is by our clock: what the list shows is as old as its first page.
    """

    cases: tuple[Remote, ...]
    steady: bool
    looked_at: datetime


async def scan(debitura: Debitura, back_to: datetime) -> Scan:
    """Read the list, the newest first, back to ``back_to``; again while it shifts. Raises ApiStopped."""
    for _ in range(STEADY_TRIES):
        looked_at = datetime.now(UTC)
        reading = await _read_once(debitura, back_to)
        if reading.is_steady:
            break
    return Scan(tuple(reading.found.values()), reading.is_steady, looked_at)


class _Reading:
    """The pages of one scan, as they come: what they show, and whether they can be believed to be the whole."""

    def __init__(self, back_to: datetime) -> None:
        self._back_to = back_to
        self.found: dict[str, Remote] = {}
        self._totals: list[Any] = []  # how many cases there are, as each page gives it
        self._is_sorted = True
        self._adds_up = False  # as many cases were read as the list says that there are, if it says so
        self._passed = False  # a sorted list showed a case older than what is wanted
        self._top_is_same = True

    def add(self, listed: Sequence[Remote], page: Mapping[str, Any], number: int) -> bool:
        """Take in a page; whether there is more to read."""
        self._totals.append(page.get("totalResults"))
        brings_new = any(case.id not in self.found for case in listed)
        self.found |= {case.id: case for case in listed}
        self._adds_up = len(self.found) == page.get("totalResults", len(self.found))
        created = [case.created for case in self.found.values()]
        self._is_sorted = self._is_sorted and created == sorted(created, reverse=True)
        # Only a list that is sorted as it was asked to be may be left before its end.
        self._passed = self._is_sorted and bool(listed) and listed[-1].created < self._back_to
        return brings_new and not self._passed and number < _pages(page)

    def look_again_at_top(self, cases: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> None:
        """Compare the first page with itself, read again: what was added meanwhile moved the rest down."""
        self._totals.append(page.get("totalResults"))
        self._top_is_same = [str(case["id"]) for case in cases] == list(self.found)[: len(cases)]

    @property
    def is_steady(self) -> bool:
        """Whether the list was read as far as wanted and held still meanwhile."""
        return (self._passed or self._adds_up) and self._top_is_same and len(set(self._totals)) == 1


async def _read_once(debitura: Debitura, back_to: datetime) -> _Reading:
    reading, number, more = _Reading(back_to), 0, True
    while more:
        number += 1
        page = await debitura.page(number)
        more = reading.add([await _remote(debitura, case) for case in page["cases"]], page["page"], number)
    if number > 1:
        top = await debitura.page(1)
        reading.look_again_at_top(top["cases"], top["page"])
    return reading


def _pages(page: Mapping[str, Any]) -> float:
    """How many pages there are; without a readable number, until one brings nothing new."""
    total = page.get("totalPages")
    return total if isinstance(total, int) and not isinstance(total, bool) else float("inf")


async def _remote(debitura: Debitura, case: Mapping[str, Any]) -> Remote:
    traits, identifier = traits_listed(case), case["id"]
    if traits is None:  # the list may leave fields out that the case itself has
        case = {"creditorReference": None, **case, **await debitura.case(str(identifier))}
        traits = traits_listed(case)
    reference = case.get("reference")
    return Remote(
        id=str(identifier),
        reference=reference if isinstance(reference, str) else None,
        created=_created(case.get("dateCreated")),
        traits=traits,
        is_test=test if isinstance(test := case.get("isTestCase"), bool) else None,
    )


def _created(text: Any) -> datetime:
    """When a case was created, at the latest; one whose date cannot be read could be ours at any time."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    if len(str(text)) <= len("2026-11-01"):
        moment += timedelta(days=1)  # a date alone: it lasts until midnight
    return moment if moment.tzinfo else moment.replace(tzinfo=LATEST_ZONE)
