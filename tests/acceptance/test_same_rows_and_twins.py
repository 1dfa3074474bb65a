"""Rows that are the same, that contradict each other, or that may be the same: as a user meets them."""

from __future__ import annotations

import json

import pytest
from support.sheets import case, read_sheet, voucher, write_csv, write_workbook
from support.workspace import STATES

HANS = {
    "debtor_name": "Hans Hansen",
    "debtor_email": "hans@hansen.example",
    "date": "2025-01-02",
    "creditor_company_name": "Kreditor A/S",
}
LOOK_THE_SAME = ("INV 1", "INV\u00a01", "INV 1\u200b", "\ufeffINV 1", "INV  1")


def claim(ref, amount="100.50", **more):
    return case(ref, amount, **{"creditor_reference": ref, **HANS, **more})


def imported(workspace, name, code):
    ended = workspace.call("run", name, "--yes", "-q")
    assert ended.code == code, ended
    return ended


def sheet(workspace, name):
    return read_sheet(workspace.reports()[-1] / name)


def summary(workspace):
    return json.loads((workspace.reports()[-1] / "summary.json").read_text(encoding="utf-8"))


def test_references_that_look_the_same_are_one_case_and_four_named_repeats(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [claim(ref) for ref in LOOK_THE_SAME])
    ended = imported(configured_workspace, "a.csv", 0)
    assert "    repeated                  4  DKK 402.00" in ended.out
    assert len(fake_apis.cases) == 1
    rows = sheet(configured_workspace, "success.xlsx")
    assert [row["#status"] for row in rows] == ["accepted", *["repeated"] * 4]
    assert {row["#case_id"] for row in rows} == {fake_apis.cases[0]["id"]}
    assert [row["#imported_from"] for row in rows] == [None, *["this file, row 2"] * 4]
    found = summary(configured_workspace)
    assert found["balanced"] is True
    assert found["counts"]["cases"]["repeated"] == 4
    assert found["totals"]["cases"]["DKK"]["repeated"] == "402.00"
    write_csv(configured_workspace.folder / "b.csv", [claim(ref) for ref in reversed(LOOK_THE_SAME)])
    imported(configured_workspace, "b.csv", 0)
    assert len(fake_apis.cases) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_rows_that_contradict_each_other_are_all_rejected_and_nothing_of_the_case_is_sent(configured_workspace, fake_apis, order):
    rows = [claim("A"), claim("A", "999.00"), claim("B", debtor_name="Ida Holm")][::order]
    write_workbook(configured_workspace.folder / "a.xlsx", rows, [voucher("A"), voucher("B")])
    imported(configured_workspace, "a.xlsx", 3)
    assert [made["creditorReference"] for made in fake_apis.cases] == ["B"]
    assert len(fake_apis.vouchers) == 1
    errors = sheet(configured_workspace, "errors.xlsx")
    assert [row["#status"] for row in errors] == ["rejected", "rejected"]
    first = 2 if order == 1 else 3
    assert all(f"rows {first} and {first + 1} of sheet" in row["#errors"] for row in errors)
    assert summary(configured_workspace)["counts"]["vouchers"]["blocked"] == 1


def test_a_suspected_twin_waits_for_the_answer_that_it_is_another_claim(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [claim("INV-17"), claim("inv-0017")])
    ended = imported(configured_workspace, "a.csv", 6)
    assert "questioned                1  DKK 100.50" in ended.out
    assert "next: 1 questioned: errors.xlsx says what is asked of each" in ended.out
    assert len(fake_apis.cases) == 1
    (row,) = sheet(configured_workspace, "errors.xlsx")
    label = row["#entry"]
    assert row["#status"] == "questioned"
    assert 'case_ref "inv-0017" may be the same case as C1-' in row["#errors"]
    assert f"`importer resolve {label} --send`" in row["#errors"]
    imported(configured_workspace, "a.csv", 3)  # reported before
    for wrong in (
        ("--exists", "x"),
        ("--absent",),
        ("--send", "--same-as", label),
        ("--same-as", label),
        ("--same-as", "C1-000000"),
    ):
        assert configured_workspace.call("resolve", label, *wrong).code == 2
    answered = configured_workspace.call("resolve", label, "--send")
    assert (answered.code, answered.out) == (0, f"{label} is another claim: it will be sent by the next `importer resume`.\n")
    assert configured_workspace.call("resolve", label, "--send").code == 2  # there is no question any more
    assert configured_workspace.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == 2
    imported(configured_workspace, "a.csv", 0)
    assert len(fake_apis.cases) == 2


