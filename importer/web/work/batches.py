"""What the pages show of batches: their list, one of them with its review, and the files of its results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.commands.review import decision_text
from importer.commands.status import StatusView, chosen_batches
from importer.domain.batches import BatchState, Proposal
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import ExitCode, UsageError
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.location import has_ledger as ledger_exists
from importer.reporter.manifest import MANIFEST, BatchIdentity, read_manifest
from importer.reporter.result_folder import folder_with
from importer.reporter.review.build import build_file_review
from importer.reporter.review.files import REVIEW_FILE
from importer.reporter.review.model import STATUS_ORDER, FileReview, Review, StatusRows
from importer.reporter.summary import Summary
from importer.web.work.approval_view import ApprovalView, approval_view
from importer.web.work.known_figures import KnownFigures
from importer.workspace.approval import objection_to_approval
from importer.workspace.connections import known_accounts, open_ledger_read_only
from importer.workspace.environment import Environment
from importer.workspace.person import current_person
from importer.workspace.reviews import account_shown, review_of

UNDECIDED = frozenset({BatchState.STAGED, BatchState.VOID})


@dataclass(frozen=True)
class BatchLine:
    """A batch in a list: its state, and its rows by status as far as they are known."""

    info: BatchInfo
    state: BatchState
    statuses: tuple[StatusRows, ...]

    @property
    def is_undecided(self) -> bool:
        """Return whether it waits for an approval."""
        return self.state in UNDECIDED


@dataclass(frozen=True)
class BatchList:
    """The batches to show, the newest first. ``more`` is the number of those that are not shown."""

    lines: tuple[BatchLine, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class BatchView:
    """A batch with its review. ``approval`` is what an approver reads first, None if nobody has reviewed the batch.

    ``objection`` is why this user may not approve it.
    """

    line: BatchLine
    review: Review
    decisions: tuple[str, ...]
    approval: ApprovalView | None
    objection: str | None
    files: tuple[str, ...]
    questions: int

    @property
    def id(self) -> int:
        """Return the number of the batch."""
        return self.line.info.id

    @property
    def doubts(self) -> int:
        """Return the number of cases and vouchers that may or may not exist at the API."""
        return sum(one.rows for one in self.line.statuses if one.status in {RowStatus.IN_DOUBT, RowStatus.HELD})

    def imported(self) -> list[StatusRows]:
        """Return the cases and vouchers that were imported."""
        return [one for one in self.line.statuses if one.status is RowStatus.ACCEPTED]

    def others(self) -> list[StatusRows]:
        """Return the cases and vouchers that were not, or not yet."""
        return [one for one in self.line.statuses if one.status is not RowStatus.ACCEPTED]


def has_ledger(environment: Environment) -> bool:
    """Return whether anything was imported in this workspace yet."""
    return ledger_exists(environment.ledger_url)


def batch_list(environment: Environment, figures: KnownFigures, *, every: bool = False) -> BatchList:
    """Return the open and the newest batches, or all."""
    if not has_ledger(environment):
        return BatchList()
    with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        ids = queries.batch_ids(with_empty=True)
        view = StatusView.ALL if every else StatusView.USUAL
        chosen = chosen_batches(queries, view, ids, figures.get("waiting", queries.waiting_batches))
        lines = tuple(batch_line(queries, info, figures) for one in chosen if (info := queries.batch(one)))
    return BatchList(lines, len(ids) - len(chosen))


def batch_view(environment: Environment, figures: KnownFigures, batch_id: int) -> BatchView:
    """Return a batch as it is shown to the person on whose behalf this is done. Raises UsageError for an unknown batch."""
    if not has_ledger(environment):
        raise unknown(batch_id)
    with open_ledger_read_only(environment) as ledger:
        accounts = known_accounts(ledger, environment)
        with ledger.unit_of_work() as work:
            info = work.queries.batch(batch_id)
            if info is None:
                raise unknown(batch_id)
            line = batch_line(work.queries, info, figures)
            file = _file_review(work.queries, info, figures)
            zone = environment.settings.zone()
            decisions = tuple(decision_text(one, zone) for one in work.decisions(batch_id))
            preparers = work.preparers(info)
            proposal = work.remembered_proposal(batch_id)
            files = tuple(_files(folder_of(work.queries.ledger_id(), info, environment.output)))
    workspace, rules = environment.workspace, environment.settings.approval
    return BatchView(
        line,
        review_of([file], workspace, environment, account_shown(environment, accounts)),
        decisions,
        approval_view(proposal, file, rules, line.state) if proposal else None,
        objection_to_approval(rules, current_person(), info.staged_by, preparers),
        files,
        _questions(proposal, line),
    )


def result_file(environment: Environment, batch_id: int, name: str) -> Path:
    """Return a file of a batch's results. Raises UsageError unless it is one of those that its page lists."""
    with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        info = queries.batch(batch_id)
        folder = folder_of(queries.ledger_id(), info, environment.output) if info else None
    if folder is None or name not in _files(folder):
        raise UsageError(f"Batch {batch_id} has no file {name}. Load its page again to see which there are.")
    return folder / name


