from datetime import date

import pytest

from importer.domain.personal_numbers.headings import is_customer_heading, number_heading
from importer.domain.personal_numbers.sheet_mask import SheetMask
from importer.domain.records import SheetHead

REGISTRATION = "debtor_registration_number"


def mask(headings: dict[str, str | None], **constants: str) -> SheetMask:
    head = SheetHead("Sager", tuple(headings), tuple(headings.values()), constants=tuple(constants.items()))
    return SheetMask(head)


@pytest.mark.parametrize(
    ("heading", "country", "cell", "masked"),
    [
        ("CPR-nr.", "DK", "0101801234", "010180****"),
        ("CPR", "DK", 101801234, "*********"),  # a spreadsheet has dropped the zero
        ("CVR/CPR-nr.", "DK", "0101801234", "010180****"),
        ("CVR/CPR-nr.", "DK", "12345678", "12345678"),
        ("Org.nr", "SE", "8001011234", "800101****"),
        ("Org.nr", "SE", "5560125790", "5560125790"),  # its third digit shows a company
        ("Org.nr", "SE", 8001011234.0, "800101****"),
        ("Organisationsnummer", "SE", "198001011234", "19800101****"),
        ("Org.nr", "NO", "999888777", "999888777"),
        ("Org.nr", "NO", "01018012345", "010180*****"),
        ("PESEL", "PL", "44051401359", "440514*****"),
        ("BSN", "NL", "123456782", "*********"),
        ("KvK", "NL", "12345678", "12345678"),
        ("Steuer-ID", "DE", "12345678901", "***********"),
        ("Codice fiscale", "IT", "RSSMRA80A01H501U", "****************"),
        ("SSN", "US", "123456789", "*********"),
        ("NIF", "ES", "12345678Z", "*********"),
        ("NIF", "ES", "B12345674", "B12345674"),
        ("Telefon", "DK", "0101801234", "0101801234"),
        ("Kundenr", "SE", "8001011234", "8001011234"),  # digits alone prove nothing
    ],
)
def test_a_column_is_masked_by_its_heading_and_country(heading, country, cell, masked) -> None:
    row = mask({heading: None, "Land": "debtor_country"}).row((cell, country))
    assert row.cells[0] == masked
    assert bool(row.found) == (cell != masked)


def test_a_registration_number_that_is_a_personal_number_is_not_read() -> None:
    row = mask({"Org.nr": REGISTRATION, "Navn": "debtor_name"}, debtor_country="SE").row(
        ("8001011234", "Eva Zebrahest 800101-1234")
    )
    assert row.cells == ("800101****", "Eva Zebrahest 800101-****")
    assert row.readable == (None, "Eva Zebrahest")
    assert [one.position for one in row.found] == [0, 1]


def test_a_masked_cell_that_comes_back_is_read_as_empty() -> None:
    row = mask({"Org.nr": REGISTRATION, "Noter": "comments", "Ref": "case_ref"}).row(
        ("800101****", "ring 010180-****", "010180-****")
    )
    assert row.cells == ("800101****", "ring 010180-****", "010180-****")
    assert row.readable == (None, "ring 010180-****", None)
    assert row.found == ()


@pytest.mark.parametrize(
    ("reference", "day", "is_masked"),
    [
        ("010180-1234", "2026-01-31", True),
        ("260115-0001", "2026-01-31", False),  # a day near the invoice's, and the first number of that day
        ("260115-0001", date(2026, 1, 31), False),
        ("150126-0012", "31.01.2026", False),
        ("260115-0001", "2024-01-31", True),
        ("260115-1234", "2026-01-31", True),
        ("INV-260115-1234", "2026-01-31", False),  # a part of a longer reference
        ("cpr-010180-1234", "2026-01-31", True),
    ],
)
def test_a_reference_made_of_a_date_is_no_personal_number(reference, day, is_masked) -> None:
    row = mask({"Faktura": "case_ref", "Dato": "date"}).row((reference, day))
    assert bool(row.found) is is_masked


def test_a_row_without_numbers_stays_the_same() -> None:
    cells = ("C1", "Bodil Zebrahest", 100.5, None, True, "12345678")
    row = mask({"Ref": "case_ref", "Navn": "debtor_name", "Beløb": None, "A": None, "B": None, "CVR": REGISTRATION}).row(cells)
    assert row.cells is cells
    assert row.readable is cells


@pytest.mark.parametrize(
    "heading", ["Kundnummer", "Kontaktperson", "Personale", "Telefonnr", "Finanskonto", "Total incl. VAT", "Beløb"]
)
def test_other_headings_announce_no_number(heading) -> None:
    assert number_heading(heading) is None


def test_customer_numbers_have_headings_of_their_own() -> None:
    assert is_customer_heading("Kunde-nr.")
    assert not is_customer_heading("Kunde")
