"""What is said of lists: headings that are used, amounts that are empty, and rows that are no cases."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from support.invoice_lists import import_list, row, write_profile
from support.sheets import read_sheet, write_csv

from importer.domain.notes import NoteKind
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file

CONTEXT = LoadContext(
    dt.date(2026, 11, 28),
    ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DE",
        "debtor_type": "Person",
        "debtor_country": "DE",
    },
)


def notes(path, text, profile):
    path.write_text(text, encoding="utf-8")
    with open_file(path, profile, CONTEXT) as source:
        list(source.rows)
        return [note.kind for note in (*source.notes, *source.found)]


@pytest.mark.parametrize("cases_from", ["row", "debtor"])
def test_a_heading_that_holds_the_customer_number_is_used(tmp_path, cases_from):
    head = "Kunde;Name 1;Belegnr.;Belegdatum;Betrag;Währung\n"
    text = head + "100234;Amsel;1800001;01.05.2026;100,00;EUR\n100777;Drossel;1800002;01.05.2026;200,00;EUR\n"
    profile = Profile(cases_from=cases_from, columns={"Betrag": "amount_to_recover"})
    assert NoteKind.HEADING_SUPERSEDED not in notes(tmp_path / "in.csv", text, profile)


@pytest.mark.parametrize(
    ("names", "is_said"),
    [
        (("A", "A", "B", "B", "C", "D", "E"), True),
        (("A", "A", "B", "C", "D", "E"), False),
        (("A", "A", "A", "A"), True),
        (("A", "B", "C", "D"), False),
    ],
)
def test_that_debtors_have_several_rows_is_said_if_it_would_change_something(tmp_path, names, is_said):
    lines = (f"Debtor {name};{number};2026-05-01;100,00;EUR\n" for number, name in enumerate(names))
    text = "Name;Invoice number;Invoice date;Amount to recover;Currency\n" + "".join(lines)
    found = notes(tmp_path / "in.csv", text, Profile(columns={"Name": "debtor_name"}))
    assert (NoteKind.ROWS_OF_DEBTORS in found) is is_said


def test_an_empty_open_amount_is_called_empty_once(configured_workspace):
    rows = [row("K-1", "INV-1", "100.00", Booked="100.00"), row("K-1", "INV-2", "", Booked="200.00")]
    import_list(configured_workspace, rows, code=6)
    said = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", "list.csv")[0]["#errors"]
    assert ("is empty beside an amount" in said, "(empty)" in said) == (True, False)


def test_documents_that_are_left_out_are_no_cases(configured_workspace):
    rows = [row("K-1", "INV-1", "100.00"), row("K-2", "INV-2", "0.00"), row("K-3", "INV-3", "0.00")]
    write_csv(configured_workspace.folder / "list.csv", rows)
    profile = write_profile(configured_workspace.folder)
    profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    said = configured_workspace.call("run", "list.csv", "--profile", "list.toml", "--yes").out
    shown = [" ".join(line.split()) for line in said.splitlines()]
    assert "Cases 1 DKK 100.00" in shown
    assert "Rows left out 2" in shown


def test_map_says_nothing_of_a_contact_if_no_heading_names_the_debtor(configured_workspace):
    rows = [{"Kundenr.": "1001", "Fakturanr.": "5001", "Dato": "2026-05-01", "Restbeløb": "100,00", "Valuta": "DKK"}]
    write_csv(configured_workspace.folder / "list.csv", rows)
    ended = configured_workspace.call("map", "list.csv", "--yes", "--set", "debtor_type=Company")
    said = ended.out + ended.err
    assert "no column for: " in said
    assert "contact person" not in said
