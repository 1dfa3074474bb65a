"""Any list: its rows in any order, repeated, or with its debtors in several files, make the same cases and vouchers."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pandas as pd
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from importer.domain.records import CaseRecord, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_frames

TODAY = dt.date(2026, 11, 1)
CONTEXT = LoadContext(TODAY, ZoneInfo("Europe/Copenhagen"))
WORDS = {"Invoice": "invoice", "Credit": "credit note", "Payment": "payment", "Fee": "fee"}
PROFILE = Profile(
    cases_from="debtor",
    columns={
        "Customer no.": "customer_number",
        "Customer": "debtor_name",
        "Number": "creditor_reference",
        "Kind": "document_type",
        "Applies to": "applies_to",
        "Date": "date",
        "Due date": "due_date",
        "Open": "amount_to_recover",
        "Booked": "invoiced_amount",
        "Currency": "currency",
    },
    constants={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "Person",
    },
    values={"row_state": WORDS},
)
HEADINGS = (*PROFILE.columns,)


@st.composite
def documents(draw, customer: int):
    """The documents of one debtor: rows of a list, each with its money in hundredths."""
    rows = []
    for n in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["Invoice", "Invoice", "Invoice", "Credit", "Payment", "Fee"]))
        booked = draw(st.integers(1, 500)) * 25
        opened = draw(st.sampled_from([booked, booked, booked // 2, 0]))
        sign = -1 if kind in {"Credit", "Payment"} else 1
        due = draw(st.sampled_from([dt.date(2026, 2, 1), dt.date(2025, 3, 1), dt.date(2026, 12, 31)]))
        names = draw(st.sampled_from(["", "", f"{customer}-0", f"{customer}-1", "elsewhere"]))
        number = "" if kind == "Payment" and draw(st.booleans()) else f"{customer}-{n}"
        rows.append(
            {
                "Customer no.": str(customer),
                "Customer": f"Bodil Zebrahest {customer}",
                "Number": number,
                "Kind": kind,
                "Applies to": names if sign < 0 else "",
                "Date": "2025-01-15",
                "Due date": due.isoformat() if kind == "Invoice" else "",
                "Open": f"{Decimal(sign * opened) / 100:.2f}",
                "Booked": f"{Decimal(sign * booked) / 100:.2f}",
                "Currency": draw(st.sampled_from(["DKK", "DKK", "DKK", "EUR"])),
            }
        )
    return rows


@st.composite
def lists(draw):
    return [draw(documents(customer)) for customer in range(1001, 1001 + draw(st.integers(1, 3)))]


def loaded(rows, profile=PROFILE):
    frame = pd.DataFrame(rows, columns=list(HEADINGS), dtype="str")
    return list(open_frames({"List": frame}, CONTEXT, profile).rows)


def result(*parts):
    """The cases by reference, with whether they are asked about, and the vouchers by unique id."""
    cases, vouchers = {}, {}
    for rows in parts:
        for one in loaded(rows):
            if isinstance(one.case, CaseRecord):
                assert one.case.ref not in cases
                cases[one.case.ref] = (one.case.payload, sorted(reason.code for reason in one.case.questions))
            if isinstance(one.voucher, VoucherRecord):
                vouchers[one.voucher.unique_id] = (one.voucher.payload, one.voucher.parent)
    return cases, vouchers


@given(lists(), st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=examples(8), deadline=None)
def test_order_repetition_and_files_change_nothing(debtors, chance: random.Random):
    rows = [row for debtor in debtors for row in debtor]
    expected = result(rows)
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    assert result(shuffled) == expected
    lowering = {"Credit", "Payment"}  # one that is repeated may be two, and is asked about
    repeated = rows + [row for row in rows if row["Number"] and row["Kind"] not in lowering and chance.random() < 0.5]
    assert result(repeated) == expected
    assert result(*debtors) == expected


@given(lists())
@hypothesis_settings(max_examples=examples(8), deadline=None)
def test_no_case_claims_more_than_is_due_and_its_vouchers_add_up_to_it(debtors):
    rows = [row for debtor in debtors for row in debtor]
    found = loaded(rows)
    cases = {one.row.number: one.case for one in found if isinstance(one.case, CaseRecord)}
    principal = defaultdict(int)
    for one in found:
        if isinstance(one.voucher, VoucherRecord):
            wire = orjson.loads(one.voucher.payload)
            is_fee = wire["voucherTypeId"] == "3e51bf87-3c8f-4dd5-abd5-69417d113c89"
            principal[one.case_row or one.row.number] -= 0 if is_fee else wire["amount"]
    assert {number: case.money.cents for number, case in cases.items()} == principal
    owed = defaultdict(Decimal)
    for row in rows:
        is_due = row["Kind"] == "Invoice" and row["Due date"] < TODAY.isoformat()
        if is_due or row["Kind"] in {"Credit", "Payment"}:
            owed[row["Customer no."], row["Currency"]] += Decimal(row["Open"])
    named_out = named_by_left_out(rows)
    for case in cases.values():
        if not case.questions:
            customer, currency = case.ref.split()
            assert Decimal(case.money.cents) / 100 <= owed[customer, currency] + named_out[customer, currency]
    assert len(found) == len(rows)


def named_by_left_out(rows):
    """The credits that name an invoice which is not due or of which nothing is open: they stay with it."""
    out = {
        (row["Number"], row["Currency"])
        for row in rows
        if row["Kind"] == "Invoice" and (row["Due date"] >= TODAY.isoformat() or not Decimal(row["Open"]))
    }
    sums = defaultdict(Decimal)
    for row in rows:
        if row["Kind"] in {"Credit", "Payment"} and (row["Applies to"], row["Currency"]) in out:
            sums[row["Customer no."], row["Currency"]] -= Decimal(row["Open"])
    return sums
