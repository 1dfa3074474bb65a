"""Documents that a case shows and another one carries already: none of them is ever part of a second case.

A case that was sent, or may have been, keeps its documents. One that waits is replaced by a case that has all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.further_cases import further_case
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import case_keys
from importer.domain.next_list import NewInvoices, differences, is_reused
from importer.domain.raw_rows import RawRow
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord
from importer.domain.states import REPLACEABLE
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_changes import larger_of, note_changed, why_smaller
from importer.ledger.intake.document_findings import (
    NO_NUMBER,
    SENT,
    WAITING,
    FoundCarriers,
    counts,
    is_answered,
    is_by_name,
    is_listed,
    is_same_debtor,
    own_entry,
    perhaps_claimed,
)
from importer.ledger.intake.document_rows import DocumentRows, documents_in
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.missing_documents import holds_newer, missing_in
from importer.ledger.intake.new_documents import earlier_part, ending_of, may_add
from importer.ledger.intake.part_payments import note_smaller
from importer.ledger.intake.parties import digest_of_case


class DocumentIntake:
    """The documents of one chunk's cases, compared with those that the ledger has."""

    def __init__(self, batch: BatchIntake, existing: ExistingEntries, rows: DocumentRows) -> None:
        self._batch, self._existing, self._rows = batch, existing, rows

    def load(self, candidates: Collection[Candidate]) -> None:
        """Read the cases that carry the documents of these cases. Nothing is read while the ledger has no lists."""
        is_list = any(map(is_listed, candidates))
        self._batch.knows_lists = self._batch.knows_lists or is_list or self._rows.has_lists()
        if not self._batch.knows_lists:
            return
        shown = [document for one in candidates for document in documents_in(one)]
        debtors = {one.document.debtor for one in shown}
        self._rows.load({one.key for one in shown})
        self._rows.load_debtors({one.name for one in shown}, debtors)

    def resolve(self, row: StagedRow, candidate: Candidate, match: Match) -> Match:
        """Decide which case a record is, given the documents that other cases carry.

        The record may become a question, or a further case of some of its documents.
        """
        record = candidate.record
        if match.is_answered or not self._batch.knows_lists or not isinstance(record, CaseRecord):
            return match
        match = self._by_its_documents(candidate, match)
        if is_answered(match.known, candidate):
            if record.documents:
                self._show(match.known, documents_in(candidate))
            return match
        if match.several:
            return match
        return self._list(row, candidate, match) if record.documents else self._single(candidate, match)

    def _by_its_documents(self, candidate: Candidate, match: Match) -> Match:
        """Recognise a case of a list by its own key and its documents alone, and no other case as one of a list.

        A row may be the first one of a case of its debtor, or have been replaced by that case.
        """
        known = match.known
        if known is not None and known.base == candidate.base:
            return match
        is_of_list = is_listed(candidate)
        if not is_of_list and known is not None:
            self._rows.load_entries([known.id])
            is_of_list = any(one.carried.source is DocumentSource.LIST for one in self._rows.of_entry(known))
        return match._replace(known=None, several=(), has_cells=False) if is_of_list else match

    # Cases that are one invoice

    def _single(self, candidate: Candidate, match: Match) -> Match:
        own = own_entry(candidate, match)
        if own is not None and own.state not in REPLACEABLE:
            return match  # it was sent as a case of its own
        shown = documents_in(candidate)
        found = self._sort(shown, own)
        if found.differing:
            return self._ask_differing(candidate, match, found)
        if found.claimed:
            return self._carried(candidate, match, found, shown)
        if found.waiting:
            return self._replace_waiting(candidate, match, found, shown)
        alike = perhaps_claimed(self._rows, shown[0]) if shown[0].source is DocumentSource.UNKNOWN else None
        return self._asked(candidate, match, document_reasons.unknown_documents(alike)) if alike else match

    # Cases of a list

    def _list(self, row: StagedRow, candidate: Candidate, match: Match) -> Match:
        shown, own = documents_in(candidate), own_entry(candidate, match)
        waits = own if own is not None and own.state in REPLACEABLE else None
        self._show(waits, shown)
        found = self._sort(shown, waits)
        if found.differing:
            return self._ask_differing(candidate, match, found)
        self._note(row, found, shown)
        note_smaller(self._batch, self._rows, row, found, shown)
        if waits is not None and (before := earlier_part(self._batch, self._rows, waits, shown)):
            return self._second_part(row, candidate, waits, found, shown, before)
        rest = [one for one in shown if one.key not in found.claimed]
        if not rest:
            return self._carried(candidate, match, found, shown, row)
        note_changed(self._batch.lists, found, row, shown)
        return self._rest(row, candidate, match, own, found, rest, shown)

    def _second_part(
        self,
        row: StagedRow,
        candidate: Candidate,
        waits: ExistingEntry,
        found: FoundCarriers,
        shown: Sequence[CarriedDocument],
        before: set[str],
    ) -> Match:
        """Place documents of a debtor whose case is made of others (``before``) in an earlier file of the same run."""
        self._own_rows(row, (one for one in shown if one.key in before), waits)
        fresh = [one for one in shown if one.key not in before | set(found.claimed)]
        return self._further(row, candidate, waits, fresh) if fresh else Match(waits, is_answered=True)

    def _rest(
        self,
        row: StagedRow,
        candidate: Candidate,
        match: Match,
        own: ExistingEntry | None,
        found: FoundCarriers,
        rest: list[CarriedDocument],
        shown: Sequence[CarriedDocument],
    ) -> Match:
        """Place documents of which no case was sent: as the debtor's first case, or as a further one."""
        by_name = is_by_name(shown[0], candidate.record.payload)
        owner = self._open_case(found, shown[0], own, by_name=by_name)
        if owner is not None:
            return self._further(row, candidate, owner, rest)
        if own is not None and holds_newer(self._batch, self._rows, own, shown):
            self._own_rows(row, shown, own)
            return Match(own, is_answered=True)
        if asked := self._unclear(shown, own, by_name=by_name) or missing_in(self._batch, self._rows, own, candidate):
            return self._asked(candidate, match, asked)
        return self._replace_waiting(candidate, match, found, shown)

    def _open_case(
        self, found: FoundCarriers, shown: CarriedDocument, own: ExistingEntry | None, *, by_name: bool
    ) -> ExistingEntry | None:
        """Return the case of the debtor that was sent, or may have been, in the currency of the list's documents."""
        if found.claimed:
            return next(iter(found.claimed.values())).known
        if own is not None and own.state in SENT:
            return own
        for one in (*self._rows.carriers(shown.document.debtor), *self._rows.carriers(shown.name)):
            is_open = one.known.state in SENT and one.carried.source not in NO_NUMBER
            is_in_currency = one.carried.document.currency == shown.document.currency
            if is_open and is_in_currency and is_same_debtor(shown, one, by_name=by_name):
                return one.known
        return None

    def _unclear(self, shown: Sequence[CarriedDocument], own: ExistingEntry | None, *, by_name: bool) -> Reason | None:
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

    def _further(self, row: StagedRow, candidate: Candidate, owner: ExistingEntry, rest: list[CarriedDocument]) -> Match:
        """Place the documents that no case carries, of a debtor with an open case."""
        record, policy = candidate.record, self._batch.lists.policy
        assert isinstance(record, CaseRecord)
        further = further_case(record, rest, ending_of(self._existing, self._rows, record, rest))
        is_added = policy.new_invoices is NewInvoices.ADD and may_add(self._batch, row, candidate, owner)
        if further is None or is_added:
            return self._added(row, owner, rest, is_added=is_added)
        match = self._become(candidate, further)
        if asked := self._unclear(rest, match.known, by_name=is_by_name(rest[0], record.payload)):
            self._asked(candidate, match, asked)
        if policy.new_invoices is not NewInvoices.CASE:
            self._asked(candidate, match, document_reasons.new_documents(rest, owner))
        return self._replace_waiting(candidate, match, self._sort(rest, match.known), rest)

    def _added(self, row: StagedRow, owner: ExistingEntry, rest: list[CarriedDocument], *, is_added: bool) -> Match:
        """Give new documents to the open case, whose vouchers they become, or report those that lower its claim."""
        if not is_added:
            why = document_reasons.new_credits(rest, owner)
            self._rows.mark(owner, rest, DocumentSource.REPORTED)
            self._withhold(row, rest, why)
            return Match(owner, is_answered=True, change=why)
        self._rows.insert_all(owner, rest)
        self._batch.lists.add(owner, rest)
        self._own_rows(row, rest, owner)
        return Match(owner, is_answered=True)

    def _become(self, candidate: Candidate, record: CaseRecord) -> Match:
        """Let a candidate become the case of another record of the same row, and recognise that."""
        raw = RawRow("further", record.base)  # other cells than those of the row: they are the debtor's first case
        values = {"ref": record.ref, "payload": record.payload, "digest": digest_of_case(record)}
        candidate.become(record, values, partial(case_keys, record.ref, record.payload, raw))
        self._existing.load(RecordKind.CASE, {record.base}, set())
        self._existing.load_alike(RecordKind.CASE, [candidate.keys])
        group = self._existing.group(RecordKind.CASE, record.base)
        return Match(self._existing.follow(group[0]) if group else None)

    # What other cases carry

    def _sort(self, shown: Iterable[CarriedDocument], own: ExistingEntry | None) -> FoundCarriers:
        """Sort the documents by the cases that carry them, apart from ``own``, whose values are replaced."""
        found = FoundCarriers()
        for one in shown:
            for carrier in self._rows.carriers(one.key):
                if carrier.known is own or carrier.known.state not in SENT | WAITING or not counts(one, carrier.carried):
                    continue
                differing = differences(carrier.carried, one)
                if is_reused(differing):
                    continue
                if not differing:
                    (found.claimed if carrier.known.state in SENT else found.waiting).setdefault(one.key, carrier)
                elif NO_NUMBER.isdisjoint({one.source, carrier.carried.source}):
                    found.differing.append((one, carrier, differing))
        return found

    def _carried(
        self,
        candidate: Candidate,
        match: Match,
        found: FoundCarriers,
        shown: Sequence[CarriedDocument],
        row: StagedRow | None = None,
    ) -> Match:
        """Recognise a record whose documents are all claimed, and what the list says of them."""
        owner = next(iter(found.claimed.values())).known
        if larger := larger_of(self._batch.lists, found, shown):
            for reason, grown in larger if row is not None else ():
                self._withhold(row, grown, reason)
            return self._ask_grown(candidate, owner, larger)
        less = why_smaller(self._batch.lists, found, shown, owner)
        is_same = less is None and owner is match.known and candidate.is_same(owner)
        return match if is_same else Match(owner, is_answered=True, change=less)

    def _ask_grown(
        self, candidate: Candidate, owner: ExistingEntry, larger: Sequence[tuple[Reason, list[CarriedDocument]]]
    ) -> Match:
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
            self._asked(candidate, match, why)
        return match

    def _replace_waiting(
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
                return Match(one.known, is_answered=True)
            self._asked(candidate, match, document_reasons.overlaps(shown, one.known))
        return match

    # Questions

    def _ask_differing(self, candidate: Candidate, match: Match, found: FoundCarriers) -> Match:
        shown, carrier, differing = found.differing[0]
        if carrier.known.batch_id == self._batch.id:  # neither of the two rows is surely the right one
            self._batch.conflicts.ask(carrier.known, [document_reasons.differs(shown, carrier.known, differing)])
        return self._asked(candidate, match, document_reasons.differs(shown, carrier.known, differing))

    @staticmethod
    def _asked(candidate: Candidate, match: Match, reason: Reason) -> Match:
        record = candidate.record
        assert isinstance(record, CaseRecord)
        candidate.record = replace(record, questions=(*record.questions, reason))
        return match

    # What the list shows

    def _show(self, own: ExistingEntry | None, shown: Sequence[CarriedDocument]) -> None:
        """Note that the list shows these documents. ``own``: the case of them that is replaced, or that a person has answered."""
        lists = self._batch.lists
        lists.documents += len(shown)
        lists.creditors.add(shown[0].document.creditor)
        if own is not None:
            lists.shown |= {(own.id, one.key): one.document.open_cents for one in shown}

    def _note(self, row: StagedRow, found: FoundCarriers, shown: Iterable[CarriedDocument]) -> None:
        """Note what the list shows of documents that other cases carry."""
        for one in shown:
            carrier = found.claimed.get(one.key) or found.waiting.get(one.key)
            if carrier is not None:
                self._batch.lists.shown[carrier.known.id, carrier.carried.key] = one.document.open_cents
            if one.key in found.claimed:
                self._own_rows(row, [one], found.claimed[one.key].known)

    def _own_rows(self, row: StagedRow, documents: Iterable[CarriedDocument], owner: ExistingEntry) -> None:
        """Note which case has documents, so that the vouchers of their rows go there."""
        owners = self._batch.lists.owners.setdefault(row.case_place, {})
        owners.update(dict.fromkeys((one.key for one in documents), owner.id))

    def _withhold(self, row: StagedRow, documents: Iterable[CarriedDocument], why: Reason) -> None:
        """Note why documents get no voucher."""
        self._batch.lists.withheld.setdefault(row.case_place, {}).update(dict.fromkeys((one.key for one in documents), why))
