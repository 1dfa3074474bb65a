"""Rows and remote cases are compared value by value: alike is asked about, and only what is equal in all is adopted together."""

import json
from datetime import date

import pytest

from importer.domain.remote_cases import Claim, days_of, differences, likeness, listed_claim, one_to_one

SENT = {
    "creditorCompanyName": "Nord A/S",
    "creditorReference": "INV 1",
    "debtor": {"name": "Åse Holm"},
    "amountToRecover": 100.5,
    "currencyCode": "DKK",
    "date": "2026-01-31",
}
LISTED = {
    "creditor": {"companyName": "Nord A/S"},
    "creditorReference": "INV 1",
    "debtor": {"name": "Åse Holm"},
    "grossAmount": 100.5,
    "currency": "DKK",
    "date": "2026-01-31T00:00:00",
    "isTestCase": False,
}
BOTH, REFERENCE, CLAIM, NOTHING = (True, True), (True, False), (False, True), None


def row(**changes):
    return Claim.of_payload(json.dumps(SENT | changes).encode())


def at_debitura(**changes):
    return listed_claim({name: value for name, value in (LISTED | changes).items() if value is not ...})


def common(sent, listed):
    found = likeness(sent, listed)
    return found and (found.by_reference, found.by_claim)


@pytest.mark.parametrize(
    ("changes", "expected", "different"),
    [
        ({}, BOTH, []),
        ({"creditorReference": "inv\u00a01"}, BOTH, []),
        ({"debtor": {"name": "ÅSE  HOLM"}, "currency": "dkk"}, BOTH, []),
        ({"creditorReference": "INV 2"}, CLAIM, ["reference"]),
        ({"creditorReference": None}, CLAIM, ["reference"]),
        ({"grossAmount": 100.51}, REFERENCE, ["amount"]),
        ({"grossAmount": "100.50"}, BOTH, []),
        ({"grossAmount": 110.5, "totalAddedFees": 10}, BOTH, []),
        ({"grossAmount": ...}, BOTH, ["amount"]),
        ({"currency": "SEK"}, REFERENCE, ["currency"]),
        ({"date": "2026-02-01T00:00:00"}, REFERENCE, ["date"]),
        ({"date": "2026-01-30T23:00:00Z"}, BOTH, ["date"]),
        ({"date": ...}, BOTH, ["date"]),
        ({"date": "soon"}, BOTH, ["date"]),
        ({"debtor": {"name": "Another"}}, REFERENCE, ["debtor"]),
        ({"creditor": {"companyName": "Syd A/S"}}, CLAIM, ["creditor"]),
        ({"creditor": ...}, BOTH, ["creditor"]),
        ({"creditor": {"companyName": "Syd A/S"}, "debtor": None}, NOTHING, None),
        ({"isTestCase": True}, NOTHING, None),
        ({"isTestCase": ...}, BOTH, ["test case"]),
        ({"isTestCase": "false"}, BOTH, ["test case"]),
        ({"creditorReference": "INV 2", "grossAmount": 1}, NOTHING, None),
    ],
)
def test_how_a_listed_case_is_compared_with_a_row(changes, expected, different):
    sent, listed = row(), at_debitura(**changes)
    assert common(sent, listed) == expected
    if different is not None:
        assert [one.name for one in differences(sent, listed)] == different


def test_a_test_case_is_like_test_cases_only():
    assert common(row(isTest=True), at_debitura(isTestCase=True)) == BOTH
    assert common(row(isTest=True), at_debitura()) is None
    assert common(row(isTest=True), at_debitura(isTestCase=...)) == BOTH


def test_without_a_reference_the_claim_decides():
    sent, listed = row(creditorReference=None), at_debitura(creditorReference=None)
    assert common(sent, listed) == CLAIM
    assert differences(sent, listed) == ()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-01-31", [31]),
        ("2026-01-31T00:00:00.000Z", [31]),
        ("2026-01-31T00:00:00+01:00", [31]),
        ("2026-01-30T23:00:00Z", [30, 31]),
        ("2026-01-30 23:00", [30, 31]),
        ("31-01-2026", []),
        ("", []),
    ],
)
def test_the_days_that_a_date_may_mean(text, days):
    assert days_of(text) == {date(2026, 1, day) for day in days}


def test_one_to_one_leaves_out_what_has_a_rival():
    assert one_to_one([(1, 10), (2, 20), (3, 20), (4, 40), (4, 41), (5, 50)]) == {1: 10, 5: 50}
