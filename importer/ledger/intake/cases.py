"""Staging the cases of a chunk."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.identity import fingerprint
from importer.domain.kinds import Kind
from importer.domain.records import CaseRecord, Reject
from importer.domain.states import State
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.placement import BatchIntake, Candidate, Placement, StagedRow


def stage_cases(batch: BatchIntake, placement: Placement, rows: Sequence[StagedRow]) -> None:
    """Place the cases of these rows, and note on each row the entry of its case."""
    records = [row.loaded.case for row in rows if isinstance(row.loaded.case, CaseRecord)]
    placement.existing.load(Kind.CASE, {r.base for r in records}, {r.hint.entry_id for r in records if r.hint})
    for row in rows:
        case = row.loaded.case
        if isinstance(case, Reject):
            row.case_rejected = True
            placement.reject(row, case)
        elif case is not None:
            _stage_case(batch, placement, row, case)


def _stage_case(batch: BatchIntake, placement: Placement, row: StagedRow, case: CaseRecord) -> None:
    if row.repeats_its_case and case.derived and (earlier := _equal_before(batch, placement, case)):
        row.case_rejected = True
        placement.reject_record(row, Kind.CASE, case, reasons.ambiguous_equal_rows(placement.place_of(Kind.CASE, earlier)))
        return
    values = {
        "ref": case.ref,
        "is_test": case.is_test,
        "state": State.PENDING,
        "ready": True,
        "payload": case.payload,
        "digest": fingerprint(case.payload.decode()),
    }
    row.case = placement.place(row, Candidate(Kind.CASE, case, case.base, values, case.derived))
    row.case_rejected = row.case is None


def _equal_before(batch: BatchIntake, placement: Placement, case: CaseRecord) -> ExistingEntry | None:
    """Return the entry of an equal case in an earlier row of this source, or None."""
    current = map(placement.existing.follow, placement.existing.group(Kind.CASE, case.base))
    return next((known for known in current if known is not None and known.batch_id == batch.id), None)
