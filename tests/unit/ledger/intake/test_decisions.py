"""Tests of the decisions on staging a record, as a table."""

from __future__ import annotations

import json

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.records import VoucherRecord
from importer.domain.states import MOVES, RejectStatus, State, sources_of
from importer.ledger.intake import decisions as d
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import ExistingEntry, IntakeDecision

HERE, BEFORE = 7, 6


def known(state: State, batch: int = BEFORE, **more: object) -> ExistingEntry:
    values = {"id": 1, "key": "k", "base": "k", "digest": "same", "payload": b"{}", "idempotency_key": "i", "row_id": 1}
    return ExistingEntry(**{**values, "state": state, "batch_id": batch, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "same", "other"),
    [
        (State.PENDING, IntakeDecision.REPLACE, IntakeDecision.REPLACE),
        (State.REFUSED, IntakeDecision.REPLACE, IntakeDecision.REPLACE),
        (State.BLOCKED, IntakeDecision.REPLACE, IntakeDecision.REPLACE),
        (State.SENDING, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.IN_DOUBT, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.HELD, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.ACCEPTED, IntakeDecision.KNOWN, IntakeDecision.CHANGED),
    ],
)
def test_what_a_row_means_by_the_state_of_its_entry(state: State, same: IntakeDecision, other: IntakeDecision) -> None:
    assert d.decide(known(state), "same", HERE, may_repeat=False) is same
    assert d.decide(known(state), "other", HERE, may_repeat=False) is other


def test_every_state_is_decided() -> None:
    assert {d.decide(known(state), "same", HERE, may_repeat=False) for state in State} == {
        *(IntakeDecision.REPLACE, IntakeDecision.LEAVE, IntakeDecision.KNOWN)
    }


def test_a_new_key_is_inserted() -> None:
    assert d.decide(None, "same", HERE, may_repeat=False) is IntakeDecision.INSERT


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(
    ("digest", "may_repeat", "wanted"),
    [
        ("same", True, IntakeDecision.REPEAT),
        ("other", True, IntakeDecision.TWICE),
        ("same", False, IntakeDecision.TWICE),
        ("other", False, IntakeDecision.TWICE),
    ],
)
def test_a_key_that_this_source_holds_already(state: State, digest: str, wanted: IntakeDecision, *, may_repeat: bool) -> None:
    assert d.decide(known(state, HERE), digest, HERE, may_repeat=may_repeat) is wanted


def test_equal_rows_without_a_reference_are_counted() -> None:
    assert d.choose_key("b", (), derived=True) == "b"
    assert d.choose_key("b", {"b"}, derived=True) == "b-1"
    assert d.choose_key("b", {"b", "b-1"}, derived=True) == "b-2"
    assert d.choose_key("b", {"b"}, derived=False) == "b"


@pytest.mark.parametrize("state", list(State))
def test_only_what_is_not_out_there_is_superseded(state: State) -> None:
    assert d.may_supersede(known(state), HERE) is (state in {State.PENDING, State.REFUSED, State.BLOCKED})
    assert not d.may_supersede(known(state, HERE), HERE)


_A, _P, _S, _D = State.ACCEPTED, State.PENDING, State.SENDING, State.IN_DOUBT
_R, _H, _B = State.REFUSED, State.HELD, State.BLOCKED


@pytest.mark.parametrize(
    ("case", "parent", "wanted"),
    [
        *[(None, None, (_P, True)), (_A, None, (_P, True)), (_A, _A, (_P, True)), (None, _A, (_P, True))],
        *[(_P, None, (_P, False)), (_S, None, (_P, False)), (_D, None, (_P, False)), (_A, _D, (_P, False))],
        *[
            (_R, None, (_B, False)),
            (_H, None, (_B, False)),
            (_A, _R, (_B, False)),
            (_A, _B, (_B, False)),
            (None, _H, (_B, False)),
        ],
    ],
)
def test_the_state_of_a_new_voucher(case: State | None, parent: State | None, wanted: tuple[State, bool]) -> None:
    assert d.voucher_state(case, parent) == wanted


def _voucher(ref: str | None, case_id: str | None = None) -> VoucherRecord:
    return VoucherRecord("f", None, ref, case_id, None, b"{}", Money())


@pytest.mark.parametrize(
    ("voucher", "found", "row_rejected", "rejected", "code", "status"),
    [
        (_voucher("R"), 1, False, set(), None, None),
        (_voucher(None, "id"), 0, False, set(), None, None),
        (_voucher(None), 0, False, set(), None, None),
        (_voucher(None), 0, True, set(), "case_rejected", RejectStatus.BLOCKED),
        (_voucher("R"), 2, False, set(), "case_ambiguous", RejectStatus.REJECTED),
        (_voucher("R"), 0, False, {"R"}, "case_rejected", RejectStatus.BLOCKED),
        (_voucher("R"), 0, False, {"Q"}, "case_unknown", RejectStatus.REJECTED),
    ],
)
def test_why_a_voucher_has_no_case(
    voucher: VoucherRecord,
    found: int,
    rejected: set[str],
    code: str | None,
    status: RejectStatus | None,
    *,
    row_rejected: bool,
) -> None:
    problem = reasons.link_problem(voucher, found, row_rejected=row_rejected, rejected=rejected)
    assert (problem and (problem[0].code, problem[1])) == (code and (code, status))


def test_differences_name_the_columns_and_both_values() -> None:
    old = json.dumps({"currencyCode": "DKK", "debtor": {"name": "Ann"}, "uniqueId": "1"}).encode()
    new = json.dumps({"currencyCode": "EUR", "debtor": {"name": "Ann"}, "uniqueId": "2"}).encode()
    assert reasons.differences(RecordKind.CASE, old, new) == "currency was DKK, is now EUR"


def test_differences_in_money_are_told_in_major_units() -> None:
    old, new = b'{"amountToRecover": 40, "amount": -10001}', b'{"amountToRecover": 44.5, "amount": 10001}'
    assert reasons.differences(RecordKind.VOUCHER, old, new) == (
        "voucher_amount was 100.01, is now 100.01 (credit); amountToRecover was 40.00, is now 44.50"
    )


def test_what_was_added_while_sending_is_no_difference() -> None:
    sent = json.dumps({"text": "a", "referenceCaseVoucherId": "p", "appendix": {"fileId": "f"}}).encode()
    assert reasons.differences(RecordKind.VOUCHER, sent, b'{"text": "b"}') == "text was a, is now b"


def test_a_test_case_keeps_its_vouchers_ids_apart() -> None:
    voucher = VoucherRecord("f", "U", "R", None, "P", b"{}", Money())
    real, _ = d.identity(voucher, known(State.PENDING))
    test, base = d.identity(voucher, known(State.PENDING, is_test=True))
    assert (real.unique_id, real.parent) == ("U", "P")
    assert (test.unique_id, test.parent, base) == ("test-U", "test-P", "test-U")


def test_nothing_leaves_accepted_and_nothing_is_sent_from_held() -> None:
    assert MOVES[State.ACCEPTED] == frozenset()
    assert sources_of(State.SENDING) == {State.PENDING, State.IN_DOUBT}
