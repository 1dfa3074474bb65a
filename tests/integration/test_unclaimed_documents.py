"""Lists that show nothing to claim of a debtor: a case that waits is not sent, and one that was sent is reported."""

from __future__ import annotations

from collections import Counter

import pytest
from openpyxl import load_workbook
from support.invoice_lists import claims, counts, credit, import_list, payment, row, summary, write_profile
from support.sheets import write_csv

OTHER = row("K-2", "INV-9", "70.00")
FIRST = [row("K-1", "INV-1", "1000.00"), OTHER]
SETTLED = [*FIRST, payment("K-1", "P-1", "1000.00", **{"Applies to": "INV-1"})]
COMPLETE = {"more": "complete_list = true"}


def profile_of(workspace, **keys):
    profile = write_profile(workspace.folder, **keys)
    profile.write_text(profile.read_text(encoding="utf-8").replace('"Booked" = "invoiced_amount"\n', ""), encoding="utf-8")
    return profile.name


def enter(workspace, rows, **keys):
    """Import a list that is approved and of which nothing is sent yet."""
    write_csv(workspace.folder / "first.csv", rows)
    assert workspace.call("run", "first.csv", "--profile", profile_of(workspace, **keys), "--confirm", "999").code in {6, 8}
    ended = workspace.call("approve", "1", "--yes")
    assert ended.code == 0, (ended.out, ended.err)


def resume(workspace):
    ended = workspace.call("resume")
    assert ended.code in {0, 8}, (ended.out, ended.err)  # 8: what is left of the first list must be approved again


def booked(fake_apis):
    return Counter(one["received"].get("referenceId") for one in fake_apis.vouchers)


def said(workspace, sheet):
    book = load_workbook(workspace.reports()[-1] / sheet)
    return " ".join(str(cell) for one in book for cells in one.iter_rows(values_only=True) for cell in cells if cell)


def test_a_case_that_waits_is_withdrawn_when_a_list_shows_it_settled(configured_workspace, fake_apis):
    enter(configured_workspace, FIRST)
    found = import_list(configured_workspace, SETTLED, name="second.csv")
    assert counts(found) == {"rows": 3, "accepted": 1, "withdrawn": 1, "left_out": 1}
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-2": 70}
    assert booked(fake_apis) == {"INV-9": 1}
    import_list(configured_workspace, FIRST, name="third.csv")
    assert claims(fake_apis) == {"K-1": 1000, "K-2": 70}
    assert booked(fake_apis) == {"INV-1": 1, "INV-9": 1}


def test_a_row_that_waits_is_withdrawn_when_a_list_by_debtor_shows_it_settled(configured_workspace, fake_apis):
    enter(configured_workspace, FIRST, cases_from="row")
    import_list(configured_workspace, SETTLED, name="second.csv")
    resume(configured_workspace)
    assert set(claims(fake_apis).values()) == {70}


def test_a_question_about_a_case_is_closed_when_a_list_shows_it_settled(configured_workspace, fake_apis):
    disputed = [row("K-1", "INV-1", "1000.00", Status="Disputed")]
    import_list(configured_workspace, disputed, name="first.csv", code=6)
    settled = [disputed[0] | {"Status": "Open"}, credit("K-1", "C-1", "1000.00", Status="Open", **{"Applies to": "INV-1"})]
    found = import_list(configured_workspace, settled, name="second.csv")
    assert counts(found)["withdrawn"] == 1
    answered = configured_workspace.call("resolve", "--batch", "1", "--kind", "disputed", "--send", "--confirm", "1")
    assert "no question" in answered.err + answered.out
    resume(configured_workspace)
    assert claims(fake_apis) == {}


@pytest.mark.parametrize(
    "later",
    [[FIRST[0], credit("K-1", "C-1", "1000.00", **{"Applies to": "INV-1"}), OTHER], [credit("K-1", "C-1", "40.00"), OTHER]],
)
def test_credits_that_are_new_since_a_case_was_sent_are_reported(configured_workspace, fake_apis, later):
    import_list(configured_workspace, FIRST, name="first.csv")
    for name in ("second.csv", "third.csv"):
        found = import_list(configured_workspace, later, name=name)
        assert counts(found)["changed"] == 1
        assert "C-1, which lower the claim" in said(configured_workspace, "changes.xlsx")
    assert claims(fake_apis) == {"K-1": 1000, "K-2": 70}
    assert booked(fake_apis) == {"INV-1": 1, "INV-9": 1}


