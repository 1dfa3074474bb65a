"""`importer resume`: continue with all unfinished entries of the ledger."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.errors import ExitCode
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import require_ledger
from importer.workspace.connections import quotas_of
from importer.workspace.console import Console
from importer.workspace.dispatch import Dispatch, find_accounts
from importer.workspace.environment import Environment
from importer.workspace.progress import announcement
from importer.workspace.result import RunResult, report_batches


def resume(environment: Environment, console: Console, output: Path | None = None, *, stop_at_quota: bool = False) -> RunResult:
    """Resolve doubts, send waiting entries, and report. Raises LedgerError if the ledger does not exist."""
    require_ledger(environment.ledger_url)
    environment.check_deadline()
    with environment.open_ledger("importer resume") as ledger:
        ledger.outbox.recover()
        with ledger.queries() as queries:
            unfinished = queries.open_batches()
        if not unfinished:
            return RunResult(ExitCode.OK, messages=("Nothing is unfinished.",))
        accounts = asyncio.run(find_accounts(ledger, environment, console))
        batches = [batch for batch, owners in unfinished.items() if owners & {accounts.cases, accounts.vouchers}]
        if others := len(unfinished) - len(batches):
            console.note(f"{others} unfinished batches belong to another account: resume them with its credentials.")
        if not batches:
            return RunResult(ExitCode.OK, messages=("Nothing of this account is unfinished.",))
        _announce(ledger, environment, accounts, console, stop_at_quota=stop_at_quota)
        scope = Scope(accounts, None, uuid4().hex)
        sent = Dispatch(ledger, environment, scope, console, stop_at_quota=stop_at_quota).run()
        return report_batches(ledger, environment, batches, output, sent)


def _announce(ledger: Ledger, environment: Environment, accounts: Accounts, console: Console, *, stop_at_quota: bool) -> None:
    """Show when sending will finish. Raises SettingsError if there are vouchers but Debbie's settings are missing."""
    left = {kind: ledger.outbox.count_open(accounts, kind, None) for kind in RecordKind}
    if left[RecordKind.VOUCHER]:
        environment.require_debbie()
    concurrency = environment.settings.dispatch.concurrency
    if finish := announcement(quotas_of(environment, ledger), left, concurrency, stops_at_quota=stop_at_quota):
        console.note(f"Resuming: {finish}.")
