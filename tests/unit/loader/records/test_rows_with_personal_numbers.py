"""What is read from rows in which personal numbers were masked, and what their debtors are taken for."""

from __future__ import annotations

import json
from datetime import date
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from support.sheets import case

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, LoadedRow, Reject
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_frames

CONTEXT = LoadContext(
    today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults={"debtor_contact_person": "Accounts"}
)


def read(*rows: dict[str, object], profile: Profile = NO_PROFILE) -> tuple[list[LoadedRow], list]:
    source = open_frames({"Cases": pd.DataFrame(rows)}, CONTEXT, profile)
    found = list(source.rows)
    return found, [*source.notes, *source.found]


def sent(row: LoadedRow) -> dict:
    assert isinstance(row.case, CaseRecord), row.case
    return json.loads(row.case.payload)


def test_a_registration_number_that_is_one_is_dropped_and_counted() -> None:
    rows, notes = read(case("C1", debtor_country="SE", debtor_type="by name", debtor_registration_number="8001011234"))
    assert "companyRegistrationNumber" not in sent(rows[0])["debtor"]
    assert "800101****" in rows[0].row.cells
    (note,) = [one for one in notes if one.kind is NoteKind.PERSONAL_NUMBERS]
    assert (note.all("heading"), note.all("count"), note.value("dropped")) == (["debtor_registration_number"], ["1"], "1")


def test_a_name_is_sent_without_it_and_a_comment_with_stars() -> None:
    rows, _ = read(case("C1", debtor_name="Bodil Zebrahest 010180-1234", comments="ring, 010180-1234"))
    assert sent(rows[0])["debtor"]["name"] == "Bodil Zebrahest"
    assert sent(rows[0])["comments"] == "ring, 010180-****"


@pytest.mark.parametrize("reference", ["010180-1234", "CPR 0101801234"])
def test_a_case_that_an_earlier_release_sent_under_one_can_be_found_by_its_cells(reference) -> None:
    rejected = read(case("C1", case_ref=reference))[0][0].case
    assert isinstance(rejected, Reject)
    assert rejected.formerly is not None
    assert b"1234" not in rejected.formerly.payload
    assert "1234" not in (rejected.formerly.ref or "")
    wrong_too = read(case("C1", case_ref=reference, amount_to_recover="-1"))[0][0].case
    assert isinstance(wrong_too, Reject)
    assert wrong_too.formerly is None


@pytest.mark.parametrize("name", ["case_ref", "creditor_reference"])
def test_a_reference_that_is_one_is_rejected_and_shown_masked(name) -> None:
    rows, _ = read(case("C1", **{name: "010180-1234"}))
    rejected = rows[0].case
    assert isinstance(rejected, Reject)
    assert [(reason.code, reason.value) for reason in rejected.reasons] == [("personal_number", "010180-****")]
    profile = Profile(no_personal_numbers=[name])
    assert isinstance(read(case("C1", **{name: "010180-1234"}), profile=profile)[0][0].case, CaseRecord)


def test_a_masked_reference_that_comes_back_is_read_as_empty() -> None:
    rows, _ = read(case("010180-****"))
    assert sent(rows[0])["creditorReference"] == "INV-010180-****"
    assert rows[0].case.ref == "INV-010180-****"


def test_rows_that_differ_only_in_masked_digits_are_the_same() -> None:
    rows, _ = read(case("C1", comments="010180-1234"), case("C1", comments="010180-9999"))
    assert rows[0].case == rows[1].case
    assert rows[0].row.cells == rows[1].row.cells


@pytest.mark.parametrize(
    ("changes", "kind", "contact"),
    [
        ({"debtor_name": "Havblik ApS"}, "company", "Accounts"),
        ({"debtor_name": "Byg v/ Eva Zebra"}, "sole trader", "Eva Zebra"),
        ({"debtor_name": "Bodil Zebrahest"}, "person", None),
        ({"debtor_name": "Nordlys", "debtor_registration_number": "13585628"}, "company", "Accounts"),
        ({"debtor_name": "Zebras Bygg", "debtor_country": "SE", "Org.nr": "8001011234"}, "sole trader", "Accounts"),
        ({"debtor_type": "Enkeltmandsvirksomhed"}, "sole trader", "Accounts"),
        ({"debtor_type": "Company", "debtor_country": "SE", "Org.nr": "8001011234"}, "sole trader", "Accounts"),
    ],
)
def test_what_a_debtor_is_taken_for(changes, kind, contact) -> None:
    rows, _ = read(case("C1", **{"debtor_type": "by name", **changes}))
    assert json.loads(rows[0].case.party)["kind"] == kind
    debtor = sent(rows[0])["debtor"]
    assert debtor["type"] == ("Person" if kind == "person" else "Company")
    assert debtor.get("contactPerson") == contact


def test_an_unclear_debtor_is_asked_about_with_the_line_for_the_profile() -> None:
    row = case("C1", debtor_type="by name", debtor_name="Nordlys", debtor_zip_code="8000")
    (reason,) = read(row)[0][0].case.asked
    assert 'under [parties], "Nordlys, 8000" = "company"' in reason.message
    answered = read(row, profile=Profile(parties={"Nordlys, 8000": "company"}))[0][0]
    assert answered.case.asked == ()
    assert sent(answered)["debtor"]["type"] == "Company"


def test_a_profile_names_only_kinds_of_debtors() -> None:
    with pytest.raises(ValueError, match='"firm" for "1001" is no kind of debtor; write company, sole trader, person'):
        Profile(parties={"1001": "firm"})


def test_numbers_in_the_names_of_source_and_sheets_are_masked_and_the_sheets_stay_apart() -> None:
    frames = {"Jens 010180-1234": pd.DataFrame([case("C1")]), "Jens 010180-5678": pd.DataFrame([case("C2")])}
    source = open_frames(frames, CONTEXT, Profile(name="p", sheet="Jens 010180-5678"), "liste 010180-1234.csv")
    rows = list(source.rows)
    assert source.name == "liste 010180-xxxx.csv"
    assert [head.name for head in source.heads] == ["Jens 010180-xxxx", "Jens 010180-xxxx (2)"]
    shown = repr((source.heads, rows, source.notes, source.found))
    assert "1234" not in shown
    assert "5678" not in shown


def test_names_with_personal_numbers_beside_them_are_names() -> None:
    rows, _ = read(case("C1", debtor_name="Bo Ek 010180-1234"), case("C2", debtor_name="Ida Ek, CPR 0201801234"))
    assert [sent(row)["debtor"]["name"] for row in rows] == ["Bo Ek", "Ida Ek"]
