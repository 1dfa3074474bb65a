"""Matching of listed cases to entries in doubt. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

from importer.dispatcher.outcomes.contradictions import fold
from importer.domain.remote_facts import NO_FACTS, RemoteFacts
from importer.domain.timestamps import from_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, ClockSkew
from importer.ledger.outbox.doubts import InDoubtCase

LATEST_ZONE = timezone(timedelta(hours=-12))  # for a date without a zone: the zone in which it is the latest


class ScanVerdict(StrEnum):
    """The result of a scan for one entry in doubt."""

    OURS = "ours"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"  # a listed case that may be the entry's cannot be read


@dataclass(frozen=True, slots=True)
class Remote:
    """A managed case of the list, with the traits by which it is matched."""

    id: str
    reference: str | None
    created: datetime
    traits: Traits | None
    is_test: bool | None = None  # None: the response does not contain it
    facts: RemoteFacts = NO_FACTS
    date: date | None = None
    creditor: str | None = None


Traits = tuple[str, str, Decimal, str]
"""Creditor reference, debtor, amount and currency."""


def traits_sent(payload: bytes) -> Traits:
    """Return the traits of a case from the payload that was sent."""
    sent = json.loads(payload)
    debtor = sent["debtor"]["name"]
    return _traits(sent.get("creditorReference"), debtor, Decimal(str(sent["amountToRecover"])), sent["currencyCode"])


def traits_listed(case: Mapping[str, Any]) -> Traits | None:
    """Return the traits of a listed case; None if the response does not contain them all."""
    debtor = case.get("debtor")
    name = debtor.get("name") if isinstance(debtor, dict) else debtor
    amount = case.get("grossAmount")
    if not isinstance(name, str) or amount is None or "creditorReference" not in case or not case.get("currency"):
        return None
    try:
        return _traits(case["creditorReference"], name, Decimal(str(amount)), case["currency"])
    except ArithmeticError:  # no number, or one that no amount can be
        return None


def _traits(reference: Any, debtor: str, amount: Decimal, currency: Any) -> Traits:
    return (fold(str(reference or "")), fold(debtor), amount.normalize(), str(currency).upper())


def _similarity_keys(traits: Traits, *, wanted: bool) -> list[tuple[Any, ...]]:
    """Return the keys by which a listed case may be one that was sent without being equal to it.

    A server may rewrite a name or omit a value. Two cases with different references never match. ``wanted`` is true for
    the case that was sent, false for a listed one.
    """
    reference, debtor, amount, currency = traits
    same_reference, same_claim = ("reference", reference), ("claim", debtor, amount, currency)
    same_debtor = ("no reference", debtor)
    if wanted:
        return [same_reference if reference else same_claim, same_debtor]
    return [same_reference if reference else same_debtor, same_claim]


def match(
    doubts: Iterable[InDoubtCase], cases: Iterable[Remote], owned: set[str], clock: ClockSkew | None = None
) -> dict[int, tuple[ScanVerdict, Remote | None]]:
    """Match entries in doubt to the listed cases that are not ``owned`` by another entry; returns verdicts by entry id.

    ``doubts`` must include held entries, since a listed case may be theirs.
    """
    alike: dict[Traits, list[InDoubtCase]] = defaultdict(list)
    for doubt in doubts:
        alike[traits_sent(doubt.payload)].append(doubt)
    free = _FreeCases([case for case in cases if case.id not in owned], alike)
    verdicts: dict[int, tuple[ScanVerdict, Remote | None]] = {}
    for traits, group in alike.items():
        verdicts |= _match_group(traits, group, free, clock or ClockSkew())
    return verdicts


def _match_group(
    traits: Traits, group: Sequence[InDoubtCase], free: _FreeCases, clock: ClockSkew
) -> dict[int, tuple[ScanVerdict, Remote | None]]:
    """Match the entries that were sent with the same traits."""
    earliest = earliest_creation([from_timestamp(doubt.first_sent_at) for doubt in group], clock)
    equal = [case for case in free.equal_to(traits) if _may_be_of(case, group, earliest)]
    found = [case for case in equal if any(_has_same_origin(case, doubt) for doubt in group)]
    absent = free.without_an_equal(traits, earliest, found_any=bool(found))
    return _share(group, found, absent if found or not equal else ScanVerdict.AMBIGUOUS)


class _FreeCases:
    """The listed cases without an owner: those equal to a case that was sent, similar ones, and unreadable ones."""

    def __init__(self, free: Sequence[Remote], sent: Container[Traits]) -> None:
        self._equal: dict[Traits | None, list[Remote]] = defaultdict(list)
        self._latest_similar: dict[Any, datetime] = {}
        for case in sorted(free, key=lambda case: case.created):
            self._equal[case.traits].append(case)
            if case.traits and case.traits not in sent:
                self._latest_similar |= dict.fromkeys(_similarity_keys(case.traits, wanted=False), case.created)
        self._latest_unreadable = max((case.created for case in self._equal[None]), default=None)

    def equal_to(self, traits: Traits) -> list[Remote]:
        """Return the cases with these traits, the oldest first."""
        return self._equal[traits]

    def without_an_equal(self, traits: Traits, earliest: datetime, *, found_any: bool) -> ScanVerdict:
        """Return the verdict on an entry for which no equal case is left."""
        keys = _similarity_keys(traits, wanted=True)
        if not found_any and any(self._latest_similar[key] >= earliest for key in keys if key in self._latest_similar):
            return ScanVerdict.AMBIGUOUS
        may_be_unreadable = self._latest_unreadable is not None and self._latest_unreadable >= earliest
        return ScanVerdict.UNKNOWN if may_be_unreadable else ScanVerdict.ABSENT


def could_be(doubt: InDoubtCase, case: Remote, clock: ClockSkew) -> bool:
    """Return whether a listed case is equal or similar to the entry, so that the user must look at it first."""
    if not _may_be_of(case, [doubt], earliest_creation([from_timestamp(doubt.first_sent_at)], clock)):
        return False
    if case.traits is None:
        return True
    sent = traits_sent(doubt.payload)
    return case.traits == sent or bool({*_similarity_keys(sent, wanted=True)} & {*_similarity_keys(case.traits, wanted=False)})


def earliest_creation(sent: Iterable[datetime], clock: ClockSkew) -> datetime:
    """Return the time, by the server's clock, before which nothing was created that was sent at these times of our clock."""
    return clock.earliest(min(sent)) - CLOCK_MARGIN


