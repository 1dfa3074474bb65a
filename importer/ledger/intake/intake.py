"""Taking a source into the ledger: its batch, its rows and its entries, chunk by chunk, inside one transaction.

A chunk of a thousand rows costs a few statements. The decision on each record is made in :mod:`.decisions`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice

from sqlalchemy import Connection, insert, update

from importer.domain.accounts import Accounts
from importer.domain.batches import NOBODY, BatchState, Person, figures_of, person_json
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import RecordKeys, case_keys, same_values
from importer.domain.notes import notes_to_json
from importer.domain.raw_rows import RawRow, headings_digest
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, LeftOut, LoadedRow, LoadedSource, NoClaim, Reject, SheetHead
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake import reasons
from importer.ledger.intake.called_documents import settle_called
from importer.ledger.intake.candidates import BatchIntake, Candidate, LeftOutRow, StagedRow, name_of
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.former_keys import former_case_keys, raw_row
from importer.ledger.intake.later_words import NoClaimIntake, no_claim_in, objection_of
from importer.ledger.intake.lists import begin_list, settle_list
from importer.ledger.intake.no_claims import IS_CREDIT, as_question
from importer.ledger.intake.part_payments import note_rows
from importer.ledger.intake.parties import digest_of_case
from importer.ledger.intake.placement import Placement
from importer.ledger.intake.shared_cases import remember_shared, share_cases
from importer.ledger.intake.unchanged_source import SourceVersion, remember
from importer.ledger.intake.unclaimed_documents import UnclaimedIntake
from importer.ledger.intake.vouchers import VoucherIntake, WaitingVouchers
from importer.ledger.outbox.approvals import begin_with, give_approval, guarded_batches, void_older
from importer.ledger.queries.totals import row_count, tally
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.identifiers import Identifiers
from importer.ledger.storage.schema import batch, entry, row

CHUNK_ROWS = 1000


def take_in(
    connection: Connection,
    source: LoadedSource,
    accounts: Accounts,
    run_id: str,
    earlier: Iterable[int] = (),
    version: SourceVersion | None = None,
    who: Person = NOBODY,
) -> int:
    """Record a source with all its rows and entries as approved, and return the batch's id.

    ``earlier`` are the batches that this run has taken in so far: a case that was rejected in one of them blocks its
    vouchers here. ``version`` is stored, so that the same file need not be read again. If reading the source raises, the
    batch is rolled back.
    """
    with connection.begin_nested():
        batch_id = insert_batch(connection, source, accounts, run_id, version, state=BatchState.APPROVED, who=who)
        overruled = enter(connection, batch_id, source, accounts, earlier)
        if not row_count(connection, batch_id):
            settle_empty(connection, batch_id)
        else:
            void_older(connection, batch_id, who)
            give_approval(connection, batch_id, overruled, who, **figures_of(tally(connection, batch_id)))
        if version is not None:
            remember(connection, batch_id, source, version)
    return batch_id


def enter(
    connection: Connection,
    batch_id: int,
    source: LoadedSource,
    accounts: Accounts,
    earlier: Iterable[int] = (),
    *,
    is_confirmed: bool = False,
) -> frozenset[int]:
    """Enter the rows of a batch that exists: each record becomes an entry, or is recognised, rejected or left out.

    ``is_confirmed``: a person approves the batch who has seen what the values of its rows were taken for.
    Returns the other batches of which an unsent entry got other values or was withdrawn.
    """
    sheets = [head.name for head in source.heads]
    entry_ids = Identifiers(connection, entry.name)
    guarded = guarded_batches(connection)
    intake = BatchIntake(
        connection,
        batch_id,
        accounts,
        [*earlier, batch_id],
        sheets,
        entry_ids,
        rejects_changes=source.rejects_changes,
        guarded=guarded,
        standing=source.standing,
        is_confirmed=is_confirmed,
        lists=begin_list(connection, accounts, source),
    )
    _stage_rows(intake, source.rows, source.heads)
    settle_called(intake)
    intake.conflicts.settle(connection, batch_id, accounts, sheets, intake.count, source.standing)
    intake.answers.settle(connection, source.read_by)
    concluded = settle_list(intake, source.profile)
    entry_ids.give_back()
    notes = notes_to_json([*source.notes, *source.found, *intake.lists.notes(), *concluded])
    values = {"control": json.dumps(intake.control), "notes": notes}
    connection.execute(update(batch).where(batch.c.id == batch_id).values(values))
    begin_with(connection, batch_id, intake.taken_from)
    return frozenset(intake.overruled)


def settle_empty(connection: Connection, batch_id: int) -> None:
    """Count a batch without rows as done. What an earlier file of the same name has left to send stays approved."""
    connection.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.APPROVED, digest=None, control="{}"))


def insert_batch(
    connection: Connection,
    source: LoadedSource,
    accounts: Accounts,
    run_id: str,
    version: SourceVersion | None,
    *,
    state: BatchState,
    who: Person,
) -> int:
    """Insert a batch without rows, and return its id."""
    values = {
        "state": state,
        "staged_by": person_json(who),
        "circumstances": version.reader_version if version else None,
        "reading": source.reading_json(),
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
    headings = {head.name: headings_digest(head.header) for head in heads}
    while chunk := list(islice(rows, CHUNK_ROWS)):
        placement = Placement(intake)
        staged = []
        for loaded in chunk:
            raw = raw_row(headings[loaded.row.sheet], loaded.row)
            staged.append(one := StagedRow(next(row_ids), loaded, loaded.row.sheet in flat, raw))
            placement.changes.enter(one.id, positions[loaded.row.sheet], loaded.row, raw.kept)
        stage_cases(intake, placement, [one for one in staged if one.loaded.case is not None])
        remember_shared(intake, staged)
        share_cases(intake, placement, staged)
        note_rows(intake, staged)
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
    candidates = {one.id: _candidate(one, case) for one in rows if (case := _record_in(one.loaded.case)) is not None}
    hints = {hint.entry_id for one in candidates.values() if (hint := one.record.hint)}
    placement.existing.load(RecordKind.CASE, {one.base for one in candidates.values()}, hints)
    _load_alike(placement, candidates.values())
    placement.claims.load(candidates.values())
    no_claims = NoClaimIntake(batch, placement)
    no_claims.load(rows)
    unclaimed = UnclaimedIntake(batch, placement)
    unclaimed.load(rows)
    for staged in rows:
        if unclaimed.place(staged):
            continue
        if no_claim := no_claim_in(staged.loaded.case, is_confirmed=batch.is_confirmed):
            no_claims.place(staged, no_claim)
        elif not no_claims.reports_dispute(staged):
            _place_case(batch, placement, staged, candidate := candidates.get(staged.id))
            if batch.called_alike:
                no_claims.ask_if_called(staged, candidate)


def _place_case(batch: BatchIntake, placement: Placement, staged: StagedRow, candidate: Candidate | None) -> None:
    case = staged.loaded.case
    if candidate is not None and isinstance(case, LeftOut):
        _place_left_out(batch, placement, staged, candidate, case)
    elif candidate is not None and (isinstance(case, CaseRecord) or placement.is_sent(candidate)):
        _stage_case(batch, placement, staged, candidate)  # one that is sent was imported before a rule that it breaks
    elif isinstance(case, Reject):
        staged.case_rejected, staged.case_left_out = not case.is_left_out, case.is_left_out
        placement.reject(staged, case)


def _place_left_out(batch: BatchIntake, placement: Placement, staged: StagedRow, candidate: Candidate, case: LeftOut) -> None:
    """Place a row that is a claim later, or a question until a person has confirmed that it is none."""
    if asked := as_question(case, is_confirmed=batch.is_confirmed):
        candidate.record = asked
        _stage_case(batch, placement, staged, candidate)
    elif case.reason.code == IS_CREDIT or not placement.is_sent(candidate):
        _leave_out(batch, placement, staged, candidate, case)
    else:
        _stage_case(batch, placement, staged, candidate)


def _record_in(case: CaseRow | None) -> CaseRecord | None:
    """Return a row's case, also if it is left out, or the one that an earlier release read in a reject."""
    if isinstance(case, LeftOut):
        return case.record
    if isinstance(case, NoClaim):
        return None
    return case.formerly if isinstance(case, Reject) else case


