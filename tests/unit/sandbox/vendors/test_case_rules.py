"""Debitura's rules for a case, one violation at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sandbox.vendors.case_rules import CaseFacts, CaseRules, check_case
from importer.sandbox.vendors.checks import NotAnObject, json_object


def case(**changes):
    debtor = {"type": "Company", "name": "Hansen Byg ApS", "contactPerson": "P. Hansen", "countryAlpha2": "DK"}
    content = {
        "creditorCompanyName": "Nordjysk El A/S",
        "creditorCountryAlpha2": "DK",
        "currencyCode": "DKK",
        "date": "2026-01-31",
        "amountToRecover": Decimal("5000.00"),
        "debtor": {**debtor, **changes.pop("debtor", {})},
    }
    return {**content, **changes}


def without(content, name):
    return {key: value for key, value in content.items() if key != name}


def test_smallest_case():
    assert check_case(case()) == CaseFacts("Nordjysk El A/S", "", "DK", has_partner=False)


def test_fullest_case():
    full = case(
        creditorCountry="Denmark",
        dueDate="2026-02-28T12:30:00Z",
        comments="c" * 4000,
        claimDescription="d" * 4000,
        creditorReference="R" * 50,
        collectionPartnerId="3c90c3cc-0d44-4b50-8888-8dd25736052a",
        isTest=True,
        tag="t" * 100,
        debtor={
            "companyRegistrationNumber": "12345678",
            "address": "Vestergade 1",
            "zipCode": "0800",
            "city": "Høje Taastrup",
            "state": "California",
            "stateAlpha2": "CA",
            "country": "Denmark",
            "email": "bogholderi@hansen.example",
            "phone": "+45 12 34 56 78",
        },
    )
    assert check_case(full) == CaseFacts("Nordjysk El A/S", "R" * 50, "DK", has_partner=True)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (without(case(), "creditorCompanyName"), "creditorCompanyName"),
        (case(creditorCompanyName=" "), "creditorCompanyName"),
        (case(creditorCompanyName=7), "creditorCompanyName"),
        (without(case(), "creditorCountryAlpha2"), "creditorCountryAlpha2"),
        (case(creditorCountryAlpha2="dk"), "creditorCountryAlpha2"),
        (case(creditorCountryAlpha2="XX"), "creditorCountryAlpha2"),
        (case(creditorCountryAlpha2=None, creditorCountry="Danmark"), "creditorCountry"),
        (case(creditorCountry="Sweden"), "creditorCountry"),
        (without(case(), "currencyCode"), "currencyCode"),
        (case(currencyCode="DKR"), "currencyCode"),
        (without(case(), "date"), "date"),
        (case(date="31-01-2026"), "date"),
        (case(date="2026-02-30"), "date"),
        (case(date="20260131"), "date"),
        (case(date="2026-01-31T25:00"), "date"),
        (case(date=20260131), "date"),
        (case(dueDate="soon"), "dueDate"),
        (without(case(), "amountToRecover"), "amountToRecover"),
        (case(amountToRecover=0), "amountToRecover"),
        (case(amountToRecover=-1), "amountToRecover"),
        (case(amountToRecover="100"), "amountToRecover"),
        (case(amountToRecover=True), "amountToRecover"),
        (case(amountToRecover=Decimal("1.005")), "amountToRecover"),
        (case(amountToRecover=Decimal("1E+13")), "amountToRecover"),
        (case(amountToRecover=Decimal("1E-400")), "amountToRecover"),
        (case(comments="c" * 4001), "comments"),
        (case(claimDescription="c" * 4001), "claimDescription"),
        (case(creditorReference="c" * 51), "creditorReference"),
        (case(tag="c" * 101), "tag"),
        (case(isTest="true"), "isTest"),
        (case(collectionPartnerId="someone"), "collectionPartnerId"),
        (case(CurrencyCode="DKK"), "CurrencyCode"),
        (without(case(), "debtor"), "debtor"),
        (case() | {"debtor": "Hansen"}, "debtor"),
        (case(debtor={"type": "company"}), "debtor.type"),
        (case(debtor={"name": None}), "debtor.name"),
        (case(debtor={"contactPerson": None}), "debtor.contactPerson"),
        (case(debtor={"countryAlpha2": None}), "debtor.countryAlpha2"),
        (case(debtor={"countryAlpha2": None, "country": "Danmark"}), "debtor.country"),
        (case(debtor={"zipCode": 800}), "debtor.zipCode"),
        (case(debtor={"email": "hansen"}), "debtor.email"),
        (case(debtor={"stateAlpha2": "Cal"}), "debtor.stateAlpha2"),
        (case(debtor={"postalCode": "0800"}), "debtor.postalCode"),
    ],
)
def test_one_violation_is_named_by_its_path(content, path):
    errors = check_case(content)
    assert isinstance(errors, dict)
    assert list(errors) == [path]
    assert all(errors[path])


def test_a_person_needs_no_contact():
    assert isinstance(check_case(case(debtor={"type": "Person", "contactPerson": None})), CaseFacts)


def test_all_violations_at_once():
    errors = check_case({"amountToRecover": 0, "debtor": {}})
    assert {"creditorCompanyName", "currencyCode", "date", "amountToRecover", "debtor.type", "debtor.name"} <= set(errors)


def test_today_is_accepted_and_the_day_after_tomorrow_is_not():
    today = datetime.now(UTC).date()
    assert isinstance(check_case(case(date=today.isoformat())), CaseFacts)
    assert check_case(case(date=(today + timedelta(days=2)).isoformat())) == {"date": ["must not be in the future"]}


@pytest.mark.parametrize(
    ("due", "reasons"),
    [
        ("2026-05-31", []),
        ("2026-05-31T23:59:59Z", []),
        ("2026-06-01", ["must be in the past"]),
        ("2026-06-30", ["must be in the past"]),
        ("2026-01-31", []),
        ("2026-01-30", ["must not be earlier than the date"]),
    ],
)
def test_a_due_date_is_in_the_past_and_not_before_the_date(due, reasons):
    now = datetime(2026, 6, 1, tzinfo=UTC)
    found = check_case(case(dueDate=due), CaseRules(now=now))
    assert (found == {"dueDate": reasons}) if reasons else isinstance(found, CaseFacts)
    assert isinstance(
        check_case(case(dueDate=due), CaseRules(now=now, due_dates_in_past=False, due_dates_after_date=False)), CaseFacts
    )


def test_a_future_date_and_its_due_date_are_both_refused():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    errors = check_case(case(date="2026-02-02", dueDate="2026-02-01"), CaseRules(now=now))
    assert errors == {
        "date": ["must not be in the future"],
        "dueDate": ["must not be earlier than the date", "must be in the past"],
    }


US = {"countryAlpha2": "US"}


@pytest.mark.parametrize("state", ["CA", "US-CA", "California", "CALIFORNIA", "DC", "District of Columbia", "PR", "US-NY"])
def test_every_form_of_a_state_of_the_us(state):
    assert isinstance(check_case(case(debtor={**US, "stateAlpha2": state})), CaseFacts)
    named = {"countryAlpha2": None, "country": "United States", "stateAlpha2": state}
    assert isinstance(check_case(case(debtor=named)), CaseFacts)


@pytest.mark.parametrize("state", [None, "", "XX", "ca", "us-ca", "CA ", "DK-84", "ON", "US-", "Kalifornien"])
def test_a_debtor_in_the_us_without_a_state_is_refused(state):
    assert list(check_case(case(debtor={**US, "stateAlpha2": state, "state": "California"}))) == ["debtor.stateAlpha2"]


def test_the_state_is_not_checked_while_the_country_is_wrong():
    assert list(check_case(case(debtor={"countryAlpha2": "USA"}))) == ["debtor.countryAlpha2"]
    assert list(check_case(case(debtor={**US, "stateAlpha2": 7}))) == ["debtor.stateAlpha2"]


def test_an_open_schema_ignores_unknown_members():
    content = case(language="da", debtor={"postalCode": "0800"})
    assert list(check_case(content)) == ["language", "debtor.postalCode"]
    assert isinstance(check_case(content, CaseRules(closed_schema=False)), CaseFacts)


@given(st.decimals(min_value="0.01", max_value="9999999999999.99", places=2))
def test_every_amount_in_cents_is_accepted(amount):
    assert isinstance(check_case(case(amountToRecover=amount)), CaseFacts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*case(), "isTest", "tag", "dueDate", "collectionPartnerId"]), JSON)
def test_any_value_in_any_field_is_judged(name, value):
    assert check_case({**case(), name: value})


@given(st.sampled_from([*case()["debtor"], "email", "zipCode", "stateAlpha2"]), JSON)
def test_any_value_in_any_field_of_the_debtor_is_judged(name, value):
    assert check_case(case(debtor={name: value}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e99999999999999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"\xef\xbb\xbf{}",
        b'{"a": "\xe6"}',
        json.dumps({}).encode("utf-16"),
    ],
)
def test_what_is_not_a_json_object_in_utf8_is_refused(body):
    with pytest.raises(NotAnObject):
        json_object(body)
