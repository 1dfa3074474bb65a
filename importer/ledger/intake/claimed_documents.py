"""Vouchers of documents that earlier cases carry: a document never gets a second voucher, in its case or in another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from importer.domain.kinds import RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.reasons import Reason
from importer.domain.states import UNRESOLVED, State
from importer.ledger.intake.candidates import BatchIntake, Candidate, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry

_THERE = UNRESOLVED | {State.ACCEPTED, State.PENDING, State.BLOCKED}
"""States of a voucher that was sent, or will be as it is, perhaps after an answer about its case."""


class ClaimedDocuments:
    """The vouchers that earlier cases have of the documents of one chunk."""

    def __init__(self, batch: BatchIntake, existing: ExistingEntries) -> None:
        self._batch, self._existing = batch, existing
        self._of_case: dict[int, list[ExistingEntry]] = {}

    def load(self, candidates: Sequence[tuple[StagedRow, Candidate]]) -> None:
        """Read the vouchers of the cases whose documents these rows are, unless they are known by their unique ids."""
        kind = RecordKind.VOUCHER
        unknown = {
            row.case.id for row, one in candidates if row.is_claimed and row.case and not self._existing.group(kind, one.base)
        }
        found = _vouchers_of(self._batch.connection, unknown)
        self._existing.load_ids(kind, {voucher for voucher, _ in found})
        for voucher, case in found:
            (known,) = self._existing.entries([voucher])
            self._of_case.setdefault(case, []).append(known)

    def voucher_of(self, row: StagedRow, candidate: Candidate) -> ExistingEntry | None:
        """Return the voucher that a document has that an earlier case carries; None if it has none."""
        if not row.is_claimed or row.case is None:
            return None
        named = VoucherParts.of(candidate.record.payload)
        by_number = (one for one in self._of_case.get(row.case.id, ()) if _is_of(one, named))
        for known in (*self._existing.group(RecordKind.VOUCHER, candidate.base), *by_number):
            current = self._existing.follow(known)
            if current.state in _THERE and current.batch_id != self._batch.id:
                return current
        return None

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
