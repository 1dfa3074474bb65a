"""A ledger that is copied from a file to a server and back is the same, also in the middle of everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from support.ledgers import ACCOUNTS, LedgerDriver, case, reject, run_sql, source, transaction, voucher

from importer.commands.ledger_copy import copy_to
from importer.domain.batches import Person
from importer.domain.file_access import OWNER_ALONE
from importer.domain.kinds import RecordKind
from importer.domain.states import DoubtCause, State
from importer.errors import LedgerError, LedgerHeld, UsageError
from importer.ledger.intake import staging
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import NEXT_RUN
from importer.ledger.storage.copying import CopiedTable, table_digest
from importer.ledger.storage.schema import metadata

ANN = Person("ann", "host")


def fill(ledger: Ledger) -> None:
    """Leave every kind of row behind: doubts, quotas, approvals, proposals, superseded entries, texts of all letters."""
    driver = LedgerDriver(ledger)
    driver.take(case("R1", debtor="Ærø \U0001f600"), voucher("R1", uid="u1"), voucher("R1", uid="u2", parent="u1"))
    driver.take(case("R2"), case("R3"), reject(RecordKind.CASE), name="b.xlsx")
    first, second, third = driver.claim()
    driver.settle([first], State.ACCEPTED)
    driver.settle([second], State.IN_DOUBT, cause=DoubtCause.ANSWER_LOST, postponed=NEXT_RUN)
    assert third.entry.state is State.PENDING  # it is being sent
    ledger.counts.keep({"key": '{"window": [1, 2]}'})
    ledger.remember_account("print", "partner")
    with transaction(ledger) as connection:
        staged = staging.stage(connection, source(case("R4"), name="c.xlsx"), ACCOUNTS, "run 2", None, ANN)
        assert staged == 3
        connection.execute(text("UPDATE entry SET superseded_by = 5 WHERE id = 3"))  # by a later one


def digests(ledger: Ledger) -> list[CopiedTable]:
    return run_sql(ledger, lambda c: [table_digest(c, table) for table in metadata.sorted_tables])


def go_on(ledger: Ledger) -> None:
    """Use the copy: whatever numbers its rows goes on where the other one was."""
    driver = LedgerDriver(ledger)
    assert ledger.outbox.recover() == 1
    assert driver.take(case("R5"), reject(RecordKind.CASE), name="d.xlsx") == 4
    assert [one.entry.payload for one in driver.send_all()] == [case("R5").payload]


EMPTY = {"match_key", "remote_case", "look_alike", "source_version", "document", "known_list"}
"""Tables of which the ledger that is copied may have no rows."""


def test_a_ledger_goes_to_a_server_and_back(tmp_path: Path, postgres_url: str) -> None:
    first, back = tmp_path / "ledger.db", tmp_path / "back.db"
    with Ledger.open(f"sqlite:///{first}", "importer run") as ledger:
        fill(ledger)
        before, identity = digests(ledger), ledger.identity
    there = copy_to(str(first), postgres_url, OWNER_ALONE)
    assert there == before
    assert {one.name: one.rows for one in there}["entry"] == 5
    assert all(one.rows for one in there if one.name not in EMPTY)
    assert copy_to(postgres_url, str(back), OWNER_ALONE) == before
    for url in (postgres_url, f"sqlite:///{back}"):
        with Ledger.open(url, "importer run") as copy:
            assert digests(copy) == before
            assert (copy.identity.id, copy.identity.commits) == (identity.id, identity.commits)
            go_on(copy)


def test_nothing_is_copied_over_a_ledger_or_out_of_nothing(tmp_path: Path, postgres_url: str) -> None:
    used = tmp_path / "used.db"
    with Ledger.open(f"sqlite:///{used}", "importer run") as ledger:
        LedgerDriver(ledger).take(case("R1"))
    with Ledger.open(postgres_url, "importer run") as ledger:
        LedgerDriver(ledger).take(case("R2"))
        kept = digests(ledger)
        with pytest.raises(LedgerHeld):
            copy_to(postgres_url, str(tmp_path / "new.db"), OWNER_ALONE)
    with pytest.raises(UsageError, match="already exists"):
        copy_to(postgres_url, str(used), OWNER_ALONE)
    with pytest.raises(LedgerError, match="was used before"):
        copy_to(str(used), postgres_url, OWNER_ALONE)
    with pytest.raises(LedgerError, match="There is no ledger"):
        copy_to(str(tmp_path / "missing.db"), postgres_url, OWNER_ALONE)
    with Ledger.open(postgres_url, "importer run") as ledger:
        assert digests(ledger) == kept


def test_a_copy_that_is_not_the_same_is_not_made(tmp_path: Path, postgres_url: str) -> None:
    """A trigger of the server's administrator changes what is written."""
    path = tmp_path / "ledger.db"
    with Ledger.open(f"sqlite:///{path}", "importer run") as ledger:
        LedgerDriver(ledger).take(case("R1"))
    with Ledger.open(postgres_url, "importer run") as ledger, transaction(ledger) as connection:
        connection.execute(
            text("CREATE FUNCTION dull() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.ref := lower(NEW.ref); RETURN NEW; END'")
        )
        connection.execute(text("CREATE TRIGGER dull BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION dull()"))
    with pytest.raises(LedgerError, match=r"The copy of entry in .* is not the same"):
        copy_to(str(path), postgres_url, OWNER_ALONE)
    with Ledger.open(postgres_url, "importer run") as ledger:
        assert LedgerDriver(ledger).entries() == []
