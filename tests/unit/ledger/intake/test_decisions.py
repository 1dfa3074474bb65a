"""Tests of the decisions on staging a record, as a table."""

from __future__ import annotations

import json

import pytest

from importer.domain.kinds import RecordKind
from importer.domain.match_keys import DocumentDates
from importer.domain.money import Money
from importer.domain.records import VoucherRecord
from importer.domain.states import MOVES, RejectStatus, State, sources_of
from importer.ledger.intake import decisions as d
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import EntryChoice, ExistingEntry, IntakeDecision
from importer.ledger.intake.vouchers import identify

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
        (State.QUESTIONED, IntakeDecision.LEAVE, IntakeDecision.REPLACE),
        (State.DROPPED, IntakeDecision.REPLACE, IntakeDecision.REPLACE),
        (State.SENDING, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.IN_DOUBT, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.HELD, IntakeDecision.LEAVE, IntakeDecision.CHANGED),
        (State.ACCEPTED, IntakeDecision.KNOWN, IntakeDecision.CHANGED),
    ],
)
def test_what_a_row_means_by_the_state_of_its_entry(state: State, same: IntakeDecision, other: IntakeDecision) -> None:
    assert d.decide(known(state), HERE, same=True, may_repeat=False) is same
    assert d.decide(known(state), HERE, same=False, may_repeat=False) is other


def test_a_row_that_was_dropped_stays_so_with_the_same_values() -> None:
    dropped = known(State.DROPPED, answer="{}")
    assert d.decide(dropped, HERE, same=True, may_repeat=False) is IntakeDecision.LEAVE
    assert d.decide(dropped, HERE, same=False, may_repeat=False) is IntakeDecision.REPLACE


def test_every_state_is_decided() -> None:
    assert {d.decide(known(state), HERE, same=True, may_repeat=False) for state in State} == {
        *(IntakeDecision.REPLACE, IntakeDecision.LEAVE, IntakeDecision.KNOWN)
    }


def test_a_new_key_is_inserted() -> None:
    assert d.decide(None, HERE, same=False, may_repeat=False) is IntakeDecision.INSERT


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(
    ("same", "may_repeat", "wanted"),
    [
        (True, True, IntakeDecision.SHARED),
        (False, True, IntakeDecision.CONTRADICTION),
        (True, False, IntakeDecision.REPEATED),
        (False, False, IntakeDecision.CONTRADICTION),
    ],
)
def test_a_key_that_this_source_holds_already(state: State, wanted: IntakeDecision, *, same: bool, may_repeat: bool) -> None:
    may_exist = state in {State.SENDING, State.ACCEPTED, State.IN_DOUBT, State.HELD}
    wanted = IntakeDecision.TWICE if wanted is IntakeDecision.CONTRADICTION and may_exist else wanted
    assert d.decide(known(state, HERE), HERE, same=same, may_repeat=may_repeat) is wanted


def test_the_first_free_key_is_taken() -> None:
    assert d.free_key("b", ()) == "b"
    assert d.free_key("b", {"b"}) == "b-1"
    assert d.free_key("b", {"b", "b-1"}) == "b-2"
    assert d.free_key("b", {"b"}, "2026-03-01") == "b-2026-03-01"
    assert d.free_key("b", {"b", "b-2026-03-01"}, "2026-03-01") == "b-1"


@pytest.mark.parametrize("state", list(State))
def test_only_what_is_not_out_there_is_superseded(state: State) -> None:
    unsent = {State.PENDING, State.REFUSED, State.BLOCKED, State.QUESTIONED, State.WITHDRAWN, State.DROPPED}
    assert d.may_supersede(known(state), HERE) is (state in unsent)
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
            (State.QUESTIONED, None, (_B, False)),
            (State.DROPPED, None, (State.DROPPED, False)),
            (_R, State.DROPPED, (State.DROPPED, False)),
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
    real = identify(voucher, known(State.PENDING)).voucher
    test = identify(voucher, known(State.PENDING, is_test=True))
    assert (real.unique_id, real.parent) == ("U", "P")
    assert (test.voucher.unique_id, test.voucher.parent, test.base) == ("test-U", "test-P", "test-U")


