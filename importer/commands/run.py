"""`importer run`: read the sources, record their rows, send new entries, and report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.sending.queue import Scope
from importer.domain.kinds import RecordKind
from importer.domain.money import totals_text
from importer.errors import Declined, FileRefused
from importer.workspace.connections import quotas_of
from importer.workspace.console import Console
from importer.workspace.dispatch import Dispatch, check_debbie, find_accounts
from importer.workspace.environment import Environment
from importer.workspace.progress import announcement
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult, report_batches
from importer.workspace.staging import stage_sources, unmet_expectation

Totals = Mapping[RecordKind, tuple[int, dict[str, int]]]  # rows to send, and their hundredths by currency


def run(request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Import sources: read, record, send and report. Raises ImporterError only before anything is sent."""
    environment.require_debitura()
    environment.check_deadline()
    with environment.open_ledger("importer run") as ledger:
        ledger.outbox.recover()
        accounts = asyncio.run(find_accounts(ledger, environment, console))
        run_id = uuid4().hex
        quotas = quotas_of(environment, ledger)
        with ledger.unit_of_work() as work:  # rolled back if anything below raises
            staged = stage_sources(work, request, environment, accounts, run_id)
            if unmet := unmet_expectation(work.queries, staged, request.expected):
                raise FileRefused(unmet)
            totals = {kind: work.queries.pending_totals(staged.batches, kind) for kind in RecordKind}
            _check_debbie_settings(totals, environment)
            _ask(totals, quotas, request, environment, console)
        scope = Scope(accounts, staged.batches, run_id)
        sent = Dispatch(ledger, environment, scope, console, stop_at_quota=request.stop_at_quota).run()
        return report_batches(ledger, environment, staged.batches, request.output, sent, staged.refused)


def _check_debbie_settings(totals: Totals, environment: Environment) -> None:
    """Raise SettingsError or ApiStopped if there are vouchers to send and Debbie would not accept them."""
    rows, _ = totals[RecordKind.VOUCHER]
    if rows:
        environment.require_debbie()
        asyncio.run(check_debbie(environment))


def _ask(
    totals: Totals, quotas: Mapping[RecordKind, RateLimits], request: ImportRequest, environment: Environment, console: Console
) -> None:
    """Ask the user to confirm sending to a real account. Raises Declined if the answer is no."""
    to_send = " and ".join(f"{rows:,} {kind}s ({totals_text(money)})" for kind, (rows, money) in totals.items() if rows)
    rows = {kind: count for kind, (count, _) in totals.items()}
    finish = announcement(quotas, rows, environment.settings.dispatch.concurrency, stops_at_quota=request.stop_at_quota)
    if not to_send or environment.is_sandbox or request.confirmed:
        if finish:
            console.note(f"Sending {to_send}: {finish}.")
        return
    finishes = f" It {finish}." if finish else ""
    if not console.confirm(f"Send {to_send} to {environment.debitura_url}?{finishes}"):
        raise Declined("Nothing was sent or recorded.")
