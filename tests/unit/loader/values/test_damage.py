"""Texts that prove their own damage, and ordinary texts that look odd and prove nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.loader.values.damage import damage_in, lost_letter_in

NAMES = ("Jörg Müßig", "Søren Ægård", "Ångström & Sønner", "München", "café Zürich", "Öresund", "Hauptstraße 4", "Blåbærgrød")


@pytest.mark.parametrize("name", NAMES)
def test_utf8_that_was_read_as_windows_1252(name) -> None:
    damaged = name.encode("utf-8").decode("cp1252", errors="replace")
    found = damage_in(damaged)
    assert found is not None
    assert "UTF-8 that was read as Windows-1252" in found or "letters that were lost" in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("S\ufffdren", "letters that were lost"),
        ("S›ren Bæk", "DOS"),
        ("M”ller", "DOS"),
        ("Sm†land", "DOS"),
        ("B‘k", "DOS"),
        ("M¿ller", "Macintosh"),
        ("BjŠrn", "Macintosh"),
        ("d\x92Angludet", "Latin-1"),
        ("Ole\x01", "control character (U+0001)"),
        ("it â€œisâ€\x9d", "UTF-8"),
        ("100 â‚¬", 'UTF-8 that was read as Windows-1252: "100 €"'),
        ("Boâ„¢ A/S", '"Bo™ A/S"'),
        ("âˆ’5 kr", '"−5 kr"'),
        ("ok ðŸ˜€", '"ok 😀"'),
        ("Å\u00a0koda", '"Škoda"'),
        ("Å\u00a0KODA", '"ŠKODA"'),
        ("Å’uvre", '"Œuvre"'),
        ("sÅ“ur", '"sœur"'),
        ("DÄ…browski", '"Dąbrowski"'),
        ("sÄ…", '"są"'),
        ("erdÅ‘", '"erdő"'),
        ("Ð’Ð°Ð½Ñ\u008f", '"Ваня"'),
        ("Sï¿½ren", "letters that were lost"),
    ],
)
def test_the_encoding_is_named(text, words) -> None:
    found = damage_in(text)
    assert found is not None
    assert words in found


@pytest.mark.parametrize(
    "text",
    [
        *NAMES,
        *("Joe‘s Pub", "don‘t", "O‘Brien", "Côte d‘Azur", "rock‘n‘roll", "O’Brien", "“CAFÉ”", "SÃO PAULO", "Å\u00a0i Lofoten"),
        *(
            "Škoda",
            "Łódź",
            "L’Œuvre",
            "§ 12",
            "½ år",
            "12” skærm",
            "first\nsecond",
            "it’s “fine” – ok…",
            "Ø–Nord",
            "Å’s bred",
            "PÅ “TORVET”",
            "Gudenå’en",
            "voilà… Château ™ 100 €",
            "日本",
            "Ελλάδα",
        ),
    ],
)
def test_what_people_write_proves_nothing(text) -> None:
    assert damage_in(text) is None


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ascii_is_never_damaged(text) -> None:
    assert damage_in(text) is None


@pytest.mark.parametrize("text", ["S?ren Bæk", "?ge Holm", "Sm?rum", "Vej 4, ?lgod"])
def test_a_question_mark_in_place_of_a_letter(text) -> None:
    assert lost_letter_in(text)


@pytest.mark.parametrize("text", ["Vej ?", "Hvad nu?", "? 4", "Bodil (?)", "Søren"])
def test_other_question_marks(text) -> None:
    assert not lost_letter_in(text)
