"""Rows that a later list calls paid, credited or disputed: what waits is withdrawn, and what was sent is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledgers import LedgerDriver, case, no_claim, open_driver, voucher

from importer.domain.kinds import RecordKind
from importer.domain.later_words import LaterWord
from importer.domain.reasons import Reason
from importer.domain.records import LeftOut, LoadedRow, Row
from importer.domain.states import RowStatus, State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.later_words import NoClaimEffect, decide_no_claim
from importer.ledger.intake.records_json import decode_records, encode_records

DAY = "2026-01-31"
WITHDRAWN, LEFT, CHANGED, REJECTED = RowStatus.WITHDRAWN, RowStatus.LEFT_OUT, RowStatus.CHANGED, RowStatus.REJECTED
PENDING, KNOWN, QUESTIONED, BLOCKED = RowStatus.PENDING, RowStatus.ALREADY_IMPORTED, RowStatus.QUESTIONED, RowStatus.BLOCKED


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


@pytest.mark.parametrize("word", LaterWord)
def test_a_case_that_waits_is_withdrawn_with_its_vouchers(driver: LedgerDriver, word: LaterWord) -> None:
    first = driver.take(case("R1", day=DAY), case("R2", day=DAY), voucher("R1"))
    later = driver.take(no_claim(case("R1", day=DAY), word), case("R2", day=DAY), voucher("R1"))
    assert (driver.cases(later), driver.vouchers(later)) == ([WITHDRAWN, PENDING], [LEFT])
    assert (driver.cases(first), driver.vouchers(first)) == ([WITHDRAWN, PENDING], [BLOCKED])
    assert driver.balanced(first)
    assert driver.balanced(later)
    assert len(driver.send_all()) == 1
    assert f"is called {word.in_words}" in "".join(driver.reasons(later)) or "waited to be sent" in "".join(driver.reasons(later))
    again = driver.take(no_claim(case("R1", day=DAY), word))
    assert driver.cases(again) == [LEFT]  # it is withdrawn already


def test_a_later_list_that_calls_it_open_sends_it(driver: LedgerDriver) -> None:
    driver.take(case("R1", day=DAY), voucher("R1"))
    driver.take(no_claim(case("R1", day=DAY)))
    opened = driver.take(case("R1", day=DAY), voucher("R1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    assert (driver.cases(opened), driver.vouchers(opened)) == ([RowStatus.ACCEPTED], [RowStatus.ACCEPTED])
    assert len(driver.entries()) == 2


@pytest.mark.parametrize("word", LaterWord)
def test_a_case_that_was_sent_is_reported_with_what_to_do(driver: LedgerDriver, word: LaterWord) -> None:
    driver.take(case("R1", day=DAY), name="first.xlsx")
    driver.send_all()
    later = driver.take(no_claim(case("R1", day=DAY), word))
    assert driver.cases(later) == [CHANGED]
    assert driver.codes(later) == [word.code]
    (reason,) = driver.reasons(later)
    assert f"as case remote-1, and is called {word.in_words} now. Tell the collection partner in the chat" in reason
    assert driver.balanced(later)
    assert driver.claim() == []


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.HELD])
def test_a_case_that_may_have_been_sent_is_reported_and_stays(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1", day=DAY))
    driver.send_all(State.IN_DOUBT)
    if state is State.HELD:
        assert driver.ledger.doubts.move(1, State.HELD)
    later = driver.take(no_claim(case("R1", day=DAY)))
    assert driver.cases(later) == [CHANGED]
    assert "may have been sent" in driver.reasons(later)[0]
    assert driver.entry(1).state == state


def test_another_invoice_with_the_same_number_changes_nothing(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann", day=DAY))
    later = driver.take(no_claim(case("R1", debtor="Bob", day="2025-01-31")))
    assert driver.cases(later) == [LEFT]
    assert driver.codes(later) == ["no_claim_paid", "reference_of_another"]
    assert len(driver.send_all()) == 1


@pytest.mark.parametrize("told", [{"debtor": "Bob"}, {"day": "2025-01-31"}, {"currency": "SEK"}])
def test_a_row_that_does_not_agree_is_a_question_and_nothing_is_sent_before_the_answer(driver: LedgerDriver, told) -> None:
    driver.take(case("R1", debtor="Ann", day=DAY), voucher("R1"))
    driver.ledger.approvals.begin(None)
    later = driver.take(no_claim(case("R1", debtor="Ann", day=DAY), **told))
    assert driver.cases(later) == [QUESTIONED]
    assert driver.codes(later) == ["may_be_paid"]
    assert driver.claim() == []
    assert driver.balanced(later)
    again = driver.take(no_claim(case("R1", debtor="Ann", day=DAY), **told))
    assert driver.cases(again) == [QUESTIONED]
    driver.answer_send()
    assert driver.cases(driver.take(no_claim(case("R1", debtor="Ann", day=DAY), **told))) == [LEFT]
    assert len(driver.send_all()) == 1
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1


def test_what_a_row_does_not_tell_does_not_differ(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", debtor="Ann", day=DAY), case("R2", day=DAY), case("R3", day=DAY))
    driver.take(
        no_claim(case("R1", day=DAY), debtor=None, day=None, currency=None, amount=None),
        no_claim(case("R2", day=DAY), creditor=None),
        no_claim(case("R3", day=DAY), creditor="Another"),
    )
    assert driver.cases(first) == [WITHDRAWN, WITHDRAWN, PENDING]


def test_cases_without_a_reference_are_found_by_debtor_date_and_amount(driver: LedgerDriver) -> None:
    first = driver.take(
        case(None, cents=100, day=DAY), case(None, cents=200, day=DAY), case(None, cents=300, debtor="Bob", day=DAY)
    )
    later = driver.take(
        no_claim(case(None, cents=200, day=DAY)),  # one of Ann's two
        no_claim(case(None, cents=300, debtor="Bob", day=DAY), amount=None),  # the only one of Bob
        no_claim(case(None, day=DAY), amount=None),  # the other one of Ann, or the same: not clear, but only one waits
    )
    assert driver.cases(later)[:2] == [WITHDRAWN, WITHDRAWN]
    assert driver.cases(first)[1:] == [WITHDRAWN, WITHDRAWN]


def test_a_case_is_not_chosen_among_several_amounts(driver: LedgerDriver) -> None:
    first = driver.take(case(None, cents=100, day=DAY), case(None, cents=200, day=DAY))
    later = driver.take(no_claim(case(None, day=DAY), amount=None))
    assert driver.cases(later) == [LEFT]
    assert driver.cases(first) == [PENDING, PENDING]


@pytest.mark.parametrize("paid_first", [True, False])
def test_rows_of_one_list_that_contradict_each_other_hold_the_case_back(driver: LedgerDriver, *, paid_first: bool) -> None:
    rows = [no_claim(case("R1", day=DAY)), case("R1", day=DAY)]
    batch = driver.take(*(rows if paid_first else rows[::-1]), voucher("R1"))
    assert REJECTED in driver.cases(batch)
    assert driver.vouchers(batch) == [BLOCKED]
    assert driver.claim() == driver.claim(RecordKind.VOUCHER) == []
    assert driver.balanced(batch)


def test_a_number_that_was_used_twice_is_no_contradiction(driver: LedgerDriver) -> None:
    rows = [no_claim(case("R1", debtor="Bob", day="2025-01-31")), case("R1", debtor="Ann", day=DAY)]
    for batch in (driver.take(*rows), driver.take(*rows[::-1])):
        assert sorted(driver.cases(batch)) == [LEFT, PENDING]


def test_a_flat_row_that_was_sent_and_is_paid_now_sends_no_new_voucher(driver: LedgerDriver) -> None:
    driver.take((case("R1", day=DAY), voucher(None)), (case("R1", day=DAY), voucher(None, text="b")))
    driver.send_all()
    (one,) = driver.claim(RecordKind.VOUCHER, limit=1)
    driver.settle([one], State.ACCEPTED)
    paid = no_claim(case("R1", day=DAY))
    later = driver.take((paid, voucher(None)), (paid, voucher(None, text="b")), (paid, voucher(None, text="new")))
    assert driver.cases(later) == [CHANGED]  # the other rows repeat the case
    assert driver.vouchers(later) == [KNOWN, WITHDRAWN, LEFT]
    assert driver.claim(RecordKind.VOUCHER) == []
    assert driver.balanced(later)


def test_the_entry_that_an_error_sheet_names_is_withdrawn(driver: LedgerDriver) -> None:
    first = driver.take(case("R1", day=DAY))
    driver.take(no_claim(case("R9", day=DAY, hint=1)))
    assert driver.cases(first) == [WITHDRAWN]


def test_equal_waiting_cases_are_withdrawn_one_a_row(driver: LedgerDriver) -> None:
    first = driver.take(case(None, day=DAY), case(None, day=DAY))
    driver.answer_send()
    later = driver.take(no_claim(case(None, day=DAY)), case(None, day=DAY))
    assert sorted(driver.cases(first)) == [PENDING, WITHDRAWN]
    assert driver.cases(later) == [WITHDRAWN, PENDING]
    assert len(driver.send_all()) == 1


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("differences", [(), ("date",), ("debtor_name", "date")])
@pytest.mark.parametrize("is_here", [True, False])
def test_the_effect_as_a_table(state: State, differences: tuple[str, ...], *, is_here: bool) -> None:
    known = ExistingEntry(1, "k", "k", state, "d", b"{}", "i", 2 if is_here else 1, 1)
    effect = decide_no_claim(known, 2, differences)
    if len(differences) > 1 or state in {State.WITHDRAWN, State.DROPPED}:
        assert effect is NoClaimEffect.NOTHING
    elif state in {State.ACCEPTED, State.SENDING, State.IN_DOUBT, State.HELD}:
        assert effect is NoClaimEffect.REPORT
    elif is_here:
        assert effect is NoClaimEffect.CONTRADICT
    else:
        assert effect is (NoClaimEffect.ASK if differences else NoClaimEffect.WITHDRAW)


def test_no_entry_is_no_effect() -> None:
    assert decide_no_claim(None, 1, ()) is NoClaimEffect.NOTHING


def test_a_staged_batch_keeps_what_the_row_says() -> None:
    row = Row("Cases", 2, ("x",))
    loaded = LoadedRow(row, no_claim(case("R1", day=DAY), LaterWord.CREDITED))
    assert decode_records(row, encode_records(loaded)) == loaded


def asking(record, code: str = "row_state"):
    """The same case in a row whose sheet asks about it."""
    return replace(record, questions=(Reason(code, "is not known", "row_state"),))


@pytest.mark.parametrize("code", ["row_state", "disputed", "state_unconfirmed"])
@pytest.mark.parametrize("open_first", [True, False])
def test_a_case_that_one_of_its_rows_asks_about_is_not_sent_in_any_order(
    driver: LedgerDriver, code: str, *, open_first: bool
) -> None:
    rows = [case("R1", day=DAY), asking(case("R1", day=DAY), code)]
    batch = driver.take(*(rows if open_first else rows[::-1]), voucher("R1"))
    assert driver.entry(1).state == State.QUESTIONED
    assert driver.claim() == []
    assert driver.vouchers(batch) == [BLOCKED]
    assert driver.balanced(batch)
    driver.answer_send()
    driver.take(*(rows if open_first else rows[::-1]), voucher("R1"))
    assert len(driver.send_all()) == 1
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1


def test_what_a_later_row_asks_is_taken_back_by_a_list_that_does_not(driver: LedgerDriver) -> None:
    driver.take(case("R1", day=DAY), asking(case("R1", day=DAY)))
    driver.take(case("R1", day=DAY), asking(case("R1", day=DAY)))
    assert driver.claim() == []
    driver.take(case("R1", day=DAY), case("R1", day=DAY))
    assert len(driver.send_all()) == 1


@pytest.mark.parametrize("open_first", [True, False])
@pytest.mark.parametrize("twin", ["02002", None])
def test_a_case_whose_twin_asks_is_not_sent_in_any_order(driver: LedgerDriver, twin: str | None, *, open_first: bool) -> None:
    rows = [case("2002" if twin else None, day=DAY), asking(case(twin, day=DAY))]
    driver.take(*(rows if open_first else rows[::-1]))
    assert driver.claim() == []


@pytest.mark.parametrize("paid_first", [True, False])
def test_a_case_whose_twin_in_zeros_is_paid_is_a_question(driver: LedgerDriver, *, paid_first: bool) -> None:
    rows = [case("2002", day=DAY), no_claim(case("02002", day=DAY))]
    batch = driver.take(*(rows[::-1] if paid_first else rows))
    assert sorted(driver.cases(batch)) == sorted([LEFT, QUESTIONED])
    assert "may_be_paid" in driver.codes(batch)
    assert driver.claim() == []
    assert driver.balanced(batch)
    driver.answer_send()
    driver.take(*(rows[::-1] if paid_first else rows))
    assert len(driver.send_all()) == 1


def test_a_twin_that_waits_or_was_sent_is_named_when_it_is_paid(driver: LedgerDriver) -> None:
    driver.take(case("2002", day=DAY))
    waiting = driver.take(no_claim(case("02002", day=DAY)))
    assert driver.cases(waiting) == [QUESTIONED]
    assert driver.claim() == []
    driver.answer_send()
    assert driver.cases(driver.take(no_claim(case("02002", day=DAY)))) == [LEFT]
    driver.send_all()
    assert driver.cases(driver.take(no_claim(case("02002", day=DAY)))) == [CHANGED]


@pytest.mark.parametrize("told", [{"debtor": "Bob"}, {"day": "2025-01-31"}, {"amount": Decimal(7)}, {"debtor": None}])
def test_a_paid_row_with_other_values_is_no_twin(driver: LedgerDriver, told) -> None:
    driver.take(case("2002", day=DAY), no_claim(case("02002", day=DAY), **told))
    assert len(driver.send_all()) == 1


def test_a_row_that_is_left_out_and_not_confirmed_withdraws_nothing(driver: LedgerDriver) -> None:
    driver.take(case("R1", day=DAY))
    unconfirmed = Reason("state_unconfirmed", "is taken for paid, which nobody has confirmed", "row_state")
    closed = LeftOut(case("R1", day=DAY), Reason("no_claim_paid", "is paid", "row_state"), None, unconfirmed, LaterWord.PAID)
    batch = driver.take(closed)
    assert driver.cases(batch) == [QUESTIONED]
    assert driver.entry(1).state == State.QUESTIONED
    assert driver.claim() == []
    driver.take(case("R1", day=DAY))
    assert len(driver.send_all()) == 1
