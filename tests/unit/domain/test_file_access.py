"""The rights on files and folders are the same under every umask, for their owner alone and for a group."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.people import PRESENT_GROUP, a_group_of_this_process

from importer.domain.file_access import OWNER_ALONE, FileAccess, access_of
from importer.errors import SettingsError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture(params=[OWNER_ALONE, FileAccess(a_group_of_this_process())], ids=["owner", "group"])
def access(request: pytest.FixtureRequest) -> FileAccess:
    chosen: FileAccess = request.param
    return chosen


def rights(path: Path) -> tuple[int, int]:
    found = path.stat()
    return stat.S_IMODE(found.st_mode), found.st_gid


def wanted(access: FileAccess, mode: int, path: Path) -> tuple[int, int]:
    return mode, path.stat().st_gid if access.gid is None else access.gid


@pytest.mark.usefixtures("umask")
def test_everything_that_is_created_has_its_mode_and_group(tmp_path: Path, access: FileAccess) -> None:
    access.folders_to(tmp_path / "a" / "b")
    access.folders_to(tmp_path / "a" / "b")
    folder = tmp_path / "a" / "b"
    access.create(folder / "created")
    access.write(folder / "written", "æ\n")
    access.write(folder / "written", "ø\n")
    os.close(access.open(folder / "opened", os.O_WRONLY))
    for path in (folder, folder.parent):
        assert rights(path) == wanted(access, access.folder_mode, path)
    for path in folder.iterdir():
        assert rights(path) == wanted(access, access.file_mode, path)
    assert (folder / "written").read_bytes() == "ø\n".encode()
    assert (access.file_mode, access.folder_mode) == ((0o600, 0o700) if access.gid is None else (0o660, 0o2770))


def test_existing_folders_keep_their_rights(tmp_path: Path, access: FileAccess) -> None:
    tmp_path.chmod(0o751)
    before = rights(tmp_path)
    access.folders_to(tmp_path)
    access.folders_to(tmp_path / "new")
    assert rights(tmp_path) == before


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o640), (0o666, 0o660), (0o600, 0o600), (0o660, 0o660), (0o400, 0o400)])
def test_nobody_else_can_read_an_existing_file_afterwards(tmp_path: Path, before: int, after: int) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"kept")
    path.chmod(before)
    OWNER_ALONE.create(path)
    assert (rights(path)[0], path.read_bytes()) == (after, b"kept")


def test_an_existing_file_is_given_to_the_group(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch(mode=0o600)
    shared = FileAccess(a_group_of_this_process())
    shared.create(path)
    assert rights(path) == (0o660, shared.gid)


def test_a_new_file_and_a_new_folder_replace_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        OWNER_ALONE.new_folder(tmp_path)
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError):
        OWNER_ALONE.open(tmp_path / "a", os.O_WRONLY | os.O_EXCL)
    with pytest.raises(FileExistsError):
        OWNER_ALONE.folders_to(tmp_path / "a" / "b")


def test_a_file_that_cannot_be_written_leaves_the_one_from_before(tmp_path: Path) -> None:
    path = tmp_path / "a"
    OWNER_ALONE.write(path, "before")
    with pytest.raises(UnicodeEncodeError):
        OWNER_ALONE.write(path, "after \ud800")
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_group_is_found_by_its_name() -> None:
    assert access_of(None) == OWNER_ALONE
    assert access_of(PRESENT_GROUP) == FileAccess(a_group_of_this_process())
    for unknown in ("no-such-group", "", "a\0b"):
        with pytest.raises(SettingsError, match=r"no group .*\[workspace\]"):
            access_of(unknown)


def test_a_folder_that_a_group_cannot_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    shared = FileAccess(a_group_of_this_process())
    assert f"chgrp {PRESENT_GROUP} and chmod 2770" in str(shared.obstacle(tmp_path))
    shared.new_folder(tmp_path / "shared")
    assert shared.obstacle(tmp_path / "shared") is None
    assert OWNER_ALONE.obstacle(tmp_path) is None
