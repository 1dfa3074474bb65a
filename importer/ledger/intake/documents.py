"""Documents that a case shows and another one carries already: none of them is ever part of a second case.

A case that was sent, or may have been, keeps its documents. One that waits is replaced by a case that has all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord
from importer.domain.states import REPLACEABLE
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_cases import DocumentCases, ask
from importer.ledger.intake.document_changes import larger_of, note_changed, why_disputed, why_smaller
from importer.ledger.intake.document_findings import (
    NO_NUMBER,
    SENT,
    FoundCarriers,
    is_answered,
    is_by_name,
    is_dropped,
    is_listed,
    is_same_debtor,
    own_entry,
    perhaps_claimed,
    sorted_carriers,
)
from importer.ledger.intake.document_rows import DocumentRows, documents_in
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.list_parts import ListParts, parted
from importer.ledger.intake.missing_documents import holds_newer, missing_in
from importer.ledger.intake.new_documents import earlier_part
from importer.ledger.intake.part_payments import note_smaller
from importer.ledger.intake.rest_of_claimed import report_rest


class DocumentIntake:
    """The documents of one chunk's cases, compared with those that the ledger has."""

    def __init__(self, batch: BatchIntake, existing: ExistingEntries, rows: DocumentRows) -> None:
        self._batch, self._rows = batch, rows
        self._cases = DocumentCases(batch, existing, rows)

    def load(self, candidates: Collection[Candidate]) -> None:
        """Read the cases that carry the documents of these cases. Nothing is read while the ledger has no lists."""
        is_list = any(map(is_listed, candidates))
        self._batch.knows_lists = self._batch.knows_lists or is_list or self._rows.has_lists()
        if not self._batch.knows_lists:
            return
        shown = [document for one in candidates for document in documents_in(one)]
        debtors = {one.document.debtor for one in shown}
        self._rows.load({key for one in shown for key in (one.key, one.names) if key})
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
        found = sorted_carriers(self._rows, shown, own)
        if found.differing:
            return self._cases.ask_differing(candidate, match, found)
        if found.claimed:
            return self._carried(candidate, match, found, shown)
        if found.dropped:
            return Match(next(iter(found.dropped.values())).known, is_answered=True)
        if found.waiting:
            return self._cases.replace_waiting(candidate, match, found, shown)
        alike = perhaps_claimed(self._rows, shown[0]) if shown[0].source is DocumentSource.UNKNOWN else None
        if alike:
            ask(candidate, document_reasons.unknown_documents(alike))
        return match

    # Cases of a list

    def _list(self, row: StagedRow, candidate: Candidate, match: Match) -> Match:
        shown, own = documents_in(candidate), own_entry(candidate, match)
        waits = own if own is not None and own.state in REPLACEABLE and not is_dropped(own) else None
        self._show(waits, shown)
        found = sorted_carriers(self._rows, shown, waits)
        self._note(row, found, shown)
        note_smaller(self._batch, self._rows, row, found, shown)
        if waits is not None and (before := earlier_part(self._batch, self._rows, waits, shown)):
            return self._second_part(row, candidate, waits, found, shown, before)
        parts = parted(self._rows, found, shown)
        lowered = self._report_parts(row, parts)
        if parts.fresh:
            note_changed(self._batch.lists, found, row, candidate.record, shown)
            self._note_lowered(row, parts)
            return self._rest(row, candidate, match, own, found, parts)
        if found.claimed:
            return self._carried(candidate, match, found, shown, row, lowered)
        others = (*parts.cases.values(), *(one.known for one in found.dropped.values()))
        return Match(others[0], is_answered=True, change=lowered)

    def _report_parts(self, row: StagedRow, parts: ListParts) -> Reason | None:
        """Let documents that are dropped, or lower a case that was sent, get no voucher. Returns what is reported first."""
        if parts.dropped:
            self._batch.lists.withhold(row.case_place, parts.dropped, document_reasons.dropped(parts.dropped))
        lowering = ((parts.cases[one], some) for one, some in parts.lowering.items())
        return next(iter([report_rest(self._batch, self._rows, row, known, some) for known, some in lowering]), None)

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
        self._batch.lists.own(row.case_place, [one for one in shown if one.key in before], waits)
        fresh = [one for one in shown if one.key not in before | set(found.claimed)]
        return self._cases.further(row, candidate, waits, found, fresh) if fresh else Match(waits, is_answered=True)

    def _rest(
        self,
        row: StagedRow,
        candidate: Candidate,
        match: Match,
        own: ExistingEntry | None,
        found: FoundCarriers,
        parts: ListParts,
    ) -> Match:
        """Place documents of which no case was sent: as the debtor's first case, or as a further one."""
        fresh = parts.fresh
        by_name = is_by_name(fresh[0], candidate.record.payload)
        others = (*parts.cases.values(), *(one.known for one in found.dropped.values()))
        owner = self._open_case(found, fresh[0], own, by_name=by_name) or next(iter(others), None)
        if owner is not None:
            return self._cases.further(row, candidate, owner, found, fresh)
        if found.differing:
            return self._cases.ask_differing(candidate, match, found)
        if own is not None and holds_newer(self._batch, self._rows, own, fresh):
            self._batch.lists.own(row.case_place, fresh, own)
            return Match(own, is_answered=True)
        asked = self._cases.unclear(fresh, own, by_name=by_name) or missing_in(self._batch, self._rows, own, candidate)
        if asked:
            ask(candidate, asked)
            return match
        return self._cases.replace_waiting(candidate, match, found, fresh)

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

    def _carried(
        self,
        candidate: Candidate,
        match: Match,
        found: FoundCarriers,
        shown: Sequence[CarriedDocument],
        row: StagedRow | None = None,
        lowered: Reason | None = None,
    ) -> Match:
        """Recognise a record whose documents are all claimed, and what the list says of them.

        ``lowered`` is what is reported of credits and payments that it shows besides.
        """
        owner = next(iter(found.claimed.values())).known
        if larger := larger_of(self._batch.lists, found, shown):
            if row is not None:
                for reason, grown in larger:
                    self._batch.lists.withhold(row.case_place, grown, reason)
            return self._cases.ask_grown(candidate, owner, larger)
        why = why_smaller(self._batch.lists, found, shown, owner) or lowered or why_disputed(candidate.record, found, shown)
        is_same = why is None and owner is match.known and candidate.is_same(owner)
        return match if is_same else Match(owner, is_answered=True, change=why)

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
                self._batch.lists.own(row.case_place, [one], found.claimed[one.key].known)

    def _note_lowered(self, row: StagedRow, parts: ListParts) -> None:
        """Note the rows of credits and payments that lower a case that was sent, beside which the list shows new documents."""
        lists = self._batch.lists
        for entry_id, documents in parts.lowering.items():
            lists.own(row.case_place, documents, parts.cases[entry_id])
            lists.lowered.setdefault(row.case_place, set()).update(one.key for one in documents)