@pytest.mark.parametrize("name", ["label", "id"])
def test_a_suspected_twin_that_is_the_same_is_never_sent(configured_workspace, fake_apis, name):
    write_csv(configured_workspace.folder / "a.csv", [claim("INV-17")])
    imported(configured_workspace, "a.csv", 0)
    write_csv(configured_workspace.folder / "b.csv", [claim("inv-17")])
    imported(configured_workspace, "b.csv", 6)
    (row,) = sheet(configured_workspace, "errors.xlsx")
    other = row["#errors"].rpartition("--same-as ")[2].strip("`") if name == "label" else fake_apis.cases[0]["id"]
    answered = configured_workspace.call("resolve", row["#entry"], "--same-as", other)
    assert (answered.code, "and will not be sent." in answered.out) == (0, True)
    assert configured_workspace.call("resume", "-q").code == 0
    imported(configured_workspace, "b.csv", 0)
    assert len(fake_apis.cases) == 1
    assert summary(configured_workspace)["counts"]["cases"]["already_imported"] == 1
    ((answer,),) = configured_workspace.ledger("SELECT answer FROM entry WHERE answer IS NOT NULL")
    assert json.loads(answer)["what"] == f"same as {other}"
    assert "@" in json.loads(answer)["who"]


def test_a_twin_may_be_a_case_that_this_ledger_did_not_send(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", [claim("inv-17")])
    imported(configured_workspace, "a.csv", 0)
    (configured_workspace.folder / "ledger.db").rename(configured_workspace.folder / "other.db")
    for left in configured_workspace.folder.glob("ledger.db-*"):
        left.unlink()
    write_csv(configured_workspace.folder / "b.csv", [claim("INV-17"), claim("inv-17")])
    lost = imported(configured_workspace, "b.csv", 2)
    account = lost.err.partition("importer ledger forget ")[2].partition("`")[0]
    assert configured_workspace.call("ledger", "forget", account).code == 0
    imported(configured_workspace, "b.csv", 6)
    one, other = sheet(configured_workspace, "errors.xlsx")
    listed = fake_apis.cases[0]["id"]
    assert configured_workspace.call("resolve", one["#entry"], "--same-as", "00000000-0000-4000-8000-000000000000").code == 2
    answered = configured_workspace.call("resolve", one["#entry"], "--same-as", listed)
    assert (answered.code, listed in answered.out) == (0, True)
    assert configured_workspace.call("resolve", other["#entry"], "--same-as", one["#entry"]).code == 0
    assert configured_workspace.ledger(STATES) == [("case", "accepted", 1)]
    assert len(fake_apis.cases) == 1


def test_a_nightly_list_without_references_asks_about_a_smaller_amount(configured_workspace, fake_apis):
    rows = [claim("", "899.50"), claim("", "100.50", debtor_name="Kaj Lund")]
    write_csv(configured_workspace.folder / "a.csv", rows)
    imported(configured_workspace, "a.csv", 0)
    write_csv(configured_workspace.folder / "b.csv", [claim("", "499.50"), rows[1]])
    imported(configured_workspace, "b.csv", 6)
    assert len(fake_apis.cases) == 2
    assert summary(configured_workspace)["counts"]["cases"]["already_imported"] == 1


def test_a_text_that_changes_each_night_makes_no_second_voucher(configured_workspace, fake_apis):
    for day in ("12", "13"):
        row = voucher("A", reference_id="20312", text=f"{day} days late")
        write_workbook(configured_workspace.folder / f"{day}.xlsx", [claim("A")], [{**row, "unique_id": None}])
        configured_workspace.call("run", f"{day}.xlsx", "--yes", "-q")
    assert len(fake_apis.vouchers) == 1
    assert summary(configured_workspace)["counts"]["vouchers"]["accepted"] == 0


def test_two_reminder_fees_of_one_invoice_are_two_vouchers(configured_workspace, fake_apis):
    fee = {**voucher("A", reference_id="20312", voucher_type="reminder fee"), "unique_id": None}
    write_workbook(configured_workspace.folder / "a.xlsx", [claim("A")], [fee, fee, {**fee, "date": "2026-02-28"}])
    imported(configured_workspace, "a.xlsx", 0)
    imported(configured_workspace, "a.xlsx", 0)
    assert len(fake_apis.vouchers) == 3
