from __future__ import annotations

from uuid import UUID

import pytest

from importer.domain.code_lists import (
    VOUCHER_CURRENCIES,
    VOUCHER_TYPES,
    DebtorType,
    Direction,
    VoucherType,
    VoucherTypes,
    case_currencies,
    decimals_of,
    find_country,
    find_debtor_type,
    is_state_code,
)
from importer.domain.text_keys import fold

# The vendor's list, copied from the notes on its documentation, not from the code.
PUBLISHED_TYPES = [
    ("invoice", "Faktura", "eb41e58e-fccf-419d-a771-cd5027fe6e87", Direction.DEBT),
    ("credit note", "Kreditnota", "ef2cdc50-230f-4046-b1af-0f9c498dddd3", Direction.CREDIT),
    ("final statement", "Opgørelse", "42385ae0-6846-425c-a793-8d47a3b190b5", Direction.DEBT),
    ("on-account invoice", "Acontofaktura", "2d101b6e-74f9-4a4d-9f8e-c7abe2264da0", Direction.DEBT),
    ("loan", "Gældsbrev", "bf61f462-6d3c-42e8-a99a-852d4a664926", Direction.DEBT),
    ("collection cost", "Inkassoomkostning", "07960de4-303d-4793-92da-3a8cfd5da1a1", Direction.DEBT),
    ("collection fee", "Inkassogebyr", "4c3ccbbf-0651-45b2-b37b-4fe736acfd7e", Direction.DEBT),
    ("reminder fee", "Rykkergebyr", "3e51bf87-3c8f-4dd5-abd5-69417d113c89", Direction.DEBT),
    ("compensation", "Kompensationsgebyr", "ed3e3d61-e1bc-4ee2-9166-adf2c41a2bbf", Direction.DEBT),
    ("DK interest", "Procesrente", "ca4af363-9925-436c-83d6-23b3db6ed5d2", Direction.DEBT),
    ("fixed interest", "Fastrente", "299dc393-1b71-4950-860f-8fb485036722", Direction.DEBT),
    ("yearly interest", "Årlig rente", "37db68dd-80be-40c7-8d2d-3619c793107f", Direction.DEBT),
    ("deposit", "Indbetaling", "c51f2f6a-8081-45ef-b52d-5e0569fdf12e", Direction.CREDIT),
]


@pytest.mark.parametrize(("english", "danish", "identifier", "direction"), PUBLISHED_TYPES)
def test_a_voucher_type_is_found_however_it_is_named(english, danish, identifier, direction) -> None:
    types = VoucherTypes()
    spellings = (english, danish, identifier, english.upper(), danish.upper(), identifier.upper(), f" {english} ")
    for text in (*spellings, english.replace(" ", "_"), english.replace(" ", "-"), english.replace(" ", "")):
        found = types.find(text)
        assert found is not None, text
        assert (found.id, found.direction) == (UUID(identifier), direction)


def test_no_voucher_type_is_missing_or_invented() -> None:
    assert [(t.name, t.danish, str(t.id), t.direction) for t in VOUCHER_TYPES] == PUBLISHED_TYPES


@pytest.mark.parametrize("text", ["", "invoices", "bill", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_voucher_type_is_not_guessed(text) -> None:
    assert VoucherTypes().find(text) is None


def test_an_installation_adds_types_and_may_rename_known_ones() -> None:
    own = VoucherType(UUID(int=7), "court fee", "Retsafgift", Direction.DEBT)
    renamed = VoucherType(VOUCHER_TYPES[0].id, "bill", "Regning", Direction.DEBT)
    types = VoucherTypes((own, renamed))
    assert types.find("Court Fee") is types.find("retsafgift") is types.find(str(UUID(int=7))) is own
    assert types.find("bill") is types.find(str(renamed.id)) is renamed
    assert types.find("invoice") is VOUCHER_TYPES[0]
    assert {"court fee", "bill", "invoice"} <= set(types.names())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DK", "DK"),
        ("dk", "DK"),
        ("DNK", "DK"),
        ("Denmark", "DK"),
        (" denmark ", "DK"),
        ("NA", "NA"),  # Namibia, not "not available"
        ("NO", "NO"),
        ("Germany", "DE"),
        ("United Kingdom", "GB"),
        ("UK", "GB"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("The Netherlands", "NL"),
        ("Netherlands", "NL"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("Russia", "RU"),
        ("South Korea", "KR"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Faroe Islands", "FO"),
        *(("Danmark", "DK"), ("DANMARK", "DK"), ("Tyskland", "DE"), ("Deutschland", "DE"), ("Sverige", "SE")),
        *(("Österreich", "AT"), ("Østrig", "AT"), ("Storbritannien", "GB"), ("Norge", "NO"), ("Noreg", "NO")),
    ],
)
def test_a_country_is_known_by_code_and_by_english_name(text, code) -> None:
    assert find_country(text) == code


@pytest.mark.parametrize("text", ["", "XX", "Swedn", "EU", "Europe", "45", "Man", "Welt"])
def test_what_is_no_country_is_not_guessed(text) -> None:
    assert find_country(text) is None


def test_a_name_that_means_two_countries_in_two_languages_is_none(monkeypatch) -> None:
    from types import SimpleNamespace

    from importer.domain import code_lists

    told = {"en": {"DE": "Germany"}, "da": {"SE": "Ostland", "DK": "Danmark"}, "de": {"NO": "Ostland"}}
    locale = SimpleNamespace(parse=lambda language: SimpleNamespace(territories=told.get(language, {})))
    monkeypatch.setattr("babel.Locale", locale)
    names = code_lists.country_names.__wrapped__()
    assert "Ostland" not in names
    assert names["Danmark"] == "DK"


def test_the_currencies_of_vouchers_and_cases() -> None:
    assert VOUCHER_CURRENCIES == ("DKK", "SEK", "NOK", "USD", "EUR", "GBP", "CHF")
    assert {*VOUCHER_CURRENCIES, "JPY", "ISK", "PLN", "XOF", "XCG"} <= case_currencies()
    assert not {"XAU", "XTS", "XXX", "DK", "KR", "kr"} & case_currencies()


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *(("DKK", 2), ("EUR", 2), ("JPY", 0), ("ISK", 0), ("KRW", 0), ("XOF", 0)),
        ("RSD", 2),  # ISO 4217 has paras, which are not in everyday use
        ("KWD", 2),  # it has three decimals, of which the APIs accept two
    ],
)
def test_decimals_of_a_currency(currency, decimals) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("Company", DebtorType.COMPANY), ("company ", DebtorType.COMPANY), ("Virksomhed", DebtorType.COMPANY)),
        *(("Person", DebtorType.PERSON), ("PERSON", DebtorType.PERSON), ("privat", DebtorType.PERSON)),
        *(("", None), ("C", None), ("Compny", None), ("both", None)),
    ],
)
def test_debtor_type_by_its_words(text, kind) -> None:
    assert find_debtor_type(text) is kind


def test_state_codes_belong_to_their_country() -> None:
    assert is_state_code("US", "CA")
    assert is_state_code("US", "ca")
    assert not is_state_code("DK", "CA")
    assert not is_state_code("US", "California")


def test_names_are_compared_without_case_spaces_and_marks() -> None:
    assert len({fold(t) for t in ("Due Date", "due_date", "DUE-DATE", "due.date", "dueDate", "due\u00a0date", "due\ndate")}) == 1
