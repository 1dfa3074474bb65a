"""A watched folder: its ledger, its rights, its listing, and moves that never write over a file."""

import errno
import os
import stat
import sys

import pytest

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import SettingsError, UsageError
from importer.settings import load_settings
from importer.watch.folder import MARKER, WatchedFolder, access_for, ledger_of, list_folder, mark, refuse_other_ledger
from importer.watch.moves import copy, move, move_to_free_name
from importer.workspace.workspace import Workspace


def test_a_folder_belongs_to_the_ledger_that_came_first(tmp_path):
    assert ledger_of(tmp_path) is None
    refuse_other_ledger(tmp_path, None)
    mark(tmp_path, "one", OWNER_ALONE)
    mark(tmp_path, "one", OWNER_ALONE)
    assert ledger_of(tmp_path) == "one"
    for other in ("two", None):
        with pytest.raises(UsageError, match="belongs to the ledger one"):
            refuse_other_ledger(tmp_path, other)
    with pytest.raises(UsageError):
        mark(tmp_path, "two", OWNER_ALONE)


def test_an_empty_mark_is_one_that_a_person_has_made(tmp_path):
    (tmp_path / MARKER).touch()
    refuse_other_ledger(tmp_path, "one")
    mark(tmp_path, "one", OWNER_ALONE)
    with pytest.raises(UsageError, match="belongs to the ledger one"):
        refuse_other_ledger(tmp_path, "two")


@pytest.mark.parametrize("text", ["[]", "{}", "\0"])
def test_a_mark_that_cannot_be_read_is_not_taken_for_none(tmp_path, text):
    (tmp_path / MARKER).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read, which names the ledger"):
        refuse_other_ledger(tmp_path, "one")


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are of another kind there")
def test_results_have_the_group_of_the_folder_and_never_others(tmp_path):
    for mode, access in (
        (0o700, OWNER_ALONE),
        (0o750, OWNER_ALONE),
        (0o2770, FileAccess(os.getegid())),
        (0o777, FileAccess(os.getegid())),
    ):
        tmp_path.chmod(mode)
        assert access_for(tmp_path) == access
    if os.geteuid() == 0:
        os.chown(tmp_path, -1, 4711)
        tmp_path.chmod(0o2777)
        folder = WatchedFolder(tmp_path, None, access_for(tmp_path), by_folder=True)
        folder.make()
        (tmp_path / "a.csv").write_text("x\n", encoding="utf-8")
        (tmp_path / "a.csv").chmod(0o666)
        copy(tmp_path / "a.csv", tmp_path / "done" / "b.csv", folder.access)
        found = (tmp_path / "done" / "b.csv").stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, 4711)
        assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in folder.kept} == {0o2770}


def test_the_listing_has_files_only(tmp_path):
    (tmp_path / "a.csv").write_text("x\n", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    (found,) = list_folder(tmp_path)
    assert (found.name, found.size, found.state) == ("a.csv", 2, (2, (tmp_path / "a.csv").stat().st_mtime_ns))


@pytest.mark.parametrize("has_links", [True, False])
def test_a_move_never_writes_over_a_file(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EPERM, "no links here")))
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    with pytest.raises(FileExistsError):
        move(tmp_path / "a.csv", tmp_path / "b.csv")
    assert move_to_free_name(tmp_path / "a.csv", tmp_path, "b.csv") == tmp_path / "b-2.csv"
    assert move_to_free_name(tmp_path / "c.csv", tmp_path, "noend") == tmp_path / "noend"
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        "b.csv": "b.csv",
        "b-2.csv": "a.csv",
        "noend": "c.csv",
    }


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "done", "Needs Approval", "", "a\\b"])
def test_a_profile_is_for_a_folder_of_its_own(tmp_path, name):
    quoted = name.replace("\\", "\\\\")
    (tmp_path / "importer.toml").write_text(f'[watch.profiles]\n"{quoted}" = "x"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be a folder of its own"):
        load_settings(Workspace(tmp_path).settings_file)
