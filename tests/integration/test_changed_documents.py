"""Documents of cases that were sent, shown again with another amount: one question each, or reported beside new documents."""

from __future__ import annotations

import json

import pytest
from support.invoice_lists import claims, counts, import_list, row
from support.sheets import read_sheet

JAN = [row("K-1", "INV-1", "100.00"), row("K-1", "INV-2", "200.00"), row("K-2", "INV-9", "900.00")]
LARGER, SMALLER, CAME = row("K-1", "INV-1", "150.00"), row("K-1", "INV-1", "50.00"), row("K-1", "INV-2", "250.00")
NEW = row("K-1", "INV-3", "300.00")
COMPLETE = "complete_list = true"


def shown(workspace):
    return " ".join(path.read_text(encoding="utf-8") for path in workspace.reports()[-1].glob("*.json"))


def test_a_larger_document_is_one_question_and_no_twin_of_its_own_case(configured_workspace, fake_apis):
    import_list(configured_workspace, JAN, name="jan.csv")
    for name, code in (("feb.csv", 6), ("again.csv", 3)):
        found = import_list(configured_workspace, [LARGER, *JAN[1:]], name=name, code=code)
        assert (counts(found), list(found["questions"])) == ({"rows": 2, "already_imported": 1, "questioned": 1}, ["grown"])
        assert counts(found, "vouchers") == {"rows": 3, "already_imported": 2, "left_out": 1}
        asked = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", name)
        assert "INV-1 of the case" in asked[0]["#errors"]
        assert "K-1 DKK" not in json.dumps(asked) + shown(configured_workspace)
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900}


def test_a_document_that_came_back_and_one_that_grew_are_both_asked_about(configured_workspace):
    for name, rows, code in (("a.csv", JAN, 0), ("b.csv", JAN[1:], 0), ("c.csv", [JAN[0], CAME, JAN[2]], 6)):
        more = [row(f"K-{number}", f"INV-{number}", "10.00") for number in range(10, 16)]
        found = import_list(configured_workspace, [*rows, *more], name=name, code=code, more=COMPLETE)
    said = read_sheet(configured_workspace.reports()[-1] / "errors.xlsx", "c.csv")[0]["#errors"]
    assert ("INV-1 of the case" in said, "INV-2 of the case" in said) == (True, True)
    assert counts(found, "vouchers")["left_out"] == 2


@pytest.mark.parametrize("policy", ["case", "add", "ask"])
@pytest.mark.parametrize(("document", "why"), [(SMALLER, "was 100.00, is now 50.00"), (LARGER, "is larger than before")])
def test_a_change_beside_new_documents_of_the_debtor_is_reported(configured_workspace, fake_apis, policy, document, why):
    more = f'new_invoices = "{policy}"'
    import_list(configured_workspace, JAN, name="jan.csv", more=more)
    code, name = (6, "errors.xlsx") if policy == "ask" else (0, "changes.xlsx")  # its row also asks about the new ones
    found = import_list(configured_workspace, [document, *JAN[1:], NEW], name="feb.csv", more=more, code=code)
    assert counts(found, "vouchers")["changed"] == 1
    changed = read_sheet(configured_workspace.reports()[-1] / name, "feb.csv")[0]
    assert (changed["Number"], why in changed["#errors"]) == ("INV-1", True)
    assert claims(fake_apis) == {"K-1": 300, "K-2": 900} | ({"K-1-2": 300} if policy == "case" else {})
    assert found["balanced"]
