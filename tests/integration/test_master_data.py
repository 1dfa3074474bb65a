"""Lists that are imported with master data of their debtors: given beside them, on a second sheet, or named in a profile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from support.dropping import NO_APPROVAL, drop_folder
from support.sheets import write_csv
from support.workspace import CliWorkspace

Rows = Sequence[Mapping[str, str]]
PAYLOADS = "SELECT payload FROM entry WHERE kind = 'case' ORDER BY ref"


def claim(number: str, **changes: str) -> dict[str, str]:
    row = {"Customer no.": number, "Customer name": f"Havblik {number} ApS", "Invoice no.": f"INV-{number}"}
    return {**row, "Invoice date": "2026-01-31", "Amount": "1000.00", **changes}


def customer(number: str, **changes: str) -> dict[str, str]:
    row = {"Customer no.": number, "Name": f"Havblik {number} ApS", "Contact person": "Mette Holm", "Address": "Strandvej 1"}
    return {**row, "Postcode": "8000", "City": "Aarhus C", "Country": "DK", "Email": f"post@{number}.example", **changes}


def write_book(path: Path, **sheets: Rows) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        headings = list(rows[0])
        for values in (headings, *([row.get(heading) for heading in headings] for row in rows)):
            sheet.append(values)
    book.save(path)
    return path


@pytest.fixture
def workspace(configured_workspace: CliWorkspace) -> CliWorkspace:
    configured_workspace.env |= {
        "IMPORTER_DEFAULTS__CREDITOR_COMPANY_NAME": "Nordlys Energi A/S",
        "IMPORTER_DEFAULTS__CREDITOR_COUNTRY": "DK",
        "IMPORTER_DEFAULTS__CURRENCY": "DKK",
        "IMPORTER_DEFAULTS__DEBTOR_TYPE": "by name",
    }
    return configured_workspace


def emails(workspace: CliWorkspace) -> list[str | None]:
    return [json.loads(payload)["debtor"].get("email") for (payload,) in workspace.ledger(PAYLOADS)]


def test_a_file_beside_the_list_completes_it_and_is_no_source(workspace, tmp_path) -> None:
    listed = write_csv(tmp_path / "list.csv", [claim("101"), claim("102")])
    customers = write_csv(tmp_path / "customers.csv", [customer("101"), customer("102"), customer("103")])
    done = workspace.call("run", customers, listed, "--yes")
    assert done.code == 0, done.out + done.err
    assert emails(workspace) == ["post@101.example", "post@102.example"]
    assert workspace.ledger("SELECT source_name FROM batch") == [("list.csv",)]
    review = (workspace.reports()[-1] / "review.html").read_text(encoding="utf-8")
    assert "debtor_email in 2 rows" in review
    assert "1 customer number (103) occurs in no row" in review


def test_a_second_sheet_completes_the_first(workspace, tmp_path) -> None:
    book = write_book(tmp_path / "list.xlsx", Customers=[customer("101")], Open=[claim("101")])
    done = workspace.call("run", book, "--yes")
    assert done.code == 0, done.out + done.err
    assert emails(workspace) == ["post@101.example"]


def test_a_profile_names_the_file_and_a_change_of_it_is_noticed(workspace, tmp_path) -> None:
    listed = write_csv(tmp_path / "list.csv", [claim("101")])
    write_csv(tmp_path / "kunder.csv", [customer("101")])
    headings = json.dumps(list(claim("101")))
    (workspace.folder / "profiles").mkdir()
    (workspace.folder / "profiles" / "list.toml").write_text(
        f'headings = {headings}\n[master_data]\nfile = "kunder.csv"\n', encoding="utf-8"
    )
    assert workspace.call("run", listed, "--yes").code == 0
    assert "already imported" in workspace.call("run", listed, "--yes").out
    write_csv(tmp_path / "kunder.csv", [customer("101", Address="Havnen 2")])
    changed = workspace.call("run", listed, "--yes")
    assert changed.code == 0, changed.out + changed.err
    assert "changed" in changed.out
    assert any((report / "changes.xlsx").exists() for report in workspace.reports()), changed.out


def test_a_contradiction_waits_and_is_answered(workspace, tmp_path) -> None:
    full = {"Contact": "Ole Bo", "Country": "DK"}
    listed = write_csv(tmp_path / "list.csv", [claim("101", **full), claim("102", **full)])
    customers = write_csv(tmp_path / "customers.csv", [customer("101", Name="Solvang Byg A/S"), customer("102")])
    done = workspace.call("run", listed, customers, "--yes")
    assert done.code == 6, done.out + done.err
    assert "another debtor in customers.csv" in done.out
    answered = workspace.call("resolve", "--batch", "1", "--kind", "master-data", "--send", "--confirm", "1")
    assert answered.code == 0, answered.out + answered.err
    assert workspace.call("resume").code == 0
    assert emails(workspace) == [None, "post@102.example"]


def corrected(workspace: CliWorkspace, target: Path, heading: str, value: str) -> Path:
    book = load_workbook(workspace.reports()[-1] / "errors.xlsx")
    table = next(found for found in book if found.title != "Summary")
    at = [cell.value for cell in table[1]].index(heading)
    for row in table.iter_rows(min_row=2):
        row[at].value = value
    book.save(target)
    return target


def test_a_corrected_error_sheet_needs_the_master_data_again(workspace, tmp_path) -> None:
    listed = write_csv(tmp_path / "list.csv", [claim("101", **{"Invoice date": "31.02.2026"}), claim("102")])
    customers = write_csv(tmp_path / "customers.csv", [customer("101"), customer("102")])
    assert workspace.call("run", listed, customers, "--yes").code == 3
    sheet = load_workbook(workspace.reports()[-1] / "errors.xlsx")
    headings = [cell.value for cell in next(found for found in sheet if found.title != "Summary")[1]]
    assert [one for one in headings if not one.startswith("#")] == list(claim("101"))
    mended = corrected(workspace, tmp_path / "mended.xlsx", "Invoice date", "2026-01-31")
    alone = workspace.call("run", mended, "--yes")
    assert alone.code == 4, alone.out + alone.err
    assert "completed from customers.csv, which is missing now" in alone.err
    together = workspace.call("run", mended, customers, "--yes")
    assert together.code == 0, together.out + together.err
    assert emails(workspace) == ["post@101.example", "post@102.example"]


def test_two_lists_with_unknown_headings_are_both_refused_and_never_lost(workspace, tmp_path) -> None:
    one = write_csv(tmp_path / "one.csv", [claim("101", Contact="Ole Bo", Country="DK")])
    other = write_csv(tmp_path / "other.csv", [{**customer("102"), "Tilgodehavende": "1500"}])
    done = workspace.call("run", one, other, "--yes")
    assert done.code == 4, done.out + done.err
    assert "other.csv" in done.out + done.err


def test_master_data_alone_are_refused(workspace, tmp_path) -> None:
    done = workspace.call("run", write_csv(tmp_path / "customers.csv", [customer("101")]), "--yes")
    assert done.code == 4
    assert "master data of debtors" in done.err


def test_map_asks_nothing_about_what_the_second_sheet_has(workspace, tmp_path) -> None:
    book = write_book(tmp_path / "list.xlsx", Customers=[customer("101")], Open=[claim("101")])
    done = workspace.call("map", book, "--yes", "--profile", "list")
    assert done.code == 0, done.out + done.err
    checked = workspace.call("check", book, "--json")
    assert checked.code == 0, checked.out + checked.err


def test_map_takes_a_file_of_master_data(workspace, tmp_path) -> None:
    headings = {"Customer no.": "Customer no.", "Customer name": "Hvem", "Amount": "Amount"}
    rows = [{headings.get(name, name): value for name, value in claim(number).items()} for number in ("101", "102")]
    listed = write_csv(tmp_path / "list.csv", rows)
    customers = write_csv(tmp_path / "customers.csv", [customer("101"), customer("102")])
    done = workspace.call("map", listed, "--master-data", customers, "--yes", "--profile", "list")
    assert done.code == 0, done.out + done.err
    assert workspace.call("check", listed, customers).code == 0
    wrong = workspace.call("map", listed, "--master-data", listed, "--yes", "--profile", "other")
    assert wrong.code == 2, wrong.out + wrong.err
    assert "no master data of debtors" in wrong.err


def test_a_watched_folder_uses_the_file_of_the_profile(workspace, tmp_path) -> None:
    folder = drop_folder(workspace, tmp_path / "drop")
    master = write_csv(tmp_path / "kunder.csv", [customer("101")])
    (workspace.folder / "profiles").mkdir(exist_ok=True)
    text = f"headings = {json.dumps(list(claim('101')))}\n[master_data]\nfile = {json.dumps(str(master))}\n"
    (workspace.folder / "profiles" / "list.toml").write_text(text, encoding="utf-8")
    write_csv(folder.path / "list.csv", [claim("101")])
    done = folder.once(**NO_APPROVAL)
    assert folder.names("done"), done.out + done.err
    assert "post@101.example" in emails(workspace)
