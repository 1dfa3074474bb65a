"""Staging a source: its batch, its rows and its entries, chunk by chunk, inside one transaction.

A chunk of a thousand rows costs a few statements. The decision on each record is made in :mod:`.decisions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice

from sqlalchemy import Connection, insert, update

from importer.domain.accounts import Accounts
from importer.domain.identity import fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.notes import notes_to_json
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, LoadedSource, Reject, SheetHead
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.placement import BatchIntake, Candidate, LeftOutRow, Placement, StagedRow
from importer.ledger.intake.unchanged_source import SourceVersion, remember
from importer.ledger.intake.vouchers import VoucherIntake, WaitingVouchers
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.identifiers import Identifiers
from importer.ledger.storage.schema import batch, entry, row

CHUNK_ROWS = 1000


def stage(
    connection: Connection,
    source: LoadedSource,
    accounts: Accounts,
    run_id: str,
    earlier: Iterable[int] = (),
    version: SourceVersion | None = None,
) -> int:
    """Record a source with all its rows, and return the batch's id.

    ``earlier`` are the batches that this run has staged so far: a case that was rejected in one of them blocks its
    vouchers here. ``version`` is stored, so that the same file need not be read again. If reading the source raises, the
    batch is rolled back.
    """
    with connection.begin_nested():
        batch_id = _insert_batch(connection, source, accounts, run_id)
        sheets = [head.name for head in source.heads]
        entry_ids = Identifiers(connection, entry.name)
        intake = BatchIntake(connection, batch_id, accounts, [*earlier, batch_id], sheets, entry_ids)
        _stage_rows(intake, source.rows, source.heads)
        entry_ids.give_back()
        notes = notes_to_json([*source.notes, *source.found])
        values = {"control": json.dumps(intake.control), "notes": notes}
        connection.execute(update(batch).where(batch.c.id == batch_id).values(values))
        if version is not None:
            remember(connection, batch_id, source, version)
    return batch_id


def _insert_batch(connection: Connection, source: LoadedSource, accounts: Accounts, run_id: str) -> int:
    values = {
        "run_id": run_id,
        "cases_account": accounts.cases,
        "vouchers_account": accounts.vouchers,
        "source_name": source.name,
        "source_sha256": source.sha256,
        "profile": source.profile,
        "heads": json.dumps([asdict(head) for head in source.heads], ensure_ascii=False),
        "notes": "[]",
        "control": "{}",
        "taken_at": to_timestamp(),
    }
    return int(connection.execute(insert(batch).values(values)).inserted_primary_key[0])  # type: ignore[index]


def _stage_rows(intake: BatchIntake, rows: Iterator[LoadedRow], heads: Sequence[SheetHead]) -> None:
    """Stage all rows. A voucher whose parent is not staged yet waits until the end, and is then tried in rounds."""
    waiting = WaitingVouchers()
    row_ids = Identifiers(intake.connection, row.name, CHUNK_ROWS)
    flat = {head.name for head in heads if head.flat}
    positions = {name: index for index, name in enumerate(intake.sheets)}
    while chunk := list(islice(rows, CHUNK_ROWS)):
        placement = Placement(intake)
        staged = [StagedRow(next(row_ids), loaded, loaded.row.sheet in flat) for loaded in chunk]
        for one in staged:
            placement.changes.enter(one.id, positions[one.loaded.row.sheet], one.loaded.row)
        stage_cases(intake, placement, [one for one in staged if one.loaded.case is not None])
        vouchers = [one for one in staged if one.loaded.voucher is not None]
        VoucherIntake(intake, placement, waiting).stage(vouchers)
        placement.write()
    row_ids.give_back()
    while tried := waiting.next_round():
        for part in parts_of(tried, CHUNK_ROWS):
            placement = Placement(intake)
            VoucherIntake(intake, placement, waiting).stage(part)
            placement.write()
        waiting.end_round(len(tried))


def stage_cases(batch: BatchIntake, placement: Placement, rows: Sequence[StagedRow]) -> None:
    """Place the cases of these rows, and note on each row the entry of its case."""
    records = [record for staged in rows if (record := _record_in(staged.loaded.case)) is not None]
    placement.existing.load(RecordKind.CASE, {r.base for r in records}, {r.hint.entry_id for r in records if r.hint})
    for staged in rows:
        _place_case(batch, placement, staged)


def _place_case(batch: BatchIntake, placement: Placement, staged: StagedRow) -> None:
    case = staged.loaded.case
    record = _record_in(case)
    if isinstance(case, LeftOut | Reject) and record is not None and placement.is_sent(_candidate(record)):
        case = record  # it was imported before it was left out, or before a rule that it breaks
    if isinstance(case, Reject):
        staged.case_rejected = True
        placement.reject(staged, case)
    elif isinstance(case, LeftOut):
        _leave_out(batch, placement, staged, case)
    elif case is not None:
        _stage_case(batch, placement, staged, case)


def _record_in(case: CaseRecord | LeftOut | Reject | None) -> CaseRecord | None:
    """Return a row's case, also if it is left out, or the one that an earlier release read in a reject."""
    if isinstance(case, LeftOut):
        return case.record
    return case.formerly if isinstance(case, Reject) else case


def _leave_out(batch: BatchIntake, placement: Placement, staged: StagedRow, case: LeftOut) -> None:
    """Leave out a case. A flat row that repeats such a case counts only for its voucher."""
    candidate, source = _candidate(case.record), staged.loaded.row
    if placement.is_repeated(candidate):
        _stage_case(batch, placement, staged, case.record)  # an earlier row holds the case with other values
        return
    staged.case_left_out = True
    before = batch.left_out.setdefault(case.record.base, LeftOutRow(source.sheet, source.number, case.record.payload))
    is_first = (before.sheet, before.number) == (source.sheet, source.number)
    if is_first or not staged.repeats_its_case or before.payload != case.record.payload:
        placement.leave_out(staged, candidate, case.reason)


def _candidate(case: CaseRecord) -> Candidate:
    values = {
        "ref": case.ref,
        "is_test": case.is_test,
        "state": State.PENDING,
        "ready": True,
        "payload": case.payload,
        "digest": fingerprint(case.payload.decode()),
    }
    return Candidate(RecordKind.CASE, case, case.base, values, case.derived)


def _stage_case(batch: BatchIntake, placement: Placement, staged: StagedRow, case: CaseRecord) -> None:
    left_out = batch.left_out.get(case.base)
    if left_out is not None and not case.derived:
        staged.case_rejected = True
        where = placement.place_in(left_out.sheet, left_out.number)
        reason = reasons.differs_from_left_out(RecordKind.CASE, left_out.payload, case.payload, where, named=case.ref)
        placement.reject_record(staged, RecordKind.CASE, case, reason)
        return
    if staged.repeats_its_case and case.derived and (earlier := _equal_before(batch, placement, case)):
        staged.case_rejected = True
        placement.reject_record(
            staged, RecordKind.CASE, case, reasons.ambiguous_equal_rows(placement.place_of(RecordKind.CASE, earlier))
        )
        return
    staged.case = placement.place(staged, _candidate(case))
    staged.case_rejected = staged.case is None


def _equal_before(batch: BatchIntake, placement: Placement, case: CaseRecord) -> ExistingEntry | None:
    """Return the entry of an equal case in an earlier row of this source, or None."""
    current = map(placement.existing.follow, placement.existing.group(RecordKind.CASE, case.base))
    return next((known for known in current if known is not None and known.batch_id == batch.id), None)
