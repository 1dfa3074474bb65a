"""Staging the vouchers of a chunk: each is linked to its case, and waits if its parent has not been staged yet."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from importer.domain.identity import TEST_PREFIX
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import (
    DocumentDates,
    RecordKeys,
    VoucherContent,
    VoucherParts,
    content_key,
    owner_of,
    voucher_keys,
)
from importer.domain.reasons import reasons_to_json
from importer.domain.records import Reject, VoucherRecord
from importer.domain.states import RejectStatus, State
from importer.ledger.intake import reasons
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, StagedRow
from importer.ledger.intake.changes import RejectedRefs
from importer.ledger.intake.claimed_documents import ClaimedDocuments
from importer.ledger.intake.decisions import ExistingEntry, most_fitting, voucher_digest, voucher_state
from importer.ledger.intake.document_changes import note_lowered, why_changed
from importer.ledger.intake.document_reasons import LARGER
from importer.ledger.intake.former_keys import former_case_ref, former_keys, former_voucher_keys
from importer.ledger.intake.known_entries import LinkedCases
from importer.ledger.intake.placement import Placement
from importer.ledger.outbox.dependents import CASE_DROPPED, CASE_REFUSED, PARENT_REFUSED


class VoucherIdentity(NamedTuple):
    """A voucher with its ids, the base of its key, and what stands for its case in it. ``dates``: of a document."""

    voucher: VoucherRecord
    owner: str
    base: str
    has_reference: bool = False
    dates: DocumentDates | None = None


def identify(voucher: VoucherRecord, case: ExistingEntry | None) -> VoucherIdentity:
    """Return the identity of a voucher below this case. Ids below a test case get a prefix of their own.

    It is the ``unique_id``. Without one: a debt that is a document is identified by its case, its type and its number; any
    other type by its date, amount and source too; a voucher without a reference by its content.
    """
    if case is not None and case.is_test:
        prefixed = {n: f"{TEST_PREFIX}{v}" for n in ("unique_id", "parent") if (v := getattr(voucher, n))}
        voucher = replace(voucher, **prefixed)  # type: ignore[arg-type]  # both are str
    owner = owner_of(case.key if case else None, voucher.case_id)
    if voucher.unique_id:
        return VoucherIdentity(voucher, owner, voucher.unique_id)
    parts = VoucherParts.of(voucher.payload)
    key = parts.key(owner)
    base = key or content_key(owner, voucher.fingerprint)
    return VoucherIdentity(voucher, owner, base, key is not None, parts.dates if parts.is_document else None)


@dataclass
class WaitingVouchers:
    """The rows whose vouchers wait for a parent that has not been staged yet, or for the rest of the source.

    When a round has placed none of them, ``last`` is set, and ``unresolved`` maps the unique id of each to its parent's.
    ``undecided`` are those that may be one of several entries; ``dues`` are the due days of such documents, by base.
    """

    rows: list[StagedRow] = field(default_factory=list)
    last: bool = False
    unresolved: Mapping[str, str] = field(default_factory=dict)
    undecided: list[StagedRow] = field(default_factory=list)
    dues: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    decides: bool = False

    def next_round(self) -> list[StagedRow]:
        """Return the rows to try again, and empty the list: those that wait for a parent first, then the undecided ones."""
        rows, self.rows = self.rows, []
        if not rows and self.undecided:
            rows, self.undecided, self.decides = self.undecided, [], True
        return rows

    def end_round(self, tried: int) -> None:
        """Set ``last`` if the round over ``tried`` rows placed none."""
        self.last = len(self.rows) == tried
        self.unresolved = dict(filter(all, map(_own_and_parent, self.rows))) if self.last else {}

    def defer(self, row: StagedRow, candidate: Candidate) -> None:
        """Let the rest of the source decide which entry the row's voucher is."""
        self.undecided.append(row)
        if candidate.dates is not None:
            self.dues[candidate.base].add(candidate.dates.due)


def _own_and_parent(row: StagedRow) -> tuple[str, str]:
    voucher = row.loaded.voucher
    assert isinstance(voucher, VoucherRecord)
    named = identify(voucher, row.case).voucher
    return named.unique_id or "", named.parent or ""


