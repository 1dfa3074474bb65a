"""Rows to records and rejects, as one would see them: the bytes that are sent, or every reason why not."""

# ruff: noqa: DTZ001  (cells of a sheet have no time zone)
from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.code_lists import Direction, VoucherType, VoucherTypes
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, Reject, VoucherRecord
from importer.domain.special_cells import CellError, FalseDate, LostDigits, MissingValue
from importer.loader.files.text_layout import TextLayout
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext, RowReader
from importer.loader.sheets.plan import plan_sheet
from importer.loader.sheets.row_widths import RowWidths

CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))
CASE = {
    "case_ref": "C-1",
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "date": "2026-01-31",
    "amount_to_recover": "5000.00",
    "debtor_type": "Person",
    "debtor_name": "Bodil Zebrahest",
    "debtor_contact_person": None,
    "debtor_country": "DK",
}
VOUCHER = {
    "case_ref": "C-1",
    "voucher_type": "invoice",
    "voucher_amount": "1000.00",
    "currency": "DKK",
    "date": "2026-01-31",
    "source": "CREDITOR",
}
COMPANY = {"debtor_type": "Company", "debtor_contact_person": "Mette Holm"}
COUNTRY_FIX = "Write a two-letter code (DK) or the English name (Denmark)"
NO_STATE = "is not a state of the US."
STATE_FIX = "Write its two letters (CA) or its name (California)"
SOME_ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


def loaded(
    row: dict[str, Any],
    profile: Profile = NO_PROFILE,
    context: LoadContext = CONTEXT,
    *,
    more: tuple = (),
    delimited: bool = False,
) -> LoadedRow:
    plan = plan_sheet("Sheet1", 1, tuple(row), profile, context.defaults)
    assert plan is not None
    cells = (*row.values(), *more)
    layout = TextLayout(2, 2, 2, widths=Counter({len(row): 1, len(cells): 1}), delimiter=";") if delimited else None
    widths = RowWidths(plan, layout, len(cells)) if layout else None
    return RowReader(plan, profile, context, widths=widths).read(2, cells)


def case_of(profile: Profile = NO_PROFILE, context: LoadContext = CONTEXT, **changes: Any) -> CaseRecord | LeftOut | Reject:
    found = loaded(CASE | changes, profile, context).case
    assert found is not None
    return found


def voucher_of(
    profile: Profile = NO_PROFILE, context: LoadContext = CONTEXT, without: tuple[str, ...] = (), **changes: Any
) -> VoucherRecord | Reject:
    cells = {name: cell for name, cell in (VOUCHER | changes).items() if name not in without}
    found = loaded(cells, profile, context).voucher
    assert found is not None
    return found


def sent(record: object) -> dict[str, Any]:
    assert isinstance(record, CaseRecord | VoucherRecord), record
    return json.loads(record.payload, parse_float=Decimal)


def reasons(record: object) -> dict[str | None, str]:
    """Code by column; every reason is a sentence on what is wrong and one on what to do."""
    assert isinstance(record, Reject), record
    for reason in record.reasons:
        assert ". " in reason.message or ": " in reason.message, reason
        assert reason.column is not None or reason.field is None or reason.code in {"required", "us_state_missing"}, reason
    return {reason.field: reason.code for reason in record.reasons}


def texts(record: object) -> list[str]:
    assert isinstance(record, Reject), record
    return [reason.text() for reason in record.reasons]


# Cases


def test_every_column_of_a_case_reaches_the_wire() -> None:
    row = {
        "case_ref": "C-1",
        "creditor_company_name": " Nordlys Energi A/S ",
        "creditor_country": "Denmark",
        "currency": "usd",
        "date": date(2026, 1, 31),
        "due_date": datetime(2026, 2, 14),
        "amount_to_recover": 0.1 + 0.2,
        "creditor_reference": 20261,
        "claim_description": "Strøm, januar",
        "comments": "To rykkere",
        "collection_partner_id": SOME_ID.upper(),
        "is_test": "yes",
        "tag": "pilot",
        "debtor_type": "company",
        "debtor_name": "Havblik Handel ApS",
        "debtor_contact_person": "Mette Holm",
        "debtor_registration_number": "00990003",
        "debtor_address": "Havnegade 4",
        "debtor_zip_code": "08000",
        "debtor_city": "Aarhus",
        "debtor_state": "ca",
        "debtor_country": "USA",
        "debtor_email": "mette@havblik.example",
        "debtor_phone": 4510000004.0,
    }
    case = loaded(row).case
    assert isinstance(case, CaseRecord)
    assert case.payload.decode() == (
        '{"creditorCompanyName":"Nordlys Energi A/S","creditorCountryAlpha2":"DK","currencyCode":"USD","date":"2026-01-31",'
        '"dueDate":"2026-02-14","amountToRecover":0.3,"creditorReference":"20261","claimDescription":"Strøm, januar",'
        f'"comments":"To rykkere","collectionPartnerId":"{SOME_ID}","isTest":true,"tag":"pilot",'
        '"debtor":{"type":"Company","name":"Havblik Handel ApS","contactPerson":"Mette Holm",'
        '"companyRegistrationNumber":"00990003","address":"Havnegade 4","zipCode":"08000","city":"Aarhus",'
        '"stateAlpha2":"CA","countryAlpha2":"US","email":"mette@havblik.example","phone":"4510000004"}}'
    )
    assert (case.ref, case.derived, case.is_test, case.money) == ("C-1", False, True, Money("USD", 30))


