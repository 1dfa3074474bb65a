"""The reference by which people know a case: not the one that is made for a case of a list."""

from __future__ import annotations

import json

import pytest

from importer.domain.shown_references import shown_reference


@pytest.mark.parametrize(
    ("ref", "creditor", "currency", "expected"),
    [
        ("1002 DKK", "1002", "DKK", "1002"),
        ("1002 EUR", "1002-EUR", "EUR", "1002-EUR"),
        ("1002 DKK-2", "1002-2", "DKK", "1002-2"),
        ("1002", "1002", "DKK", "1002"),
        ("1002 DKK", "1002", "EUR", "1002 DKK"),
        ("ORDER 7 DKK", "5001", "DKK", "ORDER 7 DKK"),
        ("1002 DKK", None, "DKK", "1002 DKK"),
        (None, "1002", "DKK", None),
    ],
)
def test_the_reference_of_a_list_case_is_shown_as_the_creditor_reference(ref, creditor, currency, expected):
    payload = json.dumps({"creditorReference": creditor, "currencyCode": currency}).encode()
    assert shown_reference(ref, payload) == expected