class VoucherIntake:
    """The vouchers of one chunk."""

    def __init__(self, batch: BatchIntake, placement: Placement, waiting: WaitingVouchers) -> None:
        self._batch, self._placement, self._waiting = batch, placement, waiting
        self._rejected_parents = RejectedRefs()
        self._claimed = ClaimedDocuments(batch, placement.existing, placement.documents)

    def stage(self, rows: Sequence[StagedRow]) -> None:
        """Place the vouchers of these rows. Those whose parent is missing are added to the waiting ones."""
        linked = self._link_all(self._without_waiting(rows))
        existing, kind = self._placement.existing, RecordKind.VOUCHER
        existing.load(kind, {one.base for _, one in linked}, {one.voucher.hint.entry_id for _, one in linked if one.voucher.hint})
        parents = {one.voucher.parent for _, one in linked if one.voucher.parent}
        existing.load_parents(parents)
        if self._waiting.last:
            names = parents | {parent.removeprefix(TEST_PREFIX) for parent in parents}
            self._rejected_parents = self._placement.changes.rejected_refs(kind, names, self._batch.run_batches)
        candidates = [(row, _candidate(row, one)) for row, one in linked]
        self._load_alike([candidate for _, candidate in candidates])
        self._claimed.load(candidates)
        for row, candidate in candidates:
            self._stage_one(row, candidate)

    def _without_waiting(self, rows: Sequence[StagedRow]) -> Sequence[StagedRow]:
        """Return the rows without those whose parent is still missing, which go on waiting."""
        parents = {row.waits_for for row in rows if row.waits_for}
        if not parents or self._waiting.last:
            return rows
        there = self._placement.existing.load_parents(parents)
        self._waiting.rows += [row for row in rows if row.waits_for and row.waits_for not in there]
        return [row for row in rows if not row.waits_for or row.waits_for in there]

    def _load_alike(self, candidates: Sequence[Candidate]) -> None:
        """Look up the entries of new vouchers by their match keys, and of those whose key does not contain their content."""
        existing, rows = self._placement.existing, Counter(candidate.base for candidate in candidates)
        wanted = (one.keys for one in candidates if one.needs_keys(existing.group(one.kind, one.base), rows[one.base]))
        existing.load_alike(RecordKind.VOUCHER, wanted)

    def _link_all(self, rows: Sequence[StagedRow]) -> list[tuple[StagedRow, VoucherIdentity]]:
        """Return the valid vouchers that have a case, each with its row."""
        vouchers = [voucher for row in rows if isinstance(voucher := row.loaded.voucher, VoucherRecord)]
        refs = {ref for voucher in vouchers for ref in (voucher.case_ref, former_case_ref(voucher)) if ref}
        cases = self._placement.existing.cases_by_ref(refs)
        rejected = self._placement.changes.rejected_refs(RecordKind.CASE, refs, self._batch.run_batches)
        linked = []
        for row in rows:
            voucher = row.loaded.voucher
            if isinstance(voucher, Reject):
                self._placement.reject(row, voucher)
            elif voucher is not None and self._link(row, voucher, cases, rejected):
                linked.append((row, identify(voucher, row.case)))
        return linked

    def _link(self, row: StagedRow, voucher: VoucherRecord, cases: Mapping[str, LinkedCases], rejected: RejectedRefs) -> bool:
        """Find the voucher's case. Returns False if the voucher was rejected or left out because it has none."""
        found = self._cases_of(voucher.case_ref, cases) or self._found_formerly(voucher, cases)
        if voucher.case_ref in rejected.all:  # an earlier case of this reference may be another creditor's
            found = [case for case in found if case.batch_id in self._batch.run_batches or case.id in self._batch.changed_cases]
        is_of_left_out = not found and voucher.case_ref in rejected.left_out - rejected.rejected
        if is_of_left_out or row.is_without_case:
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

    def _cases_of(self, reference: str | None, cases: Mapping[str, LinkedCases]) -> list[ExistingEntry]:
        exact, alike = cases.get(reference or "", LinkedCases([], []))
        return list(most_fitting(exact, self._batch.id, alike))

    def _found_formerly(self, voucher: VoucherRecord, cases: Mapping[str, LinkedCases]) -> list[ExistingEntry]:
        """Return the case that an earlier release read under another reference than the one that the voucher shows now."""
        if (known := self._batch.reread.get(voucher.case_ref or "")) is not None:
            return [self._placement.existing.follow(known)]
        return self._cases_of(former_case_ref(voucher), cases)

    def _stage_one(self, row: StagedRow, candidate: Candidate) -> None:
        voucher = candidate.record
        assert isinstance(voucher, VoucherRecord)
        changed = why_changed(self._batch.lists, row)
        if why := self._claimed.why_withheld(row):
            self._placement.reject_record(row, RecordKind.VOUCHER, voucher, why, RejectStatus.LEFT_OUT)
            note_lowered(self._batch.lists, row, why)
        elif known := self._claimed.voucher_of(row, candidate):
            self._placement.place(row, candidate, Match(known, is_answered=True, change=changed))
        elif changed is not None and changed.code == LARGER:
            self._placement.reject_record(row, RecordKind.VOUCHER, voucher, changed, RejectStatus.LEFT_OUT)
        else:
            parent = self._placement.existing.parent(voucher.parent) if voucher.parent else None
            if self._has_no_parent(row, parent):
                parent, voucher = None, replace(voucher, parent=None)  # the invoice that a credit names is in another case
                candidate.record = voucher
            self._stage_below(row, candidate, voucher, parent)

    def _has_no_parent(self, row: StagedRow, parent: ExistingEntry | None) -> bool:
        """Return whether the invoice that a credit of a list names is in another case, or in none."""
        is_missing = parent is None and self._waiting.last
        return row.loaded.document is not None and (is_missing or _is_elsewhere(parent, row))

    def _stage_below(self, row: StagedRow, candidate: Candidate, voucher: VoucherRecord, parent: ExistingEntry | None) -> None:
        """Place a voucher below its parent, if it has one, or let it wait for that."""
        waiting = self._waiting
        if voucher.parent and parent is None and not waiting.last:
            row.waits_for = voucher.parent
            waiting.rows.append(row)
            return
        if voucher.parent and (parent is None or voucher.parent == voucher.unique_id):
            self._reject_for_parent(row, voucher, voucher.parent)
            return
        candidate.values |= _values(voucher, row.case, parent)
        match = self._placement.recognition.match(candidate, waiting.dues.get(candidate.base, ()), last=waiting.decides)
        if match.known is None and (known := self._claimed.waiting_of(row, candidate)) is not None:
            match = Match(known)
        if match.waits:
            waiting.defer(row, candidate)
        else:
            self._place(row, candidate, match)

    def _place(self, row: StagedRow, candidate: Candidate, match: Match) -> None:
        """Place a voucher. If its row is no claim any more, although the case was sent, only one that was sent is known."""
        voucher = candidate.record
        if row.case_left_out and isinstance(voucher, VoucherRecord) and not _is_accepted(match):
            self._placement.leave_out(row, candidate, reasons.case_left_out(voucher))
        else:
            self._placement.place(row, candidate, match)

    def _reject_for_parent(self, row: StagedRow, voucher: VoucherRecord, parent: str) -> None:
        names = {parent, parent.removeprefix(TEST_PREFIX)}
        is_rejected, is_left_out = (not names.isdisjoint(refs) for refs in self._rejected_parents)
        unresolved = self._waiting.unresolved or {voucher.unique_id or "": parent}
        problem = reasons.no_parent(voucher, unresolved, is_rejected=is_rejected, is_left_out=is_left_out)
        self._placement.reject_record(row, RecordKind.VOUCHER, voucher, *problem)