def _leave_out(batch: BatchIntake, placement: Placement, staged: StagedRow, candidate: Candidate, case: LeftOut) -> None:
    """Leave out a case. A flat row that repeats such a case counts only for its voucher."""
    if placement.is_repeated(candidate):
        _stage_case(batch, placement, staged, candidate)  # an earlier row holds the case with other values
        return
    staged.case_left_out = True
    source, payload = staged.loaded.row, candidate.record.payload
    before = batch.left_out.setdefault(_recognized_by(candidate), LeftOutRow(source.sheet, source.number, payload))
    is_first = (before.sheet, before.number) == (source.sheet, source.number)
    if is_first or not staged.repeats_its_case or not same_values(before.payload, payload):
        placement.leave_out(staged, candidate, case.reason)


def _recognized_by(candidate: Candidate) -> str:
    return candidate.base if candidate.is_counted else candidate.keys.text


def _candidate(staged: StagedRow, case: CaseRecord) -> Candidate:
    values = {
        "ref": case.ref,
        "is_test": case.is_test,
        "state": State.PENDING,
        "ready": True,
        "payload": case.payload,
        "digest": digest_of_case(case),
        "reasons": None,
        "party": case.party,
    }
    keys, is_reread = partial(_keys_of_case, case, staged.raw), bool(staged.raw.shown or case.former_base)
    return Candidate(RecordKind.CASE, case, case.base, values, keys, is_counted=case.derived, is_reread=is_reread)


