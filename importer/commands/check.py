"""`importer check`: read and validate sources, and report what a run would do."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.kinds import RecordKind
from importer.errors import ExitCode
from importer.ledger.ledger import Ledger
from importer.reporter.report import write_report
from importer.reporter.review.build import build_file_review
from importer.workspace.connections import known_accounts, quotas_of, unused_quotas
from importer.workspace.environment import Environment
from importer.workspace.nothing_to_import import without_files, without_rows
from importer.workspace.operator_log import log_reports
from importer.workspace.person import current_person
from importer.workspace.progress import announcement
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult, combine
from importer.workspace.reviews import account_shown, review_of, write_run_review
from importer.workspace.staging import CHECK, take_in_sources, unmet_expectation


def check(request: ImportRequest, environment: Environment) -> RunResult:
    """Read and validate sources, and write the same sheets as a run, with a review. Nothing is recorded or sent."""
    if (nothing := without_files(request)) is not None:
        return nothing
    with Ledger.scratch(environment.ledger_url) as ledger:
        accounts = known_accounts(ledger, environment)
        with ledger.unit_of_work() as work:
            staged = take_in_sources(work, request, environment, accounts, CHECK, current_person())
            unmet = unmet_expectation(work.queries, staged, request.expected)
            if not staged.batches:
                return without_rows(staged, request, unmet)
            directory = request.output or environment.output
            reports = [
                write_report(work.queries, batch, directory, checking=True, access=environment.access) for batch in staged.batches
            ]
            files = [build_file_review(work.queries, batch) for batch in staged.batches]
            rows = {kind: work.queries.pending_totals(staged.batches, kind)[0] for kind in RecordKind}
        account = account_shown(environment, accounts)
        # Without a known account nothing was sent, so that no credential need be looked up.
        quotas = quotas_of(environment, ledger) if account.partner else unused_quotas(environment)
        finish = announcement(quotas, rows, environment.settings.dispatch.concurrency)
    review = review_of(files, request.workspace, environment, account, staged, finish=finish, is_check=True)
    page = write_run_review(review, reports, directory, environment.access)
    log_reports(reports, checking=True)
    found = combine(reports, code=ExitCode.FILE_REFUSED, messages=[unmet]) if unmet else combine(reports, staged.refused)
    return replace(found, review=review, review_file=page, empty=staged.empty)
