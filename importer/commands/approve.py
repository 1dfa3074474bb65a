"""`importer approve` and `importer discard`: a person's decision about a batch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from importer.commands.review import batch_of, review_batch
from importer.domain.batches import BatchState, Proposal, difference
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import ApprovalNeeded, Declined, UsageError
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.location import require_ledger
from importer.ledger.storage.lock import OtherSender
from importer.reporter.review.model import FileReview, Review
from importer.workspace.approval import Gates, reasons_to_wait, unmet_gates
from importer.workspace.approving import approve_batches
from importer.workspace.connections import known_accounts
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.four_eyes import require_other_person
from importer.workspace.person import current_person
from importer.workspace.proposing import in_words
from importer.workspace.sender import hand_over_batches
from importer.workspace.workspace import Workspace

UNDECIDED = frozenset({BatchState.STAGED, BatchState.VOID})


def approve(
    workspace: Workspace,
    environment: Environment,
    batch_id: int,
    console: Console,
    gates: Gates,
    *,
    yes: bool = False,
    output: Path | None = None,
) -> str:
    """Approve a batch, after showing its review and asking. Returns a line for the user.

    With ``yes`` or ``gates.confirm`` nothing is shown: the batch must be as it was reviewed last. Raises ApprovalNeeded if it
    is not, if a gate is not passed, or if this person may not approve it; then nothing has changed.
    """
    require_ledger(environment.ledger_url)
    asked = not yes and gates.confirm is None
    _check_person(environment, batch_id)
    if asked:
        found = review_batch(workspace, environment, batch_id, output, command="importer approve")
        console.present("\n".join(found.lines()))
        totals = {kind: (found.review.files[0].rows(kind, RowStatus.PENDING), _money(found.review, kind)) for kind in RecordKind}
        what = in_words(totals) or "nothing"
        first = f" (the first {gates.limit:,} now)" if gates.limit is not None else ""
        question = f"Approve batch {batch_id}, so that {what}{first} may be sent to {environment.debitura_url}?"
        advice = f"There is no terminal to ask on: `importer review {batch_id}` shows it, and --yes approves it as reviewed."
        if not console.decide(question, advice):
            raise Declined(f"Batch {batch_id} was not approved; it stays as it was.")
    approved, other = _approve(environment, batch_id, gates, output, asked=asked)
    return _approved_text(batch_id, approved, gates.limit, other)


@dataclass(frozen=True)
class SeenReview:
    """What a page has shown of a batch: the mark of its proposal and, as far as the page still knows it, the proposal."""

    mark: str
    proposal: Proposal | None = None


def approve_seen(environment: Environment, batch_id: int, seen: SeenReview, limit: int | None = None) -> int:
    """Approve a batch, or with a ``limit`` its first cases, as a page has shown it. Returns the batch that is approved.

    Raises ApprovalNeeded if it was reviewed again since, would do something else by now, or if this person may not approve it;
    UsageError if it does not wait for an approval.
    """
    require_ledger(environment.ledger_url)
    _check_person(environment, batch_id)
    return _approve(environment, batch_id, Gates(limit=limit), None, asked=True, seen=seen)[0]


def _approve(
    environment: Environment, batch_id: int, gates: Gates, output: Path | None, *, asked: bool, seen: SeenReview | None = None
) -> tuple[int, OtherSender | None]:
    """Approve a batch, and leave it to the account's sender if there is one. Returns what is approved, and that sender."""
    with environment.open_ledger("importer approve") as ledger, ledger.unit_of_work() as work:
        if seen is not None:
            _check_seen(work, batch_id, seen)
        if unmet := _unmet(work, batch_id, gates, environment, asked=asked):
            raise ApprovalNeeded(f"Batch {batch_id} was not approved: {'; '.join(unmet)}.")
        (approved,) = approve_batches(work, [batch_id], environment, limit=gates.limit, reviewed=asked)
        other = ledger.sender(batch_of(work, approved).cases_account)
        if other is not None:
            hand_over_batches(work, [approved], environment, output)
    return approved, other


def _check_seen(work: UnitOfWork, batch_id: int, seen: SeenReview) -> None:
    """Raise ApprovalNeeded, with what has changed, if a batch was reviewed again since a page has shown it."""
    present = work.remembered_proposal(batch_id)
    if present is not None and present.mark() == seen.mark:
        work.remember_proposal(batch_id, replace(present, seen=True))  # the page has shown it to the person who approves it
        return
    changed = difference(seen.proposal, present) if seen.proposal and present else None
    why = f": {changed}" if changed else ""
    raise ApprovalNeeded(
        f"Batch {batch_id} was not approved: it was reviewed again since the page was shown{why}. Look at it again."
    )


def _approved_text(batch_id: int, approved: int, limit: int | None, other: OtherSender | None) -> str:
    sends = f"{other.text()} will send" if other else "`importer resume` sends"
    if approved == batch_id:
        return f"Batch {batch_id} is approved. {sends} it."
    return f"The first {limit:,} of batch {batch_id} are approved, as batch {approved}. {sends} them; the others wait."


