from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from importer.domain.code_lists import Direction, VoucherType, VoucherTypes
from importer.domain.models import Appendix, Case, Debtor, Voucher, check_decimals, is_everyday_email, with_fields

TODAY = date(2026, 6, 15)
INVOICE = "eb41e58e-fccf-419d-a771-cd5027fe6e87"
DEPOSIT = "c51f2f6a-8081-45ef-b52d-5e0569fdf12e"
SOME_ID = UUID("3c90c3cc-0d44-4b50-8888-8dd25736052a")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def day(text: str, zone: str = "Europe/Copenhagen") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def case_of(**changes: Any) -> Case:
    data = {
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country_alpha2": "DK",
        "currency_code": "DKK",
        "date": date(2026, 1, 31),
        "amount_to_recover": Decimal("5000.00"),
        "debtor": {"type": "Person", "name": "Bodil Zebrahest", "country_alpha2": "SE"},
    }
    data |= changes
    if isinstance(data["debtor"], dict):
        data["debtor"] = camel(data["debtor"])
    return Case.model_validate(camel(data), context={"today": TODAY})


def voucher_of(types: VoucherTypes | None = None, **changes: Any) -> Voucher:
    data = {
        "voucher_type_id": UUID(INVOICE),
        "amount": -100000,
        "currency": "DKK",
        "date": day("2024-05-28"),
        "source": "CREDITOR",
    }
    return Voucher.model_validate(camel(data | changes), context={"voucher_types": types})


def camel(data: dict[str, Any]) -> dict[str, Any]:
    return {to_camel(name): value for name, value in data.items()}


def problems(call: Any, **changes: Any) -> dict[str, str]:
    """Return the broken rules by the path of the member."""
    with pytest.raises(ValidationError) as caught:
        call(**changes)
    return {".".join(to_camel(str(part)) for part in e["loc"]): e["type"] for e in caught.value.errors()}


def test_the_least_case_on_the_wire() -> None:
    assert case_of().wire().decode() == (
        '{"creditorCompanyName":"Nordlys Energi A/S","creditorCountryAlpha2":"DK","currencyCode":"DKK","date":"2026-01-31",'
        '"amountToRecover":5000.0,"debtor":{"type":"Person","name":"Bodil Zebrahest","countryAlpha2":"SE"}}'
    )


def test_every_member_of_a_case_on_the_wire() -> None:
    debtor = Debtor(
        type="Company",
        name="Æbleskov ApS",
        contact_person="Mette Holm",
        company_registration_number="00990003",
        address="Havnegade 4",
        zip_code="0800",
        city="Aarhus",
        state="Midtjylland",
        state_alpha2="CA",
        country_alpha2="US",
        email="mette@havblik.example",
        phone="+45 10 00 00 04",
    )
    case = case_of(
        due_date=date(2026, 2, 14),
        amount_to_recover=Decimal("0.01"),
        creditor_reference="INV-1",
        claim_description="Strøm",
        comments="To rykkere",
        collection_partner_id=SOME_ID,
        is_test=True,
        tag="pilot",
        debtor=debtor,
    )
    assert case.wire().decode() == (
        '{"creditorCompanyName":"Nordlys Energi A/S","creditorCountryAlpha2":"DK","currencyCode":"DKK","date":"2026-01-31",'
        '"dueDate":"2026-02-14","amountToRecover":0.01,"creditorReference":"INV-1","claimDescription":"Strøm",'
        '"comments":"To rykkere","collectionPartnerId":"3c90c3cc-0d44-4b50-8888-8dd25736052a","isTest":true,"tag":"pilot",'
        '"debtor":{"type":"Company","name":"Æbleskov ApS","contactPerson":"Mette Holm",'
        '"companyRegistrationNumber":"00990003","address":"Havnegade 4","zipCode":"0800","city":"Aarhus",'
        '"state":"Midtjylland","stateAlpha2":"CA","countryAlpha2":"US","email":"mette@havblik.example",'
        '"phone":"+45 10 00 00 04"}}'
    )


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999999999.99"), places=2))
def test_an_amount_is_the_same_decimal_on_the_wire(amount) -> None:
    sent = json.loads(case_of(amount_to_recover=amount).wire(), parse_float=Decimal)["amountToRecover"]
    assert sent == amount


