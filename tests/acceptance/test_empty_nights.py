"""Nights without a row, and thirty of them: nothing is asked, nothing clutters the folder of results or the status."""

from __future__ import annotations

import csv
import json
import shutil
import time

import pandas as pd
import pytest
from support.sheets import case, cases, read_sheet, write_csv

import importer
from importer.commands import status
from importer.reporter import pruning


def headings_only(path):
    """A sheet with the headings of cases and no row."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerow(case("C1"))
    return path


@pytest.fixture
def quiet_night(configured_workspace):
    (configured_workspace.folder / "incoming").mkdir()
    return configured_workspace


@pytest.mark.parametrize("command", ["check", "run"])
def test_an_empty_folder_is_a_good_night(quiet_night, fake_apis, command):
    ended = quiet_night.call(command, "incoming")
    assert (ended.code, ended.out) == (0, "The folder incoming holds no files: nothing to import.\n")
    assert json.loads(quiet_night.call(command, "incoming", "--json").out) == []
    assert not (quiet_night.folder / "ledger.db").exists()
    assert not fake_apis.cases


@pytest.mark.parametrize("options", [("--yes",), (), ("--yes", "--max-rejected", "5%")])
def test_a_sheet_with_headings_alone_asks_nothing_and_leaves_nothing(quiet_night, fake_apis, options):
    headings_only(quiet_night.folder / "incoming" / "a.csv")
    ended = quiet_night.call("run", "incoming", *options)
    assert (ended.code, ended.out) == (0, "a.csv has headings and no rows: nothing to import.\n")
    assert quiet_night.reports() == []
    assert quiet_night.ledger("SELECT state FROM batch") == [("approved",)]
    assert "a.csv" not in quiet_night.call("status").out
    assert "a.csv: headings without rows" in quiet_night.call("status", "--all").out
    assert quiet_night.call("status", "--open").out.splitlines()[1] == "No batch is open."
    assert not fake_apis.cases


def test_a_check_of_headings_alone_writes_nothing(quiet_night):
    headings_only(quiet_night.folder / "a.csv")
    ended = quiet_night.call("check", "a.csv", "--json")
    assert (ended.code, ended.json()[0]["counts"]["cases"]["rows"]) == (0, 0)
    assert quiet_night.reports() == []


def test_an_empty_frame_is_a_good_night_too(quiet_night):
    found = importer.run(pd.DataFrame(columns=list(case("C1"))), yes=True, new_ledger=True, settings=quiet_night.settings())
    assert (found.exit_code, found.reports) == (0, ())
    assert found.messages == ("DataFrame has headings and no rows: nothing to import.",)
    assert importer.check(quiet_night.folder / "incoming", settings=quiet_night.settings()).exit_code == 0


def test_what_is_expected_must_come(quiet_night):
    headings_only(quiet_night.folder / "a.csv")
    for path in ("incoming", "a.csv"):
        for option in ("--expect-rows", "--confirm"):
            ended = quiet_night.call("run", path, "--yes", option, "60")
            assert ended.code == 4
            assert "60" in ended.err
        assert quiet_night.call("run", path, "--yes", "--expect-rows", "0").code == 0


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_mistyped_path_and_an_interrupted_copy_stay_errors(quiet_night, command):
    (quiet_night.folder / "copy.csv").touch()
    assert "was not found" in quiet_night.call(command, "incomming", *(["--yes"] if command == "run" else [])).err
    for path in ("incomming", "copy.csv"):
        assert quiet_night.call(command, path).code == 4


def test_a_sheet_that_was_passed_over_is_named(quiet_night):
    book = quiet_night.folder / "a.xlsx"
    with pd.ExcelWriter(book) as writer:
        pd.DataFrame(columns=list(case("C1"))).to_excel(writer, sheet_name="Cases", index=False)
        pd.DataFrame({"name": ["x"], "other": ["y"]}).to_excel(writer, sheet_name="Export", index=False)
    said = quiet_night.call("run", "a.xlsx", "--yes").out
    assert said.startswith("a.xlsx has headings and no rows: nothing to import. ")
    assert '"Export" holds neither cases nor vouchers and was left out.' in said


def test_an_empty_file_beside_another_is_said_and_the_other_goes(quiet_night, fake_apis):
    headings_only(quiet_night.folder / "incoming" / "a.csv")
    write_csv(quiet_night.folder / "incoming" / "b.csv", cases(2))
    ended = quiet_night.call("run", "incoming", "--yes")
    assert (ended.code, len(fake_apis.cases), len(quiet_night.reports())) == (0, 2, 1)
    assert "a.csv has headings and no rows: nothing to import." in ended.err


def test_an_empty_night_leaves_what_was_approved_as_it_is(quiet_night):
    quiet_night.env |= {"IMPORTER_APPROVAL__REQUIRED": "always"}
    path = write_csv(quiet_night.folder / "a.csv", cases(2))
    assert quiet_night.call("run", "a.csv", "--yes").code == 8
    assert quiet_night.call("approve", "1", "--yes").code in {0, 8}
    before = quiet_night.ledger("SELECT state FROM batch WHERE id = 1")
    headings_only(path)
    assert quiet_night.call("run", "a.csv", "--yes").code == 0
    assert quiet_night.ledger("SELECT state FROM batch WHERE id = 1") == before


def test_thirty_nights_of_the_same_file_leave_one_folder(quiet_night, fake_apis, monkeypatch):
    monkeypatch.setattr(status, "NEWEST", 3)
    write_csv(quiet_night.folder / "incoming" / "a.csv", cases(2))
    for _ in range(5):
        ended = quiet_night.call("run", "incoming", "--yes")
        assert ended.code == 0
    (folder,) = quiet_night.reports()
    assert f"sheets: output/{folder.name}" in ended.out
    assert len(fake_apis.cases) == 2
    lines = quiet_night.call("status").out.splitlines()
    assert "2 more: `importer status --all` shows them." in lines
    assert len([line for line in lines if line.startswith("batch ")]) == 3
    assert len(quiet_night.call("status", "--all", "--json").json()["batches"]) == 5
    shutil.rmtree(folder)
    quiet_night.call("run", "incoming", "--yes")
    assert len(quiet_night.reports()) == 1  # the sheets are never nowhere


def test_a_row_that_goes_on_being_rejected_waits_once(quiet_night):
    write_csv(quiet_night.folder / "incoming" / "a.csv", [*cases(1), case("C2", debtor_country="Atlantis")])
    for _ in range(3):
        assert quiet_night.call("run", "incoming", "--yes").code == 3
    _, *lines = quiet_night.call("status", "--open").out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("batch")] == ["3"]
    write_csv(quiet_night.folder / "incoming" / "a.csv", cases(2))
    assert quiet_night.call("run", "incoming", "--yes").code == 0
    assert quiet_night.call("status", "--open").out.splitlines()[1] == "No batch is open."


def test_a_question_that_was_reported_is_still_waiting(quiet_night, fake_apis):
    """Newly questioned is exit code 6; the same question of an earlier night is 3, and waits once, in the newest batch."""
    write_csv(quiet_night.folder / "a.csv", [case("INV-17A")])
    write_csv(
        quiet_night.folder / "b.csv", [case("inv-17a", creditor_reference="INV-inv-17a", debtor_name="Bodil Zebrahest INV-17A")]
    )
    assert quiet_night.call("run", "a.csv", "--yes").code == 0
    assert [quiet_night.call("run", "b.csv", "--yes").code for _ in range(3)] == [6, 3, 3]
    _, *lines = quiet_night.call("status", "--open").out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("batch")] == ["4"]
    assert len(fake_apis.cases) == 1


def test_old_results_are_removed_and_can_be_written_again(quiet_night, monkeypatch):
    write_csv(quiet_night.folder / "done.csv", cases(1))
    write_csv(quiet_night.folder / "left.csv", [case("C2"), case("C3", debtor_country="Atlantis")])
    for name in ("done.csv", "left.csv"):
        quiet_night.call("run", name, "--yes")
    done, left = quiet_night.reports()
    quiet_night.env |= {"IMPORTER_OUTPUT__KEEP_DAYS": "30"}
    month = 31 * 86_400
    monkeypatch.setattr(pruning, "_now", lambda: time.time() + month)
    assert quiet_night.call("run", "done.csv", "--yes").code == 0
    assert done.exists()  # the report of this run names it
    write_csv(quiet_night.folder / "next.csv", [case("C9")])
    assert quiet_night.call("run", "next.csv", "--yes").code == 0
    assert (done.exists(), left.exists()) == (False, True)  # a rejected row is not finished
    assert (quiet_night.folder / "output" / "latest").resolve().is_dir()
    assert quiet_night.call("report", "1").code == 0
    assert [row["#status"] for row in read_sheet(done / "success.xlsx", "")] == ["accepted"]
    write_csv(quiet_night.folder / "left.csv", [case("C3")])
    quiet_night.call("run", "left.csv", "--yes")
    assert not left.exists()  # a later import has corrected the row
