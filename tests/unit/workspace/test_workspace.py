"""Tests of the paths in a workspace, and of the working directory as a workspace with short paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import LedgerError, UsageError
from importer.ledger.storage.location import resolve_url, sqlite_path, sqlite_url
from importer.settings import Settings
from importer.workspace.workspace import Workspace


def settings(url: str = "sqlite:///ledger.db", output: str = "output") -> Settings:
    return Settings(ledger={"url": url}, output={"directory": output})


def test_the_working_directory_keeps_paths_and_addresses_as_they_are_written() -> None:
    here = Workspace.at(None)
    assert [str(path) for path in here.profile_folders] == ["profiles", str(Path("templates/profiles"))]
    assert str(here.settings_file) == "importer.toml"
    assert str(here.output(settings(output="./reports"))) == "reports"
    for url in ("sqlite:///ledger.db", "sqlite:///./books/../ledger.db?timeout=5", "sqlite:////data/ledger.db"):
        assert here.ledger_url(settings(url)) == url
    assert str(here.sandbox_ledger(settings("sqlite:///books/march.db"))) == str(Path("books/march.sandbox.db"))


def test_everything_of_another_folder_lies_in_it(tmp_path: Path) -> None:
    there = Workspace.at(str(tmp_path))
    assert there.settings_file == tmp_path / "importer.toml"
    assert there.profile_folders == (tmp_path / "profiles", tmp_path / "templates/profiles")
    assert there.output(settings()) == tmp_path / "output"
    assert sqlite_path(there.ledger_url(settings())) == tmp_path / "ledger.db"
    assert there.sandbox_ledger(settings()) == tmp_path / "ledger.sandbox.db"


def test_paths_that_another_settings_file_names_begin_in_the_working_directory(tmp_path: Path) -> None:
    there = Workspace.at(tmp_path).with_config(Path("other.toml"))
    assert there.ledger_url(settings("sqlite:///books.db")) == "sqlite:///books.db"
    assert there.output(settings(output="reports")) == Path("reports")
    defaults = Settings()  # what the file does not name is that of the workspace
    assert sqlite_path(there.ledger_url(defaults)) == tmp_path / "ledger.db"
    assert there.output(defaults) == tmp_path / "output"
    assert Workspace.at(tmp_path).with_config(None) == Workspace.at(tmp_path)


def test_absolute_paths_stay_where_they_are(tmp_path: Path) -> None:
    there, elsewhere = Workspace(tmp_path / "one"), tmp_path / "two"
    assert there.output(settings(output=str(elsewhere))) == elsewhere
    url = f"sqlite:///{elsewhere / 'ledger.db'}"
    assert there.ledger_url(settings(url)) == url
    assert there.sandbox_ledger(settings(url)) == elsewhere / "ledger.sandbox.db"


def test_a_relative_workspace_stays_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "books").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Workspace.at("books").root == tmp_path / "books"


def test_a_mistyped_workspace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"The workspace folder .*bokos does not exist"):
        Workspace.at(tmp_path / "bokos")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["plain", "with space", "a?b=c", "100%25", "bøger#1 & @:"])
def test_a_ledger_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert sqlite_path(sqlite_url(folder / "ledger.db")) == folder / "ledger.db"
    resolved = resolve_url("sqlite:///books/ledger.db?timeout=5", folder)
    assert sqlite_path(resolved) == folder / "books" / "ledger.db"
    assert resolved.endswith("?timeout=5")


@pytest.mark.parametrize("url", ["ledger.db", "", "sqlite://", "sqlite:///:memory:"])
def test_a_wrong_address_of_the_ledger_is_reported_when_it_is_opened(tmp_path: Path, url: str) -> None:
    there = Workspace(tmp_path)
    assert there.ledger_url(settings(url)) == url
    with pytest.raises(LedgerError, match="url"):
        sqlite_path(there.ledger_url(settings(url)))