def test_nothing_leaves_accepted_and_nothing_is_sent_from_held() -> None:
    assert MOVES[State.ACCEPTED] == frozenset()
    assert sources_of(State.SENDING) == {State.PENDING, State.IN_DOUBT}


def document(
    number: int, state: State = State.ACCEPTED, day: str = "2026-01-31", due: str | None = None, **more: object
) -> ExistingEntry:
    wire = {"voucherTypeId": "x", "date": f"{day} 00:00:00.000+01", "dueDate": due and f"{due} 00:00:00.000+01"}
    return known(state, **{"id": number, "digest": f"d{number}", "payload": json.dumps(wire).encode(), **more})


_FIRST, _SECOND = document(1, due="2026-03-01"), document(2, due="2026-04-01")
_OTHER_DAY = document(3, day="2026-02-28", due="2026-03-01")
_OPEN, _HERE = document(4, State.PENDING, due="2026-03-01"), document(5, State.PENDING, due="2026-03-01", batch_id=HERE)


@pytest.mark.parametrize(
    ("alike", "digest", "due", "dues", "wanted"),
    [
        ([], "new", "2026-03-01", (), EntryChoice(suffix="2026-03-01")),  # the first of its number
        ([_FIRST, _SECOND], "d2", "2026-09-09", (), EntryChoice(_SECOND)),  # its very values
        ([_FIRST, _SECOND], "new", "2026-04-01", (), EntryChoice(_SECOND)),  # its dates: text or amount have changed
        ([_FIRST], "new", "2026-05-01", ("2026-05-01",), EntryChoice(_FIRST)),  # its due day has changed
        ([_FIRST, _HERE], "new", "2026-05-01", ("2026-05-01",), EntryChoice(several=(_FIRST,), suffix="2026-05-01")),
        ([_HERE], "new", "2026-05-01", ("2026-05-01",), EntryChoice(suffix="2026-05-01")),  # another instalment
        ([_HERE], "new", None, (None,), EntryChoice(_HERE)),  # perhaps the same document: a contradiction
        ([_OTHER_DAY], "new", "2026-03-01", ("2026-03-01",), EntryChoice(several=(_OTHER_DAY,), suffix="2026-03-01")),
        ([_OPEN], "new", "2026-06-01", ("2026-06-01", "2026-07-01"), EntryChoice(_OPEN)),  # nothing was sent
        ([_FIRST, _FIRST], "new", "2026-03-01", (), EntryChoice(several=(_FIRST, _FIRST))),
    ],
)
def test_which_document_a_row_is(
    alike: list[ExistingEntry], digest: str, due: str | None, dues: tuple[str | None, ...], wanted: EntryChoice
) -> None:
    dates = DocumentDates("2026-01-31", due)
    assert d.choose_document(alike, digest, dates, HERE, dues, last=True) == wanted


def test_a_document_with_other_dates_waits_for_the_rest_of_the_source() -> None:
    dates = DocumentDates("2026-01-31", "2026-05-01")
    assert d.choose_document([_FIRST], "new", dates, HERE, (), last=False).waits
    assert not d.choose_document([], "new", dates, HERE, (), last=False).waits
    assert not d.choose_document([_FIRST], "d1", dates, HERE, (), last=False).waits


def test_of_several_counted_entries_the_one_with_the_values_comes_first() -> None:
    one, two, taken = known(_A, digest="d1"), known(_A, digest="d2"), known(_A, HERE, digest="d3")
    assert d.choose_counted([one, two], "d2", HERE, last=False) == EntryChoice(two)
    assert d.choose_counted([one, two], "new", HERE, last=False) == EntryChoice(waits=True)
    assert d.choose_counted([taken, one, two], "new", HERE, last=True) == EntryChoice(one)
    assert d.choose_counted([taken], "d3", HERE, last=False) == EntryChoice()


def test_a_key_of_its_own_is_the_exact_entry_or_the_only_one_alike() -> None:
    one, two, here = known(_A), known(_P), known(_P, HERE)
    assert d.choose_single([one], [one, two], HERE) == EntryChoice(one)
    assert d.choose_single([], [two], HERE) == EntryChoice(two)
    assert d.choose_single([], [one, two, here], HERE) == EntryChoice(here)
    assert d.choose_single([], [one, two], HERE) == EntryChoice(several=(one, two))
    assert d.choose_single([], [], HERE) == EntryChoice()
