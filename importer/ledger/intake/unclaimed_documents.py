"""Documents of a debtor of whom a list makes no case, and what they mean for the cases that the debtor has.

A case that waits and whose invoices the list shows as settled is withdrawn. One that was sent is reported, with the credits
that are new. Credits and payments without an invoice, as in a list of their own, are asked about or reported in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from importer.domain.document_keys import CarriedDocument, DocumentSource, documents_of_list
from importer.domain.documents import DocumentKind
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.next_list import differences
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, LeftOut, Reject
from importer.domain.states import WITHDRAWABLE, RejectStatus, RowOrigin
from importer.domain.unclaimed import UnclaimedGroup
from importer.ledger.intake import later_word_reasons, unclaimed_reasons
from importer.ledger.intake.candidates import BatchIntake, StagedRow
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_changes import why_smaller
from importer.ledger.intake.document_findings import NO_NUMBER, SENT, FoundCarriers, is_by_name
from importer.ledger.intake.document_reasons import label_of, new_credits
from importer.ledger.intake.other_rows import ASKABLE
from importer.ledger.intake.placement import Placement
from importer.ledger.intake.user_answer import unanswered

_NOTED = SENT | WITHDRAWABLE


@dataclass
class _FoundCases:
    """The cases of a debtor that a group concerns: those that carry its ``invoices``, and the ``others``, by entry."""

    invoices: list[Carrier] = field(default_factory=list)
    others: dict[int, ExistingEntry] = field(default_factory=dict)

    @property
    def of_invoices(self) -> dict[int, ExistingEntry]:
        return {one.known.id: one.known for one in self.invoices}


class UnclaimedIntake:
    """The documents of one chunk of which no case is made."""

    def __init__(self, batch: BatchIntake, placement: Placement) -> None:
        self._batch, self._placement, self._rows = batch, placement, placement.documents

    def load(self, rows: Sequence[StagedRow]) -> None:
        """Read the cases that these documents may be in."""
        records = (row.loaded.case for row in rows)
        left_out = [one for case in records if isinstance(case, CaseRecord) for one in left_out_of(case)]
        if left_out:
            self._rows.load({one.key for one in left_out})
        if groups := [one for row in rows if (one := row.loaded.unclaimed) is not None]:
            self._load(groups)

    def _load(self, groups: Sequence[UnclaimedGroup]) -> None:
        self._batch.knows_lists = True
        self._placement.existing.load(RecordKind.CASE, {one.base for one in groups}, set())
        self._rows.load({one.key for group in groups for one in group.shown})
        self._rows.load({group.named_key(number) for group in groups for number in group.named})
        self._rows.load_debtors({one.name for one in groups if one.name}, {one.debtor for one in groups})

    def place(self, row: StagedRow) -> bool:
        """Let the documents beside a row concern the cases of their debtor. Returns whether the row is placed with that."""
        case, group = row.loaded.case, row.loaded.unclaimed
        if isinstance(case, CaseRecord) and case.left_out:
            self._leave_out(case)
        if group is None:
            return False
        found = self._find(group)
        self._show(group, found)
        if self._batch.lists.is_older or not _is_left_out(case):
            return False
        return self._apply(row, group, found)

    def _apply(self, row: StagedRow, group: UnclaimedGroup, found: _FoundCases) -> bool:
        reported = self._report(row, group, found)
        withdrawn = self._withdraw(group, found)
        asked = self._ask(group, found)
        if reported is not None:
            self._placement.report_change(row, reported[1], reported[0])
        elif withdrawn:
            self._reject(row, [later_word_reasons.withdraws(label_of(one)) for one in withdrawn], RejectStatus.WITHDRAWN)
        elif asked:
            self._note_asked(row, asked[0])
        return bool(reported or withdrawn or asked)

    # Finding

    def _find(self, group: UnclaimedGroup) -> _FoundCases:
        found = _FoundCases(self._carriers(group.invoices))
        others = [one.known for one in self._of_debtor(group)]
        others += map(self._placement.existing.follow, self._placement.existing.group(RecordKind.CASE, group.base))
        found.others = {
            one.id: one for one in self._named(group) or others if one.state in _NOTED and one.batch_id != self._batch.id
        }
        return found

    def _carriers(self, documents: Iterable[CarriedDocument]) -> list[Carrier]:
        """Return the cases of other batches that carry these documents as they are shown."""
        of_key = ((shown, one) for shown in documents for one in self._rows.carriers(shown.key))
        return [one for shown, one in of_key if self._counts(one) and not differences(one.carried, shown)]

    def _counts(self, one: Carrier) -> bool:
        is_here = one.known.batch_id == self._batch.id
        return not is_here and one.known.state in _NOTED and one.carried.source not in NO_NUMBER

    def _of_debtor(self, group: UnclaimedGroup) -> list[Carrier]:
        """Return the debtor's documents in the currency: by the key, or by name if only one of two lists has customer numbers."""
        found = [one for one in self._rows.carriers(group.debtor) if self._counts(one)]
        by_name = self._rows.carriers(group.name) if group.name else ()
        found += [
            one for one in by_name if self._counts(one) and group.is_by_name is not is_by_name(one.carried, one.known.payload)
        ]
        return [one for one in found if one.carried.document.currency == group.currency]

    def _named(self, group: UnclaimedGroup) -> list[ExistingEntry]:
        """Return the cases that carry the invoices that the credits name."""
        named = (one for number in group.named for one in self._rows.carriers(group.named_key(number)))
        of_currency = (one for one in named if one.carried.document.currency in {group.currency, ""})
        return [one.known for one in of_currency if self._counts(one)]

    # Effects

    def _leave_out(self, record: CaseRecord) -> None:
        """Note the documents of a debtor that the list leaves out, and withdraw the other cases that wait with these alone."""
        lists, left = self._batch.lists, left_out_of(record)
        lists.documents += len(left)
        carriers = self._carriers(left)
        for one in carriers:
            self._show_one(one, left)
        waiting = {one.known.id: one.known for one in carriers if one.known.state in WITHDRAWABLE}
        self._rows.load_entries(waiting)
        for known in () if lists.is_older else waiting.values():
            if known.base != record.base:
                self._withdraw_left_out(known, {one.key for one in left})

    def _withdraw_left_out(self, known: ExistingEntry, keys: Collection[str]) -> None:
        carried = [one.carried for one in self._rows.of_entry(known) if one.carried.source not in NO_NUMBER]
        if all(one.key in keys for one in carried):
            self._batch.overruled.add(known.batch_id)
            self._placement.changes.withdraw(known, unclaimed_reasons.left_out(carried))

    def _show_one(self, carrier: Carrier, shown: Sequence[CarriedDocument]) -> None:
        """Note that the list shows a document. That a row is left out does not lower what is open of it."""
        carried = carrier.carried
        cents = next(one.document.open_cents for one in shown if one.key == carried.key)
        self._batch.lists.shown[carrier.known.id, carried.key] = cents or carried.document.open_cents

    def _show(self, group: UnclaimedGroup, found: _FoundCases) -> None:
        """Note that the list shows these documents."""
        lists, shown = self._batch.lists, group.shown
        lists.documents += len(shown)
        lists.creditors.add(group.owner.creditor)
        for one in found.invoices:
            self._show_one(one, shown)

    def _report(self, row: StagedRow, group: UnclaimedGroup, found: _FoundCases) -> tuple[ExistingEntry, Reject] | None:
        """Return what the list says of a case that was sent, with that: new credits, and invoices of which less is open."""
        sent = [one for one in (*found.of_invoices.values(), *found.others.values()) if one.state in SENT]
        if not sent:
            return None
        fresh = [one for one in group.lowering if not self._is_carried(one)]
        reasons = [*([new_credits(fresh, sent[0])] if fresh else []), *self._smaller(group, found, sent[0])]
        if not reasons:
            return None
        self._rows.mark(sent[0], fresh, DocumentSource.REPORTED)
        row.case, row.case_left_out = sent[0], True
        return sent[0], Reject(RecordKind.CASE, tuple(reasons), _money(row))

    def _smaller(self, group: UnclaimedGroup, found: _FoundCases, owner: ExistingEntry) -> list[Reason]:
        of_sent = {one.carried.key: one for one in found.invoices if one.known.state in SENT}
        counted = [one for one in group.invoices if one.key in of_sent and one.document in group.documents]
        why = why_smaller(self._batch.lists, FoundCarriers(claimed=of_sent), counted, owner)
        return [] if why is None else [why]

    def _withdraw(self, group: UnclaimedGroup, found: _FoundCases) -> list[ExistingEntry]:
        """Withdraw the cases that wait and whose invoices the list shows, and return them.

        One with further invoices, which may be open, is asked about: that the list does not show them proves nothing.
        """
        is_complete = self._batch.lists.policy.is_complete
        of_list = (one for one in found.of_invoices.values() if one.state in WITHDRAWABLE)
        waiting = [one for one in of_list if is_complete or not self._not_shown(group, one)]
        for known in waiting:
            self._batch.overruled.add(known.batch_id)
            self._placement.changes.withdraw(known, unclaimed_reasons.settled(self._not_shown(group, known)))
        return waiting

    def _is_carried(self, credit: CarriedDocument) -> bool:
        """Return whether a case that was sent carries a credit or payment, with no less than is open of it now."""
        same = (one for one in self._rows.carriers(credit.key) if one.known.state in SENT)
        return any(one.carried.document.open_cents >= credit.document.open_cents for one in same)

    def _not_shown(self, group: UnclaimedGroup, known: ExistingEntry) -> list[CarriedDocument]:
        """Return the invoices of a case that the list does not show."""
        self._rows.load_entries([known.id])
        shown = {one.key for one in group.invoices}
        of_list = (one.carried for one in self._rows.of_entry(known) if one.carried.source is DocumentSource.LIST)
        return [one for one in of_list if one.document.kind is DocumentKind.INVOICE and one.key not in shown]

    def _ask(self, group: UnclaimedGroup, found: _FoundCases) -> list[ExistingEntry]:
        """Question the cases that wait and from which the group's credits and payments are not taken off."""
        lowering, asked = group.lowering, []
        if not lowering or any(one.state in SENT for one in found.others.values()):
            return []
        for known in (found.others | found.of_invoices).values():
            why = unclaimed_reasons.credits_elsewhere(lowering, known)
            if known.state in ASKABLE and unanswered(known.answer, (why,), known.digest):
                self._placement.changes.ask(known, why)
                if known.batch_id not in self._batch.run_batches:  # what a file of this run has besides it goes all the same
                    self._batch.overruled.add(known.batch_id)
                self._placement.touch(known)
                asked.append(known)
        return asked

    def _note_asked(self, row: StagedRow, known: ExistingEntry) -> None:
        self._placement.changes.note(row.id, RecordKind.CASE, known.id, RowOrigin.NEW, _money(row))
        self._batch.count(RecordKind.CASE, _money(row))

    def _reject(self, row: StagedRow, why: Sequence[Reason], status: RejectStatus) -> None:
        row.case_left_out = True
        case = row.loaded.case
        assert isinstance(case, Reject | LeftOut)
        own = case.reasons if isinstance(case, Reject) else (case.reason,)
        self._placement.reject(row, Reject(RecordKind.CASE, (*own, *why), case.money), status)


def left_out_of(record: CaseRecord) -> list[CarriedDocument]:
    """Return the documents of a case's debtor that its list leaves out."""
    return documents_of_list(record.left_out, record.payload) if record.left_out else []


def _money(row: StagedRow) -> Money:
    return row.loaded.case.money if row.loaded.case is not None else Money()


def _is_left_out(case: CaseRow | None) -> bool:
    return isinstance(case, LeftOut) or (isinstance(case, Reject) and case.is_left_out)
