"""Which listed case is which entry's. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from importer.domain.timestamps import from_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, Clock
from importer.ledger.outbox.doubts import InDoubtCase

LATEST_ZONE = timezone(timedelta(hours=-12))  # of a date without zone: the latest moment that it can mean


class ScanVerdict(StrEnum):
    """What a scan says of one entry in doubt."""

    OURS = "ours"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"  # a case that may be ours cannot be read


@dataclass(frozen=True, slots=True)
class Remote:
    """A managed case as the list shows it, with what tells it from others."""

    id: str
    reference: str | None
    created: datetime
    traits: Traits | None
    is_test: bool | None = None  # None: the answer does not say


Traits = tuple[str, str, Decimal, str]
"""Creditor reference, debtor, amount and currency."""


def traits_sent(payload: bytes) -> Traits:
    """What is compared, from the bytes that were sent."""
    sent = json.loads(payload)
    debtor = sent["debtor"]["name"]
    return _traits(sent.get("creditorReference"), debtor, Decimal(str(sent["amountToRecover"])), sent["currencyCode"])


def traits_listed(case: Mapping[str, Any]) -> Traits | None:
    """The same of a listed case; None if the answer does not hold them all."""
    debtor = case.get("debtor")
    name = debtor.get("name") if isinstance(debtor, dict) else debtor
    amount = case.get("grossAmount")
    if not isinstance(name, str) or amount is None or "creditorReference" not in case or not case.get("currency"):
        return None
    try:
        return _traits(case["creditorReference"], name, Decimal(str(amount)), case["currency"])
    except InvalidOperation:
        return None


def _traits(reference: Any, debtor: str, amount: Decimal, currency: Any) -> Traits:
    return (_folded(str(reference or "")), _folded(debtor), amount.normalize(), str(currency).upper())


def _folded(text: str) -> str:
    """Texts that differ only in case, spaces or how their letters are composed are the same."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _likenesses(traits: Traits, *, wanted: bool) -> list[tuple[Any, ...]]:
    """In what a case may be one that was sent without being equal: a server may rewrite a name, or leave a value out.

    With two different references they are two cases, whatever else agrees. ``wanted`` is the side that was sent.
    """
    reference, debtor, amount, currency = traits
    same_reference, same_claim = ("reference", reference), ("claim", debtor, amount, currency)
    same_debtor = ("no reference", debtor)
    if wanted:
        return [same_reference if reference else same_claim, same_debtor]
    return [same_reference if reference else same_debtor, same_claim]


def match(
    doubts: Iterable[InDoubtCase], cases: Iterable[Remote], owned: set[str], clock: Clock | None = None
) -> dict[int, tuple[ScanVerdict, Remote | None]]:
    """The fate of each entry in doubt, given what the list shows and which remote cases have an owner.

    Held entries are given too: a case that is like one of theirs may be theirs.
    """
    alike: dict[Any, list[InDoubtCase]] = defaultdict(list)
    for doubt in doubts:
        alike[traits_sent(doubt.payload)].append(doubt)
    free = [case for case in cases if case.id not in owned]
    by_traits: dict[Any, list[Remote]] = defaultdict(list)
    for case in free:
        by_traits[case.traits].append(case)
    near: dict[Any, datetime] = {}
    for case in sorted(free, key=lambda c: c.created):
        if case.traits and case.traits not in alike:
            near |= dict.fromkeys(_likenesses(case.traits, wanted=False), case.created)
    unreadable = max((case.created for case in free if case.traits is None), default=None)
    fates: dict[int, tuple[ScanVerdict, Remote | None]] = {}
    for traits, group in alike.items():
        earliest = _cut_off(group, clock or Clock())
        found = sorted((c for c in by_traits[traits] if _may_be_of(c, group, earliest)), key=lambda c: c.created)
        absent = ScanVerdict.UNKNOWN if unreadable is not None and unreadable >= earliest else ScanVerdict.ABSENT
        if not found and any(near[like] >= earliest for like in _likenesses(traits, wanted=True) if like in near):
            absent = ScanVerdict.AMBIGUOUS
        fates |= _share(group, found, absent)
    return fates


def could_be(doubt: InDoubtCase, case: Remote, clock: Clock) -> bool:
    """Whether a person who calls the entry absent should look at this case first: it is like it in any way that counts."""
    if not _may_be_of(case, [doubt], _cut_off([doubt], clock)):
        return False
    if case.traits is None:
        return True
    ours = traits_sent(doubt.payload)
    return case.traits == ours or bool({*_likenesses(ours, wanted=True)} & {*_likenesses(case.traits, wanted=False)})


def _cut_off(doubts: Iterable[InDoubtCase], clock: Clock) -> datetime:
    """By the server's clock: the time before which none of these entries had been sent."""
    return clock.earliest(min(from_timestamp(doubt.first_sent_at) for doubt in doubts)) - CLOCK_MARGIN


def _may_be_of(case: Remote, doubts: Iterable[InDoubtCase], earliest: datetime) -> bool:
    """Whether a case was made late enough to be one of theirs, and is no test case where they are real, or the reverse."""
    tests = {bool(json.loads(doubt.payload).get("isTest")) for doubt in doubts}
    return case.created >= earliest and (case.is_test is None or case.is_test in tests)


def _share(group: list[InDoubtCase], found: list[Remote], absent: ScanVerdict) -> dict[int, tuple[ScanVerdict, Remote | None]]:
    """Who of a group of alike entries gets which of the cases that are like them."""
    same = len({doubt.payload for doubt in group}) == 1
    if found and (len(found) > len(group) or not same or any(doubt.held for doubt in group)):
        return {doubt.entry_id: (ScanVerdict.AMBIGUOUS, None) for doubt in group}
    matched = [*((ScanVerdict.OURS, case) for case in found), *((absent, None) for _ in group[len(found) :])]
    return {doubt.entry_id: fate for doubt, fate in zip(group, matched, strict=True)}
