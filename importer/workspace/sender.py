"""What the account's one sender sends: the batches of its own run, and those that other runs have handed over to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.timestamps import to_timestamp
from importer.errors import ExitCode, UsageError
from importer.ledger.ledger import Ledger, UnitOfWork
from importer.ledger.storage.lock import OtherSender
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.ledger_guard import admit_ledger, note_account, refuse_copy, refuse_second_ledger
from importer.workspace.list_look import Unread, look_before_sending
from importer.workspace.person import current_person
from importer.workspace.request import NewLedger

Ended = tuple[ExitCode, list[str]]
"""How a sending has ended: its exit code, and messages for the user."""


class Sender:
    """The one sender of an account: what it sends, and the checks with which it begins, and begins again after a wait.

    ``scope`` is what is sent now; with None for its batches, ``batches`` are those that it means.
    """

    def __init__(self, ledger: Ledger, environment: Environment, console: Console, scope: Scope, batches: Iterable[int]) -> None:
        self._ledger, self._environment, self._console = ledger, environment, console
        self._own = self._batches = tuple(batches)
        self.scope = scope

    def begin(self, unread: Unread | None, nothing: str = "Nothing") -> Ended | None:
        """Take what is handed over, and compare everything with what was approved. Returns how the sending has ended, if so.

        An altered batch of another run is left out; one of this run's own ends the sending.
        """
        self._take_handed_over()
        if altered := self._ledger.approvals.altered(self._batches):
            self._ledger.approvals.invalidate(altered, current_person(), "its entries are not those that were approved")
            if own := [batch for batch in altered if batch in self._own]:
                return ExitCode.APPROVAL, [
                    f"{_altered_text(own)} {nothing} was sent: {_approve_commands(own)} shows it and asks."
                ]
            self._leave_out(altered)
        self._ledger.hand_overs.note_sent(self.scope.accounts, self._batches)
        if unread is None:
            self._ledger.approvals.begin(self._batches)
        return None

    def begin_again(self, *, looks: bool = True) -> Ended | None:
        """Check everything that a sending begins with, after the ledger was let go and taken again.

        The list is read again: it may show cases that others have made meanwhile, and the quota that was waited for has room
        for the request. After a moment without the ledger (``looks`` is false) that is done only for what was handed over since.
        """
        self.scope = replace(self.scope, batches=self._batches)  # not what others may have approved since for themselves
        self._ledger.outbox.recover()  # of others: this run had nothing under way
        try:
            self._refuse_other_ledger()
        except UsageError as error:
            return ExitCode.USAGE, [f"Sending does not go on after the wait: {error}"]
        unread = None
        if looks or self._ledger.hand_overs.waiting(self.scope.accounts).keys() - set(self._batches):
            unread = look_before_sending(self._ledger, self._environment, self.scope.accounts, self._console)
        if ended := self.begin(unread, "Nothing more"):
            return ended
        return (unread.exit_code, [unread.message]) if unread else None

    def finish(self) -> None:
        """Forget the digests of what has nothing left to send."""
        self._ledger.approvals.finish(self._batches)

    def _refuse_other_ledger(self) -> None:
        """Raise LedgerError or UsageError if this is a copy, or if the account is served by another ledger by now."""
        accounts = self.scope.accounts
        refuse_copy(self._ledger, self._environment)
        refuse_second_ledger(self._environment, accounts.cases)
        if admit_ledger(self._ledger, self._environment, accounts.cases, self._console, NewLedger.IGNORED):
            note_account(self._ledger, self._environment, accounts)

    def _leave_out(self, altered: Iterable[int]) -> None:
        """Send nothing of batches that others have handed over. They must be approved again, which hands them over again."""
        others = sorted(altered)
        self._console.warn(f"{_altered_text(others)} Nothing of it is sent: {_approve_commands(others)} shows it and asks.")
        self._ledger.hand_overs.leave(others)
        self._batches = tuple(batch for batch in self._batches if batch not in others)
        self.scope = replace(self.scope, batches=self._batches)

    def _take_handed_over(self) -> None:
        accounts = self.scope.accounts
        waiting = self._ledger.hand_overs.waiting(accounts)
        if not waiting:
            return
        expire_approvals(self._ledger, self._environment)
        waiting = self._ledger.hand_overs.waiting(accounts)
        self._ledger.hand_overs.take(waiting)
        new = tuple(batch for batch in waiting if batch not in self._batches)
        self._batches = tuple(sorted({*self._batches, *new}))
        if new:
            self.scope = replace(self.scope, batches=self._batches)
        if new:
            self._ledger.outbox.forget_waits(accounts, new)


def _altered_text(batches: Iterable[int]) -> str:
    return f"What the ledger holds of batch {', '.join(map(str, batches))} is not what was approved."


def _approve_commands(batches: Iterable[int]) -> str:
    return " and ".join(f"`importer approve {batch}`" for batch in batches)


def expire_approvals(ledger: Ledger, environment: Environment) -> None:
    """Void the approvals that are too old for the sending to begin now, of what this process holds."""
    hours = environment.settings.approval.valid_hours
    oldest = to_timestamp(datetime.now(UTC) - timedelta(hours=hours))
    why = f"it was not begun within {hours:g} hours of its approval"
    ledger.approvals.expire(oldest, current_person(), why, ledger.hold.accounts)


def hand_over_batches(work: UnitOfWork, batches: Iterable[int], environment: Environment, output: Path | None) -> None:
    """Leave approved batches to the account's sender, with the folder of their reports."""
    work.hand_over(batches, output or environment.output)


def left_to(other: OtherSender, ledger: Ledger, accounts: Accounts, batches: Iterable[int]) -> list[str]:
    """Return what to say to a user whose batches were handed over; nothing if they hold nothing to send."""
    chosen = tuple(batches)
    if not any(ledger.outbox.count_open(accounts, kind, chosen) for kind in RecordKind):
        return []
    if other.owner is None:
        return ["Its entries are left to the account's sender: `importer status` shows them, and `importer resume` sends them."]
    goes_on = "`importer status` shows them; if it ends before, `importer resume` sends them."
    return [f"{other.text()} will send its entries. {goes_on}{other.silence()}"]
