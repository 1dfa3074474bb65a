"""Debbie's rules for vouchers and files, one violation at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sandbox.vendors.voucher_rules import VOUCHER_TYPES, check_file, check_voucher

INVOICE = "eb41e58e-fccf-419d-a771-cd5027fe6e87"
DATE = "2024-05-28 00:00:00.000+01"


def voucher(**changes):
    content = {"currency": "DKK", "amount": -100000, "date": DATE, "source": "CREDITOR", "voucherTypeId": INVOICE}
    return {**content, **changes}


def test_smallest_and_fullest_voucher():
    assert check_voucher(voucher(), VOUCHER_TYPES) == {}
    full = voucher(
        voucherTypeId=INVOICE.upper(),
        referenceId="D12412347",
        text="J.no. 1234",
        interest=Decimal("0.1"),
        interestStartDate="2024-05-28 00:00:00.000+05:30",
        interestEndDate="2024-12-31 00:00:00.000-03",
        dueDate=DATE,
        appendix={"fileName": "a.pdf", "contentType": "application/pdf", "fileId": INVOICE},
        uniqueId="u1",
        referenceCaseVoucherId=INVOICE,
        referenceVouchers=[{"caseVoucherId": INVOICE}],
        properties={"handle": "value"},
        distribute=[{"amount": -60000}, {"amount": -40000, "note": "x"}],
    )
    assert check_voucher(full, VOUCHER_TYPES) == {}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"voucherTypeId": None}, "voucherTypeId"),
        ({"voucherTypeId": "invoice"}, "voucherTypeId"),
        ({"voucherTypeId": "3c90c3cc-0d44-4b50-8888-8dd25736052a"}, "voucherTypeId"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": Decimal("100.0")}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"currency": "PLN"}, "currency"),
        ({"source": "creditor"}, "source"),
        ({"date": None}, "date"),
        ({"date": "2024-05-28"}, "date"),
        ({"date": "2024-05-28T00:00:00.000+01"}, "date"),
        ({"date": "2024-05-28 00:00:00.000"}, "date"),
        ({"date": "2024-02-30 00:00:00.000+01"}, "date"),
        ({"date": "2024-05-28 00:00:00.000+15"}, "date"),
        ({"dueDate": "x"}, "dueDate"),
        ({"interest": "0.1"}, "interest"),
        ({"interest": True}, "interest"),
        ({"interestStartDate": 1}, "interestStartDate"),
        ({"interestEndDate": ""}, "interestEndDate"),
        ({"uniqueId": ""}, "uniqueId"),
        ({"uniqueId": 1}, "uniqueId"),
        ({"referenceCaseVoucherId": "x"}, "referenceCaseVoucherId"),
        ({"referenceVouchers": ["x"]}, "referenceVouchers"),
        ({"properties": []}, "properties"),
        ({"distribute": []}, "distribute"),
        ({"distribute": {}}, "distribute"),
        ({"distribute": [{"amount": -99999}]}, "distribute"),
        ({"distribute": [{"amount": Decimal("-100000.0")}]}, "distribute"),
        ({"appendix": "a.pdf"}, "appendix"),
        ({"appendix": {"fileName": "a", "contentType": "b/c"}}, "appendix.fileId"),
        ({"appendix": {"fileName": "a", "contentType": "b/c", "fileId": "x", "content": ""}}, "appendix.content"),
        ({"caseId": "x"}, "caseId"),
    ],
)
def test_one_violation_is_named_by_its_path(changes, path):
    errors = check_voucher(voucher(**changes), VOUCHER_TYPES)
    assert list(errors) == [path]


def test_types_can_be_added():
    own = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
    assert check_voucher(voucher(voucherTypeId=own), VOUCHER_TYPES | {own}) == {}


@given(
    st.sampled_from([*voucher(), "distribute", "appendix", "interest", "uniqueId", "referenceVouchers"]),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.text()),
)
def test_any_value_in_any_field_is_judged(name, value):
    assert isinstance(check_voucher(voucher(**{name: value}), VOUCHER_TYPES), dict)


@given(st.lists(st.integers(), min_size=1))
def test_distribution_must_add_up(parts):
    errors = check_voucher(voucher(amount=-5, distribute=[{"amount": part} for part in parts]), VOUCHER_TYPES)
    assert (errors == {}) == (sum(parts) == -5)


def test_files():
    assert check_file({"content": "aGVq", "contentType": "text/plain", "name": "a.txt"}) == (3, {})
    for changes, path in [
        ({"content": "aGV"}, "content"),
        ({"content": "aG Vq"}, "content"),
        ({"content": ""}, "content"),
        ({"content": "æ"}, "content"),
        ({"contentType": "pdf"}, "contentType"),
        ({"name": ""}, "name"),
        ({"size": 3}, "size"),
    ]:
        _, errors = check_file({"content": "aGVq", "contentType": "text/plain", "name": "a.txt", **changes})
        assert list(errors) == [path]