def test_empty_cells_are_left_out() -> None:
    assert sent(case_of(comments="  ", due_date=None, debtor_email="")) == {
        "creditorCompanyName": "Nordlys Energi A/S",
        "creditorCountryAlpha2": "DK",
        "currencyCode": "DKK",
        "date": "2026-01-31",
        "amountToRecover": Decimal(5000),
        "debtor": {"type": "Person", "name": "Bodil Zebrahest", "countryAlpha2": "DK"},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount_to_recover": None}, {"amount_to_recover": "required"}),
        ({"amount_to_recover": "0"}, {"amount_to_recover": "amount_not_positive"}),
        ({"amount_to_recover": "-5"}, {"amount_to_recover": "amount_not_positive"}),
        ({"amount_to_recover": "5.001"}, {"amount_to_recover": "decimal_mark_unknown"}),
        ({"amount_to_recover": 5.001}, {"amount_to_recover": "too_many_decimals"}),
        ({"amount_to_recover": 5.5, "currency": "JPY"}, {"amount_to_recover": "too_many_decimals"}),
        ({"amount_to_recover": "99999999999999"}, {"amount_to_recover": "amount_too_large"}),
        ({"amount_to_recover": "9" * 60}, {"amount_to_recover": "amount_too_large"}),
        ({"amount_to_recover": "22.310,00 hr"}, {"amount_to_recover": "not_a_number"}),
        ({"amount_to_recover": "22.310,00 €"}, {"amount_to_recover": "currency_differs"}),
        ({"amount_to_recover": "$5"}, {"amount_to_recover": "currency_differs"}),
        ({"amount_to_recover": "#VÆRDI!"}, {"amount_to_recover": "error_cell"}),
        ({"comments": "#I/T"}, {"comments": "error_cell"}),
        ({"creditor_reference": "1,23457E+12"}, {"creditor_reference": "digits_lost"}),
        ({"debtor_zip_code": 800}, {"debtor_zip_code": "postal_code_short"}),
        ({"debtor_zip_code": "1067", "debtor_country": "DE"}, {"debtor_zip_code": "postal_code_short"}),
        ({"date": "2026-06-16"}, {"date": "future_date"}),
        ({"due_date": "2062-06-16"}, {"due_date": "due_far_ahead"}),
        ({"date": 46053}, {"date": "not_a_date"}),
        ({"date": time(1, 2)}, {"date": "not_a_date"}),
        ({"currency": "DDK"}, {"currency": "currency"}),
        ({"creditor_country": "Danmrak"}, {"creditor_country": "country"}),
        ({"debtor_country": "Swedn"}, {"debtor_country": "country"}),
        ({"debtor_type": "Firm?"}, {"debtor_type": "debtor_type"}),
        ({"debtor_type": None}, {"debtor_type": "required"}),
        ({"debtor_type": "Company"}, {"debtor_contact_person": "contact_person"}),
        ({"creditor_reference": "x" * 51}, {"creditor_reference": "too_long"}),
        ({"comments": "x" * 4001}, {"comments": "too_long"}),
        ({"comments": "x" * 32_768}, {"comments": "cell_too_long"}),
        ({"case_ref": "x" * 32_768}, {"case_ref": "cell_too_long"}),
        ({"claim_description": "x" * 4001}, {"claim_description": "too_long"}),
        ({"tag": "x" * 101}, {"tag": "too_long"}),
        ({"collection_partner_id": "12"}, {"collection_partner_id": "uuid"}),
        ({"is_test": "perhaps"}, {"is_test": "flag"}),
        ({"comments": CellError("#N/A")}, {"comments": "error_cell"}),
        ({"date": CellError("#REF!")}, {"date": "error_cell"}),
        ({"date": FalseDate("1900-02-29")}, {"date": "not_a_date"}),
        ({"amount_to_recover": MissingValue("formula without a value")}, {"amount_to_recover": "formula_not_calculated"}),
        ({"case_ref": LostDigits("4510000000000000")}, {"case_ref": "digits_lost"}),
        ({"debtor_contact_person": CellError("#N/A"), "debtor_type": "Company"}, {"debtor_contact_person": "error_cell"}),
    ],
)
def test_a_case_that_breaks_a_rule_is_rejected_with_its_column(changes, expected) -> None:
    assert reasons(case_of(**changes)) == expected


