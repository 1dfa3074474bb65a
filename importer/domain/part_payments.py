"""Deposits for what is open less of an invoice than was claimed. They are pure, and no order of lists sends one twice.

The id of a deposit is made from its case, its document and what is paid in total with it. What was paid before is the sum of
the deposits of the document that the case has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.identity import fingerprint
from importer.domain.models import Voucher
from importer.domain.money import Money
from importer.domain.records import VoucherRecord

_DEPOSIT = next(one.id for one in VOUCHER_TYPES if one.name == "deposit")


class Paid(NamedTuple):
    """What one deposit pays of a document, and what is paid of it in total with that, in hundredths."""

    cents: int
    total: int


def deposit_id(case: str, document: str, total: int) -> str:
    """Return the id of the deposit with which ``total`` is paid of a document. ``case`` and ``document`` are their keys."""
    return fingerprint("deposit of a list", case, document, f"paid-{total}")


def paid_before(case: str, document: str, vouchers: Mapping[str, int]) -> list[Paid]:
    """Return the deposits of a document, the first one first. ``vouchers``: what the vouchers of the case pay, by their ids."""
    found: list[Paid] = []
    total, left = 0, dict(vouchers)
    while (
        uid := next((one for one, cents in left.items() if one == deposit_id(case, document, total + cents)), None)
    ) is not None:
        cents = left.pop(uid)
        total += cents
        found.append(Paid(cents, total))
    return found


def to_deposit(claimed: int, left: int, before: Sequence[Paid]) -> Paid | None:
    """Return what is to be deposited of a document that was claimed with ``claimed`` and of which ``left`` is open now.

    None if as much was deposited before, or more.
    """
    total, paid = claimed - left, before[-1].total if before else 0
    return Paid(total - paid, total) if total > paid else None


def deposit_of(uid: str, number: str | None, paid: Paid, currency: str, day: dt.datetime) -> VoucherRecord:
    """Return the voucher of a deposit of the creditor. ``day`` is that of the list, in the time zone of the user."""
    voucher = Voucher(
        voucher_type_id=_DEPOSIT,
        amount=paid.cents,
        currency=currency,
        date=day,
        source="CREDITOR",
        reference_id=number,
    )
    return record_of(uid, voucher.wire(), Money(currency, paid.cents))


def record_of(uid: str, payload: bytes, money: Money) -> VoucherRecord:
    """Return the record of a deposit with this request, which has no unique id yet."""
    content = fingerprint(payload.decode(), None, None)
    return VoucherRecord(content, uid, None, None, None, payload, money)
