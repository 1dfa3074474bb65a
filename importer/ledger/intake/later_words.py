"""Rows that are no claim: what they mean for the case that they name, which the ledger may have as sent or as waiting."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import Enum, auto

import orjson

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.later_words import LaterWord, NamedCase, is_another_case
from importer.domain.match_keys import MatchVersion
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, LeftOut, NoClaim, Reject
from importer.domain.states import UNRESOLVED, WITHDRAWABLE, RejectStatus, RowOrigin, State
from importer.ledger.intake import later_word_reasons, reasons
from importer.ledger.intake.called_documents import CalledDocuments, differences_from
from importer.ledger.intake.candidates import BatchIntake, CalledRow, Candidate, StagedRow, name_of
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry, most_fitting
from importer.ledger.intake.no_claims import as_question, is_about_its_case
from importer.ledger.intake.placement import Placement
from importer.ledger.intake.user_answer import unanswered


class NoClaimEffect(Enum):
    """What a row that is no claim does to the case that it names."""

    NOTHING = auto()  # there is none, it is another one, or it is withdrawn already
    WITHDRAW = auto()  # it waits, and is not sent
    ASK = auto()  # it waits, but does not agree with the row: a person must say whether it is the same
    CONTRADICT = auto()  # another row of this source says that it is a claim
    REPORT = auto()  # it was sent, or may have been: the user must tell the collection partner


def decide_no_claim(known: ExistingEntry | None, batch_id: int, differences: tuple[str, ...]) -> NoClaimEffect:
    """Decide what a row that is no claim does to the entry that it names.

    ``differences``: in which of debtor, date and currency the row differs from the entry.
    """
    if known is None or is_another_case(differences):
        return NoClaimEffect.NOTHING
    if known.state is State.ACCEPTED or known.state in UNRESOLVED:
        return NoClaimEffect.REPORT
    if known.state not in WITHDRAWABLE:
        return NoClaimEffect.NOTHING
    if known.batch_id == batch_id:
        return NoClaimEffect.CONTRADICT
    return NoClaimEffect.ASK if differences else NoClaimEffect.WITHDRAW


def no_claim_in(case: CaseRow | None, *, is_confirmed: bool) -> NoClaim | None:
    """Return a row's case if it is no claim any more; None if it is one, may be one later, or is a question until then."""
    if isinstance(case, NoClaim):
        return case
    if not isinstance(case, LeftOut) or not is_about_its_case(case) or as_question(case, is_confirmed=is_confirmed):
        return None
    return replace(NoClaim.of(case.record, case.word, case.reason), money=case.money)


def dispute_in(case: CaseRow | None) -> NoClaim | None:
    """Return what a row says of a case that it calls disputed, None if it does not.

    What a list says of one of several documents is found with the documents.
    """
    if not isinstance(case, CaseRecord) or case.disputed is None or case.documents:
        return None
    return NoClaim.of(case, LaterWord.DISPUTED, case.disputed)


