"""A workspace that is not the working directory: everything is found there, and nothing is looked for where the process is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from support.sheets import case, cases, voucher, write_csv
from support.workspace import query_ledger

import importer
from importer.commands.backup import back_up_ledger, trust_ledger
from importer.commands.doctor import diagnose
from importer.commands.report import rebuild_report
from importer.commands.status import ledger_status
from importer.errors import ExitCode, UsageError
from importer.workspace.environment import open_environment
from importer.workspace.workspace import Workspace

PROFILE = """
headings = ["Ref", "Creditor", "Country", "Currency", "Date", "Amount", "Kind", "Name", "Where"]
ignore = []
[columns]
Ref = "case_ref"
Creditor = "creditor_company_name"
Country = "creditor_country"
Currency = "currency"
Date = "date"
Amount = "amount_to_recover"
Kind = "debtor_type"
Name = "debtor_name"
Where = "debtor_country"
"""
HEADINGS = ("Ref", "Creditor", "Country", "Currency", "Date", "Amount", "Kind", "Name", "Where")
PARENTS = "SELECT ref FROM entry ORDER BY ref"


@pytest.fixture
def decoys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose settings and profiles would end every command, were they read."""
    folder = tmp_path / "elsewhere"
    (folder / "profiles").mkdir(parents=True)
    (folder / "importer.toml").write_text("this is not TOML", encoding="utf-8")
    (folder / "profiles" / "erp.toml").write_text("neither is this", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory that was removed: whatever is looked for there raises."""
    if sys.platform == "win32":
        pytest.skip("Windows does not remove a working directory")
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(FileNotFoundError):
        Path.cwd()


def make_workspace(folder: Path, reference: str, *, amount: str = "100.00") -> Path:
    """A workspace with settings, a profile, and a sheet that only its profile can read."""
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "erp.toml").write_text(PROFILE, encoding="utf-8")
    text = '[ledger]\nurl = "sqlite:///books.db"\n[output]\ndirectory = "reports"\n'
    (folder / "importer.toml").write_text(text, encoding="utf-8")
    row = (reference, "Nordlys Energi A/S", "DK", "DKK", "2026-01-31", amount, "Person", "Bodil Okapi", "DK")
    write_csv(folder / "erp.csv", [dict(zip(HEADINGS, row, strict=True))])
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_workspaces_in_one_process_are_kept_apart(tmp_path: Path, decoys: Path) -> None:
    before = contents(decoys)
    places = {name: make_workspace(tmp_path / name, name) for name in ("north", "south")}
    for name, folder in places.items():
        result = importer.run(folder / "erp.csv", workspace=folder, sandbox=True)
        assert result.exit_code is ExitCode.OK
        assert result.reports[0].folder.parent == folder / "reports"
        assert 'Read with the profile "erp"' in "\n".join(result.reports[0].text)
        assert query_ledger(folder / "books.sandbox.db", PARENTS) == [(name,)]
        assert (folder / "books.sandbox.jsonl").is_file()
    again = importer.run(places["south"] / "erp.csv", workspace=str(places["south"]), sandbox=True)
    assert again.reports[0].summary.as_json()["counts"]["cases"]["already_imported"] == 1
    assert contents(decoys) == before


def test_check_reads_and_writes_in_the_workspace_alone(tmp_path: Path, decoys: Path) -> None:
    before, folder = contents(decoys), make_workspace(tmp_path / "north", "north")
    result = importer.check(folder / "erp.csv", workspace=folder)
    assert result.exit_code is ExitCode.OK
    assert result.reports[0].folder.parent == folder / "reports"
    assert contents(decoys) == before
    assert sorted(path.name for path in folder.iterdir()) == ["erp.csv", "importer.toml", "profiles", "reports"]


@pytest.mark.usefixtures("decoys")
def test_a_profile_is_named_by_its_name_in_the_workspace(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "north", "north")
    assert importer.check(folder / "erp.csv", workspace=folder, profile="erp").exit_code is ExitCode.OK
    with pytest.raises(UsageError, match=r"Profiles here: erp\."):
        importer.check(folder / "erp.csv", workspace=folder, profile="epr")


@pytest.mark.usefixtures("nowhere")
def test_without_a_working_directory_everything_works(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "north", "north")
    assert importer.check(folder / "erp.csv", workspace=folder).exit_code is ExitCode.OK
    assert importer.run(folder / "erp.csv", workspace=folder, sandbox=True).exit_code is ExitCode.OK
    workspace = Workspace.at(folder)
    with open_environment(workspace, workspace.load_settings(), sandbox=True) as environment:
        assert [summary.batch.source_name for summary in ledger_status(environment).batches] == ["erp.csv"]
        assert rebuild_report(environment, 1, None).reports[0].folder.parent == folder / "reports"
        assert all(finding.good for finding in diagnose(environment))
        back_up_ledger(environment, tmp_path / "backup.db")
        assert not trust_ledger(environment)
    with open_environment(workspace, workspace.load_settings(), sandbox=False) as environment:
        told = [finding.text for finding in diagnose(environment)]
    assert f"the ledger does not exist yet: the first import creates {folder / 'books.db'}" in told


def test_what_a_dataframe_names_lies_in_the_workspace(tmp_path: Path, decoys: Path) -> None:
    folder = make_workspace(tmp_path / "north", "north")
    for place, text in ((folder, "the right one"), (decoys, "the wrong one")):
        (place / "letter.txt").write_text(text, encoding="utf-8")
    lines = pd.DataFrame([voucher("C1", appendix_file="letter.txt")])
    result = importer.run(pd.DataFrame(cases(1)), vouchers=lines, workspace=folder, sandbox=True)
    assert result.exit_code is ExitCode.OK, result.reports[0].text
    ((appendix,),) = query_ledger(folder / "books.sandbox.db", "SELECT appendix FROM entry WHERE kind = 'voucher'")
    assert json.loads(appendix)["path"] == str(folder / "letter.txt")


def test_the_working_directory_is_the_workspace_if_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_workspace(tmp_path / "north", "north")
    monkeypatch.chdir(folder)
    result = importer.run("erp.csv", sandbox=True)
    assert result.exit_code is ExitCode.OK
    assert str(result.reports[0].folder.parent) == "reports"
    assert query_ledger(folder / "books.sandbox.db", PARENTS) == [("north",)]


def test_arguments_are_relative_to_the_working_directory(tmp_path: Path, decoys: Path) -> None:
    folder = make_workspace(tmp_path / "north", "north")
    write_csv(decoys / "here.csv", [case("C1")])
    result = importer.check("here.csv", workspace="../north", profile="none", output="written")
    assert result.reports[0].folder.resolve().parent == decoys / "written"
    assert not (folder / "reports").exists()


def test_a_mistyped_workspace_is_refused_before_anything_is_written(tmp_path: Path, decoys: Path) -> None:
    before = contents(decoys)
    with pytest.raises(UsageError, match=r"The workspace folder .* does not exist"):
        importer.check(pd.DataFrame(cases(1)), workspace=tmp_path / "nroth")
    assert contents(decoys) == before
    assert not (tmp_path / "nroth").exists()