def is_test_case(payload: bytes) -> bool:
    """Return whether the case was sent as a test case."""
    return bool(json.loads(payload).get("isTest"))


def _may_be_of(case: Remote, doubts: Iterable[InDoubtCase], earliest: datetime) -> bool:
    """Return whether a listed case is recent enough to belong to one of these entries, and is a test case if they are."""
    tests = {is_test_case(doubt.payload) for doubt in doubts}
    return case.created >= earliest and (case.is_test is None or case.is_test in tests)


def _has_same_origin(case: Remote, doubt: InDoubtCase) -> bool:
    """Return whether invoice date and creditor are those of the entry, as far as the case shows them.

    The date may be off by a day: it may be written as a moment in another time zone.
    """
    sent = json.loads(doubt.payload)
    if case.creditor is not None and case.creditor != fold(str(sent.get("creditorCompanyName") or "")):
        return False
    day = day_in(sent.get("date"))
    return case.date is None or day is None or abs(case.date - day) <= timedelta(days=1)


def day_in(text: Any) -> date | None:
    """Return the calendar day with which a date or time begins; None if it begins with none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _share(
    group: Sequence[InDoubtCase], found: Sequence[Remote], absent: ScanVerdict
) -> dict[int, tuple[ScanVerdict, Remote | None]]:
    """Assign the found cases to a group of entries with equal traits; ``absent`` is the verdict on those without a case."""
    if found and (len(found) > len(group) or not _are_interchangeable(group)):
        return {doubt.entry_id: (ScanVerdict.AMBIGUOUS, None) for doubt in group}
    matched = [*((ScanVerdict.OURS, case) for case in found), *((absent, None) for _ in group[len(found) :])]
    return {doubt.entry_id: verdict for doubt, verdict in zip(group, matched, strict=True)}


def _are_interchangeable(group: Iterable[InDoubtCase]) -> bool:
    """Return whether the entries can be assigned in any order: all sent the same bytes, and none is held."""
    return len({doubt.payload for doubt in group}) == 1 and not any(doubt.held for doubt in group)
