"""Four eyes: with ``[approval] four_eyes``, no one alone decides that what they have prepared themselves is sent.

That holds for the approval of a batch, and for each answer after it with which a row is sent that was kept back.
"""

from __future__ import annotations

from collections.abc import Iterable

from importer.errors import ApprovalNeeded
from importer.ledger.ledger import Ledger, UnitOfWork
from importer.ledger.queries.report_rows import BatchInfo
from importer.settings import ApprovalSettings
from importer.workspace.approval import objection_to_approval
from importer.workspace.person import current_person


def require_other_person(rules: ApprovalSettings, work: UnitOfWork, batch: BatchInfo, refused: str) -> None:
    """Raise ApprovalNeeded if this person may not approve a batch. ``refused`` says what was not done."""
    if why := objection_to_approval(rules, current_person(), batch.staged_by, work.preparers(batch)):
        raise ApprovalNeeded(f"{refused}: {why}, and [approval] four_eyes requires another person. Ask a colleague.")


def require_other_person_to_send(rules: ApprovalSettings, ledger: Ledger, entry_ids: Iterable[int], refused: str) -> None:
    """Raise ApprovalNeeded if this person may not approve one of the batches that hold these entries.

    It is asked before each answer with which a case or voucher goes out that its approval has not let go.
    """
    with ledger.unit_of_work() as work:
        for batch_id in work.queries.batches_of_entries(entry_ids):
            if (info := work.queries.batch(batch_id)) is not None:
                require_other_person(rules, work, info, refused)
