"""`importer run`: read the sources, record their rows, have them approved, send new entries, and report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from importer.dispatcher.sending.queue import Scope
from importer.domain.kinds import RecordKind
from importer.errors import ApiStopped, ApprovalNeeded, Declined, ExitCode, FileRefused, LedgerHeld, UsageError
from importer.reporter.review.files import write_review
from importer.reporter.review.model import Review
from importer.reporter.review.terminal import first_lines, review_lines
from importer.workspace.approval import how_to_approve, named, reasons_to_wait, unmet_gates
from importer.workspace.approving import approve_batches
from importer.workspace.connections import quotas_of
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.ledger_guard import refuse_vanished
from importer.workspace.nothing_to_import import with_remarks, without_files, without_rows
from importer.workspace.operator_log import log_reports
from importer.workspace.own_ledger import open_own_ledger
from importer.workspace.person import current_person
from importer.workspace.proposing import StagedRun, check_debbie_settings, file_reviews, finish_text, in_words, stage_run
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult, combine
from importer.workspace.reviews import account_shown, review_of
from importer.workspace.sender import hand_over_batches
from importer.workspace.sending import open_account, send_and_report
from importer.workspace.staging import take_in_sources, unmet_expectation


def run(request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Import sources: read, record, have approved, send and report. Raises ImporterError only before anything is sent."""
    if not environment.is_sandbox:
        console.note(environment.place())
    environment.require_debitura()
    environment.check_deadline()
    refuse_vanished(environment)
    if (nothing := without_files(request)) is not None:
        return nothing
    if _goes_unasked(request, environment):
        return _run_at_once(request, environment, console)
    found = stage_run(request, environment, console)
    if not found.staged.batches:
        return without_rows(found.staged, request)
    return with_remarks(_decide(found, request, environment, console), found.staged)


def _goes_unasked(request: ImportRequest, environment: Environment) -> bool:
    """Return whether what is read is sent without a question: in the sandbox, or with --yes where no rule needs the review."""
    rules = environment.settings.approval
    has_rules = rules.required != "never" or bool(rules.above) or rules.four_eyes
    return not request.gates and (environment.is_sandbox or (request.confirmed and not has_rules))


