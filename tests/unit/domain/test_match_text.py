"""Texts that look the same are folded to one; texts that look different are kept apart."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.identity import loose_text, match_text

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c\u2066\u2069\ufe0e\ufe0f\u034f\u061c\u0007"
BLANKS = " \t\n\u00a0\u1680\u2000\u2003\u2007\u2009\u202f\u205f\u3000\u2028\u2800\u3164"
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
VISIBLE = string.ascii_letters + string.digits + "-/.,#&()+_ÆØÅæøåäöüßéñçłŁžğαΩжЯ漢字かなกخ²³½①"


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert match_text(match_text(text)) == match_text(text)


@given(st.text(VISIBLE), st.text(VISIBLE))
def test_what_can_be_seen_is_never_folded(one, other):
    assert (match_text(one) == match_text(other)) == (one == other)


@given(st.text(VISIBLE, min_size=1), st.data())
def test_what_cannot_be_seen_makes_no_difference(text, data):
    places = st.integers(0, len(text))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(places)
        text_with = text[:at] + data.draw(st.sampled_from(INVISIBLE)) + text[at:]
        assert match_text(text_with) == match_text(text)


@given(st.lists(st.text(VISIBLE, min_size=1), min_size=1), st.data())
def test_kinds_and_runs_of_blanks_are_one_space(words, data):
    runs = st.text(BLANKS, min_size=1, max_size=3)
    written = data.draw(runs) + "".join(word + data.draw(runs) for word in words)
    assert match_text(written) == " ".join(words)


@pytest.mark.parametrize("hyphen", HYPHENS)
def test_kinds_of_hyphens_are_one(hyphen):
    assert match_text(f"INV{hyphen}1") == "INV-1"


@pytest.mark.parametrize(("written", "meant"), [("ＩＮＶ１", "INV1"), ("ﬁn", "fin"), ("e\u0301", "é"), ("№\u00a07", "No 7")])
def test_letters_of_the_same_look_are_one(written, meant):
    assert match_text(written) == meant


@given(st.text())
def test_no_character_that_nfkc_keeps_and_that_is_visible_is_lost(text):
    letters = [c for c in unicodedata.normalize("NFC", text) if c.isalnum() and unicodedata.is_normalized("NFKC", c)]
    kept = match_text(text)
    assert all(c in kept for c in letters if unicodedata.category(c) != "Mn" and c not in "\u3164\uffa0\u115f\u1160")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("INV-1", "inv-1", True),
        ("INV-1", "INV-001", True),
        ("123", "00123", True),
        ("2025.10", "2025.1", True),
        ("7.00", "7", True),
        ("INV/007-3", "INV/7-03", True),
        ("INV-10", "INV-1", False),
        ("100", "10", False),
        ("1001", "101", False),
        ("A.5.10", "A.5.1", False),
        ("INV-1", "INV 1", False),
    ],
)
def test_references_that_differ_in_letter_case_or_leading_zeros_are_loosely_alike(one, other, alike):
    assert (loose_text(one) == loose_text(other)) is alike
