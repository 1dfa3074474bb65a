"""New documents of a debtor who has a case: whether they may be added to it, and what a further case of them is called."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.further_cases import further_base
from importer.domain.kinds import RecordKind
from importer.domain.records import CaseRecord, VoucherRecord
from importer.ledger.intake.candidates import BatchIntake, Candidate, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_findings import SENT
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.finished_cases import is_finished
from importer.ledger.intake.known_entries import ExistingEntries


def may_add(batch: BatchIntake, row: StagedRow, candidate: Candidate, owner: ExistingEntry) -> bool:
    """Return whether new documents may become vouchers of an open case: they have some, and nothing is asked about them."""
    has_voucher = isinstance(row.loaded.voucher, VoucherRecord)
    return has_voucher and not batch.asked_by(candidate.record) and not is_finished(batch.connection, owner)


def earlier_part(batch: BatchIntake, rows: DocumentRows, waits: ExistingEntry, shown: Sequence[CarriedDocument]) -> set[str]:
    """Return the documents of a case of an earlier file of this run, if this file lacks some of them: it is another part."""
    if waits.batch_id not in batch.run_batches or waits.batch_id == batch.id:
        return set()
    rows.load_entries([waits.id])
    carried = {one.carried.key for one in rows.of_entry(waits)}
    return set() if carried <= {one.key for one in shown} else carried


def ending_of(existing: ExistingEntries, rows: DocumentRows, record: CaseRecord, rest: Sequence[CarriedDocument]) -> str:
    """Return what ends the references of a further case: ``-2``, ``-3``."""
    base = further_base(record.base, rest)
    existing.load(RecordKind.CASE, {base}, set())
    if known := existing.group(RecordKind.CASE, base):
        return (known[0].ref or "").removeprefix(record.ref or "")
    debtor = rest[0].document.debtor
    listed = [one for one in rows.carriers(debtor) if one.carried.source is DocumentSource.LIST]
    keys = {one.key for one in rest}
    replaced = {one.known.id for one in listed if one.known.state not in SENT and one.carried.key in keys}
    cases = {one.known.id for one in listed} - replaced
    return f"-{len(cases) + 1}" if cases else ""
