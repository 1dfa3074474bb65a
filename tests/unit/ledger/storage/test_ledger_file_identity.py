"""A ledger has an id and a counter of its own, and notices when its file is not the one that it has opened."""

import json
import os
import shutil
from pathlib import Path

import pytest
from support.ledgers import case, open_driver, run_sql
from support.old_ledgers import load_ledger

from importer.errors import LedgerError, LedgerUpgraded
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import sqlite_path
from importer.ledger.storage.notes import NoteFile, NoteKeeper


def identity_of(path: Path) -> tuple[str, int]:
    with Ledger.open(f"sqlite:///{path}", "test") as ledger:
        return ledger.identity.id, ledger.identity.commits


def test_every_sending_commit_is_counted_once(tmp_path):
    with open_driver(tmp_path) as driver:
        identifier, commits = driver.ledger.identity.id, driver.ledger.identity.commits
        driver.take(case("R1"), case("R2"))
        assert driver.ledger.identity.commits == commits == 0  # taking in sends nothing
        driver.send_all()  # one commit of intents, one of results
        assert driver.ledger.identity.commits == 2
    assert identity_of(tmp_path / "ledger.db") == (identifier, 2)


def test_a_new_ledger_has_an_id_of_its_own(tmp_path):
    assert identity_of(tmp_path / "a.db")[0] != identity_of(tmp_path / "b.db")[0]


def test_copies_of_an_older_ledger_that_are_upgraded_one_by_one_have_one_id(tmp_path):
    with pytest.warns(LedgerUpgraded):
        one, two, other = (
            identity_of(load_ledger(scenario, tmp_path / f"{number}.db"))
            for number, scenario in enumerate(("version-3/every-state", "version-3/every-state", "version-3/restored"))
        )
    assert one == two
    assert one[0] != other[0]
    assert one[1] == 33  # the attempts that it holds: a copy with fewer of them is behind


def test_a_commit_of_another_program_stops_the_sending(tmp_path):
    with open_driver(tmp_path) as driver:
        driver.take(case("R1"))
        run_sql(driver.ledger, lambda c: c.exec_driver_sql("UPDATE meta SET value = '7' WHERE name = 'commits'"))
        with pytest.raises(LedgerError, match="changed by another program"):
            driver.claim()
        assert driver.entry(1).state == "pending"


@pytest.mark.parametrize("replaced", [True, False])
def test_nothing_is_claimed_in_a_file_that_is_gone_but_results_are_kept(tmp_path, replaced):
    path = tmp_path / "ledger.db"
    with open_driver(tmp_path) as driver:
        driver.take(case("R1"), case("R2"))
        claims = driver.claim(limit=1)
        path.rename(tmp_path / "moved.db")
        if replaced:
            shutil.copy(tmp_path / "moved.db", path)
        with pytest.raises(LedgerError, match="replaced by another file" if replaced else "was removed"):
            driver.claim()
        assert driver.entry(2).state == "pending"
        driver.settle(claims, driver.ledger.doubts.entry(1).state.ACCEPTED)  # results alone can still be committed
        assert driver.entry(1).state == "accepted"


def test_a_ledger_with_two_names_is_refused(tmp_path):
    identity_of(tmp_path / "ledger.db")
    os.link(tmp_path / "ledger.db", tmp_path / "other.db")
    for name in ("ledger.db", "other.db"):
        with pytest.raises(LedgerError, match="2 names"):
            identity_of(tmp_path / name)
    assert Ledger.read(f"sqlite:///{tmp_path}/ledger.db") is not None  # looking does no harm


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file::memory:",
        "sqlite:///file::memory:?cache=shared&uri=true",
        "sqlite:///FILE:x?mode=memory&uri=true",
        "sqlite:///x.db?mode=memory",
        "sqlite:///file:ledger.db?uri=true",
        "sqlite:/// ",
        "sqlite+pysqlite://",
    ],
)
def test_a_database_in_memory_is_no_ledger(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError, match=r"sqlite:///ledger\.db"):
        sqlite_path(url)
    with pytest.raises(LedgerError):
        Ledger.open(url, "test")
    assert list(tmp_path.iterdir()) == []


def test_notes_are_the_owners_alone_and_never_count_down(tmp_path):
    file = NoteFile(tmp_path / "data" / "ledgers.json", is_shared=True)
    file.note("account", "one", 5, str(tmp_path / "a.db"))
    file.note("account", "one", 3, str(tmp_path / "b.db"))
    file.note("account", "two", 1, str(tmp_path / "c.db"))
    assert {name: (noted.commits, Path(noted.path).name) for name, noted in file.of_account("account").items()} == {
        "one": (5, "b.db"),
        "two": (1, "c.db"),
    }
    assert file.path.stat().st_mode & 0o077 == 0
    assert file.path.parent.stat().st_mode & 0o077 == 0
    assert file.forget("account")
    assert not file.forget("account")
    assert file.of_ledger("one") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"accounts": 1}',
        '{"accounts": {"a": {"l": {"commits": "9"}}}}',
        '{"accounts":' + "[" * 100_000,
        "\0",
        "null",
    ],
)
def test_a_note_that_cannot_be_read_counts_as_none(tmp_path, text):
    file = NoteFile(tmp_path / "ledgers.json", is_shared=True)
    file.path.write_text(text)
    assert file.of_ledger("l") == []
    file.note("a", "l", 2, str(tmp_path / "a.db"))
    assert [noted.commits for noted in file.of_ledger("l")] == [2]


def test_the_first_commit_is_noted_at_once_and_the_last_one_at_the_end(tmp_path):
    file = NoteFile(tmp_path / "x.note", is_shared=False)
    keeper = NoteKeeper([NoteFile(tmp_path / "no-folder" / "x.note", is_shared=False), file], "account", "l", str(tmp_path / "x"))

    def noted():
        return [json.loads(file.path.read_text())["accounts"]["account"]["l"]["commits"]]

    keeper.committed(1)
    assert noted() == [1]
    keeper.committed(2)
    assert noted() == [1]  # not each commit
    keeper.keep(2)
    assert noted() == [2]
