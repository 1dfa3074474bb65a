"""Sending what was approved: the account is opened, its list is looked at, and the entries are compared with the approvals.

If the account has a sender already, the entries are left to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.errors import ExitCode, FileRefused, LedgerError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.lock import OtherSender
from importer.workspace.connections import credential_fingerprints
from importer.workspace.console import Console
from importer.workspace.dispatch import Dispatch, find_accounts
from importer.workspace.environment import Environment
from importer.workspace.list_look import Unread, look_before_sending
from importer.workspace.request import NewLedger
from importer.workspace.result import RunResult, report_batches
from importer.workspace.sender import Ended, Sender, left_to


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """The accounts of the credentials. ``unread``: Debitura's list could not be read, so that nothing may be sent.

    ``other`` is the process that sends for this account already. This one then leaves its batches to it.
    """

    accounts: Accounts
    unread: Unread | None = None
    other: OtherSender | None = None


def open_account(
    ledger: Ledger,
    environment: Environment,
    console: Console,
    command: str,
    new: NewLedger = NewLedger.ASKED,
    *,
    leaves: bool = False,
) -> OpenedAccount:
    """Find out whose the credentials are, become the account's sender if it has none, and then look at the list of cases.

    ``leaves``: the sending is left to a sender in any case, which there may be later.

    Raises UsageError or ApiStopped: nothing was read or recorded yet.
    """
    accounts = asyncio.run(find_accounts(ledger, environment, console, new))
    return begin_sending(ledger, environment, console, accounts, command, leaves=leaves)


def begin_sending(
    ledger: Ledger, environment: Environment, console: Console, accounts: Accounts, command: str, *, leaves: bool = False
) -> OpenedAccount:
    """Become the account's sender and look at the list of cases; if the account has a sender, only return which it is.

    From here on, other processes can import and send for other accounts with a ledger on a server.
    """
    other = ledger.sender(accounts.cases) or OtherSender(None) if leaves else ledger.become_sender(accounts.cases, command)
    ledger.hold.leave_others(accounts, credential_fingerprints(ledger, environment))
    if other:
        return OpenedAccount(accounts, other=other)
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
) -> Ended:
    """Send what was approved. Returns the exit code of what ended it early, if anything did, and messages for the user.

    ``batches`` are those of the scope, which may name all open ones together. What other runs have handed over is sent too.
    The entries are first compared with what was approved: if they differ, nothing is sent. ``stops``: at a quota.
    """
    sender = Sender(ledger, environment, console, scope, batches)
    if ended := sender.begin(unread):
        return ended
    sent = Dispatch(ledger, environment, sender, console, unread=unread, stop_at_quota=stops).run()
    with suppress(LedgerError):  # a ledger that was lost while sending is reported already
        sender.finish()
    return sent


def send_and_report(
    ledger: Ledger,
    environment: Environment,
    opened: OpenedAccount,
    scope: Scope,
    console: Console,
    batches: Sequence[int],
    output: Path | None = None,
    refused: Iterable[FileRefused] = (),
    *,
    stops: bool,
) -> RunResult:
    """Send what was approved, or leave it to the account's sender, and write the reports of the batches."""
    if opened.other is not None:
        messages = left_to(opened.other, ledger, scope.accounts, batches)
        return report_batches(ledger, environment, batches, output, (ExitCode.OK, messages), refused, is_left=True)
    sent = send_batches(ledger, environment, scope, console, batches, unread=opened.unread, stops=stops)
    return report_batches(ledger, environment, batches, output, sent, refused)
