"""A list of invoices, credits and payments becomes a case a debtor and a voucher a document."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from support.invoice_lists import claims, counts, credit, fee, import_list, payment, row, summary
from support.sheets import read_sheet, write_csv

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind

THREE = [row("1001", "A1", "1000.00"), row("1001", "A2", "250.50", **{"Due date": "2026-03-01"}), row("1002", "A3", "400.00")]


def sent_case(fake_apis, reference):
    return next(one["received"] for one in fake_apis.cases if one["creditorReference"] == reference)


def vouchers(fake_apis):
    return {one["received"].get("referenceId"): one["amount"] for one in fake_apis.vouchers}


def test_the_invoices_of_a_debtor_are_one_case_with_a_voucher_each(configured_workspace, fake_apis):
    found = import_list(
        configured_workspace, [*THREE, row("1001", "A4", "99.00", Date="2025-12-01", **{"Due date": "2025-12-20"})]
    )
    assert claims(fake_apis) == {"1001": 1349.5, "1002": 400.0}
    assert vouchers(fake_apis) == {"A1": -100000, "A2": -25050, "A3": -40000, "A4": -9900}
    assert found["balanced"]
    assert counts(found) == {"rows": 2, "accepted": 2}
    assert counts(found, "vouchers") == {"rows": 4, "accepted": 4}
    assert found["totals"]["cases"]["DKK"]["accepted"] == "1749.50"
    case = sent_case(fake_apis, "1001")
    assert (case["date"], case["dueDate"]) == ("2025-12-01", "2025-12-20")
    assert "A4 of 2025-12-01, due 2025-12-20: 99.00" in case["comments"]
    assert case["claimDescription"] == "3 unpaid invoices of 2025-12-01 to 2026-01-15."


def test_the_same_list_again_sends_nothing_also_in_another_order(configured_workspace, fake_apis):
    rows = [*THREE, credit("1001", "K1", "50.00"), payment("1001", "", "20.00"), payment("1001", "", "20.00")]
    import_list(configured_workspace, rows)
    sent = len(fake_apis.cases), len(fake_apis.vouchers)
    assert sent == (2, 6)
    again = import_list(configured_workspace, list(reversed(rows)), name="again.csv")
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == sent
    assert counts(again) == {"rows": 2, "already_imported": 2}
    assert counts(again, "vouchers") == {"rows": 6, "already_imported": 6}
    assert again["balanced"]


def test_credits_and_payments_are_taken_off_and_fees_are_apart(configured_workspace, fake_apis):
    rows = [
        *THREE,
        credit("1001", "K1", "250.50", **{"Applies to": "A2"}),
        payment("1001", "B1", "100.00"),
        fee("1001", "G1", "60.00"),
        fee("1003", "G2", "60.00"),
    ]
    found = import_list(configured_workspace, rows)
    assert claims(fake_apis) == {"1001": 900.0, "1002": 400.0}
    assert vouchers(fake_apis) == {"A1": -100000, "A2": -25050, "K1": 25050, "B1": 10000, "G1": -6000, "A3": -40000}
    sent = {one["received"]["referenceId"]: one for one in fake_apis.vouchers}
    assert sent["K1"]["received"]["referenceCaseVoucherId"] == sent["A2"]["id"]
    assert sent["B1"]["received"]["source"] == "CREDITOR"
    assert "referenceCaseVoucherId" not in sent["B1"]["received"]
    assert counts(found) == {"rows": 3, "accepted": 2, "left_out": 1}
    assert found["balanced"]
    comments = sent_case(fake_apis, "1001")["comments"]
    assert "Fees and interest, which are not in the amount (DKK):\nG1 of 2026-01-15: 60.00" in comments


def test_what_is_not_due_stays_out_with_the_credits_that_name_it(configured_workspace, fake_apis):
    later = row("1001", "A9", "700.00", **{"Due date": "2099-01-01"})
    later["Due date"] = "2026-12-31"
    rows = [*THREE, later, credit("1001", "K9", "700.00", **{"Applies to": "A9"})]
    found = import_list(configured_workspace, rows)
    assert claims(fake_apis) == {"1001": 1250.5, "1002": 400.0}
    assert counts(found) == {"rows": 4, "accepted": 2, "left_out": 2}
    assert found["balanced"]
    _, of_credit = read_sheet(configured_workspace.reports()[-1] / "left-out.xlsx", "list.csv")
    assert of_credit["#errors"] == "The row belongs to document A9 in row 5, which is left out"


def test_a_debtor_of_whom_only_fees_are_left_is_left_out_with_that_reason(configured_workspace):
    import_list(configured_workspace, [*THREE, fee("1003", "G2", "60.00")])
    (left,) = read_sheet(configured_workspace.reports()[-1] / "left-out.xlsx", "list.csv")
    assert left["#errors"] == "Only fees or interest are left of the debtor, which make no case of their own"


def test_one_bad_row_holds_back_its_whole_group_and_the_error_sheet_shows_it(configured_workspace, fake_apis):
    rows = [*THREE, row("1001", "A5", "12.345"), credit("1001", "K1", "50.00")]
    found = import_list(configured_workspace, rows, code=3)
    assert claims(fake_apis) == {"1002": 400.0}
    assert found["balanced"]
    errors = configured_workspace.reports()[-1] / "errors.xlsx"
    shown = read_sheet(errors, "list.csv")
    assert [one["Number"] for one in shown] == ["A1", "A2", "A5", "K1"]

    corrected = [one | {"Open": "12.34"} if one["Number"] == "A5" else one for one in shown]
    write_csv(configured_workspace.folder / "corrected.csv", corrected)
    ended = configured_workspace.call("run", "corrected.csv", "--profile", "list.toml", "--yes")
    assert ended.code == 0, ended
    assert claims(fake_apis) == {"1001": 1212.84, "1002": 400.0}
    assert len(fake_apis.vouchers) == 5


def test_a_question_row_holds_its_whole_group(configured_workspace, fake_apis):
    rows = [one | {"Dispute": ""} for one in THREE]
    rows[1]["Dispute"] = "yes"
    found = import_list(configured_workspace, rows, code=6, columns='"Dispute" = "on_hold"')
    assert claims(fake_apis) == {"1002": 400.0}
    assert counts(found) == {"rows": 2, "accepted": 1, "questioned": 1}
    assert counts(found, "vouchers") == {"rows": 3, "accepted": 1, "blocked": 2}
    out = import_list(configured_workspace, rows, name="out.csv", columns='"Dispute" = "on_hold"', more='disputed = "leave out"')
    assert claims(fake_apis) == {"1001": 1000.0, "1002": 400.0}
    assert out["balanced"]


def test_without_vouchers_every_row_shows_its_case(configured_workspace, fake_apis):
    found = import_list(configured_workspace, THREE, more='vouchers = "none"')
    assert claims(fake_apis) == {"1001": 1250.5, "1002": 400.0}
    assert fake_apis.vouchers == []
    assert found["balanced"]
    shown = read_sheet(configured_workspace.reports()[-1] / "success.xlsx", "list.csv")
    assert [one["Number"] for one in shown] == ["A1", "A2", "A3"]


def test_cases_go_although_debbie_is_not_set_up(configured_workspace, fake_apis):
    for name in ("TOKEN", "TENANT_ID"):
        configured_workspace.env.pop(f"IMPORTER_DEBBIE__{name}")
    import_list(configured_workspace, THREE)
    assert claims(fake_apis) == {"1001": 1250.5, "1002": 400.0}
    assert fake_apis.vouchers == []


def test_a_reference_may_make_the_case(configured_workspace, fake_apis):
    rows = [one | {"Case": case} for one, case in zip(THREE, ("C1", "C2", "C2"), strict=True)]
    rows[1] |= {"Customer": rows[2]["Customer"], "Customer no.": "1002"}
    found = import_list(configured_workspace, rows, cases_from="reference", columns='"Case" = "case_ref"')
    assert claims(fake_apis) == {"C1": 1000.0, "C2": 650.5}
    assert json.dumps(counts(found, "vouchers")) == '{"rows": 3, "accepted": 3}'
    assert summary(configured_workspace)["balanced"]


def test_a_list_with_a_case_a_row_says_that_a_debtor_has_several(configured_workspace):
    import_list(
        configured_workspace,
        [*THREE, *(row(number, f"{number}-{index}", "10.00") for number in ("1003", "1004") for index in (1, 2))],
        cases_from="row",
    )
    assert 'cases_from = "debtor"' in configured_workspace.call("report", "1").out


def test_the_documents_that_are_left_of_a_case_that_was_sent_do_not_change_it(configured_workspace, fake_apis):
    rows = [row("1001", "A1", "1000.00"), credit("1001", "K1", "300.00")]
    import_list(configured_workspace, rows)
    with closing(sqlite3.connect(configured_workspace.folder / "ledger.db")) as ledger:
        found = ledger.execute("select id, key, kind from entry order by id").fetchall()
    labels = [EntryLabel.of(RecordKind(kind), number, key).text() for number, key, kind in found]
    assert [label[0] for label in labels] == ["C", "V", "V"]
    own = {"#row": "2", "#status": "refused", "#errors": "", "#entry": f"{labels[0]} {labels[1]}", "#answer": ""}
    write_csv(configured_workspace.folder / "errors.csv", [own | rows[0]])
    ended = configured_workspace.call("run", "errors.csv", "--profile", "list.toml", "--yes")
    assert ended.code == 0, ended
    assert counts(summary(configured_workspace)) == {"rows": 1, "already_imported": 1}
    assert len(fake_apis.vouchers) == 2


def test_a_document_that_is_in_two_equal_rows_is_claimed_and_booked_once(configured_workspace, fake_apis):
    found = import_list(configured_workspace, [row("1001", "A1", "500.00"), row("1001", "A1", "500.00"), THREE[2]])
    assert claims(fake_apis) == {"1001": 500.0, "1002": 400.0}
    assert vouchers(fake_apis) == {"A1": -50000, "A3": -40000}
    assert counts(found) == {"rows": 3, "accepted": 2, "left_out": 1}
    assert found["balanced"]
    (left,) = read_sheet(configured_workspace.reports()[-1] / "left-out.xlsx", "list.csv")
    assert (left["#row"], left["#errors"]) == (3, "The row repeats document A1 in row 2, which counts once")


def test_all_rows_of_a_case_that_was_imported_before_say_so(configured_workspace, fake_apis):
    rows = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00"), row("K-2", "INV-9", "900.00")]
    import_list(configured_workspace, rows, name="jan.csv")
    first = read_sheet(configured_workspace.reports()[-1] / "success.xlsx", "jan.csv")
    assert {one["#status"] for one in first} == {"accepted"}
    import_list(
        configured_workspace, [*reversed(rows), row("K-3", "INV-7", "70.00"), row("K-3", "INV-8", "80.00")], name="feb.csv"
    )
    again = read_sheet(configured_workspace.reports()[-1] / "success.xlsx", "feb.csv")
    assert [one["#status"] for one in again] == [*["already imported"] * 3, "accepted", "accepted"]
    assert len(claims(fake_apis)) == 3


@pytest.mark.parametrize(
    "asked", [payment("K-1", "", "300.00"), credit("K-1", "C-1", "1.00", Open="-1,0O0")], ids=["swallowing", "unread"]
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_error_sheet_holds_the_payment_that_its_case_asks_about(configured_workspace, fake_apis, asked, order):
    rows = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00"), asked, row("K-2", "INV-9", "900.00")][::order]
    found = import_list(configured_workspace, rows, code=6)
    assert found["balanced"]
    sheet = configured_workspace.reports()[-1] / "errors.xlsx"
    shown = read_sheet(sheet, "list.csv")
    assert [one["Open"] for one in shown if one["Customer no."] == "K-1"] == [
        *[one["Open"] for one in rows if one["Customer no."] == "K-1"]
    ]
    again = configured_workspace.call("run", str(sheet), "--profile", "list.toml", "--yes")
    assert again.code in {3, 6}, again
    assert claims(fake_apis) == {"K-2": 900}
    label = next(one["#entry"] for one in shown if one["#entry"]).split()[0]
    assert configured_workspace.call("resolve", label, "--send").code == 0
    configured_workspace.call("resume", "--yes")
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900}


def is_not_counted(workspace):
    return "list_does_not_count" in workspace.ledger("SELECT notes FROM batch ORDER BY id DESC LIMIT 1")[0][0]


def test_an_error_sheet_and_the_same_file_again_are_no_lists_that_lack_documents(configured_workspace):
    rows = [row(f"K-{number}", f"INV-{number}", "100.00") for number in range(8)]
    wrong = row("K-9", "INV-9", "100.00", Date="yesterday")
    import_list(configured_workspace, [*rows, wrong], name="jan.csv", code=3)
    sheet = configured_workspace.reports()[-1] / "errors.xlsx"
    for name in (str(sheet), "jan.csv"):
        configured_workspace.call("run", name, "--profile", "list.toml", "--yes")
        assert not is_not_counted(configured_workspace)
    import_list(configured_workspace, rows[:1], name="part.csv")
    assert is_not_counted(configured_workspace)
    import_list(configured_workspace, rows[:1], name="part.csv")
    assert not is_not_counted(configured_workspace)


def test_an_invoice_in_two_instalments_has_both_vouchers(configured_workspace, fake_apis):
    rows = [row("1001", "A1", "500.00"), row("1001", "A1", "400.00", **{"Due date": "2026-03-15"})]
    found = import_list(configured_workspace, rows)
    assert claims(fake_apis) == {"1001": 900.0}
    assert counts(found, "vouchers") == {"rows": 2, "accepted": 2}
    assert sorted(one["amount"] for one in fake_apis.vouchers) == [-50000, -40000]


def test_drop_beside_one_row_of_a_case_drops_nothing_until_all_rows_have_it(configured_workspace, fake_apis):
    rows = [row("1001", "A1", "1000.00", Dispute=""), row("1001", "A2", "50.00", Dispute="yes")]
    import_list(configured_workspace, rows, code=6, columns='"Dispute" = "on_hold"')
    shown = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", "list.csv")

    def answer(name, *numbers):
        answered = [one | {"#answer": "drop" if one["Number"] in numbers else ""} for one in shown]
        write_csv(configured_workspace.folder / name, answered)
        return configured_workspace.call("run", name, "--profile", "list.toml", "--yes")

    in_part = answer("part.csv", "A2")
    assert in_part.code in {3, 6}, in_part
    held = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx")
    assert all("Write the same answer into #answer of all of its rows" in one["#errors"] for one in held)
    assert answer("all.csv", "A1", "A2").code == 0
    assert counts(summary(configured_workspace)) == {"rows": 1, "left_out": 1}
    assert claims(fake_apis) == {}
