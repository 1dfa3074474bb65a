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


def test_a_row_without_days_has_no_due_date(tmp_path):
    found = due_dates(tmp_path, f"{HEAD}1;Bodil;2026-06-01;10.00;\n2;Kaj;2026-06-02;20.00;14\n")
    assert b"dueDate" not in found[0]


@pytest.mark.parametrize(
    "heading", ["Payment terms", "Payment terms (days)", "Zahlungsbedingungen", "Betalingsbetingelser", "Betalningsvillkor"]
)
def test_terms_are_read_as_days_and_a_text_that_is_none_is_a_question(tmp_path, heading):
    head = HEAD.replace("Payment terms (days)", heading)
    read_as_days = ("Net 30", "30 dage", "30 Tage netto", "30 days", "netto 30", "30")
    rows = "".join(f"{at};Bodil;2026-11-01;10.00;{text}\n" for at, text in enumerate(read_as_days))
    assert read(tmp_path, head + rows) == ["left out not_due_yet"] * len(read_as_days)
    asked = ("14.5", "-3", "2/10 net 30", "Standard", "lbm. + 30 dage")
    rows = "".join(f"{at};Bodil;2026-06-01;10.00;{text}\n" for at, text in enumerate(asked))
    assert read(tmp_path, head + rows) == ["asked state_unclear"] * len(asked)
    assert read(tmp_path, f"{head}1;Bodil;2026-11-01;10.00;Due on receipt\n") == ["case 10.00"]


@pytest.mark.parametrize(("day", "days"), [("2026-06-01", "400"), ("2026-06-01", "999999999"), ("9999-12-15", "30")])
def test_days_that_give_no_day_near_the_invoice_reject_the_row(tmp_path, day, days):
    assert read(tmp_path, f"{HEAD}1;Bodil;{day};10.00;{days}\n") == ["rejected due_far_ahead"]


def test_a_date_at_the_end_of_the_calendar_is_a_reject(tmp_path):
    head = HEAD.replace("Payment terms (days)", "Due date")
    assert read(tmp_path, f"{head}1;Bodil;9999-12-15;10.00;9999-12-20\n")[0].startswith("rejected")


@pytest.mark.parametrize("heading", ["Days overdue", "Dage forfalden", "Tage überfällig"])
def test_a_claim_that_is_not_overdue_by_any_day_is_left_out(tmp_path, heading):
    head = HEAD.replace("Payment terms (days)", heading)
    rows = "1;Bodil;2026-06-01;10.00;-5\n2;Kaj;2026-06-01;20.00;0\n3;Ida;2026-06-01;30.00;12\n4;Ole;2026-06-01;40.00;soon\n"
    assert read(tmp_path, head + rows) == ["left out not_due_yet"] * 2 + ["case 30.00", "asked state_unclear"]
    dated = head.replace("Amount due;", "Amount due;Due date;")
    assert read(tmp_path, f"{dated}1;Bodil;2026-06-01;10.00;2026-11-20;-5\n") == ["case 10.00"]  # due since the list was made


def test_a_row_whose_due_date_is_empty_has_its_days_to_pay(tmp_path):
    head = HEAD.replace("Amount due;", "Amount due;Due date;")
    rows = "1;Bodil;2026-06-01;10.00;2026-07-01;30\n2;Kaj;2026-11-20;20.00;;30\n"
    assert read(tmp_path, head + rows) == ["case 10.00", "left out not_due_yet"]


def test_a_column_of_due_dates_comes_first(tmp_path):
    head = HEAD.replace("Amount due;", "Amount due;Due date;")
    (found,) = due_dates(tmp_path, f"{head}1;Bodil;2026-06-01;10.00;2026-08-01;14\n")
    assert b'"dueDate":"2026-08-01"' in found
