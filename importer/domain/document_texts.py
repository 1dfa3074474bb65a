"""The texts of a case that is made of documents: its documents in the comments, and the claim in one sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importer.domain.documents import LOWERING, Document, DocumentKind
from importer.domain.money import grouped_text

MOST_CHARACTERS = 4000
"""Characters that Debitura takes as comments, and as the description of a claim."""

_HEADS = {
    DocumentKind.INVOICE: "Invoices",
    DocumentKind.CREDIT_NOTE: "Credit notes",
    DocumentKind.PAYMENT: "Payments",
    DocumentKind.FEE: "Fees and interest, which are not in the amount",
}


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """What the texts of a case say of a document.

    ``named`` is the number of the invoice that a credit or payment names, ``description`` what an invoice is for.
    Amounts are positive, in hundredths: ``booked_cents`` is its amount, ``open_cents`` what is open of it.
    """

    kind: DocumentKind
    number: str | None
    date: dt.date | None
    due: dt.date | None
    booked_cents: int
    open_cents: int
    named: str = ""
    remark: str = ""
    description: str = ""

    @classmethod
    def of(cls, one: Document) -> DocumentLine:
        """Return the line of a document as the ledger has it."""
        texts = (one.names or "", one.remark, one.description)
        return cls(one.kind, one.number, one.date, one.due, one.booked_cents, one.open_cents, *texts)

    def text(self) -> str:
        """Return the line as text."""
        number = self.number or "without a number"
        day = f" of {self.date}" if self.date else ""
        due = f", due {self.due}" if self.due and self.kind is DocumentKind.INVOICE else ""
        minus = "-" if self.kind in LOWERING else ""
        of_all = f" open of {grouped_text(self.booked_cents)}" if self.booked_cents != self.open_cents else ""
        named = f", for {self.named}" if self.named and self.named != number else ""
        remark = f" ({' '.join(self.remark.split())})" if self.remark else ""
        return f"{number}{day}{due}{named}: {minus}{grouped_text(self.open_cents)}{of_all}{remark}"


def comments_on(documents: Sequence[DocumentLine], currency: str, cents: int) -> str:
    """Return the list of the documents of a case, in at most ``MOST_CHARACTERS``. ``cents`` is what is to be recovered.

    If not all of them fit, the oldest of each kind are listed, and the others are counted with their sum.
    """
    for most in (len(documents), 60, 40, 25, 15, 8, 3, 1):
        if most <= len(documents) and len(text := _listed(documents, currency, cents, most)) <= MOST_CHARACTERS:
            return text
    return _listed(documents, currency, cents, 0)[:MOST_CHARACTERS]


def _listed(documents: Sequence[DocumentLine], currency: str, cents: int, most: int) -> str:
    lines = []
    for kind, head in _HEADS.items():
        if of_kind := [one for one in documents if one.kind is kind]:
            lines += [f"{head} ({currency}):", *(one.text() for one in of_kind[:most])]
            if more := of_kind[most:]:
                lines.append(f"and {len(more):,} more, {grouped_text(sum(one.open_cents for one in more))} together")
    lines.append(f"To be recovered: {currency} {grouped_text(cents)}")
    return "\n".join(lines)


def claim_sentence(documents: Iterable[DocumentLine]) -> str:
    """Return what a claim is for: in one sentence how many invoices of which days."""
    documents = list(documents)
    invoices = [one for one in documents if one.kind is DocumentKind.INVOICE]
    what = "1 unpaid invoice" if len(invoices) == 1 else f"{len(invoices):,} unpaid invoices"
    less = ", less credits and payments" if any(one.kind in LOWERING for one in documents) else ""
    days = sorted({one.date for one in invoices if one.date})
    period = "" if not days else f" of {days[0]}" if len(days) == 1 else f" of {days[0]} to {days[-1]}"
    return f"{what}{period}{less}."


def claim_description(documents: Iterable[DocumentLine]) -> str:
    """Return what a claim is for: what the list says of its invoices, else in one sentence how many of which days."""
    documents = list(documents)
    invoices = (one for one in documents if one.kind is DocumentKind.INVOICE)
    said = list(dict.fromkeys(one.description for one in invoices if one.description))
    if len(said) == 1:
        return said[0]
    sentence = claim_sentence(documents)
    whole = f"{sentence} {'; '.join(said)}".rstrip()
    return whole if len(whole) <= MOST_CHARACTERS else sentence
