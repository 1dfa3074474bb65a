"""What a second process on the same ledger may and may not do, where no lock keeps it out."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from support.ledgers import ACCOUNTS, Desk, case, open_desk, run_sql, transaction

from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.errors import LedgerError
from importer.ledger.outbox.request_counts import RequestCounts
from importer.ledger.outbox.sendable import NEXT_RUN
from importer.ledger.storage.engine import Session
from importer.ledger.storage.identifiers import Identifiers, reserve


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


def execute(desk: Desk, statement: str) -> None:
    with transaction(desk.ledger) as connection:
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
def test_what_another_sender_has_claimed_is_left_to_it(desk: Desk, sender: str | None, minutes: int | None, state: str) -> None:
    desk.take(case("R1"))
    desk.claim()
    lease = "NULL" if minutes is None else f"'{to_timestamp(datetime.now(UTC) + timedelta(minutes=minutes))}'"
    execute(desk, f"UPDATE attempt SET lease_until = {lease}" + (f", sender = '{sender}'" if sender else ""))
    assert desk.ledger.outbox.recover() == (state == "in_doubt")
    assert desk.entry(1).state == state
    ended = run_sql(desk.ledger, lambda c: c.execute(text("SELECT ended_at IS NOT NULL FROM attempt")).scalar())
    assert ended == (state == "in_doubt")


def test_with_the_lock_every_entry_that_was_being_sent_was_left_behind(desk: Desk) -> None:
    desk.take(case("R1"))
    desk.claim()
    execute(desk, "UPDATE attempt SET ended_at = started_at")  # no attempt says so any more
    assert desk.ledger.outbox.recover() == 1
    assert desk.entry(1).state == State.IN_DOUBT


def test_counts_of_another_process_are_not_overwritten(desk: Desk) -> None:
    first, second = desk.ledger.counts, RequestCounts(desk.ledger._session)
    first.keep({"key": "1"})
    assert second.kept("key") == "1"
    first.keep({"key": "2"})
    with pytest.raises(LedgerError, match="another program"):
        second.keep({"key": "3"})
    assert first.kept("key") == "2"


def test_counts_go_on_after_a_transaction_that_was_rolled_back(desk: Desk) -> None:
    desk.ledger.counts.keep({"key": "1"})
    with suppress(ZeroDivisionError), transaction(desk.ledger) as connection:
        desk.ledger.counts.write(connection, {"key": "2"})
        raise ZeroDivisionError
    other = RequestCounts(desk.ledger._session)
    other.kept("key")
    other.keep({"key": "3"})
    with pytest.raises(LedgerError, match="another program"):
        desk.ledger.counts.keep({"key": "4"})


def test_ids_are_given_out_once(desk: Desk) -> None:
    with transaction(desk.ledger) as connection:
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


def test_what_waits_for_the_next_run_waits_no_longer_once_it_is_settled(desk: Desk) -> None:
    desk.take(case("R1"))
    desk.settle(desk.claim(), State.IN_DOUBT, postponed=NEXT_RUN)
    assert desk.ledger.doubts.move(1, State.PENDING)
    assert len(desk.ledger.outbox.sendable(ACCOUNTS, RecordKind.CASE, [State.PENDING], None, 5)) == 1
