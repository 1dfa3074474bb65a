"""Reconciling the cases in doubt: read Debitura's list back to before their first attempt, and match them.

A remote case is that of an entry if creditor reference, debtor, amount and currency agree, if it was created after the
entry's first attempt, and if it does not belong to another entry. Entries that sent the same bytes share their matches,
if there are not more remote cases than such entries. All else is left to the user: more matches than that, matches of
entries with equal traits but different bytes, or a case with the same reference and debtor but another amount.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal

import structlog

from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.reconcile.case_list import Scan, scan
from importer.dispatcher.reconcile.matching import Remote, ScanVerdict, earliest_creation, match, traits_sent
from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.reasons import Reason
from importer.domain.states import DoubtCause, State
from importer.domain.timestamps import from_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.clock_skew import Clock
from importer.ledger.outbox.doubts import InDoubtCase

log = structlog.get_logger()

SCANS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """The treatment of entries that conclusive scans do not find; ``settle`` is the time until a scan is conclusive."""

    settle: timedelta
    on_absent: Literal["resend", "hold"]


async def reconcile(ledger: Ledger, debitura: Debitura, scope: Scope, policy: Policy) -> int:
    """Resolve cases in doubt where possible, and return how many entries changed their state. Raises ApiStopped."""
    doubts = ledger.doubts.cases(scope.accounts, scope.batches)
    if not doubts:
        return 0
    # Including held ones and those of other batches: their remote cases must not be matched to these entries.
    rivals = ledger.doubts.cases(scope.accounts, None, held=True)
    found, fates, clock = await look_up(ledger, debitura, scope.accounts, rivals, doubts)
    settled = partial(_is_settled, found, clock, policy.settle)
    moved = sum(_apply(ledger, doubt, *fates[doubt.entry_id], settled=settled(doubt), policy=policy) for doubt in doubts)
    log.info("reconciled", in_doubt=len(doubts), moved=moved, steady=found.steady)
    return moved


async def look_up(
    ledger: Ledger, debitura: Debitura, accounts: Accounts, rivals: Sequence[InDoubtCase], doubts: Sequence[InDoubtCase]
) -> tuple[Scan, dict[int, tuple[ScanVerdict, Remote | None]], Clock]:
    """Read the list as far back as ``doubts`` need, and match all ``rivals`` (cases that may exist). Raises ApiStopped."""
    wanted = {traits_sent(doubt.payload) for doubt in doubts}
    alike = [rival for rival in rivals if traits_sent(rival.payload) in wanted]
    clock = ledger.doubts.note_clock(accounts, debitura.skew)
    found = await scan(debitura, earliest_creation(alike, clock))
    before, clock = clock, ledger.doubts.note_clock(accounts, debitura.skew)
    if clock.lowest < before.lowest:
        found = await scan(debitura, earliest_creation(alike, clock))
    owned = ledger.doubts.owned(accounts, [case.id for case in found.cases])
    return found, match(rivals, found.cases, owned, clock), clock


def _is_settled(found: Scan, clock: Clock, settle: timedelta, doubt: InDoubtCase) -> bool:
    return found.steady and clock.has_passed(from_timestamp(doubt.doubted_at), settle, found.looked_at)


def _apply(
    ledger: Ledger, doubt: InDoubtCase, fate: ScanVerdict, remote: Remote | None, *, settled: bool, policy: Policy
) -> bool:
    if fate is ScanVerdict.OURS and remote is not None:
        return ledger.doubts.move(
            doubt.entry_id, State.ACCEPTED, remote_id=remote.id, remote_reference=remote.reference, reasons=None
        )
    if fate is ScanVerdict.AMBIGUOUS:
        return ledger.doubts.move(doubt.entry_id, State.HELD, reasons=_reasons(_SEVERAL))
    if fate is ScanVerdict.UNKNOWN or not settled:
        return False
    if doubt.absent_scans + 1 < SCANS_NEEDED:
        ledger.doubts.count_absence([doubt.entry_id])
        return False
    if reason := _conflict(doubt) or (_NOT_LISTED if policy.on_absent == "hold" else None):
        return ledger.doubts.move(doubt.entry_id, State.HELD, reasons=_reasons(reason))
    # Two conclusive scans prove that it was never created, so a refusal counts again.
    return ledger.doubts.move(doubt.entry_id, State.PENDING, doubted_at=None, absent_scans=SCANS_NEEDED)


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