def test_all_reasons_of_a_row_come_at_once_each_with_column_value_and_advice() -> None:
    row = CASE | {"Kunde": "", "Beløb": "1,234", "date": "2027-01-01", "debtor_country": "Swedn"} | COMPANY
    for name in ("debtor_name", "amount_to_recover", "debtor_contact_person"):
        row.pop(name)
    row["Contact Person"] = None
    profile = Profile(columns={"Kunde": "debtor_name", "Beløb": "amount_to_recover"})
    found = loaded(row, profile).case
    assert isinstance(found, Reject)
    messages = {reason.text() for reason in found.reasons}
    answer = 'Say it in the profile: decimal = "," or decimal = "."'
    assert messages == {
        "Kunde is missing. Fill in the cell",
        f'Beløb "1,234" could be in thousands or have three decimals, and nothing in its column decides which. {answer}',
        'date "2027-01-01" is after today, 2026-06-15. A case can be sent from that day on; check the date',
        f'debtor_country "Swedn" is not a country. Did you mean Sweden? {COUNTRY_FIX}',
        "Contact Person is missing. A company needs a contact person",
    }


def test_a_long_value_is_shown_by_its_beginning() -> None:
    found = case_of(comments="Rykker " * 700)
    assert isinstance(found, Reject)
    (reason,) = found.reasons
    assert reason.value is not None
    assert reason.value.startswith("Rykker Rykker")
    assert len(reason.value) < 130


def test_a_rejected_case_still_counts_in_the_totals() -> None:
    def money(**changes: Any) -> Money:
        return case_of(**changes, debtor_name=None).money

    assert money() == Money("DKK", 500000)
    assert money(amount_to_recover="9" * 60) == Money("DKK", 0)
    assert money(amount_to_recover="much", currency=None) == Money("unknown", 0)
    assert money(currency="xyz") == Money("XYZ", 500000)
    assert money(currency="Ann Okapi") == Money("unknown", 500000)  # a row whose cells are shifted


@pytest.mark.parametrize(
    ("country", "state", "member", "value"),
    [
        ("US", "ca", "stateAlpha2", "CA"),
        ("US", "California", "stateAlpha2", "CA"),
        ("United States", " us - NY ", "stateAlpha2", "NY"),
        ("US", "Washington, D.C.", "stateAlpha2", "DC"),
        ("US", "Puerto Rico", "stateAlpha2", "PR"),
        ("CA", "ON", "state", "ON"),
        ("DE", "BY", "state", "BY"),
        ("IT", "MI", "state", "MI"),
        ("AU", "nsw", "state", "nsw"),
        ("DK", "CA", "state", "CA"),
    ],
)
def test_a_state_is_sent_as_two_letters_only_for_a_debtor_in_the_us(country, state, member, value) -> None:
    debtor = sent(case_of(debtor_country=country, debtor_state=state))["debtor"]
    assert {k: v for k, v in debtor.items() if k.startswith("state")} == {member: value}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "debtor_state is missing. A debtor in the US needs a state: its two letters (CA) or its name (California)"),
        ("  ", "debtor_state is missing. A debtor in the US needs a state: its two letters (CA) or its name (California)"),
        ("Californa", f'debtor_state "Californa" {NO_STATE} Did you mean California? {STATE_FIX}'),
        ("N. Dakotta", f'debtor_state "N. Dakotta" {NO_STATE} {STATE_FIX}'),
        ("ON", f'debtor_state "ON" {NO_STATE} {STATE_FIX}'),
        ("CA or NV", f'debtor_state "CA or NV" {NO_STATE} {STATE_FIX}'),
    ],
)
def test_a_us_debtor_without_a_state_is_rejected(state, reason) -> None:
    assert texts(case_of(debtor_country="US", debtor_state=state)) == [reason]


def test_a_us_debtor_in_a_sheet_without_a_column_of_states_is_rejected() -> None:
    assert texts(case_of(debtor_country="US")) == [
        "debtor_state is missing. A debtor in the US needs a state: its two letters (CA) or its name (California)"
    ]


