"""Approving batches: they may be sent exactly as they were reviewed."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.batches import Proposal, difference
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import ApprovalNeeded
from importer.ledger.ledger import UnitOfWork
from importer.workspace.environment import Environment
from importer.workspace.operator_log import log_event
from importer.workspace.person import current_person


def approve_batches(
    work: UnitOfWork,
    batches: Sequence[int],
    environment: Environment,
    *,
    limit: int | None = None,
    reviewed: bool,
    why: str | None = None,
) -> tuple[int, ...]:
    """Approve batches as they were reviewed; with a ``limit`` only their first cases, as batches of their own.

    ``reviewed``: a person was asked, and not a script. ``why`` is recorded, if it is not a person who is known that approves.
    Returns the batches that were approved. Raises ApprovalNeeded if one of them would do something else by now; then nothing
    is approved.
    """
    if limit is None:
        for batch in batches:
            _compare(work, batch, _approve(work, batch, environment, reviewed=reviewed, why=why))
            log_event("approved", batch=batch)
        return tuple(batches)
    with work.entered_for_review(batches) as previews:
        for batch, now in previews.items():
            _compare(work, batch, now.proposal)
    return _approve_first(work, {batch: now.proposal for batch, now in previews.items()}, limit, environment, reviewed=reviewed)


def _compare(work: UnitOfWork, batch: int, now: Proposal) -> None:
    before = work.remembered_proposal(batch)
    why = difference(before, now) if before else "nobody has reviewed it yet"
    if why:
        raise ApprovalNeeded(f"Batch {batch} must be reviewed again: {why}. Nothing of it was sent.")


def _approve(work: UnitOfWork, batch: int, environment: Environment, *, reviewed: bool, why: str | None = None) -> Proposal:
    account = "the sandbox" if environment.is_sandbox else environment.debitura_url
    reason = {} if why is None else {"why": why}
    return work.approve(batch, current_person(), account=account, reviewed=reviewed, **reason)


def _approve_first(
    work: UnitOfWork, proposals: dict[int, Proposal], limit: int, environment: Environment, *, reviewed: bool
) -> tuple[int, ...]:
    """Approve the first cases of batches, in their order, with the vouchers in the same files."""
    has_cases = any(one.rows(RowStatus.PENDING, RecordKind.CASE) for one in proposals.values())
    left, approved = limit, []
    for batch, one in proposals.items():
        rows = one.rows(RowStatus.PENDING, RecordKind.CASE) if has_cases else one.rows_to_send()
        if one.rows_to_send() and (not rows or left <= 0):
            continue
        part = (work.split(batch, left) if rows > left else None) or batch  # whole, if nothing of it would be sent
        _approve(work, part, environment, reviewed=reviewed)
        log_event("approved", batch=part)
        approved.append(part)
        left -= min(rows, left)
    return tuple(approved)
