"""What the operating system is asked; what belongs to another system is asked of a stand-in."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from importer.watch.scanning.system import (
    WriterState,
    is_network_type,
    is_on_network,
    is_on_network_of_windows,
    started_at,
    this_system,
    type_of_mount,
    who_writes,
)

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:27 / /mnt/share rw - cifs //server/share rw
32 31 0:28 / /mnt/share/local rw shared:7 master:2 - xfs /dev/vdb rw
33 22 0:29 / /mnt/with\040blank rw - nfs4 server:/export rw
34 22 0:30 / /mnt/over rw - ext4 /dev/vdc rw
35 34 0:31 / /mnt/over rw - fuse.sshfs user@server: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/drop", "ext4"),
        ("/mnt/share", "cifs"),
        ("/mnt/share/a/b", "cifs"),
        ("/mnt/share2", "ext4"),
        ("/mnt/share/local/a", "xfs"),
        ("/mnt/with blank/a", "nfs4"),
        ("/mnt/over/a", "fuse.sshfs"),
    ],
)
def test_the_innermost_and_last_mount_counts(path, kind):
    assert type_of_mount(path, MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.bindfs", "fuse.sshfs", "virtiofs", "davfs"])
def test_network_drives(kind):
    assert is_network_type(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "fuseblk", "zfs", ""])
def test_local_disks(kind):
    assert not is_network_type(kind)


def test_without_a_table_of_mounts_a_folder_counts_as_local(tmp_path):
    assert not is_on_network(tmp_path, tmp_path / "none")
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 0:1 / {os.path.realpath(tmp_path)} rw - nfs4 server:/ rw\n", encoding="utf-8")
    assert is_on_network(tmp_path / "inside", table)


@pytest.mark.parametrize(
    ("path", "kind", "is_network"), [("C:\\drop", 3, False), ("Z:\\drop", 4, True), ("\\\\server\\share\\drop", 0, True)]
)
def test_drives_of_windows(path, kind, is_network):
    asked = []

    def drive_type(root):
        asked.append(root)
        return kind

    assert is_on_network_of_windows(Path(path), drive_type) is is_network
    assert asked in ([], [path[:2] + "\\"])


@pytest.mark.skipif(sys.platform != "linux", reason="a read lease is a thing of Linux")
def test_who_writes_a_file(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"a")
        if who_writes(path) is WriterState.UNKNOWN:
            pytest.skip("this file system gives no leases")
        assert who_writes(path) is WriterState.WRITER
    assert who_writes(path) is WriterState.NOBODY
    with path.open("rb"):
        assert who_writes(path) is WriterState.NOBODY
    assert who_writes(tmp_path / "none") is WriterState.UNKNOWN


def test_processes():
    assert started_at(os.getpid()) == psutil.Process().create_time()
    assert started_at(2**22 + 5) is None


def test_the_host_of_this_system_can_be_part_of_a_name():
    system = this_system()
    assert system.claimant.pid == os.getpid()
    assert set(system.claimant.host) & set("/\\- ") == set()
