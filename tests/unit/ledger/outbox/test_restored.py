"""Tests of backups, which contain their time, and of restored ledgers, whose unsent cases are looked for before sending."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case

from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.errors import UsageError
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.restored import LOOKED_FOR
from importer.ledger.storage.backup import write_backup


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def mark_of(path: Path) -> str | None:
    with Ledger.open(url(path), "test") as ledger:
        return ledger.restored.backup_taken_at()


def test_a_backup_knows_when_it_was_taken_and_the_ledger_itself_does_not(tmp_path):
    configured_workspace, copy = tmp_path / "ledger.db", tmp_path / "backup.db"
    Ledger.open(url(configured_workspace), "test").close()
    before = to_timestamp()
    write_backup(url(configured_workspace), copy)
    mark = mark_of(copy)
    assert mark is not None
    assert before <= mark <= to_timestamp()
    assert mark_of(configured_workspace) is None
    assert copy.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="already exists"):
        write_backup(url(configured_workspace), copy)


def test_a_backup_of_a_restored_ledger_is_as_old_as_the_first(tmp_path):
    configured_workspace, first, second = (tmp_path / name for name in ("ledger.db", "first.db", "second.db"))
    Ledger.open(url(configured_workspace), "test").close()
    write_backup(url(configured_workspace), first)
    shutil.copy(first, configured_workspace)
    with Ledger.open(url(configured_workspace), "test") as ledger:
        ledger.restored.distrust(ACCOUNTS, None, ledger.restored.backup_taken_at() or "")
    write_backup(url(configured_workspace), second)
    assert mark_of(second) == mark_of(first)
    with sqlite3.connect(second) as db:
        assert not db.execute("SELECT 1 FROM meta WHERE name = 'restored_at'").fetchall()  # it is not in use yet
    db.close()


def test_what_a_restored_ledger_calls_unsent_is_in_doubt_from_the_restore_on(tmp_path):
    with Ledger.open(url(tmp_path / "ledger.db"), "test") as ledger:
        driver = LedgerDriver(ledger)
        driver.take(case("R1"), case("R2"))
        assert ledger.doubts.move(2, State.IN_DOUBT) is False  # nothing else puts pending entries in doubt
        taken_at, began = "2026-01-01T00:00:00.000000Z", to_timestamp()
        assert ledger.restored.distrust(ACCOUNTS, None, taken_at) == 2
        doubts = ledger.doubts.cases(ACCOUNTS, None)
        assert {doubt.first_sent_at for doubt in doubts} == {taken_at}  # the list is read back to there
        assert all(doubt.doubted_at >= began for doubt in doubts)  # and a case that was sent just before may be listed late

        assert ledger.doubts.move(1, State.PENDING, doubted_at=None, absent_scans=LOOKED_FOR)
        assert ledger.restored.distrust(ACCOUNTS, None, taken_at) == 0  # a case that was looked for already can be sent


def test_trust_ends_it(tmp_path):
    configured_workspace, copy = tmp_path / "ledger.db", tmp_path / "backup.db"
    Ledger.open(url(configured_workspace), "test").close()
    write_backup(url(configured_workspace), copy)
    with Ledger.open(url(copy), "test") as ledger:
        assert ledger.restored.trust() is True
        assert ledger.restored.backup_taken_at() is None
        assert ledger.restored.trust() is False
