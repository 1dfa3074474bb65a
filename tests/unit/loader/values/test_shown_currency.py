"""The currency that the number format of an amount shows."""

import pytest

from importer.domain.special_cells import ShownNumber
from importer.loader.values.shown_currency import shown_currency, shows_currency

KRONER = {"DKK", "SEK", "NOK", "ISK"}


@pytest.mark.parametrize(
    ("code", "codes"),
    [
        ("#,##0.00\\ [$€-407]", {"EUR"}),
        ("[$€-2] #,##0.00", {"EUR"}),
        ("#,##0.00 [$SEK]", {"SEK"}),
        ("#,##0.00 [$sek]", {"SEK"}),
        ("[$$-409]#,##0.00", {"USD"}),
        ("[$$-1009]#,##0.00", {"CAD"}),
        ("[$$-en-AU]#,##0.00", {"AUD"}),
        ("[$kr-414] #,##0.00", {"NOK"}),
        ("#,##0.00 [$kr.-406]", {"DKK"}),
        ("#,##0.00 [$kr-sv-SE]", {"SEK"}),
        ("[$£-809]#,##0.00", {"GBP"}),
        ("0.00 [$zł-415]", {"PLN"}),
        ("[$CHF-807] 0.00", {"CHF"}),
        ("[$EUR-409] 0.00", {"EUR"}),  # the sign is stronger than the language beside it
        ('#,##0.00\\ "kr."', KRONER),
        ('"kr" #,##0.00', KRONER),
        ('"DKK" 0', {"DKK"}),
        ('0.00" EUR"', {"EUR"}),
        ("€ #,##0.00", {"EUR"}),
        ('"kr." 0.00 "SEK"', {"SEK"}),
        ('"USD" 0.00 "EUR"', set()),
        ("[$Taler] 0", set()),
        ('"EUR: " 0', {"EUR"}),
        ("[$\uffe5-804]#,##0.00", {"CNY"}),
        ("[$\uffe5-411]#,##0", {"JPY"}),
        ('"\uffe5"0', {"CNY", "JPY"}),
        ("[$kr-438]0", {"DKK"}),
        ("[$kr-407]0", set()),  # Germany
        ("[$kr-425]0", set()),  # Estonia, which had kroons
        ("[$kr-C3B]0", set()),  # Northern Sami in Finland
        ("[$$-406]0", set()),
        ("[$$-80A]0", {"MXN"}),
        ("[$DM-407]0", set()),
        ("[$lei-418]0", {"RON"}),
        ("[$din.-281A]0", {"RSD"}),
        ("[$B/.-180A]0", {"PAB"}),
    ],
)
def test_currencies_of_formats(code, codes) -> None:
    found = shown_currency(ShownNumber(5, code))
    assert found is not None
    assert set(found.codes) == codes
    assert shows_currency(code)


@pytest.mark.parametrize("code", ["#,##0.00", '0 "stk."', '"INV-"0', "[$-409]0.00", "#,##0.00\\ _€", "0%", "General"])
def test_formats_without_a_currency(code) -> None:
    assert shown_currency(ShownNumber(5, code)) is None
    assert not shows_currency(code)


def test_a_dollar_alone_may_be_that_of_many_countries() -> None:
    found = shown_currency(ShownNumber(5, "$#,##0.00"))
    assert found
    assert {"USD", "CAD", "AUD"} <= found.codes
    assert found.name == "$"


def test_the_section_of_the_number_counts() -> None:
    code = '[>=1000]0 "EUR";0 "SEK"'
    assert [found.name for value in (5000, 5) if (found := shown_currency(ShownNumber(value, code)))] == ["EUR", "SEK"]
    assert shown_currency(5.0) is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("[$Taler] 0", "which is no currency that is known"),
        ('[$\u20ac-407]0" kr"', "which are different currencies"),
        ("[$kr-407]0", "in a format of de_DE, whose currency has another sign"),
        ("[$SEK] 0", ""),
    ],
)
def test_why_a_sign_is_no_currency(code, fault) -> None:
    found = shown_currency(ShownNumber(5, code))
    assert found
    assert found.fault == fault
