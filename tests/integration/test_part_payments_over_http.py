"""What is open less of an invoice than was claimed is a deposit at Debbie, once, in whichever order the lists come."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
from openpyxl import Workbook, load_workbook
from support.invoice_lists import claims, counts, credit, payment, row, summary, write_profile
from support.sheets import write_csv

from importer.domain.code_lists import VOUCHER_TYPES

DEPOSIT = next(str(one.id) for one in VOUCHER_TYPES if one.name == "deposit")
VOUCHER = {"more": 'payments = "voucher"\nnew_invoices = "case"'}
OTHERS = [row("K-9", f"X-{number}", "50.00") for number in range(8)]


def rows_of(left, *more):
    own = [row("K-1", "INV-1", left)] if left else []
    return [*own, row("K-1", "INV-2", "200.00"), *more, *OTHERS]


def take(workspace, left, day, *more, code=0, keys=VOUCHER):
    """Import the list of a day of October 2026 with what is open of INV-1."""
    name = f"list-{day:02}-{left}.csv"
    return take_rows(workspace, rows_of(left, *more), day, name=name, code=code, keys=keys)


def take_rows(workspace, rows, day, *, name="list.csv", code=0, keys=VOUCHER, command="run"):
    text = write_csv(workspace.folder / name, rows).read_text(encoding="utf-8")
    dated = f"Open items as at 2026-10-{day:02}\n\n{text}"
    (workspace.folder / name).write_text(dated, encoding="utf-8")
    profile = write_profile(workspace.folder, **keys)
    profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    ended = workspace.call(command, name, "--profile", profile.name, "--yes")
    assert ended.code == code, (ended.code, ended.out, ended.err)
    found = summary(workspace)
    assert found["balanced"]
    return found


def deposits(fake_apis):
    found = [one["received"] for one in fake_apis.vouchers if one["received"]["voucherTypeId"] == DEPOSIT]
    return [(one["referenceId"], one["amount"] / 100, one["date"][:10]) for one in found]


def balance(fake_apis):
    """What Debbie has as open, over all cases."""
    return -sum(one["received"]["amount"] for one in fake_apis.vouchers) / 100


def test_each_part_payment_is_sent_once(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    found = take(configured_workspace, "60.00", 10)
    assert deposits(fake_apis) == [("INV-1", 40.0, "2026-10-10")]
    assert counts(found) == {"rows": 2, "already_imported": 2}
    assert counts(found, "vouchers") == {"rows": 11, "accepted": 1, "already_imported": 10}
    take(configured_workspace, "60.00", 10)
    take(configured_workspace, "60.00", 12)
    take(configured_workspace, "30.00", 20)
    take(configured_workspace, "30.00", 20)
    assert deposits(fake_apis) == [("INV-1", 40.0, "2026-10-10"), ("INV-1", 30.0, "2026-10-20")]
    assert balance(fake_apis) == 30 + 200 + 400
    assert claims(fake_apis) == {"K-1": 300, "K-9": 400}


def test_an_older_list_concludes_nothing(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    take(configured_workspace, "30.00", 20)
    take(configured_workspace, "60.00", 10)
    assert deposits(fake_apis) == [("INV-1", 70.0, "2026-10-20")]
    take(configured_workspace, "20.00", 25)
    assert [amount for _, amount, _ in deposits(fake_apis)] == [70.0, 10.0]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_what_is_open_at_debbie_is_what_the_newest_list_shows_in_any_order(configured_workspace, fake_apis, order):
    lists = [("100.00", 1), ("60.00", 10), ("30.00", 20)]
    for index in (*order, *order):
        take(configured_workspace, *lists[index])
    assert balance(fake_apis) == 630
    assert len({one["received"]["uniqueId"] for one in fake_apis.vouchers}) == len(fake_apis.vouchers)


def test_a_document_that_is_gone_is_no_deposit(configured_workspace, fake_apis):
    complete = {"more": VOUCHER["more"] + "\ncomplete_list = true"}
    take(configured_workspace, "100.00", 1, keys=complete)
    take(configured_workspace, None, 10, keys=complete)
    assert deposits(fake_apis) == []
    take(configured_workspace, "40.00", 20, keys=complete, code=6)
    assert deposits(fake_apis) == []


def test_a_list_that_does_not_count_deposits_nothing(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    take_rows(configured_workspace, rows_of("60.00")[:4], 10)
    assert deposits(fake_apis) == []


def test_without_the_setting_it_is_only_reported(configured_workspace, fake_apis):
    usual = {"more": 'new_invoices = "case"'}
    take(configured_workspace, "100.00", 1, keys=usual)
    assert counts(take(configured_workspace, "60.00", 10, keys=usual))["changed"] == 1
    assert deposits(fake_apis) == []


@pytest.mark.parametrize("more", [payment("K-1", "P-1", "40.00"), credit("K-1", "C-1", "40.00"), payment("K-1", "", "40.00")])
def test_a_payment_or_credit_row_that_is_new_goes_instead_of_a_deposit(configured_workspace, fake_apis, more):
    take(configured_workspace, "100.00", 1)
    take(configured_workspace, "100.00", 5, more)
    take(configured_workspace, "60.00", 10)  # now it is assigned
    assert deposits(fake_apis) == []
    take(configured_workspace, "60.00", 12)
    assert deposits(fake_apis) == []


def test_a_payment_that_was_sent_and_is_assigned_now_is_no_deposit(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1, payment("K-1", "P-1", "40.00"))
    assert deposits(fake_apis) == [("P-1", 40.0, "2026-01-15")]
    for day, left, more in ((10, "80.00", [payment("K-1", "P-1", "20.00")]), (20, "60.00", [])):
        found = take(configured_workspace, left, day, *more)
        assert counts(found)["changed"] == 1
    assert len(deposits(fake_apis)) == 1
    assert balance(fake_apis) == 660


def test_a_payment_that_was_sent_and_stays_allows_a_deposit(configured_workspace, fake_apis):
    own = payment("K-1", "P-1", "40.00")
    take(configured_workspace, "100.00", 1, own)
    take(configured_workspace, "70.00", 10, own)
    assert [(number, amount) for number, amount, _ in deposits(fake_apis)] == [("P-1", 40.0), ("INV-1", 30.0)]


def test_after_a_document_grew_nothing_is_deposited(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    take(configured_workspace, "60.00", 5)
    take(configured_workspace, "80.00", 10, code=6)
    found = take(configured_workspace, "50.00", 20)
    assert counts(found)["changed"] == 1
    assert len(deposits(fake_apis)) == 1


def test_one_that_grew_beside_it_holds_a_deposit(configured_workspace, fake_apis):
    rows = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00"), *OTHERS]
    take_rows(configured_workspace, rows, 1)
    moved = [row("K-1", "INV-1", "60.00"), row("K-1", "INV-2", "240.00"), *OTHERS]
    take_rows(configured_workspace, moved, 10, name="moved.csv", code=6)
    assert deposits(fake_apis) == []


def test_nothing_is_deposited_for_a_case_that_has_ended(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    with sqlite3.connect(configured_workspace.folder / "ledger.db") as db:
        db.execute("UPDATE entry SET remote_facts = '{\"lifecycle\": \"Closed\"}' WHERE kind = 'case'")
    found = take(configured_workspace, "60.00", 10)
    assert counts(found)["changed"] == 1
    assert deposits(fake_apis) == []


def test_an_instalment_that_is_gone_is_no_deposit(configured_workspace, fake_apis):
    parts = [row("K-1", "INV-1", "50.00"), row("K-1", "INV-1", "50.00", **{"Due date": "2026-03-15"})]
    take_rows(configured_workspace, [*parts, *OTHERS], 1)
    booked = [one["received"]["referenceId"] for one in fake_apis.vouchers]
    assert booked.count("INV-1") == 2
    for day, part in ((10, parts[0]), (20, parts[1])):
        take_rows(configured_workspace, [part, *OTHERS], day, name=f"{day}.csv")
    assert deposits(fake_apis) == []


def test_new_invoices_beside_it_become_a_case_and_the_payment_a_deposit(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    new = row("K-1", "INV-3", "300.00")
    take(configured_workspace, "60.00", 10, new)
    assert deposits(fake_apis) == [("INV-1", 40.0, "2026-10-10")]
    assert claims(fake_apis) == {"K-1": 300, "K-9": 400, "K-1-2": 300}
    assert balance(fake_apis) == 60 + 200 + 400 + 300


def test_the_review_and_the_sheets_name_the_deposit(configured_workspace):
    take(configured_workspace, "100.00", 1)
    take(configured_workspace, "60.00", 10)
    assert "a deposit of the creditor, DKK 40.00, lowers what Debbie shows" in " ".join(
        configured_workspace.call("review", "2").out.split()
    )


def test_a_profile_without_vouchers_cannot_want_deposits(configured_workspace):
    write_csv(configured_workspace.folder / "list.csv", rows_of("100.00"))
    for more in ('payments = "voucher"\nvouchers = "none"', None):
        keys = {"more": more} if more else {"more": 'payments = "voucher"', "cases_from": "row"}
        write_profile(configured_workspace.folder, **keys)
        ended = configured_workspace.call("run", "list.csv", "--profile", "list.toml", "--yes")
        assert ended.code == 2, (ended.code, ended.out, ended.err)
        assert 'payments = "voucher" needs' in ended.err


def enter_only(workspace, left, day, batch):
    """Let a list be approved without anything being sent, as a run that is killed before it sends leaves it."""
    name = f"list-{day:02}-{left}.csv"
    text = write_csv(workspace.folder / name, rows_of(left)).read_text(encoding="utf-8")
    (workspace.folder / name).write_text(f"Open items as at 2026-10-{day:02}\n\n{text}", encoding="utf-8")
    assert workspace.call("run", name, "--profile", "list.toml", "--confirm", "999").code == 8
    ended = workspace.call("approve", str(batch), "--yes")
    assert ended.code == 0, (ended.out, ended.err)


@pytest.mark.parametrize("lefts", [["60.00"], ["60.00", "30.00"]])
def test_a_deposit_that_was_not_sent_goes_with_the_same_list_or_the_next_one(configured_workspace, fake_apis, lefts):
    take(configured_workspace, "100.00", 1)
    enter_only(configured_workspace, "60.00", 10, 2)
    assert deposits(fake_apis) == []
    for day, left in enumerate(lefts, 10):
        take(configured_workspace, left, day)
    assert [amount for _, amount, _ in deposits(fake_apis)] == [40.0, 30.0][: len(lefts)]
    assert configured_workspace.call("resume").code == 0
    assert len(deposits(fake_apis)) == len(lefts)


def test_a_deposit_that_was_refused_goes_with_the_next_list(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    enter_only(configured_workspace, "60.00", 10, 2)
    with sqlite3.connect(configured_workspace.folder / "ledger.db") as db:
        db.execute("UPDATE entry SET state = 'refused', ready = 0 WHERE kind = 'voucher' AND state = 'pending'")
    take(configured_workspace, "60.00", 12)
    assert deposits(fake_apis) == [("INV-1", 40.0, "2026-10-10")]


def test_the_deposit_has_a_line_of_its_own(configured_workspace, fake_apis):
    take(configured_workspace, "100.00", 1)
    take(configured_workspace, "60.00", 10)
    (sheet,) = load_workbook(configured_workspace.reports()[-1] / "success.xlsx").worksheets
    head, *lines = sheet.iter_rows(values_only=True)
    of_invoice = [dict(zip(head, line, strict=True)) for line in lines if "INV-1" in line]
    assert [(one["#row"], one["#status"]) for one in of_invoice] == [(4, "already imported"), (4, "accepted")]
    uids = {one["received"]["uniqueId"] for one in fake_apis.vouchers if one["received"]["referenceId"] == "INV-1"}
    assert {one["#unique_id"] for one in of_invoice} == uids


def test_a_debtor_in_two_sheets_has_each_deposit_once(configured_workspace, fake_apis):
    for day, left in ((1, "100.00"), (10, "60.00")):
        book = Workbook()
        for place, rows in enumerate(([row("K-1", "INV-1", left), *OTHERS], [row("K-1", "INV-2", "200.00")])):
            sheet = book.active if place == 0 else book.create_sheet("More")
            sheet.append([f"Open items as at 2026-10-{day:02}"])
            sheet.append([])
            sheet.append(list(rows[0]))
            for one in rows:
                sheet.append(list(one.values()))
        book.save(configured_workspace.folder / f"{day}.xlsx")
        profile = write_profile(configured_workspace.folder, **VOUCHER)
        profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
        ended = configured_workspace.call("run", f"{day}.xlsx", "--profile", profile.name, "--yes")
        assert ended.code == 0, (ended.code, ended.out, ended.err)
    assert deposits(fake_apis) == [("INV-1", 40.0, "2026-10-10")]
    assert counts(summary(configured_workspace)).get("changed") is None
