"""Files that were changed after their import."""

import os

import pytest

from importer.domain.file_access import OWNER_ALONE
from importer.watch.folder import WatchedFolder
from importer.watch.kept_files import changed_files, say_beside
from importer.watch.moves import digest_of

OLD = 1_700_000_000


@pytest.fixture
def watched(tmp_path):
    folder = WatchedFolder(tmp_path, None, OWNER_ALONE)
    folder.make()
    return folder


def write(watched, place, name, text, at):
    path = watched.root / place / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))
    return path


def imported(watched, content="x\n1\n"):
    probe = write(watched, "working", "probe", content, OLD)
    start = f"2026-11-26T0230-{digest_of(probe)[:8]}-a"
    probe.unlink()
    source = write(watched, "done", f"{start}.csv", content, OLD - 100)
    errors = write(watched, "done", f"{start}-errors.xlsx", "sheet", OLD)
    write(watched, "done", f"{start}-summary.txt", "summary", OLD)
    return source, errors


def found(watched):
    return [(one.path.name, one.is_source) for one in changed_files(watched)]


def test_files_that_are_as_they_were_written_are_no_news(watched):
    imported(watched)
    write(watched, "done", "notes of mine.xlsx", "mine", OLD + 100)
    assert found(watched) == []


def test_a_changed_sheet_is_found_until_it_was_said(watched):
    _, errors = imported(watched)
    os.utime(errors, (OLD + 60, OLD + 60))
    assert found(watched) == [(errors.name, False)]
    (changed,) = changed_files(watched)
    assert changed.message(watched.root) == (
        f"{errors} was changed, but files in this folder are not read. Drop it in {watched.root}."
    )
    say_beside(watched, changed)
    assert found(watched) == []
    later = OLD + 10**9
    os.utime(errors, (later, later))
    assert found(watched) == [(errors.name, False)]


def test_a_sheet_that_is_open_is_not_named_yet(watched):
    _, errors = imported(watched)
    os.utime(errors, (OLD + 60, OLD + 60))
    lock = write(watched, "done", f"~${errors.name}", "", OLD + 50)
    assert found(watched) == []
    lock.unlink()
    assert found(watched) == [(errors.name, False)]


def test_a_file_that_grew_is_found_but_not_one_that_was_only_touched(watched):
    source, _ = imported(watched)
    os.utime(source, (OLD + 60, OLD + 60))
    assert found(watched) == []
    write(watched, "done", source.name, "x\n1\n2\n", OLD + 60)
    assert found(watched) == [(source.name, True)]


def test_a_failed_file_that_grew_is_found(watched):
    write(watched, "failed", "2026-11-26T0230-00000000-a.csv", "more", OLD + 60)
    write(watched, "failed", "2026-11-26T0230-00000000-a-why.txt", "why", OLD)
    assert found(watched) == [("2026-11-26T0230-00000000-a.csv", True)]
