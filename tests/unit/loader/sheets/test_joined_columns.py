"""Columns that are joined or split, by their headings alone and by a profile: from the file to the case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from importer.domain.records import CaseRecord, LoadedSource, Reject
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext
from importer.loader.source import open_file
from importer.reporter.notes import sentence
from importer.reporter.review.reading import sheet_readings

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "Person"}
CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=DEFAULTS)
HEAD, FIXED = "Fakturanr.;Fakturadato;Restbeløb;Valuta;Land", "{number};2026-01-31;100,00;DKK;{country}"
ADDRESS = ("debtor_address", "debtor_zip_code", "debtor_city")


class Read:
    """A sheet with further columns, read: its source, and what became of each row."""

    def __init__(
        self, folder: Path, heads: str, rows: list[str], profile: Profile = NO_PROFILE, country: str = "DK", contact: str = ""
    ) -> None:
        context = CONTEXT if not contact else replace(CONTEXT, defaults={**DEFAULTS, "debtor_contact_person": contact})
        fixed = [FIXED.format(number=f"F{at}", country=country) for at in range(len(rows))]
        lines = [f"{HEAD};{heads}", *(f"{one};{row}" for one, row in zip(fixed, rows, strict=True))]
        path = folder / "list.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with open_file(path, profile, context) as source:
            self.source: LoadedSource = source
            self.found = [row.case for row in source.rows]

    def debtors(self) -> list[dict[str, Any]]:
        """Return the debtors of the cases; of a reject its reasons."""
        return [
            json.loads(one.payload)["debtor"] if isinstance(one, CaseRecord) else {"reasons": [r.text() for r in one.reasons]}  # type: ignore[union-attr]
            for one in self.found
        ]

    def notes(self) -> str:
        return "\n".join(map(sentence, self.source.notes))

    def unused(self) -> list[tuple[str, str | None]]:
        (sheet,) = sheet_readings(self.source.heads, self.source.notes)
        return [(one.heading, one.seems) for one in sheet.unused]


def test_a_house_number_and_a_town_with_its_code_are_read(tmp_path: Path) -> None:
    read = Read(
        tmp_path, "Kundenavn;Gade;Husnr.;Postnr. og by", ["Bo Ek;Havnegade;4 B;5000 Odense C", "Ib Ek;Vej;;DK-8000 Aarhus"]
    )
    found = [(d.get("address"), d.get("zipCode"), d.get("city")) for d in read.debtors()]
    assert found == [("Havnegade 4 B", "5000", "Odense C"), ("Vej", "8000", "Aarhus")]
    assert 'debtor_address is joined from "Gade" and "Husnr.".' in read.notes()
    assert '"Postnr. og by" is split into debtor_zip_code and debtor_city.' in read.notes()
    assert read.unused() == []


@pytest.mark.parametrize(
    ("heads", "row", "address"),
    [
        ("Adresse;Adresse 2", "Havnegade 4;c/o Holm", "Havnegade 4, c/o Holm"),
        ("Adresse;Etage;Dør", "Havnegade 4;2;tv", "Havnegade 4, 2 tv"),
        ("Gade;Husnr;Adresse 2", "Havnegade;4;2. tv", "Havnegade 4, 2. tv"),
        ("House no.;Street", "12;High Street", "12 High Street"),
        ("Hausnummer;Straße", "12;Am Kai", "Am Kai 12"),
        ("Billing Street;Billing Address2", "Havnegade 4, 2. tv;2. tv", "Havnegade 4, 2. tv"),
    ],
)
def test_the_parts_of_an_address_are_joined(tmp_path: Path, heads: str, row: str, address: str) -> None:
    assert Read(tmp_path, f"Kundenavn;{heads}", [f"Bo Ek;{row}"]).debtors()[0]["address"] == address


def test_streets_that_end_in_another_number_are_not_joined_and_that_is_said(tmp_path: Path) -> None:
    read = Read(tmp_path, "Kundenavn;Gade;Husnr.;Sælger", ["Bo Ek;Havnegade 4;17;LK", "Ib Ek;Vej 5;3;LK"])
    assert [debtor["address"] for debtor in read.debtors()] == ["Havnegade 4", "Vej 5"]
    assert '"Gade" and "Husnr." are not joined to debtor_address, since the cells of "Gade" end in another number' in read.notes()
    assert read.unused() == [("Husnr.", "house number"), ("Sælger", None)]


def test_a_row_that_contradicts_all_others_is_rejected(tmp_path: Path) -> None:
    rows = [f"Bo {letter};Havnegade;{at}" for at, letter in enumerate("ABCDEFGH", 1)]
    *_, last = Read(tmp_path, "Kundenavn;Gade;Husnr.", [*rows, "Ib Ek;Vej 5;3"]).debtors()
    assert len(last["reasons"]) == 1
    assert last["reasons"][0].startswith('Gade "Vej 5 3" ends in a number, and "Husnr." holds another one.')


def test_a_cell_without_a_sure_code_is_one_reject(tmp_path: Path) -> None:
    rows = [f"Bo {letter};5000 Odense C" for letter in "ABCDEFGH"]
    *_, last = Read(tmp_path, "Kundenavn;Postnr By", [*rows, "Ib Ek;50000 Odense"]).debtors()
    (reason,) = last["reasons"]
    assert reason.startswith('Postnr By "50000 Odense" does not show what is the postal code and what the town')


def test_a_column_that_shows_no_codes_is_not_split(tmp_path: Path) -> None:
    read = Read(tmp_path, "Kundenavn;Postnr By", ["Bo Ek;12 x 5 y", "Ib Ek;99 z 7"])
    assert all("city" not in debtor and "zipCode" not in debtor for debtor in read.debtors())
    assert '"Postnr By" is not split into debtor_zip_code and debtor_city' in read.notes()
    assert read.unused() == [("Postnr By", "postal code and town")]


def test_a_town_with_its_code_beside_a_column_of_codes_is_named_first(tmp_path: Path) -> None:
    read = Read(tmp_path, "Kundenavn;Sælger;Postnr.;Postnr By", ["Bo Ek;LK;5000;5000 Odense C"])
    assert read.unused() == [("Postnr By", "postal code and town"), ("Sælger", None)]
    assert 'not used: "Postnr By" (looks like a postal code and town), "Sælger".' in read.notes()


def test_first_and_last_names_are_the_name_if_nothing_else_can_be(tmp_path: Path) -> None:
    read = Read(tmp_path, "Fornavn;Efternavn", ["Bodil;Zebrahest", ";Havblik"])
    assert [debtor["name"] for debtor in read.debtors()] == ["Bodil Zebrahest", "Havblik"]


def test_the_person_of_a_company_is_not_taken_for_the_debtor(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="has no column for: debtor_name"):
        Read(tmp_path, "Firma;Fornavn;Efternavn", ["Havblik Handel ApS;Mette;Holm"])
    read = Read(tmp_path, "Kundenavn;Fornavn;Efternavn", ["Havblik Handel ApS;Mette;Holm"])
    assert read.debtors()[0]["name"] == "Havblik Handel ApS"
    assert read.unused() == [("Fornavn", "first name"), ("Efternavn", "last name")]


COMPANIES_AND_PERSONS = ["Birthe;Sand;", ";;Havnens Fisk ApS", "Kaj;Lund;Lund Lys ApS", "Tove;Ek;Ek, Tove"]


@pytest.mark.parametrize("company", ["Firmanavn", "Billing company", "Kontobezeichnung", "Företag", "Firma", "Company"])
def test_a_company_beside_a_person_is_the_debtor_and_the_person_its_contact(tmp_path: Path, company: str) -> None:
    read = Read(tmp_path, f"Fornavn;Efternavn;{company}", COMPANIES_AND_PERSONS, contact="Accounts Payable")
    found = [(debtor["name"], debtor.get("contactPerson")) for debtor in read.debtors()]
    assert found == [
        ("Birthe Sand", None),
        ("Havnens Fisk ApS", "Accounts Payable"),
        ("Lund Lys ApS", "Kaj Lund"),
        ("Tove Ek", None),
    ]
    assert f'"{company}" is the name of the debtor where it is filled, with "Fornavn" and "Efternavn"' in read.notes()
    assert read.unused() == []


def test_a_row_without_company_and_person_is_told_so(tmp_path: Path) -> None:
    (found,) = Read(tmp_path, "Fornavn;Efternavn;Firmanavn", [";;"]).debtors()
    assert found == {"reasons": ["Firmanavn is missing. Fill in the cell"]}


def test_two_columns_of_companies_beside_a_person_are_not_decided(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="has no column for: debtor_name"):
        Read(tmp_path, "Fornavn;Efternavn;Firmanavn;Virksomhed", ["Kaj;Lund;Lund Lys ApS;Lys Nord ApS", "Birthe;Sand;;"])


def test_numbers_under_the_heading_of_a_company_are_no_names(tmp_path: Path) -> None:
    read = Read(tmp_path, "Fornavn;Efternavn;Firmanavn", ["Birthe;Sand;10024"])
    assert read.debtors()[0]["name"] == "Birthe Sand"
    assert read.unused() == [("Firmanavn", None)]


def test_the_names_of_a_contact_are_its_name(tmp_path: Path) -> None:
    read = Read(tmp_path, "Kundenavn;Kontakt fornavn;Kontakt efternavn", ["Havblik Handel ApS;Mette;Holm"])
    assert read.debtors()[0]["contactPerson"] == "Mette Holm"


def test_a_second_line_of_the_name_is_asked_about_and_not_joined(tmp_path: Path) -> None:
    read = Read(tmp_path, "Kundenavn;Navn 2;Mobil;Telefon", ["Havblik;Att. Mette;12345678;87654321"])
    assert (read.debtors()[0]["name"], read.debtors()[0]["phone"]) == ("Havblik", "87654321")
    assert read.unused() == [("Navn 2", "further line of the name"), ("Mobil", "phone")]


def test_a_profile_joins_and_splits(tmp_path: Path) -> None:
    profile = Profile(
        joins={
            "debtor_name": ["Fornavn", "Efternavn"],
            "debtor_contact_person": ["Efternavn", ",", "Fornavn"],
            "debtor_email": ["Mail A", "Mail B"],
        },
        splits={"Adresse": "debtor_address debtor_zip_code debtor_city"},
    )
    row = "Bodil;Zebrahest;Havnegade 4, 5000 Odense C;b@a.example;z@a.example"
    read = Read(tmp_path, "Fornavn;Efternavn;Adresse;Mail A;Mail B", [row], profile)
    (debtor,) = read.debtors()
    assert (debtor["name"], debtor["contactPerson"]) == ("Bodil Zebrahest", "Zebrahest, Bodil")
    assert [debtor[name] for name in ("address", "zipCode", "city")] == ["Havnegade 4", "5000", "Odense C"]
    assert debtor["email"] == "b@a.example"
    (case,) = read.found
    assert isinstance(case, CaseRecord)
    assert "z@a.example" in json.loads(case.payload)["comments"]


def test_a_profile_that_maps_the_street_keeps_its_reading(tmp_path: Path) -> None:
    profile = Profile(columns={"Gade": "debtor_address"})
    read = Read(tmp_path, "Kundenavn;Gade;Husnr.", ["Bo Ek;Havnegade;4"], profile)
    assert read.debtors()[0]["address"] == "Havnegade"
    assert read.unused() == [("Husnr.", "house number")]


def test_a_profile_needs_all_headings_of_a_join_once(tmp_path: Path) -> None:
    profile = Profile(joins={"debtor_address": ["Gade", "Nr"]})
    with pytest.raises(FileRefused, match='joins "Gade" and "Nr" to debtor_address, but there is no column "Nr"'):
        Read(tmp_path, "Kundenavn;Gade", ["Bo Ek;Havnegade"], profile)
    with pytest.raises(FileRefused, match='there are two columns "Nr"'):
        Read(tmp_path, "Kundenavn;Gade;Nr;Nr", ["Bo Ek;Havnegade;4;4"], profile)
    assert Read(tmp_path, "Kundenavn;Adresse", ["Bo Ek;Havnegade"], profile).debtors()[0]["address"] == "Havnegade"


def test_each_joined_cell_is_checked_and_masked(tmp_path: Path) -> None:
    read = Read(tmp_path, "Fornavn;Efternavn;Gade;Husnr.", ["Bodil;Zebrahest 010180-1234;Havnegade;4", "Ib;Ek;Havnegade;#N/A"])
    first, second = read.debtors()
    assert first["name"] == "Bodil Zebrahest"
    assert 'a cell in "Husnr." that is an error in the sheet' in second["reasons"][0]
    assert "1234" not in repr((read.found, read.notes()))


def test_the_code_follows_the_country_of_the_row(tmp_path: Path) -> None:
    (debtor,) = Read(tmp_path, "Kundenavn;PLZ Ort", ["Bo Ek;SE-111 22 Stockholm"], country="Sverige").debtors()
    assert (debtor["zipCode"], debtor["city"]) == ("111 22", "Stockholm")
    read = Read(tmp_path, "Kundenavn;PLZ Ort", ["Bo Ek;SE-111 22 Stockholm"] + ["Ib Ek;5000 Odense"] * 8)
    assert isinstance(read.found[0], Reject)