def _keys_of_case(case: CaseRecord, raw: RawRow) -> RecordKeys:
    if case.documents:  # its rows are those of its documents, each of which may be a case of its own in another list
        raw = RawRow("list", case.base)
    keys = case_keys(case.ref, case.payload, raw)
    return keys._replace(former=former_case_keys(case)) if case.former_ref or case.former_base else keys


def _load_alike(placement: Placement, candidates: Collection[Candidate]) -> None:
    """Look up the entries of new and changed cases by their match keys, and those that they may be twins of."""
    existing, rows = placement.existing, Counter(candidate.base for candidate in candidates)
    wanted = (one.keys for one in candidates if one.needs_keys(existing.group(one.kind, one.base), rows[one.base]))
    existing.load_alike(RecordKind.CASE, wanted)


def _stage_case(batch: BatchIntake, placement: Placement, staged: StagedRow, candidate: Candidate) -> None:
    if reason := _objection(batch, placement, staged, candidate):
        staged.case_rejected = True
        placement.reject_record(staged, RecordKind.CASE, candidate.record, reason)
        return
    staged.case = placement.place(staged, candidate)
    staged.case_rejected = staged.case is None
    ref = candidate.values["ref"]
    if staged.case is not None and ref is not None and staged.case.ref not in (None, ref):
        batch.reread.setdefault(ref, staged.case)


def _objection(batch: BatchIntake, placement: Placement, staged: StagedRow, candidate: Candidate) -> Reason | None:
    """Return the reason why it is not clear which of several rows of the source counts; None if it is clear."""
    kind, record = RecordKind.CASE, candidate.record
    called = batch.called.get(candidate.keys.text) if batch.called else None
    if called and (objection := objection_of(called, candidate, placement.place_in(called.sheet, called.number))):
        return objection
    if not candidate.is_counted:
        left_out = batch.left_out.get(_recognized_by(candidate)) if batch.left_out else None
        if left_out is None:
            return None
        where = placement.place_in(left_out.sheet, left_out.number)
        return reasons.differs_from_left_out(kind, left_out.payload, record.payload, where, named=name_of(record))
    earlier = _equal_before(batch, placement, candidate) if staged.repeats_its_case else None
    return reasons.ambiguous_equal_rows(placement.place_of(kind, earlier)) if earlier else None


def _equal_before(batch: BatchIntake, placement: Placement, case: Candidate) -> ExistingEntry | None:
    """Return the entry of an equal case in an earlier row of this source, or None."""
    current = map(placement.existing.follow, placement.existing.group(RecordKind.CASE, case.base))
    return next((known for known in current if known.batch_id == batch.id), None)