def _run_at_once(request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Record the sources as approved, in one transaction, and send them."""
    with open_own_ledger(environment, "importer run", console.note) as ledger:
        ledger.outbox.recover()
        leaves, new = request.leaves_sending, request.new_ledger_choice
        opened = open_account(ledger, environment, console, "importer run", new, leaves=leaves)
        accounts = opened.accounts
        run_id, quotas = uuid4().hex, quotas_of(environment, ledger)
        with ledger.unit_of_work() as work:  # rolled back if anything below raises
            taken = take_in_sources(work, request, environment, accounts, run_id, current_person())
            if unmet := unmet_expectation(work.queries, taken, request.expected):
                raise FileRefused(unmet)
            if not taken.batches:
                return without_rows(taken, request)
            totals = {kind: work.queries.pending_totals(taken.batches, kind) for kind in RecordKind}
            check_debbie_settings(totals, environment)
            finish = finish_text(totals, quotas, request, environment)
            files = file_reviews(work, taken.batches)
            if opened.other:
                hand_over_batches(work, taken.batches, environment, request.output)
        shown = account_shown(environment, accounts)
        review = review_of(files, request.workspace, environment, shown, taken, finish=finish)
        console.introduce("\n".join(first_lines(review)))
        if finish and not opened.other:
            console.note(f"Sending {in_words(totals)}: {finish}.")
        scope = Scope(accounts, taken.batches, run_id)
        result = send_and_report(
            *(ledger, environment, opened, scope, console, taken.batches, request.output, taken.refused),
            stops=request.stop_at_quota,
        )
    return with_remarks(_with_page(result, review, environment, console), taken)


def _with_page(result: RunResult, review: Review, environment: Environment, console: Console) -> RunResult:
    """Write the page of the review beside the sheets of the first file. If that is not possible, its error is a message."""
    written = [report.folder for report in result.reports if report.is_written]
    if not written:
        return result
    try:
        page = write_review(review, written[0], environment.access)
    except UsageError as error:
        return replace(result, messages=(*result.messages, str(error)))
    console.introduce(f"Review: {page}")
    return replace(result, review_file=page)


def _decide(found: StagedRun, request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Ask whether the staged batches may be sent, and send them if they may."""
    previewed = found.previewed
    if not found.staged.proposed:  # the files were imported before as they are
        without_rows(found.staged, request)
    elif waits := _reasons_to_wait(found, request, environment):
        return _waiting(found, waits, console)
    if not previewed.sends_nothing():
        if not request.is_asked:
            console.present("\n".join([*first_lines(found.review), *found.page_lines()]))
        elif not _confirm(found, request, environment, console):
            _discard(found, environment)
            raise Declined(f"Nothing was sent. {named(found.staged.proposed)} discarded.")
    try:
        return _approve_and_send(found, request, environment, console)
    except (LedgerHeld, ApprovalNeeded, ApiStopped) as error:
        raise type(error)(f"{error} {how_to_approve(found.staged.proposed)}") from None


def _reasons_to_wait(found: StagedRun, request: ImportRequest, environment: Environment) -> list[str]:
    """Describe why the batches stay staged. In the sandbox there are no rules, only gates."""
    previewed = found.previewed
    proposals = list(previewed.proposals.values())
    waits = unmet_gates(request.gates, proposals)
    if environment.is_sandbox or previewed.leaves_nothing():
        return waits
    rules = environment.settings.approval
    return waits + reasons_to_wait(rules, proposals, previewed.unusual(), asked=request.is_asked)


def _confirm(found: StagedRun, request: ImportRequest, environment: Environment, console: Console) -> bool:
    console.present("\n".join([*review_lines(found.review), "", *found.page_lines()]))
    finishes = f" It {found.review.finish}." if found.review.finish else ""
    try:
        first = f" (the first {request.gates.limit:,} now)" if request.gates.limit is not None else ""
        return console.confirm(f"Send {in_words(found.previewed.totals)}{first} to {environment.debitura_url}?{finishes}")
    except KeyboardInterrupt:
        console.warn(f"Nothing was sent. {how_to_approve(found.staged.proposed)}")
        raise


def _discard(found: StagedRun, environment: Environment) -> None:
    with environment.open_ledger("importer run") as ledger, ledger.unit_of_work() as work:
        for batch in found.staged.proposed:
            work.discard(batch, current_person())


def _approve_and_send(found: StagedRun, request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    with open_own_ledger(environment, "importer run", console.note) as ledger:
        ledger.outbox.recover()
        opened = open_account(ledger, environment, console, "importer run", leaves=request.leaves_sending)
        with ledger.unit_of_work() as work:
            limit, proposed = request.gates.limit, found.staged.proposed
            approved = approve_batches(work, proposed, environment, limit=limit, reviewed=request.is_asked)
            if opened.other:
                hand_over_batches(work, approved, environment, request.output)
        batches = tuple(sorted({*found.staged.known, *approved}))
        scope = Scope(opened.accounts, batches, found.run_id)
        result = send_and_report(
            *(ledger, environment, opened, scope, console, batches, request.output, found.staged.refused),
            stops=request.stop_at_quota,
        )
    left = [batch for batch in found.staged.proposed if batch not in approved]
    if not left:
        return result
    again = combine(result.reports, (), result.exit_code, [*result.messages, how_to_approve(left)], waiting=True)
    return replace(again, review=result.review, review_file=result.review_file, refused=result.refused)


def _waiting(found: StagedRun, reasons: Sequence[str], console: Console) -> RunResult:
    """Return the result of a run that leaves everything staged."""
    console.present("\n".join([*first_lines(found.review), *found.page_lines()]))
    why = "; ".join(reason.rstrip(".") for reason in reasons)
    messages = [f"Nothing was sent: {why}. {how_to_approve(found.staged.proposed)}"]
    reports = list(found.previewed.reports.values())
    log_reports(reports)
    return combine(reports, found.staged.refused, ExitCode.APPROVAL, messages)
