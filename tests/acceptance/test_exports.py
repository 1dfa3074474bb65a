"""Raw exports of two systems, from the file to the API: one written answer each, and none for the next month's."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from openpyxl import load_workbook
from support.paths import GOLDEN_FILES
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import CliWorkspace

EXPORTS = GOLDEN_FILES / "exports"
DANISH, GERMAN = "aabne-poster-maj-2026.xlsx", "op-liste-2026-05.csv"
SETTINGS = {
    DANISH: {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK"},
    GERMAN: {"creditor_company_name": "Nordlicht Strom GmbH", "creditor_country": "DE", "debtor_country": "DE"},
}
TOTALS = {DANISH: ("DKK 63,485.20", "SEK 18,400.00"), GERMAN: ("EUR 21,531.45",)}
READ = {
    DANISH: {
        "20411": ("2026-01-31", 12500, "Company", "Havblik Handel ApS"),
        "20438": ("2026-02-28", 8432.5, "Company", "Havblik Handel ApS"),
        "20419": ("2026-02-04", 749.95, "Person", None),
        "20421": ("2026-02-06", 23118.75, "Company", "Mølleåens Autoværksted I/S"),
        "20425": ("2026-02-11", 3995, "Person", None),
        "20433": ("2026-02-20", 18400, "Company", "Malmö Färg & Bygg AB"),
        "20440": ("2026-03-02", 14000, "Company", "Grøn & Søn A/S"),
        "20447": ("2026-03-09", 689, "Person", None),
    },
    GERMAN: {
        "RE-2026-0107": ("2026-01-31", 2380, "Company", "Müller & Söhne GmbH"),
        "RE-2026-0112": ("2026-02-03", 1190, "Person", None),
        "RE-2026-0115": ("2026-02-05", 345.5, "Company", 'Gasthof "Zum Löwen"'),
        "RE-2026-0121": ("2026-02-12", 12495, "Company", "Elbe Spedition KG"),
        "RE-2026-0126": ("2026-02-20", 99.95, "Person", None),
        "RE-2026-0133": ("2026-03-02", 5021, "Company", "Straßenbau Köhler e.K."),
    },
}


@pytest.fixture(params=[DANISH, GERMAN])
def export(request, tmp_path):
    """A workspace with a raw export and the settings that hold for every import."""
    workspace = CliWorkspace(tmp_path)
    shutil.copy(EXPORTS / request.param, tmp_path)
    lines = [f'{name} = "{value}"' for name, value in SETTINGS[request.param].items()]
    (tmp_path / "importer.toml").write_text("\n".join(["[defaults]", *lines]) + "\n", encoding="utf-8")
    return workspace, request.param


def map_with_one_answer(workspace: CliWorkspace, name: str) -> str:
    with at_a_terminal(workspace, "map", name, PYTHONUTF8="1") as (process, keyboard):
        shown = read_until(keyboard, "leaves it open: ")
        assert "No heading fills debtor_type" in shown
        os.write(keyboard, b"by name\n")
        read_until(keyboard, "lists the headings: ")  # the contact person: Enter
        os.write(keyboard, b"\n")
        if name == DANISH:  # one of its debtors has several rows
            read_until(keyboard, "Number: ")
            os.write(keyboard, b"row\n")
        read_until(keyboard, "[Y/n] ")
        os.write(keyboard, b"\n")
        code, out, rest = finish(process, keyboard)
    assert code == 0, out + rest
    if name == GERMAN:  # one name shows neither a company nor a person
        profile = next((workspace.folder / "profiles").glob("*.toml"))
        profile.write_text(f'{profile.read_text(encoding="utf-8")}\n[parties]\n"10023" = "company"\n', encoding="utf-8")
    return out


def next_months(workspace: CliWorkspace, name: str) -> str:
    if name == DANISH:
        book = load_workbook(workspace.folder / name)
        for row in range(6, 14):
            book.active.cell(row, 8).value += 1000
        book.save(workspace.folder / "juni.xlsx")
        return "juni.xlsx"
    data = (workspace.folder / name).read_bytes().replace(b"RE-2026-0", b"RE-2026-1")
    (workspace.folder / "juni.csv").write_bytes(data)
    return "juni.csv"


@pytest.mark.slow
def test_from_the_raw_export_to_cases_with_one_answer(export):
    workspace, name = export
    assert workspace.run("check", name).code == 4
    map_with_one_answer(workspace, name)

    checked = workspace.run("check", name)
    assert checked.code == 0, checked.out + checked.err
    shown = " ".join(checked.out.split())  # lines are wrapped
    assert "is the total of the rows above and was left out" in shown
    assert all(" ".join(total.split()) in shown for total in TOTALS[name])

    ran = workspace.run("run", name, "--sandbox", "--yes")
    assert ran.code == 0, ran.out + ran.err
    assert sent(workspace) == READ[name]

    again = workspace.run("run", name, "--sandbox", "--yes", "--json")
    assert again.code == 0
    counts = again.json()[0]["counts"]["cases"]
    assert (counts["already_imported"], counts["accepted"]) == (len(READ[name]), 0)

    ran = workspace.run("run", next_months(workspace, name), "--sandbox", "--yes")
    assert ran.code == 0, ran.out + ran.err
    assert "which lists these headings" in ran.out
    assert len(sent(workspace)) == 2 * len(READ[name])


def sent(workspace: CliWorkspace) -> dict[str, tuple[str, float, str, str | None]]:
    payloads = workspace.ledger("SELECT payload FROM entry WHERE state = 'accepted' ORDER BY id", "ledger.sandbox.db")
    cases = [json.loads(text) for (text,) in payloads]
    return {
        c["creditorReference"]: (c["date"], c["amountToRecover"], c["debtor"]["type"], c["debtor"].get("contactPerson"))
        for c in cases
    }
