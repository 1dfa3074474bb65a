"""The documents of a list: invoices, credit notes, payments and fees, each of which is claimed once at most."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DocumentKind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"
    PAYMENT = "payment"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its list shows it.

    ``debtor`` is the debtor's key: the creditor and the customer number, or the creditor, name, postal code and country.
    ``number`` is the document's own, None if the list shows none; ``ordinal`` counts equal documents without a number.
    ``booked_cents`` is its amount and ``open_cents`` what is open of it, both in hundredths of its currency and positive.
    ``due`` is its due day, None if the list shows none.

    The rest is what its own list shows, and is not stored: ``names`` is the number of the invoice that a credit note or payment
    names, ``remark`` its comment, ``description`` what an invoice is for; ``is_asked``: its row is a question.
    """

    kind: DocumentKind
    creditor: str
    debtor: str
    number: str | None
    date: dt.date | None
    currency: str
    country: str
    booked_cents: int
    open_cents: int
    ordinal: int = 0
    due: dt.date | None = None
    names: str | None = field(default=None, compare=False)
    remark: str = field(default="", compare=False)
    description: str = field(default="", compare=False)
    is_asked: bool = field(default=False, compare=False)


LOWERING = frozenset({DocumentKind.CREDIT_NOTE, DocumentKind.PAYMENT})
"""The kinds of documents that lower what the debtor owes."""


def facts_of(document: Document) -> dict[str, Any]:
    """Return the facts of a document as the ledger stores them: days as ISO text, amounts in hundredths."""
    return {
        "kind": document.kind.value,
        "number": document.number,
        "day": document.date.isoformat() if document.date else None,
        "due": document.due.isoformat() if document.due else None,
        "currency": document.currency,
        "country": document.country,
        "booked_cents": document.booked_cents,
        "open_cents": document.open_cents,
        "ordinal": document.ordinal,
    }


def document_of(stored: Any, creditor: str) -> Document:
    """Return the document with these stored facts and debtor."""
    return Document(
        kind=DocumentKind(stored.kind),
        creditor=creditor,
        debtor=stored.debtor or "",
        number=stored.number,
        date=day_of(stored.day),
        currency=stored.currency or "",
        country=stored.country or "",
        booked_cents=stored.booked_cents,
        open_cents=stored.open_cents,
        ordinal=stored.ordinal or 0,
        due=day_of(stored.due),
    )


def day_of(text: object) -> dt.date | None:
    """Return the day with which a text begins; None if it does not begin with one."""
    try:
        return dt.date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:  # another program has changed the ledger
        return None
