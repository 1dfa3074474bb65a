"""Vouchers of documents that earlier cases carry: a document never gets a second voucher, in its case or in another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, select

from importer.domain.document_keys import DocumentSource
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.reasons import Reason
from importer.domain.states import REPLACEABLE, UNRESOLVED, State
from importer.ledger.intake.candidates import BatchIntake, Candidate, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry

_THERE = UNRESOLVED | {State.ACCEPTED, State.PENDING, State.BLOCKED}
"""States of a voucher that was sent, or will be as it is, perhaps after an answer about its case."""


class ClaimedDocuments:
    """The vouchers that earlier cases have of the documents of one chunk."""

    def __init__(self, batch: BatchIntake, existing: ExistingEntries, documents: DocumentRows) -> None:
        self._batch, self._existing, self._documents = batch, existing, documents
        self._of_case: dict[int, list[ExistingEntry]] = {}
        self._lists: set[int] = set()

    def load(self, candidates: Sequence[tuple[StagedRow, Candidate]]) -> None:
        """Read the vouchers of the cases whose documents these rows are, unless they are known by their unique ids."""
        if not self._batch.knows_lists:
            return
        kind = RecordKind.VOUCHER
        new = [(row, row.case, one) for row, one in candidates if row.case and not self._existing.group(kind, one.base)]
        self._note_lists({case.id for row, case, one in new if one.dates is not None and not row.loaded.document})
        self._read({case.id for row, case, _ in new if row.loaded.document or case.id in self._lists})

    def _read(self, cases: Collection[int]) -> None:
        covered = {old for one in cases for old in self._covered(one)}
        found = _vouchers_of(self._batch.connection, {*cases, *covered})
        self._existing.load_ids(RecordKind.VOUCHER, {voucher for voucher, _ in found})
        for voucher, case in found:
            (known,) = self._existing.entries([voucher])
            self._of_case.setdefault(case, []).append(known)

    def _note_lists(self, cases: Collection[int]) -> None:
        """Note which of these cases a list has made, whose documents have vouchers by their numbers."""
        self._documents.load_entries(cases)
        for known in self._existing.entries(cases):
            if any(one.carried.source is DocumentSource.LIST for one in self._documents.of_entry(known)):
                self._lists.add(known.id)

    def _covered(self, case: int) -> Collection[int]:
        """Return the cases whose place a case takes in this batch, and whose vouchers it has with that."""
        return self._batch.lists.covered.get(case, ())

    def voucher_of(self, row: StagedRow, candidate: Candidate) -> ExistingEntry | None:
        """Return the voucher that a document has that an earlier case carries; None if it has none."""
        if row.case is None or not (row.is_claimed or row.case.id in self._lists):
            return None
        same = map(self._existing.follow, self._existing.group(RecordKind.VOUCHER, candidate.base))
        of_earlier = (one for one in same if one.batch_id != self._batch.id)
        return next((one for one in (*of_earlier, *self._by_number(row, candidate)) if one.state in _THERE), None)

    def waiting_of(self, row: StagedRow, candidate: Candidate) -> ExistingEntry | None:
        """Return the voucher of a document that waits under another id, since it was read in another way; None if none does."""
        if not row.loaded.document or self._existing.group(RecordKind.VOUCHER, candidate.base):
            return None
        is_invoice = VoucherParts.of(candidate.record.payload).is_document
        return next((one for one in self._by_number(row, candidate) if is_invoice and one.state in REPLACEABLE), None)

    def _by_number(self, row: StagedRow, candidate: Candidate) -> list[ExistingEntry]:
        """Return the vouchers of a row's case that have the type and the number of its document, and that no other row holds."""
        case, named = row.case.id if row.case else 0, VoucherParts.of(candidate.record.payload)
        of_case = (one for case_id in (case, *self._covered(case)) for one in self._of_case.get(case_id, ()))
        current = map(self._existing.follow, (one for one in of_case if _is_of(one, named)))
        return [one for one in current if one.batch_id != self._batch.id]

    def why_withheld(self, row: StagedRow) -> Reason | None:
        """Return why the document of a row gets no voucher; None if it gets one."""
        key = row.loaded.document
        return self._batch.lists.withheld.get(row.case_place, {}).get(key) if key else None


def _vouchers_of(connection: Connection, cases: Iterable[int]) -> list[tuple[int, int]]:
    columns = select(entry.c.id, entry.c.case_id).where(entry.c.kind == RecordKind.VOUCHER, entry.c.superseded_by.is_(None))
    found = [one for part in parts_of(cases) for one in connection.execute(columns.where(entry.c.case_id.in_(part)))]
    return [(one.id, one.case_id) for one in found]


def _is_of(known: ExistingEntry, named: VoucherParts) -> bool:
    """Return whether a voucher has the type and the number of a document."""
    parts = VoucherParts.of(known.payload)
    return bool(named.reference) and (parts.type, parts.reference) == (named.type, named.reference)
