"""Rows whose reference or debtor is a word for a total, a balance, a fee or a payment are never sent unasked."""

from __future__ import annotations

import pytest
from unit.loader.rows.test_row_verdicts import read

HEAD = "Fakturanr.;Kundenavn;Fakturadato;Restbeløb;Valuta\n"
ROWS = "1001;Skov ApS;2026-05-01;100,00;DKK\n1002;Skov ApS;2026-05-01;50,00;DKK\n1003;Havblik ApS;2026-05-01;80,00;DKK\n"
CLAIMS = ["case 100.00", "case 50.00", "case 80.00"]


@pytest.mark.parametrize(
    "reference", ["Total", "Subtotal", "I alt", "Saldo", "TOTAL DUE", "*", "Samlet saldo", "I alt forfaldne"]
)
def test_a_total_as_the_reference_of_a_row_with_a_date_is_left_out_or_asked_about(tmp_path, reference):
    row = reference + ";Skov ApS;2026-05-01;{};DKK\n"
    assert read(tmp_path, HEAD + ROWS + row.format("77,00")) == [*CLAIMS, "asked sum_of_others"]
    assert read(tmp_path, HEAD + ROWS + row.format("150,00")) == [*CLAIMS, "left out confirmed_totals"]
    undated = row.replace("2026-05-01", "")
    assert read(tmp_path, HEAD + ROWS + undated.format("150,00")) == [*CLAIMS, "left out confirmed_totals"]
    assert read(tmp_path, HEAD + ROWS + undated.format("77,00"))[3] == "left out differing_total"


@pytest.mark.parametrize("name", ["I alt Skov ApS", "Skov ApS i alt", "Total: Skov ApS", "Skov ApS - total"])
def test_a_total_of_a_debtor_of_the_rows_above(tmp_path, name):
    row = "{};" + name + ";2026-05-01;{};DKK\n"
    assert read(tmp_path, HEAD + ROWS + row.format("", "150,00")) == [*CLAIMS, "left out confirmed_totals"]
    assert read(tmp_path, HEAD + ROWS + row.format("", "151,00")) == [*CLAIMS, "asked sum_of_others"]
    assert read(tmp_path, HEAD + ROWS + row.format("1004", "150,00")) == [*CLAIMS, "asked sum_of_others"]


@pytest.mark.parametrize("name", ["Samlet saldo", "I alt forfaldne", "Total"])
def test_a_total_in_place_of_a_debtor(tmp_path, name):
    row = f";{name};2026-05-01;{{}};DKK\n"
    assert read(tmp_path, HEAD + ROWS + row.format("230,00"))[3] == "left out confirmed_totals"
    assert read(tmp_path, HEAD + ROWS + row.format("9,00"))[3] == "asked sum_of_others"


@pytest.mark.parametrize("name", ["Total Energies", "Saldo Consult ApS", "Balance Yoga", "Sum Havn ApS", "Renter Boligfond"])
def test_a_debtor_whose_name_has_such_a_word_is_a_debtor(tmp_path, name):
    row = f"1004;{name};2026-05-01;9,00;DKK\n1005;{name};2026-05-02;7,00;DKK\n"
    assert read(tmp_path, HEAD + ROWS + row)[3:] == ["case 9.00", "case 7.00"]


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("Late fee", "no_claim"),
        ("Renter", "no_claim"),
        ("Rykker 1003", "no_claim"),
        ("Mahnung Nr. 3", "no_claim"),
        ("Opening balance", "no_claim"),
        ("Primosaldo", "no_claim"),
        ("Payment", "credit"),
        ("Indbetaling", "credit"),
        ("Betaling 44", "credit"),
        ("Kreditnota", "credit"),
    ],
)
def test_a_word_as_the_reference_is_what_it_says_without_a_date_and_a_question_with_one(tmp_path, reference, kind):
    dated = read(tmp_path, f"{HEAD}{ROWS}{reference};Skov ApS;2026-05-01;9,00;DKK\n")
    undated = read(tmp_path, f"{HEAD}{ROWS}{reference};Skov ApS;;9,00;DKK\n")
    held = ["asked credits"] * 2 if kind == "credit" else CLAIMS[:2]
    assert dated == [*held, CLAIMS[2], "asked state_unclear"]
    assert undated == [*held, CLAIMS[2], f"left out {kind}"]


@pytest.mark.parametrize("reference", ["Faktura 1004", "INV-7", "K-17", "CR 5", "Rentefaktura-Vest 9", "RE 2026-1"])
def test_a_number_with_other_letters_is_one_of_an_invoice(tmp_path, reference):
    found = read(tmp_path, f"{HEAD}{ROWS}{reference};Ole Rave;2026-05-01;9,00;DKK\n")
    assert found[3] == ("asked state_unclear" if reference == "CR 5" else "case 9.00")  # a prefix of credit notes


# Credits whose amount cannot be read

TYPED = "Fakturanr.;Kundenavn;Fakturadato;Bilagstype;Restbeløb;Valuta\n"


@pytest.mark.parametrize("amount", ["", "abc"])
def test_a_credit_without_an_amount_that_can_be_read_holds_its_debtor(tmp_path, amount):
    rows = f"1;Skov ApS;2026-05-01;Faktura;80,00;DKK\n2;Skov ApS;2026-05-01;Kreditnota;{amount};DKK\n"
    other = "3;Havblik ApS;2026-05-01;Faktura;10,00;DKK\n"
    assert read(tmp_path, TYPED + rows + other) == ["asked credits", "left out credit", "case 10.00"]


def test_an_amount_below_zero_that_cannot_be_read_holds_its_debtor(tmp_path):
    rows = "1;Skov ApS;2026-05-01;80,00;DKK\n2;Skov ApS;2026-05-01;-40,00 kr kredit;DKK\n3;Havblik ApS;2026-05-01;10,00;DKK\n"
    found = read(tmp_path, HEAD + rows)
    assert found == ["asked credits", "rejected not_a_number", "case 10.00"]
    empty = "1;Skov ApS;2026-05-01;80,00;DKK\n2;Skov ApS;2026-05-01;abc;DKK\n3;Skov ApS;2026-05-01;-;DKK\n"
    assert read(tmp_path, HEAD + empty)[0] == "case 80.00"
