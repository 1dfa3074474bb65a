"""At most one backup a day, of which the newest are kept; what is not a backup of this ledger stays."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.ledgers import case, open_driver
from support.people import a_group_of_this_process

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError
from importer.ledger.ledger import Ledger
from importer.ledger.storage import backup as backing_up
from importer.ledger.storage.backup import write_backup
from importer.ledger.storage.daily_backups import DailyBackups

NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def new_ledger(folder: Path) -> tuple[Path, str]:
    """A ledger with one entry, and its id."""
    folder.mkdir(exist_ok=True)
    with open_driver(folder) as driver:
        driver.take(case("R1"))
        return folder / "ledger.db", driver.ledger.identity.id


@pytest.fixture
def backups(tmp_path: Path) -> DailyBackups:
    return DailyBackups(*new_ledger(tmp_path))


def names(backups: DailyBackups) -> list[str]:
    return sorted(path.name for path in backups.folder.iterdir())


def test_one_a_day_beside_the_ledger(backups: DailyBackups, tmp_path: Path) -> None:
    assert backups.found() == []
    made = backups.make(14, NOW)
    assert made is not None
    assert made.parent == tmp_path / "backups"
    assert made.name.endswith("-2026-11-21T03-30-00Z.db")
    assert backups.make(14, NOW + timedelta(hours=20)) is None
    assert backups.make(14, NOW + timedelta(hours=21)) is not None  # the next day
    assert [one.made_at for one in backups.found()] == [NOW, NOW + timedelta(hours=21)]


def test_a_backup_is_a_ledger_that_knows_when_it_was_taken(backups: DailyBackups, tmp_path: Path) -> None:
    made = backups.make(1, NOW)
    (tmp_path / "ledger.db").unlink()
    made.rename(tmp_path / "ledger.db")  # type: ignore[union-attr]
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test") as ledger:
        with ledger.queries() as queries:
            assert len(queries.batches(9)) == 1
        assert ledger.restored.backup_taken_at() is not None


def test_the_newest_are_kept(backups: DailyBackups) -> None:
    for day in range(5):
        backups.make(3, NOW + day * DAY)
    assert [one.made_at for one in backups.found()] == [NOW + day * DAY for day in (2, 3, 4)]
    backups.make(1, NOW + 5 * DAY)
    assert [one.made_at for one in backups.found()] == [NOW + 5 * DAY]


def test_none_is_made_and_none_is_removed_if_none_is_wanted(backups: DailyBackups) -> None:
    backups.make(3, NOW)
    assert backups.make(0, NOW + DAY) is None
    assert len(backups.found()) == 1


def test_what_is_not_a_backup_of_this_ledger_is_left_alone(backups: DailyBackups, tmp_path: Path) -> None:
    other = DailyBackups(*new_ledger(tmp_path / "other"), backups.folder)
    theirs = other.make(1, NOW - 9 * DAY)
    ours = backups.make(2, NOW - 8 * DAY)
    assert theirs is not None
    assert ours is not None
    by_hand = backups.folder / "ledger-backup.db"
    write_backup(f"sqlite:///{tmp_path / 'ledger.db'}", by_hand)
    renamed = ours.rename(ours.with_name(f"{ours.stem}-keep.db"))
    looks_like_one = ours.with_name(ours.name.replace("2026", "2020"))
    looks_like_one.write_text("a text")
    another = ours.with_name(ours.name.replace("2026", "2021"))
    another.write_bytes(theirs.read_bytes())
    (ours.with_name(ours.name.replace("2026", "2022"))).symlink_to(by_hand)
    before = set(names(backups))
    for day in range(4):
        backups.make(1, NOW + day * DAY)
    (kept,) = backups.found()
    assert set(names(backups)) - {kept.path.name} == before
    assert renamed.is_file()


def test_what_a_killed_backup_left_is_removed(backups: DailyBackups) -> None:
    made = backups.make(3, NOW)
    assert made is not None
    stale = made.with_name(made.name.replace("2026-11-21", "2026-11-20") + ".partial")
    made.rename(stale)
    assert backups.found() == []
    backups.make(3, NOW + timedelta(hours=1))
    assert len(names(backups)) == 1
    assert not stale.exists()


def test_a_copy_that_cannot_be_read_is_no_backup(backups: DailyBackups, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = backing_up.backup

    def damaged(path: Path, target: Path, *more: FileAccess) -> None:
        copy(path, target, *more)
        with closing(sqlite3.connect(target)) as opened, opened:
            opened.execute("PRAGMA writable_schema = ON")
            opened.execute("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'batch'")

    monkeypatch.setattr(backing_up, "backup", damaged)
    with pytest.raises(LedgerError, match="cannot be written"):
        backups.make(3, NOW)
    assert names(backups) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    backups = DailyBackups(*new_ledger(tmp_path), tmp_path / "file")
    with pytest.raises(LedgerError, match="file"):
        backups.make(3, NOW)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_backups_are_shared_as_the_ledger_is(tmp_path: Path) -> None:
    for group, modes in ((None, (0o700, 0o600)), (a_group_of_this_process(), (0o2770, 0o660))):
        access = FileAccess(group)
        backups = DailyBackups(*new_ledger(tmp_path / str(group)), None, access)
        made = backups.make(1, NOW)
        assert made is not None
        assert (stat.S_IMODE(backups.folder.stat().st_mode), stat.S_IMODE(made.stat().st_mode)) == modes
        assert group in {None, made.stat().st_gid}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf8_is_no_obstacle(tmp_path: Path) -> None:
    made = DailyBackups(*new_ledger(tmp_path), tmp_path / "ba\udcff #?%ckups").make(1, NOW)
    assert made is not None
    assert made.is_file()
