"""`importer resolve`: the user's answer about an entry in doubt: it exists with this id, or it does not exist."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importer.dispatcher.apis.debbie import Debbie, is_same_voucher
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.apis.requests import RequestGate
from importer.dispatcher.outcomes.remote_facts import facts_of
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.reconcile.cases import look_up
from importer.dispatcher.reconcile.matching import Remote, could_be, traits_listed, traits_sent
from importer.domain.accounts import Accounts, normal_account
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.remote_ids import remote_key
from importer.domain.states import UNRESOLVED, State
from importer.domain.timestamps import to_timestamp
from importer.errors import ApiStopped, UsageError
from importer.ledger.intake.answer_effects import ANSWERABLE
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.doubts import OpenEntry
from importer.ledger.outbox.look_alikes import ALTHOUGH_LISTED
from importer.ledger.outbox.restored import LOOKED_FOR
from importer.ledger.storage.location import require_ledger
from importer.workspace.connections import connections, keep_counts, quotas_of, short_wait
from importer.workspace.environment import Environment
from importer.workspace.four_eyes import require_other_person_to_send
from importer.workspace.person import current_person


@dataclass(frozen=True, slots=True)
class Resolution:
    """The user's answer: the remote id under which the entry ``exists``, or None if it is absent.

    ``although_listed``: accept the answer absent even if something similar is listed.
    """

    exists: str | None
    although_listed: bool = False


def resolve(environment: Environment, name: str, resolution: Resolution) -> str:
    """Resolve an entry in doubt or held: it is accepted under the id that exists, or becomes pending if it is absent.

    The answer is checked with the API first: an id must exist, look like the entry and not belong to another one; for an
    absent entry nothing similar may be listed. Returns a line for the user. Raises UsageError, ApiStopped, or ApprovalNeeded if
    an absent entry would be sent again, and this person may not approve its batch; then nothing has changed.
    """
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer resolve") as ledger:
        ledger.outbox.recover()
        if ledger.restored.backup_taken_at():
            ledger.restored.first_used_at()  # answers from before the backup do not count; this one does
        entry = _find(ledger, name)
        if resolution.exists is None:
            require_other_person_to_send(environment.settings.approval, ledger, [entry.id], f"{name} was not resolved")
        quotas = quotas_of(environment, ledger)
        try:
            return asyncio.run(_settle(environment, ledger, entry, name.strip(), resolution, quotas))
        finally:
            keep_counts(ledger, quotas)


def _find(ledger: Ledger, name: str) -> OpenEntry:
    label = EntryLabel.parse(name.strip())
    entry = ledger.doubts.entry(label.entry_id) if label else None
    if entry is None or label != EntryLabel.of(entry.kind, entry.id, entry.key):
        raise UsageError(f"There is no entry {name} in this ledger. Copy it from #entry of an error sheet, such as C12-3f9a2b.")
    if entry.state in ANSWERABLE:
        ways = "Use `--send` if it is another claim, `--same-as` if it is the same, or `--drop`"
        raise UsageError(f"Entry {name} was never sent. {ways}.")
    if entry.state not in UNRESOLVED:
        raise UsageError(f"Entry {name} is {entry.state.replace('_', ' ')}: there is nothing to resolve.")
    return entry


async def _settle(
    environment: Environment,
    ledger: Ledger,
    entry: OpenEntry,
    name: str,
    resolution: Resolution,
    quotas: Mapping[RecordKind, RateLimits],
) -> str:
    async with connections(environment, quotas, RequestGate(ledger, short_wait(environment))) as (debitura, debbie):
        accounts = await _accounts(environment, debitura, entry, name)
        if entry.kind is RecordKind.VOUCHER:
            environment.require_debbie()
        if entry.remote_id is not None:
            return _confirm(ledger, entry, entry.remote_id, name, resolution)
        if resolution.exists is not None:
            found = await _existing(debitura, debbie, ledger, entry, resolution.exists.strip())
            _refuse_owned(ledger, accounts, entry, found.id)
            # Its vouchers may exist as well, made by the sender of the case: Debbie is asked before they go out.
            ledger.doubts.move(entry.id, State.ACCEPTED, **found.columns(), reasons=None, adopted_at=to_timestamp())
            return f"{name} is accepted as {found.id}."
        if not resolution.although_listed:
            await _refuse_listed(debitura, debbie, ledger, accounts, entry, name)
        answer = UserAnswer(current_person().text(), ALTHOUGH_LISTED).as_json() if resolution.although_listed else None
        ledger.doubts.move(entry.id, State.PENDING, doubted_at=None, absent_scans=LOOKED_FOR, reasons=None, answer=answer)
        return f"{name} does not exist: it will be sent by the next `importer resume`."


def _confirm(ledger: Ledger, entry: OpenEntry, remote_id: str, name: str, resolution: Resolution) -> str:
    """Accept an entry that was created with other values than were sent. Raises UsageError for any other answer."""
    given = (resolution.exists or "").strip()
    if remote_key(given) != remote_key(remote_id) and given != entry.remote_reference:
        raise UsageError(
            f"{name} was created as {remote_id}, with other values than were sent. It is never sent again. If what is there "
            f"is this row, type `importer resolve {name} --exists {remote_id}`."
        )
    ledger.doubts.move(entry.id, State.ACCEPTED, reasons=None)
    return f"{name} is accepted as {remote_id}."


async def settle_as_existing(environment: Environment, ledger: Ledger, entry_id: int, name: str, remote_id: str) -> FoundRemotely:
    """Look up a case or voucher that a questioned entry is the same as. Raises UsageError if it cannot be that."""
    entry = ledger.doubts.entry(entry_id)
    assert entry is not None
    quotas = quotas_of(environment, ledger)
    try:
        async with connections(environment, quotas, RequestGate(ledger, short_wait(environment))) as (debitura, debbie):
            accounts = await _accounts(environment, debitura, entry, name)
            if entry.kind is RecordKind.VOUCHER:
                environment.require_debbie()
            found = await _existing(debitura, debbie, ledger, entry, remote_id)
            _refuse_owned(ledger, accounts, entry, found.id)
            return found
    finally:
        keep_counts(ledger, quotas)


async def _accounts(environment: Environment, debitura: Debitura, entry: OpenEntry, name: str) -> Accounts:
    """Return the accounts of the credentials in force. Raises UsageError if the entry belongs to another account."""
    accounts = environment.accounts(await debitura.me() if entry.kind is RecordKind.CASE else "")
    if normal_account(entry.account) != accounts.of(entry.kind):
        raise UsageError(
            f"Entry {name} belongs to the account {entry.account}, but the settings in force open "
            f"{accounts.of(entry.kind)}. Use the credentials and addresses that it was sent with."
        )
    return accounts


@dataclass(frozen=True, slots=True)
class FoundRemotely:
    """A remote case or voucher: its id as the API writes it, its reference, and the JSON of what else is kept of it."""

    id: str
    reference: str | None = None
    facts: str | None = None

    def columns(self) -> dict[str, str | None]:
        """Return the columns of the entry in the ledger."""
        return {"remote_id": self.id, "remote_reference": self.reference, "remote_facts": self.facts}


async def _existing(debitura: Debitura, debbie: Debbie | None, ledger: Ledger, entry: OpenEntry, remote_id: str) -> FoundRemotely:
    if entry.kind is RecordKind.CASE:
        return _checked_case(await _case_named(debitura, remote_id), entry, remote_id)
    assert debbie is not None
    listed = await debbie.vouchers(debbie.case_of(ledger.outbox.entry(entry.id)) or "")
    found = [voucher for voucher in listed if str(voucher.get("caseVoucherId")).casefold() == remote_id.casefold()]
    if not found or not is_same_voucher(json.loads(entry.payload), found[0]):
        raise UsageError(f"The voucher's case has no such voucher {remote_id} in Debbie. Check the id.")
    return FoundRemotely(str(found[0]["caseVoucherId"]))


async def _case_named(debitura: Debitura, name: str) -> Mapping[str, Any]:
    """Return the case with this id or reference; empty if there is none."""
    if _REFERENCE.fullmatch(name):
        found = await debitura.case_by_reference(name)
        if found.get("id") and str(found.get("reference")).casefold() == name.casefold():
            return found
    return await debitura.case(name)


_REFERENCE = re.compile("[0-9A-Za-z]{8}")
"""The form of the references of cases, as people read them in the portal; no id has it."""


def _checked_case(found: Mapping[str, Any], entry: OpenEntry, remote_id: str) -> FoundRemotely:
    if not found:
        raise UsageError(f"Debitura has no case {remote_id}. Copy the id or the reference from the case.")
    # The amount may have changed since, and a server may rewrite a name, but debtor or reference must agree.
    listed, sent = traits_listed({"creditorReference": None, **found}), traits_sent(entry.payload)
    if listed is None or not (listed[1] == sent[1] or (sent[0] and listed[0] == sent[0])):
        raise UsageError(f"The case {remote_id} has another creditor reference and another debtor than the row. Check the id.")
    reference = found.get("reference")
    # The id as the API writes it: with another spelling, the ledger would not recognise the case.
    return FoundRemotely(str(found.get("id") or remote_id), str(reference) if reference else None, facts_of(found).to_json())


def _refuse_owned(ledger: Ledger, accounts: Accounts, entry: OpenEntry, remote_id: str) -> None:
    if ledger.doubts.owned(accounts, [remote_id], entry.kind):
        raise UsageError(f"The {entry.kind} {remote_id} belongs to another row already. Check the id.")


async def _refuse_listed(
    debitura: Debitura, debbie: Debbie | None, ledger: Ledger, accounts: Accounts, entry: OpenEntry, name: str
) -> None:
    """Raise UsageError if a case or voucher is listed that may be the entry and does not belong to another one."""
    if entry.kind is RecordKind.CASE:
        listed = [_described(case) for case in await _listed_cases(debitura, ledger, accounts, entry)]
    else:
        assert debbie is not None
        sent = json.loads(entry.payload)
        alike = [
            v for v in await debbie.vouchers(debbie.case_of(ledger.outbox.entry(entry.id)) or "") if is_same_voucher(sent, v)
        ]
        ids = [str(voucher.get("caseVoucherId")) for voucher in alike]
        owned = ledger.doubts.owned(accounts, ids, RecordKind.VOUCHER)
        listed = [(identifier, f"voucher {identifier}") for identifier in ids if identifier not in owned]
    if listed:
        described = ", ".join(text for _, text in listed[:5])
        raise UsageError(
            f"Nothing was changed: {described} may be {name}, and belongs to no other row. If it is, type "
            f"`importer resolve {name} --exists {listed[0][0]}`; if you are certain that it is not, "
            f"`importer resolve {name} --absent --although-listed`."
        )


async def _listed_cases(debitura: Debitura, ledger: Ledger, accounts: Accounts, entry: OpenEntry) -> list[Remote]:
    rivals = ledger.doubts.cases(accounts, None, held=True)
    doubt = next(rival for rival in rivals if rival.entry_id == entry.id)
    found, _, clock = await look_up(ledger, debitura, accounts, rivals, [doubt])
    if not found.steady:
        raise ApiStopped("Debitura's list of cases changed each time that it was read. Nothing was changed: try again.")
    owned = ledger.doubts.owned(accounts, [case.id for case in found.cases])
    return [case for case in found.cases if case.id not in owned and could_be(doubt, case, clock)]


def _described(case: Remote) -> tuple[str, str]:
    reference = f" ({case.reference})" if case.reference else ""
    return case.id, f"case {case.id}{reference} of {case.created:%Y-%m-%d %H:%M} UTC"
