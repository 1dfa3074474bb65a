"""Claims: exactly one watcher has a file, and none is lost with its watcher."""

import json
import os
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from importer.domain.file_access import OWNER_ALONE
from importer.watch import claims
from importer.watch.claims import ClaimNote, claim, release, take_over
from importer.watch.folder import WatchedFolder, list_folder
from importer.watch.moves import digest_of
from importer.watch.names import Claimant, claim_name
from importer.watch.scanning.system import OperatingSystem, WriterState

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)
STARTED = NOW.timestamp() - 100


def system(pid=1, host="here", alive=(1,), space="one", started=STARTED):
    return OperatingSystem(
        Claimant(host, pid),
        writing=lambda _: WriterState.NOBODY,
        is_network=lambda _: False,
        started=lambda asked: started if asked in alive else None,
        space=space,
    )


@pytest.fixture
def watched(tmp_path):
    folder = WatchedFolder(tmp_path / "drop", None, OWNER_ALONE, by_folder=True)
    folder.root.mkdir()
    folder.make()
    return folder


def dropped(watched, name="a.csv", content="x\n1\n", place=""):
    path = watched.root / place / name
    path.write_text(content, encoding="utf-8")
    return next(one for one in list_folder(path.parent) if one.name == name)


def claimed(watched, entry, by=None, at=NOW, **more):
    return claim(watched, entry, more.pop("place", ""), by or system(), at, with_control=more.pop("with_control", False))


def test_one_of_two_watchers_gets_a_file(watched):
    entry = dropped(watched)
    first, second = claimed(watched, entry), claimed(watched, entry, system(pid=2), NOW + timedelta(seconds=1))
    assert (first.name, second) == ("a.csv", None)
    assert first.path.read_text(encoding="utf-8") == "x\n1\n"
    assert first.note == ClaimNote("", entry.state, digest_of(first.path))
    assert [path.name for path in watched.working.iterdir()] == [first.folder.name]


def test_a_file_that_was_written_to_since_it_was_listed_is_put_back(watched):
    entry = replace(dropped(watched), size=1)
    assert claimed(watched, entry) is None
    assert (watched.root / "a.csv").read_text(encoding="utf-8") == "x\n1\n"
    assert list(watched.working.iterdir()) == []


def test_the_control_file_comes_along_and_goes_back(watched):
    entry = dropped(watched)
    assert claimed(watched, entry, with_control=True) is None
    dropped(watched, "a.csv.ok", "")
    made = claimed(watched, entry, with_control=True)
    assert made.control.exists()
    dropped(watched, "a.csv", "another\n")
    assert [path.name for path in release(watched, made)] == ["a-2.csv", "a.csv.ok"]
    assert list(watched.working.iterdir()) == []


@pytest.mark.parametrize(
    ("claimant", "by", "is_dead"),
    [
        (Claimant("here", 9), system(), True),  # no such process
        (Claimant("here", 9), system(alive=(9,)), False),
        (Claimant("here", 9), system(alive=(9,), started=NOW.timestamp() + 60), True),  # the number was given away again
        (Claimant("there", 9), system(alive=(9,)), True),  # without a lease
    ],
)
def test_whose_process_is_dead(watched, claimant, by, is_dead):
    claims.renew_lease(watched, by)
    folder = watched.working / claim_name(claimant, NOW, "a.csv")
    folder.mkdir()
    (folder / "a.csv").write_text("x\n", encoding="utf-8")
    found = take_over(watched, by)
    assert [one.name for one in found] == (["a.csv"] if is_dead else [])
    if is_dead:
        assert found[0].folder.name == claim_name(by.claimant, NOW, "a.csv")
        assert (found[0].at, found[0].note.sha256) == (NOW, digest_of(found[0].path))


@pytest.mark.parametrize(("age", "is_dead"), [(500, False), (700, True)])
@pytest.mark.parametrize("other", [system(pid=9, host="there"), system(pid=9, space="another container")])
def test_another_machine_is_dead_when_its_lease_is_old(watched, other, age, is_dead):
    made = claimed(watched, dropped(watched), other)
    claims.renew_lease(watched, other)
    claims.renew_lease(watched, system())
    lease = watched.working / f".{other.claimant.text()}.lease"
    old = time.time() - age
    os.utime(lease, (old, old))
    assert [one.note for one in take_over(watched, system())] == ([made.note] if is_dead else [])


