"""Placing each record of a chunk: its entry is inserted, replaced or left, or the record is rejected."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.models import with_fields
from importer.domain.reasons import Reason
from importer.domain.records import Reject
from importer.domain.states import REPLACEABLE, WITHDRAWABLE, RejectStatus, RowOrigin, State
from importer.ledger.intake import decisions, reasons
from importer.ledger.intake.answer_effects import open_questions
from importer.ledger.intake.asked_entries import asked_columns, twin_columns
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, Record, StagedRow, name_of
from importer.ledger.intake.changes import PendingChanges
from importer.ledger.intake.decisions import ExistingEntry, IntakeDecision, may_supersede
from importer.ledger.intake.document_rows import DocumentRows, add_documents
from importer.ledger.intake.documents import DocumentIntake
from importer.ledger.intake.kept_answers import answer_for, keep_answer
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.missing_documents import withdraw_vouchers_without
from importer.ledger.intake.no_claims import asks_otherwise
from importer.ledger.intake.other_rows import ASKABLE, ASKED_BY_A_LATER_ROW, ask_again, suspect
from importer.ledger.intake.parties import differs_in_debtor_only, has_cells_of
from importer.ledger.intake.recognition import Recognition
from importer.ledger.intake.reread_rows import is_read_otherwise, is_reread
from importer.ledger.intake.superseding import take_over_vouchers
from importer.ledger.intake.user_answer import unanswered
from importer.ledger.queries.row_places import row_in


class Placement:
    """The placing of one chunk's records. Changes are collected, and written once with :meth:`write`."""

    def __init__(self, batch: BatchIntake) -> None:
        self._batch = batch
        self.existing = ExistingEntries(batch.connection, batch.accounts)
        self.recognition = Recognition(self.existing, batch.id)
        self.changes = PendingChanges(batch.connection, batch.id)
        self.documents = DocumentRows(batch.connection, batch.accounts.cases, self.existing, batch.lists)
        self.claims = DocumentIntake(batch, self.existing, self.documents)

    def write(self) -> None:
        """Write the collected changes."""
        self.changes.write()
        self.documents.write()

    def place(self, row: StagedRow, candidate: Candidate, match: Match | None = None) -> ExistingEntry | None:
        """Decide on the record and collect the changes. Returns its entry, or None if it was rejected."""
        if wrong := self._batch.answers.objection(self._batch.connection, row.loaded, candidate.kind, candidate.record):
            self.reject_record(row, candidate.kind, candidate.record, wrong)
            return None
        return self._place(row, candidate, match or self.recognition.match(candidate))

    def _place(self, row: StagedRow, candidate: Candidate, match: Match) -> ExistingEntry | None:
        kind = candidate.kind
        match = self.claims.resolve(row, candidate, match)
        known = match.known
        keep_answer(candidate, known)
        may_repeat = kind is RecordKind.CASE and row.repeats_its_case
        decision = self._decide(row, candidate, match, may_repeat=may_repeat)
        key = known.key if known else self._new_key(candidate, match)
        if kind is RecordKind.VOUCHER:
            candidate.values["payload"] = with_fields(candidate.record.payload, {"uniqueId": key})
        if known is not None and decision is IntakeDecision.CONTRADICTION:
            self._contradict(row, candidate, known, is_flat=may_repeat)
            return None
        if known is not None and self._is_lasting(candidate, known, decision):
            if not is_read_otherwise(self.existing, candidate, known):
                return self._note_change(row, candidate, known)
            decision = IntakeDecision.KNOWN  # the same row, which this release reads in another way
        if reason := self._objection(candidate, match, decision):
            self.reject_record(row, kind, candidate.record, reason)
            return None
        placed = self._apply(row, candidate, match, decision, key)
        self._batch.answers.place(candidate.record, placed.id, is_new=known is None)
        return placed

    def _decide(self, row: StagedRow, candidate: Candidate, match: Match, *, may_repeat: bool) -> IntakeDecision:
        if match.is_answered:
            return IntakeDecision.ANSWERED
        if match.several:
            return IntakeDecision.QUESTION
        # A row with the same cells is the same row, even if it is read differently now.
        known = match.known
        same = known is not None and (match.has_cells or candidate.is_same(known) or self._is_same_row(row, candidate, known))
        decision = decisions.decide(known, self._batch.id, same=same, may_repeat=may_repeat)
        if decision is IntakeDecision.LEAVE and match.known is not None and self._asks_otherwise(candidate, match.known):
            return IntakeDecision.REPLACE
        return decision

    def _asks_otherwise(self, candidate: Candidate, known: ExistingEntry) -> bool:
        """Return whether a row takes back what it was asked about before, or asks something else."""
        if candidate.kind is not RecordKind.CASE or known.state is not State.QUESTIONED:
            return False
        stored = open_questions(self._batch.connection, known.id)
        asked = unanswered(known.answer, self._batch.asked_by(candidate.record), candidate.values["digest"])
        return asks_otherwise(stored, asked, is_part=candidate.record.hint is not None)

    def _is_same_row(self, row: StagedRow, candidate: Candidate, known: ExistingEntry) -> bool:
        """Return whether a sent record was read from the same cells, and differs only in how they are understood now."""
        if is_reread(self.existing, candidate, known):
            return True
        if known.state in REPLACEABLE or not differs_in_debtor_only(candidate.record, known):
            return False
        return has_cells_of(self._batch.connection, known, row.raw)

    def _new_key(self, candidate: Candidate, match: Match) -> str:
        taken = {known.key for known in self.existing.group(candidate.kind, candidate.base)}
        return decisions.free_key(candidate.base, taken, match.suffix)

    def is_sent(self, candidate: Candidate) -> bool:
        """Return whether the ledger has an entry of the record that was sent, or may have been sent."""
        match = self.recognition.match(candidate)
        return match.known is not None and match.corrected is None and match.known.state not in REPLACEABLE

    def is_repeated(self, candidate: Candidate) -> bool:
        """Return whether an earlier row of this source became the entry that has the record's key."""
        known = self.recognition.match(candidate).known
        return known is not None and not candidate.is_counted and known.batch_id == self._batch.id

    def leave_out(self, row: StagedRow, candidate: Candidate, reason: Reason) -> None:
        """Record a record that is left out. An entry of it that waits to be sent is withdrawn."""
        match = self.recognition.match(candidate)
        status = RejectStatus.LEFT_OUT
        for known in (match.known, match.corrected):
            if known is not None and known.state in WITHDRAWABLE and not match.is_answered:
                self._batch.overruled.add(known.batch_id)
                self.changes.withdraw(known, reason)
                status = RejectStatus.WITHDRAWN
        if match.known is not None and candidate.is_counted and not match.is_answered:  # the next equal row has the next key
            self.touch(match.known)
        self.reject_record(row, candidate.kind, candidate.record, reason, status)

    def touch(self, known: ExistingEntry) -> None:
        """Assign an entry to this batch."""
        if known.batch_id in self._batch.guarded and known.state is not State.ACCEPTED:
            self._batch.taken_from.add(known.batch_id)
        self.changes.touch(known, self._batch.guarded)

    def reject_record(
        self, row: StagedRow, kind: RecordKind, record: Record, reason: Reason, status: RejectStatus = RejectStatus.REJECTED
    ) -> None:
        """Reject a valid record because it conflicts with the ledger or with the rest of the source."""
        self.reject(row, Reject(kind, (reason,), record.money, name_of(record)), status)

    def reject(self, row: StagedRow, rejected: Reject, status: RejectStatus | None = None) -> None:
        """Record a reject, and count its money. ``status``: if it is another than its own."""
        self._batch.count(rejected.kind, rejected.money)
        self.changes.reject(row.id, rejected, status or rejected.status)

    def place_of(self, kind: RecordKind, known: ExistingEntry) -> str:
        """Describe the row of this source that holds the entry."""
        return self.changes.where(kind, known.id, list(self._batch.sheets))

    def place_in(self, sheet: str, number: int) -> str:
        """Describe a row of this source."""
        sheets = list(self._batch.sheets)
        return row_in(sheets, sheets.index(sheet), number) if len(sheets) > 1 else f"row {number} of this file"

    def _contradict(self, row: StagedRow, candidate: Candidate, known: ExistingEntry, *, is_flat: bool) -> None:
        kind, record = candidate.kind, candidate.record
        what = reasons.differences(kind, known.payload, candidate.values["payload"]) or "they belong to different cases"
        found = reasons.Contradiction(kind, name_of(record), what, is_flat, candidate.dates is not None)
        self._batch.count(kind, record.money)
        self._batch.conflicts.contradict(known, found, row.id, record.money)

    def _objection(self, candidate: Candidate, match: Match, decision: IntakeDecision) -> Reason | None:
        """Return the reason why the record conflicts with the ledger or this source; None if it does not."""
        kind, known, payload = candidate.kind, match.known, candidate.values["payload"]
        if match.corrected is not None and not may_supersede(match.corrected, self._batch.id):
            return reasons.not_to_be_replaced(kind, match.corrected)
        if known is None:
            return None
        if decision is IntakeDecision.REPLACE and self._is_reused(candidate, match, known):
            return reasons.reused_while_waiting(known, payload, self.existing.describe_import(kind, known))
        if decision is IntakeDecision.TWICE:
            return reasons.twice(kind, known, payload, self.place_of(kind, known), named=name_of(candidate.record))
        if decision is IntakeDecision.CHANGED:
            if kind is RecordKind.CASE:
                self._batch.changed_cases.add(known.id)
            return reasons.reused(kind, known, payload, self.existing.describe_import(kind, known))
        return None

    def _is_reused(self, candidate: Candidate, match: Match, known: ExistingEntry) -> bool:
        """Return whether a case has the reference of another claim that waits, and would take its place."""
        is_case = candidate.kind is RecordKind.CASE and known.state in WITHDRAWABLE
        is_correction = candidate.record.hint is not None or match.has_cells
        return is_case and not is_correction and decisions.is_another_claim(known.payload, candidate.values["payload"])

    def _is_lasting(self, candidate: Candidate, known: ExistingEntry, decision: IntakeDecision) -> bool:
        """Return whether an accepted record stays as it is: its new values neither raise the claim nor make it another one."""
        values = candidate.values
        payload, of_case = values["payload"], (values.get("case_id"), values.get("target"))
        is_possible = decision is IntakeDecision.CHANGED and known.state is State.ACCEPTED and not self._batch.rejects_changes
        if not is_possible or of_case != (known.case_id, known.target):
            return False
        return decisions.keeps_claim(candidate.kind, known.payload, payload)

    def _note_change(self, row: StagedRow, candidate: Candidate, known: ExistingEntry) -> ExistingEntry:
        """Record a row whose accepted record has other values now; nothing is sent. Returns the record's entry."""
        kind = candidate.kind
        where = self.existing.describe_import(kind, known)
        reason = reasons.changed(kind, known, candidate.values["payload"], where)
        self.report_change(row, Reject(kind, (reason,), candidate.record.money), known)
        return known

    def report_change(self, row: StagedRow, changed: Reject, known: ExistingEntry) -> None:
        """Record a row whose record was sent and is another now. It is found again by the entry's label in a later batch."""
        label = EntryLabel.of(changed.kind, known.id, known.key).text()
        self.reject(row, replace(changed, ref=label), RejectStatus.CHANGED)

    def _apply(self, row: StagedRow, candidate: Candidate, match: Match, decision: IntakeDecision, key: str) -> ExistingEntry:
        kind, known, money = candidate.kind, match.known, candidate.record.money
        origin = decisions.ORIGINS.get(decision, RowOrigin.NEW)
        if known is None:
            known = self._insert(row, candidate, match, key)
        elif decision is not IntakeDecision.ANSWERED:  # its entry belongs to the batch of the row that it was sent for
            if decision is IntakeDecision.LEAVE and known.state is State.QUESTIONED:
                origin = RowOrigin.ASKED
            before = known.batch_id
            self.touch(known)
            if decision is IntakeDecision.REPLACE:
                self._replace(row, known, candidate, before)
            elif match.has_cells:
                self._rekey(known, candidate)
        if match.corrected is not None:
            self._supersede(kind, match.corrected, known)
        self._conclude(row, candidate, match, known)
        self.changes.note(row.id, kind, known.id, origin, money)
        if origin is not RowOrigin.SHARED:
            self._batch.count(kind, money)
        if decision in ASKED_BY_A_LATER_ROW:
            ask_again(self._batch, known, candidate)
        return known

    def _conclude(self, row: StagedRow, candidate: Candidate, match: Match, known: ExistingEntry) -> None:
        """Let a case take the place of those whose documents it has, and report what a list says of one that was sent."""
        for old in candidate.covers:
            self._batch.lists.covered.setdefault(known.id, set()).add(old.id)
            self._supersede(RecordKind.CASE, old, known)
        if match.change is not None:
            self._batch.lists.report(row.id, known, match.change, candidate.record.money, candidate.kind)

    def _insert(self, row: StagedRow, candidate: Candidate, match: Match, key: str) -> ExistingEntry:
        values, identifier = candidate.values, next(self._batch.entry_ids)
        values = asked_columns(self._batch, values, candidate.record)
        if match.several:
            values = values | twin_columns(self._batch, candidate, match, identifier, key)
        known = ExistingEntry(
            id=identifier,
            key=key,
            base=candidate.base,
            state=values["state"],
            digest=values["digest"],
            payload=values["payload"],
            idempotency_key=str(uuid4()),
            batch_id=self._batch.id,
            row_id=row.id,
            ref=values.get("ref"),
            is_test=values["is_test"],
            case_id=values.get("case_id"),
            target=values.get("target"),
            answer=values.get("answer"),
            party=values.get("party"),
        )
        keys = candidate.keys.stored_beside(candidate.base)
        self.changes.insert(candidate.kind, self._batch.accounts.of(candidate.kind), known, values, keys)
        self.existing.add(candidate.kind, known, keys)
        add_documents(self.documents, self._batch.ordinals, known, candidate, row.case)
        self._suspect(known, candidate, is_new=True)
        return known

    def _replace(self, row: StagedRow, known: ExistingEntry, candidate: Candidate, before_batch: int) -> None:
        """Replace the entry's payload. The idempotency key changes if the request changes, or if it was refused.

        A server stores its refusal under the key, and would answer with it again although the cause is gone. A definite
        refusal has created nothing. An entry in doubt is never replaced, so that it keeps its key.
        """
        answer = answer_for(known, candidate)
        values = asked_columns(self._batch, candidate.values, candidate.record, answer)
        is_other = (known.digest, known.payload) != (values["digest"], values["payload"])
        if is_other or known.state is State.REFUSED:
            known.idempotency_key = str(uuid4())
        if is_other:
            self._batch.overruled.add(before_batch)
            known.answer = answer
        before = known.state
        for name in ("state", "digest", "payload", "is_test"):
            setattr(known, name, values[name])
        known.ref, known.case_id, known.target = (values.get(name) for name in ("ref", "case_id", "target"))
        known.party = values.get("party")
        known.row_id = row.id
        changes = {"row_id": row.id, "idempotency_key": known.idempotency_key, "answer": values.get("answer", known.answer)}
        self.changes.replace(known, values | changes, before)
        if is_other:
            self._rekey(known, candidate)
            withdraw_vouchers_without(self._batch, self.documents, known, candidate)
            add_documents(self.documents, self._batch.ordinals, known, candidate, row.case, is_new=False)
        if is_other or _was_apart(before, known):
            self._suspect(known, candidate, is_changed=is_other)

    def _rekey(self, known: ExistingEntry, candidate: Candidate) -> None:
        """Store the match keys of the row as it is read now."""
        keys = candidate.keys.stored_beside(known.base)
        self.changes.rekey(candidate.kind, self._batch.accounts.of(candidate.kind), known, keys)
        self.existing.add_keys(candidate.kind, known, keys)

    def _suspect(self, known: ExistingEntry, candidate: Candidate, *, is_changed: bool = False, is_new: bool = False) -> None:
        if candidate.kind is not RecordKind.CASE or known.state not in ASKABLE:
            return
        if known.state is State.PENDING:
            self._batch.conflicts.compare(known, is_changed=is_changed)
        suspect(self._batch, self.existing, known, candidate, is_new=is_new)

    def _supersede(self, kind: RecordKind, old: ExistingEntry, new: ExistingEntry) -> None:
        old.superseded_by = new.id
        self._batch.overruled.add(old.batch_id)
        if kind is RecordKind.CASE:
            take_over_vouchers(self._batch.connection, old, new)
            self.documents.supersede(old, new)
        self.changes.supersede(kind, old, new)


def _was_apart(before: State, known: ExistingEntry) -> bool:
    """Return whether an entry was refused, or questioned by its row: meanwhile no other case was taken for its twin."""
    return before is State.QUESTIONED or (before is State.REFUSED and not known.answer)
