"""A postal code and a town in one text, by the forms of each country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.postal_towns import PostalTown, address_parted, parted


@pytest.mark.parametrize(
    ("text", "country", "code", "town"),
    [
        ("5000 Odense C", "DK", "5000", "Odense C"),
        ("DK-5000 Odense C", "DK", "5000", "Odense C"),
        ("DK 5000 Odense C", "DK", "5000", "Odense C"),
        ("5000, Odense C", "DK", "5000", "Odense C"),
        ("  5000   Odense\u00a0C ", "DK", "5000", "Odense C"),
        ("Odense C 5000", "DK", "5000", "Odense C"),
        ("1050 København K", "DK", "1050", "København K"),
        ("100 Tórshavn", "FO", "100", "Tórshavn"),
        ("SE-111 22 Stockholm", "SE", "111 22", "Stockholm"),
        ("S-11122 Stockholm", "SE", "11122", "Stockholm"),
        ("0150 Oslo", "NO", "0150", "Oslo"),
        ("N-0150 Oslo", "NO", "0150", "Oslo"),
        ("D-10115 Berlin", "DE", "10115", "Berlin"),
        ("01067 Dresden", "DE", "01067", "Dresden"),
        ("60311 Frankfurt (Main)", "DE", "60311", "Frankfurt (Main)"),
        ("A-1010 Wien", "AT", "1010", "Wien"),
        ("1234 AB Amsterdam", "NL", "1234 AB", "Amsterdam"),
        ("1234AB Amsterdam", "NL", "1234AB", "Amsterdam"),
        ("2511 CV 's-Gravenhage", "NL", "2511 CV", "'s-Gravenhage"),
        ("3721 De Bilt", "NL", "3721", "De Bilt"),
        ("110 00 Praha 1", "CZ", "110 00", "Praha 1"),
        ("00-950 Warszawa", "PL", "00-950", "Warszawa"),
        ("1000-205 Lisboa", "PT", "1000-205", "Lisboa"),
        ("SW1A 1AA London", "GB", "SW1A 1AA", "London"),
        ("London SW1A 1AA", "GB", "SW1A 1AA", "London"),
        ("Dublin D02 AF30", "IE", "D02 AF30", "Dublin"),
        ("5000", "DK", "5000", None),
        ("Odense C", "DK", None, "Odense C"),
        ("10000 Zagreb", "HR", "10000", "Zagreb"),
        ("4000 Liège", None, "4000", "Liège"),
        ("12345 Somewhere", "XK", "12345", "Somewhere"),
    ],
)
def test_a_code_and_a_town_are_parted(text: str, country: str | None, code: str | None, town: str | None) -> None:
    assert parted(text, country) == PostalTown(code, town)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "DK"),
        ("-", "DK"),
        ("500 Odense", "DK"),  # a digit is lost
        ("50000 Odense", "DK"),
        ("1067 Dresden", "DE"),
        ("SE-111 22 Stockholm", "DK"),  # another country
        ("5000Odense", "DK"),
        ("Postboks 12, 0102 Oslo", "NO"),
        ("5000 5230", "DK"),
        ("Springfield, IL 62701", "US"),  # a state stands between
        ("Toronto ON M5V 2T6", "CA"),
        ("12345 Somewhere 7", "XK"),
        ("Odense C 2. sal", "DK"),
    ],
)
def test_what_shows_no_code_and_town_for_sure_is_not_parted(text: str, country: str) -> None:
    assert parted(text, country) is None


LETTERS = "abcdefghijklmnopqrstuvwxyzæøåäöüéABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅÄÖÜ"
TOWNS = st.text(LETTERS, min_size=3, max_size=12).flatmap(
    lambda first: st.sampled_from(("", " C", "-Nord", " am Main", " (By)")).map(lambda end: first + end)
)


@given(code=st.from_regex("[0-9]{4}", fullmatch=True), town=TOWNS, gap=st.sampled_from((" ", "  ", ", ", " - ", "/")))
def test_what_is_joined_is_parted_again(code: str, town: str, gap: str) -> None:
    for country in ("DK", "NO", "AT", "CH"):
        assert parted(f"{code}{gap}{town}", country) == PostalTown(code, town)


@given(st.text(max_size=30), st.sampled_from(("DK", "SE", "NL", "GB", "DE", "US", "XK", None)))
def test_no_letter_and_no_digit_is_lost(text: str, country: str | None) -> None:
    found = parted(text, country)
    if found is not None:
        kept = [c for c in "".join(filter(None, found)) if c.isalnum()]
        left = [c for c in text if c.isalnum()]
        sign = len(left) - len(kept)
        assert sorted(kept) == sorted(left) or (0 < sign <= 3 and sorted(left[sign:]) == sorted(kept))


@pytest.mark.parametrize(
    ("text", "street", "code", "town"),
    [
        ("Havnegade 4, 5000 Odense C", "Havnegade 4", "5000", "Odense C"),
        ("Havnegade 4, 2. tv\nDK-5000 Odense C", "Havnegade 4, 2. tv", "5000", "Odense C"),
        ("Havnegade 4; 5000; Odense C", "Havnegade 4", "5000", "Odense C"),
    ],
)
def test_an_address_in_one_text_is_parted(text: str, street: str, code: str, town: str) -> None:
    found = address_parted(text, "DK")
    assert found is not None
    assert (found.street, *found.place) == (street, code, town)


@pytest.mark.parametrize("text", ["Havnegade 4", "5000 Odense C", "Havnegade 4, Odense C", "Havnegade 4, 500 Odense"])
def test_an_address_that_does_not_show_its_parts_is_not_parted(text: str) -> None:
    assert address_parted(text, "DK") is None
