"""Totals, notes and credits of real lists: what is left out, what is asked, and that nothing is dropped unlisted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from unit.loader.rows.test_row_verdicts import CONTEXT, outcome, read

from importer.domain.records import CaseRecord, LeftOut, Reject
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

DANISH = """Fakturanr.;Kundenavn;Fakturadato;Restbeløb;Valuta
1;Bodil Amsel;2026-06-01;100,50;DKK
2;Kaj Drossel;2026-06-01;200,00;DKK
"""


@pytest.mark.parametrize(
    "row",
    [
        *(f";{label};;300,50;DKK" for label in ("Total", "Total DKK", "Sum", "Subtotal", "I alt", "I alt (2 poster)", "Saldo")),
        *(f";{label};;300,50;DKK" for label in ("Gesamtsumme", "Zwischensumme", "Summa kund 1001", "Overført", "Übertrag")),
        *(f";{label};;300,50;DKK" for label in ("Grand Total", "Total for Kaj Drossel", "Total Kaj Drossel", "*", "**")),
        *("*;;;300,50;DKK", "Total for 1 - 30 days;;;300,50;", ";Antal poster: 2;;;", "2 poster;;;300,50;", ";;;300,50;DKK"),
    ],
)
def test_a_total_is_left_out_and_listed(tmp_path, row):
    found = read(tmp_path, f"{DANISH}{row}\n")
    assert found[:2] == ["case 100.50", "case 200.00"]
    assert found[2] in {"left out confirmed_totals", "left out totals"}


@pytest.mark.parametrize(
    "row",
    [
        "3;;;300,50;DKK",
        ";Total Energi A/S;;300,50;DKK",
        ";;;111,00;DKK",
        ";Kaj Drossel;;300,50;DKK",
        "3;Total;2026-06-01;300,50;DKK",
    ],
)
def test_arithmetic_alone_never_makes_a_total(tmp_path, row):
    found = read(tmp_path, f"{DANISH}{row}\n")
    assert found[2].split()[0] in {"rejected", "asked"}


def test_a_valid_claim_that_is_the_sum_of_others_is_a_question(tmp_path):
    with_more = f"{DANISH}3;Ebba Fink;2026-06-01;50,00;DKK\n"
    last = f"{with_more}4;Per Zeisig;2026-06-01;350,50;DKK\n"
    assert read(tmp_path, last)[3] == "asked sum_of_others"
    assert read(tmp_path, f"{last}5;Ida Kranich;2026-06-01;1,00;DKK\n")[3] == "case 350.50"
    assert read(tmp_path, f"{with_more};Totalenergi ApS;2026-06-01;350,50;DKK\n")[3] == "asked sum_of_others"


def test_heads_of_ages_are_no_debtors(tmp_path):
    text = "Date;Transaction type;Num;Customer;Due date;Open balance\n91 or more days past due;;;;;\n"
    text += (
        "2026-05-13;Invoice;7;Bodil Amsel;2026-06-12;10.50\n1 - 30 days past due;;;;;\n2026-09-28;Invoice;8;Kaj;2026-10-28;3.00\n"
    )
    assert read(tmp_path, text) == ["left out age_groups", "case 10.50", "left out age_groups", "case 3.00"]


RUNNING = "Document no.;Customer name;Invoice date;Amount;Debit;Credit;Outstanding;Currency\n"


@pytest.mark.parametrize(
    ("rows", "added"),
    [
        ((("A", 100, 100), ("A", 50, 150), ("A", -25, 125)), '"Amount"'),
        ((("A", -25, 125), ("A", 50, 150), ("A", 100, 100)), '"Amount"'),  # the newest one first
        ((("A", 100, 100), ("B", 80, 80), ("A", 50, 150), ("B", 20, 100), ("A", 30, 180)), '"Amount"'),
        ((("A", 100, 100), ("A", 100, 200), ("A", 100, 300)), '"Amount"'),
    ],
)
def test_a_running_balance_is_refused(tmp_path, rows, added):
    lines = "".join(f"{at};{name};2026-06-01;{own};;;{open_};DKK\n" for at, (name, own, open_) in enumerate(rows))
    with pytest.raises(FileRefused, match=f'"Outstanding" is a running balance: .* {added} of its own'):
        read(tmp_path, RUNNING + lines)
    pair = "".join(
        f"{at};{name};2026-06-01;;{max(own, 0) or ''};{max(-own, 0) or ''};{open_};DKK\n"
        for at, (name, own, open_) in enumerate(rows)
    )
    if len({own for _, own, _ in rows}) > 1:  # equal amounts under a heading that is no amount's are no proof
        with pytest.raises(FileRefused, match='"Debit"'):
            read(tmp_path, RUNNING + pair)


@pytest.mark.parametrize(
    "rows",
    [
        (("A", 100, 100), ("A", 50, 150)),  # one row alone may be so by chance
        (("A", 100, 100), ("A", 50, 50), ("B", 25, 25)),
        (("A", 100, 100), ("A", 50, 150), ("A", 25, 175), ("A", 40, 200)),
    ],
)
def test_open_amounts_are_no_running_balance(tmp_path, rows):
    lines = "".join(f"{at};{name};2026-06-01;{own};;;{open_};DKK\n" for at, (name, own, open_) in enumerate(rows))
    assert len(read(tmp_path, RUNNING + lines)) == len(rows)


# Credits

NUMBERED = "Kundenr.;Kundenavn;Fakturanr.;Fakturadato;Restbeløb;Valuta\n"


def test_a_debtor_with_credits_is_asked_about_and_others_are_not(tmp_path):
    rows = "7;Bodil Amsel;1;2026-06-01;100,00;DKK\n7;Bodil Amsel;2;2026-06-01;-30,00;DKK\n8;Kaj;3;2026-06-01;50,00;DKK\n"
    assert read(tmp_path, NUMBERED + rows) == ["asked credits", "left out credit", "case 50.00"]
    apart = "7;Bodil Amsel;1;2026-06-01;100,00;DKK\n9;Bodil Amsel;2;2026-06-01;-30,00;DKK\n"
    assert read(tmp_path, NUMBERED + apart) == ["case 100.00", "left out credit"]  # another customer of the same name
    nameless = "7;Bodil Amsel;1;2026-06-01;100,00;DKK\n;Bodil Amsel;2;2026-06-01;-30,00;DKK\n"
    assert read(tmp_path, NUMBERED + nameless) == ["asked credits", "left out credit"]


def test_credits_that_are_used_up_paid_or_totals_hold_nothing_back(tmp_path):
    used = "7;Bodil Amsel;1;2026-06-01;100,00;DKK\n7;Bodil Amsel;2;2026-06-01;0,00;DKK\n;Total;;;-5,00;DKK\n"
    assert read(tmp_path, NUMBERED + used) == ["case 100.00", "left out nothing_open", "left out differing_total"]
    paid = (
        "Invoice number;Customer name;Invoice date;Total;Status\n1;Bodil;2026-06-01;100.00;Open\n2;Bodil;2026-06-01;-30.00;Paid\n"
    )
    assert read(tmp_path, paid) == ["case 100.00", "left out no_claim"]


def test_the_question_names_the_credit_and_never_advises_to_turn_a_sign(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text(f"{NUMBERED}7;Bodil;1;2026-06-01;100,00;DKK\n7;Bodil;2;2026-06-01;-30,00;DKK\n", encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        claim, credit = (row.case for row in source.rows)
    assert isinstance(claim, CaseRecord)
    assert isinstance(credit, Reject)
    assert "row 3" in claim.questions[0].message
    assert "positive" not in credit.reasons[0].message


# Any mixture

STATES = {"Overdue": True, "Paid": False, "Draft": False, "Void": False, "Credited": False, "Unpaid": True}


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, set[str], Decimal]:
    """Return a sheet with states, credits and totals: its text, its open claims, and the money of its rows."""
    lines, open_claims, money, part = [], set(), Decimal(0), Decimal(0)
    for number in range(draw(st.integers(1, 12))):
        cents = Decimal(draw(st.integers(1, 99_999))) / 100
        state, kind = draw(st.sampled_from(sorted(STATES))), draw(st.sampled_from(("claim", "claim", "credit", "total", "fee")))
        amount = -cents if kind == "credit" else cents
        if kind == "total":
            lines.append(f";{draw(st.sampled_from(('Total', 'Subtotal', '**')))};;{part:.2f};;")
            continue
        document = "Reminder" if kind == "fee" else "Invoice"
        debtor = f"Credit {number}" if kind == "credit" else f"Debtor {number}"
        lines.append(f"F-{number};{debtor};2026-06-01;{amount:.2f};{state};{document}")
        money, part = money + amount, part + amount
        if kind == "claim" and STATES[state]:
            open_claims.add(f"F-{number}")
    return "\n".join(["Invoice number;Customer name;Invoice date;Total;Status;Document type", *lines, ""]), open_claims, money


@settings(max_examples=examples(20), deadline=None)
@given(sheets())
def test_any_mixture_sends_exactly_its_open_claims_and_accounts_for_its_money(tmp_path_factory, made):
    text, open_claims, money = made
    path = tmp_path_factory.mktemp("mixture") / "in.csv"
    path.write_text(text, encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        rows = [row.case for row in source.rows]
    sent = {row.ref for row in rows if isinstance(row, CaseRecord) and not row.questions and not row.unconfirmed}
    asked = {row.ref for row in rows if isinstance(row, CaseRecord) and row.questions}
    assert sent | asked == open_claims, [outcome(row) for row in rows]
    assert all(
        {one.code for one in row.questions} == {"sum_of_others"} for row in rows if isinstance(row, CaseRecord) and row.questions
    )
    assert all(row.is_left_out for row in rows if isinstance(row, Reject))
    counted = [row for row in rows if isinstance(row, CaseRecord | LeftOut | Reject)]
    assert sum(row.money.cents for row in counted) == money * 100
    assert len(rows) == text.count("\n") - 1


# Credit notes by their number

TYPED = "Fakturanr.;Kundenavn;Fakturadato;Bilagstype;Restbeløb;Valuta\n"


def lines_of(*rows):
    return "".join(f"{number};{name};2026-06-01;{kind};{amount};DKK\n" for number, name, kind, amount in rows)


def test_a_range_that_the_list_calls_credits_holds_its_other_rows(tmp_path):
    invoices = [("F-1", "Bodil", "", "100,00"), ("F-2", "Kaj Drossel", "", "50,00"), ("F-3", "Ida Fink", "", "75,00")]
    notes = [("KN-1", "Per Zeisig", "", "-10,00"), ("KN-2", "Eva Star", "", "-20,00")]
    found = read(tmp_path, TYPED + lines_of(*invoices, *notes, ("KN-3", "Kaj Drossel", "", "30,00")))
    assert found == ["case 100.00", "asked credits", "case 75.00", "left out credit", "left out credit", "left out credit"]
    other = [("X-1", "Per Zeisig", "", "-10,00"), ("X-2", "Eva Star", "", "-20,00")]
    found = read(tmp_path, TYPED + lines_of(*invoices, *other, ("X-3", "Ole Rave", "", "30,00")))
    assert found[-1] == "asked state_unclear"
    digits = [("900001", "Per Zeisig", "", "-10,00"), ("900002", "Eva Star", "", "-20,00"), ("900003", "Ole", "", "30,00")]
    found = read(tmp_path, TYPED + lines_of(("100001", "Bodil Amsel", "", "5,00"), ("100002", "Kaj", "", "5,00"), *digits))
    assert found == ["case 5.00", "case 5.00", "left out credit", "left out credit", "asked state_unclear"]


def test_a_usual_prefix_is_a_question_without_a_proof(tmp_path):
    rows = [("F-1", "Bodil Amsel", "", "100,00"), ("CN-7", "Kaj Drossel", "", "50,00"), ("CN7", "Ida Fink", "", "-5,00")]
    assert read(tmp_path, TYPED + lines_of(*rows)) == ["case 100.00", "asked state_unclear", "left out credit"]
    assert read(tmp_path, TYPED + lines_of(("CN-7", "Kaj Drossel", "", "50,00"))) == ["case 50.00"]
    assert read(tmp_path, TYPED + lines_of(("Kreditnota 7", "Kaj Drossel", "", "50,00"))) == ["asked state_unclear"]


def test_one_series_of_numbers_for_invoices_and_credits_asks_nothing(tmp_path):
    rows = [("101", "Bodil", "Faktura", "9,00"), ("102", "Kaj", "Kreditnota", "5,00"), ("103", "Ida", "Kreditnota", "5,00")]
    found = read(tmp_path, TYPED + lines_of(*rows, ("104", "Ole Rave", "Faktura", "7,00")))
    assert found == ["case 9.00", "left out credit", "left out credit", "case 7.00"]