@pytest.mark.parametrize(
    ("country", "state", "base"),  # of rows without a reference, as the releases before the rule derived them
    [
        ("US", "California", "6f3cf4311dae"),
        ("US", "ca", "f85bac31daca"),
        ("US", "US-CA", "9b4cfb1153c2"),
        ("US", None, "190903bd6d29"),
        ("US", "Nowhere", "9e6ef6b3d343"),
        ("CA", "on", "e2a46a06c626"),
        ("DE", "Bayern", "ef84a483c52d"),
    ],
)
def test_a_row_without_a_reference_keeps_the_key_that_earlier_releases_gave_it(country, state, base) -> None:
    found = case_of(case_ref=None, debtor_country=country, debtor_state=state)
    record = found.formerly if isinstance(found, Reject) else found
    assert record is not None
    assert record.base.startswith(base)


def test_a_reject_has_no_former_case_if_something_else_is_wrong_too() -> None:
    found = case_of(debtor_country="US", amount_to_recover="-1")
    assert isinstance(found, Reject)
    assert found.formerly is None


@pytest.mark.parametrize("due", ["2026-06-15", "2026-06-16", "2027-01-15"])
def test_a_case_that_is_due_today_or_later_is_left_out(due) -> None:
    found = case_of(due_date=due)
    assert isinstance(found, LeftOut)
    said = f'due_date "{due}" is today or later, so that the claim is not due yet. Import the row again after that day'
    assert found.reason.text() == said
    later = case_of(context=replace(CONTEXT, today=date(2027, 6, 16)), due_date=due)
    assert later == found.record
    assert sent(later)["dueDate"] == due


def test_a_voucher_is_not_left_out_for_its_due_date() -> None:
    assert isinstance(voucher_of(due_date="2026-07-01"), VoucherRecord)


def test_a_mistake_comes_before_a_due_date() -> None:
    assert reasons(case_of(due_date="2026-07-01", amount_to_recover="-1")) == {"amount_to_recover": "amount_not_positive"}


@pytest.mark.parametrize(
    ("due", "remarks"), [("2026-01-30", (NoteKind.DUE_BEFORE_DATE,)), ("2026-01-31", ()), ("2026-02-01", ()), (None, ())]
)
def test_a_due_date_before_the_date_is_remarked(due, remarks) -> None:
    found = case_of(due_date=due)
    assert isinstance(found, CaseRecord)
    assert found.remarks == remarks


def test_a_case_is_called_by_its_ref_or_its_creditor_reference_or_nothing() -> None:
    named, referred, bare = (case_of(case_ref=r, creditor_reference=c) for r, c in (("C-1", "INV"), (None, "INV"), (None, None)))
    assert [c.ref for c in (named, referred, bare)] == ["C-1", "INV", None]
    assert [c.derived for c in (named, referred, bare) if isinstance(c, CaseRecord)] == [False, False, True]


def base_of(**changes: Any) -> str:
    record = case_of(**changes)
    assert isinstance(record, CaseRecord)
    return record.base


def test_the_same_case_keeps_its_identity_when_its_data_are_corrected() -> None:
    assert base_of() == base_of(amount_to_recover="7.00", debtor_name="Viggo", comments="new")
    assert base_of() == base_of(creditor_company_name="NORDLYS  energi a/s")
    assert base_of(case_ref=None, creditor_reference="C-1") == base_of()
    apart = [{"case_ref": "C-2"}, {"creditor_company_name": "Other A/S"}, {"creditor_country": "SE"}, {"is_test": "yes"}]
    assert len({base_of(), *(base_of(**changes) for changes in apart)}) == 5


def test_a_case_without_a_name_is_its_content() -> None:
    assert base_of(case_ref=None) == base_of(case_ref=None, amount_to_recover=5000, date=datetime(2026, 1, 31))
    assert base_of(case_ref=None) != base_of(case_ref=None, amount_to_recover=5000.01)


def test_test_cases_are_marked_whatever_the_sheet_says() -> None:
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, test_cases=True)
    assert sent(case_of(context=context, is_test="no"))["isTest"] is True
    assert "isTest" not in sent(case_of())


TEMPLATE = {
    "InvoiceNumber": "1001",
    "DebtorName": "Bodil Zebrahest",
    "Address": "Lyngtoften 14",
    "PostalCode": "8000",
    "City": "Aarhus C",
    "State": None,
    "Country": "DK",
    "Email": None,
    "PhoneNumber": None,
    "InvoiceDate": "2026-01-31",
    "DueDate": "2026-02-14",
    "PrincipalAmount": "1842.75",
    "CurrencyCode": "DKK",
}
CREDITOR = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "Denmark"}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "Person"),
        ({"DebtorContactPerson": None}, "Person"),
        ({"DebtorContactPerson": "Mette", "DebtorName": "Havblik"}, "Company"),
    ],
)
def test_debituras_template_tells_a_company_by_its_contact_person(changes, kind) -> None:
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, defaults=CREDITOR)
    payload = sent(loaded(TEMPLATE | changes, context=context).case)
    assert payload["debtor"]["type"] == kind
    assert payload["creditorCountryAlpha2"] == "DK"
    assert payload["creditorReference"] == "1001"


