from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.errors import UsageError
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.profiles.profile_writer import name_for, profile_text, write_profile

WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)


@settings(max_examples=examples(30), deadline=None)
@given(
    headings=st.lists(WORDS, unique=True, min_size=1, max_size=5),
    ignore=st.lists(WORDS, max_size=2),
    value=WORDS,
    sheet=st.none() | WORDS,
)
def test_whatever_a_heading_holds_the_profile_reads_back_as_it_was(headings, ignore, value, sheet):
    columns = dict(zip(headings, ("debtor_name", "date", "currency", "debtor_city", "debtor_email"), strict=False))
    profile = Profile(headings=headings, columns=columns, constants={"comments": value}, ignore=ignore, sheet=sheet, decimal=",")
    text = profile_text(profile, unused=ignore, missing=["debtor_type"])
    assert Profile(**tomllib.loads(text)) == profile
    assert "# nothing fills debtor_type yet" in text


def test_a_written_profile_is_found_by_its_name(tmp_path):
    profile = Profile(name="erp", headings=["Kunde"], columns={"Kunde": "debtor_name"}, holds="cases", date_format="DD.MM.YYYY")
    write_profile(tmp_path / "profiles" / "erp.toml", profile_text(profile))
    assert load_profile("erp", (tmp_path / "profiles",)) == profile
    assert [path.name for path in (tmp_path / "profiles").iterdir()] == ["erp.toml"]


def test_a_profile_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "profiles").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        write_profile(tmp_path / "profiles" / "a.toml", "")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Åbne poster 2026-03.xlsx", "åbne-poster"),
        ("aabne_poster_20260301.csv", "aabne-poster"),
        ("2026-03.csv", "profile"),
        ("Export (2).XLSX", "export"),
        ("none.csv", "profile"),
    ],
)
def test_the_name_of_a_profile_is_that_of_next_months_file_too(file, name):
    assert name_for(file) == name
