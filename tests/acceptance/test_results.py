"""The folder of a batch's results, as a person who works in the sheets finds it."""

from __future__ import annotations

import sys

import openpyxl
import pytest
from support.sheets import case, cases, read_sheet, write_workbook

from importer.sandbox import FaultPlan


@pytest.fixture
def stopped(configured_workspace, fake_apis):
    """A batch with an accepted case, a rejected one, and one that waits because the key was refused."""
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "kind": "401_from", "nth": 2, "times": 1}]))
    configured_workspace.env |= {"IMPORTER_DISPATCH__CONCURRENCY": "1"}
    write_workbook(configured_workspace.folder / "a.xlsx", [*cases(2), case("C3", debtor_country="Atlantis")])
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 5
    fake_apis.set_faults(FaultPlan())
    return configured_workspace


def statuses(folder, name):
    return [row["#status"] for row in read_sheet(folder / name, "Cases")]


def save_with_a_remark(path):
    book = openpyxl.load_workbook(path)
    book["Cases"]["A1"].value = "#row, seen"
    book.save(path)
    return path.read_bytes()


def test_a_batch_that_goes_on_keeps_its_folder(stopped):
    (folder,) = stopped.reports()
    assert statuses(folder, "errors.xlsx") == ["pending", "rejected"]
    ended = stopped.call("resume")
    assert (ended.code, stopped.reports()) == (3, [folder])
    assert f"sheets: output/{folder.name}" in ended.out
    assert (statuses(folder, "errors.xlsx"), statuses(folder, "success.xlsx")) == (["rejected"], ["accepted"] * 2)
    assert stopped.call("report", "1").code == 3
    assert stopped.reports() == [folder]
    if sys.platform != "win32":
        assert (stopped.folder / "output" / "latest").resolve() == folder
    assert stopped.call("check", "a.xlsx").code == 3
    assert len(stopped.reports()) == 2


@pytest.mark.parametrize("json_", [(), ("--json",)])
def test_a_sheet_with_corrections_is_kept_and_the_new_one_is_named(stopped, json_):
    (folder,) = stopped.reports()
    mine = save_with_a_remark(folder / "errors.xlsx")
    ended = stopped.call("resume", *json_)
    said = "errors.xlsx was changed since it was written and is kept as it is; the new one is errors-2.xlsx."
    assert said in (ended.err if json_ else ended.out)
    assert (folder / "errors.xlsx").read_bytes() == mine
    assert statuses(folder, "errors-2.xlsx") == ["rejected"]
    assert stopped.reports() == [folder]


def test_an_error_sheet_goes_when_nothing_is_left(configured_workspace, fake_apis):
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "kind": "401_from", "nth": 1, "times": 1}]))
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1))
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 5
    (folder,) = configured_workspace.reports()
    assert (folder / "errors.xlsx").is_file()
    fake_apis.set_faults(FaultPlan())
    assert configured_workspace.call("resume").code == 0
    assert not list(folder.glob("errors*"))
    assert statuses(folder, "success.xlsx") == ["accepted"]


def test_a_corrected_error_sheet_stays_when_nothing_is_left(configured_workspace, fake_apis):
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "kind": "401_from", "nth": 1, "times": 1}]))
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1))
    configured_workspace.call("run", "a.xlsx", "--yes")
    (folder,) = configured_workspace.reports()
    mine = save_with_a_remark(folder / "errors.xlsx")
    fake_apis.set_faults(FaultPlan())
    assert "it is not needed any more" in configured_workspace.call("resume").out
    assert (folder / "errors.xlsx").read_bytes() == mine


def test_a_folder_from_before_the_upgrade_is_left_as_it_is(stopped):
    (folder,) = stopped.reports()
    for name in ("manifest.json", ".lock"):
        (folder / name).unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert stopped.call("resume").code == 3
    old, new = stopped.reports()
    assert (old, new.name) == (folder, f"{folder.name}-2")
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    assert stopped.call("report", "1").code == 3
    assert len(stopped.reports()) == 2


def test_no_command_opens_the_ledger_with_rights_of_its_own():
    from support.paths import ROOT

    found = [path.name for path in (ROOT / "importer" / "commands").glob("*.py") if "Ledger.open(" in path.read_text("utf-8")]
    assert found == ["ledger_copy.py"]  # Environment.open_ledger knows the group; a copy has two ledgers, with the group's access
