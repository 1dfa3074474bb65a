"""Debtors that may be companies or persons: they wait, are answered in the error sheet or the profile, and stay answered."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook
from support.sheets import case, write_csv
from support.workspace import CliWorkspace

QUESTIONED = "SELECT count(*) FROM entry WHERE state = 'questioned'"


def by_name(ref: str, name: str, **changes: str) -> dict[str, str]:
    row = case(ref, debtor_name=name, **changes)
    row.pop("debtor_type")
    return row


def prepared(workspace: CliWorkspace, folder: Path, *rows: dict[str, str]) -> Path:
    workspace.env |= {"IMPORTER_DEFAULTS__DEBTOR_TYPE": "by name", "IMPORTER_DEFAULTS__DEBTOR_CONTACT_PERSON": "Mette Holm"}
    return write_csv(folder / "list.csv", rows)


def test_an_unclear_debtor_waits_and_is_answered_in_the_error_sheet(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    rows = [by_name("C1", "Cafe Luna"), by_name("C2", "Bodil Zebrahest"), by_name("C3", "Nordlys")]
    source = prepared(workspace, tmp_path, *rows)
    done = workspace.call("run", source, "--yes")
    assert done.code == 6, done.err
    assert workspace.ledger(QUESTIONED) == [(2,)]
    sheet = workspace.reports()[-1] / "errors.xlsx"
    book = load_workbook(sheet)
    table = next(found for found in book if found.title != "Summary")
    headings = [cell.value for cell in table[1]]
    names, answers = headings.index("debtor_name"), headings.index("#answer")
    for row in table.iter_rows(min_row=2):
        row[answers].value = {"Cafe Luna": "company", "Nordlys": "sole trader"}[row[names].value]
    book.save(tmp_path / "corrected.xlsx")
    done = workspace.call("run", tmp_path / "corrected.xlsx", "--yes")
    assert done.code == 0, done.out + done.err
    assert workspace.ledger(QUESTIONED) == [(0,)]
    again = workspace.call("run", source, "--yes")
    assert again.code == 0, again.out + again.err
    assert sorted(workspace.ledger("SELECT json_extract(payload, '$.debtor.type'), state FROM entry ORDER BY ref")) == [
        ("Company", "accepted"),
        ("Company", "accepted"),
        ("Person", "accepted"),
    ]


def test_a_profile_answers_by_customer_number_and_for_all_others(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    rows = [by_name("C1", "Cafe Luna", Kundenr="1001"), by_name("C2", "Nordlys", Kundenr="1002")]
    source = prepared(workspace, tmp_path, *rows)
    profiles = workspace.folder / "profiles"
    profiles.mkdir()
    (profiles / "list.toml").write_text('[parties]\n"1001" = "company"\n"*" = "person"\n', encoding="utf-8")
    done = workspace.call("run", source, "--yes", "--profile", "list")
    assert done.code == 0, done.out + done.err
    found = workspace.ledger("SELECT json_extract(payload, '$.debtor.type') FROM entry ORDER BY ref")
    assert found == [("Company",), ("Person",)]


def test_the_review_and_the_results_show_what_debtors_became(configured_workspace, tmp_path) -> None:
    workspace = configured_workspace
    rows = [by_name("C1", "Byg v/ Jens Zebra"), by_name("C2", "Bodil Zebrahest"), by_name("C3", "Havblik ApS")]
    source = prepared(workspace, tmp_path, *rows)
    shown = " ".join(workspace.call("check", source).out.split())
    assert "1 case against sole traders by the legal form, such as Byg v/ Jens Zebra" in shown
    done = workspace.call("run", source, "--yes")
    assert done.code == 0, done.err
    table = load_workbook(workspace.reports()[-1] / "success.xlsx").worksheets[0]
    headings = [cell.value for cell in table[1]]
    at = headings.index("#debtor_type")
    assert [row[at].value for row in table.iter_rows(min_row=2)] == ["sole trader", "person", "company"]
    contacts = workspace.ledger("SELECT json_extract(payload, '$.debtor.contactPerson') FROM entry ORDER BY ref")
    assert contacts[0] == ("Jens Zebra",)
