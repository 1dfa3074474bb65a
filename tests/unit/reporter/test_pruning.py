"""Old folders of results are removed only if nothing of a person is in them."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from importer.domain.file_access import OWNER_ALONE
from importer.reporter import latest
from importer.reporter.manifest import MANIFEST, BatchIdentity
from importer.reporter.pruning import remove_old_folders
from importer.reporter.result_folder import LOCK, open_result_folder

MONTH = timedelta(days=30)


def old_folder(directory: Path, number: int = 1, days: int = 40) -> Path:
    """A folder as a run wrote it so many days ago."""
    batch = BatchIdentity("ledger-1", number, f"2026-01-0{number}T10:15:30.000001Z")
    with open_result_folder(directory, "invoices.xlsx", batch, OWNER_ALONE) as folder:
        (folder.staging / "success.xlsx").write_text("rows")
        (folder.staging / "summary.json").write_text("{}")
        folder.publish(["success.xlsx"], ["summary.json"])
    (folder.path / "review.html").write_text("page")
    written = time.time() - days * 86_400
    os.utime(folder.path / MANIFEST, (written, written))
    return folder.path


def prune(directory: Path, *, finished: bool = True, needed: tuple[Path, ...] = ()) -> list[str]:
    return remove_old_folders(directory, MONTH, lambda _: finished, OWNER_ALONE, needed)


def test_a_finished_folder_goes_after_its_days(tmp_path: Path) -> None:
    old, young = old_folder(tmp_path), old_folder(tmp_path, 2, days=20)
    assert prune(tmp_path) == []
    assert (old.exists(), young.exists()) == (False, True)


def test_a_batch_with_something_left_keeps_its_folder(tmp_path: Path) -> None:
    old = old_folder(tmp_path)
    prune(tmp_path, finished=False)
    prune(tmp_path, needed=(old,))
    assert (old / "success.xlsx").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [("success.xlsx", "my remarks"), ("copy of errors.xlsx", "mine"), ("~$success.xlsx", ""), ("summary.json", "")],
)
def test_the_work_of_a_person_is_never_removed(tmp_path: Path, name: str, text: str) -> None:
    old = old_folder(tmp_path)
    (old / name).write_text(text)
    assert prune(tmp_path) == []
    assert {"success.xlsx", "summary.json", name} <= {path.name for path in old.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_latest_goes_on_leading_to_a_folder(tmp_path: Path) -> None:
    old, newest = old_folder(tmp_path), old_folder(tmp_path, 2)
    latest.point_to(newest, OWNER_ALONE)
    prune(tmp_path)
    assert (old.exists(), (tmp_path / "latest").resolve()) == (False, newest)


def test_latest_as_a_text_file_goes_on_naming_a_folder(tmp_path: Path) -> None:
    newest = old_folder(tmp_path)
    (tmp_path / "latest").write_text(f"{newest.absolute()}\n")
    prune(tmp_path)
    assert newest.exists()


def test_what_was_interrupted_is_removed_the_next_time(tmp_path: Path) -> None:
    old = old_folder(tmp_path)
    (old / "success.xlsx").unlink()
    prune(tmp_path)
    assert not old.exists()


def test_a_folder_that_another_command_writes_stays(tmp_path: Path) -> None:
    old = old_folder(tmp_path)
    with FileLock(old / LOCK):
        assert prune(tmp_path) == []
    assert (old / "success.xlsx").exists()


def test_a_folder_without_a_manifest_is_not_ours(tmp_path: Path) -> None:
    old = old_folder(tmp_path)
    (old / MANIFEST).unlink()
    prune(tmp_path)
    assert old.exists()
