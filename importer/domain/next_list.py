"""Decisions on what a later list says of documents that were claimed before. They are pure, and tested as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from importer.domain.document_keys import CarriedDocument
from importer.domain.documents import Document, DocumentKind


class NewInvoices(StrEnum):
    """What is done with new documents of a debtor who has an open case."""

    ASK = "ask"  # they wait until a person has answered
    CASE = "case"  # they become a further case
    ADD = "add"  # they become vouchers of the open case


@dataclass(frozen=True, slots=True)
class ListPolicy:
    """What a profile says of its later lists, and the user of this one.

    ``is_complete``: a list shows every open document, so that one that is missing is gone. ``is_current``: the user has said that
    this list counts. ``deposits_on``: what is open less of a document is deposited, on this day (the list's, midnight in ISO form
    with the offset of the user's time zone); None if it is only reported.
    """

    new_invoices: NewInvoices = NewInvoices.ASK
    is_complete: bool = False
    is_current: bool = False
    deposits_on: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the policy as members of a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any] | None) -> ListPolicy:
        """Return the policy that :meth:`as_json` has written; the usual one for None."""
        return cls(**{**found, "new_invoices": NewInvoices(found["new_invoices"])}) if found else cls()


USUAL_POLICY = ListPolicy()


def differences(carried: CarriedDocument, shown: CarriedDocument) -> tuple[str, ...]:
    """Return in which facts two documents with one key differ that should agree: debtor, date and currency.

    A debtor is the same with the same key or the same name: one list has customer numbers, and another one none. What one of
    the two does not show does not differ.
    """
    before, now = carried.document, shown.document
    is_debtor = before.debtor == now.debtor or carried.name == shown.name
    found = (("debtor", is_debtor), ("date", _agree(before.date, now.date)), ("currency", _agree(before.currency, now.currency)))
    return tuple(name for name, is_same in found if not is_same)


def _agree(one: object, other: object) -> bool:
    return not one or not other or one == other


def is_reused(differing: Collection[str]) -> bool:
    """Return whether a number was given to another document: both the debtor and the date differ."""
    return {"debtor", "date"} <= set(differing)


class Change(StrEnum):
    """What a list says of a document that was claimed before."""

    SAME = "same"
    SMALLER = "smaller"  # less is open than was claimed
    GREW = "grew"  # more is open than in the newest list
    CAME_BACK = "came back"  # it was missing in a list that shows every open document


def change_of(claimed: Document, shown: Document, *, last_cents: int | None, gone_on: dt.date | None, is_older: bool) -> Change:
    """Return what a list says of a document. ``last_cents`` is what was open of it in the newest list.

    Nothing is concluded from an older list (``is_older``), or from what is open of a credit note or a payment.
    """
    if is_older or claimed.kind is not DocumentKind.INVOICE:
        return Change.SAME
    if gone_on is not None:
        return Change.CAME_BACK
    if shown.open_cents > (claimed.open_cents if last_cents is None else last_cents):
        return Change.GREW
    return Change.SMALLER if shown.open_cents < claimed.open_cents else Change.SAME


class Objection(StrEnum):
    """Why nothing is concluded from a list."""

    OLDER = "older"
    EMPTY = "empty"
    MISSING = "missing"
    CREDITOR = "creditor"


MOST_MISSING = 5
"""A list in which more than one out of so many open documents is missing is probably not the whole list."""


def objection_to_list(
    *,
    listed_on: str | None,
    last: str | None,
    shown: int,
    missing: int,
    known: int,
    creditors: Collection[str],
    before: Collection[str],
) -> Objection | None:
    """Return why nothing is concluded from absence or from smaller amounts in a list; None if it counts.

    ``listed_on`` and ``last`` are the days of the list and of the last one known, in ISO form. ``shown`` is the number of its
    documents, ``missing`` the number of the ``known`` open ones of the last list that it lacks. ``creditors`` are its own,
    ``before`` those of the last list.
    """
    if last is not None and (listed_on is None or listed_on < last):
        return Objection.OLDER
    if not known:
        return None
    if not shown:
        return Objection.EMPTY
    if before and not set(creditors) & set(before):
        return Objection.CREDITOR
    return Objection.MISSING if missing * MOST_MISSING > known else None


def balance_cents(documents: Collection[Document]) -> int:
    """Return the principal that is open of documents, in hundredths: invoices less credit notes and payments."""
    return sum(_SIGNS[one.kind] * one.open_cents for one in documents)


_SIGNS = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1, DocumentKind.PAYMENT: -1, DocumentKind.FEE: 0}
