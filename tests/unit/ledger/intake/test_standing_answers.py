"""Answers that a profile gives for good: every question of the intake heeds them, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, Entered, LedgerDriver, case, open_driver, source, transaction, voucher

from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.questions import StandingAnswer, StandingAnswers
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in

DAY = "2026-01-31"


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def take(driver: LedgerDriver, answer: StandingAnswer, *records: Entered) -> int:
    standing = StandingAnswers("erp", dict.fromkeys(QuestionKind, answer))
    with transaction(driver.ledger) as connection:
        return take_in(connection, replace(source(*records), standing=standing), ACCOUNTS, "run")


@pytest.mark.parametrize(
    ("answer", "wanted", "vouchers"),
    [
        (StandingAnswer.SEND, RowStatus.PENDING, RowStatus.PENDING),
        (StandingAnswer.ASK, RowStatus.QUESTIONED, RowStatus.BLOCKED),
        (StandingAnswer.LEAVE_OUT, RowStatus.LEFT_OUT, RowStatus.LEFT_OUT),
    ],
)
def test_a_question_is_answered_by_the_profile(
    driver: LedgerDriver, answer: StandingAnswer, wanted: RowStatus, vouchers: RowStatus
) -> None:
    driver.take(case("INV-17", day=DAY))
    batch = take(driver, answer, case("inv-17", day=DAY), voucher("inv-17"))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([wanted], [vouchers])
    assert driver.balanced(batch)
    if answer is not StandingAnswer.ASK:
        recorded = json.loads(driver.entry(2).answer)
        assert (recorded["who"], recorded["what"], recorded["asked"]) == ("profile erp", answer.value, ["twin"])


def test_a_question_about_a_voucher_is_answered_by_the_profile(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", number="A-1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    batch = take(driver, StandingAnswer.LEAVE_OUT, voucher("R1", number="A-1", day="2026-06-30"))
    assert driver.vouchers(batch) == [RowStatus.LEFT_OUT]
    assert not driver.send_all(kind=RecordKind.VOUCHER)
