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
from importer.workspace.person import current_person
from importer.workspace.proposing import StagedRun, check_debbie_settings, file_reviews, finish_text, in_words, stage_run
from importer.workspace.request import ImportRequest
from importer.workspace.result import RunResult, combine, report_batches
from importer.workspace.reviews import account_shown, review_of
from importer.workspace.sending import open_account, send_batches
from importer.workspace.staging import take_in_sources, unmet_expectation


def run(request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Import sources: read, record, have approved, send and report. Raises ImporterError only before anything is sent."""
    if not environment.is_sandbox:
        console.note(environment.place())
    environment.require_debitura()
    environment.check_deadline()
    refuse_vanished(environment)
    if _goes_unasked(request, environment):
        return _run_at_once(request, environment, console)
    return _decide(stage_run(request, environment, console), request, environment, console)


def _goes_unasked(request: ImportRequest, environment: Environment) -> bool:
    """Return whether what is read is sent without a question: in the sandbox, or with --yes where no rule needs the review."""
    rules = environment.settings.approval
    has_rules = rules.required != "never" or bool(rules.above) or rules.four_eyes
    return not request.gates and (environment.is_sandbox or (request.confirmed and not has_rules))


def _run_at_once(request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Record the sources as approved, in one transaction, and send them."""
    with environment.open_ledger("importer run") as ledger:
        ledger.outbox.recover()
        opened = open_account(ledger, environment, console, request.new_ledger_choice)
        accounts = opened.accounts
        run_id, quotas = uuid4().hex, quotas_of(environment, ledger)
        with ledger.unit_of_work() as work:  # rolled back if anything below raises
            taken = take_in_sources(work, request, environment, accounts, run_id, current_person())
            if unmet := unmet_expectation(work.queries, taken, request.expected):
                raise FileRefused(unmet)
            totals = {kind: work.queries.pending_totals(taken.batches, kind) for kind in RecordKind}
            check_debbie_settings(totals, environment)
            finish = finish_text(totals, quotas, request, environment)
            files = file_reviews(work, taken.batches)
        shown = account_shown(environment, accounts)
        review = review_of(files, request.workspace, environment, shown, taken.refused, finish=finish)
        console.introduce("\n".join(first_lines(review)))
        if finish:
            console.note(f"Sending {in_words(totals)}: {finish}.")
        scope = Scope(accounts, taken.batches, run_id)
        sent = send_batches(ledger, environment, scope, console, taken.batches, unread=opened.unread, stops=request.stop_at_quota)
        result = report_batches(ledger, environment, taken.batches, request.output, sent, taken.refused)
    return _with_page(result, review, environment, console)


def _with_page(result: RunResult, review: Review, environment: Environment, console: Console) -> RunResult:
    """Write the page of the review beside the sheets of the first file. If that is not possible, its error is a message."""
    if not result.reports:
        return result
    try:
        page = write_review(review, result.reports[0].folder, environment.access)
    except UsageError as error:
        return replace(result, messages=(*result.messages, str(error)))
    console.introduce(f"Review: {page}")
    return replace(result, review_file=page)


def _decide(found: StagedRun, request: ImportRequest, environment: Environment, console: Console) -> RunResult:
    """Ask whether the staged batches may be sent, and send them if they may."""
    previewed = found.previewed
    if waits := _reasons_to_wait(found, request, environment):
        return _waiting(found, waits, console)
    if not previewed.sends_nothing():
        if not request.is_asked:
            console.present("\n".join([*first_lines(found.review), f"Review: {found.page}"]))
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
    console.present("\n".join([*review_lines(found.review), "", f"Review: {found.page}"]))
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
    with environment.open_ledger("importer run") as ledger:
        ledger.outbox.recover()
        opened = open_account(ledger, environment, console)
        with ledger.unit_of_work() as work:
            limit, proposed = request.gates.limit, found.staged.proposed
            approved = approve_batches(work, proposed, environment, limit=limit, reviewed=request.is_asked)
        batches = tuple(sorted({*found.staged.known, *approved}))
        scope = Scope(opened.accounts, batches, found.run_id)
        sent = send_batches(ledger, environment, scope, console, batches, unread=opened.unread, stops=request.stop_at_quota)
        result = report_batches(ledger, environment, batches, request.output, sent, found.staged.refused)
    left = [batch for batch in found.staged.proposed if batch not in approved]
    if not left:
        return result
    again = combine(result.reports, (), result.exit_code, [*result.messages, how_to_approve(left)], waiting=True)
    return replace(again, review=result.review, review_file=result.review_file, refused=result.refused)


def _waiting(found: StagedRun, reasons: Sequence[str], console: Console) -> RunResult:
    """Return the result of a run that leaves everything staged."""
    console.present("\n".join([*first_lines(found.review), f"Review: {found.page}"]))
    why = "; ".join(reason.rstrip(".") for reason in reasons)
    messages = [f"Nothing was sent: {why}. {how_to_approve(found.staged.proposed)}"]
    return combine(list(found.previewed.reports.values()), found.staged.refused, ExitCode.APPROVAL, messages)
