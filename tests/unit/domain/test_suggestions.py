"""Tests of the suggestions for a misspelt word, and of words without any."""

from __future__ import annotations

import pytest

from importer.domain import suggestions
from importer.domain.code_lists import VoucherTypes, find_country
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        *(("Denmrak", ("Denmark",)), ("Danmrk", ("Danmark",)), ("Germny", ("Germany",)), ("Tysklnd", ("Tyskland",))),
        *(("Osterreich", ("Österreich",)), ("Holand", ("Holland",)), ("Storbritanien", ("Storbritannien",))),
        *(("Englnad", ("England",)), ("Germ", ("Germany",)), ("Dänmrak", ("Dänemark",))),
        *(("Austrlia", ("Australia", "Austria")), ("Iraw", ("Iran", "Iraq"))),
    ],
)
def test_a_country_that_is_misspelt(text, offered) -> None:
    assert find_country(text) is None
    assert suggestions.similar_countries(text) == offered


@pytest.mark.parametrize(
    "text",
    ["", "XX", "EU", "Europe", "Narnia", "Atlantis", "Ruritania", "Lapland", "Hamburg", "Unit", "?", "45", "x" * 5000],
)
def test_no_silly_country(text) -> None:
    assert suggestions.similar_countries(text) == ()


@pytest.mark.parametrize(
    ("text", "for_case", "for_voucher"),
    [
        *(("DKR", ("DKK",), ("DKK",)), ("SKE", ("SEK",), ("SEK",)), ("euro", ("EUR",), ("EUR",)), ("€", ("EUR",), ("EUR",))),
        *(("kr.", ("DKK", "SEK", "NOK"), ("DKK", "SEK", "NOK")), ("PLZ", ("PLN",), ())),
        *(("ISK", (), ()), ("CHE", (), ()), ("DK", (), ()), ("ABC", (), ()), ("", (), ()), ("Danske kroner", (), ())),
    ],
)
def test_a_currency_that_is_misspelt(text, for_case, for_voucher) -> None:
    assert suggestions.similar_currencies(text, for_vouchers=False) == for_case
    assert suggestions.similar_currencies(text, for_vouchers=True) == for_voucher


@pytest.mark.parametrize(
    ("like", "text", "offered"),
    [
        *((suggestions.similar_debtor_types, text, ("Company",)) for text in ("Compny", "bussiness", "Firm", "Virksomheder")),
        *((suggestions.similar_debtor_types, text, ("Person",)) for text in ("Privt", "consum", "Individul")),
        *((suggestions.similar_debtor_types, text, ()) for text in ("C", "P", "both", "K", "", "kunde")),
        *((suggestions.similar_sources, text, ("CREDITOR",)) for text in ("CREDITER", "kreditor", "CRED")),
        *((suggestions.similar_sources, text, ()) for text in ("C", "both", "", "debtor", "agency")),
        *((suggestions.similar_flags, text, ("yes",)) for text in ("y", "J", "yess")),
        *((suggestions.similar_flags, text, ("no",)) for text in ("n", "nei")),
        *((suggestions.similar_flags, text, ()) for text in ("", "maybe", "2", "-", "nope")),
    ],
)
def test_words_of_short_lists(like, text, offered) -> None:
    assert like(text) == offered


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        *(("invoce", ("invoice",)), ("Fktura", ("Faktura",)), ("Kreditnote", ("Kreditnota",)), ("Rykker", ("Rykkergebyr",))),
        ("interest", ("DK interest", "fixed interest", "yearly interest")),
        *(("bill", ()), ("fee", ()), ("", ()), ("payment", ())),
    ],
)
def test_a_voucher_type_that_is_misspelt(text, offered) -> None:
    assert suggestions.similar_voucher_types(text, VoucherTypes()) == offered


def test_what_is_offered_is_read() -> None:
    assert all(find_country(name) for name in {"United Kingdom", *suggestions._country_words().values()})


def test_an_offer_is_a_question_behind_the_message_and_is_kept_in_the_ledger() -> None:
    one = Reason("country", "is not a country. Write a code", "debtor_country", "Land", "Denmrak", ("Denmark",))
    two = Reason("country", "is not a country", "debtor_country", "Land", "Iraw", ("Iran", "Iraq"))
    assert one.text() == 'Land "Denmrak" is not a country. Did you mean Denmark? Write a code'
    assert two.text() == 'Land "Iraw" is not a country. Did you mean Iran or Iraq?'
    assert reasons_from_json(reasons_to_json((one, two))) == (one, two)
    assert Reason("x", "is wrong", "date").text() == "date is wrong"
