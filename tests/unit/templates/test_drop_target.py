"""The drop target for Windows, as text; it was never run there."""

import pytest

from importer.errors import UsageError
from importer.templates.drop_target import drop_target, write_drop_target

PROGRAM = r"C:\Program Files\importer\importer.exe"


def test_it_passes_the_files_on_to_the_importer_of_this_workspace():
    text = drop_target([PROGRAM], r"\\files\finance\Inkasso 100% & Søn")
    lines = text.split("\r\n")
    assert lines[:2] == ["@echo off", "chcp 65001 >nul"]
    assert lines[-2:] == [f'"{PROGRAM}" dragged --workspace "\\\\files\\finance\\Inkasso 100%% & Søn" -- %*', ""]
    assert "\n" not in text.replace("\r\n", "")


def test_it_replaces_its_own_file_and_no_other(tmp_path):
    path = write_drop_target(tmp_path / "new", [PROGRAM], r"C:\a")
    assert write_drop_target(tmp_path / "new", [PROGRAM], r"C:\b") == path
    assert b"C:\\b" in path.read_bytes()
    path.write_text("@echo mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is not from the importer"):
        write_drop_target(tmp_path / "new", [PROGRAM], r"C:\a")


def test_a_path_that_would_end_the_quotation_is_refused():
    with pytest.raises(UsageError, match="Rename the folder"):
        drop_target([PROGRAM], 'C:\\a" & del *.* & "')
