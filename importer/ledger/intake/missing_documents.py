"""Documents of a case that waits and that a later list does not show: a question, and what they are until and after the answer.

The case gets the amount of the list, so that it goes without them. The ledger has them as documents of the case that are gone: a
list that shows them again before the case is sent takes that back, and after it has been sent it is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select, update

from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.document_keys import CarriedDocument, DocumentSource, documents_of_list
from importer.domain.documents import DocumentKind
from importer.domain.identity import match_text
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.questions import kind_of, kinds_of
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.records import CaseRecord
from importer.domain.states import REPLACEABLE, WITHDRAWABLE, State
from importer.ledger.intake import document_reasons
from importer.ledger.intake.answer_effects import open_questions
from importer.ledger.intake.candidates import BatchIntake, Candidate
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_findings import WAITING
from importer.ledger.intake.document_rows import DocumentRows, documents_in
from importer.ledger.intake.no_claims import OF_ROWS
from importer.ledger.outbox.dependents import follow
from importer.ledger.storage.schema import entry

_TYPES = {one.name: str(one.id) for one in VOUCHER_TYPES}
_TYPE_OF = {
    DocumentKind.INVOICE: _TYPES["invoice"],
    DocumentKind.CREDIT_NOTE: _TYPES["credit note"],
    DocumentKind.PAYMENT: _TYPES["deposit"],
}
_OF_FEES = frozenset(_TYPES.values()) - frozenset(_TYPE_OF.values())


def missing_in(batch: BatchIntake, rows: DocumentRows, own: ExistingEntry | None, candidate: Candidate) -> Reason | None:
    """Return the question about a case that waits and has documents that a later list does not show.

    Absence alone proves nothing: they may be paid, or merely not be in the list. Until that is answered, the case keeps them. A
    list that shows every document leaves no question, and neither does one that shows them and leaves them out. In any case
    their vouchers are not sent with a case that goes without them.
    """
    missing = _missing(batch, rows, own, candidate)
    if own is None or not missing:
        return None
    withdraw_vouchers(batch, own, [one.carried for one in missing])
    record = candidate.record
    assert isinstance(record, CaseRecord)
    missing = _without_left_out(missing, record)
    return _kept(batch, own, candidate, missing) if missing and _keeps_documents(batch, own) else None


def _kept(batch: BatchIntake, own: ExistingEntry, candidate: Candidate, missing: Sequence[Carrier]) -> Reason | None:
    """Let a case keep documents that a list does not show, and return what is asked about those that nobody has answered."""
    record = candidate.record
    assert isinstance(record, CaseRecord)
    candidate.record = replace(record, documents=(*record.documents, *(one.carried.document for one in missing)))
    candidate.gone = frozenset(one.carried.key for one in missing)
    unanswered = [one.carried for one in missing if not _is_answered(batch, own, one)]
    return document_reasons.missing(unanswered, own) if unanswered else None


def _without_left_out(missing: Sequence[Carrier], record: CaseRecord) -> list[Carrier]:
    """Return the documents that a list does not show at all: it may show one and leave it out."""
    left_out = {one.key for one in documents_of_list(record.left_out, record.payload)}
    return [one for one in missing if one.carried.key not in left_out]


def withdraw_vouchers_without(batch: BatchIntake, rows: DocumentRows, known: ExistingEntry, candidate: Candidate) -> None:
    """Withdraw the vouchers of documents that a case of a list had and that the record in its place does not claim."""
    record = candidate.record
    if not isinstance(record, CaseRecord) or not record.documents or not candidate.carries:
        return
    rows.load_entries([known.id])
    claimed = {one.key for one in documents_in(candidate)} - candidate.gone
    listed = (one.carried for one in rows.of_entry(known) if one.carried.source is DocumentSource.LIST)
    if lost := [one for one in listed if one.key not in claimed]:
        withdraw_vouchers(batch, known, lost)


def _missing(batch: BatchIntake, rows: DocumentRows, own: ExistingEntry | None, candidate: Candidate) -> list[Carrier]:
    """Return the documents that an unsent case has of earlier lists, and that its record does not show."""
    if own is None or own.state not in REPLACEABLE or own.batch_id == batch.id:
        return []
    rows.load_entries([own.id])
    keys = {one.key for one in documents_in(candidate)}
    listed = (one for one in rows.of_entry(own) if one.carried.source is DocumentSource.LIST)
    return [one for one in listed if one.carried.key not in keys]


def holds_newer(batch: BatchIntake, rows: DocumentRows, own: ExistingEntry | None, shown: Sequence[CarriedDocument]) -> bool:
    """Return whether a case that waits has all documents of an older list, as a newer one has shown them."""
    listed_on = batch.lists.listed_on if batch.lists.is_older else None
    if own is None or own.state not in WAITING or own.batch_id == batch.id or listed_on is None:
        return False
    rows.load_entries([own.id])
    newer = {one.carried.key for one in rows.of_entry(own) if (one.listed_on or "") > listed_on}
    return all(one.key in newer for one in shown)


def _keeps_documents(batch: BatchIntake, own: ExistingEntry) -> bool:
    """Return whether a later list does not replace a waiting case without a question if it shows fewer documents.

    What only its rows have asked, a later list takes back. A list that is older than the last one shows no later documents.
    """
    if own.state not in WAITING or (batch.lists.policy.is_complete and not batch.lists.is_older):
        return False
    return own.state is not State.QUESTIONED or any(
        kind_of(one) not in OF_ROWS for one in open_questions(batch.connection, own.id)
    )


def _is_answered(batch: BatchIntake, own: ExistingEntry, missing: Carrier) -> bool:
    """Return whether a person has answered that the case goes without a document that an earlier list did not show."""
    return missing.gone_on is not None and QuestionKind.DOCUMENT not in kinds_of(open_questions(batch.connection, own.id))


def withdraw_vouchers(batch: BatchIntake, own: ExistingEntry, documents: Sequence[CarriedDocument]) -> None:
    """Withdraw the vouchers of documents that a case is sent without. A later list that shows them opens these again."""
    columns = select(entry.c.id, entry.c.batch_id, entry.c.payload)
    of_case = (entry.c.kind == RecordKind.VOUCHER) & (entry.c.case_id == own.id) & entry.c.superseded_by.is_(None)
    unsent = columns.where(of_case, entry.c.state.in_(sorted(WITHDRAWABLE)))
    why = reasons_to_json((document_reasons.gone_with_case(own),))
    for found in batch.connection.execute(unsent).all():
        parts = VoucherParts.of(found.payload)
        if any(_is_voucher_of(parts, one) for one in documents):
            values = {"state": State.WITHDRAWN, "ready": False, "reasons": why}
            batch.connection.execute(update(entry).where(entry.c.id == found.id).values(values))
            batch.overruled.add(found.batch_id)
            follow(batch.connection, found.id, State.WITHDRAWN)


def _is_voucher_of(parts: VoucherParts, carried: CarriedDocument) -> bool:
    """Return whether a voucher is that of a document: by its type and number, without a number by its day and amount."""
    one = carried.document
    types = _OF_FEES if one.kind is DocumentKind.FEE else {_TYPE_OF[one.kind]}
    if parts.type not in types or parts.reference != (match_text(one.number or "") or None):
        return False
    day = one.date.isoformat() if one.date else None
    return bool(one.number) or (parts.dates.day, abs(parts.amount)) == (day, one.open_cents)
