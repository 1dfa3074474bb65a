"""Reconciling the cases in doubt: read Debitura's list back to before their first attempt, and match them.

A remote case is that of an entry if creditor reference, debtor, amount and currency agree, if it was created after the
entry's first attempt, and if it does not belong to another entry. Entries that sent the same bytes share their matches,
if there are not more remote cases than such entries. All else is left to the user: more matches than that, matches of
entries with equal traits but different bytes, or a case with the same reference and debtor but another amount.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import structlog

from importer.dispatcher.apis.debitura import PAGE_SIZE, Debitura
from importer.dispatcher.reconcile.case_list import MOST_PAGES, Scan, scan
from importer.dispatcher.reconcile.controls import Evidence
from importer.dispatcher.reconcile.matching import Remote, ScanVerdict, earliest_creation, is_test_case, match, traits_sent
from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.reasons import Reason
from importer.domain.states import DoubtCause, State
from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, ClockSkew
from importer.ledger.outbox.doubts import LIST_PROVES_NOTHING, AcceptedCase, InDoubtCase

log = structlog.get_logger()

SCANS_NEEDED = 2
MOST_CONTROLS = 500  # accepted cases that a scan is compared with, those sent first
CONTROLS_OF_RESTORED = 20
_UNREADABLE = "a case of that time cannot be read in it"


@dataclass(frozen=True, slots=True)
class Policy:
    """The treatment of entries that conclusive scans do not find; ``settle`` is the time until a scan is conclusive.

    ``is_restored``: the ledger was restored from a backup. Its pending entries are looked for although it never sent them, so
    that there may be no accepted case of that time.
    """

    settle: timedelta
    on_absent: Literal["resend", "hold"]
    is_restored: bool = False


Fate = tuple[ScanVerdict, Remote | None]


async def reconcile(ledger: Ledger, debitura: Debitura, scope: Scope, policy: Policy) -> int:
    """Resolve cases in doubt where possible, and return how many entries changed their state. Raises ApiStopped."""
    doubts = ledger.doubts.to_look_for(scope.accounts, scope.batches)
    if not doubts:
        return 0
    # Including held ones and those of other batches: their remote cases must not be matched to these entries.
    rivals = ledger.doubts.cases(scope.accounts, None, held=True)
    controls = _controls(ledger, scope.accounts, doubts, policy)
    found, fates, clock = await look_up(ledger, debitura, scope.accounts, rivals, doubts, controls)
    settled_by = to_timestamp(found.looked_at - policy.settle)
    evidence = Evidence(
        found,
        controls=[case for case in controls if case.accepted_at <= settled_by],
        recent=[case for case in controls if case.accepted_at > settled_by],
        clock=clock,
        without_controls=policy.is_restored,
    )
    trusted = {test: evidence.confirms_ids(is_test=test) for test in (False, True)}
    fates = {doubt.entry_id: _believed(doubt, fates[doubt.entry_id], trusted) for doubt in doubts}
    lacks = {test: evidence.lack(is_test=test, also_found=_any_found(doubts, fates, is_test=test)) for test in (False, True)}
    moved = 0
    for doubt in doubts:
        settled = clock.has_passed(from_timestamp(doubt.doubted_at), policy.settle, found.looked_at)
        moved += _apply(ledger, doubt, fates[doubt.entry_id], lacks[is_test_case(doubt.payload)], settled=settled, policy=policy)
    log.info("reconciled", in_doubt=len(doubts), moved=moved)
    return moved


def _controls(ledger: Ledger, accounts: Accounts, doubts: Sequence[InDoubtCase], policy: Policy) -> list[AcceptedCase]:
    """Return accepted cases of the time of the doubts, or of a later one."""
    since = to_timestamp(min(from_timestamp(doubt.first_sent_at) for doubt in doubts) - CLOCK_MARGIN)
    found = ledger.doubts.accepted_cases(accounts, since, MOST_CONTROLS)
    if not found and policy.is_restored:
        return ledger.doubts.last_accepted_cases(accounts, CONTROLS_OF_RESTORED)
    return found


def _believed(doubt: InDoubtCase, fate: Fate, trusted: Mapping[bool, bool]) -> Fate:
    """Return the fate, but UNKNOWN in place of OURS if the list shows known cases under other ids than their own."""
    is_believed = fate[0] is not ScanVerdict.OURS or trusted[is_test_case(doubt.payload)]
    return fate if is_believed else (ScanVerdict.UNKNOWN, None)


def _any_found(doubts: Sequence[InDoubtCase], fates: Mapping[int, Fate], *, is_test: bool) -> bool:
    """Return whether the scan has shown a case of these entries, which is as good as one that was accepted before."""
    return any(fates[doubt.entry_id][0] is ScanVerdict.OURS and is_test_case(doubt.payload) is is_test for doubt in doubts)


async def look_up(
    ledger: Ledger,
    debitura: Debitura,
    accounts: Accounts,
    rivals: Sequence[InDoubtCase],
    doubts: Sequence[InDoubtCase],
    controls: Sequence[AcceptedCase] = (),
) -> tuple[Scan, dict[int, Fate], ClockSkew]:
    """Read the list as far back as ``doubts`` and ``controls`` need, and match all ``rivals``. Raises ApiStopped.

    ``rivals`` are all cases that may exist, since a listed case may be any of theirs.
    """
    wanted = {traits_sent(doubt.payload) for doubt in doubts}
    alike = [rival for rival in rivals if traits_sent(rival.payload) in wanted]
    sent = [from_timestamp(time) for time in (*(r.first_sent_at for r in alike), *(c.first_sent_at for c in controls))]
    clock = ledger.doubts.note_clock(accounts, debitura.skew, debitura.earliest_skew)
    most_pages = MOST_PAGES + 2 * ledger.doubts.count_accepted(accounts, to_timestamp(min(sent))) // PAGE_SIZE
    found = await scan(debitura, earliest_creation(sent, clock), most_pages)
    before, clock = clock, ledger.doubts.note_clock(accounts, debitura.skew, debitura.earliest_skew)
    if clock.lowest < before.lowest:
        found = await scan(debitura, earliest_creation(sent, clock), most_pages)
    owned = ledger.doubts.owned(accounts, [case.id for case in found.cases])
    return found, match(rivals, found.cases, owned, clock), clock


def _apply(ledger: Ledger, doubt: InDoubtCase, fate: Fate, lack: str | None, *, settled: bool, policy: Policy) -> bool:
    """Move the entry according to its fate. ``lack`` describes why the scan does not prove that it is absent."""
    verdict, remote = fate
    if verdict is ScanVerdict.OURS and remote is not None:
        found = {"remote_id": remote.id, "remote_reference": remote.reference, "remote_facts": remote.facts.to_json()}
        return ledger.doubts.move(doubt.entry_id, State.ACCEPTED, reasons=None, **found)
    if verdict is ScanVerdict.AMBIGUOUS:
        return ledger.doubts.move(doubt.entry_id, State.HELD, reasons=_reasons(_SEVERAL))
    lack = lack or (_UNREADABLE if verdict is ScanVerdict.UNKNOWN else None)
    is_shown = verdict is ScanVerdict.UNKNOWN  # perhaps, as a case that cannot be read
    return settled and _apply_absence(ledger, doubt, lack, None if is_shown else _conflict(doubt), policy)


def _apply_absence(ledger: Ledger, doubt: InDoubtCase, lack: str | None, conflict: Reason | None, policy: Policy) -> bool:
    """Move an entry that the list does not show, although it has had the time to.

    After a conflict the entry is held in any case, so that the list need not prove anything.
    """
    if lack and conflict is None:
        return ledger.doubts.move(doubt.entry_id, State.HELD, reasons=_reasons(_proves_nothing(lack)))
    if doubt.absent_scans + 1 < SCANS_NEEDED:
        ledger.doubts.count_absence([doubt.entry_id])
        return False
    if reason := conflict or (_NOT_LISTED if policy.on_absent == "hold" else None):
        return ledger.doubts.move(doubt.entry_id, State.HELD, reasons=_reasons(reason))
    # Two conclusive scans prove that it was never created, so a refusal counts again.
    return ledger.doubts.move(doubt.entry_id, State.PENDING, doubted_at=None, absent_scans=SCANS_NEEDED, reasons=None)


def _proves_nothing(lack: str) -> Reason:
    message = (
        f"Debitura's list shows no case that is certainly this one, and does not prove that it is absent: {lack}. It was not "
        "sent again. `importer resume` looks again"
    )
    gist = "Debitura's list neither surely shows the case nor proves that it is absent. `importer resume` looks again"
    return Reason(LIST_PROVES_NOTHING, message, gist=gist)


def _conflict(doubt: InDoubtCase) -> Reason | None:
    """Return the reason why sending an absent case again would get the same response; None if it might succeed."""
    if doubt.cause is DoubtCause.REFERENCE_IN_USE:
        message = (
            "is a reference that another case has, as Debitura reports, but its list shows no such case created since this row "
            "was first sent: it is an older one. If that is this claim, give its id with --exists; if it is another claim, "
            "resolve this row with --absent, correct the reference and import the row again"
        )
        reference = json.loads(doubt.payload).get("creditorReference")
        return Reason("reference_in_use", message, "creditor_reference", value=reference)
    return _CONFLICT if doubt.cause is DoubtCause.CONFLICT else None


def _reasons(reason: Reason) -> str:
    from importer.domain.reasons import reasons_to_json

    return reasons_to_json((reason,))


_SEVERAL = Reason("several_match", "Cases in Debitura could be this one, but which is not certain")
_CONFLICT = Reason(
    "conflict",
    "Debitura reports that the case conflicts with an existing one, but its list shows none that is similar. Ask Debitura; if "
    "it was not created, --absent sends it again",
)
_NOT_LISTED = Reason("not_listed", "The case is not in Debitura's list, and on_absent = hold leaves it to you")
