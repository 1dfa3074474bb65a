"""`importer review`: show what a staged batch would do now, and write its sheets and its page again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path

from importer.domain.batches import BatchState, Decision, DecisionKind
from importer.domain.timestamps import from_timestamp
from importer.errors import UsageError
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.location import require_ledger
from importer.reporter.review.build import build_file_review
from importer.reporter.review.model import FileReview, Review
from importer.reporter.review.stage import STAGES, ReviewStage
from importer.reporter.review.terminal import review_lines
from importer.workspace.connections import known_accounts
from importer.workspace.environment import Environment
from importer.workspace.proposing import Look, Previewed, preview
from importer.workspace.reviews import account_shown, review_of, write_run_review
from importer.workspace.workspace import Workspace


@dataclass(frozen=True)
class BatchReview:
    """The review of one batch: its state, the decisions about it, and (of a staged one) its new preview and page."""

    info: BatchInfo
    review: Review
    decisions: tuple[Decision, ...]
    previewed: Previewed | None = None
    page: Path | None = None

    def lines(self) -> list[str]:
        """Return the review for the terminal."""
        page = [f"Review: {self.page}"] if self.page else []
        stage = STAGES.get(self.info.state, ReviewStage.OPEN)
        return [*review_lines(self.review, _heading_of(self.info), stage), "", *map(decision_text, self.decisions), *page]

    def as_json(self) -> dict[str, object]:
        """Return the output of ``importer review --json``."""
        made = [{"what": one.what, "who": one.who.text(), "at": one.at, **one.facts} for one in self.decisions]
        return {"batch_id": self.info.id, "state": self.info.state, "review": self.review.as_json(), "decisions": made}


def review_batch(
    workspace: Workspace,
    environment: Environment,
    batch_id: int,
    output: Path | None,
    *,
    command: str = "importer review",
    seen: bool = True,
    is_shown: bool = True,
    look: Look | None = None,
) -> BatchReview:
    """Return the review of a batch as it is now. What a staged one would do counts as reviewed from now on.

    ``seen`` and ``is_shown`` are those of a preview. ``look`` is a further look at a staged one.

    Raises UsageError for an unknown batch, LedgerError or LedgerHeld.
    """
    require_ledger(environment.ledger_url)
    with environment.open_ledger(command) as ledger:
        accounts = known_accounts(ledger, environment)
        with ledger.unit_of_work() as work:
            info = batch_of(work, batch_id)
            is_staged = info.state is BatchState.STAGED
            shown = {"seen": seen, "is_shown": is_shown}
            found = preview(work, [batch_id], environment, output, look=look, **shown) if is_staged else None
            file = found.files[batch_id] if found else _present_review(work, info)
            decisions = tuple(work.decisions(batch_id))
    review = review_of([file], workspace, environment, account_shown(environment, accounts))
    if found is None:
        return BatchReview(info, review, decisions)
    page = write_run_review(review, list(found.reports.values()), output or environment.output, environment.access)
    return BatchReview(info, review, decisions, found, page)


def batch_of(work: UnitOfWork, batch_id: int) -> BatchInfo:
    """Return a batch. Raises UsageError if there is none with this id."""
    info = work.queries.batch(batch_id)
    if info is None:
        raise UsageError(f"There is no batch {batch_id} in the ledger. `importer status` lists them.")
    return info


def _present_review(work: UnitOfWork, info: BatchInfo) -> FileReview:
    """Return the review of a batch that is not staged any more, as its rows are now; that of a void one is remembered."""
    if info.state is BatchState.VOID:
        work.remember_proposal(info.id, replace(work.present_proposal(info.id), seen=True))
    return build_file_review(work.queries, info.id, is_confirmed=work.queries.is_confirmed_profile(info.id))


def _heading_of(info: BatchInfo) -> str | None:
    """Return what to know first about a batch that is not staged any more; None for a staged one."""
    if info.state is BatchState.DISCARDED:
        return f"Batch {info.id} was discarded. Nothing of it is sent."
    if info.state is BatchState.VOID:
        return f"The approval of batch {info.id} is void: `importer approve {info.id}` shows what would be sent, and asks."
    if info.state is BatchState.APPROVED:
        begun = "its sending has begun" if info.begun_at else "`importer resume` sends it"
        return f"Batch {info.id} is approved, and {begun}. What has become of its rows so far:"
    return None


_IN_WORDS = {
    DecisionKind.STAGED: "staged",
    DecisionKind.PREPARED: "prepared",
    DecisionKind.APPROVED: "approved",
    DecisionKind.VOIDED: "approval void",
    DecisionKind.DISCARDED: "discarded",
}


def decision_text(one: Decision, zone: tzinfo = UTC) -> str:
    """Return a decision about a batch as text, in a time zone: ``approved 2026-11-27 10:15 UTC by ann@host``."""
    why = f": {one.facts['why']}" if "why" in one.facts else ""
    at = from_timestamp(one.at).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    return f"{_IN_WORDS[one.what]} {at} by {one.who.text()}{why}"
