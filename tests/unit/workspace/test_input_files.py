"""Which files of a folder are read, and which folders are empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import FileRefused
from importer.loader.files.safety import TEXTS, WORKBOOKS
from importer.workspace.input_files import find_files


def test_a_folder_is_every_file_with_an_ending_that_is_read(tmp_path: Path) -> None:
    for ending in (*WORKBOOKS, *TEXTS, ".TXT", ".docx", ".pdf", ""):
        (tmp_path / f"a{ending}").touch()
    (tmp_path / "~$a.xlsx").touch()
    (tmp_path / ".a.csv").touch()
    assert {path.suffix for path in find_files([tmp_path]).files} == {*WORKBOOKS, *TEXTS, ".TXT"}


@pytest.mark.parametrize(
    "beside",
    [
        (),
        (".gitkeep",),
        ("~$a.xlsx", "desktop.ini", "Thumbs.db"),
        ("a.xlsx.part", "A.CSV.TMP", "x.csv.ok", ".~lock.a.csv#"),
        ("done/", "failed/"),
    ],
)
def test_what_programs_put_into_a_folder_leaves_it_empty(tmp_path: Path, beside: tuple[str, ...]) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    for name in beside:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).touch()
    found = find_files([folder])
    assert (found.files, found.remarks()) == ((), [f"The folder {folder} holds no files: nothing to import."])


@pytest.mark.parametrize("name", ["a.xlsm", "invoices.pdf", "list.docx.ok", "notes"])
def test_a_folder_of_other_files_is_no_empty_night(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(FileRefused, match=f"but other files: {name}"):
        find_files([tmp_path])


def test_a_path_without_a_file_is_left_to_the_reader(tmp_path: Path) -> None:
    assert find_files([tmp_path / "nowhere", tmp_path / "a.csv"]).files == (tmp_path / "nowhere", tmp_path / "a.csv")
