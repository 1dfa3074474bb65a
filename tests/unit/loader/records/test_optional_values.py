"""Values that a claim does not need do not stop it: what is left out, what is sent, and what is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, Reject, describe_wire
from importer.domain.special_cells import CellError, LostDigits
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.records.row_currency import resolve_currency
from importer.loader.records.row_reader import RowReader
from importer.loader.records.row_values import RowValues
from importer.loader.sheets.plan import plan_sheet

CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))
STRICT = LoadContext(today=CONTEXT.today, timezone=CONTEXT.timezone, leaves_out_wrong=False)
ROW = {
    "case_ref": "C-1",
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "currency": "DKK",
    "date": "2026-01-31",
    "amount_to_recover": "100.00",
    "debtor_type": "Person",
    "debtor_name": "Bodil Zebrahest",
    "debtor_country": "DK",
}


def read(context=CONTEXT, **changes):
    row = ROW | changes
    plan = plan_sheet("Cases", 1, tuple(row), NO_PROFILE, {})
    assert plan is not None
    return RowReader(plan, NO_PROFILE, context).read(2, tuple(row.values())).case


def sent(case):
    assert isinstance(case, CaseRecord), case
    return describe_wire(case.payload)


def kinds(case):
    return [note.kind for note in case.value_notes]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("debtor_email", wrong) for wrong in ("bodil@", "kaj(at)lund.example", "kaj@@lund.example", CellError("#N/A"))),
        *(("debtor_phone", wrong) for wrong in ("4512345678.0", "4,52E+09", LostDigits("4510000000000000"), "privat")),
        ("debtor_state", CellError("#REF!")),
        *(("debtor_registration_number", wrong) for wrong in ("HRB", "1" * 31)),
    ],
)
def test_a_wrong_optional_value_is_left_out_and_named(column, value) -> None:
    case = read(**{column: value})
    assert sent(case) == sent(read())
    assert kinds(case) == [NoteKind.OPTIONAL_LEFT_OUT]
    assert case.value_notes[0].heading == column


@pytest.mark.parametrize(
    ("column", "value"), [("debtor_email", "bodil@"), ("debtor_phone", "4,52E+09"), ("debtor_state", CellError("#REF!"))]
)
def test_who_wants_it_has_such_rows_rejected(column, value) -> None:
    case = read(STRICT, **{column: value})
    assert isinstance(case, Reject)
    assert [reason.field for reason in case.reasons] == [column]


@pytest.mark.parametrize(
    "changes",
    [
        {"debtor_zip_code": "800"},
        {"debtor_registration_number": "1,23E+08"},
        {"collection_partner_id": "x"},
        {"due_date": "straks"},
        {"debtor_email": "S\ufffdren@x.example"},
        {"debtor_country": "US", "debtor_state": CellError("#REF!")},
    ],
)
def test_no_other_column_is_left_out(changes) -> None:
    assert isinstance(read(**changes), Reject)


def test_the_first_of_several_addresses_is_sent_and_the_others_are_written_down() -> None:
    case = read(debtor_email="a@sand.example; b@sand.example", comments="Two reminders")
    assert sent(case)["debtor.email"] == "a@sand.example"
    assert sent(case)["comments"] == "Two reminders\nFurther e-mail addresses of the debtor: b@sand.example"
    assert kinds(case) == [NoteKind.FURTHER_EMAILS]
    full = read(debtor_email="a@sand.example, b@sand.example", comments="x" * 3990)
    assert sent(full)["comments"] == "x" * 3990
    assert full.value_notes[0].why == "were left out, since the comments are full"


@pytest.mark.parametrize(
    "written", ["Kaj Lund <kaj@lund.example>", "mailto:kaj@lund.example", " kaj@lund.example ", "'kaj@lund.example'"]
)
def test_an_address_in_other_words(written) -> None:
    case = read(debtor_email=written)
    assert sent(case)["debtor.email"] == "kaj@lund.example"
    assert kinds(case) == []


def test_what_stands_beside_an_address_is_said() -> None:
    case = read(debtor_email="kaj@lund.example; call first")
    assert sent(case)["debtor.email"] == "kaj@lund.example"
    assert kinds(case) == [NoteKind.OPTIONAL_LEFT_OUT]
    assert isinstance(read(STRICT, debtor_email="kaj@lund.example; call first"), Reject)


@pytest.mark.parametrize(
    ("country", "number", "fits"),
    [("DK", "13585628", True), ("DK", "12345678", False), ("NO", "988077917", True), ("DE", "HRB 1234", True), ("GB", "1", True)],
)
def test_a_number_whose_check_digit_does_not_fit_is_sent_and_said(country, number, fits) -> None:
    case = read(debtor_country=country, debtor_registration_number=number)
    assert sent(case)["debtor.companyRegistrationNumber"] == number
    assert kinds(case) == ([] if fits else [NoteKind.UNPROVEN_NUMBER])


@pytest.mark.parametrize("column", ["debtor_email", "debtor_phone", "debtor_city", "comments", "debtor_zip_code", "due_date"])
@pytest.mark.parametrize("value", ["-", "n/a", "N/A.", "unknown", "ukendt", "?"])
def test_a_placeholder_in_an_optional_column_is_no_value(column, value) -> None:
    case = read(**{column: value})
    assert sent(case) == sent(read())
    assert kinds(case) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("debtor_phone", "0000"),
        ("debtor_zip_code", "0000"),
        ("debtor_email", "test@test.dk"),
        ("debtor_email", "noemail@x.example"),
    ],
)
def test_placeholders_of_single_columns(column, value) -> None:
    assert sent(read(**{column: value})) == sent(read())


@pytest.mark.parametrize(
    "column", ["debtor_name", "creditor_company_name", "currency", "amount_to_recover", "date", "debtor_country"]
)
def test_a_placeholder_in_a_required_column_is_a_reject(column) -> None:
    case = read(**{column: "-"})
    assert isinstance(case, Reject)
    assert (case.reasons[0].field, case.reasons[0].code) == (column, "placeholder")


def test_a_country_is_no_placeholder() -> None:
    assert sent(read(debtor_country="NA"))["debtor.countryAlpha2"] == "NA"


def test_identifiers_lose_what_nobody_can_see_and_the_mark_of_text() -> None:
    case = read(case_ref="A\u200b-1\u00ad", debtor_zip_code="'5000", debtor_phone="'+4522334455")
    assert (case.ref, sent(case)["debtor.zipCode"], sent(case)["debtor.phone"]) == ("A-1", "5000", "+4522334455")
    assert kinds(case) == [NoteKind.INVISIBLE_TAKEN_OUT, NoteKind.APOSTROPHE_TAKEN_OFF, NoteKind.APOSTROPHE_TAKEN_OFF]
    assert read(amount_to_recover="'100.00", date="'2026-01-31").payload == read().payload
    assert sent(read(debtor_name="'t Hart"))["debtor.name"] == "'t Hart"


def test_kosovo_goes_by_its_name() -> None:
    for text in ("Kosovo", "XK", "Kosova"):
        found = sent(read(debtor_country=text))
        assert found["debtor.country"] == "Kosovo"
        assert "debtor.countryAlpha2" not in found


@pytest.mark.parametrize(
    ("written", "creditor", "debtor", "amount", "code"),
    [
        ("kr", "DK", "DK", "", "DKK"),
        ("kr.", "SE", "SE", "", "SEK"),
        ("kr", "DK", "DE", "", "DKK"),
        ("kr", "DK", "SE", "", None),
        ("kr", "DE", "AT", "", None),
        ("kr", "DK", "SE", "SEK 100", "SEK"),
        ("€", "DK", "SE", "", "EUR"),
        ("Euro", "DK", "SE", "", "EUR"),
        ("NKR", "DK", "SE", "", "NOK"),
        ("Danske kroner", "SE", "SE", "", "DKK"),
        ("US$", "DK", "DK", "", "USD"),
        ("$", "DK", "US", "", "USD"),
        ("$", "US", "CA", "", None),
        ("$", "DK", "DK", "", None),
        ("£", "DK", "GB", "", "GBP"),
    ],
)
def test_a_sign_is_a_currency_where_the_row_proves_it(written, creditor, debtor, amount, code) -> None:
    found = RowValues(RecordKind.CASE, {"currency": written, "creditor_country": creditor, "debtor_country": debtor})
    resolve_currency(found, [amount] if amount else [])
    assert found.values.get("currency") == code
    assert [reason.field for reason in found.reasons] == ([] if code else ["currency"])


def test_a_currency_of_no_kind_is_left_to_the_model() -> None:
    found = RowValues(RecordKind.CASE, {"currency": "DDK", "amount_to_recover": Decimal(1)})
    resolve_currency(found, [])
    assert (found.values["currency"], found.reasons) == ("DDK", [])