PERSON = {"type": "Person", "name": "Bodil Zebrahest", "country_alpha2": "SE"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount_to_recover": Decimal(0)}, {"amountToRecover": "amount_not_positive"}),
        ({"amount_to_recover": Decimal("-5.00")}, {"amountToRecover": "amount_not_positive"}),
        ({"amount_to_recover": Decimal("5.001")}, {"amountToRecover": "too_many_decimals"}),
        ({"amount_to_recover": Decimal(f"1.{'0' * 40}1")}, {"amountToRecover": "too_many_decimals"}),
        ({"amount_to_recover": Decimal("1e13")}, {"amountToRecover": "amount_too_large"}),
        ({"amount_to_recover": Decimal("5.5"), "currency_code": "JPY"}, {"amountToRecover": "too_many_decimals"}),
        ({"date": date(2026, 6, 16)}, {"date": "future_date"}),
        ({"debtor": PERSON | {"country_alpha2": "US"}}, {"debtor.countryAlpha2": "us_state_missing"}),
        ({"debtor": PERSON | {"country_alpha2": "US", "state": "California"}}, {"debtor.countryAlpha2": "us_state_missing"}),
        ({"due_date": date(2062, 6, 15)}, {"dueDate": "due_far_ahead"}),
        ({"due_date": date(2027, 6, 16)}, {"dueDate": "due_far_ahead"}),
        ({"currency_code": "KRO"}, {"currencyCode": "currency"}),
        ({"currency_code": "XAU"}, {"currencyCode": "currency"}),
        ({"creditor_country_alpha2": "XX"}, {"creditorCountryAlpha2": "country"}),
        ({"creditor_company_name": " "}, {"creditorCompanyName": "string_too_short"}),
        ({"creditor_reference": "x" * 51}, {"creditorReference": "string_too_long"}),
        ({"claim_description": "x" * 4001}, {"claimDescription": "string_too_long"}),
        ({"comments": "x" * 4001}, {"comments": "string_too_long"}),
        ({"tag": "x" * 101}, {"tag": "string_too_long"}),
        ({"amount": 5}, {"amount": "extra_forbidden"}),
        ({"debtor": PERSON | {"type": "Company"}}, {"debtor.contactPerson": "contact_person"}),
        ({"debtor": PERSON | {"type": "Firm"}}, {"debtor.type": "enum"}),
        ({"debtor": PERSON | {"email": "bodil@"}}, {"debtor.email": "email"}),
        ({"debtor": PERSON | {"country_alpha2": "Sweden"}}, {"debtor.countryAlpha2": "country"}),
        ({"debtor": {}}, {"debtor.type": "missing", "debtor.name": "missing", "debtor.countryAlpha2": "missing"}),
    ],
)
def test_a_broken_rule_of_a_case(changes, expected) -> None:
    assert problems(case_of, **changes) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"date": TODAY, "due_date": TODAY},
        {"amount_to_recover": Decimal("5.000000")},
        {"amount_to_recover": Decimal(7), "currency_code": "JPY"},
        {"amount_to_recover": Decimal("9999999999999.99")},
        {"creditor_reference": "x" * 50, "claim_description": "x" * 4000, "comments": "x" * 4000, "tag": "x" * 100},
    ],
)
def test_what_is_just_allowed_in_a_case(changes) -> None:
    case_of(**changes)


def test_all_broken_rules_come_at_once() -> None:
    debtor = {"type": "Company", "name": "", "country_alpha2": "??", "email": "no"}
    found = problems(case_of, amount_to_recover=Decimal("1.234"), date=date(2030, 1, 1), currency_code="?", debtor=debtor)
    assert set(found) == {
        *("currencyCode", "date", "amountToRecover"),
        *("debtor.name", "debtor.contactPerson", "debtor.countryAlpha2", "debtor.email"),
    }


def test_the_least_voucher_is_the_example_of_the_documentation() -> None:
    voucher = voucher_of(reference_id="D12412347", text="J.no. 1234")
    assert voucher.wire().decode() == (
        '{"voucherTypeId":"eb41e58e-fccf-419d-a771-cd5027fe6e87","amount":-100000,"currency":"DKK",'
        '"date":"2024-05-28 00:00:00.000+02","source":"CREDITOR","referenceId":"D12412347","text":"J.no. 1234"}'
    )


