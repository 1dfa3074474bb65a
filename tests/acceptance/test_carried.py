"""What the source proved about its columns goes with the error sheet: the row that proved it was imported."""

from __future__ import annotations

import json

import pytest
from support.sheets import case, correct, read_sheet, write_csv


def export(amount_first: str, amount_second: str):
    return [
        case("P1", amount_first, date="31/01/2026"),
        case("P2", amount_second, date="03/04/2026", debtor_country="Denmrak"),
    ]


def sent(configured_workspace):
    payloads = configured_workspace.ledger("SELECT payload FROM entry WHERE state = 'accepted' ORDER BY id")
    return [(case["date"], case["amountToRecover"]) for (text,) in payloads for case in [json.loads(text)]]


@pytest.mark.slow
def test_the_rows_left_are_read_as_the_row_that_was_imported_proves(configured_workspace):
    write_csv(configured_workspace.folder / "open.csv", export("99,95", "1.234"))
    ran = configured_workspace.run("run", "open.csv", "--yes")
    assert ran.code == 3
    assert sent(configured_workspace) == [("2026-01-31", 99.95)]

    left = configured_workspace.reports()[-1] / "errors.xlsx"
    correct(left, "open.csv", {"debtor_country": "nowhere"}, where=("case_ref", "P2"))
    again = configured_workspace.run("run", left, "--yes")
    assert again.code == 3  # still wrong: the second error sheet carries it on
    assert 'row 2 of the original file proves ("31/01/2026")' in again.out

    left = configured_workspace.reports()[-1] / "errors.xlsx"
    assert len(read_sheet(left)) == 1
    correct(left, "open.csv", {"debtor_country": "Denmark"}, where=("case_ref", "P2"))
    done = configured_workspace.run("run", left, "--yes")
    assert done.code == 0, done.out
    assert sent(configured_workspace) == [("2026-01-31", 99.95), ("2026-04-03", 1234)]


def test_a_profile_comes_before_what_the_source_proved(configured_workspace):
    write_csv(configured_workspace.folder / "open.csv", export("99.95", "100.00"))
    assert configured_workspace.run("check", "open.csv").code == 3
    left = configured_workspace.reports()[-1] / "errors.xlsx"
    correct(left, "open.csv", {"debtor_country": "Denmark"}, where=("case_ref", "P2"))
    (configured_workspace.folder / "american.toml").write_text('date_format = "MM/DD/YYYY"\n', encoding="utf-8")
    checked = configured_workspace.run("check", left, "--profile", "american.toml", "--json")
    assert checked.code == 0, checked.out
    assert configured_workspace.run("run", left, "--yes", "--profile", "american.toml").code == 0
    assert sent(configured_workspace) == [("2026-03-04", 100)]


def test_a_corrected_cell_in_another_order_is_a_question(configured_workspace):
    write_csv(configured_workspace.folder / "open.csv", export("99.95", "100.00"))
    assert configured_workspace.run("check", "open.csv").code == 3
    left = configured_workspace.reports()[-1] / "errors.xlsx"
    correct(left, "open.csv", {"debtor_country": "Denmark", "date": "02/13/2026"}, where=("case_ref", "P2"))
    checked = configured_workspace.run("check", left)
    assert checked.code == 3
    shown = " ".join(checked.out.split())  # lines are wrapped
    assert 'row 2 of the original file has "31/01/2026" and row 2 has "02/13/2026"' in shown
