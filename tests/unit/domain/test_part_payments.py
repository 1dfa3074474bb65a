"""Deposits of what is open less of a document than was claimed: once, whatever the order of the lists."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.money import Money
from importer.domain.part_payments import Paid, deposit_id, deposit_of, paid_before, to_deposit

CASE, DOCUMENT = "a" * 40, "b" * 24
DAY = dt.datetime(2026, 2, 28, tzinfo=dt.timezone(dt.timedelta(hours=1)))
CLAIMED = 10_000


def send(vouchers: dict[str, int], left: int, document: str = DOCUMENT) -> None:
    """Let a list that shows what is left of a document add its deposit to the vouchers of the case."""
    if (fresh := to_deposit(CLAIMED, left, paid_before(CASE, document, vouchers))) is not None:
        vouchers[deposit_id(CASE, document, fresh.total)] = fresh.cents


@pytest.mark.parametrize(
    ("lefts", "amounts"),
    [
        ([6000, 3000], [4000, 3000]),
        ([3000, 6000], [7000]),
        ([6000, 6000, 3000, 3000, 6000], [4000, 3000]),
        ([10_000], []),
        ([12_000], []),
        ([0], [10_000]),
    ],
)
def test_the_differences_are_deposited_once(lefts, amounts):
    vouchers: dict[str, int] = {}
    for left in lefts:
        send(vouchers, left)
    assert list(vouchers.values()) == amounts
    totals = [sum(amounts[: place + 1]) for place in range(len(amounts))]
    assert list(vouchers) == [deposit_id(CASE, DOCUMENT, total) for total in totals]


@given(st.lists(st.integers(0, CLAIMED + 500), min_size=1), st.randoms())
def test_what_is_paid_is_what_the_smallest_amount_says_in_any_order_and_repeated(lefts, dice):
    vouchers = {"another voucher": 1234}
    shown = lefts + dice.sample(lefts, len(lefts))
    for left in shown:
        send(vouchers, left)
        send(vouchers, left, "of another document")
    del vouchers["another voucher"]
    assert sum(vouchers.values()) == 2 * max(0, CLAIMED - min(lefts))


def test_the_deposits_of_a_document_are_found_among_other_vouchers():
    others = {deposit_id(CASE, "other", 4000): 4000, deposit_id("c" * 40, DOCUMENT, 4000): 4000, "x": 4000}
    own = {deposit_id(CASE, DOCUMENT, 7000): 3000, deposit_id(CASE, DOCUMENT, 4000): 4000}
    assert paid_before(CASE, DOCUMENT, others | own) == [Paid(4000, 4000), Paid(3000, 7000)]
    assert paid_before(CASE, DOCUMENT, others) == []


def test_a_deposit_is_one_of_the_creditor_on_the_day_of_the_list():
    record = deposit_of("uid", "INV-1", Paid(4000, 7000), "DKK", DAY)
    wire = json.loads(record.payload)
    assert (wire["amount"], wire["currency"], wire["date"]) == (4000, "DKK", "2026-02-28 00:00:00.000+01")
    assert (wire["source"], wire["referenceId"]) == ("CREDITOR", "INV-1")
    assert wire["voucherTypeId"] == "c51f2f6a-8081-45ef-b52d-5e0569fdf12e"
    assert (record.unique_id, record.money, record.case_ref, record.parent) == ("uid", Money("DKK", 4000), None, None)
