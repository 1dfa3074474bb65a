"""The documents of a list: invoices, credit notes, payments and fees, each of which is claimed once at most."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


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
