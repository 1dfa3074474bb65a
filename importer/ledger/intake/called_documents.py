"""Rows that call a document paid, credited or otherwise no claim that a case of several documents carries.

Such a case is not found by the reference of the row, which is the number of one of its documents.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from sqlalchemy import delete, exists, select, update

from importer.domain.document_keys import DocumentSource
from importer.domain.kinds import RecordKind
from importer.domain.later_words import NamedCase, is_another_case
from importer.domain.raw_rows import SHORT
from importer.domain.records import NoClaim
from importer.domain.states import UNRESOLVED, WITHDRAWABLE, RowOrigin, State
from importer.ledger.intake import later_word_reasons
from importer.ledger.intake.candidates import BatchIntake, CalledDocument
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.other_rows import ASKABLE
from importer.ledger.intake.user_answer import unanswered
from importer.ledger.outbox.approvals import take_out
from importer.ledger.storage.schema import document, entry, reject, row

_CARRIES = frozenset({DocumentSource.LIST, DocumentSource.VOUCHER})
_MATTERS = WITHDRAWABLE | UNRESOLVED | {State.ACCEPTED}


def keys_of(named: NamedCase) -> set[str]:
    """Return the keys of the document that a row with this reference may be."""
    found = (named, named.formerly())
    return {key[:SHORT] for one in found if one is not None and (key := one.text_key())}


class CalledDocuments:
    """The documents that the rows of one chunk call no claim."""

    def __init__(self, batch: BatchIntake, rows: DocumentRows) -> None:
        self._batch, self._rows = batch, rows

    def load(self, cases: Iterable[NoClaim]) -> None:
        """Read the cases that carry the documents that these rows name, if the ledger has lists."""
        self._batch.knows_lists = self._batch.knows_lists or self._rows.has_lists()
        if self._batch.knows_lists:
            self._rows.load({key for one in cases for key in keys_of(one.named)})

    def carrier_of(self, case: NoClaim) -> Carrier | None:
        """Return the case of a list that carries the document of a row, and was sent or waits; None if there is none."""
        if not self._batch.knows_lists:
            return None
        for key in sorted(keys_of(case.named)):
            for one in self._rows.carriers(key):
                if one.carried.source in _CARRIES and one.known.state in _MATTERS:
                    return None if is_another_case(differences_from(case.named, one)) else one
        return None

    def is_alone(self, carrier: Carrier) -> bool:
        """Return whether a document is all that its case claims."""
        self._rows.load_entries([carrier.known.id])
        return all(one.carried.key == carrier.carried.key for one in self._rows.of_entry(carrier.known))

    def note_shown(self, carrier: Carrier) -> None:
        """Note that the list shows a document, of which nothing is open."""
        self._batch.lists.shown[carrier.known.id, carrier.carried.key] = 0

    def ask_later(self, row_id: int, case: NoClaim, carrier: Carrier, where: str) -> None:
        """Note a document of a case that waits: unless the rest of the source replaces the case, it is asked about."""
        self._batch.called_documents.append(CalledDocument(row_id, case, carrier, where))


def differences_from(named: NamedCase, carrier: Carrier) -> tuple[str, ...]:
    """Return in which of debtor, date and currency a row differs from a document that a case carries."""
    carried, wire = carrier.carried.document, orjson.loads(carrier.known.payload)
    day = carried.date.isoformat() if carried.date else None
    return named.differences_from({"debtor": wire.get("debtor"), "currencyCode": carried.currency, "date": day})


def settle_called(batch: BatchIntake) -> None:
    """Ask about the cases that still wait with documents that rows of the source call no claim.

    A case of this source itself shows its documents, or asks about those that it has kept.
    """
    for one in batch.called_documents:
        known, number = one.carrier.known, one.carrier.carried.document.number or ""
        carries = select(document.c.key).where(document.c.entry_id == known.id, document.c.key == one.carrier.carried.key)
        is_there = entry.c.superseded_by.is_(None) & (entry.c.batch_id != batch.id) & exists(carries)
        waits = select(entry.c.answer, entry.c.digest).where(entry.c.id == known.id, entry.c.state.in_(ASKABLE), is_there)
        if (found := batch.connection.execute(waits).one_or_none()) is None:
            continue
        why = later_word_reasons.document_may_be_paid(one.case, number, one.where)
        if asked := unanswered(found.answer, (why,), found.digest):
            batch.conflicts.ask(known, asked)
            batch.overruled.add(known.batch_id)
            _link(batch, one)


def _link(batch: BatchIntake, one: CalledDocument) -> None:
    """Let the row hold the case that it asks about, so that its batch shows the question, and sends the case if answered."""
    known = one.carrier.known
    if known.batch_id in batch.guarded:
        batch.taken_from.add(known.batch_id)
        take_out(batch.connection, {known.batch_id: {known.id}})
    batch.connection.execute(update(entry).where(entry.c.id == known.id).values(batch_id=batch.id))
    batch.connection.execute(delete(reject).where(reject.c.row_id == one.row_id, reject.c.kind == RecordKind.CASE))
    money = {"case_currency": one.case.money.currency, "case_cents": one.case.money.cents}
    held = {"case_entry": known.id, "case_origin": RowOrigin.NEW, **money}
    batch.connection.execute(update(row).where(row.c.id == one.row_id).values(held))
