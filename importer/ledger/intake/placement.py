"""Placing each record of a chunk: its entry is inserted, replaced or left, or the record is rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection

from importer.domain.accounts import Accounts
from importer.domain.former_payloads import is_same_case
from importer.domain.kinds import RecordKind
from importer.domain.models import with_fields
from importer.domain.money import Money
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LoadedRow, Reject, VoucherRecord
from importer.domain.states import REPLACEABLE, RejectStatus, RowOrigin, State
from importer.ledger.intake import reasons
from importer.ledger.intake.changes import PendingChanges
from importer.ledger.intake.decisions import ExistingEntry, IntakeDecision, choose_key, decide, may_supersede
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.superseding import rekey_vouchers
from importer.ledger.queries.report_rows import row_in
from importer.ledger.storage.identifiers import Identifiers

Record = CaseRecord | VoucherRecord
ControlTotals = dict[str, dict[str, list[int]]]
"""Record kind → currency → [rows, hundredths]."""


class LeftOutRow(NamedTuple):
    """The first row of a case that was left out: its sheet and number, and the case's payload."""

    sheet: str
    number: int
    payload: bytes


@dataclass
class BatchIntake:
    """The batch that is being staged, with the state that its chunks share."""

    connection: Connection
    id: int
    accounts: Accounts
    run_batches: Sequence[int]
    """The batches of this run so far, including this one."""
    sheets: Sequence[str]
    entry_ids: Identifiers
    control: ControlTotals = field(default_factory=lambda: {kind: {} for kind in RecordKind})
    changed_cases: set[int] = field(default_factory=set)
    """Accepted cases that a row of this batch holds with other values."""
    left_out: dict[str, LeftOutRow] = field(default_factory=dict)
    """Cases of this batch that were left out, by the base of their key."""

    def count(self, kind: RecordKind, money: Money) -> None:
        """Add a row with its hundredths to the control totals."""
        totals = self.control[kind].setdefault(money.currency, [0, 0])
        totals[0] += 1
        totals[1] += money.cents


@dataclass(slots=True)
class StagedRow:
    """One row that is being staged: its id in the ledger, and the entry of its case."""

    id: int
    loaded: LoadedRow
    flat: bool
    case: ExistingEntry | None = None
    case_rejected: bool = False
    case_left_out: bool = False

    @property
    def repeats_its_case(self) -> bool:
        """Return whether the row may hold the same case as an earlier one, with another voucher."""
        return self.flat and self.loaded.voucher is not None


class Candidate(NamedTuple):
    """A valid record with the base of its key and the columns of its entry; ``derived``: the base is a fingerprint."""

    kind: RecordKind
    record: Record
    base: str
    values: dict[str, Any]
    derived: bool


class Match(NamedTuple):
    """The existing entry of a record, the record's key, and the entry that it corrects."""

    known: ExistingEntry | None
    key: str
    corrected: ExistingEntry | None