class NoClaimIntake:
    """The rows of one chunk that are no claim."""

    def __init__(self, batch: BatchIntake, placement: Placement) -> None:
        self._batch, self._placement = batch, placement
        self._documents = CalledDocuments(batch, placement.documents)

    def load(self, rows: Sequence[StagedRow]) -> None:
        """Read the entries that these rows may be about."""
        cases = [row.loaded.case for row in rows]
        found = [one for case in cases if (one := no_claim_in(case, is_confirmed=self._batch.is_confirmed) or dispute_in(case))]
        if not found:
            return
        existing = self._placement.existing
        hints = {one.hint.entry_id for one in found if one.hint}
        bases = {base for one in found for base in one.named.bases()}
        keys = {key for one in found for key in one.named.match_keys()}
        existing.load(RecordKind.CASE, bases | keys, hints)
        existing.load_matches(RecordKind.CASE, keys)
        self._documents.load(found)

    def place(self, row: StagedRow, case: NoClaim) -> None:
        """Leave a row out, and withdraw the case that it names, or report that it was sent."""
        known = self._find(case)
        differences = case.named.differences_from(orjson.loads(known.payload)) if known else ()
        effect = decide_no_claim(known, self._batch.id, differences)
        row.case_left_out = True
        is_repeated = self._repeats(row, case)
        if known is None and (twin := self._twin_of(case)):
            self._apply_to_twin(row, case, twin)
        elif self._placed_as_document(row, case, known):
            return
        elif is_repeated:
            row.case = known if effect is NoClaimEffect.REPORT else None
        elif known is None or effect is NoClaimEffect.NOTHING:
            self._leave_out(row, case, later_word_reasons.of_another(case, known if is_another_case(differences) else None))
        else:
            self._apply(row, case, known, effect, differences)

    def reports_dispute(self, row: StagedRow) -> bool:
        """Report that a case is disputed which was sent, or may have been, unless a person has answered that it is to be sent.

        Returns whether that is so. A case that was not sent is a question like any other.
        """
        case = dispute_in(row.loaded.case)
        known = self._find(case) if case else None
        if case is not None and known is None and (carrier := self._documents.carrier_of(case)) is not None:
            return self._reports_disputed_document(row, case, carrier)
        if case is None or known is None or known.answer is not None:
            return False
        differences = case.named.differences_from(orjson.loads(known.payload))
        if decide_no_claim(known, self._batch.id, differences) is not NoClaimEffect.REPORT:
            return False
        row.case_left_out = True
        self._report(row, case, known, differences)
        return True

    def _reports_disputed_document(self, row: StagedRow, case: NoClaim, carrier: Carrier) -> bool:
        effect = decide_no_claim(carrier.known, self._batch.id, differences_from(case.named, carrier))
        if effect is not NoClaimEffect.REPORT:
            return False
        row.case_left_out = True
        self._report_document(row, case, carrier)
        return True

    def _apply(
        self, row: StagedRow, case: NoClaim, known: ExistingEntry, effect: NoClaimEffect, differences: tuple[str, ...]
    ) -> None:
        if effect is NoClaimEffect.WITHDRAW:
            self._withdraw(row, case, known)
        elif effect is NoClaimEffect.ASK:
            here = self._here(row)
            self._ask(row, case, known, later_word_reasons.may_be_paid(case, known, _label(known), here, differences))
        elif effect is NoClaimEffect.CONTRADICT:
            self._contradict(row, case, known)
        else:
            self._report(row, case, known, differences)

    def _placed_as_document(self, row: StagedRow, case: NoClaim, known: ExistingEntry | None) -> bool:
        carrier = None if known is not None else self._documents.carrier_of(case)
        if carrier is not None:
            self._apply_to_document(row, case, carrier)
        return carrier is not None

    def _apply_to_document(self, row: StagedRow, case: NoClaim, carrier: Carrier) -> None:
        """Report a document of a case that was sent, withdraw a case that waits with it alone, or ask about a larger one."""
        known, differences = carrier.known, differences_from(case.named, carrier)
        effect = decide_no_claim(known, self._batch.id, differences)
        if effect in (NoClaimEffect.REPORT, NoClaimEffect.WITHDRAW):
            self._documents.note_shown(carrier)
        if effect is NoClaimEffect.REPORT:
            self._report_document(row, case, carrier)
        elif effect is NoClaimEffect.WITHDRAW and self._documents.is_alone(carrier):
            self._withdraw(row, case, known)
        else:
            self._documents.ask_later(row.id, case, carrier, self._here(row))
            self._leave_out(row, case, (case.reason,))

    def _report_document(self, row: StagedRow, case: NoClaim, carrier: Carrier) -> None:
        known, number = carrier.known, carrier.carried.document.number or ""
        row.case = known
        why = later_word_reasons.document_after_sending(case, known, _label(known), number)
        self._placement.report_change(row, Reject(RecordKind.CASE, (why,), case.money), known)

    def _find(self, case: NoClaim) -> ExistingEntry | None:
        """Return the entry that a row is about: the one that an error sheet names, that of its reference, or the one alike."""
        existing = self._placement.existing
        if hinted := existing.entry(case.hint):
            return hinted
        if case.named.reference:
            former = case.named.formerly()
            return self._of_reference(case.named) or (self._of_reference(former) if former else None)
        key = case.named.traits()
        alike = existing.alike(RecordKind.CASE, key, MatchVersion.TRAITS) if key else []
        return _best([known for known in map(existing.follow, alike) if known.ref is None], case.named, self._batch.id)

    def _of_reference(self, named: NamedCase) -> ExistingEntry | None:
        existing, key, base = self._placement.existing, named.text_key(), named.base()
        if key is None or base is None:  # the row names no creditor: a reference that only one case has is enough
            exact, alike = existing.cases_by_ref({named.reference or ""})[named.reference or ""]
            found = [known for known in most_fitting(exact, self._batch.id, alike) if known.is_test == named.is_test]
            return found[0] if len(found) == 1 else None
        exact_ones = existing.group(RecordKind.CASE, base)
        found = list({one.id: one for one in map(existing.follow, exact_ones or existing.alike(RecordKind.CASE, key))}.values())
        return found[0] if len(found) == 1 else _best(found, named, self._batch.id)

    def _repeats(self, row: StagedRow, case: NoClaim) -> bool:
        """Note what the row says about the case; return whether a flat row repeats what an earlier one said."""
        source, key = row.loaded.row, case.named.text_key()
        if key is None:
            return False
        here = CalledRow(source.sheet, source.number, case.word, case.named)
        called = self._batch.called.setdefault(key, here)
        self._batch.called_alike.setdefault(case.named.loose_key() or key, []).append(here)
        is_first = (called.sheet, called.number) == (source.sheet, source.number)
        return not is_first and row.repeats_its_case and called.word is case.word

    def _leave_out(
        self, row: StagedRow, case: NoClaim, why: Sequence[Reason], status: RejectStatus = RejectStatus.LEFT_OUT
    ) -> None:
        self._placement.reject(row, Reject(RecordKind.CASE, tuple(why), case.money, case.ref), status)

    def _withdraw(self, row: StagedRow, case: NoClaim, known: ExistingEntry) -> None:
        self._batch.overruled.add(known.batch_id)
        label = _label(known)
        self._placement.changes.withdraw(known, later_word_reasons.withdrawn(case, self._here(row)))
        if known.ref is None:  # the next equal row has the next entry
            self._placement.touch(known)
        self._leave_out(row, case, (case.reason, later_word_reasons.withdraws(label)), RejectStatus.WITHDRAWN)

    def _here(self, row: StagedRow) -> str:
        return self._placement.place_in(row.loaded.row.sheet, row.loaded.row.number)

    def _twin_of(self, case: NoClaim) -> ExistingEntry | None:
        """Return the entry that the row is probably about, whose reference differs from its own in letter case or zeros."""
        key, existing = case.named.loose_key(), self._placement.existing
        alike = map(existing.follow, existing.alike(RecordKind.CASE, key, MatchVersion.LOOSE)) if key else ()
        return next((one for one in alike if case.named.is_twin_of(one.ref, orjson.loads(one.payload))), None)

    def _apply_to_twin(self, row: StagedRow, case: NoClaim, twin: ExistingEntry) -> None:
        effect = decide_no_claim(twin, self._batch.id, (_REFERENCE,))
        if effect is NoClaimEffect.REPORT:
            self._report(row, case, twin, (_REFERENCE,))
        elif effect is NoClaimEffect.ASK:
            self._ask(row, case, twin, later_word_reasons.twin_may_be_paid(case, twin, _label(twin), self._here(row)))
        else:
            if effect is NoClaimEffect.CONTRADICT:
                self._ask_twin(case, twin, self._here(row))
            self._leave_out(row, case, (case.reason,))

    def _ask_twin(self, case: NoClaim, twin: ExistingEntry, where: str) -> None:
        """Question a case of this source of which another row, at ``where``, probably says that it is none."""
        why = later_word_reasons.twin_may_be_paid(case, twin, _label(twin), where)
        if asked := unanswered(twin.answer, (why,), twin.digest):
            self._batch.conflicts.ask(twin, asked)

    def ask_if_called(self, row: StagedRow, candidate: Candidate | None) -> None:
        """Question a case that was placed just now if an earlier row probably calls it no claim."""
        known, key = row.case, candidate.keys.loose if candidate else None
        if known is None or key is None or known.state not in WITHDRAWABLE:
            return
        for called in self._batch.called_alike.get(key, ()):
            if called.named.is_twin_of(known.ref, orjson.loads(known.payload)):
                case = NoClaim(called.word, called.named, Reason(called.word.code, ""))
                self._ask_twin(case, known, self._placement.place_in(called.sheet, called.number))

    def _ask(self, row: StagedRow, case: NoClaim, known: ExistingEntry, why: Reason) -> None:
        """Question the case that waits: the row may be about it, or about another one with its reference."""
        if known.answer is not None and known.state is not State.QUESTIONED:  # a person has said that it is to be sent
            self._leave_out(row, case, (case.reason,))
            return
        is_asked = self._placement.changes.ask(known, why)
        self._batch.overruled.add(known.batch_id)
        self._placement.touch(known)
        origin = RowOrigin.ASKED if is_asked else RowOrigin.NEW
        self._placement.changes.note(row.id, RecordKind.CASE, known.id, origin, case.money)
        self._batch.count(RecordKind.CASE, case.money)

    def _contradict(self, row: StagedRow, case: NoClaim, known: ExistingEntry) -> None:
        row.case_left_out, row.case_rejected = False, True
        what = f"one row calls it {case.word.in_words}, and another one a claim"
        found = reasons.Contradiction(RecordKind.CASE, known.ref, what, row.repeats_its_case, is_document=False)
        self._batch.count(RecordKind.CASE, case.money)
        self._batch.conflicts.contradict(known, found, row.id, case.money)

    def _report(self, row: StagedRow, case: NoClaim, known: ExistingEntry, differences: tuple[str, ...]) -> None:
        imported = self._placement.existing.describe_import(RecordKind.CASE, known)
        why = later_word_reasons.after_sending(case, known, _label(known), imported, differences)
        row.case = known
        self._placement.report_change(row, Reject(RecordKind.CASE, (why,), case.money), known)


def objection_of(called: CalledRow, candidate: Candidate, where: str) -> Reason | None:
    """Return the reason against a case that another row of the source calls no claim; None if that is about another case."""
    differences = called.named.differences_from(orjson.loads(candidate.values["payload"]))
    return (
        None
        if is_another_case(differences)
        else later_word_reasons.called_otherwise(called.word, name_of(candidate.record), where)
    )


_REFERENCE = "case_ref"


def _label(known: ExistingEntry) -> str:
    return EntryLabel.of(RecordKind.CASE, known.id, known.key).text()


def _best(found: Collection[ExistingEntry], named: NamedCase, batch_id: int) -> ExistingEntry | None:
    """Return the entry that the row is about among equal ones: with its amount, and one that no row of this source holds.

    Entries that differ in their amount are not chosen from if the row does not show one.
    """
    amounts = {known.id: orjson.loads(known.payload).get("amountToRecover") for known in found}
    fitting = [known for known in found if named.amount is None or float(named.amount) == amounts[known.id]]
    free = [known for known in fitting if known.batch_id != batch_id]
    open_ones = [known for known in free if known.state in WITHDRAWABLE] or free
    is_clear = len({amounts[known.id] for known in open_ones}) == 1
    return open_ones[0] if is_clear else None
