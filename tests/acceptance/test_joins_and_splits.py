"""Addresses in several columns, from the file to the API: read whole, found again in an old ledger, and corrected."""

from __future__ import annotations

import shutil

import pytest
from support.sheets import correct, read_sheet

HEAD = "Fakturanr.;Kundenavn;Gade;Husnr.;Postnr. og by;Land;Fakturadato;Restbeløb;Valuta"
ROW = "20311;Birthe Sand;Havnegade;4 B;5000 Odense C;DK;2026-05-01;899,50;DKK"
NAMELESS = ";Ib Ek;Vestergade;7;8000 Aarhus;DK;2026-05-02;120,00;DKK"
SETTINGS = '[defaults]\ncreditor_company_name = "Nordlys Energi A/S"\ncreditor_country = "DK"\ndebtor_type = "Person"\n'
FORMER = """
ignore = ["Husnr.", "Postnr. og by"]
[columns]
Gade = "debtor_address"
"""


@pytest.fixture
def listed(configured_workspace):
    """A workspace with settings, and a function that writes the list with these rows."""
    (configured_workspace.folder / "importer.toml").write_text(SETTINGS, encoding="utf-8")

    def write(*rows, head=HEAD):
        (configured_workspace.folder / "list.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")

    return write


def addresses(fake_apis):
    debtors = sorted((case["received"]["debtor"] for case in fake_apis.cases), key=lambda debtor: debtor["name"])
    return [tuple(debtor.get(name) for name in ("address", "zipCode", "city")) for debtor in debtors]


def test_the_parts_of_an_address_are_checked_reviewed_and_sent(configured_workspace, fake_apis, listed):
    listed(ROW)
    checked = configured_workspace.call("check", "list.csv")
    assert checked.code == 0, checked
    shown = " ".join(checked.out.split())
    assert 'debtor_address is joined from "Gade" and "Husnr.".' in shown
    assert '"Postnr. og by" is split into debtor_zip_code and debtor_city.' in shown
    assert '"Husnr." → debtor_address' in shown
    assert '"Postnr. og by" → debtor_zip_code, debtor_city' in shown
    assert "not used" not in shown
    assert configured_workspace.call("run", "list.csv", "--yes").code == 0
    assert addresses(fake_apis) == [("Havnegade 4 B", "5000", "Odense C")]


def test_rows_that_were_sent_without_a_house_number_are_found_again(configured_workspace, fake_apis, listed):
    listed(f"{ROW};b@sand.example", f"{NAMELESS};", head=f"{HEAD};E-mail")
    (configured_workspace.folder / "former.toml").write_text(FORMER, encoding="utf-8")
    assert configured_workspace.call("run", "list.csv", "--profile", "former.toml", "--yes").code == 0
    assert addresses(fake_apis) == [("Havnegade", None, None), ("Vestergade", None, None)]
    again = configured_workspace.call("run", "list.csv", "--yes", "--json")
    assert again.code == 0, again
    assert again.json()[0]["counts"]["cases"]["already_imported"] == 2
    listed(f"{ROW};birthe@sand.example", f"{NAMELESS};", head=f"{HEAD};E-mail")
    changed = configured_workspace.call("run", "list.csv", "--yes", "--json")
    assert changed.code == 0, changed
    assert changed.json()[0]["counts"]["cases"]["changed"] == 1
    assert len(fake_apis.cases) == 2


def test_a_corrected_error_sheet_is_read_like_its_original(configured_workspace, fake_apis, listed):
    good = [ROW.replace("20311", f"2040{at}").replace("Birthe Sand", f"Bo {name}") for at, name in enumerate("ABCDEF")]
    listed(
        *good,
        ROW.replace("5000 Odense C", "50000 Odense C"),
        ROW.replace("20311", "20312").replace(";Havnegade;", ";Havnegade 7;"),
    )
    assert configured_workspace.call("run", "list.csv", "--yes").code == 3
    assert len(fake_apis.cases) == 6
    sheet = configured_workspace.folder / "errors.xlsx"
    shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", sheet)
    reasons = {str(row["Fakturanr."]): row["#errors"] for row in read_sheet(sheet, "list.csv")}
    assert "does not show what is the postal code and what the town" in reasons["20311"]
    assert 'ends in a number, and "Husnr." holds another one' in reasons["20312"]
    assert configured_workspace.call("run", "errors.xlsx", "--yes").code == 3  # as it is, nothing of it is sent
    assert len(fake_apis.cases) == 6
    correct(sheet, "list.csv", {"Postnr. og by": "5000 Odense C"}, where=("Fakturanr.", "20311"))
    correct(sheet, "list.csv", {"Gade": "Havnegade"}, where=("Fakturanr.", "20312"))
    assert configured_workspace.call("run", "errors.xlsx", "--yes").code == 0
    assert addresses(fake_apis) == [("Havnegade 4 B", "5000", "Odense C")] * 8


def test_a_column_that_was_not_joined_is_not_joined_in_the_error_sheet(configured_workspace, fake_apis, listed):
    streets = [ROW.replace("20311", f"2040{at}").replace("Havnegade", f"Havnegade {at + 20}") for at in range(3)]
    listed(*streets, ROW.replace("899,50", "abc"))
    assert configured_workspace.call("run", "list.csv", "--yes").code == 3
    sheet = configured_workspace.folder / "errors.xlsx"
    shutil.copy(configured_workspace.reports()[0] / "errors.xlsx", sheet)
    correct(sheet, "list.csv", {"Restbeløb": 899.5}, where=("Fakturanr.", "20311"))
    again = configured_workspace.call("run", "errors.xlsx", "--yes")
    assert again.code == 0, again
    assert {found[0] for found in addresses(fake_apis)} == {"Havnegade", "Havnegade 20", "Havnegade 21", "Havnegade 22"}
