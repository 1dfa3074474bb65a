"""The vouchers of cases that a user has named: the sender of the case may have made its vouchers as well.

Before one of them goes out, Debbie's list of the case is read, and the vouchers that are equal to a listed one are adopted. Each
listed voucher counts for one entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from importer.dispatcher.apis.debbie import Debbie, is_same_voucher
from importer.dispatcher.sending.queue import Scope
from importer.domain.kinds import RecordKind
from importer.domain.remote_ids import can_be_id
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.doubts import UnsentVoucher
from importer.ledger.outbox.sendable import NEXT_RUN

Listed = Mapping[str, Any]


async def adopt_vouchers(ledger: Ledger, debbie: Debbie | None, scope: Scope) -> None:
    """Accept the vouchers of adopted cases that Debbie lists already.

    Raises ApiStopped if a list cannot be read; the vouchers of that case and of those that were not asked about then wait for the
    next run.
    """
    waiting = ledger.doubts.unsent_vouchers_of_adopted(scope.accounts, scope.batches)
    try:
        for case_id in list(waiting) if debbie is not None else ():
            assert debbie is not None
            await _adopt_of_case(ledger, debbie, scope, waiting[case_id])
            del waiting[case_id]
    finally:
        for voucher in (voucher for vouchers in waiting.values() for voucher in vouchers):
            ledger.outbox.postpone(voucher.entry_id, NEXT_RUN)


async def _adopt_of_case(ledger: Ledger, debbie: Debbie, scope: Scope, vouchers: Sequence[UnsentVoucher]) -> None:
    name = debbie.case_of(ledger.outbox.entry(vouchers[0].entry_id))
    if not name:
        return  # the case has no name at Debbie: its vouchers are refused before they are sent
    listed = [voucher for voucher in await debbie.vouchers(name) if can_be_id(str(voucher.get("caseVoucherId")))]
    ids = [str(voucher["caseVoucherId"]) for voucher in listed]
    owned = ledger.doubts.owned(scope.accounts, ids, RecordKind.VOUCHER)
    free = [voucher for voucher, identifier in zip(listed, ids, strict=True) if identifier not in owned]
    for entry_id, remote_id in equal_vouchers(vouchers, free).items():
        ledger.doubts.move(entry_id, State.ACCEPTED, remote_id=remote_id, adopted_at=to_timestamp(), reasons=None)


def equal_vouchers(vouchers: Sequence[UnsentVoucher], listed: Sequence[Listed]) -> dict[int, str]:
    """Return the ids of the listed vouchers that are equal to unsent ones, by entry.

    A unique id that is listed decides. The business fields do without one, or if another sender gave the voucher another one.
    """
    found: dict[int, str] = {}
    free = list(listed)
    for with_unique_id in (True, False):
        for voucher in vouchers:
            if voucher.entry_id in found:
                continue
            sent = json.loads(voucher.payload)
            same = next((one for one in free if _is_equal(sent, one, with_unique_id=with_unique_id)), None)
            if same is not None:
                free.remove(same)
                found[voucher.entry_id] = str(same["caseVoucherId"])
    return found


def _is_equal(sent: Listed, listed: Listed, *, with_unique_id: bool) -> bool:
    if with_unique_id:
        return bool(listed.get("uniqueId")) and is_same_voucher(sent, listed)
    return is_same_voucher(sent, {name: value for name, value in listed.items() if name != "uniqueId"})