def test_debituras_template_does_not_make_a_person_of_a_company() -> None:
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, defaults=CREDITOR)
    found = loaded(TEMPLATE | {"DebtorName": "Havblik Handel ApS"}, context=context).case
    assert isinstance(found, Reject)
    assert [reason.code for reason in found.reasons] == ["contact_person"]


# Vouchers


def test_every_column_of_a_voucher_reaches_the_wire(tmp_path: Path) -> None:
    (tmp_path / "faktura.pdf").write_bytes(b"%PDF-")
    row = {
        "case_id": "D-77",
        "unique_id": "V-1",
        "voucher_type": "Faktura",
        "voucher_amount": "1.000,00",
        "currency": "dkk",
        "date": date(2026, 1, 31),
        "due_date": "2026-07-14",
        "source": "collector",
        "reference_id": "0042",
        "text": "Strøm",
        "interest_rate": "8.05 %",
        "interest_start_date": "2026-02-15",
        "interest_end_date": "2026-12-31",
        "reference_case_voucher_id": SOME_ID,
        "appendix_file": "faktura.pdf",
        "properties.costCentre": 12,
        "properties.Note": None,
        "distribute": '[{"amount": -40000}, {"amount": -60000}]',
        "reference_vouchers": '[{"caseVoucherId": "x"}]',
    }
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path)
    voucher = loaded(row, context=context).voucher
    assert isinstance(voucher, VoucherRecord)
    assert voucher.payload.decode() == (
        '{"voucherTypeId":"eb41e58e-fccf-419d-a771-cd5027fe6e87","amount":-100000,"currency":"DKK",'
        '"date":"2026-01-31 00:00:00.000+01","source":"COLLECTOR","dueDate":"2026-07-14 00:00:00.000+02",'
        '"referenceId":"0042","text":"Strøm","interest":0.0805,"interestStartDate":"2026-02-15 00:00:00.000+01",'
        f'"interestEndDate":"2026-12-31 00:00:00.000+01","referenceCaseVoucherId":"{SOME_ID}",'
        '"referenceVouchers":[{"caseVoucherId":"x"}],"properties":{"costCentre":"12"},'
        '"distribute":[{"amount":-40000},{"amount":-60000}]}'
    )
    assert (voucher.case_id, voucher.case_ref, voucher.unique_id, voucher.parent) == ("D-77", None, "V-1", None)
    assert voucher.money == Money("DKK", 100000)
    assert voucher.appendix is not None
    assert voucher.appendix.content_type == "application/pdf"
    assert voucher.appendix.sha256 == hashlib.sha256(b"%PDF-").hexdigest()
    assert Path(voucher.appendix.path) == (tmp_path / "faktura.pdf").resolve()


SIGNED = Profile(amount_sign="signed")


@pytest.mark.parametrize(
    ("profile", "kind", "amount", "wire"),
    [
        (NO_PROFILE, "invoice", "1000.00", -100000),
        (NO_PROFILE, "reminder fee", "100", -10000),
        (NO_PROFILE, "deposit", "500.00", 50000),
        (NO_PROFILE, "Kreditnota", 0.29, 29),
        (NO_PROFILE, "invoice", "9999999999999.99", -999999999999999),
        (SIGNED, "invoice", "-1000.00", -100000),
        (SIGNED, "deposit", "500.00", 50000),
    ],
)
def test_an_amount_is_sent_in_minor_units_with_the_sign_of_its_type(profile, kind, amount, wire) -> None:
    assert sent(voucher_of(profile, voucher_type=kind, voucher_amount=amount))["amount"] == wire


