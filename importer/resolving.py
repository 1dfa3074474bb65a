"""A person's word on an entry in doubt: it exists, with this id, or it does not."""

from __future__ import annotations

import asyncio
import json
import re

from importer.columns import Kind
from importer.dispatcher.apis import Debbie, Debitura, is_same_voucher
from importer.dispatcher.reconcile import traits_listed, traits_sent
from importer.environment import Environment, connections
from importer.errors import UsageError
from importer.ledger.doubts import OpenEntry
from importer.ledger.knowledge import Accounts
from importer.ledger.restoring import LOOKED_FOR
from importer.ledger.states import UNRESOLVED, State
from importer.ledger.store import Ledger
from importer.rows import check_of


def resolve(environment: Environment, name: str, exists: str | None) -> str:
    """Settle an entry that is in doubt or held: accepted under the id ``exists``, or (None) absent and to be sent.

    An id is checked with the API first: it must be there, look like the entry and belong to no other.
    Raises UsageError or ApiStopped; then nothing has changed.
    """
    with Ledger.open(environment.ledger_url, "importer resolve") as ledger:
        ledger.recover()
        entry = _find(ledger, name)
        if exists is None:
            ledger.move(entry.id, State.PENDING, doubted_at=None, absent_scans=LOOKED_FOR, not_before=None, reasons=None)
            return f"{name} is not there: it will be sent by the next `importer resume`."
        reference = asyncio.run(_confirm(environment, ledger, entry, exists))
        ledger.move(entry.id, State.ACCEPTED, remote_id=exists, remote_reference=reference, reasons=None)
        return f"{name} is accepted as {exists}."


def _find(ledger: Ledger, name: str) -> OpenEntry:
    match = re.fullmatch(r"([CV])([0-9]{1,15})-([0-9a-f]{6})", name.strip())
    entry = ledger.entry(int(match[2])) if match else None
    if match is None or entry is None or entry.kind[0].upper() != match[1] or check_of(entry.key) != match[3]:
        raise UsageError(f"There is no entry {name} in this ledger. Copy it from #entry of an error sheet, such as C12-3f9a2b.")
    if entry.state not in UNRESOLVED:
        raise UsageError(f"Entry {name} is {entry.state.replace('_', ' ')}: there is nothing to resolve.")
    return entry


async def _confirm(environment: Environment, ledger: Ledger, entry: OpenEntry, remote_id: str) -> str | None:
    async with connections(environment) as (debitura, debbie):
        if entry.kind is Kind.CASE:
            accounts = environment.accounts(await debitura.me())
            _refuse_owned(ledger, accounts, entry, remote_id)
            return await _confirm_case(debitura, entry, remote_id)
        environment.require_debbie()
        _refuse_owned(ledger, environment.accounts(""), entry, remote_id)
        assert debbie is not None
        await _confirm_voucher(debbie, ledger, entry, remote_id)
        return None


async def _confirm_case(debitura: Debitura, entry: OpenEntry, remote_id: str) -> str | None:
    found = await debitura.case(remote_id)
    if not found:
        raise UsageError(f"Debitura has no case {remote_id}. Copy the id from the case's address or from the API.")
    # The amount may have changed since, and a server may rewrite a name; but something must say that it is this case.
    theirs, ours = traits_listed({"creditorReference": None, **found}), traits_sent(entry.payload)
    if theirs is None or not (theirs[1] == ours[1] or (ours[0] and theirs[0] == ours[0])):
        raise UsageError(f"The case {remote_id} has another creditor reference and another debtor than the row. Check the id.")
    reference = found.get("reference")
    return str(reference) if reference else None


async def _confirm_voucher(debbie: Debbie, ledger: Ledger, entry: OpenEntry, remote_id: str) -> None:
    listed = await debbie.vouchers(debbie.case_of(ledger.job(entry.id)) or "")
    found = [voucher for voucher in listed if voucher.get("caseVoucherId") == remote_id]
    if not found or not is_same_voucher(json.loads(entry.payload), found[0]):
        raise UsageError(f"The voucher's case has no such voucher {remote_id} in Debbie. Check the id.")


def _refuse_owned(ledger: Ledger, accounts: Accounts, entry: OpenEntry, remote_id: str) -> None:
    if ledger.owned(accounts, [remote_id], entry.kind):
        raise UsageError(f"The {entry.kind} {remote_id} belongs to another row already. Check the id.")
