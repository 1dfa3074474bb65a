"""Payloads of earlier releases beside those of today."""

import json
from datetime import date
from decimal import Decimal

import pytest

from importer.domain.code_lists import DebtorType
from importer.domain.former_payloads import former_payload
from importer.domain.match_keys import in_one_form, same_values
from importer.domain.models import Case, Debtor


def case_in(country: str, **state: str) -> Case:
    debtor = Debtor(type=DebtorType.PERSON, name="Ann Pacific", country_alpha2=country, phone="1", **state)
    return Case(
        creditor_company_name="Nordlys A/S",
        creditor_country_alpha2="DK",
        currency_code="USD",
        date=date(2026, 1, 5),
        amount_to_recover=Decimal(100),
        debtor=debtor,
    )


def debtor_of(payload: bytes) -> str:
    return payload[payload.index(b'"debtor"') :].decode()


def test_a_former_payload_has_the_state_where_earlier_releases_wrote_it() -> None:
    start, end = '"debtor":{"type":"Person","name":"Ann Pacific",', ',"phone":"1"}}'
    assert debtor_of(former_payload(case_in("US", state_alpha2="CA"), "California")) == (
        f'{start}"state":"California","countryAlpha2":"US"{end}'
    )
    assert debtor_of(former_payload(case_in("CA", state="on"), "on")) == f'{start}"stateAlpha2":"ON","countryAlpha2":"CA"{end}'
    same = case_in("DE", state="Bayern")
    assert former_payload(same, "Bayern") == same.wire()


def payload(country: str, amount: float = 100.0, **state: str) -> bytes:
    return json.dumps({"amountToRecover": amount, "debtor": {"name": "Ann", **state, "countryAlpha2": country}}).encode()


@pytest.mark.parametrize(
    ("country", "old", "new"),
    [
        ("US", {"state": "California"}, {"stateAlpha2": "CA"}),
        ("US", {"state": "US-CA"}, {"stateAlpha2": "CA"}),
        ("US", {"state": "us ca"}, {"state": "California"}),
        ("CA", {"stateAlpha2": "ON"}, {"state": "on"}),
        ("DE", {"stateAlpha2": "BY"}, {"state": "BY"}),
        ("US", {}, {}),
    ],
)
def test_the_same_state_in_another_member_is_the_same_case(country, old, new) -> None:
    assert same_values(payload(country, **old), payload(country, **new))
    assert same_values(payload(country, **new), payload(country, **old))
    assert json.loads(in_one_form(payload(country, **old))) == json.loads(in_one_form(payload(country, **new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (payload("US", state="California"), payload("US", stateAlpha2="NV")),
        (payload("US", state="California"), payload("US")),
        (payload("US", state="California"), payload("US", 99.0, stateAlpha2="CA")),
        (payload("DE", state="Bayern"), payload("DE", state="BY")),
        (payload("US", stateAlpha2="CA"), payload("CA", stateAlpha2="CA")),
    ],
)
def test_another_state_or_another_value_is_another_case(old, new) -> None:
    assert not same_values(old, new)