def test_credits_in_a_file_of_their_own_hold_the_case_of_the_same_run(configured_workspace, fake_apis):
    workspace = configured_workspace
    write_csv(workspace.folder / "a.csv", FIRST)
    write_csv(workspace.folder / "b.csv", [credit("K-1", "C-1", "900.00", **{"Applies to": "INV-1"})])
    ended = workspace.call("run", "a.csv", "b.csv", "--profile", profile_of(workspace), "--yes")
    assert ended.code == 6, (ended.out, ended.err)
    assert claims(fake_apis) == {"K-2": 70}
    both = [*FIRST, credit("K-1", "C-1", "900.00", **{"Applies to": "INV-1"})]
    import_list(workspace, both, name="both.csv")
    assert claims(fake_apis) == {"K-1": 100, "K-2": 70}
    assert booked(fake_apis) == {"INV-1": 1, "C-1": 1, "INV-9": 1}


def test_a_case_is_sent_if_a_person_says_that_credits_elsewhere_are_of_something_else(configured_workspace, fake_apis):
    enter(configured_workspace, FIRST)
    alone = [credit("K-1", "C-1", "900.00"), OTHER]
    found = import_list(configured_workspace, alone, name="second.csv", code=6)
    assert counts(found)["questioned"] == 1
    assert summary(configured_workspace)["balanced"]
    answered = configured_workspace.call("resolve", "--batch", "2", "--kind", "document", "--send", "--confirm", "1")
    assert answered.code == 0, (answered.out, answered.err)
    import_list(configured_workspace, alone, name="third.csv")
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-1": 1000, "K-2": 70}


def test_a_credit_of_an_invoice_of_another_debtor_says_nothing(configured_workspace, fake_apis):
    enter(configured_workspace, FIRST)
    import_list(configured_workspace, [credit("K-3", "C-1", "900.00"), OTHER], name="second.csv")
    resume(configured_workspace)
    assert configured_workspace.call("approve", "1", "--yes").code in {0, 2}
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-1": 1000, "K-2": 70}


def test_an_error_sheet_withdraws_nothing_that_it_does_not_hold(configured_workspace, fake_apis):
    workspace = configured_workspace
    rows = [row("K-1", f"INV-{n}", "100.00", Status="Open" if n else "Disputed") for n in range(9)]
    enter(workspace, [*rows, row("K-2", "INV-99", "70.00", Status="Open")], **COMPLETE)
    (sheet,) = workspace.reports()[-1].glob("errors*.xlsx")
    book = load_workbook(sheet)
    for cells in book.worksheets[0].iter_rows():
        for cell in cells:
            cell.value = "Open" if cell.value == "Disputed" else cell.value
    book.save(workspace.folder / "errors.xlsx")
    ended = workspace.call("run", "errors.xlsx", "--profile", "list.toml", "--yes")
    assert ended.code == 0, (ended.out, ended.err)
    resume(workspace)
    assert claims(fake_apis) == {"K-1": 900, "K-2": 70}


def test_documents_that_a_list_leaves_out_are_not_gone(configured_workspace):
    more = {"more": 'complete_list = true\ndisputed = "leave out"'}
    rest = [row("K-9", f"X{n}", "10.00", Status="Open") for n in range(6)]
    shown = row("K-1", "INV-1", "100.00", Status="Open")
    import_list(configured_workspace, [shown, *rest], name="first.csv", **more)
    import_list(configured_workspace, [shown | {"Status": "Disputed"}, *rest], name="second.csv", **more)
    assert "not in this list any more" not in configured_workspace.call("review", "2").out
    found = import_list(configured_workspace, [shown, *rest], name="third.csv", **more)
    assert counts(found) == {"rows": 2, "already_imported": 2}


def test_a_waiting_case_goes_without_a_document_that_a_list_leaves_out(configured_workspace, fake_apis):
    more = {"more": 'disputed = "leave out"'}
    rows = [row("K-1", "INV-1", "100.00", Status="Open"), row("K-1", "INV-2", "60.00", Status="Open")]
    enter(configured_workspace, rows, **more)
    import_list(configured_workspace, [rows[0], rows[1] | {"Status": "Disputed"}], name="second.csv", **more)
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-1": 100}
    assert booked(fake_apis) == {"INV-1": 1}


def test_a_row_that_waits_is_withdrawn_when_a_list_leaves_its_document_out(configured_workspace, fake_apis):
    more = {"more": 'disputed = "leave out"'}
    rows = [row("K-1", "INV-1", "100.00", Status="Open"), row("K-1", "INV-2", "60.00", Status="Open")]
    enter(configured_workspace, rows, cases_from="row")
    import_list(configured_workspace, [rows[0], rows[1] | {"Status": "Disputed"}], name="second.csv", **more)
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-1": 100}
