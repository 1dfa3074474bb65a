"""One folder for each batch, in which a person's work is never overwritten or removed."""

from __future__ import annotations

import json
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from support.people import a_group_of_this_process

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.reporter import result_folder
from importer.reporter.manifest import MANIFEST, BatchIdentity, read_manifest
from importer.reporter.result_folder import LOCK, STAGING, folder_name, open_result_folder

BATCH = BatchIdentity("ledger-1", 7, "2026-11-21T10:15:30.000001Z")
NAME = "2026-11-21T10-15-30Z-invoices"


def write(
    directory: Path, files: dict[str, str], batch: BatchIdentity | None = BATCH, access: FileAccess = OWNER_ALONE
) -> tuple[Path, list[str]]:
    """Publish sheets with these texts. Returns the folder and what is said about kept ones."""
    with open_result_folder(directory, "invoices.xlsx", batch, access) as folder:
        for name, text in files.items():
            (folder.staging / name).write_text(text)
        sheets = [name for name in files if name.endswith(".xlsx")]
        unneeded = [name for name in ("success.xlsx", "errors.xlsx", "left-out.xlsx") if name not in sheets]
        kept = folder.publish(sheets, [name for name in files if name not in sheets], unneeded)
    return folder.path, [one.sentence() for one in kept]


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name not in {MANIFEST, LOCK}}


def test_the_folder_is_found_again_and_brought_up_to_date(tmp_path: Path) -> None:
    first, said = write(tmp_path / "output", {"errors.xlsx": "1", "success.xlsx": "1", "summary.json": "1"})
    assert (first.name, said) == (NAME, [])
    second, said = write(tmp_path / "output", {"errors.xlsx": "2", "success.xlsx": "1", "summary.json": "2"})
    assert (second, said) == (first, [])
    assert content(first) == {"errors.xlsx": "2", "success.xlsx": "1", "summary.json": "2"}
    assert [path.name for path in first.parent.iterdir()] == [NAME]


def test_the_manifest_names_the_batch_and_nothing_of_its_rows(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "a debtor", "summary.json": "x"})
    found = json.loads((folder / MANIFEST).read_text())
    assert found.keys() == {"version", "ledger", "batch", "taken_at", "files"}
    assert (found["ledger"], found["batch"], found["taken_at"]) == ("ledger-1", 7, BATCH.taken_at)
    assert found["files"].keys() == {"errors.xlsx", "summary.json"}
    assert all(len(one) == 64 for digests in found["files"].values() for one in digests)


def test_other_batches_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    others = [
        BatchIdentity("ledger-1", 8, BATCH.taken_at),
        BatchIdentity("ledger-2", 7, BATCH.taken_at),
        BatchIdentity("ledger-1", 7, "2026-11-21T10:15:30.999999Z"),  # of a ledger that was restored
    ]
    folders = [write(tmp_path, {"errors.xlsx": str(one)}, one)[0] for one in (BATCH, *others)]
    assert [folder.name for folder in folders] == [NAME, f"{NAME}-2", f"{NAME}-3", f"{NAME}-4"]
    assert [write(tmp_path, {"errors.xlsx": str(one)}, one)[0] for one in (BATCH, *others)] == folders


def test_a_folder_is_found_although_the_one_before_it_is_gone(tmp_path: Path) -> None:
    other = BatchIdentity("ledger-1", 8, BATCH.taken_at)
    first, second = write(tmp_path, {"a.xlsx": ""})[0], write(tmp_path, {"a.xlsx": ""}, other)[0]
    first.rename(tmp_path / "elsewhere")
    assert write(tmp_path, {"a.xlsx": ""}, other)[0] == second


