"""`importer check`: read and validate sources, and report what a run would do."""

from __future__ import annotations

from importer.errors import ExitCode
from importer.ledger.ledger import Ledger
from importer.reporter.report import write_report
from importer.workspace.connections import known_accounts
from importer.workspace.environment import Environment
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult, combine
from importer.workspace.staging import stage_sources, unmet_expectation


def check(request: ImportRequest, environment: Environment) -> RunResult:
    """Read and validate sources, and write the same sheets as a run. Nothing is recorded or sent."""
    with Ledger.scratch(environment.ledger_url) as ledger:
        accounts = known_accounts(ledger, environment)
        with ledger.unit_of_work() as work:
            staged = stage_sources(work, request, environment, accounts, "check")
            unmet = unmet_expectation(work.queries, staged, request.expected)
            directory = request.output or environment.output
            reports = [
                write_report(work.queries, batch, directory, checking=True, access=environment.access) for batch in staged.batches
            ]
    if unmet:
        return combine(reports, code=ExitCode.FILE_REFUSED, messages=[unmet])
    return combine(reports, staged.refused)
