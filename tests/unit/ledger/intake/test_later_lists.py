"""A later list: new documents of a debtor with an open case, smaller ones, those that are gone, came back or grew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import run_sql
from support.lists import NUMBERED, Debtor, ListDriver, by_row, credit, group, invoice

from importer.domain.kinds import RecordKind
from importer.domain.next_list import ListPolicy, NewInvoices
from importer.domain.states import RowStatus, State
from importer.ledger.ledger import Ledger
from importer.ledger.queries.report_rows import batch_info

CHANGED, KNOWN, PENDING, QUESTIONED = RowStatus.CHANGED, RowStatus.ALREADY_IMPORTED, RowStatus.PENDING, RowStatus.QUESTIONED
ONE, TWO, THREE = invoice("INV-1"), invoice("INV-2", 20000), invoice("INV-3", 30000, day="2026-02-28")
SMALLER = replace(ONE, open_cents=4000)
JAN, FEB, MAR = "2026-01-31", "2026-02-28", "2026-03-31"
COMPLETE, CASE = ListPolicy(is_complete=True), ListPolicy(NewInvoices.CASE)
OTHERS = tuple(Debtor(name=f"Debtor {place}", number=f"K-{place}") for place in range(10, 16))


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[ListDriver]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test") as ledger:
        yield ListDriver(ledger)


def own(*documents):
    return group(*documents, debtor=NUMBERED)


def others():
    """Cases of other debtors, so that one missing document is less than a fifth of the list."""
    return [group(invoice(f"X-{place}"), debtor=debtor) for place, debtor in enumerate(OTHERS)]


def notes(driver, batch):
    return [note.kind.value for note in run_sql(driver.ledger, lambda c: batch_info(c, batch)).notes]


def sent(driver, *records, on=JAN, **more):
    batch = driver.list(*records, on=on, **more)
    driver.send_all()
    return batch


def test_the_same_list_again_says_nothing(driver):
    sent(driver, own(ONE, TWO))
    again = driver.list(own(ONE, TWO), on=FEB)
    assert (driver.cases(again), notes(driver, again)) == ([KNOWN], [])


def test_new_documents_wait_for_an_answer(driver):
    sent(driver, own(ONE, TWO), *others())
    asked = driver.list(own(ONE, TWO, THREE), *others(), on=FEB)
    assert driver.cases(asked) == [QUESTIONED, *[KNOWN] * len(OTHERS)]
    assert driver.codes(asked) == ["new_documents"]
    driver.answer_send()
    (further,) = driver.send_all()
    wire = json.loads(driver.entry(further.entry.entry_id).payload)
    assert (wire["amountToRecover"], wire["creditorReference"], wire["date"]) == (300.0, "K-1-2", "2026-02-28")
    assert wire["comments"] == "Invoices (DKK):\nINV-3 of 2026-02-28: 300.00\nTo be recovered: DKK 300.00"
    assert driver.cases(driver.list(own(ONE, TWO, THREE), *others(), on=MAR)) == [KNOWN] * 7


def test_a_question_that_nobody_answers_is_the_same_one_in_the_next_list(driver):
    sent(driver, own(ONE))
    first = driver.list(own(ONE, TWO), on=FEB)
    again = driver.list(own(ONE, TWO), on=FEB)
    assert driver.cases(again) == [QUESTIONED]
    assert len(driver.entries(RecordKind.CASE)) == 2
    assert driver.cases(first) == [QUESTIONED]
    more = driver.list(own(ONE, TWO, THREE), on=MAR)
    assert driver.cases(more) == [QUESTIONED]
    driver.answer_send()
    driver.send_all()
    assert driver.claimed() == ["K-1 100.00", "K-1-2 500.00"]


def test_a_profile_says_that_new_documents_become_a_further_case(driver):
    sent(driver, own(ONE))
    assert driver.cases(sent_batch := driver.list(own(ONE, TWO), on=FEB, policy=CASE)) == [PENDING]
    driver.send_all()
    driver.list(own(ONE, TWO, THREE), on=MAR, policy=CASE)
    driver.send_all()
    assert driver.claimed() == ["K-1 100.00", "K-1-2 200.00", "K-1-3 300.00"]
    assert driver.balanced(sent_batch)


def test_new_documents_alone_are_those_of_a_debtor_with_an_open_case(driver):
    sent(driver, own(ONE))
    assert driver.cases(driver.list(own(TWO), on=FEB)) == [QUESTIONED]


def test_new_documents_without_vouchers_are_asked_about_and_not_added(driver):
    sent(driver, own(ONE))
    assert driver.cases(driver.list(own(ONE, TWO), on=FEB, policy=ListPolicy(NewInvoices.ADD))) == [QUESTIONED]
    assert driver.claimed() == ["K-1 100.00"]


def test_a_new_credit_lowers_the_claim_and_is_reported(driver):
    sent(driver, own(ONE, TWO))
    changed = driver.list(own(ONE, TWO, credit("K-9", 5000)), on=FEB)
    assert driver.cases(changed) == [CHANGED]
    assert driver.codes(changed) == ["document_credit"]
    assert driver.balanced(changed)


@pytest.mark.parametrize("again", [own(SMALLER, TWO), by_row(SMALLER)])
def test_a_smaller_document_is_reported(driver, again):
    sent(driver, own(ONE, TWO))
    changed = driver.list(again, on=FEB)
    assert driver.cases(changed) == [CHANGED]
    assert "INV-1 was 100.00, is now 40.00" in driver.reasons(changed)[0]
    assert driver.balanced(changed)
    assert driver.claim() == []


def test_a_document_that_grows_again_is_a_question_that_sends_nothing(driver):
    sent(driver, own(ONE, TWO))
    driver.list(own(SMALLER, TWO), on=FEB)
    grown = driver.list(own(ONE, TWO), on=MAR)
    assert driver.cases(grown) == [QUESTIONED]
    assert driver.codes(grown) == ["document_grew"]
    again = driver.list(own(ONE, TWO), on=MAR)
    assert driver.cases(again) == [QUESTIONED]
    assert driver.claimed() == ["K-1 300.00"]


def test_a_document_that_is_gone_is_never_a_payment(driver):
    sent(driver, own(ONE, TWO), *others(), policy=COMPLETE)
    gone = driver.list(own(TWO), *others(), on=FEB, policy=COMPLETE)
    assert driver.cases(gone) == [KNOWN] * 7
    assert notes(driver, gone) == ["documents_gone"]
    assert driver.claim() == []
    assert driver.entries(RecordKind.VOUCHER) == []
    back = driver.list(own(ONE, TWO), *others(), on=MAR, policy=COMPLETE)
    assert driver.codes(back) == ["document_grew"]


def test_without_a_complete_list_absence_means_nothing(driver):
    sent(driver, own(ONE, TWO), *others())
    gone = driver.list(own(TWO), *others(), on=FEB)
    assert (driver.cases(gone), notes(driver, gone)) == ([KNOWN] * 7, [])


def test_a_case_that_waits_and_whose_documents_are_gone_is_withdrawn(driver):
    first = driver.list(own(ONE), *others(), on=JAN, policy=COMPLETE)
    driver.list(*others(), on=FEB, policy=COMPLETE)
    assert driver.cases(first)[0] is RowStatus.WITHDRAWN
    driver.list(own(ONE), *others(), on=MAR, policy=COMPLETE)
    assert len(driver.send_all()) == 7


@pytest.mark.parametrize(
    ("records", "on", "why"),
    [
        ([own(TWO), *others()], "2026-01-01", "older"),
        ([own(SMALLER)], FEB, "missing"),
        ([], FEB, "empty"),
        ([replace(own(ONE), payload=own(ONE).payload.replace(b"Nordlys", b"Sydlys"))], FEB, "creditor"),
    ],
)
def test_a_list_that_cannot_be_the_newest_one_concludes_nothing(driver, records, on, why):
    sent(driver, own(ONE, TWO), *others(), policy=COMPLETE)
    records = [replace(one, documents=tuple(replace(d, creditor="Sydlys") for d in one.documents)) if why == "creditor" else one
               for one in records]  # fmt: skip
    found = driver.list(*records, on=on, policy=COMPLETE)
    assert notes(driver, found) == ["list_does_not_count"]
    assert CHANGED not in driver.cases(found)
    assert run_sql(driver.ledger, lambda c: c.exec_driver_sql("SELECT count(*) FROM document WHERE gone_on <> ''").scalar()) == 0


def test_the_user_may_say_that_a_list_counts(driver):
    sent(driver, own(ONE, TWO), *others(), policy=COMPLETE)
    found = driver.list(own(SMALLER), on=FEB, policy=replace(COMPLETE, is_current=True))
    assert driver.cases(found) == [CHANGED]
    assert notes(driver, found) == ["documents_gone"]


def test_an_older_list_does_not_call_a_document_larger(driver):
    sent(driver, own(ONE, TWO))
    driver.list(own(SMALLER, TWO), on=MAR)
    assert driver.cases(driver.list(own(ONE, TWO), on=FEB)) == [KNOWN]


def test_a_case_in_doubt_keeps_its_documents(driver):
    driver.list(own(ONE), on=JAN)
    driver.send_all(State.IN_DOUBT)
    assert driver.cases(driver.list(own(ONE, TWO), on=FEB)) == [QUESTIONED]
    assert driver.claim() == []
