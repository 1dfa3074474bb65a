"""Credits, payments and fees of a debtor with an open case that come without a new invoice: nothing is claimed with them."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.documents import DocumentKind
from importer.domain.reasons import Reason
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.unclaimed_reasons import new_fees


def report_rest(
    batch: BatchIntake, rows: DocumentRows, row: StagedRow, owner: ExistingEntry, rest: Sequence[CarriedDocument]
) -> Reason | None:
    """Let these documents get no voucher. Returns what is reported of those that lower the claim, None if there are none."""
    fees = [one for one in rest if one.document.kind is DocumentKind.FEE]
    if fees:
        batch.lists.withhold(row.case_place, fees, new_fees(fees, owner))
    lowering = [one for one in rest if one not in fees]
    if not lowering:
        return None
    why = document_reasons.new_credits(lowering, owner)
    rows.mark(owner, lowering, DocumentSource.REPORTED)
    batch.lists.withhold(row.case_place, lowering, why)
    return why
