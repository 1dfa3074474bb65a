"""The main flow: load → record → dispatch → report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from importer.dispatcher.pacing.quota import Quota
from importer.dispatcher.sending.queue import Scope
from importer.domain.accounts import Accounts
from importer.domain.kinds import Kind
from importer.errors import ExitCode, FileRefused, UsageError
from importer.ledger.ledger import Ledger, UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.ledger.storage.location import require_ledger
from importer.reporter.report import Report, write_report
from importer.reporter.terminal import amounts
from importer.workspace.connections import known_accounts, quotas_of
from importer.workspace.environment import Environment
from importer.workspace.progress import announcement
from importer.workspace.request import ImportRequest
from importer.workspace.sources import Source, sources_of

if TYPE_CHECKING:
    from importer.workspace.console import Console


@dataclass(frozen=True)
class RunResult:
    """How a run ended: its exit code, one report per batch, and what else there is to say."""

    exit_code: ExitCode
    reports: tuple[Report, ...] = ()
    messages: tuple[str, ...] = ()


class Declined(UsageError):
    """The user looked at the totals and said no; nothing was recorded or sent."""

    exit_code = ExitCode.INTERRUPTED


def run(job: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Import sources: read, record, send, report. Raises ImporterError before anything is sent, never after."""
    from importer.workspace.dispatch import find_accounts  # what sends is loaded when it is to send: `check` needs none of it

    environment.require_debitura()
    with Ledger.open(environment.ledger_url, "importer run") as ledger:
        ledger.outbox.recover()
        accounts = asyncio.run(find_accounts(ledger, environment))
        run_id = uuid4().hex
        quotas = quotas_of(environment, ledger)
        with ledger.unit_of_work() as work:
            batches, refused = stage_sources(work, job, environment, accounts, run_id)
            if unmet := _unmet(work.queries, batches, refused, job):
                raise FileRefused(unmet)
            totals = {kind: work.queries.pending_totals(batches, kind) for kind in Kind}
            _before_sending(totals, job, environment, console, quotas)
        return _send_and_report(ledger, environment, Scope(accounts, tuple(batches), run_id), batches, refused, job, console)


