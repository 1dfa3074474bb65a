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


def answered_sheet(workspace: CliWorkspace, target: Path, answer: str) -> Path:
    """Write the last error sheet with the same answer in each row."""
    book = load_workbook(workspace.reports()[-1] / "errors.xlsx")
    table = next(found for found in book if found.title != "Summary")
    answers = [cell.value for cell in table[1]].index("#answer")
    for row in table.iter_rows(min_row=2):
        row[answers].value = answer
    book.save(target)
    return target


KINDS = "SELECT state, (SELECT group_concat(json_extract(value, '$.code')) FROM json_each(reasons)) FROM entry"


def test_a_row_with_both_kinds_of_questions_waits_for_both_answers(configured_workspace, fake_apis, tmp_path) -> None:
    workspace = configured_workspace
    source = prepared(workspace, tmp_path, by_name("C1", "Cafe Luna", Status="Disputed"))
    assert workspace.call("run", source, "--yes").code == 6
    assert workspace.ledger(KINDS) == [("questioned", "debtor_type_unclear,disputed")]
    company = answered_sheet(workspace, tmp_path / "company.xlsx", "company")
    assert workspace.call("run", company, "--yes").code in {3, 6}
    assert workspace.ledger(KINDS) == [("questioned", "disputed")]
    assert workspace.call("run", source, "--yes").code == 3  # the list says neither, and takes no answer back
    assert workspace.ledger(KINDS) == [("questioned", "disputed")]
    send = answered_sheet(workspace, tmp_path / "send.xlsx", "send")
    assert workspace.call("run", send, "--yes").code == 0
    assert workspace.call("run", source, "--yes").code == 0
    assert workspace.ledger("SELECT state, json_extract(payload, '$.debtor.type') FROM entry") == [("accepted", "Company")]
    assert len(fake_apis.cases) == 1


def test_the_answer_about_the_state_holds_when_the_debtor_is_answered_later(configured_workspace, fake_apis, tmp_path) -> None:
    workspace = configured_workspace
    source = prepared(workspace, tmp_path, by_name("C1", "Cafe Luna", Status="Disputed"))
    assert workspace.call("run", source, "--yes").code == 6
    answered = workspace.call("resolve", "--batch", "1", "--kind", "disputed", "--send", "--confirm", "1")
    assert answered.code in {0, 3}, answered.err
    assert workspace.call("run", source, "--yes").code == 3
    assert workspace.ledger(KINDS) == [("questioned", "debtor_type_unclear")]
    company = answered_sheet(workspace, tmp_path / "company.xlsx", "company")
    assert workspace.call("run", company, "--yes").code == 0
    assert workspace.ledger("SELECT state, json_extract(payload, '$.debtor.type') FROM entry") == [("accepted", "Company")]
    assert len(fake_apis.cases) == 1


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