@pytest.mark.parametrize(
    ("profile", "kind", "amount", "code"),
    [
        (NO_PROFILE, "invoice", "-1000.00", "sign_contradicts_type"),
        (NO_PROFILE, "deposit", "-500.00", "sign_contradicts_type"),
        (SIGNED, "invoice", "1000.00", "sign_contradicts_type"),
        (SIGNED, "deposit", "-500.00", "sign_contradicts_type"),
        (NO_PROFILE, "invoice", "0.00", "amount_zero"),
        (SIGNED, "invoice", "0", "amount_zero"),
        (NO_PROFILE, "invoice", "1000.005", "too_many_decimals"),
        (SIGNED, "invoice", -1.005, "too_many_decimals"),
        (NO_PROFILE, "invoice", "1" * 20, "amount_too_large"),
        (NO_PROFILE, "invoice", None, "required"),
    ],
)
def test_an_amount_that_contradicts_its_type_or_is_too_fine_is_rejected(profile, kind, amount, code) -> None:
    assert reasons(voucher_of(profile, voucher_type=kind, voucher_amount=amount)) == {"voucher_amount": code}


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999999.99"), places=2), st.booleans())
def test_minor_units_are_exact(amount, as_number) -> None:
    cell = float(amount) if as_number else f"{amount:f}"
    assert sent(voucher_of(voucher_amount=cell))["amount"] == -int(str(amount).replace(".", ""))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"voucher_type": "bill"}, {"voucher_type": "voucher_type"}),
        ({"voucher_type": None}, {"voucher_type": "required"}),
        ({"currency": "JPY"}, {"currency": "currency"}),
        ({"currency": None}, {"currency": "required"}),
        ({"source": "DEBTOR"}, {"source": "choice"}),
        ({"date": "03.04.2026"}, {"date": "date_order_unknown"}),
        ({"date": None}, {"date": "required"}),
        ({"due_date": time(12)}, {"due_date": "not_a_date"}),
        ({"interest_rate": "8.05"}, {"interest_rate": "rate"}),
        ({"interest_rate": 8}, {"interest_rate": "rate"}),
        ({"interest_rate": "101 %"}, {"interest_rate": "rate"}),
        ({"interest_rate": "-1 %"}, {"interest_rate": "rate"}),
        ({"interest_start_date": "2026-03-01", "interest_end_date": "2026-02-01"}, {"interest_end_date": "interest_dates"}),
        ({"distribute": '[{"amount": -1}]'}, {"distribute": "distribute_sum"}),
        ({"distribute": '[{"amount": -1000.00}]'}, {"distribute": "distribute_amounts"}),
        ({"distribute": "{}"}, {"distribute": "json"}),
        ({"reference_vouchers": "x"}, {"reference_vouchers": "json"}),
        ({"reference_case_voucher_id": "x"}, {"reference_case_voucher_id": "uuid"}),
        ({"case_id": "D-1"}, {"case_id": "two_cases"}),
        ({"case_ref": None}, {"case_ref": "required"}),
        ({"case_ref": CellError("#N/A")}, {"case_ref": "error_cell"}),
        ({"parent_unique_id": "V-0", "reference_case_voucher_id": SOME_ID}, {"parent_unique_id": "two_parents"}),
        ({"unique_id": LostDigits("4510000000000000")}, {"unique_id": "digits_lost"}),
        ({"appendix_file": "none.pdf"}, {"appendix_file": "appendix"}),
        ({"properties.x": CellError("#REF!")}, {"properties.x": "error_cell"}),
        ({"voucher_type": "bill", "voucher_amount": "x", "source": "y"}, None),
    ],
)
def test_a_voucher_that_breaks_a_rule_is_rejected_with_its_column(changes, expected, tmp_path: Path) -> None:
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path)
    if expected is None:
        expected = {"voucher_type": "voucher_type", "voucher_amount": "not_a_number", "source": "choice"}
    assert reasons(voucher_of(context=context, **changes)) == expected


def test_voucher_dates_may_lie_in_the_future() -> None:
    assert sent(voucher_of(due_date="2027-01-01"))["dueDate"].startswith("2027-01-01")


@pytest.mark.parametrize(
    ("zone", "wire"),
    [("Asia/Kolkata", "2026-07-01 00:00:00.000+05:30"), ("America/New_York", "2026-07-01 00:00:00.000-04")],
)
def test_voucher_dates_are_midnight_in_the_zone_of_the_settings(zone, wire) -> None:
    context = LoadContext(today=CONTEXT.today, timezone=ZoneInfo(zone))
    assert sent(voucher_of(context=context, date="2026-07-01"))["date"] == wire


def test_types_of_the_installation_are_known_and_named_in_the_refusal() -> None:
    own = VoucherTypes((VoucherType(UUID(int=7), "court fee", "Retsafgift", Direction.DEBT),))
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, voucher_types=own)
    payload = sent(voucher_of(context=context, voucher_type="Retsafgift"))
    assert (payload["voucherTypeId"], payload["amount"]) == (str(UUID(int=7)), -100000)
    refused = voucher_of(context=context, voucher_type="x")
    assert isinstance(refused, Reject)
    assert "court fee" in refused.reasons[0].message