def _is_elsewhere(parent: ExistingEntry | None, row: StagedRow) -> bool:
    return parent is not None and row.case is not None and parent.case_id != row.case.id


def _is_accepted(match: Match) -> bool:
    return match.known is not None and match.known.state is State.ACCEPTED


def _candidate(row: StagedRow, one: VoucherIdentity) -> Candidate:
    voucher = one.voucher
    is_counted = voucher.unique_id is None and one.dates is None
    digest = voucher_digest(one.owner, voucher.fingerprint)
    values: dict[str, Any] = {"digest": digest, "is_test": bool(row.case and row.case.is_test)}
    keys = partial(_keys, row, one)
    return Candidate(
        RecordKind.VOUCHER, voucher, one.base, values, keys, is_counted, one.dates, one.has_reference, bool(row.raw.shown)
    )


def _keys(row: StagedRow, one: VoucherIdentity) -> RecordKeys:
    voucher = one.voucher
    sha256 = voucher.appendix.sha256 if voucher.appendix else None
    content = VoucherContent(voucher.payload, voucher.parent, sha256, voucher.fingerprint)
    keys = voucher_keys(one.owner, voucher.unique_id, content, row.raw)
    former = former_keys(one.owner, voucher.unique_id, content.fingerprint)
    return keys._replace(former=(*former, *former_voucher_keys(one.owner, voucher)))


def _values(voucher: VoucherRecord, case: ExistingEntry | None, parent: ExistingEntry | None) -> dict[str, Any]:
    """Return the other columns of the voucher's entry. Without ``case`` it belongs to an existing remote case, by its id."""
    state, ready = voucher_state(case.state if case else None, parent.state if parent else None)
    return {
        "case_id": case.id if case else None,
        "target": voucher.case_id,
        "parent_key": voucher.parent,
        "parent_id": parent.id if parent else None,
        "state": state,
        "ready": ready,
        "payload": voucher.payload,
        "content": voucher.fingerprint,
        "reasons": _why_not_sent(state, parent),
        "appendix": json.dumps(asdict(voucher.appendix)) if voucher.appendix else None,
    }


def _why_not_sent(state: State, parent: ExistingEntry | None) -> str | None:
    if state is State.DROPPED:
        return reasons_to_json((CASE_DROPPED,))
    return reasons_to_json((PARENT_REFUSED if parent else CASE_REFUSED,)) if state is State.BLOCKED else None
