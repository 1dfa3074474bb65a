"""The account's one sender, and a ledger that is let go and taken again."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case

from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.ledger import Ledger

ACCOUNT = ACCOUNTS.cases
WAITS = LedgerError("waits")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def opened(path: Path, command: str = "importer run") -> Ledger:
    return Ledger.open(f"sqlite:///{path}", command)


def let_go(path: Path) -> Ledger:
    """A ledger with two cases, one of them sent, that was let go."""
    ledger = opened(path)
    driver = LedgerDriver(ledger)
    driver.take(case("R1"), case("R2"))
    driver.settle(driver.claim(limit=1), State.ACCEPTED)
    assert ledger.become_sender(ACCOUNT, "importer run") is None
    ledger.let_go(WAITS)
    return ledger


def test_a_ledger_that_is_let_go_is_closed_and_another_can_write(path: Path) -> None:
    with let_go(path) as ledger:
        assert not ledger.is_open
        assert not path.with_name("ledger.db-wal").exists()  # the last connection is closed
        with opened(path) as other, other.queries() as queries:
            assert queries.open_batches() == {1: {ACCOUNT}}
        with pytest.raises(LedgerError, match="waits"), ledger.queries():
            pass


def test_it_goes_on_with_what_others_have_written_meanwhile(path: Path) -> None:
    with let_go(path) as ledger:
        with opened(path) as other:
            LedgerDriver(other).take(case("R3"), name="b.xlsx")
            other.counts.keep({"key": "1"})
        ledger.take_again()
        LedgerDriver(ledger).send_all()
        assert ledger.outbox.count_open(ACCOUNTS, RecordKind.CASE, None) == 0
        assert ledger.counts.kept("key") == "1"
        ledger.counts.keep({"key": "2"})
    with opened(path) as again:
        assert again.identity.commits == 4
        assert again.outbox.recover() == 0


def test_it_is_not_taken_while_another_has_it(path: Path) -> None:
    with let_go(path) as ledger:
        with opened(path, "importer review"), pytest.raises(LedgerHeld, match="importer review"):
            ledger.take_again()
        assert not ledger.is_open
        ledger.take_again()
        assert ledger.is_open


def test_a_ledger_that_is_gone_is_not_made_again(path: Path) -> None:
    with let_go(path) as ledger:
        path.unlink()
        with pytest.raises(LedgerError, match="is gone"):
            ledger.take_again()
        assert not path.exists()
        with pytest.raises(LedgerError, match="is gone"), ledger.queries():
            pass


def test_another_ledger_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    opened(tmp_path / "other.db").close()
    with let_go(path) as ledger:
        shutil.copy(tmp_path / "other.db", path)
        with pytest.raises(LedgerError, match="another ledger"):
            ledger.take_again()
        assert not ledger.is_open


def test_an_older_copy_in_its_place_is_refused(path: Path) -> None:
    with let_go(path) as ledger:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE meta SET value = '1' WHERE name = 'commits'")
        with pytest.raises(LedgerError, match="older copy"):
            ledger.take_again()
        with opened(path):  # its lock is free
            pass


def test_an_account_has_one_sender_also_while_the_ledger_is_let_go(path: Path) -> None:
    with let_go(path) as ledger:
        with opened(path, "importer resume") as other:
            found = other.become_sender(ACCOUNT, "importer resume")
            assert found is not None
            assert "(`importer run` on " in found.text()
            assert other.sender(ACCOUNT) == found
            assert other.become_sender("another partner", "importer resume") is None
        ledger.take_again()
    with opened(path, "importer resume") as other:
        assert other.sender(ACCOUNT) is None
        assert other.become_sender(ACCOUNT, "importer resume") is None


def test_the_senders_lock_is_free_before_the_ledgers_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run could leave its batches to a sender that does not look for them any more."""
    ledger, seen = let_go(path), []
    ledger.take_again()
    close = ledger._session.close
    monkeypatch.setattr(ledger._session, "close", lambda: (seen.append(ledger.sender(ACCOUNT)), close()))
    ledger.close()
    assert seen == [None]


def test_looking_for_the_sender_does_not_make_one(path: Path) -> None:
    with opened(path) as ledger:
        assert ledger.sender(ACCOUNT) is None
    assert list(path.parent.glob("*.sender-*")) == []
