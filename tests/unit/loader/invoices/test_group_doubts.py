"""What is asked because a list can be read in two ways, one of which claims more."""

import pytest
from support.listed_rows import cases, credit, invoice, loaded, payment

from importer.domain.records import VoucherRecord


def of_list(*rows, **changes):
    (found,) = cases(loaded(rows, **changes)).values()
    return found


def test_a_disputed_credit_is_asked_about_although_disputed_invoices_are_left_out():
    rows = [invoice("K-1", "A1", "1000.00"), invoice("K-1", "A2", "50.00", Dispute="yes")]
    disputed = credit("K-1", "C1", "400.00", Dispute="yes")
    assert of_list(*rows, disputed, disputed="leave out") == (60000, ["disputed"])
    of_disputed = credit("K-1", "C2", "20.00", Dispute="yes", **{"Applies to": "A2"})
    assert of_list(*rows, of_disputed, disputed="leave out") == (100000, [])


@pytest.mark.parametrize("kind", ["Credit", ""])
def test_a_credit_counts_although_it_is_called_not_due(kind):
    status = {"values": {"row_state": {"Not due": "not due", "Overdue": "claim"}}} if not kind else {}
    rows = [
        invoice("K-1", "A1", "1000.00", Status="Overdue", Kind="Invoice" if kind else ""),
        credit("K-1", "C1", "400.00", Status="Not due", Kind=kind),
    ]
    found = cases(loaded(rows, **status))
    assert [cents for cents, _ in found.values()] == [60000]


def test_a_credit_that_is_more_than_what_is_open_of_a_document_that_is_left_out_is_taken_off_and_asked_about():
    later = invoice("K-1", "A1", "100.00", **{"Due date": "2026-12-20"})
    known = invoice("K-1", "A2", "1000.00")
    named = {"Applies to": "A1"}
    assert of_list(later, known, credit("K-1", "C1", "100.00", **named)) == (100000, [])
    assert of_list(later, known, credit("K-1", "C1", "300.00", **named)) == (70000, ["unassigned_credits"])
    two = credit("K-1", "C1", "60.00", **named), credit("K-1", "C2", "60.00", **named)
    assert of_list(later, known, *two) == (94000, ["unassigned_credits"])
    paid = invoice("K-1", "A1", "0.00")
    assert of_list(paid, known, payment("K-1", "P1", "300.00", **named)) == (70000, ["unassigned_credits"])


def test_a_payment_of_a_paid_invoice_stays_with_it_where_no_column_shows_what_is_open():
    columns = {"columns": {"Amount": "amount_to_recover", "State": "row_state"}, "values": {"row_state": {"Settled": "paid"}}}

    def amount(row, state):
        return {name: value for name, value in row.items() if name != "Open"} | {"Amount": row["Open"], "State": state}

    paid = amount(invoice("K-1", "A1", "900.00"), "Settled")
    rows = [paid, amount(invoice("K-1", "A2", "1000.00"), "Open")]
    rows.append(amount(credit("K-1", "C1", "900.00", **{"Applies to": "A1"}), ""))
    found = cases(loaded(rows, **columns))
    assert [cents for cents, _ in found.values()] == [100000]


def test_equal_payments_under_one_number_are_asked_about():
    first, paid = invoice("K-1", "A1", "1000.00"), payment("K-1", "BANK-12", "100.00")
    assert of_list(first, paid, paid) == (90000, ["credits"])
    assert of_list(first, first, paid) == (90000, [])
    assert of_list(first, paid, first, paid) == (90000, [])
    assert of_list(invoice("K-1", "", "1000.00"), paid, paid) == (90000, ["credits"])


def test_a_payment_may_be_divided_among_invoices():
    rows = [invoice("K-1", "A1", "1000.00"), invoice("K-1", "A2", "1000.00")]
    rows += [payment("K-1", "B1", "300.00", **{"Applies to": "A1"}), payment("K-1", "B1", "400.00", **{"Applies to": "A2"})]
    assert of_list(*rows) == (130000, [])
    vouchers = [one.voucher for one in loaded(rows) if isinstance(one.voucher, VoucherRecord)]
    assert len({one.unique_id for one in vouchers}) == 4
    documents = next(one.case for one in loaded(rows) if one.case is not None).documents
    assert {one.number: one.open_cents for one in documents} == {"A1": 100000, "A2": 100000, "B1": 70000}


@pytest.mark.parametrize("other", ["123", "00123a", "00123A"])
def test_numbers_that_differ_in_zeros_or_letter_case_are_asked_about(other):
    number = "00123" if other == "123" else "123a" if other == "00123A" else "123A"
    assert of_list(invoice("K-1", number, "1000.00"), invoice("K-1", other, "1000.00")) == (200000, ["credits"])
    assert of_list(invoice("K-1", number, "1000.00"), invoice("K-1", other, "900.00")) == (190000, [])
