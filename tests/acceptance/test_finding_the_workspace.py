"""Wherever a command is run, the same ledger is used; and what the first versions left in a folder goes on there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from support.old_ledgers import copy_files, load_ledger, server_of
from support.sheets import cases, write_csv
from support.workspace import DATA_FOLDER, STATES, WORKSPACE, CliWorkspace, query_ledger, settings_for

import importer

SETTLED = {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
CREATES = ("cases", "vouchers")


@pytest.fixture
def folder_at(tmp_path, fake_apis):
    """A maker of folders in which commands are run, with settings for the servers and no workspace that is named."""

    def make(name, **more):
        folder = tmp_path / "home" / name
        folder.mkdir(parents=True, exist_ok=True)
        made = CliWorkspace(folder)
        made.env = settings_for(fake_apis.url, **{WORKSPACE: ""} | more)
        return made

    return make


def place(folder: Path, ledger: Path | None = None) -> str:
    return f"Workspace {folder}, ledger {ledger or folder / 'ledger.db'}."


def test_the_same_file_from_three_folders_is_sent_once(folder_at, fake_apis):
    top, year, month = folder_at("team"), folder_at("team/2026"), folder_at("team/2026/11")
    (top.folder / "importer.toml").write_text('[ledger]\nurl = "sqlite:///books.db"\n[output]\ndirectory = "reports"\n')
    file = write_csv(top.folder / "a.csv", cases(3))
    for where in (month, year, top):
        ended = where.call("run", file, "--yes")
        assert (ended.code, ended.err.splitlines()[0]) == (0, place(top.folder, top.folder / "books.db"))
    assert len(fake_apis.cases) == 3
    assert sorted(path.name for path in year.folder.rglob("*")) == ["11"]  # nothing is written there
    assert len(list((top.folder / "reports").glob("*-a"))) == 1  # nothing new, nothing written
    assert month.call("resume").err.splitlines()[0] == place(top.folder, top.folder / "books.db")
    assert month.call("status").out.splitlines()[0] == place(top.folder, top.folder / "books.db")
    told = json.loads(month.call("status", "--json").out)
    assert (told["workspace"], told["ledger"]) == (str(top.folder), str(top.folder / "books.db"))
    assert f"ok    the workspace is {top.folder}: the nearest folder with an importer.toml" in month.call("doctor").out


def test_without_a_workspace_the_data_folder_is_used_from_everywhere(folder_at, fake_apis):
    one, other = folder_at("one"), folder_at("other")
    data = Path(os.environ[DATA_FOLDER]) / "new"
    for where in (one, other):
        write_csv(where.folder / "a.csv", cases(2))
        ended = where.call("run", "a.csv", "--yes", env={DATA_FOLDER: str(data)})
        assert ended.code == 0
        assert f"Workspace {data} (your data folder, since no importer.toml is here or above)" in ended.err
        assert [path.name for path in where.folder.iterdir()] == ["a.csv"]
    assert len(fake_apis.cases) == 2
    assert query_ledger(data / "ledger.db", STATES) == [("case", "accepted", 2)]
    if sys.platform != "win32":
        assert data.stat().st_mode & 0o777 == 0o700


def test_the_sandbox_leaves_the_data_folder_alone(folder_at):
    alone, below = folder_at("alone"), folder_at("team/2026")
    (below.folder.parent / "importer.toml").touch()
    for where, ledger in ((alone, alone.folder), (below, below.folder.parent)):
        write_csv(where.folder / "a.csv", cases(1))
        assert where.call("run", "a.csv", "--sandbox").code == 0
        assert (ledger / "ledger.sandbox.db").is_file()
        assert (ledger / "output").is_dir()
    assert not list(Path(os.environ[DATA_FOLDER]).iterdir())


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize("scenario", ["version-3/every-state", "version-4/same-rows"])
def test_a_folder_of_an_earlier_release_goes_on_also_below_another_workspace(folder_at, tmp_path, scenario):
    outer, old = folder_at("team"), folder_at("team/old")
    (outer.folder / "importer.toml").write_text('[ledger]\nurl = "sqlite:///other.db"\n')
    with server_of(scenario, tmp_path) as sandbox:
        old.env = settings_for(sandbox.url, **{WORKSPACE: ""}) | SETTLED
        load_ledger(scenario, old.folder / "ledger.db", sandbox.url)
        file = next(path for path in copy_files(scenario, old.folder) if path.name in {"formats.xlsx", "accepted.xlsx"})
        ended = old.call("run", file.name, "--yes")
        assert (ended.code, place(old.folder) in ended.err) == (0, True)
        assert "already imported" in ended.out
        assert {endpoint: sandbox.requests.get(endpoint, 0) for endpoint in CREATES} == dict.fromkeys(CREATES, 0)
        assert (old.folder / "output").is_dir()
        assert not (outer.folder / "other.db").exists()
        # A settings file makes the same folder a workspace, which is then found from below as well.
        made = old.call("init", "--yes", "--no-test")
        assert made.code == 0
        assert "The ledger.db that is there is its ledger, as before." in made.err
        (old.folder / "below").mkdir()
        below = CliWorkspace(old.folder / "below")
        below.env = old.env
        assert place(old.folder) in below.call("run", file, "--yes").err
        assert {endpoint: sandbox.requests.get(endpoint, 0) for endpoint in CREATES} == dict.fromkeys(CREATES, 0)


def test_paths_of_another_settings_file_begin_in_the_working_directory(folder_at, fake_apis):
    top, below = folder_at("team"), folder_at("team/2026")
    (top.folder / "importer.toml").touch()
    (top.folder / "other.toml").write_text('[output]\ndirectory = "reports"\n')
    write_csv(below.folder / "a.csv", cases(1))
    ended = below.call("run", "a.csv", "--yes", "--config", "../other.toml")
    assert (ended.code, ended.err.splitlines()[0]) == (0, place(top.folder))  # it names no ledger: that of the workspace
    assert (below.folder / "reports").is_dir()
    (top.folder / "other.toml").write_text('[ledger]\nurl = "sqlite:///here.db"\n')
    assert place(top.folder, below.folder / "here.db") in below.call("run", "a.csv", "--yes", "--config", "../other.toml").err
    assert len(fake_apis.cases) >= 1


@pytest.mark.parametrize("how", ["--workspace", WORKSPACE])
def test_two_ledgers_with_the_same_account_are_a_question(folder_at, fake_apis, how):
    here, named = folder_at("here"), folder_at("named")
    write_csv(here.folder / "a.csv", cases(2))
    assert here.call("run", "a.csv", "--yes", "--workspace", here.folder).code == 0
    arguments, variables = (["--workspace", named.folder], {}) if how == "--workspace" else ([], {WORKSPACE: str(named.folder)})
    before = named.everything_written()
    ended = here.call("run", "a.csv", "--yes", *arguments, env=variables)
    assert ended.code == 2
    for part in (str(named.folder), str(here.folder / "ledger.db"), "same account", "Nothing was recorded or sent", how):
        assert part in ended.err
    assert len(fake_apis.cases) == 2
    assert (
        query_ledger(named.folder / "ledger.db", "SELECT count(*) FROM batch") == [(0,)] or before == named.everything_written()
    )
    # Both have entries, if a user without notes of the first one imports from elsewhere: commands that ask nobody notice it.
    stranger = {DATA_FOLDER: str(named.folder / "data")}
    elsewhere = named.call("run", here.folder / "a.csv", "--yes", "--workspace", named.folder, env=stranger)
    assert (elsewhere.code, len(fake_apis.cases)) == (6, 2)  # the list at Debitura has the cases: they are questioned
    assert here.call("status", *arguments, env=variables).code == 2
    assert here.call("status").code == 0
    assert named.call("status", *arguments, env=variables).code == 0  # from its own folder


def test_a_ledger_of_another_account_in_the_working_directory_is_none_of_its_business(folder_at):
    here, named = folder_at("here"), folder_at("named")
    load_ledger("version-4/same-rows", here.folder / "ledger.db", "https://elsewhere.example")
    write_csv(here.folder / "a.csv", cases(1))
    ended = here.call("run", "a.csv", "--yes", "--workspace", named.folder)
    assert (ended.code, ended.err.splitlines()[0]) == (0, place(named.folder))


def test_python_finds_the_same_workspace(folder_at, monkeypatch):
    top, below = folder_at("team"), folder_at("team/2026")
    (top.folder / "importer.toml").touch()
    write_csv(below.folder / "a.csv", cases(1))
    monkeypatch.chdir(below.folder)
    monkeypatch.delenv(WORKSPACE)
    for name, value in below.env.items():
        monkeypatch.setenv(name, value)
    assert importer.run("a.csv", yes=True, new_ledger=True).exit_code == 0
    assert (top.folder / "ledger.db").is_file()
    assert not (below.folder / "ledger.db").exists()
