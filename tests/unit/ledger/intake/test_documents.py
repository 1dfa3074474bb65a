"""A document is claimed once, whatever list shows it: by row, by debtor, another profile, a debtor who moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ledgers import case, run_sql, transaction, voucher
from support.lists import HANSEN, NUMBERED, Debtor, ListDriver, by_row, group, invoice

from importer.domain.batches import Person
from importer.domain.states import RowStatus, State
from importer.ledger.intake import staging
from importer.ledger.ledger import Ledger
from importer.ledger.storage.schema import document

KNOWN, PENDING, QUESTIONED = RowStatus.ALREADY_IMPORTED, RowStatus.PENDING, RowStatus.QUESTIONED
ONE, TWO, THREE = invoice("INV-1"), invoice("INV-2", 20000), invoice("INV-3", 30000, day="2026-02-28")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[ListDriver]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test") as ledger:
        yield ListDriver(ledger)


@pytest.mark.parametrize("debtor", [HANSEN, NUMBERED, Debtor(postal_code="8000"), Debtor(name="Hansen", number="K-2")])
@pytest.mark.parametrize("state", [State.ACCEPTED, State.IN_DOUBT])
def test_by_row_and_then_by_debtor(driver, debtor, state):
    driver.list(by_row(ONE), by_row(TWO))
    driver.send_all(state)
    again = driver.list(group(ONE, TWO, debtor=debtor))
    assert driver.cases(again) == [KNOWN if state is State.ACCEPTED else RowStatus.IN_DOUBT]
    assert driver.claimed() == ["INV-1 100.00", "INV-2 200.00"]
    assert driver.claim() == []
    assert driver.balanced(again)


@pytest.mark.parametrize("debtor", [HANSEN, NUMBERED, Debtor(postal_code="8000")])
def test_by_debtor_and_then_by_row(driver, debtor):
    driver.list(group(ONE, TWO, debtor=debtor))
    driver.send_all()
    again = driver.list(by_row(ONE), by_row(TWO))
    assert driver.cases(again) == [KNOWN, KNOWN]
    assert len(driver.claimed()) == 1


def test_a_case_with_vouchers_carries_their_invoices(driver):
    driver.take(case("C-1", creditor="Nordlys", debtor="Hansen"), voucher("C-1", number="INV-1", day="2026-01-31"))
    driver.send_all()
    with transaction(driver.ledger) as connection:
        stored = connection.execute(document.select()).mappings().all()
    assert {one["source"] for one in stored} == {"reference", "voucher"}


def test_rows_that_wait_become_the_case_of_their_debtor(driver):
    first = driver.list(by_row(ONE), by_row(TWO))
    second = driver.list(group(ONE, TWO, THREE, debtor=NUMBERED))
    assert driver.cases(second) == [PENDING]
    assert driver.claimed() == ["K-1 600.00"]
    assert driver.cases(first) == [PENDING, PENDING]  # of the case that they belong to now
    again = driver.list(by_row(ONE), by_row(TWO))
    assert driver.cases(again) == [PENDING, PENDING]
    assert driver.claimed() == ["K-1 600.00"]


def test_a_case_of_a_list_that_waits_keeps_its_documents(driver):
    driver.list(group(ONE, TWO))
    later = driver.list(by_row(ONE), by_row(THREE))
    assert driver.cases(later) == [PENDING, PENDING]
    assert len(driver.claimed()) == 2
    assert "INV-3 300.00" in driver.claimed()


def test_cases_that_share_only_some_documents_are_questioned(driver):
    driver.list(group(ONE, TWO))
    later = driver.list(group(TWO, THREE, debtor=NUMBERED), profile="another")
    assert driver.cases(later) == [QUESTIONED]
    assert driver.codes(later) == ["document_known"]


@pytest.mark.parametrize(
    ("shown", "debtor", "status"),
    [
        (invoice("INV-1", day="2026-03-31"), HANSEN, QUESTIONED),  # the date alone
        (invoice("INV-1", currency="EUR"), HANSEN, QUESTIONED),  # the currency alone
        (ONE, Debtor(name="Jensen"), QUESTIONED),  # the debtor alone
        (invoice("INV-1", day="2026-03-31"), Debtor(name="Jensen"), PENDING),  # a number that was given again
    ],
)
@pytest.mark.parametrize("sent", [True, False])
def test_a_number_with_other_facts(driver, shown, debtor, status, sent):
    driver.list(by_row(ONE))
    if sent:
        driver.send_all()
    later = driver.list(group(shown, debtor=debtor))
    assert driver.cases(later) == [status]


def test_an_answer_sends_the_row_and_is_not_asked_again(driver):
    driver.list(by_row(ONE))
    driver.send_all()
    asked = driver.list(group(invoice("INV-1", day="2026-03-31")))
    driver.answer_send()
    assert driver.cases(asked) == [PENDING]
    again = driver.list(group(invoice("INV-1", day="2026-03-31")))
    assert driver.cases(again) == [PENDING]
    assert len(driver.send_all()) == 1


def test_a_debtor_of_the_same_name_and_another_postal_code_is_questioned(driver):
    driver.list(group(ONE))
    driver.send_all()
    later = driver.list(group(TWO, debtor=Debtor(postal_code="8000")))
    assert driver.cases(later) == [QUESTIONED]


def test_customer_numbers_tell_debtors_of_one_name_apart(driver):
    driver.list(group(ONE, debtor=NUMBERED))
    driver.send_all()
    later = driver.list(group(TWO, debtor=Debtor(number="K-2")))
    assert driver.cases(later) == [PENDING]


def test_a_case_without_a_number_questions_its_debtor_as_a_whole(driver):
    driver.list(by_row(invoice(None)))
    driver.send_all()
    later = driver.list(group(invoice("INV-9", 70000), debtor=NUMBERED))
    assert driver.cases(later) == [QUESTIONED]
    others = driver.list(group(invoice("INV-8", 70000), debtor=Debtor(name="Jensen")))
    assert driver.cases(others) == [PENDING]


def test_two_groups_of_one_source_with_the_same_document_are_both_questioned(driver):
    both = driver.list(group(ONE), group(ONE, debtor=Debtor(name="Jensen")))
    assert driver.cases(both) == [QUESTIONED, QUESTIONED]


def test_two_staged_batches_with_the_same_document_are_decided_at_approval(driver):
    first = driver.stage(by_row(ONE), by_row(TWO))
    second = driver.stage(group(ONE, TWO, debtor=NUMBERED), run="other")
    with transaction(driver.ledger) as connection:
        staging.approve(connection, first, Person("ann", "host"), {})
    driver.send_all()
    with transaction(driver.ledger) as connection:
        staging.approve(connection, second, Person("ann", "host"), {})
    assert driver.cases(second) == [KNOWN]
    assert driver.claimed() == ["INV-1 100.00", "INV-2 200.00"]


def test_a_withdrawn_case_does_not_hinder_its_documents(driver):
    driver.list(group(ONE, TWO))
    run_sql(driver.ledger, lambda c: c.exec_driver_sql("UPDATE entry SET state = 'withdrawn'"))
    later = driver.list(by_row(ONE))
    assert driver.cases(later) == [PENDING]
    driver.send_all()
    again = driver.list(group(ONE, TWO))
    assert driver.claimed() == ["INV-1 100.00"]
    assert driver.cases(again) == [QUESTIONED]  # whether the rest becomes a further case


def test_rows_alone_are_read_as_before(driver):
    driver.list(by_row(ONE), by_row(TWO))
    driver.send_all()
    assert driver.cases(driver.list(by_row(ONE), by_row(TWO), by_row(THREE))) == [KNOWN, KNOWN, PENDING]
