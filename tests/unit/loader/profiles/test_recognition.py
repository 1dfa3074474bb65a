from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import FileRefused
from importer.loader.files.reader import ReadOptions, open_source
from importer.loader.profile import Profile
from importer.loader.profiles.recognition import (
    ProfileSet,
    SavedProfile,
    reader_of_headings,
    refuse_near_miss,
    search_profiles,
    the_only_match,
)
from importer.loader.source import open_file

HEADINGS = ("Fakturanr.", "Kunde", "Beløb", "Dato")


def remembered(name: str = "erp", headings: tuple[str, ...] = HEADINGS, **more: object) -> SavedProfile:
    return SavedProfile(Profile(name=name, headings=list(headings), **more), Path(f"profiles/{name}.toml"))


@pytest.mark.parametrize(
    ("headings", "known"),
    [
        (HEADINGS, True),
        (tuple(reversed(HEADINGS)), True),
        (("FAKTURANR", " kunde ", "Be-løb", "dato", ""), True),
        (("#row", "#status", "#errors", "#entry", *HEADINGS), True),
        (HEADINGS[:-1], False),
        ((*HEADINGS, "Region"), False),
        ((), False),
    ],
)
def test_a_profile_knows_its_headings_in_any_order_and_no_others(headings, known):
    assert remembered().matches({"Ark1": headings}) is known
    assert remembered().matches({"Info": ("Text",), "Ark1": headings}) is known


def test_a_profile_that_names_its_sheet_looks_there_alone():
    one = remembered(sheet="Ark1")
    assert one.matches({"Ark1": HEADINGS, "Pivot": ("Sum",)})
    assert not one.matches({"Ark2": HEADINGS})
    assert not one.matches({"Ark1": ("Sum",), "Ark2": HEADINGS})


def test_two_profiles_that_know_a_file_are_a_question():
    one, two = remembered("a"), remembered("b")
    assert the_only_match("x.csv", [one]) is one
    assert the_only_match("x.csv", []) is None
    with pytest.raises(FileRefused, match=r'"a" \(profiles/a.toml\) and "b" .*--profile a or --profile b'):
        the_only_match("x.csv", [one, two])


@pytest.mark.parametrize(
    ("headings", "difference"),
    [
        ((*HEADINGS, "Region"), 'the profile lacks "Region"'),
        (HEADINGS[:3], 'the sheet lacks "Dato"'),
        (HEADINGS, 'the sheet is not called "Ark1"'),
    ],
)
def test_a_file_that_a_profile_nearly_matches_is_refused_with_the_difference(headings, difference):
    profile_set = ProfileSet((remembered("other", ("Navn", "Sum")), remembered(sheet="Ark1")))
    with pytest.raises(FileRefused) as refused:
        refuse_near_miss("x.xlsx", {"Marts": headings}, profile_set)
    assert f'the profile "erp", but {difference}' in str(refused.value)
    assert "importer map" in str(refused.value)
    refuse_near_miss("x.xlsx", {"Marts": ("Kunde", "Dato", "Sum", "Navn", "Land")}, profile_set)


def test_the_set_holds_profiles_with_headings_and_reports_those_that_cannot_be_read(tmp_path):
    first, second = tmp_path / "profiles", tmp_path / "more"
    first.mkdir()
    second.mkdir()
    (first / "a.toml").write_text('name = "else"\nheadings = ["Kunde"]\n')
    (first / "by-hand.toml").write_text('decimal = ","\n')
    (first / "broken.toml").write_text("headings = [")
    (second / "a.toml").write_text('headings = ["Another"]\n')
    (second / "b.toml").write_text('headings = ["Sum"]\n')
    profile_set = search_profiles((first, second, tmp_path / "none"))
    assert [(one.profile.name, one.path) for one in profile_set.profiles] == [("a", first / "a.toml"), ("b", second / "b.toml")]
    (problem,) = profile_set.broken
    assert "broken.toml" in problem


def test_headings_stand_where_the_profile_has_its_header_but_in_an_error_sheet_first(tmp_path):
    source, errors = tmp_path / "a.csv", tmp_path / "errors.csv"
    source.write_text("Report\n2026\nKunde;Dato\nA;1\n", encoding="utf-8")
    errors.write_text("#row;#status;Kunde;Dato\n4;rejected;A;1\n5;rejected;B;1\n6;rejected;C;1\n", encoding="utf-8")
    profile, options = Profile(header_row=3), ReadOptions(delimiter=";")
    with open_source(source, options) as raw:
        assert reader_of_headings(raw.sheets)(profile) == {"a.csv": ("Kunde", "Dato")}
    with open_source(errors, options) as raw:
        assert reader_of_headings(raw.sheets)(profile) == {"errors.csv": ("#row", "#status", "Kunde", "Dato")}


def test_an_error_sheet_is_read_from_its_first_row_whatever_the_profile_says(tmp_path, context):
    names = (
        "case_ref,creditor_company_name,creditor_country,currency,date,amount_to_recover,debtor_type,debtor_name,debtor_country"
    )
    row = "C1,Nordlys A/S,DK,DKK,2026-01-31,10.00,Person,Bo Ek,DK"
    path = tmp_path / "errors.csv"
    path.write_text(f"#row,#status,#errors,#entry,{names}\n7,rejected,x,,{row}\n8,rejected,x,,{row}\n", encoding="utf-8")
    with open_file(path, Profile(header_row=5), context) as source:
        assert len(list(source.rows)) == 2


@pytest.fixture
def context():
    from datetime import date
    from zoneinfo import ZoneInfo

    from importer.loader.context import LoadContext

    return LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))
