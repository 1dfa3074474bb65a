"""Rows of a list that master data complete by customer number, and what is asked about them."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.domain.kinds import QuestionKind
from importer.domain.notes import Note, NoteKind
from importer.domain.questions import kinds_of
from importer.domain.records import CaseRecord, LoadedRow, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.master_data.comparison import is_same_name
from importer.loader.master_data.reading import read_file
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file
from importer.reporter.notes import sentence

CONTEXT = LoadContext(
    today=dt.date(2026, 11, 1),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "currency": "DKK",
        "debtor_type": "by name",
    },
)
Rows = Sequence[Mapping[str, str]]


def claim(number: str, name: str = "Havblik Handel ApS", **changes: str) -> dict[str, str]:
    row = {"Customer no.": number, "Customer name": name, "Invoice no.": f"INV-{number}", "Invoice date": "2026-05-01"}
    return {**row, "Amount": "1000.00", **changes}


def customer(number: str, name: str = "Havblik Handel ApS", **changes: str) -> dict[str, str]:
    row = {"Customer no.": number, "Name": name, "Contact person": "Mette Holm", "Address": "Strandvej 1", "Postcode": "8000"}
    return {**row, "City": "Aarhus C", "Country": "DK", "Email": f"post@{number}.example", "Phone": "+45 12 34 56 78", **changes}


def written(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def loaded(folder: Path, claims: Rows, customers: Rows, profile: Profile = NO_PROFILE) -> tuple[list[LoadedRow], list[Note]]:
    data = read_file(written(folder / "customers.csv", customers))
    assert data, "the file is not recognised as master data"
    with open_file(written(folder / "list.csv", claims), profile, replace(CONTEXT, master_data=data, folder=folder)) as source:
        rows = list(source.rows)
        return rows, [*source.notes, *source.found]


def debtor(row: LoadedRow) -> dict[str, Any]:
    assert isinstance(row.case, CaseRecord), row.case
    found: dict[str, Any] = json.loads(row.case.payload)["debtor"]
    return found


def asked(row: LoadedRow) -> tuple[QuestionKind, ...]:
    assert isinstance(row.case, CaseRecord), row.case
    return kinds_of(row.case.questions)


def of_kind(notes: Sequence[Note], kind: NoteKind) -> Note | None:
    return next((note for note in notes if note.kind is kind), None)


def test_a_row_has_what_it_lacks_from_the_master_data(tmp_path) -> None:
    rows, notes = loaded(tmp_path, [claim("101")], [customer("101"), customer("102", "Unused A/S")])
    found = debtor(rows[0])
    assert (found["name"], found["contactPerson"], found["zipCode"]) == ("Havblik Handel ApS", "Mette Holm", "8000")
    assert found["email"] == "post@101.example"
    used, unused = of_kind(notes, NoteKind.MASTER_DATA_USED), of_kind(notes, NoteKind.MASTER_DATA_UNUSED)
    assert used is not None
    assert "debtor_email in 1 row" in sentence(used)
    assert unused is not None
    assert unused.all("number") == ["102"]


def test_the_raw_cells_and_the_headings_of_a_row_are_its_own(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("101")], [customer("101")])
    assert len(rows[0].row.cells) == len(claim("101"))


@pytest.mark.parametrize("own", ["own@list.example", "OWN@list.example"])
def test_a_cell_of_the_list_wins(own: str, tmp_path) -> None:
    rows, notes = loaded(tmp_path, [claim("101", Email=own), claim("102", Email="")], [customer("101"), customer("102")])
    assert debtor(rows[0])["email"].lower() == own.lower()
    assert debtor(rows[1])["email"] == "post@102.example"
    differs = of_kind(notes, NoteKind.MASTER_DATA_DIFFERS)
    assert differs is not None
    assert list(zip(differs.all("column"), differs.all("count"), strict=True)) == [("debtor_email", "1")]


def test_two_addresses_are_never_mixed(tmp_path) -> None:
    own = claim("101", Address="Havnen 9", Postcode="", City="Skagen", Country="DK")
    rows, notes = loaded(tmp_path, [own], [customer("101")])
    assert "zipCode" not in debtor(rows[0])
    assert debtor(rows[0])["address"] == "Havnen 9"
    assert debtor(rows[0])["email"] == "post@101.example"
    differs = of_kind(notes, NoteKind.MASTER_DATA_DIFFERS)
    assert differs is not None
    assert "no part of it was completed" in sentence(differs)


FULL = {"Contact person": "Ole Bo", "Country": "DK"}


@pytest.mark.parametrize(
    ("row", "customers"),
    [
        (claim("101", **FULL), [customer("101", "Solvang Byg A/S")]),
        (claim("101", **FULL), [customer("101", Country="SE")]),
        (claim("101", **FULL), [customer("101"), customer("101", Email="other@101.example")]),
        (claim("0101", **FULL), [customer("101")]),
        (claim("101", **FULL), [customer("00101")]),
        (claim("a101", **FULL), [customer("A101")]),
    ],
    ids=["name", "country", "twice", "zeros in the list", "zeros in the master data", "letter case"],
)
def test_a_contradiction_is_asked_and_nothing_is_taken(row, customers, tmp_path) -> None:
    rows, _ = loaded(tmp_path, [row], customers)
    assert asked(rows[0]) == (QuestionKind.MASTER_DATA,)
    assert "email" not in debtor(rows[0])


def test_a_row_that_is_not_in_the_master_data_goes_on_as_it_is(tmp_path) -> None:
    rows, notes = loaded(tmp_path, [claim("101", **FULL), claim("101", **FULL), claim("103", **FULL)], [customer("102")])
    assert [asked(row) for row in rows] == [(), (), ()]
    missing = of_kind(notes, NoteKind.MASTER_DATA_MISSING)
    assert missing is not None
    assert (missing.value("rows"), missing.value("count")) == ("3", "2")


def test_a_row_that_needs_what_is_missing_is_rejected_with_its_number(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("101")], [customer("102")])
    assert isinstance(rows[0].case, Reject)
    texts = [reason.text() for reason in rows[0].case.reasons]
    assert any(text.startswith('Customer no. "101" is not in customers.csv') for text in texts), texts


def test_a_rejected_row_with_a_contradiction_offers_no_answer(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("101")], [customer("101", "Solvang Byg A/S")])
    assert isinstance(rows[0].case, Reject)
    found = next(reason for reason in rows[0].case.reasons if reason.column == "Customer no.")
    assert "Correct it there or here" in found.message
    assert "answer" not in found.message


def test_equal_rows_twice_are_one(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("101")], [customer("101"), customer("101", Email="POST@101.example", Phone="")])
    assert asked(rows[0]) == ()
    assert debtor(rows[0])["email"].lower() == "post@101.example"


def test_an_invisible_difference_of_numbers_does_not_count(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("A\u2011101")], [customer("A-101\u00a0", Email="post@a101.example")])
    assert asked(rows[0]) == ()
    assert "email" in debtor(rows[0])


def test_personal_numbers_of_master_data_are_masked(tmp_path) -> None:
    people = customer("101", "Bodil Zebrahest", **{"CPR no.": "010180-1234", "Contact person": "", "Address": "c/o 010180-1234"})
    rows, notes = loaded(tmp_path, [claim("101", "Bodil Zebrahest")], [people])
    assert debtor(rows[0])["type"] == "Person"
    assert "1234" not in rows[0].case.payload.decode().replace("+45 12 34", "")
    assert not any("1234" in sentence(note) for note in notes)


def test_masked_numbers_join_nothing(tmp_path) -> None:
    rows, _ = loaded(tmp_path, [claim("010180-1234", **FULL)], [customer("010180-1234")])
    assert "email" not in debtor(rows[0])


def test_the_defaults_of_the_settings_hold_where_master_data_say_nothing(tmp_path) -> None:
    customers = [customer("101", Country="NO", Postcode="0150"), customer("102", Country="")]
    data = read_file(written(tmp_path / "customers.csv", customers))
    context = replace(CONTEXT, master_data=data, defaults={**CONTEXT.defaults, "debtor_country": "DK"})
    with open_file(written(tmp_path / "list.csv", [claim("101"), claim("102"), claim("103")]), Profile(), context) as source:
        rows = list(source.rows)
    assert [debtor(row)["countryAlpha2"] for row in rows[:2]] == ["NO", "DK"]


def test_a_list_without_customer_numbers_is_said(tmp_path) -> None:
    row = {name: value for name, value in claim("101", **FULL).items() if name != "Customer no."}
    _, notes = loaded(tmp_path, [row], [customer("101")])
    said = of_kind(notes, NoteKind.MASTER_DATA_WITHOUT_NUMBERS)
    assert said is not None
    assert "list_key" in sentence(said)


@pytest.mark.parametrize(
    "changes",
    [{"Amount": "10.00"}, {"Balance": "10.00"}, {"Invoice date": "2026-01-01"}, {"Rest": "1,234.50"}, {"Sum": "1234"}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_list_is_no_master_data(changes, tmp_path) -> None:
    assert not read_file(written(tmp_path / "customers.csv", [customer("101", **changes)]))


@pytest.mark.parametrize(
    "changes", [{"EAN": "5790000123456"}, {"Group": "12"}, {"Remark": "calls back"}], ids=lambda changes: next(iter(changes))
)
def test_other_columns_of_customers_do_no_harm(changes, tmp_path) -> None:
    assert read_file(written(tmp_path / "customers.csv", [customer("101", **changes)]))


@pytest.mark.parametrize("lacking", ["Customer no.", "Name"])
def test_master_data_have_numbers_and_names(lacking: str, tmp_path) -> None:
    row = {name: value for name, value in customer("101").items() if name != lacking}
    assert not read_file(written(tmp_path / "customers.csv", [row]))


def test_master_data_alone_are_refused_as_what_they_are(tmp_path) -> None:
    path = written(tmp_path / "customers.csv", [customer("101")])
    with (
        pytest.raises(FileRefused, match=r"master data of debtors.*importer run LIST customers.csv"),
        open_file(path, Profile(), CONTEXT),
    ):
        pass


def test_a_profile_names_the_file_and_its_columns(tmp_path) -> None:
    customers = [{"No.": "101", "Mail to": "post@101.example", "Balance": "5.00"}]
    written(tmp_path / "kunder.csv", customers)
    rules = {"file": "kunder.csv", "key": "No.", "columns": {"Mail to": "debtor_email"}}
    profile = Profile(name="p", master_data=rules)
    with open_file(written(tmp_path / "list.csv", [claim("101", **FULL)]), profile, replace(CONTEXT, folder=tmp_path)) as source:
        rows = list(source.rows)
    assert debtor(rows[0])["email"] == "post@101.example"


def test_a_file_that_a_profile_names_must_hold_master_data(tmp_path) -> None:
    written(tmp_path / "kunder.csv", [{"A": "1", "B": "2", "C": "3"}])
    profile = Profile(name="p", master_data={"file": "kunder.csv"})
    path = written(tmp_path / "list.csv", [claim("101", **FULL)])
    with pytest.raises(FileRefused, match="holds no master data"), open_file(path, profile, replace(CONTEXT, folder=tmp_path)):
        pass


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Havblik Handel ApS", "HAVBLIK HANDEL APS", True),
        ("Havblik Handel", "Havblik Handel ApS", True),
        ("Havblik Handel A.p.S.", "Havblik Handel ApS", True),
        ("Zebrahest, Bodil", "Bodil Zebrahest", True),
        ("Solvang Byg- og Ejendomsselsk", "Solvang Byg- og Ejendomsselskab A/S", True),
        ("Havblik Handel ApS", "Havblik Handel A/S", False),
        ("Havblik", "Havblik Handel", False),
        ("Havblik Handel", "Solvang Byg", False),
    ],
)
def test_names_of_one_debtor(one: str, other: str, *, same: bool) -> None:
    assert is_same_name(one, other) is same
    assert is_same_name(other, one) is same


NUMBERS = st.sampled_from(["101", "102", "103", "0101", "A7", "a7"])
CUSTOMERS = st.builds(
    customer,
    NUMBERS,
    st.sampled_from(["Havblik Handel ApS", "Solvang Byg A/S"]),
    Email=st.sampled_from(["one@x.example", "two@x.example", ""]),
    Country=st.sampled_from(["DK", "SE", ""]),
)


@settings(max_examples=15, deadline=None)
@given(customers=st.lists(CUSTOMERS, min_size=1, max_size=6), data=st.data())
def test_the_order_of_the_master_data_does_not_matter(customers, data, tmp_path_factory) -> None:
    claims = [claim(number, **FULL) for number in ("101", "102", "0101", "A7")]
    shuffled = data.draw(st.permutations(customers))

    def outcomes(rows: Rows) -> list[Any]:
        found, _ = loaded(tmp_path_factory.mktemp("join"), claims, rows)
        return [(debtor(row), asked(row)) for row in found]

    assert outcomes(customers) == outcomes(shuffled)


@settings(max_examples=15, deadline=None)
@given(customers=st.lists(CUSTOMERS, min_size=1, max_size=6))
def test_a_row_takes_only_what_every_row_of_its_number_says(customers, tmp_path_factory) -> None:
    rows, _ = loaded(tmp_path_factory.mktemp("join"), [claim(number, **FULL) for number in ("101", "102", "A7")], customers)
    for row, number in zip(rows, ("101", "102", "A7"), strict=True):
        said = {one["Email"] for one in customers if one["Customer no."] == number and one["Email"]}
        if (email := debtor(row).get("email")) is not None:
            assert said == {email}
            assert {one["Name"] for one in customers if one["Customer no."] == number} == {"Havblik Handel ApS"}
        elif len(said) > 1:
            assert asked(row) == (QuestionKind.MASTER_DATA,)
