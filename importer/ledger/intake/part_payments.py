"""Documents of which less is open than was claimed: noted while the rows of a list are placed, until the list counts.

The difference is a deposit only if nothing else explains it. Else it is reported, and a person tells the collection partner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.documents import LOWERING
from importer.domain.states import State
from importer.ledger.intake.candidates import BatchIntake, StagedRow
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.document_changes import larger_of, smaller_in
from importer.ledger.intake.document_findings import SENT, FoundCarriers
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.list_state import SmallerDocument
from importer.ledger.storage.schema import entry

GREW = "another document of the debtor grew or came back"
CREDITS_DIFFER = "a credit or payment of the debtor is new, or is not what it was when the case was sent"
NOT_ACCEPTED = "its case is not accepted yet"
NO_NUMBER = "the document has no number"
OTHER_DUE_DAY = "it is due on another day than before"
GREW_BEFORE = "more was open of it in a list in between"
NOT_NEWER = "the list is not surely newer than the claim"


def note_smaller(
    batch: BatchIntake, rows: DocumentRows, row: StagedRow, found: FoundCarriers, shown: Sequence[CarriedDocument]
) -> None:
    """Note the documents of a debtor of which less is open than was claimed, if the profile wants deposits of that."""
    lists = batch.lists
    smaller = smaller_in(lists, found, shown) if lists.policy.deposits_on is not None else ()
    if not smaller:
        return
    why = GREW if larger_of(lists, found, shown) else ""
    why = why or (CREDITS_DIFFER if _credits_differ(rows, found, shown) else "")
    for one in smaller:
        carrier = found.claimed[one.key]
        against = why or _against(batch, rows, carrier, one)
        lists.smaller.append(SmallerDocument(row.id, row.case_place, carrier.known, carrier.carried, one, against))


def _credits_differ(rows: DocumentRows, found: FoundCarriers, shown: Sequence[CarriedDocument]) -> bool:
    """Return whether the credits and payments of a debtor are others than those that were sent or reported.

    One that is new, or was assigned to an invoice since, is perhaps what is open less of the invoice.
    """
    first, cases = shown[0].document, {one.known.id: one.known for one in found.claimed.values()}
    rows.load_entries(cases)
    carried = [*rows.carriers(first.debtor), *(one for case in cases.values() for one in rows.of_entry(case))]
    sent = (one for one in carried if one.known.state in SENT)
    reported = rows.marked(DocumentSource.REPORTED, first.debtor)
    before = _credits_of((one.carried for one in (*reported, *sent)), first.currency)
    return before != _credits_of(shown, first.currency)


def _credits_of(documents: Iterable[CarriedDocument], currency: str) -> dict[str, int]:
    """Return what is open of the credits and payments in a currency, by the documents' keys."""
    lowering = (one for one in documents if one.document.kind in LOWERING and one.document.currency in {currency, ""})
    return {one.key: one.document.open_cents for one in lowering}


def _against(batch: BatchIntake, rows: DocumentRows, carrier: Carrier, shown: CarriedDocument) -> str:
    """Return why no deposit of a document is sent; "" if one is."""
    before, now = carrier.carried.document, shown.document
    checks = (
        (carrier.known.state is not State.ACCEPTED, NOT_ACCEPTED),
        (not now.number, NO_NUMBER),
        (bool(before.due and now.due and before.due != now.due), OTHER_DUE_DAY),
        (bool(rows.marked(DocumentSource.GROWN, shown.key)), GREW_BEFORE),
    )
    if against := next((why for is_so, why in checks if is_so), ""):
        return against
    return "" if _is_newer(batch, carrier) else NOT_NEWER


def _is_newer(batch: BatchIntake, carrier: Carrier) -> bool:
    """Return whether a list is newer than the claim of a document: than the list that made it, or than the day it was sent."""
    listed_on = batch.lists.listed_on or ""
    if carrier.listed_on:
        return listed_on >= carrier.listed_on
    accepted_at = batch.connection.scalar(select(entry.c.accepted_at).where(entry.c.id == carrier.known.id))
    return bool(accepted_at) and listed_on > str(accepted_at)[:10]


def note_rows(batch: BatchIntake, rows: Iterable[StagedRow]) -> None:
    """Note which rows show the documents that are smaller now."""
    if not batch.lists.smaller:
        return
    by_place = {(one.place, one.now.key): one for one in batch.lists.smaller}
    for row in rows:
        if (one := by_place.get((row.case_place, row.loaded.document or ""))) is not None:
            one.rows.add(row.id)
            one.row, one.cells = row.loaded.row, row.raw.kept
