"""A list of 2,466 invoices of 100 customers: a generated one, and a real one if the environment names it.

``ACCOUNTS_RECEIVABLE=path/to/accounts-receivable.csv python -m pytest tests/integration/test_accounts_receivable.py``
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.domain.records import CaseRecord, LeftOut, NoClaim, Reject, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file

CONTEXT = LoadContext(dt.date(2026, 11, 1), ZoneInfo("Europe/Copenhagen"))
PROFILE = Profile(
    cases_from="debtor",
    ignore=["countryCode"],
    columns={
        "customerID": ["customer_number", "debtor_name"],
        "invoiceNumber": "creditor_reference",
        "InvoiceDate": "date",
        "DueDate": "due_date",
        "InvoiceAmount": "amount_to_recover",
    },
    constants={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "Person",
        "currency": "USD",
    },
)
HEADINGS = (
    *("countryCode", "customerID", "PaperlessDate", "invoiceNumber", "InvoiceDate", "DueDate"),
    *("InvoiceAmount", "Disputed", "SettledDate"),
)
CUSTOMERS, INVOICES, DISPUTING = 100, 2466, 75


def generated() -> list[dict[str, str]]:
    """Rows of the same form: the invoices of the first 75 of 100 customers are disputed now and then."""
    chance, rows = random.Random(19), []
    for number in range(INVOICES):
        customer = number % CUSTOMERS
        day = dt.date(2012, 1, 30) + dt.timedelta(days=chance.randrange(600))
        due, settled = day + dt.timedelta(days=30), day + dt.timedelta(days=chance.randrange(5, 60))
        is_disputed = customer < DISPUTING and (number < CUSTOMERS or chance.random() < 0.3)
        days = [f"{one.month}/{one.day}/{one.year}" for one in (day, due, settled)]
        amount = f"{chance.randrange(526, 12828) / 100:.2f}"
        values = ("391", f"{customer:04}-ZEBRA", "4/6/2013", str(100000 + number), *days[:2], amount)
        rows.append(dict(zip(HEADINGS, (*values, "Yes" if is_disputed else "No", days[2]), strict=True)))
    return rows


def rows_of(which: str) -> list[dict[str, str]]:
    if which == "generated":
        return generated()
    path = os.environ.get("ACCOUNTS_RECEIVABLE")
    if not path:
        pytest.skip("ACCOUNTS_RECEIVABLE names no file")
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def imported(tmp_path: Path, rows: list[dict[str, str]], *without: str) -> tuple[list[CaseRecord], int]:
    """The cases of the list without some of its columns, and the number of its vouchers."""
    path, left = tmp_path / "list.csv", [one for one in rows[0] if one not in {*without, "DaysToSettle", "DaysLate"}]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, left, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    with open_file(path, PROFILE, CONTEXT) as source:
        found = list(source.rows)
    assert len(found) == len(rows)
    cases = [one.case for one in found if isinstance(one.case, CaseRecord)]
    return cases, sum(isinstance(one.voucher, VoucherRecord) for one in found)


@pytest.mark.parametrize("which", ["generated", "real"])
def test_as_it_stands_nothing_is_a_claim(tmp_path, which):
    """Every row has a day on which it was settled, so that not even the disputed ones can be sent by an answer."""
    rows = rows_of(which)
    assert imported(tmp_path, rows) == ([], 0)
    with open_file(tmp_path / "list.csv", PROFILE, CONTEXT) as source:
        left = [one.case for one in source.rows]
    assert all(isinstance(one, NoClaim | LeftOut) or (isinstance(one, Reject) and one.is_left_out) for one in left)


def test_a_row_that_was_settled_is_left_out_of_the_case_of_its_customer(tmp_path):
    rows = generated()
    for one in rows[CUSTOMERS:]:
        one["SettledDate"] = ""
    cases, _ = imported(tmp_path, rows, "Disputed")
    cents = sum(round(float(one["InvoiceAmount"]) * 100) for one in rows[CUSTOMERS:])
    assert (len(cases), sum(case.money.cents for case in cases)) == (CUSTOMERS, cents)
    assert not any(case.questions for case in cases)


@pytest.mark.parametrize("which", ["generated", "real"])
def test_open_invoices_make_a_case_a_customer(tmp_path, which):
    rows = rows_of(which)
    cases, vouchers = imported(tmp_path, rows, "SettledDate", "Disputed")
    cents = sum(round(float(one["InvoiceAmount"]) * 100) for one in rows)
    assert (len(cases), vouchers, sum(case.money.cents for case in cases)) == (CUSTOMERS, INVOICES, cents)
    assert which == "generated" or cents == 14770318
    assert not any(case.questions for case in cases)


@pytest.mark.parametrize("which", ["generated", "real"])
def test_disputes_hold_whole_customers(tmp_path, which):
    rows = rows_of(which)
    cases, _ = imported(tmp_path, rows, "SettledDate")
    held = {case.ref for case in cases if case.questions}
    assert Counter(bool(case.questions) for case in cases) == {True: DISPUTING, False: CUSTOMERS - DISPUTING}
    assert held == {f"{one['customerID']} USD" for one in rows if one["Disputed"] == "Yes"}
