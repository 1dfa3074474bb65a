"""Tests of the cell tests: a column could hold what its parser reads, and other columns are not ruled out too early."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.code_lists import VoucherTypes
from importer.domain.columns import ValueKind, column
from importer.domain.kinds import RecordKind
from importer.domain.special_cells import CellError
from importer.loader.sheets.cell_tests import agreement, may_be_date, may_be_number, objection_to

AMOUNTS = (
    "10",
    "1.234,50",
    "1,234.50",
    "-5,00",
    "−5,00",
    "(1.234,50)",
    "1 234,50 kr.",
    "EUR 5",
    "1.234,50 kroner",
    "5.000,--",
    7,
    7.5,
)
DATES = (
    "2026-01-31",
    "31.01.2026",
    "1/2-2026",
    "31-01-26",
    "31jan2026",
    "lørdag den 31. januar 2026",
    "20260131",
    date(2026, 1, 31),
)
NEITHER = ("Bodil Zebrahest", "+45 10 00 00 01", "HRB 12345", "A-1", "31.02.2026", "31. janvier 2026", True, time(12))


def share(name: str, *cells: object) -> float | None:
    return agreement(column(RecordKind.CASE, name), cells, VoucherTypes())


@pytest.mark.parametrize("cell", AMOUNTS)
def test_an_amount_is_what_its_reader_reads(cell) -> None:
    assert share("amount_to_recover", cell) == 1
    assert may_be_number(cell)


@pytest.mark.parametrize("cell", DATES)
def test_a_date_is_what_its_reader_reads_in_some_order(cell) -> None:
    assert share("date", cell) == 1
    assert may_be_date(cell)


@pytest.mark.parametrize("cell", NEITHER)
def test_what_no_reader_reads_fits_no_column_of_amounts_or_dates(cell) -> None:
    assert (share("amount_to_recover", cell), share("date", cell)) == (0, 0)


def test_blank_cells_neither_agree_nor_object() -> None:
    assert share("date", None, " ") is None
    assert share("date", None, "2026-01-31", "x") == 0.5
    assert objection_to("date", ValueKind.DATE, (None, " ", CellError("#N/A"))) is None


_FIGURES = st.text("0123456789.,-/ '()krDKEU€%jan", max_size=12)


@given(text=_FIGURES)
def test_nothing_that_can_be_read_is_ruled_out(text) -> None:
    assert may_be_number(text) or not share("amount_to_recover", text)
    assert may_be_date(text) or not share("date", text)


@pytest.mark.parametrize(
    ("cell", "number", "day"),
    [
        ("12 stk", True, False),
        ("100 %", True, False),
        ("2026-01-31", False, True),
        ("310126", True, True),  # a profile may say DDMMYY
        ("Kvartal 1 - 2", False, True),
        ("Side 2", False, False),
        ("Total", False, False),
        (True, False, False),
        (None, False, False),
    ],
)
def test_what_may_be_a_number_or_a_date(cell, number, day) -> None:
    assert (may_be_number(cell), may_be_date(cell)) == (number, day)


@pytest.mark.parametrize(
    ("name", "value_kind", "cells", "objection"),
    [
        ("debtor_name", ValueKind.TEXT, ("1001", "1002"), "its cells are numbers, not names"),
        ("debtor_name", ValueKind.TEXT, (1001, "Bodil"), "its cells are numbers, not names"),
        ("debtor_name", ValueKind.TEXT, ("Bodil", "Havblik 2 ApS"), None),
        ("debtor_type", ValueKind.CHOICE, ("A", "B"), "its cells are neither Company nor Person"),
        ("debtor_type", ValueKind.CHOICE, ("Company", "Privat"), None),
        ("due_date", ValueKind.DATE, ("30 dage", "14 dage"), "its cells are not dates"),
        ("due_date", ValueKind.DATE, ("310126", "31.01.26"), None),
        ("amount_to_recover", ValueKind.MONEY, ("Se bilag", "5,00"), "its cells are not amounts"),
        ("amount_to_recover", ValueKind.MONEY, ("5,00", "5,00", "5,00", "5,00", "Se bilag"), None),  # one in five may be anything
        ("case_ref", ValueKind.IDENTIFIER, ("A1", "A1", "A2"), "its cells do not tell the rows apart"),
        ("creditor_reference", ValueKind.IDENTIFIER, ("Nord", "Syd"), "its cells do not tell the rows apart"),
        ("case_ref", ValueKind.IDENTIFIER, ("A1", "A2", "A3"), None),
        ("debtor_address", ValueKind.TEXT, ("1", "2"), None),
        ("case_ref", ValueKind.IDENTIFIER, (), None),
    ],
)
def test_what_the_cells_say_against_a_column(name, value_kind, cells, objection) -> None:
    assert objection_to(name, value_kind, cells) == objection
