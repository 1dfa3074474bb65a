"""A document has one voucher, whether its list is read by row or by debtor, and none after its case goes without it."""

from __future__ import annotations

from collections import Counter

import pytest
from support.invoice_lists import claims, counts, credit, fee, import_list, row

COLUMNS = '"Voucher type" = "voucher_type"\n"Voucher amount" = "voucher_amount"\n"Voucher no" = "reference_id"'
FLAT = {"cases_from": "row", "columns": COLUMNS, "constants": 'voucher_source = "CREDITOR"'}
ROWS = [row("K-1", "INV-1", "100.00", Status="Open"), row("K-1", "INV-2", "50.00", Status="Open")]


def flat(rows):
    return [one | {"Voucher type": "invoice", "Voucher amount": one["Open"], "Voucher no": one["Number"]} for one in rows]


def booked(fake_apis):
    return Counter(one["received"].get("referenceId") for one in fake_apis.vouchers)


def resume(workspace):
    ended = workspace.call("resume")
    assert ended.code in {0, 8}, (ended.out, ended.err)


def test_rows_with_vouchers_after_the_case_of_their_debtor(configured_workspace, fake_apis):
    import_list(configured_workspace, ROWS, name="first.csv")
    found = import_list(configured_workspace, flat(ROWS), name="second.csv", **FLAT)
    assert counts(found, "vouchers") == {"rows": 2, "already_imported": 2}
    resume(configured_workspace)
    assert booked(fake_apis) == {"INV-1": 1, "INV-2": 1}
    assert claims(fake_apis) == {"K-1": 150}


def test_a_row_with_its_voucher_that_waits_and_then_the_case_of_its_debtor(configured_workspace, fake_apis):
    disputed = ROWS[0] | {"Status": "Disputed"}
    import_list(configured_workspace, flat([disputed]), name="first.csv", code=6, **FLAT)
    for name in ("second.csv", "third.csv"):
        import_list(configured_workspace, ROWS, name=name)
        resume(configured_workspace)
        assert claims(fake_apis) == {"K-1": 150}
        assert booked(fake_apis) == {"INV-1": 1, "INV-2": 1}


def test_a_voucher_that_waits_with_its_row_has_the_values_of_the_later_list(configured_workspace, fake_apis):
    disputed = ROWS[0] | {"Status": "Disputed"}
    import_list(configured_workspace, flat([disputed]), name="first.csv", code=6, **FLAT)
    import_list(configured_workspace, [ROWS[0] | {"Open": "80.00"}, ROWS[1]], name="second.csv")
    resume(configured_workspace)
    assert claims(fake_apis) == {"K-1": 130}
    assert sum(one["received"]["amount"] for one in fake_apis.vouchers) == -13000


def test_a_case_that_is_asked_about_goes_without_the_voucher_of_a_document_that_it_lost(configured_workspace, fake_apis):
    keys = {"columns": '"Zip" = "debtor_zip_code"'}
    named = {"Customer": "Bodil Zebrahest"}
    import_list(configured_workspace, [row("", "INV-0", "10.00", Zip="8000", **named)], name="first.csv", **keys)
    moved = [row("", number, "100.00", Zip="2100", **named) for number in ("INV-1", "INV-2")]
    import_list(configured_workspace, moved, name="second.csv", code=6, **keys)
    import_list(configured_workspace, moved[:1], name="third.csv", code=6, **keys)
    answered = configured_workspace.call("resolve", "--batch", "3", "--kind", "document", "--send", "--confirm", "1")
    assert answered.code == 0, (answered.out, answered.err)
    resume(configured_workspace)
    assert sorted(claims(fake_apis).values()) == [10, 100]
    assert booked(fake_apis) == {"INV-0": 1, "INV-1": 1}


@pytest.mark.parametrize("new_invoices", ["ask", "case", "add"])
def test_a_fee_that_is_new_since_its_case_was_sent_does_not_lower_the_claim(configured_workspace, fake_apis, new_invoices):
    more = {"more": f'new_invoices = "{new_invoices}"'}
    import_list(configured_workspace, ROWS[:1], name="first.csv", **more)
    later = [ROWS[0], fee("K-1", "F-1", "10.00", Status="Open")]
    found = import_list(configured_workspace, later, name="second.csv", **more)
    assert counts(found) == {"rows": 1, "already_imported": 1}
    assert booked(fake_apis) == {"INV-1": 1} | ({"F-1": 1} if new_invoices == "add" else {})
    with_credit = [*later, credit("K-1", "C-1", "5.00", Status="Open")]
    if new_invoices != "add":
        assert counts(import_list(configured_workspace, with_credit, name="third.csv", **more))["changed"] == 1