BY_FOLDER = "by folder, mover unknown"


def approve_by_folder(environment: Environment, batch_id: int) -> None:
    """Approve a batch whose file was moved to the folder for approved files. Who moved it is not known, and recorded so.

    Raises ApprovalNeeded if the settings do not allow it, or if the batch would do something else by now; UsageError if it does
    not wait for an approval.
    """
    if not environment.settings.approval.by_folder:
        raise ApprovalNeeded(f"Batch {batch_id} was not approved: [approval] by_folder is not set.")
    _check_person(environment, batch_id)
    with environment.open_ledger("importer watch") as ledger, ledger.unit_of_work() as work:
        approve_batches(work, [batch_id], environment, reviewed=True, why=BY_FOLDER)


def _money(review: Review, kind: RecordKind) -> dict[str, int]:
    found = (one for one in review.statuses() if one.kind is kind and one.status is RowStatus.PENDING)
    return next((dict(one.money) for one in found), {})


def _check_person(environment: Environment, batch_id: int) -> None:
    """Raise ApprovalNeeded if this person may not approve the batch, UsageError if there is nothing to approve."""
    with environment.open_ledger("importer approve") as ledger:
        account = known_accounts(ledger, environment).cases
        with ledger.unit_of_work() as work:
            info = batch_of(work, batch_id)
            if info.cases_account != account:
                raise UsageError(
                    f"Batch {batch_id} belongs to the account {info.cases_account}. Approve it with its credentials."
                )
            if info.state not in UNDECIDED:
                raise UsageError(f"Batch {batch_id} does not wait for an approval: it {_state_text(info)}.")
            require_other_person(environment.settings.approval, work, info, f"Batch {batch_id} was not approved")


def _unmet(work: UnitOfWork, batch_id: int, gates: Gates, environment: Environment, *, asked: bool) -> list[str]:
    """Describe the gates that the batch does not pass, and the rules that a script may not pass in place of a person."""
    if gates.limit is not None and batch_of(work, batch_id).state is BatchState.VOID:
        return ["--limit is for staged batches, and this one was approved before: approve it whole, or discard it"]
    known = work.remembered_proposal(batch_id)
    if known is None:
        return ["nobody has reviewed it yet"]
    unmet = unmet_gates(gates, [known])
    if asked or known.seen or environment.is_sandbox:
        return unmet
    rules = environment.settings.approval.model_copy(update={"four_eyes": False})  # that is checked by the person
    unusual = [one.message for one in _staged_review(work, batch_id).unusual]
    return unmet + [f"{why}; nobody has reviewed it yet" for why in reasons_to_wait(rules, [known], unusual, asked=False)]


def _staged_review(work: UnitOfWork, batch_id: int) -> FileReview:
    return FileReview.from_json(json.loads(batch_of(work, batch_id).review or "{}"))


def _state_text(info: BatchInfo) -> str:
    if info.state is BatchState.DISCARDED:
        return "was discarded"
    return "is approved, and its sending has begun" if info.begun_at else "is approved"


def discard(environment: Environment, batch_id: int) -> str:
    """Discard a batch of which nothing was sent. Returns a line for the user. Raises UsageError, LedgerError or LedgerHeld."""
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer discard") as ledger, ledger.unit_of_work() as work:
        batch_of(work, batch_id)
        work.discard(batch_id, current_person())
    return f"Batch {batch_id} was discarded: nothing of it is sent."


def discard_seen(environment: Environment, batch_id: int, mark: str) -> str:
    """Discard a batch that waits for an approval, as a page has shown it: ``mark`` is that of its proposal, empty without one.

    Returns a line for the user. Raises ApprovalNeeded if it was reviewed again since; UsageError if it waits no more.
    """
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer discard") as ledger, ledger.unit_of_work() as work:
        info, present = batch_of(work, batch_id), work.remembered_proposal(batch_id)
        if info.state not in UNDECIDED:
            raise UsageError(f"Batch {batch_id} was not discarded: it {_state_text(info)}. Load its page again.")
        if mark != (present.mark() if present else ""):
            raise ApprovalNeeded(f"Batch {batch_id} was not discarded: it was reviewed again meanwhile. Look at it again.")
        work.discard(batch_id, current_person())
    return f"Batch {batch_id} was discarded: nothing of it is sent."


def discard_staged(
    environment: Environment, batch_ids: Iterable[int], why: str, states: frozenset[BatchState] = frozenset({BatchState.STAGED})
) -> None:
    """Discard those of the batches that are still staged, with a reason that is kept. Raises LedgerError or LedgerHeld.

    ``states`` are the states in which they are discarded: a void approval may be one of them.
    """
    with environment.open_ledger("importer discard") as ledger, ledger.unit_of_work() as work:
        for batch_id in batch_ids:
            if batch_of(work, batch_id).state in states:  # a person may have approved it meanwhile
                work.discard(batch_id, current_person(), why=why)