@pytest.mark.parametrize("name", ["../secret.pdf", "/etc/hostname", "folder", "a\0.pdf", "x" * 300 + ".pdf", "circle.pdf"])
def test_an_appendix_lies_in_the_sheets_folder(tmp_path: Path, name) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"x")
    (tmp_path / "sheets" / "folder").mkdir(parents=True)
    (tmp_path / "sheets" / "circle.pdf").symlink_to("circle.pdf")
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path / "sheets")
    assert reasons(voucher_of(context=context, appendix_file=name)) == {"appendix_file": "appendix"}


def test_an_appendix_is_of_a_known_kind_and_not_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"x")
    with (tmp_path / "b.pdf").open("wb") as file:
        file.truncate(15_000_001)
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path)
    for name, words in (("a.exe", "not a supported type of file"), ("b.pdf", "15 MB")):
        found = voucher_of(context=context, appendix_file=name)
        assert isinstance(found, Reject)
        assert words in found.reasons[0].message


def test_a_vouchers_identity_is_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1")
    context = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, folder=tmp_path)

    def print_of(**changes: Any) -> str:
        record = voucher_of(context=context, **changes)
        assert isinstance(record, VoucherRecord)
        return record.fingerprint

    assert print_of() == print_of(voucher_amount=1000, date=date(2026, 1, 31), voucher_type="FAKTURA", text=" ")
    changed = [{"voucher_amount": "1000.01"}, {"text": "x"}, {"parent_unique_id": "V-0"}, {"appendix_file": "a.pdf"}]
    assert len({print_of(), *(print_of(**changes) for changes in changed)}) == 5
    # Which case it belongs to, and what it is called, are added where they are known.
    assert print_of() == print_of(case_ref="C-2", unique_id="V-9")


# Shapes, profiles and stray cells


FLAT = CASE | {"voucher_type": "invoice", "voucher_amount": "1000.00", "voucher_source": "CREDITOR"}


def test_a_flat_row_holds_a_case_and_a_voucher_that_takes_its_currency_and_date() -> None:
    row = loaded(FLAT | {"currency": "SEK"})
    assert sent(row.case)["amountToRecover"] == 5000
    assert sent(row.voucher)["currency"] == "SEK"
    assert sent(row.voucher)["date"] == "2026-01-31 00:00:00.000+01"
    own = loaded(FLAT | {"voucher_currency": "EUR", "voucher_date": "2026-02-01", "voucher_properties.costCentre": "7"})
    assert sent(own.voucher)["currency"] == "EUR"
    assert sent(own.voucher)["date"] == "2026-02-01 00:00:00.000+01"
    assert sent(own.voucher)["properties"] == {"costCentre": "7"}


def test_a_flat_row_without_voucher_cells_is_a_case_alone() -> None:
    row = loaded(FLAT | dict.fromkeys(("voucher_type", "voucher_amount", "voucher_source"), " "))
    assert isinstance(row.case, CaseRecord)
    assert row.voucher is None


def test_in_a_flat_row_case_and_voucher_are_judged_apart() -> None:
    row = loaded(FLAT | {"debtor_name": None, "voucher_source": "x"})
    assert reasons(row.case) == {"debtor_name": "required"}
    assert reasons(row.voucher) == {"source": "choice"}
    assert isinstance(row.voucher, Reject)
    assert row.voucher.reasons[0].column == "voucher_source"


def test_constants_fill_every_row_and_are_named_in_reasons() -> None:
    row = {name: cell for name, cell in CASE.items() if name != "currency"}
    assert sent(loaded(row, Profile(constants={"currency": "EUR"})).case)["currencyCode"] == "EUR"
    refused = loaded(row, Profile(constants={"currency": "DDK"})).case
    assert isinstance(refused, Reject)
    assert refused.reasons[0].text().startswith('currency "DDK" is not a currency')


def test_a_profile_replaces_cells_before_they_are_read() -> None:
    profile = Profile(values={"debtor_type": {"P": "Person", "1": "Company"}, "comments": {"#N/A": "", "-": ""}})
    assert sent(case_of(profile, debtor_type="P"))["debtor"]["type"] == "Person"
    assert sent(case_of(profile, **COMPANY | {"debtor_type": 1.0}))["debtor"]["type"] == "Company"
    assert "comments" not in sent(case_of(profile, comments=CellError("#N/A")))
    assert "comments" not in sent(case_of(profile, comments=" - "))
    assert sent(case_of(profile, comments="P"))["comments"] == "P"


