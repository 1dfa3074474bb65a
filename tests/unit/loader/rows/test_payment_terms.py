"""Days to pay in place of due dates: the due date is computed, and a claim that is not due yet is left out."""

from __future__ import annotations

import pytest
from unit.loader.rows.test_row_verdicts import CONTEXT, outcome, read

from importer.domain.records import CaseRecord
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

HEAD = "Invoice number;Customer name;Invoice date;Amount due;Payment terms (days)\n"


def due_dates(tmp_path, text: str) -> list[bytes]:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        rows = [row.case for row in source.rows]
    assert all(isinstance(row, CaseRecord) for row in rows), list(map(outcome, rows))
    return [row.payload for row in rows if isinstance(row, CaseRecord)]


def test_days_to_pay_make_a_due_date(tmp_path):
    first, second = due_dates(tmp_path, HEAD + "1;Bodil;2026-06-01;10.00;14\n2;Kaj;2026-06-02;20.00;0\n")
    assert b'"dueDate":"2026-06-15"' in first
    assert b'"dueDate":"2026-06-02"' in second


def test_a_claim_whose_days_are_not_over_is_left_out(tmp_path):
    rows = "1;Bodil;2026-11-20;10.00;14\n2;Kaj;2026-11-20;20.00;5\n"
    assert read(tmp_path, HEAD + rows) == ["left out not_due_yet", "case 20.00"]


@pytest.mark.parametrize("days", ["", "14.5", "-3", "400"])
def test_days_that_cannot_be_right_make_none(tmp_path, days):
    found = due_dates(tmp_path, f"{HEAD}1;Bodil;2026-06-01;10.00;{days}\n2;Kaj;2026-06-02;20.00;14\n")
    assert b"dueDate" not in found[0]


def test_a_column_of_due_dates_comes_first(tmp_path):
    head = HEAD.replace("Amount due;", "Amount due;Due date;")
    (found,) = due_dates(tmp_path, f"{head}1;Bodil;2026-06-01;10.00;2026-08-01;14\n")
    assert b'"dueDate":"2026-08-01"' in found
