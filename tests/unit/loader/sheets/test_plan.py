from __future__ import annotations

import pytest

from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.sheets.plan import Shape, SheetPlan, plan_sheet

CASE_HEADER = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover"),
    *("debtor_type", "debtor_name", "debtor_contact_person", "debtor_country"),
)
VOUCHER_HEADER = ("case_ref", "voucher_type", "voucher_amount", "currency", "date", "source")
FLAT_HEADER = (*CASE_HEADER, "voucher_type", "voucher_amount", "voucher_source")
TEMPLATE_HEADER = (
    *("InvoiceNumber", "DebtorName", "Address", "PostalCode", "City", "State", "Country", "Email", "PhoneNumber"),
    *("InvoiceDate", "DueDate", "PrincipalAmount", "CurrencyCode"),
)
CREDITOR = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"}


def plan(header, profile: Profile = NO_PROFILE, defaults=None, sheet: str = "Sheet1") -> SheetPlan:
    found = plan_sheet(sheet, 1, tuple(header), profile, defaults or {})
    assert found is not None
    return found


def bound(found: SheetPlan) -> dict[str, str]:
    """Canonical name → heading, case and voucher together (the voucher's with a V)."""
    return {b.column.name: b.heading for b in found.case} | {f"V {b.column.name}": b.heading for b in found.voucher}


def refusal(header, profile: Profile = NO_PROFILE, defaults=None) -> str:
    with pytest.raises(FileRefused) as caught:
        plan_sheet("Sheet1", 1, tuple(header), profile, defaults or {})
    assert 'Sheet "Sheet1"' in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        (CASE_HEADER, Shape.CASES),
        (VOUCHER_HEADER, Shape.VOUCHERS),
        (("case_id", *VOUCHER_HEADER[1:]), Shape.VOUCHERS),
        (FLAT_HEADER, Shape.FLAT),
        ((*FLAT_HEADER, "voucher_properties.x"), Shape.FLAT),
        (("voucherTypeId", "amount", "currency", "date", "source", "case_id"), Shape.VOUCHERS),
    ],
)
def test_a_sheet_tells_by_its_columns_what_it_holds(header, shape) -> None:
    assert plan(header).shape is shape


@pytest.mark.parametrize("header", [("Name", "Amount"), ("a",), ("date", "currency"), ("Explanation",)])
def test_a_sheet_of_something_else_is_left_alone(header) -> None:
    assert plan_sheet("Notes", 1, header, NO_PROFILE, {}) is None


def test_a_sheet_that_is_called_cases_is_refused_rather_than_left_alone() -> None:
    with pytest.raises(FileRefused, match="no column for"):
        plan_sheet("Cases", 1, ("Name", "Amount"), NO_PROFILE, {})


@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        str.title,
        lambda h: h.replace("_", " "),
        lambda h: h.replace("_", "-"),
        lambda h: h.replace("_", "."),
        lambda h: h.replace("_", ""),
        lambda h: f"  {h} ".replace("_", "  "),
        lambda h: h.replace("_", "\n"),
    ],
)
@pytest.mark.parametrize("header", [CASE_HEADER, VOUCHER_HEADER, FLAT_HEADER])
def test_headings_match_without_regard_to_case_spaces_and_marks(header, spell) -> None:
    assert set(bound(plan([spell(h) for h in header]))) == set(bound(plan(header)))


def test_the_names_of_the_api_are_headings_too() -> None:
    found = plan(
        (
            *("creditorCompanyName", "creditorCountryAlpha2", "currencyCode", "date", "amountToRecover", "debtor.type"),
            *("debtor.name", "debtor.contactPerson", "debtor.countryAlpha2", "debtor.companyRegistrationNumber"),
        )
    )
    assert bound(found)["debtor_registration_number"] == "debtor.companyRegistrationNumber"
    assert not found.unknown


