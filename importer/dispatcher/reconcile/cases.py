"""What became of the cases in doubt: read Debitura's list back to before their first attempt, and match.

A remote case is an entry's when creditor reference, debtor, amount and currency agree, it was created after the entry's
first attempt, and no other entry owns it. Entries that sent the same bytes share their matches: as many remote cases as
there are such entries, or fewer, are theirs. What is left is for a person to say: more matches than that, matches of
entries that are alike but not the same, or a case with the same reference and debtor and another amount.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Any, Literal

import structlog

from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.outcomes.judge import CONFLICT, REFERENCE_IN_USE
from importer.dispatcher.sending.queue import Scope
from importer.domain.records import Reason
from importer.domain.states import State
from importer.ledger.intake.known_entries import Accounts
from importer.ledger.ledger import Doubt, Ledger
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, Clock
from importer.ledger.storage.schema import moment_of

log = structlog.get_logger()

STEADY_TRIES = 5  # scans that may be repeated because the list shifted while it was read
SCANS_NEEDED = 2
LATEST_ZONE = timezone(timedelta(hours=-12))  # of a date without zone: the latest moment that it can mean


class Fate(StrEnum):
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


@dataclass(frozen=True, slots=True)
class Scan:
    """The list as it was read: its cases, and whether it held still meanwhile (only then is absence a fact).

    ``looked_at`` is by our clock: what the list shows is as old as its first page.
    """

    cases: tuple[Remote, ...]
    steady: bool
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with an entry that settled scans do not show."""

    settle: timedelta
    on_absent: Literal["resend", "hold"]


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
    doubts: Iterable[Doubt], cases: Iterable[Remote], owned: set[str], clock: Clock | None = None
) -> dict[int, tuple[Fate, Remote | None]]:
    """The fate of each entry in doubt, given what the list shows and which remote cases have an owner.

    Held entries are given too: a case that is like one of theirs may be theirs.
    """
    alike: dict[Any, list[Doubt]] = defaultdict(list)
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
    fates: dict[int, tuple[Fate, Remote | None]] = {}
    for traits, group in alike.items():
        earliest = _cut_off(group, clock or Clock())
        found = sorted((c for c in by_traits[traits] if _may_be_of(c, group, earliest)), key=lambda c: c.created)
        absent = Fate.UNKNOWN if unreadable is not None and unreadable >= earliest else Fate.ABSENT
        if not found and any(near[like] >= earliest for like in _likenesses(traits, wanted=True) if like in near):
            absent = Fate.AMBIGUOUS
        fates |= _share(group, found, absent)
    return fates


def could_be(doubt: Doubt, case: Remote, clock: Clock) -> bool:
    """Whether a person who calls the entry absent should look at this case first: it is like it in any way that counts."""
    if not _may_be_of(case, [doubt], _cut_off([doubt], clock)):
        return False
    if case.traits is None:
        return True
    ours = traits_sent(doubt.payload)
    return case.traits == ours or bool({*_likenesses(ours, wanted=True)} & {*_likenesses(case.traits, wanted=False)})


def _cut_off(doubts: Iterable[Doubt], clock: Clock) -> datetime:
    """By the server's clock: the time before which none of these entries had been sent."""
    return clock.earliest(min(moment_of(doubt.first_sent_at) for doubt in doubts)) - CLOCK_MARGIN


def _may_be_of(case: Remote, doubts: Iterable[Doubt], earliest: datetime) -> bool:
    """Whether a case was made late enough to be one of theirs, and is no test case where they are real, or the reverse."""
    tests = {bool(json.loads(doubt.payload).get("isTest")) for doubt in doubts}
    return case.created >= earliest and (case.is_test is None or case.is_test in tests)


def _share(group: list[Doubt], found: list[Remote], absent: Fate) -> dict[int, tuple[Fate, Remote | None]]:
    """Who of a group of alike entries gets which of the cases that are like them."""
    same = len({doubt.payload for doubt in group}) == 1
    if found and (len(found) > len(group) or not same or any(doubt.held for doubt in group)):
        return {doubt.entry_id: (Fate.AMBIGUOUS, None) for doubt in group}
    matched = [*((Fate.OURS, case) for case in found), *((absent, None) for _ in group[len(found) :])]
    return {doubt.entry_id: fate for doubt, fate in zip(group, matched, strict=True)}


async def scan(debitura: Debitura, back_to: datetime) -> Scan:
    """Read the list, the newest first, back to ``back_to``; again while it shifts. Raises ApiStopped."""
    for _ in range(STEADY_TRIES):
        looked_at = datetime.now(UTC)
        cases, steady = await _scan_once(debitura, back_to)
        if steady:
            break
    return Scan(cases, steady, looked_at)


