from __future__ import annotations

from collections import Counter

import pytest

from importer.domain.columns import (
    CASE_COLUMNS,
    VOUCHER_COLUMNS,
    Requirement,
    ValueKind,
    column,
    columns_of,
    flat_index,
    flat_name,
    index_of,
    name_of_path,
)
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import fold

CASE_NAMES = """case_ref creditor_company_name creditor_country currency date due_date amount_to_recover creditor_reference
claim_description comments collection_partner_id is_test tag debtor_type debtor_name debtor_contact_person
debtor_registration_number debtor_address debtor_zip_code debtor_city debtor_state debtor_country debtor_email debtor_phone"""
VOUCHER_NAMES = """case_ref case_id unique_id voucher_type voucher_amount currency date due_date source reference_id text
interest_rate interest_start_date interest_end_date parent_unique_id reference_case_voucher_id appendix_file distribute
reference_vouchers"""


def test_the_columns_are_those_of_the_design() -> None:
    assert {c.name for c in CASE_COLUMNS} == set(CASE_NAMES.split())
    assert {c.name for c in VOUCHER_COLUMNS} == set(VOUCHER_NAMES.split())


def test_required_columns() -> None:
    def required(kind: RecordKind) -> set[str]:
        return {c.name for c in columns_of(kind) if c.requirement is Requirement.REQUIRED}

    creditor = {"creditor_company_name", "creditor_country"}
    debtor = {"debtor_type", "debtor_name", "debtor_country"}
    assert required(RecordKind.CASE) == {"currency", "date", "amount_to_recover"} | creditor | debtor
    assert required(RecordKind.VOUCHER) == {"voucher_type", "voucher_amount", "currency", "date", "source"}


@pytest.mark.parametrize("kind", RecordKind)
def test_no_heading_means_two_columns(kind) -> None:
    # One name of the API fits two of our columns; it means the parent's id at Debbie.
    headings = [(fold(h), c.name) for c in columns_of(kind) for h in {c.name, c.path, *c.aliases} if h]
    names: dict[str, set[str]] = {}
    for key, name in headings:
        names.setdefault(key, set()).add(name)
    double = {key: found for key, found in names.items() if len(found) > 1}
    double.pop("referencecasevoucherid", None)
    assert not double
    assert not [name for name, count in Counter(c.name for c in columns_of(kind)).items() if count > 1]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("creditorCompanyName", "creditor_company_name"),
        ("creditorCountryAlpha2", "creditor_country"),
        ("creditorCountry", "creditor_country"),
        ("currencyCode", "currency"),
        ("dueDate", "due_date"),
        ("amountToRecover", "amount_to_recover"),
        ("claimDescription", "claim_description"),
        ("collectionPartnerId", "collection_partner_id"),
        ("isTest", "is_test"),
        ("debtor.type", "debtor_type"),
        ("debtor.contactPerson", "debtor_contact_person"),
        ("debtor.companyRegistrationNumber", "debtor_registration_number"),
        ("debtor.zipCode", "debtor_zip_code"),
        ("debtor.countryAlpha2", "debtor_country"),
        ("debtor.country", "debtor_country"),
        ("InvoiceNumber", "creditor_reference"),
        ("PrincipalAmount", "amount_to_recover"),
        ("PhoneNumber", "debtor_phone"),
    ],
)
def test_the_names_of_the_case_api_and_of_its_template_are_known(heading, name) -> None:
    assert index_of(RecordKind.CASE)[fold(heading)] == name


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("voucherTypeId", "voucher_type"),
        ("amount", "voucher_amount"),
        ("dueDate", "due_date"),
        ("referenceId", "reference_id"),
        ("interest", "interest_rate"),
        ("interestStartDate", "interest_start_date"),
        ("uniqueId", "unique_id"),
        ("referenceCaseVoucherId", "reference_case_voucher_id"),
        ("referenceVouchers", "reference_vouchers"),
    ],
)
def test_the_names_of_the_voucher_api_are_known(heading, name) -> None:
    assert index_of(RecordKind.VOUCHER)[fold(heading)] == name
    assert flat_index()[fold("voucher_" + heading)] == flat_name(name)


def test_in_a_flat_sheet_bare_names_are_the_cases_and_prefixed_ones_the_vouchers() -> None:
    index = flat_index()
    assert index["date"] == "date"
    assert index["voucherdate"] == "voucher_date"
    assert index["vouchertype"] == "voucher_type"
    assert index["voucheramount"] == "voucher_amount"
    assert "vouchercaseref" not in index


def test_property_columns_are_made_on_the_fly_for_vouchers_alone() -> None:
    made = column(RecordKind.VOUCHER, "properties.costCentre")
    assert (made.path, made.value_kind, made.requirement) == ("properties.costCentre", ValueKind.TEXT, Requirement.OPTIONAL)
    with pytest.raises(KeyError):
        column(RecordKind.CASE, "properties.costCentre")
    with pytest.raises(KeyError):
        column(RecordKind.VOUCHER, "costCentre")


def test_a_servers_path_leads_back_to_the_column() -> None:
    assert name_of_path(RecordKind.CASE, "debtor.email") == "debtor_email"
    assert name_of_path(RecordKind.CASE, "Debtor.ContactPerson") == "debtor_contact_person"
    assert name_of_path(RecordKind.VOUCHER, "voucherTypeId") == "voucher_type"
    assert name_of_path(RecordKind.CASE, "debtor.contact_person") == "debtor_contact_person"
    assert name_of_path(RecordKind.CASE, "creditorCountry") == "creditor_country"
    assert name_of_path(RecordKind.CASE, "nowhere") is None


@pytest.mark.parametrize("kind", RecordKind)
def test_every_column_explains_itself(kind) -> None:
    for c in columns_of(kind):
        assert c.help.endswith("."), c.name
        assert c.example or c.requirement is not Requirement.REQUIRED, c.name
