"""`importer resume`: continue with all unfinished entries of the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.errors import ExitCode
from importer.ledger.ledger import Ledger
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.location import require_ledger
from importer.ledger.storage.lock import OtherSender
from importer.workspace.connections import quotas_of
from importer.workspace.console import Console
from importer.workspace.dispatch import find_accounts
from importer.workspace.environment import Environment
from importer.workspace.own_ledger import open_own_ledger
from importer.workspace.progress import announcement
from importer.workspace.result import RunResult, combine
from importer.workspace.sender import expire_approvals, hand_over_batches
from importer.workspace.sending import begin_sending, send_and_report


def resume(environment: Environment, console: Console, output: Path | None = None, *, stop_at_quota: bool = False) -> RunResult:
    """Resolve doubts, send what is approved and waits, and report. Raises LedgerError if the ledger does not exist."""
    if not environment.is_sandbox:
        console.note(environment.place())
    require_ledger(environment.ledger_url)
    environment.check_deadline()
    with open_own_ledger(environment, "importer resume", console.note) as ledger:
        ledger.outbox.recover()
        expire_approvals(ledger, environment)
        with ledger.queries() as queries:
            unfinished = queries.open_batches()
            undecided = queries.undecided_batches()
        void = {one.id: one.why for one in ledger.approvals.void_batches()}
        waiting = [_waiting_text(info, void.get(info.id, "")) for info in undecided]
        sendable = {batch: owners for batch, owners in unfinished.items() if batch not in {info.id for info in undecided}}
        if not sendable:
            return _nothing_to_send(waiting)
        accounts = asyncio.run(find_accounts(ledger, environment, console))  # one that is new here has nothing to go on with
        batches = _of_account(sendable, accounts, console)
        if not batches:
            return RunResult(ExitCode.OK, messages=("Nothing of this account is unfinished.",))
        opened = begin_sending(ledger, environment, console, accounts, "importer resume")
        scope = Scope(accounts, tuple(batches) if undecided else None, uuid4().hex)
        goes_on: list[str] = []
        if opened.other is None:
            _announce(ledger, environment, scope, console, stop_at_quota=stop_at_quota)
        else:
            batches, goes_on = _not_with(opened.other, batches, ledger, accounts)
            with ledger.unit_of_work() as work:
                hand_over_batches(work, batches, environment, output)
        result = send_and_report(ledger, environment, opened, scope, console, batches, output, stops=stop_at_quota)
    return combine(result.reports, (), result.exit_code, [*result.messages, *goes_on, *waiting], waiting=bool(waiting))


def _not_with(other: OtherSender, batches: Sequence[int], ledger: Ledger, accounts: Accounts) -> tuple[list[int], list[str]]:
    """Return those of the batches that the account's sender does not have yet, and what to say about the others."""
    with_sender = ledger.hand_overs.with_sender(accounts)
    new = [batch for batch in batches if batch not in with_sender]
    theirs = [str(batch) for batch in batches if batch in with_sender]
    if not theirs:
        return new, []
    batches_named = f"batch{'es' if len(theirs) > 1 else ''} {', '.join(theirs)}"
    return new, [f"{other.text()} goes on with {batches_named}.{other.silence()}"]


def _nothing_to_send(waiting: Sequence[str]) -> RunResult:
    if not waiting:
        return RunResult(ExitCode.OK, messages=("Nothing is unfinished.",))
    return RunResult(ExitCode.APPROVAL, messages=(*waiting, "Nothing else is unfinished."))


def _of_account(sendable: Mapping[int, set[str]], accounts: Accounts, console: Console) -> list[int]:
    """Return the batches of these accounts, and note how many belong to others."""
    batches = [batch for batch, owners in sendable.items() if owners & {accounts.cases, accounts.vouchers}]
    if others := len(sendable) - len(batches):
        console.note(f"{others} unfinished batches belong to another account: resume them with its credentials.")
    return batches


def _waiting_text(info: BatchInfo, why: str) -> str:
    what = "is staged" if info.state is BatchState.STAGED else f"must be approved again ({why})"
    return f"Batch {info.id} ({info.source_name}) {what}: `importer approve {info.id}` shows it and asks."


def _announce(ledger: Ledger, environment: Environment, scope: Scope, console: Console, *, stop_at_quota: bool) -> None:
    """Show when sending will finish. Raises SettingsError if there are vouchers but Debbie's settings are missing."""
    left = {kind: ledger.outbox.count_open(scope.accounts, kind, scope.batches) for kind in RecordKind}
    if left[RecordKind.VOUCHER]:
        environment.require_debbie()
    concurrency = environment.settings.dispatch.concurrency
    if finish := announcement(quotas_of(environment, ledger), left, concurrency, stops_at_quota=stop_at_quota):
        console.note(f"Resuming: {finish}.")
