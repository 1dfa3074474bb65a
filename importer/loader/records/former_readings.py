"""How earlier releases read the reference of a row, added to what the row says now."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, CaseRow, LeftOut, NoClaim, Reject, VoucherRecord


def is_cleaned(record: CaseRow | VoucherRecord | None) -> bool:
    """Return whether an apostrophe was taken off a value of a record, which earlier releases sent with it."""
    if record is None:
        return False
    if isinstance(record, LeftOut):
        record = record.record
    if isinstance(record, NoClaim):
        return True  # it does not say, and such rows are few
    if isinstance(record, Reject) or not record.value_notes:
        return False
    return any(note.kind is NoteKind.APOSTROPHE_TAKEN_OFF for note in record.value_notes)


def with_former_ref(case: CaseRow, reference: str | None) -> CaseRow:
    """Return a row's case with the reference by which earlier releases sent it."""
    if isinstance(case, CaseRecord):
        return replace(case, former_ref=reference)
    if isinstance(case, LeftOut):
        return replace(case, record=replace(case.record, former_ref=reference))
    return case if isinstance(case, Reject) else replace(case, named=replace(case.named, former_ref=reference))
