"""Which rows of a list are of one debtor, and when it is asked."""

import pytest
from support.listed_rows import cases, credit, invoice, loaded

from importer.loader.invoices.debtors import DebtorName, Debtors

BIRTHE = {"Customer": "Birthe Sand"}


def amounts(rows, **changes):
    return sorted((cents, codes) for cents, codes in cases(loaded(rows, **changes)).values())


def test_a_customer_number_in_other_letters_is_the_same():
    rows = [invoice("K-1", "A1", "1000.00"), credit("k-1", "C1", "400.00")]
    assert cases(loaded(rows)) == cases(loaded(rows[::-1])) == {"K-1 DKK": (60000, [])}


def test_a_row_without_a_postal_code_is_of_the_only_debtor_with_that_name():
    rows = [invoice("", "A1", "1000.00", **BIRTHE, Zip="8000"), credit("", "C1", "400.00", **BIRTHE)]
    assert amounts(rows) == [(60000, [])]
    assert amounts([*rows, invoice("", "A2", "50.00", **BIRTHE)]) == [(65000, [])]


def test_a_credit_that_may_be_of_one_of_two_debtors_asks_about_both():
    rows = [invoice("", "A1", "1000.00", **BIRTHE, Zip="8000"), invoice("", "A2", "500.00", **BIRTHE, Zip="9000")]
    assert amounts([*rows, credit("", "C1", "400.00", **BIRTHE)]) == [(50000, ["credits"]), (100000, ["credits"])]
    assert amounts([*rows, credit("", "C1", "400.00", Customer="Bo Dal")]) == [(50000, []), (100000, [])]
    numbered = [invoice("K-1", "A1", "1000.00", **BIRTHE), invoice("K-2", "A2", "500.00", **BIRTHE)]
    assert amounts([*numbered, credit("", "C1", "900.00", **BIRTHE)]) == [(50000, ["credits"]), (100000, ["credits"])]


def test_names_under_one_number_that_differ_in_punctuation_are_one_debtor():
    rows = [
        invoice("K-1", "A1", "1000.00", Customer="Birthe Sand A/S"),
        credit("K-1", "C1", "400.00", Customer="Birthe Sand AS"),
    ]
    assert cases(loaded(rows)) == {"K-1 DKK": (60000, [])}


def test_a_credit_under_another_name_of_the_number_asks_about_it():
    rows = [invoice("K-1", "A1", "1000.00", Customer="Birthe Sand"), credit("K-1", "C1", "400.00", Customer="Sand Holding")]
    assert amounts(rows) == [(100000, ["credits"])]
    assert amounts([rows[0], rows[1] | {"Customer no.": "00K-1"}]) == [(100000, [])]
    assert amounts([rows[0] | {"Customer no.": "17"}, rows[1] | {"Customer no.": "0017"}]) == [(100000, ["credits"])]


def test_a_credit_of_a_customer_in_cash_does_not_ask_about_the_others():
    people = ("Anna Berg", "Bo Dal", "Carl Eng", "Dorte Friis")
    rows = [invoice("99", f"A{n}", "100.00", Customer=name) for n, name in enumerate(people)]
    assert [codes for _, codes in amounts([*rows, credit("99", "C1", "40.00", Customer="Egon Gram")])] == [[]] * 4
    asked = amounts([*rows, credit("99", "C1", "40.00", Customer="Anna Bergh")])
    assert sorted(codes for _, codes in asked) == [[], [], [], ["credits"]]
    assert [codes for _, codes in amounts([*rows[:2], credit("99", "C1", "40.00", Customer="")])] == [["credits"]] * 2


def test_an_invoice_without_number_joins_a_customer_only_at_the_same_place():
    known = invoice("K-1", "A1", "1000.00", Customer="Jens Hansen")
    other = invoice("", "A2", "500.00", Customer="Jens Hansen", Zip="8000")
    assert amounts([known, other]) == [(50000, ["credits"]), (100000, ["credits"])]
    assert amounts([known | {"Zip": "8000"}, other]) == [(150000, [])]
    assert amounts([known | {"Zip": "9000"}, other]) == [(50000, []), (100000, [])]
    assert amounts([known, credit("", "C2", "400.00", Customer="Jens Hansen", Zip="8000")]) == [(60000, [])]


def test_a_reference_may_have_rows_without_a_name():
    rows = [invoice("", "A1", "100.00", Case="R1"), credit("", "C1", "40.00", Case="R1", Customer="")]
    found = cases(loaded(rows, cases_from="reference", columns={"Case": "case_ref"}))
    assert found == {"R1": (6000, [])}


@pytest.mark.parametrize("order", [1, -1])
def test_the_key_of_a_debtor_does_not_depend_on_the_order_of_the_rows(order):
    names = [
        DebtorName("n", "DK", "", "birthe sand", place, country) for place, country in (("", ""), ("8000", ""), ("8000", "DK"))
    ]
    debtors = Debtors()
    for one in names[::order]:
        debtors.add(one, is_invoiced=True)
    assert len({debtors.key_of(one) for one in names}) == 1
