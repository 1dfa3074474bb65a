"""Tests of opening a ledger: one writer at a time, and a clear message for every problem of the file."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from support.ledgers import LedgerDriver, case, open_driver, run_sql, transaction
from support.people import a_group_of_this_process

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import sqlite_path
from importer.ledger.storage.schema import SCHEMA_VERSION


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def refusal(path: Path) -> str:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(url(path), "importer run")
    return str(caught.value)


def test_a_new_ledger_is_durable_and_its_owners_alone(path: Path) -> None:
    with open_driver(path.parent) as driver:
        facts = [
            run_sql(driver.ledger, lambda c, n=n: c.exec_driver_sql(f"PRAGMA {n}").scalar())
            for n in ("journal_mode", "synchronous")
        ]
        driver.take(case("R1"))
        modes = [
            stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("ledger.db*") if file.suffix not in {".lock", ".owner"}
        ]
    assert facts == ["wal", 2]
    if sys.platform != "win32":
        assert set(modes) == {0o600}


def test_a_ledger_of_a_newer_version(path: Path) -> None:
    Ledger.open(url(path), "first").close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"UPDATE meta SET value = '{SCHEMA_VERSION + 1}' WHERE name = 'schema'")
    raw.close()
    assert "newer version" in refusal(path)
    with pytest.raises(LedgerError, match="newer version"):
        Ledger.read(url(path))


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(b"case_ref;amount\n1;100\n" * 100)
    before = path.read_bytes()
    assert "not a database" in refusal(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE customers (id)")
    raw.close()
    assert "another program" in refusal(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]
    raw.close()


def test_a_ledger_whose_version_is_nonsense(path: Path) -> None:
    Ledger.open(url(path), "first").close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE meta SET value = 'x' WHERE name = 'schema'")
    raw.close()
    assert "not a ledger" in refusal(path)


def test_a_damaged_ledger(path: Path) -> None:
    with open_driver(path.parent) as driver:
        driver.take(*[case(f"R{i}") for i in range(500)])
    content = bytearray(path.read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(content)
    reasons = refusal(path)
    assert "Restore a backup" in reasons


def test_an_empty_file_becomes_a_ledger(path: Path) -> None:
    path.touch()
    Ledger.open(url(path), "first").close()
    assert path.stat().st_size > 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        assert "may write there" in refusal(path)
    finally:
        path.parent.chmod(0o700)


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    path.mkdir()
    assert str(path) in refusal(path)


Disk = namedtuple("Disk", "device mountpoint fstype opts")  # noqa: PYI024  (psutil's own shape)


@pytest.mark.parametrize(("kind", "options"), [("nfs4", "rw"), ("CIFS", "rw"), ("fuse.sshfs", "rw"), ("NTFS", "rw,remote")])
@pytest.mark.parametrize("linked", [False, True])
def test_a_network_drive(path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: str, *, linked: bool) -> None:
    far = path.parent / "far"
    far.mkdir()
    disks = [Disk("/dev/sda", "/", "ext4", "rw"), Disk("server:/x", str(far.resolve()), kind, options)]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: disks)
    target = far / "ledger.db"
    if linked:
        (path.parent / "near").symlink_to(far)
        target = path.parent / "near" / "ledger.db"
    assert "network drive" in refusal(target)
    assert not list(far.iterdir())
    Ledger.open(url(path), "beside it").close()


@pytest.mark.parametrize("wrong", ["sqlite://", "sqlite:///:memory:", "ledger.db", "nonsense://"])
def test_a_url_that_names_no_file(wrong: str) -> None:
    with pytest.raises(LedgerError, match=r"sqlite:///ledger\.db"):
        sqlite_path(wrong)


# One writer at a time

HOLDER = """
import sys, time
from importer.ledger.ledger import Ledger
ledger = Ledger.open(sys.argv[1], "importer run big.xlsx")
print("held", flush=True)
time.sleep(120)
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, url(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_another_process_that_holds_it_is_named(path: Path) -> None:
    with holder(path) as process:
        with pytest.raises(LedgerHeld) as caught:
            Ledger.open(url(path), "importer run")
        assert "importer run big.xlsx" in str(caught.value)
        assert str(process.pid) in str(caught.value)
        reader = Ledger.read(url(path))  # reading is still possible
        assert reader is not None
        reader.close()


@pytest.mark.slow
def test_a_crashed_holder_locks_nobody_out(path: Path) -> None:
    with holder(path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        with Ledger.open(url(path), "importer resume") as ledger:
            assert ledger.outbox.recover() == 0


def test_the_same_process_cannot_hold_it_twice(path: Path) -> None:
    with Ledger.open(url(path), "one"), pytest.raises(LedgerHeld, match="one"):
        Ledger.open(url(path), "two")
    Ledger.open(url(path), "three").close()


def test_an_unreadable_note_of_the_owner_does_no_harm(path: Path) -> None:
    with Ledger.open(url(path), "one"):
        Path(f"{path}.owner").write_text("{")
        with pytest.raises(LedgerHeld, match="just begun or ended"):
            Ledger.open(url(path), "two")


# Reading, and scratch copies


def test_reading_sees_what_is_committed_and_changes_nothing(path: Path) -> None:
    assert Ledger.read(url(path)) is None
    with open_driver(path.parent) as driver:
        driver.take(case("R1"))
        reader = Ledger.read(url(path))
        assert reader is not None
        with reader:
            assert run_sql(reader, lambda c: c.execute(text("SELECT count(*) FROM entry")).scalar()) == 1
            with pytest.raises(LedgerError, match="right to write"):
                run_sql(reader, lambda c: c.execute(text("DELETE FROM entry")))


def test_a_folder_with_odd_characters(tmp_path: Path) -> None:
    odd = tmp_path / "50% done #1"
    odd.mkdir()
    Ledger.open(url(odd / "ledger.db"), "x").close()
    reader = Ledger.read(url(odd / "ledger.db"))
    assert reader is not None
    reader.close()


def test_a_scratch_copy_leaves_no_trace(path: Path) -> None:
    with open_driver(path.parent) as driver:
        driver.take(case("R1"))
        with Ledger.scratch(url(path)) as scratch:
            copy = LedgerDriver(scratch)
            assert len(copy.entries()) == 1
            copy.take(case("R2"))
        assert len(driver.entries()) == 1
    elsewhere = path.with_name("none.db")
    with Ledger.scratch(url(elsewhere)) as scratch:
        assert LedgerDriver(scratch).entries() == []
    assert not elsewhere.exists()


def test_a_disk_that_is_full_is_said_so(path: Path) -> None:
    with open_driver(path.parent) as driver:
        with transaction(driver.ledger) as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerError, match="Free some disk space"):
            driver.take(*[case(f"R{i}") for i in range(2000)])
        assert driver.entries() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize("group", [None, a_group_of_this_process()], ids=["owner", "group"])
def test_a_ledger_and_all_beside_it_are_shared_alike_under_every_umask(tmp_path, group):
    access = FileAccess(group)
    for umask in (0o000, 0o077):
        path = tmp_path / oct(umask) / "ledger.db"  # its folder gives new files another group
        path.parent.mkdir()
        before = os.umask(umask)
        try:
            with Ledger.open(url(path), "test", access) as ledger:
                ledger.keep_notes("account", None)
                found = {one.name: one.stat() for one in path.parent.iterdir()}
        finally:
            os.umask(before)
        assert found.keys() == {f"ledger.db{ending}" for ending in ("", "-wal", "-shm", ".lock", ".owner", ".note")}
        assert {stat.S_IMODE(one.st_mode) for one in found.values()} == {access.file_mode}
        assert group is None or {one.st_gid for one in found.values()} == {group}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_ledger_that_everybody_could_read_is_hidden_from_others_again(tmp_path):
    path = tmp_path / "ledger.db"
    Ledger.open(url(path), "first").close()
    path.chmod(0o664)
    Ledger.open(url(path), "second").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
