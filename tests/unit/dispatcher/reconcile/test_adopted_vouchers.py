"""Which of a case's unsent vouchers are at Debbie already."""

import json

from importer.dispatcher.reconcile.adopted_vouchers import equal_vouchers
from importer.ledger.outbox.doubts import UnsentVoucher

INVOICE = {"voucherTypeId": "eb41e58e", "amount": -100, "currency": "DKK", "referenceId": "F1", "date": "2026-01-31 00:00:00"}


def unsent(entry_id, **changes):
    return UnsentVoucher(entry_id, json.dumps(INVOICE | {"uniqueId": f"u{entry_id}"} | changes).encode())


def listed(name, **changes):
    return INVOICE | {"caseVoucherId": name, "date": "2026-01-31"} | changes


def test_a_voucher_with_equal_values_is_the_same():
    assert equal_vouchers([unsent(1), unsent(2, amount=-200)], [listed("a"), listed("b", amount=-300)]) == {1: "a"}


def test_each_listed_voucher_counts_for_one_entry():
    assert equal_vouchers([unsent(1), unsent(2)], [listed("a")]) == {1: "a"}
    assert equal_vouchers([unsent(1), unsent(2)], [listed("a"), listed("b")]) == {1: "a", 2: "b"}


def test_a_listed_unique_id_decides_first():
    shown = [listed("a", uniqueId="u2"), listed("b", uniqueId="u1")]
    assert equal_vouchers([unsent(1), unsent(2)], shown) == {1: "b", 2: "a"}


def test_another_sender_may_have_given_another_unique_id():
    assert equal_vouchers([unsent(1)], [listed("a", uniqueId="portal-7")]) == {1: "a"}


def test_a_deleted_voucher_does_not_exist():
    assert equal_vouchers([unsent(1)], [listed("a", deletedAt="2026-02-01")]) == {}
