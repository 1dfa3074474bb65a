"""Two people with one workspace: what the group may do, and everybody else may not."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from support.people import PRESENT_GROUP, a_group_of_this_process, as_person
from support.sheets import cases, write_csv
from support.workspace import DATA_FOLDER, CliWorkspace, settings_for

from importer.domain.file_access import FileAccess

ANNA, BENT, CARL = 12_001, 12_002, 12_003  # the last one is not in the group
pytestmark = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become other users")


@pytest.fixture
def shared(fake_apis, tmp_path):
    """A workspace of the group; root has tried the command before, so that everything is loaded."""
    group = a_group_of_this_process()
    place = Path(tempfile.mkdtemp(prefix="importer-shared-"))
    place.chmod(0o755)
    FileAccess(group).new_folder(place / "workspace")
    workspace = CliWorkspace(place / "workspace")
    workspace.env = settings_for(fake_apis.url, IMPORTER_WORKSPACE__GROUP=PRESENT_GROUP)
    for name, refs in (("a.csv", cases(2)), ("b.csv", cases(4))):
        write_csv(workspace.folder / name, refs)
        (workspace.folder / name).chmod(0o644)
    tried = CliWorkspace(tmp_path)
    write_csv(tmp_path / "t.csv", cases(1))
    for command in (("run", "t.csv", "--sandbox", "--yes"), ("report", "1", "--sandbox"), ("resume", "--sandbox"), ("doctor",)):
        tried.call(*command, env=workspace.env)
    yield workspace
    shutil.rmtree(place)


def by(person, workspace, *arguments):
    folder = Path(tempfile.gettempdir()) / f"importer-data-{person}-{workspace.folder.parent.name}"
    groups = [] if person == CARL else [a_group_of_this_process()]
    try:
        return as_person(person, groups, lambda: workspace.call(*arguments, env={DATA_FOLDER: str(folder)}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rights(workspace):
    """The mode and the group of everything that was written, by path."""
    found = {path.relative_to(workspace.folder).as_posix(): path.lstat() for path in workspace.folder.rglob("*")}
    return {
        name: (oct(stat.S_IMODE(one.st_mode)), one.st_gid)
        for name, one in found.items()
        if not name.endswith(".csv") and not stat.S_ISLNK(one.st_mode)
    }


def test_what_one_has_begun_the_other_goes_on_with(shared, fake_apis):
    ended = by(ANNA, shared, "run", "a.csv", "--yes")
    assert ended.code == 0, ended
    ended = by(BENT, shared, "run", "b.csv", "--yes")
    assert ended.code == 0, ended
    assert len(fake_apis.cases) == 4
    ended = by(BENT, shared, "report", "1")  # brings Anna's folder up to date
    assert ended.code == 0, ended
    assert by(ANNA, shared, "resume").code == 0
    assert by(ANNA, shared, "map", "a.csv", "--yes", "--profile", "ours").code in {0, 2}
    written = rights(shared)
    assert {"ledger.db", "ledger.db.lock", "ledger.db.note", "output", "backups"} <= written.keys()
    group = a_group_of_this_process()
    for name, found in written.items():
        wanted = "0o2770" if (shared.folder / name).is_dir() else "0o660"
        assert found == (wanted, group), name


def test_who_is_not_in_the_group_is_told_so_and_sends_nothing(shared, fake_apis):
    shared.folder.chmod(0o777)  # even where the folder would allow it
    ended = by(CARL, shared, "run", "a.csv", "--yes")
    assert (ended.code, len(fake_apis.cases)) == (2, 0)
    assert f'You are not in the group "{PRESENT_GROUP}"' in ended.err
    assert "log in again" in ended.err


def test_a_group_that_does_not_exist_is_named(shared, fake_apis):
    ended = shared.call("run", "a.csv", "--yes", env={"IMPORTER_WORKSPACE__GROUP": "no-such-group"})
    assert (ended.code, len(fake_apis.cases)) == (2, 0)
    assert 'There is no group "no-such-group" on this machine' in ended.err
    assert rights(shared) == {}


def test_doctor_names_folders_that_the_group_cannot_use(shared):
    assert "is not shared" not in shared.call("doctor").out
    shared.folder.chmod(0o755)
    (line,) = [line for line in shared.call("doctor").out.splitlines() if "is not shared" in line]
    assert line.startswith("warn  ")
    assert f"chgrp {PRESENT_GROUP} and chmod 2770" in line
