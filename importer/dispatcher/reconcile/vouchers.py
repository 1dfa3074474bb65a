"""Reconciling vouchers that were reported as existing or refused, but are not in their case's list yet."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from importer.dispatcher.apis.debbie import UNLISTED, Debbie, settle_existing
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.sending.queue import Scope
from importer.domain.kinds import RecordKind
from importer.domain.reasons import reasons_from_json, reasons_to_json
from importer.domain.states import DoubtCause, State
from importer.domain.timestamps import from_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.doubts import UnlistedVoucher


async def reconcile_vouchers(ledger: Ledger, debbie: Debbie | None, scope: Scope, settle: timedelta) -> None:
    """Read the lists of their cases, and accept or refuse the vouchers that have waited for ``settle``. Raises ApiStopped."""
    if debbie is None:
        return
    by_case: dict[str, list[UnlistedVoucher]] = defaultdict(list)
    for found in ledger.doubts.unlisted_vouchers(scope.accounts, scope.batches, UNLISTED):
        if datetime.now(UTC) >= from_timestamp(found.since) + settle and (
            case_id := debbie.case_of(ledger.outbox.entry(found.entry_id))
        ):
            by_case[case_id].append(found)
    for case_id, vouchers in by_case.items():
        listed = await debbie.vouchers(case_id)
        for voucher in vouchers:
            _apply(
                ledger, scope, voucher, settle_existing(_outcome_of(voucher), json.loads(voucher.payload), listed, settled=True)
            )


def _outcome_of(voucher: UnlistedVoucher) -> Outcome:
    verdict = OutcomeKind.EXISTS if voucher.cause is DoubtCause.NOT_LISTED else OutcomeKind.REFUSED
    return Outcome(verdict, reasons=tuple(reasons_from_json(voucher.reasons)) if voucher.reasons else ())


def _apply(ledger: Ledger, scope: Scope, voucher: UnlistedVoucher, outcome: Outcome) -> None:
    if outcome.verdict is OutcomeKind.REFUSED:
        state = State.HELD if voucher.cause is DoubtCause.NOT_LISTED else State.REFUSED  # a taken id proves that something exists
        ledger.doubts.move(voucher.entry_id, state, reasons=reasons_to_json(outcome.reasons))
    elif outcome.verdict is OutcomeKind.ACCEPTED and not (
        outcome.remote_id and ledger.doubts.owned(scope.accounts, [outcome.remote_id], RecordKind.VOUCHER)
    ):
        ledger.doubts.move(voucher.entry_id, State.ACCEPTED, remote_id=outcome.remote_id, reasons=None)