@pytest.mark.parametrize("header", [TEMPLATE_HEADER, (*TEMPLATE_HEADER, "DebtorContactPerson")])
def test_debituras_own_template_needs_no_mapping_but_a_creditor_from_the_settings(header) -> None:
    found = plan(header, defaults=CREDITOR)
    assert found.shape is Shape.CASES
    assert found.derive_debtor_type
    assert found.unknown == ()
    names = bound(found)
    assert names["creditor_reference"] == "InvoiceNumber"
    assert names["debtor_zip_code"] == "PostalCode"
    assert names["amount_to_recover"] == "PrincipalAmount"
    assert {b.column.name: b.constant for b in found.case if b.position is None} == CREDITOR
    assert "creditor_company_name" in refusal(header)


def test_a_debtor_type_is_derived_in_debituras_template_alone() -> None:
    assert not plan((*TEMPLATE_HEADER, "debtor_type"), defaults=CREDITOR).derive_debtor_type
    assert not plan(TEMPLATE_HEADER, defaults=CREDITOR | {"debtor_type": "Person"}).derive_debtor_type
    assert "debtor_type" in refusal([h for h in CASE_HEADER if h != "debtor_type"])


def test_columns_with_a_hash_are_the_reporters() -> None:
    found = plan(("#row", "#status", "#errors", "#entry", *CASE_HEADER))
    assert found.unknown == ()
    assert found.entry_position == 3
    assert found.head.names[:4] == (None,) * 4
    assert plan(CASE_HEADER).entry_position is None


def test_an_unknown_column_is_noted_and_not_used() -> None:
    found = plan((*CASE_HEADER, "Salesman", "", "voucherless"))
    assert found.unknown == ("Salesman", "voucherless")


@pytest.mark.parametrize(
    ("instead", "near"),
    [("debtr_country", 'debtor_country (is it "debtr_country"?)'), ("Debtor cuntry", 'debtor_country (is it "Debtor cuntry"?)')],
)
def test_a_missing_required_column_refuses_and_names_the_nearest(instead, near) -> None:
    message = refusal([instead if h == "debtor_country" else h for h in CASE_HEADER])
    assert near in message
    assert "map them in a profile" in message


def test_a_heading_that_is_in_use_is_not_offered_for_another_column() -> None:
    message = refusal([h for h in CASE_HEADER if h != "creditor_country"])
    assert "no column for: creditor_country." in message


def test_every_missing_column_is_named_at_once() -> None:
    message = refusal(("case_ref", "voucher_type", "voucher_amount"))
    assert "currency; date; source" in message


def test_vouchers_need_a_column_that_names_their_case() -> None:
    assert "case_ref" in refusal(VOUCHER_HEADER[1:])


def test_two_headings_for_one_column_refuse_the_sheet() -> None:
    message = refusal((*CASE_HEADER, "Invoice Date"))
    assert '"date" and "Invoice Date" both hold date' in message


def test_a_flat_voucher_may_take_currency_and_date_from_its_case_but_nothing_else() -> None:
    assert plan(FLAT_HEADER).shape is Shape.FLAT
    assert "voucher_source" in refusal(FLAT_HEADER[:-1])


def test_property_columns_keep_their_handles_spelling() -> None:
    found = plan((*VOUCHER_HEADER, "Properties.costCentre", "properties.Cost_Centre"))
    assert {"V properties.costCentre", "V properties.Cost_Centre"} <= set(bound(found))
    flat = plan((*FLAT_HEADER, "Voucher_Properties.costCentre"))
    assert "V properties.costCentre" in bound(flat)
    assert plan((*CASE_HEADER, "properties.x")).unknown == ("properties.x",)


# Profiles


