"""Answers in ``#answer`` where one row holds a case and a voucher, and where several rows belong to one entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver, source, transaction, voucher

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in

DAY = "2026-01-31"
PENDING, QUESTIONED, REJECTED = RowStatus.PENDING, RowStatus.QUESTIONED, RowStatus.REJECTED
BLOCKED, LEFT_OUT, KNOWN = RowStatus.BLOCKED, RowStatus.LEFT_OUT, RowStatus.ALREADY_IMPORTED


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def label(driver: LedgerDriver, number: int) -> EntryLabel:
    found = driver.entry(number)
    return EntryLabel.of(RecordKind(found.kind), found.id, found.key)


def take(driver: LedgerDriver, *records: Any) -> int:
    with transaction(driver.ledger) as connection:
        return take_in(connection, replace(source(*records), read_by="ann@host"), ACCOUNTS, "run")


def answered(record: Any, hint: EntryLabel, answer: str | None) -> Any:
    return replace(record, hint=hint, answer=answer)


def flat_rows(driver: LedgerDriver) -> tuple[EntryLabel, list[EntryLabel]]:
    """A questioned case with two vouchers, in two flat rows; the labels of the case and of its vouchers."""
    driver.take(case("INV-17", day=DAY))
    driver.send_all()
    twin = case("inv-17", day=DAY)
    batch = driver.take((twin, voucher(None, uid="V1")), (twin, voucher(None, uid="V2")))
    assert (driver.cases(batch)[0], driver.vouchers(batch)) == (QUESTIONED, [BLOCKED, BLOCKED])
    return label(driver, 2), [label(driver, 3), label(driver, 4)]


def flat(labels: tuple[EntryLabel, list[EntryLabel]], *answers: str | None) -> list[Any]:
    of_case, of_vouchers = labels
    return [
        (answered(case("inv-17", day=DAY), of_case, answer), answered(voucher(None, uid=f"V{n}"), of_vouchers[n - 1], answer))
        for n, answer in enumerate(answers, 1)
    ]


@pytest.mark.parametrize("answers", [("send", "send"), ("send", None), (None, "send")])
def test_one_answer_is_enough_for_the_rows_of_one_case(driver: LedgerDriver, answers: tuple[str | None, ...]) -> None:
    batch = take(driver, *flat(flat_rows(driver), *answers))
    assert (set(driver.cases(batch)), driver.vouchers(batch)) == ({PENDING}, [PENDING, PENDING])
    assert driver.balanced(batch)
    assert json.loads(driver.entry(2).answer)["who"] == "ann@host"


def test_a_dropped_case_of_flat_rows_is_left_out_with_its_vouchers(driver: LedgerDriver) -> None:
    batch = take(driver, *flat(flat_rows(driver), "drop", "drop"))
    assert (set(driver.cases(batch)), driver.vouchers(batch)) == ({LEFT_OUT}, [LEFT_OUT, LEFT_OUT])
    assert driver.balanced(batch)
    assert not driver.send_all()


def test_a_case_of_flat_rows_that_is_the_same_gives_its_vouchers_to_the_other(driver: LedgerDriver) -> None:
    labels = flat_rows(driver)
    batch = take(driver, *flat(labels, f"same as {label(driver, 1).text()}", None))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([KNOWN, KNOWN], [PENDING, PENDING])
    assert driver.balanced(batch)


def test_of_two_different_answers_about_one_entry_neither_is_taken(driver: LedgerDriver) -> None:
    batch = take(driver, *flat(flat_rows(driver), "send", "drop"))
    assert "answer_differs" in driver.codes(batch)
    assert driver.entry(2).state == "questioned"
    assert driver.balanced(batch)
    assert not driver.send_all()


@pytest.mark.parametrize("answer", ["sned", "same as C99-abcdef"])
def test_a_wrong_answer_in_a_flat_row_is_rejected(driver: LedgerDriver, answer: str) -> None:
    batch = take(driver, *flat(flat_rows(driver), answer, None))
    assert REJECTED in {*driver.cases(batch), *driver.vouchers(batch)}
    assert driver.entry(2).state == "questioned"
    assert driver.balanced(batch)


def test_a_question_about_a_voucher_alone_is_answered_in_its_flat_row(driver: LedgerDriver) -> None:
    driver.take((case("R1"), voucher(None, number="A-1")))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    asked = voucher(None, number="A-1", day="2026-06-30")
    assert driver.vouchers(driver.take((case("R1"), asked))) == [QUESTIONED]
    row = (answered(case("R1"), label(driver, 1), "send"), answered(asked, label(driver, 3), "send"))
    batch = take(driver, row)
    assert (driver.cases(batch), driver.vouchers(batch)) == ([KNOWN], [PENDING])
    named = (answered(case("R1"), label(driver, 1), "drop"), answered(asked, label(driver, 3), "drop"))
    assert driver.codes(take(driver, named)) == ["answer_without_question"]
    assert driver.entry(3).state == "pending"


def test_a_row_of_another_source_is_left_out_while_it_is_dropped_and_asked_about_with_other_values(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY), case("INV-17", day=DAY, creditor="Y"))
    driver.take(case("inv-17", day=DAY))
    take(driver, answered(case("inv-17", day=DAY), label(driver, 3), "drop"))
    assert driver.cases(driver.take(case("inv-17", day=DAY))) == [LEFT_OUT]
    assert driver.cases(driver.take(case("inv-17", day=DAY, debtor="Bob"))) == [PENDING]
    assert driver.cases(driver.take(case("inv-17", day=DAY))) == [QUESTIONED]


def test_what_is_dropped_beside_a_correction_is_not_sent(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY))
    driver.take(case("inv-17", day=DAY))
    corrected = case("NEW-1", day=DAY, debtor="Bob")
    batch = take(driver, answered(corrected, label(driver, 2), "drop"))
    assert driver.cases(batch) == [LEFT_OUT]
    batch = take(driver, answered(corrected, label(driver, driver.entry(2).superseded_by), "send"))
    assert driver.cases(batch) == [PENDING]


def test_a_row_that_is_corrected_into_another_one_does_not_answer_about_that(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY), case("OTHER"))
    driver.take(case("inv-17", day=DAY))
    batch = take(driver, answered(case("OTHER"), label(driver, 3), "drop"))
    assert driver.cases(batch) == [PENDING]
    assert (driver.entry(2).state, driver.entry(3).superseded_by) == ("pending", 2)


def test_different_answers_beside_a_correction_send_nothing(driver: LedgerDriver) -> None:
    of_case, of_vouchers = flat_rows(driver)
    corrected = case("inv-17", day=DAY, debtor="Bob")
    rows = [
        (answered(corrected, of_case, answer), answered(voucher(None, uid=f"V{n}"), of_vouchers[n - 1], answer))
        for n, answer in enumerate(("send", "drop"), 1)
    ]
    batch = take(driver, *rows)
    assert driver.entry(2).state == "questioned"
    assert driver.balanced(batch)
    assert not driver.send_all()
