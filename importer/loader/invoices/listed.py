"""The documents of one debtor as a list shows them, reduced to what decides about their case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from importer.domain.documents import DocumentKind
from importer.domain.reasons import Reason

COUNTS_AGAINST = frozenset({DocumentKind.CREDIT_NOTE, DocumentKind.PAYMENT})
"""The kinds of documents that lower what the debtor owes."""


class Place(NamedTuple):
    """A row of a source: the position of its sheet among those that are read, and the number that Excel shows."""

    sheet: int
    row: int


class Standing(Enum):
    """What a row says of its document, whatever kind it is."""

    OPEN = auto()
    QUESTION = auto()
    """A person must answer whether it counts."""
    UNREAD = auto()
    """Its amount, its open amount or its currency is not known, so that it is not known what the debtor owes."""
    NOT_DUE = auto()
    LEFT_OUT = auto()
    REJECTED = auto()


@dataclass(slots=True)
class ListedDocument:
    """One row of a list. Amounts are positive, in hundredths; ``open_cents`` is what counts.

    ``voucher_type`` is the name of the type of its voucher. ``number`` is its own, folded, ``shown`` as the list shows it.
    ``named`` is the number of the document that it names, ``text`` what else it says in words, if it is a credit or a payment.
    ``remark`` is the row's comment, ``description`` what it says that the claim is for. ``reasons`` are those of its standing;
    ``unconfirmed`` is one that a person answers by approving. ``ordinal`` tells equal documents without a number apart, and
    documents with one number and different due days, or parts of a payment. ``creditable_cents`` is what credits that name it may
    take off it, if that is not what is open of it. ``answer`` is what a person has written beside it in an error sheet.
    """

    place: Place
    kind: DocumentKind
    voucher_type: str
    number: str | None
    shown: str | None
    date: dt.date | None
    due: dt.date | None
    booked_cents: int
    open_cents: int
    standing: Standing = Standing.OPEN
    reasons: tuple[Reason, ...] = ()
    unconfirmed: Reason | None = None
    named: str | None = None
    text: str = ""
    remark: str = ""
    description: str = ""
    is_below_zero: bool = False
    ordinal: int = 0
    creditable_cents: int | None = None
    answer: str | None = None

    @property
    def lowers(self) -> bool:
        """Return whether it lowers what the debtor owes."""
        return self.kind in COUNTS_AGAINST

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what it is recognized by among the documents of its debtor in one currency. Nothing in it changes by itself."""
        if self.number is not None:
            return (self.voucher_type, self.number, self._part if self.ordinal else "")
        day = self.date.isoformat() if self.date else ""
        return (self.voucher_type, "", day, str(self.booked_cents), str(self.ordinal))

    @property
    def _part(self) -> str:
        """Return which part of its number it is: the due day of an instalment, the document that a part of a payment names."""
        if self.lowers:
            return self.named or ""
        return self.due.isoformat() if self.due else ""

    @property
    def values(self) -> tuple[object, ...]:
        """Return what two rows with one number must have in common to be the same document."""
        return (self.kind, self.date, self.due, self.booked_cents, self.open_cents, self.standing, self.named)

    @property
    def order(self) -> tuple[object, ...]:
        """Return a key that sorts documents in the same way wherever their rows are: the oldest first."""
        due, day = self.due or self.date or dt.date.min, self.date or dt.date.min
        return (due, day, self.number or "", self.kind.value, self.booked_cents, self.open_cents, self.ordinal, self.named or "")


def own_numbers(documents: Iterable[ListedDocument]) -> None:
    """Take the number of a credit or payment for the invoice that it names, if it is one of an invoice: it has no number then.

    Several payments are often booked under the number of their invoice.
    """
    rows = list(documents)
    invoices = {one.number for one in rows if one.kind is DocumentKind.INVOICE and one.number}
    for one in rows:
        if one.lowers and one.number in invoices:
            one.named, one.number = one.number, None


def number_equal(documents: Iterable[ListedDocument]) -> None:
    """Count equal documents without a number, instalments, which have one number and different due days, and parts of a payment.

    The ordinals do not depend on the order of the rows.
    """
    by_identity: dict[tuple[object, ...], list[ListedDocument]] = {}
    for one in documents:
        content = () if one.number else (one.date, one.booked_cents)
        by_identity.setdefault((one.voucher_type, one.number, *content), []).append(one)
    for equal in by_identity.values():
        if equal[0].number is None:
            _number(equal)
        else:
            _number_parts(equal)


def _number(equal: list[ListedDocument]) -> None:
    for ordinal, one in enumerate(sorted(equal, key=lambda one: (one.order, one.standing.value, one.remark))):
        one.ordinal = ordinal


def _number_parts(equal: list[ListedDocument]) -> None:
    """Count the due days of an invoice's instalments, or the documents among which a credit or a payment is divided."""
    parts = {id(one): (one.named or "") if one.lowers else (one.due or dt.date.min).isoformat() for one in equal}
    ordered = sorted(set(parts.values()))
    if len(ordered) > 1:
        for one in equal:
            one.ordinal = 1 + ordered.index(parts[id(one)])