def test_a_profile_renames_columns_and_one_heading_may_fill_several() -> None:
    profile = Profile(columns={"Beløb": ["amount_to_recover", "voucher_amount"], "kunde nr.": "debtor_name"})
    header = [h for h in FLAT_HEADER if h not in {"amount_to_recover", "voucher_amount", "debtor_name"}]
    names = bound(plan((*header, "BELØB", "Kunde-Nr"), profile))
    assert names["amount_to_recover"] == names["V voucher_amount"] == "BELØB"
    assert names["debtor_name"] == "Kunde-Nr"


def test_a_profiles_mapping_wins_over_what_the_heading_says() -> None:
    profile = Profile(columns={"date": "due_date", "issued": "date"})
    names = bound(plan((*CASE_HEADER, "issued"), profile))
    assert (names["due_date"], names["date"]) == ("date", "issued")


def test_constants_fill_columns_and_may_not_contradict_the_sheet() -> None:
    profile = Profile(constants={"currency": "DKK"})
    found = plan([h for h in CASE_HEADER if h != "currency"], profile)
    assert [b.constant for b in found.case if b.column.name == "currency"] == ["DKK"]
    assert "which the profile sets to a constant" in refusal(CASE_HEADER, profile)


def test_defaults_of_the_settings_yield_to_the_sheet_and_to_the_profile() -> None:
    defaults = {"currency": "SEK", "debtor_country": "SE"}
    profile = Profile(constants={"currency": "DKK"})
    found = plan([h for h in CASE_HEADER if h != "currency"], profile, defaults)
    assert [b.constant for b in found.case if b.column.name == "currency"] == ["DKK"]
    assert [b.constant for b in found.case if b.column.name == "debtor_country"] == [None]


@pytest.mark.parametrize("name", ["source", "voucher_source"])
@pytest.mark.parametrize("header", [VOUCHER_HEADER, FLAT_HEADER])
@pytest.mark.parametrize("where", ["settings", "profile"])
def test_a_voucher_column_may_be_named_with_or_without_its_prefix(name, header, where) -> None:
    header = [h for h in header if "source" not in h]
    given = {name: "CREDITOR"}
    found = plan(header, Profile(constants=given)) if where == "profile" else plan(header, defaults=given)
    assert [b.constant for b in found.voucher if b.column.name == "source"] == ["CREDITOR"]


def test_constants_do_not_make_a_sheet_what_its_headings_say_it_is_not() -> None:
    constants = {
        **CREDITOR,
        "debtor_type": "Person",
        "debtor_country": "DK",
        "voucher_type": "invoice",
        "voucher_source": "CREDITOR",
    }
    profile = Profile(constants=constants)
    cases = [h for h in CASE_HEADER if h not in constants]
    vouchers = [h for h in VOUCHER_HEADER if h not in {"voucher_type", "source"}]
    assert plan(cases, profile, sheet="Cases").shape is Shape.CASES
    assert plan([*vouchers, "unique_id"], profile, sheet="Vouchers").shape is Shape.VOUCHERS


def test_constants_decide_where_headings_alone_do_not() -> None:
    profile = Profile(constants={"voucher_type": "deposit", "source": "CREDITOR"})
    assert plan(("case_ref", "amount", "currency", "date"), profile).shape is Shape.VOUCHERS


def test_ignored_columns_are_neither_used_nor_noted() -> None:
    found = plan((*CASE_HEADER, "Invoice Date", "Salesman"), Profile(ignore=["invoice_date", "SALESMAN"]))
    assert bound(found)["date"] == "date"
    assert found.unknown == ()


def test_a_profile_may_say_what_a_sheet_holds() -> None:
    assert plan((*FLAT_HEADER,), Profile(holds="cases")).shape is Shape.CASES


def test_a_list_of_debtors_that_names_no_case_holds_no_vouchers():
    header = ("Type", "Document", "Status", "Date", "Due date", "Customer name", "Amount", "Balance", "Currency")
    with pytest.raises(FileRefused, match=r'amount_to_recover.*"Balance"'):
        plan_sheet("List", 1, header, NO_PROFILE, {"creditor_company_name": "X", "creditor_country": "DK"})
