"""Batches that a run has left to the account's sender."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver

from importer.domain.accounts import Accounts
from importer.domain.batches import NOBODY

NIGHT, DAY = Path("/night"), Path("/day")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def hand_over(driver: LedgerDriver, batch: int, folder: Path) -> None:
    with driver.ledger.unit_of_work() as work:
        work.hand_over([batch], folder)


def test_a_batch_is_handed_over_with_all_folders_of_its_reports(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"))
    for folder in (NIGHT, DAY, NIGHT):
        hand_over(driver, batch, folder)
    assert driver.ledger.hand_overs.waiting(ACCOUNTS) == {batch: (NIGHT, DAY)}


def test_what_is_of_another_account_is_left_alone(driver: LedgerDriver) -> None:
    hand_over(driver, driver.take(case("R1")), NIGHT)
    assert driver.ledger.hand_overs.waiting(Accounts("another", "tenant")) == {}


def test_it_is_forgotten_only_when_nothing_is_left_to_send(driver: LedgerDriver) -> None:
    sent, waiting = driver.take(case("R1")), None
    driver.send_all()
    waiting = driver.take(case("R2"), name="b.xlsx")
    for batch in (sent, waiting):
        hand_over(driver, batch, NIGHT)
    driver.ledger.hand_overs.take(driver.ledger.hand_overs.waiting(ACCOUNTS))
    driver.ledger.hand_overs.finish()
    assert driver.ledger.hand_overs.waiting(ACCOUNTS) == {waiting: (NIGHT,)}


def test_what_another_sender_may_have_taken_is_not_forgotten(driver: LedgerDriver) -> None:
    sent = driver.take(case("R1"))
    driver.send_all()
    hand_over(driver, sent, NIGHT)
    driver.ledger.hand_overs.finish()  # this process has not taken it, so its report is not up to date
    assert driver.ledger.hand_overs.waiting(ACCOUNTS) == {sent: (NIGHT,)}


def test_a_batch_that_is_discarded_is_not_sent(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"))
    hand_over(driver, batch, NIGHT)
    with driver.ledger.unit_of_work() as work:
        work.discard(batch, NOBODY)
    assert driver.ledger.hand_overs.waiting(ACCOUNTS) == {}
    driver.ledger.hand_overs.finish()
    with driver.ledger.unit_of_work() as work:
        assert work.decisions(batch)[-1].what == "discarded"