async def _scan_once(debitura: Debitura, back_to: datetime) -> tuple[tuple[Remote, ...], bool]:
    found: dict[str, Remote] = {}
    states: set[tuple[Any, ...]] = set()
    number, sorted_so_far = 1, True
    while True:
        page = await debitura.page(number)
        states.add((page["page"].get("totalResults"),))
        listed = [await _remote(debitura, case) for case in page["cases"]]
        fresh = [case for case in listed if case.id not in found]
        found |= {case.id: case for case in listed}
        created = [case.created for case in found.values()]
        sorted_so_far = sorted_so_far and created == sorted(created, reverse=True)
        # Only a list that is sorted as it was asked to be may be left before its end.
        passed = sorted_so_far and bool(listed) and listed[-1].created < back_to
        if not fresh or passed or number >= _pages(page["page"]):
            break
        number += 1
    complete = passed or len(found) == page["page"].get("totalResults", len(found))
    if number == 1:
        return tuple(found.values()), complete
    # What was added while later pages were read moved the rest down: look once more at the top.
    top = await debitura.page(1)
    states.add((top["page"].get("totalResults"),))
    still = [str(case["id"]) for case in top["cases"]] == list(found)[: len(top["cases"])]
    return tuple(found.values()), complete and len(states) == 1 and still


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


async def reconcile(ledger: Ledger, debitura: Debitura, scope: Scope, policy: Policy) -> int:
    """Settle what can be settled of the cases in doubt; returns how many entries moved. Raises ApiStopped."""
    doubts = ledger.doubts(scope.accounts, scope.batches)
    if not doubts:
        return 0
    # Of other batches too, and held ones: what is theirs must not be taken for ours.
    rivals = ledger.doubts(scope.accounts, None, held=True)
    found, fates, clock = await look_up(ledger, debitura, scope.accounts, rivals, doubts)
    settled = partial(_is_settled, found, clock, policy.settle)
    moved = sum(_apply(ledger, doubt, *fates[doubt.entry_id], settled=settled(doubt), policy=policy) for doubt in doubts)
    log.info("reconciled", in_doubt=len(doubts), moved=moved, steady=found.steady)
    return moved


async def look_up(
    ledger: Ledger, debitura: Debitura, accounts: Accounts, rivals: Sequence[Doubt], doubts: Sequence[Doubt]
) -> tuple[Scan, dict[int, tuple[Fate, Remote | None]], Clock]:
    """Read the list for some of the ``rivals`` (all that may be there), and say what it shows of each. Raises ApiStopped."""
    wanted = {traits_sent(doubt.payload) for doubt in doubts}
    alike = [rival for rival in rivals if traits_sent(rival.payload) in wanted]
    clock = ledger.note_clock(accounts, debitura.skew)
    found = await scan(debitura, _cut_off(alike, clock))
    before, clock = clock, ledger.note_clock(accounts, debitura.skew)
    if clock.lowest < before.lowest:
        found = await scan(debitura, _cut_off(alike, clock))
    owned = ledger.owned(accounts, [case.id for case in found.cases])
    return found, match(rivals, found.cases, owned, clock), clock


def _is_settled(found: Scan, clock: Clock, settle: timedelta, doubt: Doubt) -> bool:
    return found.steady and clock.has_passed(moment_of(doubt.doubted_at), settle, found.looked_at)


def _apply(ledger: Ledger, doubt: Doubt, fate: Fate, remote: Remote | None, *, settled: bool, policy: Policy) -> bool:
    if fate is Fate.OURS and remote is not None:
        return ledger.move(doubt.entry_id, State.ACCEPTED, remote_id=remote.id, remote_reference=remote.reference, reasons=None)
    if fate is Fate.AMBIGUOUS:
        return ledger.move(doubt.entry_id, State.HELD, reasons=_reasons(_SEVERAL))
    if fate is Fate.UNKNOWN or not settled:
        return False
    if doubt.absent_scans + 1 < SCANS_NEEDED:
        ledger.count_absence([doubt.entry_id])
        return False
    if reason := _conflict(doubt) or (_NOT_LISTED if policy.on_absent == "hold" else None):
        return ledger.move(doubt.entry_id, State.HELD, reasons=_reasons(reason))
    # Twice looked for and not there: as good as never sent, so a refusal counts again.
    return ledger.move(doubt.entry_id, State.PENDING, doubted_at=None, absent_scans=SCANS_NEEDED, not_before=None)


def _conflict(doubt: Doubt) -> Reason | None:
    """Why sending an absent case again would bring the same answer; None if it may not."""
    said = doubt.said or ""
    if said.endswith(REFERENCE_IN_USE):
        message = (
            "is a reference that another case has, says Debitura, but its list shows no such case made since this row was first "
            "sent: it is an older one. If that is this claim, give its id with --exists; if it is another claim, call this "
            "row --absent, correct the reference and import the row again"
        )
        reference = json.loads(doubt.payload).get("creditorReference")
        return Reason("reference_in_use", message, "creditor_reference", value=reference)
    return _CONFLICT if said.endswith(CONFLICT) else None


def _reasons(reason: Reason) -> str:
    from importer.domain.records import reasons_to_json

    return reasons_to_json((reason,))


_SEVERAL = Reason("several_match", "Cases in Debitura could be this one, but which is not certain")
_CONFLICT = Reason(
    "conflict",
    "Debitura says that the case conflicts with what it has, but its list shows none that is like it. Ask Debitura; if it was "
    "not created, --absent sends it again",
)
_NOT_LISTED = Reason("not_listed", "The case is not in Debitura's list, and on_absent = hold leaves it to you")
