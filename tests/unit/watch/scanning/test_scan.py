"""The scan of a folder: what is taken, and what is said about the rest, when."""

from datetime import UTC, datetime

import pytest
from support.sheets import cases, write_workbook

from importer.watch.names import Claimant
from importer.watch.scanning.scan import FolderScan
from importer.watch.scanning.system import OperatingSystem, WriterState
from importer.watch.scanning.verdicts import ListedFile, Rules

LOCAL, CAREFUL = Rules(5), Rules(15)


class Disk:
    """A folder whose listing a test decides, at a time that it decides."""

    def __init__(self, folder):
        self.folder, self.writing = folder, WriterState.NOBODY
        self.seconds = 0.0
        self.listing: list[ListedFile] = []
        answers = OperatingSystem(Claimant("here", 1), lambda _: self.writing, lambda _: False, lambda _: None, "")
        self.scan = FolderScan(folder, answers, lambda _: self.listing)

    def drop(self, name, content=b"x\n1\n", mtime=1):
        (self.folder / name).write_bytes(content)
        self.listing = [one for one in self.listing if one.name != name] + [ListedFile(name, len(content), mtime)]

    def look(self, seconds, careful=CAREFUL, now=None):
        ready, messages = self.scan.complete_files(seconds, now or datetime.fromtimestamp(seconds, UTC), LOCAL, careful)
        return [one.name for one in ready], messages


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_a_quiet_file_is_taken_after_the_settle_time(disk):
    disk.drop("a.csv")
    assert disk.look(0) == ([], [])
    assert disk.scan.is_settling
    assert disk.look(5) == (["a.csv"], [])
    assert not disk.scan.is_settling


def test_while_somebody_writes_nothing_is_taken(disk):
    disk.drop("a.csv")
    disk.writing = WriterState.WRITER
    assert [disk.look(seconds) for seconds in (0, 6, 30)] == [([], [])] * 3
    assert disk.look(61) == ([], ["a.csv waits: a program is still writing it."])
    assert disk.look(99) == ([], [])
    disk.writing = WriterState.NOBODY
    assert disk.look(100) == (["a.csv"], [])


def test_where_it_is_not_known_who_writes_a_file_must_be_quiet_for_longer(disk):
    disk.drop("a.csv")
    disk.writing = WriterState.UNKNOWN
    assert disk.look(0) == ([], [])
    assert disk.look(6) == ([], [])
    assert disk.scan.is_settling
    assert disk.look(15) == (["a.csv"], [])


def test_on_a_network_drive_nobody_is_asked(disk):
    disk.drop("a.csv")
    disk.writing = WriterState.WRITER
    disk.look(0, careful=None)
    assert disk.look(5, careful=None) == (["a.csv"], [])


def test_a_file_that_is_not_whole_waits_and_is_given_up_after_ten_minutes(disk):
    whole = write_workbook(disk.folder / "whole.xlsx", cases(3)).read_bytes()
    half = whole[:1000] + bytes(len(whole) - 1000)
    disk.drop("a.xlsx", half)
    assert [disk.look(seconds) for seconds in (0, 5, 59)] == [([], [])] * 3
    assert "a.xlsx waits: it is not complete" in disk.look(61)[1][0]
    assert disk.look(599) == ([], [])
    assert disk.look(600) == (["a.xlsx"], [])
    disk.drop("a.xlsx", whole, mtime=2)
    assert disk.look(700) == ([], [])
    assert disk.look(705) == (["a.xlsx"], [])


def test_a_file_that_was_left_long_ago_is_given_up_at_once(disk):
    disk.drop("a.csv", b"x\n1\n" + bytes(50))
    disk.listing = [ListedFile("a.csv", 54, 1, changed=1000.0)]
    disk.look(0)
    assert disk.look(5, now=datetime.fromtimestamp(1500, UTC)) == ([], [])
    assert disk.look(6, now=datetime.fromtimestamp(1601, UTC)) == (["a.csv"], [])


def test_what_is_said_is_said_once_and_again_when_the_file_comes_again(disk):
    disk.drop("photo.jpg")
    disk.look(0)
    assert disk.look(60) == ([], ["photo.jpg is not a spreadsheet, and stays where it is."])
    assert disk.look(120) == ([], [])
    disk.listing = []
    disk.look(130)
    disk.drop("photo.jpg")
    disk.look(140)
    assert disk.look(200)[1] != []