def resume(job: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Go on with everything that is unfinished in the ledger. Raises LedgerError if there is none."""
    from importer.workspace.dispatch import find_accounts

    require_ledger(environment.ledger_url)
    with Ledger.open(environment.ledger_url, "importer resume") as ledger:
        ledger.outbox.recover()
        with ledger.queries() as queries:
            unfinished = queries.open_batches()
        if not unfinished:
            return RunResult(ExitCode.OK, messages=("Nothing is unfinished.",))
        accounts = asyncio.run(find_accounts(ledger, environment))
        mine = {accounts.cases, accounts.vouchers}
        batches = [batch for batch, theirs in unfinished.items() if theirs & mine]
        if others := len(unfinished) - len(batches):
            console.note(f"{others} unfinished batches belong to another account: resume them with its credentials.")
        if not batches:
            return RunResult(ExitCode.OK, messages=("Nothing of this account is unfinished.",))
        scope = Scope(accounts, None, uuid4().hex)
        if ledger.outbox.count_open(accounts, Kind.VOUCHER, None):
            environment.require_debbie()
        left = {kind: ledger.outbox.count_open(accounts, kind, None) for kind in Kind}
        slots, stops = environment.settings.dispatch.concurrency, job.stop_at_quota
        if finish := announcement(quotas_of(environment, ledger), left, slots, stops_at_quota=stops):
            console.note(f"Resuming: {finish}.")
        return _send_and_report(ledger, environment, scope, batches, [], job, console)


def check(job: ImportRequest, environment: Environment) -> RunResult:
    """Read and validate sources, and write the same sheets; nothing is recorded or sent."""
    with Ledger.scratch(environment.ledger_url) as ledger:
        accounts = known_accounts(ledger, environment)
        with ledger.unit_of_work() as work:
            batches, refused = stage_sources(work, job, environment, accounts, "check")
            unmet = _unmet(work.queries, batches, refused, job)
            directory = job.output or environment.output
            reports = [write_report(work.queries, batch, directory, checking=True) for batch in batches]
    return _result(reports, [] if unmet else refused, ExitCode.FILE_REFUSED if unmet else ExitCode.OK, [unmet] if unmet else [])


def stage_sources(
    work: UnitOfWork, job: ImportRequest, environment: Environment, accounts: Accounts, run_id: str
) -> tuple[list[int], list[FileRefused]]:
    """Stage every source; a file that cannot be read is left out and returned, the others go on.

    Raises FileRefused if not one source could be read.
    """
    batches: list[int] = []
    refused: list[FileRefused] = []
    for source in sources_of(job, environment, work.has_cases):
        try:
            batches.append(_stage_one(work, source, accounts, run_id, batches))
        except FileRefused as error:
            refused.append(error)
    if not batches and refused:
        raise FileRefused("\n".join(str(error) for error in refused))
    return batches, refused


def _stage_one(work: UnitOfWork, source: Source, accounts: Accounts, run_id: str, batches: Sequence[int]) -> int:
    """The batch of one source. A file that is known, with all its rows, is not read again."""
    if source.reading and (known := work.reuse_unchanged_batch(source.reading, accounts, run_id, batches)):
        return known
    with source.open() as opened:
        return work.stage(opened, accounts, run_id, batches, source.reading)


def _unmet(queries: Queries, batches: Sequence[int], refused: Sequence[FileRefused], job: ImportRequest) -> str | None:
    """Why the files are not what was expected of them, all together; None if they are, or if nothing was."""
    if not job.expected:
        return None
    if refused:
        told = "Not every file could be read, so they cannot be what is expected of them. Nothing was sent or recorded."
        return "\n".join([*map(str, refused), told])
    infos = (queries.batch(batch) for batch in batches)
    return job.expected.unmet([totals for info in infos if info for totals in queries.sheet_totals(info)])


def _before_sending(
    totals: dict[Kind, tuple[int, dict[str, int]]],
    job: ImportRequest,
    environment: Environment,
    console: Console,
    quotas: Mapping[Kind, Quota],
) -> None:
    """Check what sending needs and ask. Raises before anything is recorded: the transaction is still open."""
    from importer.workspace.dispatch import check_debbie

    if totals[Kind.VOUCHER][0]:
        environment.require_debbie()
        asyncio.run(check_debbie(environment))
    told = [f"{rows:,} {kind}s ({amounts(money)})" for kind, (rows, money) in totals.items() if rows]
    rows = {kind: count for kind, (count, _) in totals.items()}
    finish = announcement(quotas, rows, environment.settings.dispatch.concurrency, stops_at_quota=job.stop_at_quota)
    if not told or environment.is_sandbox or job.confirmed:
        if finish:
            console.note(f"Sending {' and '.join(told)}: {finish}.")
        return
    finishes = f" It {finish}." if finish else ""
    if not console.confirm(f"Send {' and '.join(told)} to {environment.debitura_url}?{finishes}"):
        raise Declined("Nothing was sent or recorded.")


def _send_and_report(
    ledger: Ledger,
    environment: Environment,
    scope: Scope,
    batches: Sequence[int],
    refused: Sequence[FileRefused],
    job: ImportRequest,
    console: Console,
) -> RunResult:
    from importer.workspace.dispatch import Sending

    code, messages = Sending(ledger, environment, scope, console, stop_at_quota=job.stop_at_quota).run()
    directory = job.output or environment.output
    reports: list[Report] = []
    for batch in batches:
        try:
            with ledger.queries() as queries:
                reports.append(write_report(queries, batch, directory, code))
        except UsageError as error:  # what was sent was sent: say so, and go on with the next batch's report
            messages = [*messages, str(error)]
            code = ExitCode.USAGE if code is ExitCode.OK else code
    return _result(reports, refused, code, messages)


_URGENT_FIRST = (
    *(ExitCode.INTERRUPTED, ExitCode.API_STOPPED, ExitCode.QUOTA, ExitCode.IN_DOUBT, ExitCode.FILE_REFUSED),
    *(ExitCode.USAGE, ExitCode.ROWS_LEFT, ExitCode.OK),
)


def _result(reports: Sequence[Report], refused: Sequence[FileRefused], code: ExitCode, messages: Sequence[str]) -> RunResult:
    codes = [code, *(report.summary.exit_code for report in reports), *(error.exit_code for error in refused)]
    told = [*(str(error) for error in refused), *messages]
    return RunResult(min(codes, key=_URGENT_FIRST.index), tuple(reports), tuple(told))
