"""Decisions on a later list, as tables."""

import datetime as dt
from dataclasses import replace

import pytest

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.documents import Document, DocumentKind
from importer.domain.next_list import (
    Change,
    ListPolicy,
    NewInvoices,
    Objection,
    balance_cents,
    change_of,
    differences,
    is_reused,
    objection_to_list,
)

ONE = Document(DocumentKind.INVOICE, "Acme", "debtor", "INV-1", dt.date(2026, 1, 31), "DKK", "DK", 10000, 10000)
CREDIT = replace(ONE, kind=DocumentKind.CREDIT_NOTE)
GONE = dt.date(2026, 2, 28)


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        ({}, "name", ()),
        ({"country": "SE", "open_cents": 1, "booked_cents": 1}, "name", ()),
        ({"date": None, "currency": ""}, "name", ()),
        ({"debtor": "other"}, "name", ()),  # a customer number in one list, and none in the other
        ({"debtor": "other"}, "other", ("debtor",)),
        ({"date": dt.date(2026, 2, 1)}, "name", ("date",)),
        ({"currency": "EUR"}, "name", ("currency",)),
        ({"debtor": "other", "date": dt.date(2026, 2, 1)}, "other", ("debtor", "date")),
    ],
)
def test_in_what_two_documents_with_one_number_differ(changes, name, expected):
    carried = CarriedDocument("key", DocumentSource.LIST, ONE, "name")
    shown = CarriedDocument("key", DocumentSource.LIST, replace(ONE, **changes), name)
    assert differences(carried, shown) == expected
    assert is_reused(expected) is ({"debtor", "date"} <= set(expected))


@pytest.mark.parametrize(
    ("claimed", "open_cents", "last", "gone_on", "is_older", "expected"),
    [
        (ONE, 10000, None, None, False, Change.SAME),
        (ONE, 4000, None, None, False, Change.SMALLER),
        (ONE, 4000, 4000, None, False, Change.SMALLER),
        (ONE, 5000, 4000, None, False, Change.GREW),
        (ONE, 10001, None, None, False, Change.GREW),
        (ONE, 10000, 10000, GONE, False, Change.CAME_BACK),
        (ONE, 4000, None, None, True, Change.SAME),
        (ONE, 20000, None, None, True, Change.SAME),
        (ONE, 10000, None, GONE, True, Change.SAME),
        (CREDIT, 4000, None, None, False, Change.SAME),
    ],
)
def test_what_a_list_says_of_a_document(claimed, open_cents, last, gone_on, is_older, expected):
    shown = replace(claimed, open_cents=open_cents)
    assert change_of(claimed, shown, last_cents=last, gone_on=gone_on, is_older=is_older) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"listed_on": "2026-01-30"}, Objection.OLDER),
        ({"listed_on": None}, Objection.OLDER),
        ({"listed_on": "2026-01-31"}, None),
        ({"shown": 0}, Objection.EMPTY),
        ({"missing": 2}, None),
        ({"missing": 3}, Objection.MISSING),
        ({"creditors": {"other"}}, Objection.CREDITOR),
        ({"creditors": {"other", "acme"}}, None),
        ({"last": None, "known": 0, "shown": 0}, None),
    ],
)
def test_what_speaks_against_a_list(changes, expected):
    usual = {"listed_on": "2026-02-28", "last": "2026-01-31", "shown": 10, "missing": 0, "known": 10}
    usual |= {"creditors": {"acme"}, "before": {"acme"}}
    assert objection_to_list(**usual | changes) is expected


def test_fees_are_no_principal_and_credits_are_taken_off():
    fee, payment = replace(ONE, kind=DocumentKind.FEE), replace(ONE, kind=DocumentKind.PAYMENT, open_cents=1000)
    assert balance_cents([ONE, ONE, replace(CREDIT, open_cents=500), payment, fee]) == 18500


@pytest.mark.parametrize("policy", [ListPolicy(), ListPolicy(NewInvoices.ADD, True, True)])
def test_a_policy_is_kept_until_the_batch_is_approved(policy):
    assert ListPolicy.from_json(policy.as_json()) == policy