def test_what_a_claim_has_noted_is_taken_over(watched):
    made = claimed(watched, dropped(watched), system(pid=9))
    made = made.noted(watched, batch=7, kept="done/x.csv")
    (found,) = take_over(watched, system())
    assert found.note == made.note
    assert found.note.batch == 7


def test_a_claim_without_a_file_is_removed_and_its_control_file_put_back(watched):
    for name, content in (("b.csv.ok", "rows = 1\n"), (".claim.json", "{}")):
        folder = watched.working / claim_name(Claimant("here", 9), NOW, name)
        folder.mkdir()
        (folder / name).write_text(content, encoding="utf-8")
    assert take_over(watched, system()) == []
    assert list(watched.working.iterdir()) == []
    assert (watched.root / "b.csv.ok").exists()


def test_claims_of_this_process_are_taken_up_again_when_the_folder_was_away(watched):
    made = claimed(watched, dropped(watched))
    assert take_over(watched, system(), {made.folder}) == []
    assert [one.folder for one in take_over(watched, system())] == [made.folder]


def test_a_crash_between_the_two_halves_of_a_move_is_made_good(watched):
    from importer.watch.moves import move

    source, target = watched.root / "a.csv", watched.root / "done" / "b.csv"
    dropped(watched)
    os.link(source, target)
    move(source, target)
    assert (source.exists(), target.exists()) == (False, True)
    dropped(watched)
    with pytest.raises(FileExistsError):
        move(source, target)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "../elsewhere"},
        {"origin": "done"},
        {"kept": "elsewhere/x.csv"},
        {"kept": "done/../../x.csv"},
        {"kept": "done//tmp/x.csv"},
        {"kept": "done/.."},
        {"kept": "done"},
        {"kept": "done/.profile"},
        {"batch": "7"},
        {"sha256": "a%"},
    ],
)
def test_a_note_that_leads_elsewhere_is_none(tmp_path: Path, changes):
    (tmp_path / "note").write_text(json.dumps(asdict(ClaimNote(batch=7)) | changes), encoding="utf-8")
    assert ClaimNote.read(tmp_path / "note") == ClaimNote()


def test_only_files_are_taken_over(watched):
    """A link is left where it is, whatever its name is, and so is what is not a spreadsheet."""
    secret = watched.root.parent / "secret.csv"
    secret.write_text("x\n", encoding="utf-8")
    folder = watched.working / claim_name(Claimant("here", 9), NOW, "a.csv")
    folder.mkdir()
    (folder / "a.csv").symlink_to(secret)
    (folder / "b.txt.sh").write_text("x", encoding="utf-8")
    (watched.working / claim_name(Claimant("here", 9), NOW, "b.csv")).symlink_to(watched.root.parent)
    assert take_over(watched, system()) == []
    assert len(list(watched.working.iterdir())) == 2
    assert secret.exists()


def test_two_containers_with_one_name_and_number_are_told_apart(watched):
    """Both are process 1 of the host "here"; the lease of the other one says that its process ids are others."""
    other = replace(system(), claimant=Claimant("here", 1, "aaaaaaaa"), space="another")
    made = claimed(watched, dropped(watched), other)
    claims.renew_lease(watched, other)
    own = replace(system(), claimant=Claimant("here", 1, "bbbbbbbb"))
    claims.renew_lease(watched, own)
    assert take_over(watched, own) == []
    lease = watched.working / ".here-1-aaaaaaaa.lease"
    old = time.time() - 700
    os.utime(lease, (old, old))
    assert [one.note for one in take_over(watched, own)] == [made.note]


def test_a_process_that_had_the_number_before_is_dead(watched):
    before = replace(system(), claimant=Claimant("here", 1, "aaaaaaaa"))
    claimed(watched, dropped(watched), before)
    claims.renew_lease(watched, before)
    own = replace(system(), claimant=Claimant("here", 1, "bbbbbbbb"))
    claims.renew_lease(watched, own)
    assert len(take_over(watched, own)) == 1
    claims.sweep_leases(watched, own)
    assert [path.name for path in watched.working.glob(".*.lease")] == [".here-1-bbbbbbbb.lease"]


def test_nobody_is_dead_while_the_own_lease_cannot_be_written(watched):
    claimed(watched, dropped(watched), system(pid=9, host="there"))
    assert take_over(watched, system()) == []
    claims.renew_lease(watched, system())
    assert len(take_over(watched, system())) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({"state": 3}), json.dumps({"unknown": 1, "state": None})])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text):
    (tmp_path / "note").write_text(text, encoding="utf-8")
    assert ClaimNote.read(tmp_path / "note") == ClaimNote()