def test_every_member_of_a_voucher_on_the_wire() -> None:
    voucher = voucher_of(
        due_date=day("2024-06-11"),
        source="COLLECTOR",
        reference_id="D1",
        text="Å",
        interest=Decimal("0.0805"),
        interest_start_date=day("2024-06-12"),
        interest_end_date=day("2024-12-31"),
        appendix=Appendix(file_name="a.pdf", content_type="application/pdf", file_id="f1"),
        unique_id="V-1",
        reference_case_voucher_id=SOME_ID,
        reference_vouchers=[{"caseVoucherId": "x", "share": 0.5}],
        properties={"costCentre": "0042"},
        distribute=[{"amount": -40000}, {"amount": -60000, "note": "b"}],
    )
    assert voucher.wire().decode() == (
        '{"voucherTypeId":"eb41e58e-fccf-419d-a771-cd5027fe6e87","amount":-100000,"currency":"DKK",'
        '"date":"2024-05-28 00:00:00.000+02","source":"COLLECTOR","dueDate":"2024-06-11 00:00:00.000+02",'
        '"referenceId":"D1","text":"Å","interest":0.0805,"interestStartDate":"2024-06-12 00:00:00.000+02",'
        '"interestEndDate":"2024-12-31 00:00:00.000+01",'
        '"appendix":{"fileName":"a.pdf","contentType":"application/pdf","fileId":"f1"},"uniqueId":"V-1",'
        '"referenceCaseVoucherId":"3c90c3cc-0d44-4b50-8888-8dd25736052a",'
        '"referenceVouchers":[{"caseVoucherId":"x","share":0.5}],"properties":{"costCentre":"0042"},'
        '"distribute":[{"amount":-40000},{"amount":-60000,"note":"b"}]}'
    )


@pytest.mark.parametrize(
    ("zone", "text", "sent"),
    [
        ("Europe/Copenhagen", "2024-01-15", "2024-01-15 00:00:00.000+01"),
        ("Europe/Copenhagen", "2024-07-15", "2024-07-15 00:00:00.000+02"),
        ("Europe/Copenhagen", "2024-03-31", "2024-03-31 00:00:00.000+01"),  # the clock moves at two that night
        ("Europe/Copenhagen", "2024-04-01", "2024-04-01 00:00:00.000+02"),
        ("Europe/Copenhagen", "2024-10-27", "2024-10-27 00:00:00.000+02"),
        ("UTC", "2024-07-15", "2024-07-15 00:00:00.000+00"),
        ("America/New_York", "2024-07-15", "2024-07-15 00:00:00.000-04"),
        ("Asia/Kolkata", "2024-07-15", "2024-07-15 00:00:00.000+05:30"),
        ("America/St_Johns", "2024-01-15", "2024-01-15 00:00:00.000-03:30"),
        ("Europe/Copenhagen", "9999-12-31", "9999-12-31 00:00:00.000+01"),
    ],
)
def test_a_date_carries_the_zones_offset_on_that_day(zone, text, sent) -> None:
    assert json.loads(voucher_of(date=day(text, zone)).wire())["date"] == sent


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": 0}, {"amount": "amount_zero"}),
        ({"amount": 100000}, {"amount": "sign_contradicts_type"}),
        ({"amount": -100000, "voucher_type_id": UUID(DEPOSIT)}, {"amount": "sign_contradicts_type"}),
        ({"amount": -(10**15)}, {"amount": "amount_too_large"}),
        ({"currency": "JPY"}, {"currency": "literal_error"}),
        ({"source": "DEBTOR"}, {"source": "enum"}),
        ({"interest": Decimal("1.5")}, {"interest": "less_than_equal"}),
        ({"interest": Decimal("-0.1")}, {"interest": "greater_than_equal"}),
        (
            {"interest_start_date": day("2024-06-02"), "interest_end_date": day("2024-06-01")},
            {"interestEndDate": "interest_dates"},
        ),
        ({"distribute": [{"amount": -1}]}, {"distribute": "distribute_sum"}),
        ({"distribute": []}, {"distribute": "distribute_sum"}),
        ({"distribute": [{"amount": 100000}]}, {"distribute": "distribute_sum"}),
        ({"distribute": [{"amount": "-100000"}]}, {"distribute": "distribute_amounts"}),
        ({"distribute": [{"amount": -100000.0}]}, {"distribute": "distribute_amounts"}),
        ({"distribute": [{"amount": True}]}, {"distribute": "distribute_amounts"}),
        ({"distribute": [{"share": 1}]}, {"distribute": "distribute_amounts"}),
    ],
)
def test_a_broken_rule_of_a_voucher(changes, expected) -> None:
    assert problems(voucher_of, **changes) == expected


