"""Answers about questioned entries: what is sent, what is never sent, and what holds when the same rows come again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.ledgers import LedgerDriver, case, open_driver, run_sql, voucher

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus, State
from importer.ledger.intake.user_answer import UserAnswer

DAY = "2026-01-31"
FIRST, TWIN = case("INV-17", day=DAY), case("inv-17", day=DAY)
KNOWN, PENDING, QUESTIONED, BLOCKED = RowStatus.ALREADY_IMPORTED, RowStatus.PENDING, RowStatus.QUESTIONED, RowStatus.BLOCKED


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def entry(driver: LedgerDriver, number: int) -> Any:
    """The entry as the commands find it: by its label."""
    found = driver.entry(number)
    known = driver.ledger.answers.entry(EntryLabel.of(RecordKind(found.kind), found.id, found.key))
    assert known is not None
    return known


def send(driver: LedgerDriver, number: int) -> State:
    return driver.ledger.answers.send(entry(driver, number), UserAnswer("ann@host", "send"))


def same(driver: LedgerDriver, number: int, other: int) -> None:
    driver.ledger.answers.same(entry(driver, number), entry(driver, other), UserAnswer("ann@host", "same as it"))


def test_another_claim_is_sent_with_its_vouchers_and_stays_answered(driver: LedgerDriver) -> None:
    driver.take(FIRST)
    batch = driver.take(TWIN, voucher("inv-17"))
    assert send(driver, 2) is State.PENDING
    assert (driver.cases(batch), driver.vouchers(batch)) == ([PENDING], [PENDING])
    answer = json.loads(driver.entry(2).answer)
    assert (answer["who"], answer["what"], answer["when"][:2]) == ("ann@host", "send", "20")
    assert driver.cases(driver.take(TWIN)) == [PENDING]  # not asked again
    assert len(driver.send_all()) == 2
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1
    assert driver.cases(driver.take(FIRST, TWIN)) == [KNOWN, KNOWN]


def test_an_answer_holds_for_the_row_as_it_is(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY), case("INV-18", day=DAY))
    driver.take(TWIN)
    send(driver, 3)
    assert driver.cases(driver.take(case("inv-17", day=DAY, debtor="Bob"))) == [PENDING]  # another debtor: no twin
    assert driver.entry(3).answer is None
    assert driver.cases(driver.take(TWIN)) == [QUESTIONED]


@pytest.mark.parametrize("accepted", [True, False])
def test_the_same_claim_is_never_sent_and_counts_as_imported(driver: LedgerDriver, *, accepted: bool) -> None:
    driver.take(FIRST)
    if accepted:
        driver.send_all()
    batch = driver.take(TWIN)
    same(driver, 2, 1)
    for again in (batch, driver.take(TWIN), driver.take(FIRST, TWIN), driver.take(TWIN, FIRST)):
        assert set(driver.cases(again)) == {KNOWN if accepted else PENDING}
        assert driver.balanced(again)
    assert [json.loads(claim.payload)["creditorReference"] for claim in driver.send_all()] == ([] if accepted else ["INV-17"])
    assert not driver.claim()
    assert json.loads(driver.entry(2).answer)["what"] == "same as it"


def test_a_changed_row_of_an_answered_one_is_compared_with_what_was_sent(driver: LedgerDriver) -> None:
    driver.take(FIRST)
    driver.send_all()
    driver.take(TWIN)
    same(driver, 2, 1)
    batch = driver.take(case("inv-17", day=DAY, cents=12300))
    assert driver.codes(batch) == ["reused_after_import"]


def test_the_vouchers_of_the_same_claim_follow_it_once(driver: LedgerDriver) -> None:
    driver.take(FIRST, voucher("INV-17", number="A-1"), voucher("INV-17"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    rows = (voucher("inv-17", number="A-1"), voucher("inv-17"), voucher("inv-17", text="new"), voucher("inv-17", number="a-01"))
    batch = driver.take(TWIN, *rows)
    assert driver.vouchers(batch) == [BLOCKED] * 4
    same(driver, 4, 1)
    # What the case has already is not sent again, and its document under nearly the same number is asked about.
    assert driver.vouchers(batch) == [RowStatus.ACCEPTED, RowStatus.ACCEPTED, PENDING, QUESTIONED]
    assert [json.loads(claim.payload)["text"] for claim in driver.send_all(kind=RecordKind.VOUCHER)] == ["new"]
    assert driver.vouchers(driver.take(TWIN, *rows)) == [KNOWN, KNOWN, KNOWN, QUESTIONED]


def test_a_voucher_that_is_another_document_is_sent_when_its_case_is_there(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", number="A-1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    driver.take(voucher("R1", number="A-1", day="2026-06-30"))
    assert send(driver, 3) is State.PENDING
    (claim,) = driver.send_all(kind=RecordKind.VOUCHER)
    assert claim.entry.entry_id == 3
    assert json.loads(claim.payload)["uniqueId"] == driver.entry(3).key
    again = driver.take(voucher("R1", number="A-1", day="2026-06-30"), voucher("R1", number="A-1"))
    assert driver.vouchers(again) == [KNOWN, KNOWN]


def test_a_voucher_that_is_answered_before_its_case_waits_for_it(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", number="A-1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    driver.take(voucher("R1", number="A-1", day="2026-06-30"))
    run_sql(driver.ledger, lambda c: c.exec_driver_sql("UPDATE entry SET state = 'held' WHERE id = 1"))
    assert send(driver, 3) is State.BLOCKED
    assert driver.ledger.doubts.move(1, State.ACCEPTED, remote_id="remote-1")
    assert len(driver.claim(RecordKind.VOUCHER)) == 1


def test_a_voucher_that_is_the_same_is_never_sent(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1", number="A-1"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    batch = driver.take(voucher("R1", number="A-1", day="2026-06-30"))
    same(driver, 3, 2)
    assert driver.vouchers(batch) == [KNOWN]
    assert driver.vouchers(driver.take(voucher("R1", number="A-1", day="2026-06-30"))) == [KNOWN]
    assert not driver.claim(RecordKind.VOUCHER)


def test_a_case_of_which_only_debitura_knows_takes_the_place_of_the_row(driver: LedgerDriver) -> None:
    driver.take(FIRST)
    batch = driver.take(TWIN, voucher("inv-17"))
    found = {"remote_id": "remote-9", "remote_reference": "DB-9"}
    driver.ledger.answers.accept(entry(driver, 2), found, UserAnswer("ann@host", "same as remote-9"))
    assert driver.cases(batch) == [KNOWN]
    (claim,) = driver.claim(RecordKind.VOUCHER)
    assert claim.entry.case_id == "remote-9"


def test_an_answer_names_an_entry_by_its_label_or_its_remote_id_or_reference(driver: LedgerDriver) -> None:
    driver.take(FIRST)
    driver.send_all()
    run_sql(driver.ledger, lambda c: c.exec_driver_sql("UPDATE entry SET remote_reference = 'AB12CD34'"))
    driver.take(TWIN)
    answers = driver.ledger.answers
    questioned = entry(driver, 2)
    for name in ("remote-1", "REMOTE-1", "ab12cd34"):
        assert [owner.id for owner in answers.named_so(questioned, name)] == [1]
    assert answers.named_so(questioned, "remote-2") == []
    assert answers.entry(EntryLabel(RecordKind.CASE, 1, "000000")) is None
    assert answers.may_be_same(questioned, entry(driver, 1))
    assert not answers.may_be_same(questioned, questioned)