class Placement:
    """The placing of one chunk's records. Changes are collected, and written once with :meth:`write`."""

    def __init__(self, batch: BatchIntake) -> None:
        self._batch = batch
        self.existing = ExistingEntries(batch.connection, batch.accounts)
        self.changes = PendingChanges(batch.connection, batch.id)

    def write(self) -> None:
        """Write the collected changes."""
        self.changes.write()

    def place(self, row: StagedRow, candidate: Candidate) -> ExistingEntry | None:
        """Decide on the record and collect the changes. Returns its entry, or None if it was rejected."""
        match = self._match(candidate)
        may_repeat = candidate.kind is RecordKind.CASE and row.repeats_its_case
        if candidate.kind is RecordKind.VOUCHER:
            unique_id = match.known.key if match.known else match.key
            candidate.values["payload"] = with_fields(candidate.record.payload, {"uniqueId": unique_id})
        decision = decide(match.known, _digest_beside(match.known, candidate), self._batch.id, may_repeat=may_repeat)
        if reason := self._objection(candidate, match, decision, may_repeat=may_repeat):
            if decision is IntakeDecision.CHANGED and match.known is not None and candidate.kind is RecordKind.CASE:
                self._batch.changed_cases.add(match.known.id)
            self.reject_record(row, candidate.kind, candidate.record, reason)
            return None
        return self._apply(row, candidate, match, decision)

    def is_sent(self, candidate: Candidate) -> bool:
        """Return whether the ledger has an entry of the record that was sent, or may have been sent."""
        match = self._match(candidate)
        return match.known is not None and match.corrected is None and match.known.state not in REPLACEABLE

    def is_repeated(self, candidate: Candidate) -> bool:
        """Return whether an earlier row of this source became the entry that has the record's key."""
        known = self._match(candidate).known
        return known is not None and not candidate.derived and known.batch_id == self._batch.id

    def leave_out(self, row: StagedRow, candidate: Candidate, reason: Reason) -> None:
        """Record a case that is left out. An entry of it that waits to be sent is withheld."""
        match = self._match(candidate)
        for known in (match.known, match.corrected):
            if known is not None and known.state is State.PENDING:
                self.changes.withhold(known, reason)
        if match.known is not None and candidate.derived:  # the next equal row has the next key
            match.known.batch_id = self._batch.id
            self.changes.touch(match.known.id)
        self.reject_record(row, candidate.kind, candidate.record, reason, RejectStatus.LEFT_OUT)

    def reject_record(
        self, row: StagedRow, kind: RecordKind, record: Record, reason: Reason, status: RejectStatus = RejectStatus.REJECTED
    ) -> None:
        """Reject a valid record because it conflicts with the ledger or with the rest of the source."""
        self.reject(row, Reject(kind, (reason,), record.money, name_of(record)), status)

    def reject(self, row: StagedRow, rejected: Reject, status: RejectStatus = RejectStatus.REJECTED) -> None:
        """Record a reject, and count its money."""
        self._batch.count(rejected.kind, rejected.money)
        self.changes.reject(row.id, rejected, status)

    def place_of(self, kind: RecordKind, known: ExistingEntry) -> str:
        """Describe the row of this source that holds the entry."""
        return self.changes.where(kind, known.id, list(self._batch.sheets))

    def place_in(self, sheet: str, number: int) -> str:
        """Describe a row of this source."""
        several = len(self._batch.sheets) > 1
        return (
            row_in(list(self._batch.sheets), self._batch.sheets.index(sheet), number) if several else f"row {number} of this file"
        )

    def _match(self, candidate: Candidate) -> Match:
        group, hint = self.existing.group(candidate.kind, candidate.base), candidate.record.hint
        if not group and hint is None:  # the usual case: a new record
            return Match(None, candidate.base, None)
        current = {k.key: self.existing.follow(k) for k in group}
        key = choose_key(candidate.base, self._taken_keys(current), derived=candidate.derived)
        hinted = self.existing.entry(hint)
        if hinted is None or hinted.is_test != candidate.values["is_test"]:  # a test case never replaces a real one
            return Match(current.get(key), key, None)
        if hinted.base == candidate.base:
            key = key if hinted.batch_id == self._batch.id else hinted.key
            return Match(current.get(key), key, None)
        known = current.get(key)
        return Match(known, key, None if hinted is known else hinted)

    def _taken_keys(self, current: Mapping[str, ExistingEntry | None]) -> set[str]:
        """Return the keys of the entries that earlier rows of this source hold."""
        return {key for key, known in current.items() if known is not None and known.batch_id == self._batch.id}

    def _objection(self, candidate: Candidate, match: Match, decision: IntakeDecision, *, may_repeat: bool) -> Reason | None:
        """Return the reason why the record conflicts with the ledger or this source; None if it does not."""
        kind, known, payload = candidate.kind, match.known, candidate.values["payload"]
        if match.corrected is not None and not may_supersede(match.corrected, self._batch.id):
            return reasons.not_to_be_replaced(kind, match.corrected)
        if known is None:
            return None
        if decision is IntakeDecision.TWICE:
            named = name_of(candidate.record)
            return reasons.twice(kind, known, payload, self.place_of(kind, known), named=named, may_repeat=may_repeat)
        if decision is IntakeDecision.CHANGED:
            return reasons.changed(kind, known, payload, self.existing.describe_import(kind, known))
        return None

    def _apply(self, row: StagedRow, candidate: Candidate, match: Match, decision: IntakeDecision) -> ExistingEntry:
        kind, known = candidate.kind, match.known
        if known is None:
            known = self._insert(row, candidate, match.key)
        else:
            known.batch_id = self._batch.id
            self.changes.touch(known.id)
            if decision is IntakeDecision.REPLACE:
                self._replace(row, known, candidate.values)
        if match.corrected is not None:
            self._supersede(kind, match.corrected, known)
        origin = _ORIGINS.get(decision, RowOrigin.NEW)
        self.changes.note(row.id, kind, known.id, origin, candidate.record.money)
        if origin is not RowOrigin.REPEATED:
            self._batch.count(kind, candidate.record.money)
        return known

    def _insert(self, row: StagedRow, candidate: Candidate, key: str) -> ExistingEntry:
        values = candidate.values
        known = ExistingEntry(
            id=next(self._batch.entry_ids),
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
        )
        self.changes.insert(candidate.kind, self._batch.accounts.of(candidate.kind), known, values)
        self.existing.add(candidate.kind, known)
        return known

    def _replace(self, row: StagedRow, known: ExistingEntry, values: dict[str, Any]) -> None:
        """Replace the entry's payload. The idempotency key changes if the request changes, or if it was refused.

        A server stores its refusal under the key, and would answer with it again although the cause is gone. A definite
        refusal has created nothing. An entry in doubt is never replaced, so that it keeps its key.
        """
        if known.state is State.REFUSED or (known.digest, known.payload) != (values["digest"], values["payload"]):
            known.idempotency_key = str(uuid4())
        before = known.state
        for name in ("state", "digest", "payload", "is_test"):
            setattr(known, name, values[name])
        known.ref, known.case_id, known.target = (values.get(name) for name in ("ref", "case_id", "target"))
        known.row_id = row.id
        self.changes.replace(known, values | {"row_id": row.id, "idempotency_key": known.idempotency_key}, before)

    def _supersede(self, kind: RecordKind, old: ExistingEntry, new: ExistingEntry) -> None:
        old.superseded_by = new.id
        if kind is RecordKind.CASE:
            rekey_vouchers(self._batch.connection, self._batch.accounts.vouchers, old, new)
        self.changes.supersede(kind, old, new)


def _digest_beside(known: ExistingEntry | None, candidate: Candidate) -> str:
    """Return the record's digest, or that of the existing entry if an earlier release only wrote the same values otherwise."""
    digest: str = candidate.values["digest"]
    if known is None or known.digest == digest or candidate.kind is not RecordKind.CASE:
        return digest
    return known.digest if is_same_case(known.payload, candidate.values["payload"]) else digest


_ORIGINS = {IntakeDecision.KNOWN: RowOrigin.KNOWN, IntakeDecision.REPEAT: RowOrigin.REPEATED}


def name_of(record: Record) -> str | None:
    """Return the record's identifier in the sheet: a case's reference or a voucher's unique id."""
    return record.ref if isinstance(record, CaseRecord) else record.unique_id
