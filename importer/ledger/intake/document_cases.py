"""Make a record the case of some of its documents: a further case, a question, or one in place of cases that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.documents import DocumentKind
from importer.domain.further_cases import further_case
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.match_keys import case_keys
from importer.domain.next_list import NewInvoices
from importer.domain.questions import kind_of
from importer.domain.raw_rows import RawRow
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, StagedRow
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_findings import (
    NO_NUMBER,
    SENT,
    WAITING,
    FoundCarriers,
    is_by_name,
    is_dropped,
    is_listed,
    is_same_debtor,
    sorted_carriers,
)
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.list_parts import without_unassigned
from importer.ledger.intake.missing_documents import holds_newer, withdraw_vouchers
from importer.ledger.intake.new_documents import ending_of, may_add
from importer.ledger.intake.parties import digest_of_case
from importer.ledger.intake.rest_of_claimed import report_rest

_OF_ONE_ROW = frozenset(
    {QuestionKind.STATE_UNCLEAR, QuestionKind.DISPUTED, QuestionKind.PART_PAID, QuestionKind.SETTLED, QuestionKind.SUM}
)
"""Questions about a row alone: a case without the document of that row does not ask them."""


class DocumentCases:
    """The cases that records become because of the documents that other cases carry."""

    def __init__(self, batch: BatchIntake, existing: ExistingEntries, rows: DocumentRows) -> None:
        self._batch, self._existing, self._rows = batch, existing, rows

    def further(
        self, row: StagedRow, candidate: Candidate, owner: ExistingEntry, found: FoundCarriers, fresh: list[CarriedDocument]
    ) -> Match:
        """Place the documents that no case carries, of a debtor with a case (``owner``) that was sent or dropped by a person."""
        record, policy = _asking_for(candidate, fresh), self._batch.lists.policy
        differing = [one for one in found.differing if one[0] in fresh]
        is_open = not is_dropped(owner)
        if is_open and not differing and policy.new_invoices is NewInvoices.ADD and may_add(self._batch, row, candidate, owner):
            return self._add(row, owner, fresh)
        further = further_case(record, fresh, ending_of(self._existing, self._rows, record, fresh))
        if further is None:
            return self._without_balance(row, candidate, owner, fresh)
        match = self._become(candidate, further)
        if match.known is not None and holds_newer(self._batch, self._rows, match.known, fresh):
            self._batch.lists.own(row.case_place, fresh, match.known)
            return Match(match.known, is_answered=True)
        self.ask_differing(candidate, match, replace(found, differing=differing))
        self._ask_further(candidate, match, fresh, owner if is_open else None)
        return self.replace_waiting(candidate, match, sorted_carriers(self._rows, fresh, match.known), fresh)

    def _ask_further(self, candidate: Candidate, match: Match, fresh: list[CarriedDocument], owner: ExistingEntry | None) -> None:
        """Ask about a further case of new documents. ``owner``: the open case of the debtor, None if there is none."""
        if asked := self.unclear(fresh, match.known, by_name=is_by_name(fresh[0], candidate.record.payload)):
            ask(candidate, asked)
        if owner is not None and self._batch.lists.policy.new_invoices is not NewInvoices.CASE:
            ask(candidate, document_reasons.new_documents(fresh, owner))

    def _add(self, row: StagedRow, owner: ExistingEntry, fresh: list[CarriedDocument]) -> Match:
        """Give new documents to the open case, whose vouchers they become."""
        self._rows.insert_all(owner, fresh)
        self._batch.lists.add(owner, fresh)
        self._batch.lists.own(row.case_place, fresh, owner)
        return Match(owner, is_answered=True)

    def _without_balance(self, row: StagedRow, candidate: Candidate, owner: ExistingEntry, fresh: list[CarriedDocument]) -> Match:
        """Place new documents of which nothing is left to claim after the credits and payments among them."""
        lists, (claimable, unassigned) = self._batch.lists, without_unassigned(fresh)
        if not any(one.document.kind is DocumentKind.INVOICE for one in fresh):
            return Match(owner, is_answered=True, change=report_rest(self._batch, self._rows, row, owner, fresh))
        record = _asking_for(candidate, claimable)
        further = further_case(record, claimable, ending_of(self._existing, self._rows, record, claimable))
        if further is not None:  # a payment that names no invoice may belong to the open case
            report_rest(self._batch, self._rows, row, owner, unassigned)
            match = self._become(candidate, further)
            ask(candidate, document_reasons.swallowed(unassigned, claimable, owner))
            return self.replace_waiting(candidate, match, sorted_carriers(self._rows, claimable, match.known), claimable)
        why = document_reasons.balanced(fresh)
        lists.withhold(row.case_place, fresh, why)
        for carrier in sorted_carriers(self._rows, fresh, None).waiting.values():
            lists.balanced[carrier.known.id] = why
        return Match(owner, is_answered=True)

    def _become(self, candidate: Candidate, record: CaseRecord) -> Match:
        """Let a candidate become the case of another record of the same row, and recognise that."""
        hint = candidate.record.hint
        raw = RawRow("further", record.base)  # other cells than those of the row: they are the debtor's first case
        values = {"ref": record.ref, "payload": record.payload, "digest": digest_of_case(record)}
        candidate.become(record, values, partial(case_keys, record.ref, record.payload, raw))
        self._existing.load(RecordKind.CASE, {record.base}, set())
        self._existing.load_alike(RecordKind.CASE, [candidate.keys])
        group = self._existing.group(RecordKind.CASE, record.base)
        known = self._existing.follow(group[0]) if group else None
        if hint is not None and known is not None and hint.entry_id == known.id:  # an answer beside the row is about this case
            candidate.record = replace(record, hint=hint)
        return Match(known)

    def ask_grown(
        self, candidate: Candidate, owner: ExistingEntry, larger: Sequence[tuple[Reason, list[CarriedDocument]]]
    ) -> Match:
        """Ask about documents of a case that was sent and of which more is open now: a question that claims nothing."""
        grown = [one for _, documents in larger for one in documents]
        record = candidate.record
        assert isinstance(record, CaseRecord)
        asked = further_case(record, grown)
        if asked is None:
            return Match(owner, is_answered=True)
        amounts = "+".join(str(one.document.open_cents) for one in grown)
        match = self._become(candidate, replace(asked, base=f"{asked.base}={amounts}"))
        candidate.carries = False
        for why, _ in larger:
            ask(candidate, why)
        return match

    def replace_waiting(
        self, candidate: Candidate, match: Match, found: FoundCarriers, shown: Sequence[CarriedDocument]
    ) -> Match:
        """Let a record replace the waiting cases that have no other documents than it, or leave its documents to one of them."""
        keys, others = {one.key for one in shown}, {one.known.id: one for one in found.waiting.values()}
        self._rows.load_entries(others)
        for one in others.values():
            carried = {of.carried.key for of in self._rows.of_entry(one.known) if of.carried.source not in NO_NUMBER}
            if one.known.batch_id == self._batch.id:
                self._batch.conflicts.ask(one.known, [document_reasons.overlaps(shown, one.known)])
            elif carried <= keys:
                candidate.covers = (*candidate.covers, one.known)
                continue
            elif keys <= carried and match.known is None:
                if not self._takes_place_of(candidate, one, keys):
                    return Match(one.known, is_answered=True)
                continue
            ask(candidate, document_reasons.overlaps(shown, one.known))
        return match

    def _takes_place_of(self, candidate: Candidate, waiting: Carrier, keys: Collection[str]) -> bool:
        """Let a case of a newer list take the place of one that waits and of whose documents the list lacks some.

        Otherwise the case would be sent with amounts that the list does not show any more. What it lacks is asked about, unless
        the list shows every open document. Returns whether that is so; a row, or a list that is older, leaves the case as it is.
        """
        known, lists = waiting.known, self._batch.lists
        is_newer = not lists.is_older and known.batch_id not in self._batch.run_batches
        if not is_listed(candidate) or waiting.carried.source is not DocumentSource.LIST or not is_newer:
            return False
        lost = [one.carried for one in self._rows.of_entry(known) if one.carried.key not in keys]
        withdraw_vouchers(self._batch, known, lost)
        if not lists.policy.is_complete:
            ask(candidate, document_reasons.missing(lost, known))
        candidate.covers = (*candidate.covers, known)
        return True

    def ask_differing(self, candidate: Candidate, match: Match, found: FoundCarriers) -> Match:
        """Ask about documents that other cases carry with other facts: each may be the same document, or another one."""
        asked = {(shown.key, carrier.known.id): (shown, carrier, what) for shown, carrier, what in found.differing}
        for shown, carrier, what in asked.values():
            why = document_reasons.differs(shown, carrier.known, what)
            if carrier.known.batch_id == self._batch.id:  # neither of the two rows is surely the right one
                self._batch.conflicts.ask(carrier.known, [why])
            ask(candidate, why)
        return match

    def unclear(self, shown: Sequence[CarriedDocument], own: ExistingEntry | None, *, by_name: bool) -> Reason | None:
        """Return the question about a debtor of whom a case is open whose documents, or whose postal code, are unclear."""
        keys, first = {one.key for one in shown}, shown[0]
        for one in self._rows.carriers(first.name):
            is_other = one.known is not own and one.known.state in SENT | WAITING and one.known.batch_id != self._batch.id
            if not is_other or one.carried.key in keys:
                continue
            if one.carried.source is DocumentSource.UNKNOWN:
                return document_reasons.unknown_documents(one.known)
            if by_name and not is_same_debtor(first, one, by_name=by_name):
                return document_reasons.moved(one.known)
        return None


def ask(candidate: Candidate, reason: Reason) -> None:
    """Add a question to those of a case."""
    record = candidate.record
    assert isinstance(record, CaseRecord)
    candidate.record = replace(record, questions=(*record.questions, reason))


def _asking_for(candidate: Candidate, documents: Sequence[CarriedDocument]) -> CaseRecord:
    """Return the record of a list without the questions of rows whose documents are not among these."""
    record = candidate.record
    assert isinstance(record, CaseRecord)
    if any(one.document.is_asked for one in documents):
        return record
    return replace(record, questions=tuple(one for one in record.questions if kind_of(one) not in _OF_ONE_ROW), disputed=None)
