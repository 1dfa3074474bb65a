"""Which folder is the workspace: the first rule that applies, as a table, and what the rules look at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.old_ledgers import SCENARIOS, load_ledger

from importer.errors import UsageError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.recognition import accounts_in, may_be_ledger
from importer.workspace.discovery import Surroundings, choose, find_workspace, look_around
from importer.workspace.workspace import Origin, Workspace

OPTION, VARIABLE, LEDGER, ABOVE, DATA = (Path(name) for name in ("/option", "/variable", "/here/ledger.db", "/above", "/data"))
HERE = Path()
EVERYTHING = {"option": OPTION, "variable": VARIABLE, "ledger_here": LEDGER, "settings_above": ABOVE, "data_folder": DATA}


@pytest.mark.parametrize(
    ("missing", "live", "sandbox"),
    [
        ((), (OPTION, Origin.OPTION), (OPTION, Origin.OPTION)),
        (("option",), (VARIABLE, Origin.VARIABLE), (VARIABLE, Origin.VARIABLE)),
        (("option", "variable"), (HERE, Origin.LEDGER), (HERE, Origin.LEDGER)),
        (("option", "variable", "ledger_here"), (ABOVE, Origin.SETTINGS), (ABOVE, Origin.SETTINGS)),
        (("option", "variable", "ledger_here", "settings_above"), (DATA, Origin.DATA_FOLDER), (HERE, Origin.SANDBOX)),
        (("option", "variable", "settings_above"), (HERE, Origin.LEDGER), (HERE, Origin.LEDGER)),
        (("option", "ledger_here", "settings_above"), (VARIABLE, Origin.VARIABLE), (VARIABLE, Origin.VARIABLE)),
        (("variable", "ledger_here", "settings_above", "data_folder"), (OPTION, Origin.OPTION), (OPTION, Origin.OPTION)),
    ],
)
def test_the_first_rule_that_applies_decides(missing, live, sandbox):
    found = Surroundings(**{name: value for name, value in EVERYTHING.items() if name not in missing})
    assert choose(found, sandbox=False) == live
    assert choose(found, sandbox=True) == sandbox


def test_without_a_folder_of_any_kind_it_is_said_what_to_do():
    with pytest.raises(UsageError, match=r"There is no workspace.*importer init.*--workspace.*IMPORTER_DATA_FOLDER"):
        choose(Surroundings(), sandbox=False)
    assert choose(Surroundings(), sandbox=True) == (HERE, Origin.SANDBOX)


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working directory three folders below the test's, with no settings file anywhere."""
    folder = tmp_path / "team" / "year" / "month"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMPORTER_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.delenv("IMPORTER_WORKSPACE")
    return folder


def make_ledger(path: Path) -> Path:
    Ledger.open(f"sqlite:///{path}", "test").close()
    return path


def test_the_nearest_settings_file_upwards_decides(here, tmp_path):
    assert find_workspace().root == tmp_path / "data"
    (tmp_path / "team" / "importer.toml").touch()
    assert find_workspace().root == tmp_path / "team"
    (here.parent / "importer.toml").touch()
    assert find_workspace().root == here.parent
    (here / "importer.toml").touch()
    assert find_workspace().root == Path()  # so that messages show short paths


def test_a_folder_of_that_name_is_no_settings_file(here, tmp_path):
    (here / "importer.toml").mkdir()
    assert find_workspace().origin is Origin.DATA_FOLDER
    assert not (tmp_path / "data").exists()  # to look for it creates nothing


def test_a_ledger_here_comes_before_a_settings_file_above(here):
    (here.parent / "importer.toml").touch()
    make_ledger(here / "ledger.db")
    assert (find_workspace().root, find_workspace().origin) == (Path(), Origin.LEDGER)
    (here / "importer.toml").touch()  # as `importer init` leaves it: the same folder
    assert find_workspace().root == Path()


def test_a_ledger_that_the_environment_names_in_the_working_directory_counts_as_well(here, monkeypatch):
    (here.parent / "importer.toml").touch()
    make_ledger(here / "books.db")
    assert find_workspace().origin is Origin.SETTINGS
    monkeypatch.setenv("IMPORTER_LEDGER__URL", "sqlite:///books.db")
    assert find_workspace().origin is Origin.LEDGER
    monkeypatch.setenv("IMPORTER_LEDGER__URL", "no url")
    assert find_workspace().origin is Origin.SETTINGS


def test_a_named_folder_remembers_the_ledger_in_the_working_directory(here, tmp_path, monkeypatch):
    make_ledger(here / "ledger.db")
    found = find_workspace(tmp_path)
    assert (found.root, found.origin, found.ledger_elsewhere) == (tmp_path, Origin.OPTION, here / "ledger.db")
    monkeypatch.setenv("IMPORTER_WORKSPACE", str(tmp_path / "team"))
    assert (find_workspace().root, find_workspace().origin) == (tmp_path / "team", Origin.VARIABLE)
    assert find_workspace(tmp_path).root == tmp_path
    monkeypatch.setenv("IMPORTER_WORKSPACE", " ")
    assert find_workspace().origin is Origin.LEDGER
    with pytest.raises(UsageError, match="does not exist"):
        find_workspace(tmp_path / "taem")
    assert find_workspace(here) == find_workspace(Path()) == Workspace(Path(), Origin.OPTION)  # it is no other folder


def test_a_working_directory_that_was_removed_leaves_what_is_named(here, tmp_path):
    here.rmdir()
    assert look_around().settings_above is None
    assert find_workspace(tmp_path).root == tmp_path


# What is a ledger


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_ledger_of_any_release_is_recognised_and_nothing_is_written(tmp_path, scenario):
    path = load_ledger(scenario, tmp_path / "ledger.db", "https://API.example/")
    before = contents(tmp_path)
    assert may_be_ledger(path)
    assert all("https://api.example:" in account for account in accounts_in(path))
    assert accounts_in(path)
    assert contents(tmp_path) == before


def test_a_new_ledger_is_recognised_also_while_it_is_open(tmp_path):
    path = make_ledger(tmp_path / "ledger.db")
    before = contents(tmp_path)
    assert may_be_ledger(path)
    assert contents(tmp_path) == before
    with Ledger.open(f"sqlite:///{path}", "test"):
        assert may_be_ledger(path)
        assert accounts_in(path) == set()


def test_a_ledger_whose_tables_are_only_in_the_log_is_recognised(tmp_path):
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        for name in ("meta", "batch", "entry"):
            db.execute(f"CREATE TABLE {name} (account TEXT)")
        copy.write_bytes(path.read_bytes())
        copy.with_name("copy.db-wal").write_bytes(path.with_name("ledger.db-wal").read_bytes())
    assert may_be_ledger(copy)


def test_what_is_certainly_something_else_is_no_ledger(tmp_path):
    path = tmp_path / "ledger.db"
    assert not may_be_ledger(path)
    path.touch()
    assert not may_be_ledger(path)
    path.write_text("a list of ledgers")
    assert not may_be_ledger(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE contacts (name TEXT)")
        db.commit()
    assert not may_be_ledger(path)
    path.unlink()
    path.mkdir()
    assert not may_be_ledger(path)


def test_what_may_be_a_damaged_ledger_counts_as_one(tmp_path):
    path = make_ledger(tmp_path / "ledger.db")
    whole = path.read_bytes()
    path.write_bytes(whole[:16] + b"\xff" * (len(whole) - 16))
    assert may_be_ledger(path)
    assert accounts_in(path) == set()
    path.write_bytes(b"\x00" * len(whole))  # the lock file beside it is that of a ledger
    assert may_be_ledger(path)
