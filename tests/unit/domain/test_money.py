from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.domain.money import amount_cell, cents_of, decimal_text, grouped_text, totals_text


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("12.34", 1234), ("-0.5", -50), ("12.349", 1234), ("9999999999999.99", 999999999999999), ("1e15", 0), ("9" * 60, 0)],
)
def test_totals_count_hundredths_and_nothing_that_is_no_amount(amount, cents) -> None:
    assert cents_of(Decimal(amount)) == cents


@pytest.mark.parametrize(
    ("cents", "text", "grouped"),
    [
        (0, "0.00", "0.00"),
        (5, "0.05", "0.05"),
        (-5, "-0.05", "-0.05"),
        (100, "1.00", "1.00"),
        (12345, "123.45", "123.45"),
        (-12345, "-123.45", "-123.45"),
        (-123450, "-1234.50", "-1,234.50"),
        (100_000_000, "1000000.00", "1,000,000.00"),
        (2**53 + 1, "90071992547409.93", "90,071,992,547,409.93"),  # a float has .94
        (10**17 + 1, "1000000000000000.01", "1,000,000,000,000,000.01"),  # a float has .00
        (-(10**30) - 99, "-10000000000000000000000000000.99", "-10,000,000,000,000,000,000,000,000,000.99"),
    ],
)
def test_money_as_text_for_programs_and_for_people(cents, text, grouped) -> None:
    assert decimal_text(cents) == text
    assert grouped_text(cents) == grouped


@given(st.integers(-(10**15), 10**15))
def test_what_a_float_holds_is_written_as_a_float_is(cents) -> None:
    assert grouped_text(cents) == f"{cents / 100:,.2f}"
    assert decimal_text(cents) == f"{cents / 100:.2f}"


@given(st.integers())
def test_text_says_the_very_amount(cents) -> None:
    assert cents_of(Decimal(decimal_text(cents))) == (cents if abs(cents) < 10**17 else 0)
    assert decimal_text(cents) == grouped_text(cents).replace(",", "")


def test_totals_leave_out_what_is_zero() -> None:
    assert totals_text({"DKK": 123456, "EUR": 0}) == "DKK 1,234.56"
    assert totals_text({"DKK": -5, "unknown": 10**17 + 1}) == "DKK -0.05  unknown 1,000,000,000,000,000.01"
    assert totals_text({}) == ""


@given(st.integers(-(10**25), 10**25))
@example(10**15 - 1)
@example(10**15)
def test_a_cell_is_a_number_unless_a_spreadsheet_would_round_it(cents) -> None:
    cell = amount_cell(cents)
    assert cell == cents / 100 if isinstance(cell, float) else cell == decimal_text(cents)
    assert isinstance(cell, float) == (abs(cents) < 10**15)
    assert round(Decimal(f"{cell:.15g}" if isinstance(cell, float) else cell) * 100) == cents