@pytest.mark.parametrize("name", ["source", "voucher_source"])
def test_values_are_replaced_by_either_name_of_a_voucher_column(name) -> None:
    profile = Profile(values={name: {"us": "COLLECTOR"}})
    assert sent(voucher_of(profile, source="us"))["source"] == "COLLECTOR"
    assert sent(loaded(FLAT | {"voucher_source": "us"}, profile).voucher)["source"] == "COLLECTOR"


def test_in_a_flat_sheet_values_of_the_case_are_not_those_of_the_voucher() -> None:
    profile = Profile(values={"currency": {"kr": "DKK"}, "voucher_currency": {"kr": "SEK"}})
    row = loaded(FLAT | {"currency": "kr", "voucher_currency": "kr"}, profile)
    assert sent(row.case)["currencyCode"] == "DKK"
    assert sent(row.voucher)["currency"] == "SEK"


def test_a_profiles_formats_concern_texts_alone() -> None:
    profile = Profile(date_format="M/D/YYYY", decimal=",")
    case = sent(case_of(profile, date="1/31/2026", amount_to_recover="1.234,50"))
    assert (case["date"], case["amountToRecover"]) == ("2026-01-31", Decimal("1234.5"))
    case = sent(case_of(profile, date=date(2026, 1, 31), amount_to_recover=1234.125 * 2))
    assert (case["date"], case["amountToRecover"]) == ("2026-01-31", Decimal("2468.25"))


@pytest.mark.parametrize("row", [CASE, VOUCHER, FLAT])
def test_a_row_with_more_cells_than_the_header_is_rejected_in_delimited_files(row) -> None:
    found = loaded(row, more=(None, "50"), delimited=True)
    for record in (found.case, found.voucher):
        if record is not None:
            assert reasons(record) == {None: "too_many_cells"}
    assert found.row.cells[-1] == "50"


@pytest.mark.parametrize("row", [CASE, VOUCHER, FLAT])
@pytest.mark.parametrize(("more", "delimited"), [((None, "a note"), False), ((None, " "), True), ((), True)])
def test_a_stray_note_in_a_workbook_or_an_empty_cell_rejects_nothing(row, more, delimited) -> None:
    found = loaded(row, more=more, delimited=delimited)
    assert not isinstance(found.case, Reject)
    assert not isinstance(found.voucher, Reject)


def test_a_row_shorter_than_the_header_has_empty_cells() -> None:
    plan = plan_sheet("Sheet1", 1, tuple(CASE), NO_PROFILE, {})
    assert plan is not None
    found = RowReader(plan, NO_PROFILE, CONTEXT).read(2, tuple(CASE.values())[:-1]).case
    assert reasons(found) == {"debtor_country": "required"}


@pytest.mark.parametrize(
    ("cell", "hints"),
    [
        ("C12-3f9a2b", (EntryLabel(RecordKind.CASE, 12, "3f9a2b"), None)),
        ("C12-3f9a2b V15-000000", (EntryLabel(RecordKind.CASE, 12, "3f9a2b"), EntryLabel(RecordKind.VOUCHER, 15, "000000"))),
        *((cell, (None, None)) for cell in (None, "x", "C12", "C V1x C" + "9" * 30, "C12-3F9A2", "X12-3f9a2b")),
    ],
)
def test_an_error_sheets_entry_column_says_which_entries_a_row_was(cell, hints) -> None:
    found = loaded(FLAT | {"#entry": cell})
    assert isinstance(found.case, CaseRecord)
    assert isinstance(found.voucher, VoucherRecord)
    assert (found.case.hint, found.voucher.hint) == hints


def test_a_reject_says_what_it_was() -> None:
    case = case_of(debtor_name=None)
    voucher = voucher_of(unique_id="V-1", source=None)
    assert isinstance(case, Reject)
    assert isinstance(voucher, Reject)
    assert (case.kind, case.ref) == (RecordKind.CASE, "C-1")
    assert (voucher.kind, voucher.ref, voucher.money) == (RecordKind.VOUCHER, "V-1", Money("DKK", 100000))


def test_what_may_be_meant_is_offered_and_never_applied() -> None:
    case = case_of(debtor_country="Denmrak", currency="DDK", debtor_type="Compny", is_test="y?")
    voucher = voucher_of(voucher_type="invoce", source="CREDITER", currency="SKE")
    assert isinstance(case, Reject)
    assert isinstance(voucher, Reject)
    assert {r.field: r.offers for r in case.reasons} == {
        "debtor_country": ("Denmark",),
        "currency": ("DKK",),
        "debtor_type": ("Company",),
        "is_test": (),
    }
    assert {r.field: r.offers for r in voucher.reasons} == {
        "voucher_type": ("invoice",),
        "source": ("CREDITOR",),
        "currency": ("SEK",),
    }