def folder_of(ledger_id: str, info: BatchInfo, output: Path) -> Path | None:
    """Return the folder of a batch's results; None if it has none now."""
    found = folder_with(output, info.source_name, [BatchIdentity(ledger_id, info.id, info.taken_at)])
    return found[0] if found else None


def unknown(batch_id: int) -> UsageError:
    """Return the error of a batch that is not in the ledger."""
    return UsageError(f"There is no batch {batch_id} in this ledger.")


def _files(folder: Path | None) -> list[str]:
    """Return the names of the files that a user may load: those that the importer wrote, in their order, and no link.

    The manifest names them, whatever they are, so that a file of a later release is among them.
    """
    manifest = read_manifest(folder) if folder else None
    if folder is None or manifest is None:
        return []
    found = {path.name for path in folder.iterdir() if path.is_file() and not path.is_symlink()}
    listed = {*manifest.files, REVIEW_FILE} & found - {MANIFEST}
    return sorted((name for name in listed if not name.startswith(".")), key=lambda name: (name.endswith(".json"), name))


def batch_line(queries: Queries, info: BatchInfo, figures: KnownFigures) -> BatchLine:
    """Return a batch in a list. What a staged one would do is remembered, so that its rows are not counted again."""
    staged = _staged_review(info) if info.state is BatchState.STAGED else None
    if staged:
        return BatchLine(info, info.state, staged.statuses)
    summary = batch_figures(queries, info, figures)
    return BatchLine(info, summary.state, _statuses(summary))


def batch_figures(queries: Queries, info: BatchInfo, figures: KnownFigures) -> Summary:
    """Return the rows of a batch by status, and its state that follows from them."""
    return Summary(info, figures.get(("tally", *version_of(info)), lambda: queries.tally(info.id)), ExitCode.OK)


def version_of(info: BatchInfo) -> tuple[object, ...]:
    """Return what is another text after each decision about a batch."""
    return info.id, info.state, info.begun_at


def _statuses(summary: Summary) -> tuple[StatusRows, ...]:
    found = ((kind, status, summary.count(kind, status)) for kind in RecordKind for status in STATUS_ORDER)
    return tuple(StatusRows(kind, status, rows, summary.money(kind, status)) for kind, status, rows in found if rows)


def _staged_review(info: BatchInfo) -> FileReview | None:
    return FileReview.from_json(json.loads(info.review)) if info.review else None


def _file_review(queries: Queries, info: BatchInfo, figures: KnownFigures) -> FileReview:
    """Return the review of a batch: of a staged one as it was found last, of another one as its rows are now."""
    if info.state in {BatchState.STAGED, BatchState.DISCARDED} and (staged := _staged_review(info)):
        return staged
    return figures.get(("review", *version_of(info)), lambda: _present_review(queries, info))


def _present_review(queries: Queries, info: BatchInfo) -> FileReview:
    return build_file_review(queries, info.id, is_confirmed=queries.is_confirmed_profile(info.id))


def _questions(proposal: Proposal | None, line: BatchLine) -> int:
    if proposal and line.state is BatchState.STAGED:
        return proposal.rows(RowStatus.QUESTIONED)
    return sum(one.rows for one in line.statuses if one.status is RowStatus.QUESTIONED)


def ids_of(lines: Iterable[BatchLine], states: Sequence[BatchState]) -> list[int]:
    """Return the batches in one of these states."""
    return [one.info.id for one in lines if one.state in states]
