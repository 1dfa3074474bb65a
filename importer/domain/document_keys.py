"""The keys of documents and debtors, and the documents of a case that was not made from a list.

They are functions of what the ledger stores of an entry, so that the entries of older ledgers get them too. What cannot be
seen is folded as in match keys, and a key that a ledger holds never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from importer.domain.documents import LOWERING, Document, DocumentKind, day_of
from importer.domain.identity import fingerprint, match_text
from importer.domain.match_keys import VoucherParts, case_key, folded_creditor, name_key
from importer.domain.money import cents_of
from importer.domain.raw_rows import SHORT


class DocumentSource(StrEnum):
    """From what it is known that a case carries a document."""

    LIST = "list"  # a list of documents
    REFERENCE = "reference"  # the case's own reference: the case is one invoice
    SECOND_REFERENCE = "second_reference"  # a creditor reference beside it, which need not be the number of a document
    VOUCHER = "voucher"  # a voucher of the case, whose number it is
    UNKNOWN = "unknown"  # the case shows no number: it may be any document of its debtor
    GROWN = "grown"  # a question, and no case, carries it: more was open of it again
    REPORTED = "reported"  # a credit or payment that is new since the case was sent, and that a person was asked to report


MARKS = frozenset({DocumentSource.GROWN, DocumentSource.REPORTED})
"""What is noted about documents that no case carries by it."""


class Owner(NamedTuple):
    """The creditor of documents as it is part of their keys, and whether they are of test cases."""

    creditor: str
    country: str | None
    is_test: bool


def owner_of_case(wire: Mapping[str, Any]) -> Owner:
    """Return the owner of the documents of a case with this request."""
    creditor = match_text(folded_creditor(str(wire.get("creditorCompanyName"))))
    return Owner(creditor, wire.get("creditorCountryAlpha2"), bool(wire.get("isTest")))


def document_key(owner: Owner, document: Document) -> str:
    """Return the identity of a document: its creditor, kind and number; without a number what else the list shows of it.

    The key of a numbered invoice is the beginning of the key of a case with its number as the reference.
    """
    kind, number = document.kind.value, match_text(document.number or "")
    if number and document.kind is DocumentKind.INVOICE:
        return case_key(number, owner.creditor, owner.country, is_test=owner.is_test)[:SHORT]
    if number:
        return fingerprint("document", kind, number, *owner)[:SHORT]
    day = document.date.isoformat() if document.date else None
    return fingerprint("document", kind, document.debtor, day, document.booked_cents, document.ordinal, *owner)[:SHORT]


def debtor_key(owner: Owner, name: str, postal_code: str | None, country: str | None) -> str:
    """Return the key of a debtor without a customer number: the creditor with name, postal code and country."""
    place = (match_text(postal_code or "").casefold(), country)
    return fingerprint("debtor", match_text(name).casefold(), *place, *owner)[:SHORT]


def customer_key(owner: Owner, number: str, name: str = "") -> str:
    """Return the key of a debtor with a customer number. ``name`` tells apart those who share a collective number."""
    return fingerprint("customer", match_text(number), match_text(name).casefold(), *owner)[:SHORT]


@dataclass(frozen=True, slots=True)
class CarriedDocument:
    """A document with its key, and from what it is known that a case carries it.

    ``name`` is the key of the debtor's name, ``names`` that of the invoice that a credit note or payment of a list names.
    """

    key: str
    source: DocumentSource
    document: Document
    name: str
    names: str | None = None


def document_of_case(reference: str | None, payload: bytes, ordinal: int = 0) -> Document:
    """Return the document of a case that was not made from a list: its invoice, with the case's reference as the number.

    ``ordinal`` counts equal cases without a reference.
    """
    wire = orjson.loads(payload)
    debtor, owner = wire.get("debtor") or {}, owner_of_case(wire)
    cents = cents_of(Decimal(str(wire.get("amountToRecover") or 0)))
    name, country = str(debtor.get("name") or ""), debtor.get("countryAlpha2")
    return Document(
        kind=DocumentKind.INVOICE,
        creditor=str(wire.get("creditorCompanyName") or ""),
        debtor=debtor_key(owner, name, debtor.get("zipCode"), country),
        number=match_text(reference or "") or None,
        date=day_of(wire.get("date")),
        currency=str(wire.get("currencyCode") or ""),
        country=str(country or ""),
        booked_cents=cents,
        open_cents=cents,
        ordinal=ordinal,
        due=day_of(wire.get("dueDate")),
    )


def documents_of_case(reference: str | None, payload: bytes, ordinal: int = 0) -> list[CarriedDocument]:
    """Return what a case that was not made from a list carries: one document, perhaps under a second number.

    Without a reference it is not known which document it is.
    """
    wire = orjson.loads(payload)
    owner, document = owner_of_case(wire), document_of_case(reference, payload, ordinal)
    name = _name_key_of(wire, owner)
    source = DocumentSource.REFERENCE if document.number else DocumentSource.UNKNOWN
    found = [CarriedDocument(document_key(owner, document), source, document, name)]
    second = match_text(str(wire.get("creditorReference") or ""))
    if document.number and second and second != document.number:
        key = case_key(second, owner.creditor, owner.country, is_test=owner.is_test)[:SHORT]
        found.append(CarriedDocument(key, DocumentSource.SECOND_REFERENCE, document, name))
    return found


def documents_of_list(documents: Iterable[Document], payload: bytes) -> list[CarriedDocument]:
    """Return what a case carries that was made from these documents of a list."""
    wire = orjson.loads(payload)
    owner = owner_of_case(wire)
    name = _name_key_of(wire, owner)
    return [CarriedDocument(document_key(owner, one), DocumentSource.LIST, one, name, _named_by(owner, one)) for one in documents]


def _named_by(owner: Owner, one: Document) -> str | None:
    """Return the key of the invoice that a credit or payment names, else of the one with its own number."""
    named = (one.names or one.number) if one.kind in LOWERING else None
    return document_key(owner, replace(one, kind=DocumentKind.INVOICE, number=named)) if named else None


def document_of_voucher(voucher: bytes, case: bytes) -> CarriedDocument | None:
    """Return the document that a voucher of a case is; None if it is no invoice with a number."""
    parts = VoucherParts.of(voucher)
    if not parts.is_document or not parts.reference:
        return None
    wire = orjson.loads(case)
    owner, debtor = owner_of_case(wire), wire.get("debtor") or {}
    document = Document(
        kind=DocumentKind.INVOICE,
        creditor=str(wire.get("creditorCompanyName") or ""),
        debtor=debtor_key(owner, str(debtor.get("name") or ""), debtor.get("zipCode"), debtor.get("countryAlpha2")),
        number=parts.reference,
        date=day_of(parts.dates.day),
        currency=parts.currency or "",
        country=str(debtor.get("countryAlpha2") or ""),
        booked_cents=abs(parts.amount),
        open_cents=abs(parts.amount),
        due=day_of(parts.dates.due),
    )
    return CarriedDocument(document_key(owner, document), DocumentSource.VOUCHER, document, _name_key_of(wire, owner))


def name_of_debtor(payload: bytes) -> str:
    """Return the key of the name of a case's debtor."""
    wire = orjson.loads(payload)
    return _name_key_of(wire, owner_of_case(wire))


def _name_key_of(wire: Mapping[str, Any], owner: Owner) -> str:
    name = str((wire.get("debtor") or {}).get("name") or "")
    return name_key(name, owner.creditor, owner.country, is_test=owner.is_test)
