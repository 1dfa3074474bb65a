"""Documents of a debtor of whom a list makes no case: his cases are withdrawn, asked about or reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import run_sql
from support.lists import HANSEN, NUMBERED, Debtor, ListDriver, by_row, credit, group, invoice, unclaimed

from importer.domain.next_list import ListPolicy, NewInvoices
from importer.domain.states import RowStatus, State
from importer.ledger.intake import staging
from importer.ledger.ledger import Ledger

CHANGED, LEFT_OUT, PENDING, QUESTIONED, WITHDRAWN = (
    *(RowStatus.CHANGED, RowStatus.LEFT_OUT, RowStatus.PENDING, RowStatus.QUESTIONED),
    RowStatus.WITHDRAWN,
)
ONE, TWO, BACK = invoice("INV-1"), invoice("INV-2", 20000), credit("C-1", 10000)
JAN, FEB, MAR = "2026-01-31", "2026-02-28", "2026-03-31"


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[ListDriver]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test") as ledger:
        yield ListDriver(ledger)


@pytest.mark.parametrize("first", [group(ONE, debtor=NUMBERED), by_row(ONE)])
@pytest.mark.parametrize("shown", [{"documents": (ONE, BACK)}, {"left_out": (ONE,)}])
def test_a_case_that_waits_is_withdrawn_and_opened_again_by_a_list_that_claims_it(driver, first, shown):
    driver.list(first, on=JAN)
    settled = unclaimed(*shown.get("documents", ()), debtor=NUMBERED, left_out=shown.get("left_out", ()))
    found = driver.list(settled, on=FEB)
    assert driver.cases(found) == [WITHDRAWN]
    assert driver.claim() == []
    assert driver.cases(driver.list(settled, on=FEB)) == [LEFT_OUT]
    driver.list(group(ONE, debtor=NUMBERED), on=MAR)
    assert len(driver.send_all()) == 1


def test_a_case_of_which_only_a_part_is_shown_as_settled_is_asked_about(driver):
    first = driver.list(group(ONE, TWO, debtor=NUMBERED), on=JAN)
    driver.list(unclaimed(ONE, BACK, debtor=NUMBERED), on=FEB)
    assert driver.cases(first) == [RowStatus.QUESTIONED]


def test_an_older_list_withdraws_nothing(driver):
    driver.list(group(ONE, debtor=NUMBERED), on=FEB)
    driver.send_all()
    driver.list(group(ONE, TWO, debtor=NUMBERED), on=MAR, policy=ListPolicy(NewInvoices.CASE))
    older = driver.list(unclaimed(ONE, TWO, BACK, debtor=NUMBERED), on=JAN)
    assert driver.cases(older) == [LEFT_OUT]
    assert len(driver.claim()) == 1


@pytest.mark.parametrize("state", [State.ACCEPTED, State.IN_DOUBT])
@pytest.mark.parametrize(("debtor", "again"), [(NUMBERED, NUMBERED), (HANSEN, HANSEN), (NUMBERED, HANSEN), (HANSEN, NUMBERED)])
def test_new_credits_of_a_case_that_was_sent_are_reported(driver, state, debtor, again):
    driver.list(group(ONE, TWO, debtor=debtor), on=JAN)
    driver.send_all(state)
    for day in (FEB, MAR):
        found = driver.list(unclaimed(BACK, debtor=again), on=day)
        assert driver.cases(found) == [CHANGED]
        assert driver.codes(found) == ["document_credit"]
        assert driver.balanced(found)


def test_an_invoice_of_which_less_is_open_is_reported_with_the_credit(driver):
    driver.list(group(ONE, debtor=NUMBERED), on=JAN)
    driver.send_all()
    found = driver.list(unclaimed(replace(ONE, open_cents=6000), BACK, debtor=NUMBERED), on=FEB)
    assert driver.cases(found) == [CHANGED]
    assert "INV-1 was 100.00, is now 60.00" in " ".join(driver.reasons(found))


def test_credits_that_the_case_has_already_are_not_reported(driver):
    driver.list(group(TWO, BACK, debtor=NUMBERED), on=JAN)
    driver.send_all()
    assert driver.cases(driver.list(unclaimed(BACK, debtor=NUMBERED), on=FEB)) == [LEFT_OUT]


def test_credits_alone_hold_a_case_that_waits_until_a_list_has_both(driver):
    driver.list(group(ONE, TWO, debtor=NUMBERED), on=JAN)
    found = driver.list(unclaimed(BACK, debtor=NUMBERED), on=JAN)
    assert driver.cases(found) == [QUESTIONED]
    assert driver.balanced(found)
    assert driver.claim() == []
    both = driver.list(group(ONE, TWO, BACK, debtor=NUMBERED), on=FEB)
    assert driver.cases(both) == [PENDING]
    assert driver.claimed() == ["K-1 200.00"]


@pytest.mark.parametrize("other", [Debtor(name="Olsen", number="K-9"), Debtor(number="K-9")])
def test_credits_hold_the_case_of_the_invoice_that_they_name_and_no_other_debtors_case(driver, other):
    driver.list(group(ONE, debtor=NUMBERED), on=JAN)
    assert driver.cases(driver.list(unclaimed(BACK, debtor=other), on=JAN)) == [LEFT_OUT]
    assert driver.cases(driver.list(unclaimed(BACK, debtor=other, named=("INV-1",)), on=JAN)) == [QUESTIONED]


def test_a_document_that_a_list_leaves_out_is_withdrawn_where_it_waits_alone(driver):
    driver.list(by_row(ONE), by_row(TWO), on=JAN)
    own = group(TWO, debtor=NUMBERED)
    record = replace(own, left_out=(replace(ONE, debtor=NUMBERED.key),))
    driver.list(record, on=FEB)
    assert driver.claimed() == ["K-1 200.00"]


def test_a_waiting_case_goes_without_a_question_and_without_what_a_list_leaves_out(driver):
    driver.list(group(ONE, TWO, debtor=NUMBERED), on=JAN)
    record = replace(group(TWO, debtor=NUMBERED), left_out=(replace(ONE, debtor=NUMBERED.key),))
    assert driver.cases(driver.list(record, on=FEB)) == [PENDING]
    assert driver.claimed() == ["K-1 200.00"]


def test_a_list_that_is_staged_later_and_shows_the_case_settled_is_named(driver):
    first = driver.stage(group(ONE, debtor=NUMBERED), on=JAN, run="first")
    second = driver.stage(unclaimed(ONE, BACK, debtor=NUMBERED), on=JAN, run="second")
    assert run_sql(driver.ledger, lambda c: staging.overlapping(c, first)) == [second]
