"""What a second process on the same ledger may and may not do, where no lock keeps it out."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver, run_sql, transaction

from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError
from importer.ledger.outbox.request_counts import RequestCounts
from importer.ledger.outbox.sendable import NEXT_RUN
from importer.ledger.storage.engine import Session
from importer.ledger.storage.identifiers import Identifiers, reserve


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def execute(driver: LedgerDriver, statement: str) -> None:
    with transaction(driver.ledger) as connection:
        connection.execute(text(statement))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "is_alone", False)


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(
    ("sender", "minutes", "state"),
    [("another", 1, "sending"), ("another", -1, "in_doubt"), ("another", None, "in_doubt"), (None, 1, "in_doubt")],
    ids=["lease of another", "lease is over", "of an earlier release", "our own"],
)
def test_what_another_sender_has_claimed_is_left_to_it(
    driver: LedgerDriver, sender: str | None, minutes: int | None, state: str
) -> None:
    driver.take(case("R1"))
    driver.claim()
    lease = "NULL" if minutes is None else f"'{to_timestamp(datetime.now(UTC) + timedelta(minutes=minutes))}'"
    execute(driver, f"UPDATE attempt SET lease_until = {lease}" + (f", sender = '{sender}'" if sender else ""))
    assert driver.ledger.outbox.recover() == (state == "in_doubt")
    assert driver.entry(1).state == state
    ended = run_sql(driver.ledger, lambda c: c.execute(text("SELECT ended_at IS NOT NULL FROM attempt")).scalar())
    assert ended == (state == "in_doubt")


def test_with_the_lock_every_entry_that_was_being_sent_was_left_behind(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.claim()
    execute(driver, "UPDATE attempt SET ended_at = started_at")  # no attempt says so any more
    assert driver.ledger.outbox.recover() == 1
    assert driver.entry(1).state == State.IN_DOUBT


def test_counts_of_another_process_are_not_overwritten(driver: LedgerDriver) -> None:
    first, second = driver.ledger.counts, RequestCounts(driver.ledger._session)
    first.keep({"key": "1"})
    assert second.kept("key") == "1"
    first.keep({"key": "2"})
    with pytest.raises(LedgerError, match="another program"):
        second.keep({"key": "3"})
    assert first.kept("key") == "2"


def test_counts_go_on_after_a_transaction_that_was_rolled_back(driver: LedgerDriver) -> None:
    driver.ledger.counts.keep({"key": "1"})
    with suppress(ZeroDivisionError), transaction(driver.ledger) as connection:
        driver.ledger.counts.write(connection, {"key": "2"})
        raise ZeroDivisionError
    other = RequestCounts(driver.ledger._session)
    other.kept("key")
    other.keep({"key": "3"})
    with pytest.raises(LedgerError, match="another program"):
        driver.ledger.counts.keep({"key": "4"})


def test_ids_are_given_out_once(driver: LedgerDriver) -> None:
    with transaction(driver.ledger) as connection:
        ours, others = Identifiers(connection, "entry", 4), Identifiers(connection, "entry", 4)
        found = [next(ours), next(others), next(ours), *(next(ours) for _ in range(4))]
        assert len(set(found)) == len(found)
        others.give_back()  # what lies below another's block stays unused
        following = reserve(connection, "entry", 1)
        assert following > max(found)
        block = Identifiers(connection, "entry", 4)
        used = next(block)
        block.give_back()
        assert next(Identifiers(connection, "entry")) == used + 1


def test_what_waits_for_the_next_run_waits_no_longer_once_it_is_settled(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.settle(driver.claim(), State.IN_DOUBT, postponed=NEXT_RUN)
    assert driver.ledger.doubts.move(1, State.PENDING)
    assert len(driver.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, [State.PENDING], None, 5)) == 1


@pytest.mark.parametrize("state", list(State))
def test_the_outcome_of_an_attempt_that_was_taken_over_is_not_stored(driver: LedgerDriver, state: State) -> None:
    """The successor may be sending the same entry at this moment: its claim must not be settled by the first process."""
    driver.take(case("R1"))
    (first,) = driver.claim()
    driver.ledger.outbox.recover()
    execute(driver, f"UPDATE entry SET state = '{state}'")
    with pytest.raises(LedgerError, match="changed by another program"):
        driver.settle([first], State.PENDING)
    assert driver.entry(1).state == state
