"""A row that calls a document paid, disputed or the like which a case of several documents carries."""

from __future__ import annotations

import pytest
from support.invoice_lists import claims, counts, import_list, row, write_profile
from support.sheets import read_sheet, write_csv

OPEN = {"Status": "Open"}
JAN = [row("K-1", "INV-1", "100.00", **OPEN), row("K-1", "INV-2", "200.00", **OPEN), row("K-2", "INV-9", "900.00", **OPEN)]
PAID = row("K-1", "INV-1", "100.00", Status="Paid")


def reasons(workspace, name, sheet):
    return [one["#errors"] for one in read_sheet(workspace.reports()[-1] / name, sheet)]


def wait(workspace, rows, name="jan.csv", **keys):
    """Import a list that is approved and of which nothing is sent yet."""
    write_csv(workspace.folder / name, rows)
    profile = write_profile(workspace.folder, **keys)
    profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    assert workspace.call("run", name, "--profile", profile.name, "--confirm", "999").code == 8
    assert workspace.call("approve", "1", "--yes").code == 0


@pytest.mark.parametrize("cases_from", ["debtor", "row"])
@pytest.mark.parametrize("paid", [PAID, PAID | {"Open": "0.00"}])
def test_a_paid_document_of_a_case_that_was_sent_is_changed(configured_workspace, fake_apis, cases_from, paid):
    import_list(configured_workspace, JAN, name="jan.csv")
    found = import_list(configured_workspace, [paid, *JAN[1:]], name="feb.csv", cases_from=cases_from, code=3)
    assert counts(found) == {"rows": 3, "already_imported": 2, "changed": 1}
    (said,) = reasons(configured_workspace, "changes.xlsx", "feb.csv")
    assert ("The document INV-1 of the case" in said, "is called paid now" in said) == (True, True)
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900}


def test_a_disputed_document_of_a_case_that_was_sent_is_changed(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, name="jan.csv")
    rows = [PAID | {"Status": "Disputed"}, *JAN[1:]]
    found = import_list(configured_workspace, rows, name="feb.csv", cases_from="row", code=3)
    assert counts(found)["changed"] == 1
    assert "is called disputed now" in reasons(configured_workspace, "changes.xlsx", "feb.csv")[0]
    assert len(claims(fake_apis)) == 2


@pytest.mark.parametrize("cases_from", ["debtor", "row"])
def test_a_case_that_waits_with_a_paid_document_is_asked_about(configured_workspace, fake_apis, cases_from):
    wait(configured_workspace, JAN)
    import_list(configured_workspace, [PAID, JAN[2]], name="feb.csv", cases_from=cases_from, code=6)
    (said,) = reasons(configured_workspace, "errors.xlsx", "feb.csv")
    assert "A document of the case is called paid: INV-1 (row 2 of this file)" in said
    configured_workspace.call("resume", "--yes")
    assert "K-1" not in claims(fake_apis)
    answered = configured_workspace.call("resolve", "--batch", "2", "--kind", "called-paid", "--send", "--confirm", "1")
    assert answered.code == 0, answered
    configured_workspace.call("resume", "--yes")
    assert claims(fake_apis)["K-1"] == 300


def test_a_case_that_waits_with_a_paid_document_alone_is_withdrawn(configured_workspace, fake_apis):
    wait(configured_workspace, [JAN[0], JAN[2]])
    found = import_list(configured_workspace, [PAID, JAN[2]], name="feb.csv")
    assert counts(found)["withdrawn"] == 1
    configured_workspace.call("resume", "--yes")
    assert claims(fake_apis) == {"K-2": 900}


def test_the_rest_of_a_case_that_waits_is_claimed_without_its_paid_document(configured_workspace, fake_apis):
    wait(configured_workspace, JAN, more="complete_list = true")
    import_list(configured_workspace, [PAID, *JAN[1:]], name="feb.csv", more="complete_list = true")
    assert claims(fake_apis) == {"K-1": 200, "K-2": 900}


def test_a_document_with_a_number_that_was_given_again_is_left_alone(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, name="jan.csv")
    other = row("K-7", "INV-1", "100.00", Status="Paid", Date="2026-03-03")
    found = import_list(configured_workspace, [other, *JAN], name="feb.csv")
    assert counts(found) == {"rows": 3, "already_imported": 2, "left_out": 1}
    assert len(claims(fake_apis)) == 2
