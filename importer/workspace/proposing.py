"""Staging a run for a person to decide on: its batches, what each would do, the review, and the reports as they would be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.domain.accounts import Accounts
from importer.domain.batches import Proposal
from importer.domain.kinds import RecordKind
from importer.domain.money import totals_text
from importer.domain.states import RowStatus
from importer.errors import FileRefused
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.reporter.report import Report, write_report
from importer.reporter.review.build import build_file_review
from importer.reporter.review.model import FileReview, Review
from importer.workspace.connections import quotas_of
from importer.workspace.console import Console
from importer.workspace.dispatch import check_debbie
from importer.workspace.environment import Environment
from importer.workspace.own_ledger import open_own_ledger
from importer.workspace.person import current_person
from importer.workspace.progress import announcement
from importer.workspace.request import ImportRequest
from importer.workspace.reviews import account_shown, review_of, write_run_review
from importer.workspace.sending import open_account
from importer.workspace.staging import StagedSources, Totals, stage_sources, unmet_expectation


@dataclass(frozen=True)
class Previewed:
    """What staged batches would do if they were approved now, in the order of the batches. ``totals`` are of all together."""

    proposals: dict[int, Proposal]
    files: dict[int, FileReview]
    reports: dict[int, Report]
    totals: Totals

    def sends_nothing(self) -> bool:
        """Return whether none of their rows would be sent."""
        return not any(rows for rows, _ in self.totals.values())

    def leaves_nothing(self) -> bool:
        """Return whether nothing of it could be sent later either, and no other batch would lose an entry."""
        waiting = (RowStatus.PENDING, RowStatus.QUESTIONED, RowStatus.BLOCKED)
        rows = sum(one.rows(status) for one in self.proposals.values() for status in waiting)
        return not rows and not any(one.overruled for one in self.proposals.values())

    def unusual(self) -> list[str]:
        """Return what is unusual about the files."""
        return [one.message for file in self.files.values() for one in file.unusual]


@dataclass(frozen=True)
class StagedRun:
    """What a run has staged: its batches, what they would do, and the review with its page."""

    accounts: Accounts
    run_id: str
    staged: StagedSources
    previewed: Previewed
    review: Review
    page: Path | None

    def page_lines(self) -> list[str]:
        """Return the line that names the page of the review; none if there is no page."""
        return [f"Review: {self.page}"] if self.page else []


def file_reviews(work: UnitOfWork, batches: Sequence[int]) -> list[FileReview]:
    """Return the reviews of batches whose rows are entered, in their order."""
    queries = work.queries
    return [build_file_review(queries, batch, is_confirmed=queries.is_confirmed_profile(batch)) for batch in batches]


Look = Callable[[Queries, int], None]
"""A further look at a batch, by its id, while its rows are as they would be if it were approved."""


def preview(
    work: UnitOfWork,
    batches: Sequence[int],
    environment: Environment,
    output: Path | None,
    *,
    seen: bool,
    is_shown: bool = True,
    look: Look | None = None,
) -> Previewed:
    """Find out what staged batches would do together, write their reports, and remember what was found as reviewed.

    ``seen``: it is shown to a person; unless ``is_shown``, that comes later, and who shows it records it then. ``look`` is called
    for each of them too.
    """
    directory = output or environment.output
    with work.entered_for_review(batches, seen=seen) as previews:
        reports = {
            batch: write_report(work.queries, batch, directory, checking=True, is_recorded=True, access=environment.access)
            for batch in batches
        }
        files = dict(zip(batches, file_reviews(work, batches), strict=True))
        totals = {kind: work.queries.pending_totals(batches, kind) for kind in RecordKind}
        if look is not None:
            for batch in batches:
                look(work.queries, batch)
    for batch, one in previews.items():
        work.remember_proposal(
            batch, replace(one.proposal, seen=seen and is_shown), json.dumps(files[batch].as_json(), ensure_ascii=False)
        )
    return Previewed({batch: one.proposal for batch, one in previews.items()}, files, reports, totals)


def stage_run(request: ImportRequest, environment: Environment, console: Console, look: Look | None = None) -> StagedRun:
    """Stage the sources in one transaction. The ledger is closed afterwards, because a person may be asked next.

    ``look`` is that of :func:`preview`.

    Raises ImporterError if nothing can be staged, if the sources are not what is expected, or if nobody could answer the
    question; then nothing is recorded.
    """
    with open_own_ledger(environment, "importer run", console.note) as ledger:
        ledger.outbox.recover()
        leaves, new = request.leaves_sending, request.new_ledger_choice
        opened = open_account(ledger, environment, console, "importer run", new, leaves=leaves)
        accounts = opened.accounts
        run_id, quotas = uuid4().hex, quotas_of(environment, ledger)
        with ledger.unit_of_work() as work:  # rolled back if anything below raises
            staged = stage_sources(work, request, environment, accounts, run_id, current_person())
            for batch in staged.proposed:
                work.note_preparers(batch, request.prepared_by)
                _note_corrections(work, batch, request)
            _check_expectation(work, staged, request)
            seeing = {"seen": request.is_asked, "is_shown": request.is_shown}
            found = preview(work, staged.proposed, environment, request.output, look=look, **seeing)
            check_debbie_settings(found.totals, environment)
            if request.is_asked and not found.sends_nothing():
                console.require_answer(f"Send {in_words(found.totals)} to {environment.debitura_url}?")
        finish = finish_text(found.totals, quotas, request, environment)
    files = [found.files[batch] for batch in staged.proposed]
    shown = account_shown(environment, accounts)
    review = review_of(files, request.workspace, environment, shown, staged, finish=finish)
    reports = list(found.reports.values())
    page = write_run_review(review, reports, request.output or environment.output, environment.access)
    return StagedRun(accounts, run_id, staged, found, review, page)


def _note_corrections(work: UnitOfWork, batch_id: int, request: ImportRequest) -> None:
    """Record of which batch a staged one has corrected rows, if it has some."""
    info = work.queries.batch(batch_id)
    if info is not None and (corrects := request.corrects.get(info.source_sha256)):
        work.note_preparers(batch_id, [current_person()], **corrects.as_facts())


def _check_expectation(work: UnitOfWork, staged: StagedSources, request: ImportRequest) -> None:
    """Raise FileRefused if the sources are not what the user expects."""
    if not request.expected:
        return
    with work.entered_for_review(staged.proposed, seen=request.is_asked):
        if unmet := unmet_expectation(work.queries, staged, request.expected):
            raise FileRefused(unmet)


def check_debbie_settings(totals: Totals, environment: Environment) -> None:
    """Raise SettingsError or ApiStopped if there are vouchers to send and Debbie would not accept them."""
    rows, _ = totals[RecordKind.VOUCHER]
    if rows:
        environment.require_debbie()
        asyncio.run(check_debbie(environment))


def finish_text(totals: Totals, quotas: Mapping[RecordKind, RateLimits], request: ImportRequest, environment: Environment) -> str:
    """Return when sending would finish; empty if it takes less than a minute."""
    rows = {kind: count for kind, (count, _) in totals.items()}
    concurrency = environment.settings.dispatch.concurrency
    return announcement(quotas, rows, concurrency, stops_at_quota=request.stop_at_quota)


def in_words(totals: Totals) -> str:
    """Return what is to be sent: ``49 cases (DKK 1,234.00) and 3 vouchers (DKK 10.00)``."""
    return " and ".join(f"{rows:,} {kind}s ({totals_text(money)})" for kind, (rows, money) in totals.items() if rows)
