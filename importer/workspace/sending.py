"""Sending what was approved: the account is opened, its list is looked at, and the entries are compared with the approvals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.errors import ExitCode, LedgerError
from importer.ledger.ledger import Ledger
from importer.workspace.console import Console
from importer.workspace.dispatch import Dispatch, find_accounts
from importer.workspace.environment import Environment
from importer.workspace.list_look import Unread, look_before_sending
from importer.workspace.person import current_person
from importer.workspace.request import NewLedger


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """The accounts of the credentials. ``unread``: Debitura's list could not be read, so that nothing may be sent."""

    accounts: Accounts
    unread: Unread | None = None


def open_account(ledger: Ledger, environment: Environment, console: Console, new: NewLedger = NewLedger.ASKED) -> OpenedAccount:
    """Find out whose the credentials are, and look at the list of cases.

    Raises UsageError or ApiStopped: nothing was read or recorded yet.
    """
    accounts = asyncio.run(find_accounts(ledger, environment, console, new))
    return OpenedAccount(accounts, look_before_sending(ledger, environment, accounts, console))


def send_batches(
    ledger: Ledger,
    environment: Environment,
    scope: Scope,
    console: Console,
    batches: Sequence[int],
    *,
    unread: Unread | None,
    stops: bool,
) -> tuple[ExitCode, list[str]]:
    """Send what was approved. Returns the exit code of what ended it early, if anything did, and messages for the user.

    ``batches`` are those of the scope, which may name all open ones together.
    The entries are first compared with what was approved: if they differ, nothing is sent. ``stops``: at a quota.
    """
    if altered := ledger.approvals.altered(batches):
        names = ", ".join(str(batch) for batch in altered)
        how = " and ".join(f"`importer approve {batch}`" for batch in altered)
        message = f"What the ledger holds of batch {names} is not what was approved. Nothing was sent: {how} shows it and asks."
        ledger.approvals.invalidate(altered, current_person(), "its entries are not those that were approved")
        return ExitCode.APPROVAL, [message]
    if unread is None:
        ledger.approvals.begin(batches)
    sent = Dispatch(ledger, environment, scope, console, unread=unread, stop_at_quota=stops).run()
    with suppress(LedgerError):  # a ledger that was lost while sending is reported already
        ledger.approvals.finish(batches)
    return sent