def test_an_installations_own_type_has_a_sign_too() -> None:
    types = VoucherTypes((VoucherType(UUID(int=7), "rebate", "Rabat", Direction.CREDIT),))
    assert voucher_of(types, voucher_type_id=UUID(int=7), amount=5).amount == 5
    assert problems(voucher_of, types=types, voucher_type_id=UUID(int=7), amount=-5) == {"amount": "sign_contradicts_type"}
    # A type without a known direction is accepted with either sign.
    assert voucher_of(voucher_type_id=UUID(int=8), amount=-5).amount == -5


@pytest.mark.parametrize(
    ("amount", "currency", "fine"),
    [
        *(("1.00", "DKK", True), ("1.0000", "DKK", True), ("1.005", "DKK", False), ("1e2", "JPY", True), ("0.00", "JPY", True)),
        *(("100.0", "JPY", True), ("100.5", "JPY", False), ("1.25", None, True), ("1.255", None, False)),
        (f"0.{'0' * 60}1", "DKK", False),
        (f"12345678901234567890123456789.{'0' * 30}", "DKK", True),
    ],
)
def test_amounts_are_never_rounded(amount, currency, fine) -> None:
    if fine:
        check_decimals(Decimal(amount), currency)
        return
    with pytest.raises(Exception, match="never rounded"):
        check_decimals(Decimal(amount), currency)


def test_members_are_added_without_touching_the_bytes_before() -> None:
    payload = voucher_of(text="Ø").wire()
    more = with_fields(payload, {"uniqueId": "V-Å", "referenceCaseVoucherId": str(SOME_ID)})
    assert more.startswith(payload[:-1])
    assert json.loads(more) == json.loads(payload) | {"uniqueId": "V-Å", "referenceCaseVoucherId": str(SOME_ID)}
    assert with_fields(payload, {}) == payload


LOCAL = st.text("aZ09_+-.", min_size=1, max_size=70)
LABEL = st.text("aZ09-", min_size=1, max_size=66) | st.sampled_from(["xn--a", "ab--c", "-a", "a-", "localhost", "1"])
ENDING = st.sampled_from(["dk", "Com", "example", "1a", "a", "c-m", "", *SPECIAL_USE_DOMAIN_NAMES, "LOCAL", "Test", "home.arpa"])
ADDRESS = st.builds("{}@{}.{}".format, LOCAL, st.lists(LABEL, max_size=3).map(".".join), ENDING)


@given(text=ADDRESS | st.text("ab1.@-+_ æ\n", max_size=70))
@example(text="mette.holm+post@mail.havblik-energi.example")
@example(text=f"{'a' * 40}@{'b' * 16}.dk")
@example(text="a@b.dk\n")
def test_what_is_taken_for_an_everyday_address_the_library_takes_as_it_is(text: str) -> None:
    if is_everyday_email(text):
        assert validate_email(text, check_deliverability=False).original == text


@pytest.mark.parametrize("text", ["post@havblik.dk", "mette.holm+post@mail.havblik-energi.example", "M_H@A.B.com"])
def test_everyday_addresses_are_known_without_the_library(text: str) -> None:
    assert is_everyday_email(text)


@pytest.mark.parametrize(
    "text",
    ["a@localhost", "a@b.local", "a@b.TEST", ".a@b.dk", "a.@b.dk", "a@xn--b.dk", "a@b-.dk", "a@b.d1", "ø@b.dk", "a@b.dk\n"],
)
def test_every_other_address_is_left_to_the_library(text: str) -> None:
    assert not is_everyday_email(text)
