"""Lists that look like a report: a name that is missing, and amounts whose sign is beside them."""

import pytest
from support.listed_rows import cases, invoice, loaded

from importer.domain.records import Reject
from importer.errors import FileRefused

PEOPLE = ("Anna Berg", "Bo Dal", "", "Dan Eg")


def test_totals_below_all_rows_do_not_prove_that_a_missing_name_is_the_one_above():
    rows = [invoice("", str(n), f"{n}00.00", Customer=name) for n, name in enumerate(PEOPLE, 1)]
    totals = [{"Customer": label, "Open": "1000.00"} for label in ("Total", "Total overdue")]
    found = loaded([*rows, *totals])
    assert sorted(cents for cents, _ in cases(found).values()) == [10000, 20000, 40000]
    (missing,) = (one for one in found if one.row.number == 4)
    assert isinstance(missing.case, Reject)
    assert not missing.case.is_left_out


@pytest.mark.parametrize(("total", "expected"), [("300.00", [30000, 70000]), ("1000.00", [10000, 30000])])
def test_totals_between_rows_prove_it_by_their_sums(total, expected):
    first, second, third, fourth = (
        invoice("", str(n), f"{n}00.00", Customer=name) for n, name in enumerate(("Bo Dal", "", "Dan Eg", ""), 1)
    )
    totals = [{"Customer": f"Total {name}", "Open": amount} for name, amount in (("Bo Dal", total), ("Dan Eg", "700.00"))]
    found = loaded([first, second, totals[0], third, fourth, totals[1]])
    assert sorted(cents for cents, _ in cases(found).values()) == expected


def test_a_claim_is_not_taken_from_an_amount_whose_sign_is_a_mark_beside_it():
    marks = (("K-1", "A1", "1000.00", "S"), ("K-1", "G2", "900.00", "H"), ("K-2", "A3", "100.00", "S"))
    rows = [invoice(customer, number, amount, Kind="") | {"S/H": mark} for customer, number, amount, mark in marks]
    with pytest.raises(FileRefused, match=r'"Open amount" = "amount_to_recover"'):
        loaded(rows)
    signed = [{"Amount" if name == "Open" else name: value for name, value in row.items()} for row in rows]
    found = loaded(signed, columns={"Open amount": "amount_to_recover"})
    assert [cents for cents, _ in cases(found).values()] == [10000, 10000]


def marked(*documents: tuple[str, str, str, str], is_beside: bool = True):
    """Rows with an amount and a mark, which is in a column of its own or in the cell of the amount."""
    rows = []
    for customer, number, amount, mark in documents:
        row = {("Amount" if name == "Open" else name): value for name, value in invoice(customer, number, amount).items()}
        rows.append(row | {"Kind": ""} | ({"S/H": mark} if is_beside else {"Amount": f"{amount} {mark}"}))
    return rows


@pytest.mark.parametrize("is_beside", [True, False])
@pytest.mark.parametrize("amount", ["900.00", "-900.00"])
def test_a_credit_with_a_sign_of_its_own_is_not_turned_twice(amount, is_beside):
    documents = (("K-1", "A1", "1000.00", "S"), ("K-1", "G2", amount, "H"), ("K-2", "A3", "100.00", "S"))
    rows = marked(*documents, ("K-3", "A4", "0.00", "H"), is_beside=is_beside)
    found = loaded(rows, columns={"Open amount": "amount_to_recover"})
    assert [cents for cents, _ in cases(found).values()] == [10000, 10000]


@pytest.mark.parametrize("is_beside", [True, False])
@pytest.mark.parametrize(
    ("documents", "named"),
    [
        ((("K-1", "G2", "-900.00", "H"), ("K-1", "G3", "50.00", "H")), r"credits are below zero \(row 3\), and .*\(row 4\)"),
        ((("K-1", "G2", "-900.00", "S"), ("K-1", "G3", "50.00", "H")), r"debits are below zero \(row 3\)\."),
        ((("K-1", "G2", "-900.00", "S"),), r"debits are below zero \(row 3\)\."),
    ],
)
def test_signs_that_contradict_their_marks_are_refused_with_their_rows(documents, named, is_beside):
    rows = marked(("K-1", "A1", "1000.00", "S"), *documents, is_beside=is_beside)
    with pytest.raises(FileRefused, match=named):
        loaded(rows, columns={"Open amount": "amount_to_recover"})
