"""Documents are identities: the creditor, the kind and the number; without a number what else the list shows of it."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from importer.domain.document_keys import (
    DocumentSource,
    Owner,
    customer_key,
    debtor_key,
    document_key,
    document_of_case,
    document_of_voucher,
    documents_of_case,
)
from importer.domain.documents import Document, DocumentKind
from importer.domain.match_keys import case_keys
from importer.domain.raw_rows import RawRow

OWNER = Owner("acme", "DK", False)
DEBTOR = customer_key(OWNER, "K-1")
INVOICE = Document(DocumentKind.INVOICE, "Acme", DEBTOR, "INV-1", dt.date(2026, 1, 31), "DKK", "DK", 10000, 10000)
CASE = {
    "creditorCompanyName": "Acme ",
    "creditorCountryAlpha2": "DK",
    "currencyCode": "DKK",
    "date": "2026-01-31",
    "amountToRecover": 100.0,
    "debtor": {"name": "Hansen", "zipCode": "2100", "countryAlpha2": "DK"},
}


def payload(**changes):
    return json.dumps(CASE | changes).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "INV\u20111"},
        {"number": " INV-1\u200b"},
        {"debtor": "another"},
        {"date": None},
        {"currency": "EUR"},
        {"country": "SE"},
        {"booked_cents": 1},
        {"open_cents": 1},
        {"ordinal": 1},
    ],
)
def test_the_number_of_a_document_is_its_identity(changes):
    assert document_key(OWNER, replace(INVOICE, **changes)) == document_key(OWNER, INVOICE)


@pytest.mark.parametrize("changes", [{"number": "INV-01"}, {"number": "inv-1"}, {"kind": DocumentKind.CREDIT_NOTE}])
def test_what_can_be_seen_of_a_number_makes_another_document(changes):
    assert document_key(OWNER, replace(INVOICE, **changes)) != document_key(OWNER, INVOICE)


def test_another_creditor_and_a_test_case_have_documents_of_their_own():
    keys = {document_key(owner, INVOICE) for owner in (OWNER, Owner("other", "DK", False), Owner("acme", "DK", True))}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"currency": "EUR"}, True),
        ({"open_cents": 1}, True),
        ({"debtor": "another"}, False),
        ({"date": None}, False),
        ({"booked_cents": 1}, False),
        ({"ordinal": 1}, False),
        ({"kind": DocumentKind.PAYMENT}, False),
    ],
)
def test_without_a_number_the_other_facts_are_the_identity(changes, is_same):
    unnumbered = replace(INVOICE, number=None)
    assert (document_key(OWNER, replace(unnumbered, **changes)) == document_key(OWNER, unnumbered)) is is_same


def test_a_case_is_the_invoice_that_its_reference_names():
    own = document_of_case("INV-1", payload())
    assert own == replace(INVOICE, creditor="Acme ", debtor=debtor_key(OWNER, "Hansen", "2100", "DK"))
    assert document_key(OWNER, own) == document_key(OWNER, INVOICE)
    (carried,) = documents_of_case("INV-1", payload())
    keys = case_keys("INV-1", payload(), RawRow("", ""))
    assert carried.key == keys.text[:24]  # the ledger takes them from there


def test_a_second_reference_of_a_case_may_be_a_number_too():
    first, second = documents_of_case("C-1", payload(creditorReference="INV-1"))
    keys = case_keys("C-1", payload(creditorReference="INV-1"), RawRow("", ""))
    assert (first.source, second.source) == (DocumentSource.REFERENCE, DocumentSource.SECOND_REFERENCE)
    assert second.key == document_key(OWNER, INVOICE) == keys.number[:24]


def test_a_case_without_a_reference_may_be_any_document_of_its_debtor():
    (first,) = documents_of_case(None, payload())
    (equal,) = documents_of_case(None, payload(), ordinal=1)
    assert first.source is DocumentSource.UNKNOWN
    assert first.key != equal.key
    assert first.name == equal.name


def test_an_invoice_among_the_vouchers_is_a_document_of_the_case():
    invoice = {
        "voucherTypeId": "00000000-0000-0000-0000-000000000000",
        "referenceId": "INV-1",
        "amount": -10000,
        "currency": "DKK",
    }
    assert document_of_voucher(json.dumps(invoice).encode(), payload()) is None  # of no type that is a document
    from support.ledgers import TYPES

    invoice |= {"voucherTypeId": TYPES["invoice"], "date": "2026-01-31 00:00:00.000+01"}
    found = document_of_voucher(json.dumps(invoice).encode(), payload())
    assert found.key == document_key(OWNER, INVOICE)
    assert (found.document.date, found.document.open_cents) == (INVOICE.date, 10000)