def test_a_folder_of_an_earlier_release_is_never_written(tmp_path: Path) -> None:
    old = tmp_path / NAME
    old.mkdir()
    (old / "errors.xlsx").write_text("by hand")
    assert write(tmp_path, {"errors.xlsx": "new"})[0].name == f"{NAME}-2"
    assert [(path.name, path.read_text()) for path in old.iterdir()] == [("errors.xlsx", "by hand")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ledger": "ledger-1"}', '{"version": 1, "files": []}'])
def test_a_folder_whose_manifest_cannot_be_read_is_never_written(tmp_path: Path, text: str) -> None:
    old = tmp_path / NAME
    old.mkdir()
    (old / MANIFEST).write_text(text)
    assert write(tmp_path, {"errors.xlsx": "new"})[0].name == f"{NAME}-2"
    assert (old / MANIFEST).read_text() == text


def test_a_folder_that_a_killed_command_has_left_empty_is_used(tmp_path: Path) -> None:
    (tmp_path / NAME / STAGING).mkdir(parents=True)
    (tmp_path / NAME / STAGING / "errors.xlsx").write_text("half")
    (tmp_path / NAME / LOCK).touch()
    folder, _ = write(tmp_path, {"errors.xlsx": "whole"})
    assert (folder.name, content(folder)) == (NAME, {"errors.xlsx": "whole"})


def test_a_check_has_a_new_folder_each_time(tmp_path: Path) -> None:
    folders = [write(tmp_path, {"errors.xlsx": "x"}, None)[0] for _ in range(3)]
    assert len(set(folders)) == 3
    assert [path.name for path in folders[0].iterdir()] == ["errors.xlsx"]


def test_a_changed_sheet_is_kept_and_the_new_one_has_a_number(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1", "success.xlsx": "1"})
    (folder / "errors.xlsx").write_text("corrected")
    _, said = write(tmp_path, {"errors.xlsx": "2", "success.xlsx": "2"})
    assert said == ["errors.xlsx was changed since it was written and is kept as it is; the new one is errors-2.xlsx."]
    assert content(folder) == {"errors.xlsx": "corrected", "errors-2.xlsx": "2", "success.xlsx": "2"}
    write(tmp_path, {"errors.xlsx": "3", "success.xlsx": "2"})
    assert content(folder) == {"errors.xlsx": "corrected", "errors-2.xlsx": "3", "success.xlsx": "2"}
    (folder / "errors-2.xlsx").write_text("corrected too")
    _, said = write(tmp_path, {"errors.xlsx": "4", "success.xlsx": "2"})
    assert len(said) == 2
    assert content(folder)["errors-3.xlsx"] == "4"
    assert (folder / "errors-2.xlsx").read_text() == "corrected too"


def test_a_numbered_sheet_goes_when_the_first_name_is_free_again(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    (folder / "errors.xlsx").write_text("corrected")
    write(tmp_path, {"errors.xlsx": "2"})
    (folder / "errors.xlsx").unlink()
    assert write(tmp_path, {"errors.xlsx": "3"})[1] == []
    assert content(folder) == {"errors.xlsx": "3"}


def test_a_changed_numbered_sheet_stays_when_the_first_name_is_free_again(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    (folder / "errors.xlsx").write_text("corrected")
    write(tmp_path, {"errors.xlsx": "2"})
    (folder / "errors.xlsx").unlink()
    (folder / "errors-2.xlsx").write_text("corrected")
    (said,) = write(tmp_path, {"errors.xlsx": "3"})[1]
    assert said.endswith("the new one is errors.xlsx.")
    assert content(folder) == {"errors.xlsx": "3", "errors-2.xlsx": "corrected"}


@pytest.mark.parametrize("lock", ["~$errors.xlsx", ".~lock.errors.xlsx#"])
def test_an_open_sheet_is_kept_until_it_is_closed(tmp_path: Path, lock: str) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    (folder / lock).touch()
    assert write(tmp_path, {"errors.xlsx": "2"})[1] == [
        "errors.xlsx is open in another program and is kept as it is; the new one is errors-2.xlsx."
    ]
    (folder / lock).unlink()
    assert write(tmp_path, {"errors.xlsx": "3"})[1] == []
    assert content(folder) == {"errors.xlsx": "3"}


def test_an_open_sheet_that_would_not_change_has_no_second_one(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    (folder / ".~lock.errors.xlsx#").touch()
    assert write(tmp_path, {"errors.xlsx": "1"})[1] == []
    (folder / ".~lock.errors.xlsx#").unlink()
    assert content(folder) == {"errors.xlsx": "1"}


def test_a_sheet_that_windows_holds_open_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    replace = result_folder.replace_file

    def held_open(source: Path, target: Path) -> None:
        if target.name == "errors.xlsx":
            raise PermissionError(13, "a sharing violation")
        replace(source, target)

    monkeypatch.setattr(result_folder, "replace_file", held_open)
    (said,) = write(tmp_path, {"errors.xlsx": "2"})[1]
    assert said.startswith("errors.xlsx is open in another program")
    assert content(folder) == {"errors.xlsx": "1", "errors-2.xlsx": "2"}
    monkeypatch.undo()
    write(tmp_path, {"errors.xlsx": "3"})
    assert content(folder) == {"errors.xlsx": "3"}


def test_a_sheet_that_is_not_needed_any_more_is_removed_only_if_nobody_has_touched_it(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1", "left-out.xlsx": "1", "success.xlsx": "1"})
    (folder / "left-out.xlsx").write_text("with remarks")
    _, said = write(tmp_path, {"success.xlsx": "2"})
    assert said == ["left-out.xlsx was changed since it was written and is kept as it is; it is not needed any more."]
    assert content(folder) == {"left-out.xlsx": "with remarks", "success.xlsx": "2"}
    assert read_manifest(folder).files.keys() == {"left-out.xlsx", "success.xlsx"}  # type: ignore[union-attr]


def test_files_of_a_person_stay_and_the_names_of_programs_files_too(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"summary.json": "1", "success.xlsx": "1"})
    (folder / "summary.json").write_text("changed by a program")
    (folder / "errors.xlsx").write_text("mine")
    (folder / "letter.docx").write_text("mine")
    _, said = write(tmp_path, {"summary.json": "2", "errors.xlsx": "2"})
    assert len(said) == 1
    assert content(folder) == {"summary.json": "2", "errors.xlsx": "mine", "errors-2.xlsx": "2", "letter.docx": "mine"}


def test_files_that_are_published_apart_leave_each_other_alone(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1", "summary.json": "1"})
    with open_result_folder(tmp_path, "invoices.xlsx", BATCH, OWNER_ALONE) as opened:
        (opened.staging / "review.html").write_text("1")
        assert opened.publish([], ["review.html"]) == []
    write(tmp_path, {"errors.xlsx": "2"})
    assert content(folder) == {"errors.xlsx": "2", "summary.json": "1", "review.html": "1"}


@pytest.mark.parametrize("killed_at", range(3))
def test_a_report_that_was_killed_makes_no_sheet_look_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1", "success.xlsx": "1", "summary.json": "1"})
    replace, done = result_folder.replace_file, []

    def killed(source: Path, target: Path) -> None:
        if len(done) == killed_at:
            raise KeyboardInterrupt  # before this file, and after the ones before it
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(result_folder, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, {"errors.xlsx": "2", "success.xlsx": "2", "summary.json": "2"})
    monkeypatch.undo()
    _, said = write(tmp_path, {"errors.xlsx": "3", "success.xlsx": "3", "summary.json": "3"})
    assert said == []
    assert content(folder) == {"errors.xlsx": "3", "success.xlsx": "3", "summary.json": "3"}


def test_a_manifest_removes_nothing_outside_of_its_folder(tmp_path: Path) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    (tmp_path / "precious").write_text("1")
    found = json.loads((folder / MANIFEST).read_text())
    digests = found["files"]["errors.xlsx"]
    found["files"] |= {"../precious": digests, str(tmp_path / "precious"): digests}
    (folder / MANIFEST).write_text(json.dumps(found))
    write(tmp_path, {"success.xlsx": "2"})
    assert (tmp_path / "precious").is_file()
    assert not (folder / "errors.xlsx").exists()


def test_one_command_at_a_time_writes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = write(tmp_path, {"errors.xlsx": "1"})
    monkeypatch.setattr(result_folder, "LOCK_SECONDS", 0.01)
    with FileLock(folder / LOCK), pytest.raises(BlockingIOError, match="another command"):
        write(tmp_path, {"errors.xlsx": "2"})
    assert content(folder) == {"errors.xlsx": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_group_shares_all_of_it(tmp_path: Path) -> None:
    shared = FileAccess(a_group_of_this_process())
    folder, _ = write(tmp_path / "output", {"errors.xlsx": "1", "summary.json": "1"}, access=shared)
    for path in (folder.parent, folder, *folder.iterdir()):
        assert path.stat().st_gid == shared.gid
        assert stat.S_IMODE(path.stat().st_mode) == (0o2770 if path.is_dir() else 0o660), path


@pytest.mark.parametrize(
    ("source", "stem"),
    [("a b/c?.csv", "c"), ("...", "source"), ("Åbne poster 2026.xlsx", "Åbne_poster_2026"), ("債" * 80 + ".csv", "債" * 66)],
)
def test_names_of_folders(source: str, stem: str) -> None:
    moment = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)
    assert folder_name(moment, source) == f"2026-11-21T10-15-30Z-{stem}"
