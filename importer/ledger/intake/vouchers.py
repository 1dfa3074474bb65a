"""Staging the vouchers of a chunk: each is linked to its case, and waits if its parent has not been staged yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from importer.domain.identity import TEST_PREFIX
from importer.domain.kinds import RecordKind
from importer.domain.reasons import reasons_to_json
from importer.domain.records import Reject, VoucherRecord
from importer.domain.states import RejectStatus, State
from importer.ledger.intake import reasons
from importer.ledger.intake.changes import RejectedRefs
from importer.ledger.intake.decisions import ExistingEntry, identity, most_fitting, voucher_digest, voucher_state
from importer.ledger.intake.placement import BatchIntake, Candidate, Placement, StagedRow
from importer.ledger.outbox.dependents import CASE_REFUSED, PARENT_REFUSED


@dataclass
class WaitingVouchers:
    """The rows whose vouchers wait for a parent that has not been staged yet.

    When a round has placed none of them, ``last`` is set, and ``unresolved`` maps the unique id of each to its parent's.
    """

    rows: list[StagedRow] = field(default_factory=list)
    last: bool = False
    unresolved: Mapping[str, str] = field(default_factory=dict)

    def next_round(self) -> list[StagedRow]:
        """Return the rows to try again, and empty the list."""
        rows, self.rows = self.rows, []
        return rows

    def end_round(self, tried: int) -> None:
        """Set ``last`` if the round over ``tried`` rows placed none."""
        self.last = len(self.rows) == tried
        self.unresolved = dict(filter(all, map(_own_and_parent, self.rows))) if self.last else {}


def _own_and_parent(row: StagedRow) -> tuple[str, str]:
    voucher = row.loaded.voucher
    assert isinstance(voucher, VoucherRecord)
    named, _ = identity(voucher, row.case)
    return named.unique_id or "", named.parent or ""


class VoucherIntake:
    """The vouchers of one chunk."""

    def __init__(self, batch: BatchIntake, placement: Placement, waiting: WaitingVouchers) -> None:
        self._batch, self._placement, self._waiting = batch, placement, waiting
        self._parents: Mapping[str, ExistingEntry] = {}
        self._rejected_parents = RejectedRefs()

    def stage(self, rows: Sequence[StagedRow]) -> None:
        """Place the vouchers of these rows. Those whose parent is missing are added to the waiting ones."""
        linked = self._link_all(rows)
        existing = self._placement.existing
        existing.load(RecordKind.VOUCHER, {base for _, _, base in linked}, {v.hint.entry_id for _, v, _ in linked if v.hint})
        parents = {v.parent for _, v, _ in linked if v.parent}
        self._parents = existing.load_keys(parents)
        if self._waiting.last:
            names = parents | {parent.removeprefix(TEST_PREFIX) for parent in parents}
            self._rejected_parents = self._placement.changes.rejected_refs(RecordKind.VOUCHER, names, self._batch.run_batches)
        for row, voucher, base in linked:
            self._stage_one(row, voucher, base)

    def _link_all(self, rows: Sequence[StagedRow]) -> list[tuple[StagedRow, VoucherRecord, str]]:
        """Return the valid vouchers that have a case, each with its row and the base of its key."""
        refs = {v.case_ref for row in rows if isinstance(v := row.loaded.voucher, VoucherRecord) and v.case_ref}
        cases = self._placement.existing.cases_by_ref(refs)
        rejected = self._placement.changes.rejected_refs(RecordKind.CASE, refs, self._batch.run_batches)
        linked = []
        for row in rows:
            voucher = row.loaded.voucher
            if isinstance(voucher, Reject):
                self._placement.reject(row, voucher)
            elif voucher is not None and self._link(row, voucher, cases, rejected):
                linked.append((row, *identity(voucher, row.case)))
        return linked

    def _link(
        self, row: StagedRow, voucher: VoucherRecord, cases: Mapping[str, list[ExistingEntry]], rejected: RejectedRefs
    ) -> bool:
        """Find the voucher's case. Returns False if the voucher was rejected or left out because it has none."""
        found = most_fitting(cases.get(voucher.case_ref or "", []), self._batch.id)
        if voucher.case_ref in rejected.all:  # an earlier case of this reference may be another creditor's
            found = [case for case in found if case.batch_id in self._batch.run_batches or case.id in self._batch.changed_cases]
        if row.case_left_out or (not found and voucher.case_ref in rejected.left_out - rejected.rejected):
            left_out = reasons.case_left_out(voucher)
            self._placement.reject_record(row, RecordKind.VOUCHER, voucher, left_out, RejectStatus.LEFT_OUT)
            return False
        problem = reasons.link_problem(voucher, len(found), row_rejected=row.case_rejected, rejected=rejected.rejected)
        if problem is not None:
            self._placement.reject_record(row, RecordKind.VOUCHER, voucher, *problem)
            return False
        if voucher.case_ref:
            row.case = found[0]
        return True

    def _stage_one(self, row: StagedRow, voucher: VoucherRecord, base: str) -> None:
        parent = self._parent_of(voucher)
        if voucher.parent and parent is None and not self._waiting.last:
            self._waiting.rows.append(row)
        elif voucher.parent and (parent is None or voucher.parent == voucher.unique_id):
            self._reject_for_parent(row, voucher, voucher.parent)
        else:
            values = _values(voucher, row.case, parent)
            self._placement.place(row, Candidate(RecordKind.VOUCHER, voucher, base, values, voucher.unique_id is None))

    def _parent_of(self, voucher: VoucherRecord) -> ExistingEntry | None:
        if not voucher.parent:
            return None
        staged = self._placement.existing.group(RecordKind.VOUCHER, voucher.parent)
        return self._parents.get(voucher.parent) or next(iter(staged), None)

    def _reject_for_parent(self, row: StagedRow, voucher: VoucherRecord, parent: str) -> None:
        names = {parent, parent.removeprefix(TEST_PREFIX)}
        is_rejected, is_left_out = (not names.isdisjoint(refs) for refs in self._rejected_parents)
        unresolved = self._waiting.unresolved or {voucher.unique_id or "": parent}
        problem = reasons.no_parent(voucher, unresolved, is_rejected=is_rejected, is_left_out=is_left_out)
        self._placement.reject_record(row, RecordKind.VOUCHER, voucher, *problem)


def _values(voucher: VoucherRecord, case: ExistingEntry | None, parent: ExistingEntry | None) -> dict[str, Any]:
    """Return the columns of the voucher's entry. Without ``case`` it belongs to an existing remote case, by its id."""
    state, ready = voucher_state(case.state if case else None, parent.state if parent else None)
    return {
        "case_id": case.id if case else None,
        "target": voucher.case_id,
        "parent_key": voucher.parent,
        "parent_id": parent.id if parent else None,
        "is_test": bool(case and case.is_test),
        "state": state,
        "ready": ready,
        "payload": voucher.payload,
        "digest": voucher_digest(case.key if case else f"id:{voucher.case_id}", voucher.fingerprint),
        "content": voucher.fingerprint,
        "reasons": _why_blocked(parent) if state is State.BLOCKED else None,
        "appendix": json.dumps(asdict(voucher.appendix)) if voucher.appendix else None,
    }


def _why_blocked(parent: ExistingEntry | None) -> str:
    return reasons_to_json((PARENT_REFUSED if parent else CASE_REFUSED,))
