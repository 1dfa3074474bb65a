"""Later lists as files over HTTP: each document has one voucher, in the case that carries it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

import pytest
from support.invoice_lists import claims, counts, credit, import_list, row, write_profile
from support.sheets import write_csv

from importer.dispatcher.reconcile.list_look import _finished
from importer.domain.accounts import Accounts
from importer.ledger.ledger import Ledger

JAN = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00"), row("K-2", "INV-9", "900.00")]
FEB = [*JAN, row("K-1", "INV-3", "300.00", Date="2026-02-20", **{"Due date": "2026-03-20"})]
CASE = 'new_invoices = "case"'


def vouchers(fake_apis):
    """The documents at Debbie: the number and the reference of the case → how many vouchers."""
    references = {one["id"]: one["creditorReference"] for one in fake_apis.cases}
    return Counter((one["received"]["referenceId"], references[one["caseId"]]) for one in fake_apis.vouchers)


def test_vouchers_go_to_the_case_that_has_their_documents(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, more=CASE, name="jan.csv")
    found = import_list(configured_workspace, FEB, more=CASE, name="feb.csv")
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900, "K-1-2": 300}
    expected = {("INV-1", "K-1"): 1, ("INV-2", "K-1"): 1, ("INV-9", "K-2"): 1, ("INV-3", "K-1-2"): 1}
    assert vouchers(fake_apis) == expected
    assert counts(found, "vouchers") == {"rows": 4, "accepted": 1, "already_imported": 3}
    import_list(configured_workspace, list(reversed(FEB)), more=CASE, name="again.csv")
    assert vouchers(fake_apis) == expected
    assert len(claims(fake_apis)) == 3


def test_the_further_case_reads_like_the_first_one(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, more=CASE, name="jan.csv")
    import_list(configured_workspace, FEB, more=CASE, name="feb.csv")
    further = next(one["received"] for one in fake_apis.cases if one["creditorReference"] == "K-1-2")
    assert further["comments"] == ("Invoices (DKK):\nINV-3 of 2026-02-20, due 2026-03-20: 300.00\nTo be recovered: DKK 300.00")
    assert further["claimDescription"] == "1 unpaid invoice of 2026-02-20."


def test_a_list_by_row_and_then_by_debtor(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, cases_from="row", name="jan.csv")
    assert len(claims(fake_apis)) == 3
    import_list(configured_workspace, FEB, more=CASE, name="feb.csv")
    assert sum(claims(fake_apis).values()) == 1500
    assert Counter(number for number, _ in vouchers(fake_apis).elements()) == {"INV-1": 1, "INV-2": 1, "INV-9": 1, "INV-3": 1}
    assert vouchers(fake_apis)["INV-1", "INV-1"] == 1


def test_a_credit_that_is_new_since_the_case_was_sent_is_reported_and_not_sent(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, name="jan.csv")
    found = import_list(configured_workspace, [*JAN, credit("K-1", "C-1", "50.00")], name="feb.csv")
    assert ("C-1", "K-1") not in vouchers(fake_apis)
    assert counts(found)["changed"] == 1
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900}


def test_new_documents_are_added_to_the_open_case_with_both_sums(configured_workspace, fake_apis):
    add = 'new_invoices = "add"'
    import_list(configured_workspace, JAN, more=add, name="jan.csv")
    for name in ("feb.csv", "again.csv"):
        import_list(configured_workspace, FEB, more=add, name=name)
        assert claims(fake_apis) == {"K-1": 300, "K-2": 900}
        assert vouchers(fake_apis) == dict.fromkeys([("INV-1", "K-1"), ("INV-2", "K-1"), ("INV-3", "K-1"), ("INV-9", "K-2")], 1)
    said = configured_workspace.call("review", "2").out
    assert "Debitura's claim stays at 300.00 DKK" in " ".join(said.split())
    assert "by 300.00 to 600.00 DKK" in " ".join(said.split())
    assert "Debitura's claim stays" not in configured_workspace.call("review", "3").out


def test_without_vouchers_new_documents_are_asked_about_instead_of_added(configured_workspace, fake_apis):
    add = 'new_invoices = "add"\nvouchers = "none"'
    import_list(configured_workspace, JAN, more=add, name="jan.csv")
    found = import_list(configured_workspace, FEB, more=add, name="feb.csv", code=6)
    assert counts(found)["questioned"] == 1
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900}


@pytest.mark.parametrize("ended", [{"lifecycle": "Closed"}, {"dateFinished": "2026-02-01"}, {"closeCode": "PaidInFull"}])
def test_nothing_is_added_to_a_case_that_has_ended(configured_workspace, fake_apis, ended):
    add = 'new_invoices = "add"'
    import_list(configured_workspace, JAN, more=add, name="jan.csv")
    with sqlite3.connect(configured_workspace.folder / "ledger.db") as db:
        cases = db.execute("SELECT remote_id, account FROM entry WHERE kind = 'case'").fetchall()
    listed = [{"id": identifier, **ended} for identifier, _ in cases]
    facts = _finished(listed, {identifier for identifier, _ in cases}) or {one["id"]: json.dumps(ended) for one in listed}
    with Ledger.open(f"sqlite:///{configured_workspace.folder / 'ledger.db'}", "test") as ledger:
        ledger.remote_cases.note_finished(Accounts(cases[0][1], ""), facts)
    found = import_list(configured_workspace, FEB, more=add, name="feb.csv", code=6)
    assert counts(found)["questioned"] == 1
    assert ("INV-3", "K-1") not in vouchers(fake_apis)


@pytest.mark.parametrize("takes_between", [False, True])
def test_an_approval_gives_the_same_as_a_run(configured_workspace, fake_apis, takes_between):
    workspace = configured_workspace
    import_list(workspace, JAN[:1], more=CASE, name="jan.csv")
    write_csv(workspace.folder / "feb.csv", FEB)
    assert workspace.call("run", "feb.csv", "--profile", "list.toml", "--confirm", "999").code == 8
    if takes_between:
        import_list(workspace, JAN[:2], more=CASE, name="between.csv")
    ended = workspace.call("approve", "2", "--yes")
    assert ended.code == 0, (ended.out, ended.err)
    assert workspace.call("resume").code == 0
    expected = {"K-1": 100, "K-2": 900} | ({"K-1-2": 200, "K-1-3": 300} if takes_between else {"K-1-2": 500})
    assert claims(fake_apis) == expected
    assert Counter(number for number, _ in vouchers(fake_apis).elements()) == dict.fromkeys(
        ("INV-1", "INV-2", "INV-3", "INV-9"), 1
    )


@pytest.mark.parametrize(("policy", "code"), [("ask", 6), ("case", 0), ("add", 0)])
def test_a_list_in_two_files_of_one_run_loses_no_document(configured_workspace, fake_apis, policy, code):
    workspace, more = configured_workspace, f'new_invoices = "{policy}"'
    write_csv(workspace.folder / "first.csv", JAN[:1])
    write_csv(workspace.folder / "second.csv", JAN[1:])
    profile = write_profile(workspace.folder, more=more)
    profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    ended = workspace.call("run", "first.csv", "second.csv", "--profile", "list.toml", "--yes")
    assert ended.code == code, (ended.out, ended.err)
    expected = {"ask": {"K-1": 100}, "case": {"K-1": 100, "K-1-2": 200}, "add": {"K-1": 100}}[policy] | {"K-2": 900}
    assert claims(fake_apis) == expected
    numbers = {"INV-1", "INV-9"} if policy == "ask" else {"INV-1", "INV-2", "INV-9"}
    assert Counter(number for number, _ in vouchers(fake_apis).elements()) == dict.fromkeys(numbers, 1)
