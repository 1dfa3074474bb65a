"""A later list of a debtor with a case, in which some documents are claimed, some are new, and some are in doubt."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest
from openpyxl import load_workbook
from support.invoice_lists import claims, counts, credit, import_list, payment, row, write_profile
from support.sheets import read_sheet, write_csv

CASE = {"more": 'new_invoices = "case"'}
ADD = {"more": 'new_invoices = "add"'}
FIRST = [row("K-1", "INV-1", "1000.00")]


def booked(fake_apis):
    return Counter((one["received"].get("referenceId"), one["received"]["amount"]) for one in fake_apis.vouchers)


def said(workspace, sheet):
    book = load_workbook(workspace.reports()[-1] / sheet)
    return " ".join(str(cell) for one in book for cells in one.iter_rows(values_only=True) for cell in cells if cell)


def resolve(workspace, kind, word, rows=1, batch=2):
    ended = workspace.call("resolve", "--batch", str(batch), "--kind", kind, f"--{word}", "--confirm", str(rows))
    assert ended.code == 0, (ended.out, ended.err)
    assert workspace.call("resume", "--yes").code in {0, 6}


@pytest.mark.parametrize("amount", ["200.00", "600.00"])
def test_a_payment_of_a_claimed_invoice_is_reported_and_not_taken_off_new_ones(configured_workspace, fake_apis, amount):
    import_list(configured_workspace, FIRST, name="a.csv", **CASE)
    later = [*FIRST, payment("K-1", "P-1", amount, **{"Applies to": "INV-1"}), row("K-1", "INV-2", "500.00")]
    found = import_list(configured_workspace, later, name="b.csv", **CASE)
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 500}
    assert counts(found, "vouchers")["changed"] == 1
    assert found["balanced"]
    assert "New since the case" in said(configured_workspace, "changes.xlsx")
    assert booked(fake_apis) == {("INV-1", -100_000): 1, ("INV-2", -50_000): 1}


def test_an_overpaid_invoice_that_was_claimed_lowers_no_new_claim(configured_workspace, fake_apis):
    others = [row(f"K-{number}", f"INV-{number}", "10.00") for number in range(10, 16)]
    import_list(configured_workspace, [*FIRST, *others], name="a.csv", **CASE)
    later = [row("K-1", "INV-1", "-50.00"), row("K-1", "INV-2", "300.00"), *others]
    import_list(configured_workspace, later, name="b.csv", **CASE)
    assert (claims(fake_apis)["K-1"], claims(fake_apis)["K-1-2"]) == (1000, 300)
    assert "New since the case" in said(configured_workspace, "changes.xlsx")


def test_a_credit_that_was_reported_of_one_case_is_not_taken_off_the_next_one(configured_workspace, fake_apis):
    import_list(configured_workspace, FIRST, name="a.csv", **CASE)
    second = [*FIRST, credit("K-1", "C-1", "300.00")]
    import_list(configured_workspace, second, name="b.csv", **CASE)
    import_list(configured_workspace, [*second, row("K-1", "INV-2", "500.00")], name="c.csv", **CASE)
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 500}


def test_a_payment_without_an_invoice_that_leaves_nothing_of_new_ones_is_asked_about(configured_workspace, fake_apis):
    import_list(configured_workspace, FIRST, name="a.csv", **CASE)
    later = [*FIRST, payment("K-1", "P-1", "600.00"), row("K-1", "INV-2", "500.00")]
    import_list(configured_workspace, later, name="b.csv", code=6, **CASE)
    assert claims(fake_apis) == {"K-1": 1000}
    assert "leave nothing to claim of the new documents: INV-2" in said(configured_workspace, "errors.xlsx")
    resolve(configured_workspace, "unassigned", "send")
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 500}
    assert booked(fake_apis) == {("INV-1", -100_000): 1, ("INV-2", -50_000): 1}


def test_a_credit_of_a_new_invoice_withdraws_the_further_case_that_waits(configured_workspace, fake_apis):
    import_list(configured_workspace, FIRST, name="a.csv")
    second = [*FIRST, row("K-1", "INV-2", "500.00")]
    import_list(configured_workspace, second, name="b.csv", code=6)
    import_list(configured_workspace, [*second, credit("K-1", "C-1", "500.00", **{"Applies to": "INV-2"})], name="c.csv")
    answered = configured_workspace.call("resolve", "--batch", "2", "--kind", "new-invoices", "--send", "--confirm", "1")
    assert answered.code == 2, answered.out
    configured_workspace.call("resume", "--yes")
    assert claims(fake_apis) == {"K-1": 1000}


@pytest.mark.parametrize("policy", [CASE, ADD], ids=["case", "add"])
@pytest.mark.parametrize(("amount", "words"), [("400.00", "Less is open"), ("1400.00", "is larger than before")])
def test_what_changed_of_claimed_documents_is_reported_beside_new_ones(configured_workspace, fake_apis, policy, amount, words):
    import_list(configured_workspace, FIRST, name="a.csv", **policy)
    found = import_list(
        configured_workspace, [row("K-1", "INV-1", amount), row("K-1", "INV-2", "300.00")], name="b.csv", **policy
    )
    assert words in said(configured_workspace, "changes.xlsx")
    assert found["balanced"]
    assert booked(fake_apis) == {("INV-1", -100_000): 1, ("INV-2", -30_000): 1}


def test_a_document_with_another_date_is_asked_about_without_those_that_are_claimed(configured_workspace, fake_apis):
    rows = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00")]
    import_list(configured_workspace, rows, name="a.csv", cases_from="row")
    later = [rows[0], rows[1] | {"Date": "2026-01-16"}, row("K-1", "INV-3", "300.00")]
    import_list(configured_workspace, later, name="b.csv", code=6, **CASE)
    assert "The document INV-2 is in" in said(configured_workspace, "errors.xlsx")
    resolve(configured_workspace, "document", "send")
    assert claims(fake_apis) == {"INV-1": 100, "INV-2": 200, "K-1": 500}


def test_one_number_of_two_debtors_is_asked_about_once(configured_workspace, fake_apis):
    rows = [row("K-1", "INV-1", "100.00"), row("K-2", "INV-1", "70.00"), row("K-2", "INV-5", "30.00")]
    import_list(configured_workspace, rows, name="a.csv", code=6, **CASE)
    resolve(configured_workspace, "document", "send", rows=2, batch=1)
    import_list(configured_workspace, [*rows, row("K-2", "INV-6", "5.00")], name="b.csv", **CASE)
    assert claims(fake_apis) == {"K-1": 100, "K-2": 100, "K-2-2": 5}


@pytest.mark.parametrize(
    ("first", "second"),
    [(("00123", "1000.00"), ("123", "1000.00")), (("INV-1", "10.00"), ("inv-1", "10.00")), (("", "1000.00"), ("", "600.00"))],
    ids=["zeros", "letter case", "no number"],
)
def test_a_document_that_may_be_claimed_under_another_key_is_asked_about(configured_workspace, fake_apis, first, second):
    import_list(configured_workspace, [row("K-1", *first)], name="a.csv", **CASE)
    import_list(configured_workspace, [row("K-1", *second)], name="b.csv", code=6, **CASE)
    assert len(claims(fake_apis)) == 1
    assert "If it is another claim, answer send" in said(configured_workspace, "errors.xlsx")


@pytest.mark.usefixtures("fake_apis")
def test_a_disputed_new_invoice_says_nothing_of_the_case_that_was_sent(configured_workspace):
    import_list(configured_workspace, [FIRST[0] | {"Status": "Open"}], name="a.csv", **CASE)
    new = [row("K-1", "INV-2", "50.00", Status="Disputed"), row("K-1", "INV-3", "20.00", Status="Open")]
    found = import_list(configured_workspace, [FIRST[0] | {"Status": "Open"}, *new], name="b.csv", code=6, **CASE)
    assert counts(found) == {"rows": 1, "questioned": 1}
    assert not (configured_workspace.reports()[-1] / "changes.xlsx").exists()


def test_a_disputed_document_of_a_case_that_was_sent_holds_no_new_ones(configured_workspace, fake_apis):
    import_list(configured_workspace, [FIRST[0] | {"Status": "Open"}], name="a.csv", **CASE)
    later = [FIRST[0] | {"Status": "Disputed"}, row("K-1", "INV-2", "50.00", Status="Open")]
    import_list(configured_workspace, later, name="b.csv", code=3, **CASE)
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 50}
    assert "is called disputed now" in said(configured_workspace, "changes.xlsx")


def test_the_documents_of_a_dropped_case_are_not_sent_with_new_ones(configured_workspace, fake_apis):
    rows = [row("K-1", "INV-1", "100.00", Status="Disputed"), row("K-1", "INV-2", "50.00", Status="Open")]
    import_list(configured_workspace, rows, name="a.csv", code=6)
    resolve(configured_workspace, "disputed", "drop", batch=1)
    later = [*(one | {"Status": "Open"} for one in rows), row("K-1", "INV-3", "30.00", Status="Open")]
    import_list(configured_workspace, later, name="b.csv")
    assert claims(fake_apis) == {"K-1-2": 30}
    assert "in a case that an answer has dropped" in said(configured_workspace, "left-out.xlsx")


def test_new_invoices_beside_dropped_ones_are_asked_about_if_the_debtor_has_an_open_case(configured_workspace, fake_apis):
    import_list(configured_workspace, FIRST, name="a.csv")
    second = row("K-1", "INV-2", "50.00")
    import_list(configured_workspace, [*FIRST, second], name="b.csv", code=6)
    resolve(configured_workspace, "new-invoices", "drop")
    import_list(configured_workspace, [second, row("K-1", "INV-3", "30.00")], name="c.csv", code=6)
    assert "the list shows new documents: INV-3" in said(configured_workspace, "errors.xlsx")
    assert claims(fake_apis) == {"K-1": 1000}


def test_a_further_case_has_the_texts_and_the_days_of_what_is_left(configured_workspace, fake_apis):
    columns = '"What" = "claim_description"'
    import_list(configured_workspace, [FIRST[0] | {"What": "Electricity"}], name="a.csv", columns=columns, **CASE)
    later = [
        FIRST[0] | {"What": "Electricity"},
        row("K-1", "INV-2", "300.00", Date="2026-02-01", What="Electricity", **{"Due date": "2026-03-01"}),
        row("K-1", "INV-3", "500.00", Date="2026-05-01", What="Electricity", **{"Due date": "2026-06-01"}),
        credit("K-1", "C-2", "300.00", What="", **{"Applies to": "INV-2"}),
    ]
    import_list(configured_workspace, later, name="b.csv", columns=columns, **CASE)
    (further,) = [one["received"] for one in fake_apis.cases if one["creditorReference"] == "K-1-2"]
    assert (further["date"], further["dueDate"], further["claimDescription"]) == ("2026-05-01", "2026-06-01", "Electricity")
    assert "C-2 of 2026-01-15, for INV-2: -300.00" in further["comments"]


@pytest.mark.parametrize("complete", [True, False])
def test_a_further_case_that_waits_is_sent_as_the_newest_list_shows_it(configured_workspace, fake_apis, complete):
    more = {"more": "complete_list = true"} if complete else {}
    others = [row(f"K-{number}", f"INV-{number}", "10.00") for number in range(10, 16)]
    import_list(configured_workspace, [*FIRST, *others], name="a.csv", **more)
    second = [*FIRST, row("K-1", "INV-2", "300.00"), row("K-1", "INV-3", "100.00"), *others]
    import_list(configured_workspace, second, name="b.csv", code=6, **more)
    import_list(configured_workspace, [*FIRST, row("K-1", "INV-2", "250.00"), *others], name="c.csv", code=6, **more)
    if not complete:
        assert "waits with documents that this list does not show: INV-3" in said(configured_workspace, "errors.xlsx")
        resolve(configured_workspace, "document", "send", batch=3)
    resolve(configured_workspace, "new-invoices", "send", batch=3)
    assert claims(fake_apis)["K-1-2"] == 250
    new = {key: count for key, count in booked(fake_apis).items() if key[0] in {"INV-2", "INV-3"}}
    assert new == {("INV-2", -25_000): 1}


def test_new_invoices_are_answered_in_the_error_sheet(configured_workspace, fake_apis):
    import_list(configured_workspace, FIRST, name="a.csv")
    import_list(configured_workspace, [*FIRST, row("K-1", "INV-2", "300.00")], name="b.csv", code=6)
    shown = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", "b.csv")
    write_csv(configured_workspace.folder / "answered.csv", [one | {"#answer": "send"} for one in shown])
    ended = configured_workspace.call("run", "answered.csv", "--profile", "list.toml", "--yes")
    assert ended.code == 0, (ended.out, ended.err)
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 300}
    assert booked(fake_apis) == {("INV-1", -100_000): 1, ("INV-2", -30_000): 1}


def test_an_older_list_leaves_a_further_case_that_waits_as_it_is(configured_workspace, fake_apis):
    second = [*FIRST, row("K-1", "INV-2", "300.00")]
    lists = {"a.csv": (FIRST, 31), "b.csv": (second, 20), "c.csv": ([*FIRST, row("K-1", "INV-2", "200.00")], 10)}
    for name in ("a.csv", "b.csv", "c.csv", "b.csv"):
        rows, days = lists[name]
        write_csv(configured_workspace.folder / name, rows)
        on = time.time() - days * 86_400
        os.utime(configured_workspace.folder / name, (on, on))
        profile = write_profile(configured_workspace.folder)
        profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
        ended = configured_workspace.call("run", name, "--profile", profile.name, "--yes")
        assert ended.code in {0, 3, 6}, (ended.out, ended.err)
    assert "dated before the last one" in ended.out
    for batch in ("3", "4"):
        configured_workspace.call("resolve", "--batch", batch, "--kind", "new-invoices", "--send", "--confirm", "1")
    configured_workspace.call("resume", "--yes")
    assert claims(fake_apis) == {"K-1": 1000, "K-1-2": 200}
    assert booked(fake_apis) == {("INV-1", -100_000): 1, ("INV-2", -20_000): 1}
