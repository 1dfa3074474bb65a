"""The world and its data file: what is committed survives, a torn line does not, foreign files are left alone."""

from __future__ import annotations

import errno
import json
import os
import string
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import SettingsError
from importer.sandbox.storage import journal
from importer.sandbox.storage.world import DeletedCase, DeletedVoucher, StoredFile, StoredReplay, StoredVoucher, World

BODY = '{\n\t"creditorReference": "R æ\\n1"\n}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sandbox.jsonl"


def fill(world):
    case = world.new_case(BODY)
    world.commit(case, StoredReplay("s", "k", "f", 201, "{}", 5.0))
    world.commit(world.new_case(BODY, late_seconds=3600, foreign=True))
    world.commit(StoredVoucher("v1", "t", case.id, "u1", "now", '{"amount": 1}'))
    world.commit(StoredFile("f1", "t", "a.pdf", "application/pdf", 3))
    world.commit(None, StoredReplay("s", "other", "g", 422, "{}", 9.0))
    gone = world.new_case('{"isTest": true, "creditorReference": "R2", "creditorCompanyName": "C", "tag": "t"}')
    world.commit(gone, StoredReplay("s", "gone", "f", 200, "", 5.0, gone.id))
    world.commit(DeletedCase(gone.id))
    world.commit(DeletedVoucher("v1", "now", "u"))
    return case


def contents(world):
    everything = world.cases, world.vouchers, world.files, world.deleted_cases, world.deleted_vouchers
    return (*everything, world._replays, world._used_references, world._test_cases, world.page(1, 10))


def test_everything_is_there_again_after_a_restart(path):
    world = World(path)
    case = fill(world)
    before = contents(world)
    world.close()
    again = World(path)
    assert contents(again) == before
    assert again.case(case.id) == case
    assert again.voucher_with("t", "u1") == "v1"
    assert [voucher.id for voucher in again.vouchers_of("t", case.id)] == ["v1"]
    again.close()


def test_a_torn_last_line_is_cut_off_wherever_it_tore(path):
    world = World(path)
    fill(world)
    size = path.stat().st_size
    world.commit(world.new_case(BODY))
    world.close()
    whole = path.read_bytes()
    for cut in range(size, len(whole)):
        path.write_bytes(whole[:cut])
        world = World(path)
        assert len(world.cases) == 2
        if cut == len(whole) - 1:
            world.commit(world.new_case(BODY))
        world.close()
    world = World(path)
    assert len(world.cases) == 3
    world.close()


def test_a_torn_line_longer_than_one_read_is_cut_off(path):
    world = World(path)
    fill(world)
    world.commit(world.new_case('{"comments": "%s"}' % ("x" * 300_000)))
    world.close()
    path.write_bytes(path.read_bytes()[:-1])
    world = World(path)
    assert len(world.cases) == 2
    world.close()


def test_a_torn_header_is_written_again(path):
    path.write_bytes(b'{"sand')
    World(path).close()
    assert path.read_bytes() == b'{"sandbox":1}\n'


@pytest.mark.parametrize("content", [b"important", b"a;b\n1;2\n", b'{"sandbox":2}\n', b'{"sandbox":1} \n'])
def test_a_file_of_someone_else_is_refused_and_kept(path, content):
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="not a sandbox data file"):
        World(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("line", [b"x\n", b'{"case": {}}\n', b'{"thing": {}}\n', b"[]\n", b'{"case": 7}\n'])
def test_a_damaged_line_is_named(path, line):
    World(path).close()
    with path.open("ab") as file:
        file.write(line)
    with pytest.raises(SettingsError, match="Line 2 of the sandbox data file"):
        World(path)


def test_a_file_in_use_a_folder_and_a_missing_folder_are_refused(path, tmp_path):
    world = World(path)
    with pytest.raises(SettingsError, match="in use by another sandbox"):
        World(path)
    world.close()
    World(path).close()
    with pytest.raises(SettingsError, match="cannot be opened"):
        World(tmp_path)
    with pytest.raises(SettingsError, match="cannot be opened"):
        World(tmp_path / "nowhere" / "x")


def test_a_full_disk_leaves_no_half_line(path, monkeypatch):
    world = World(path)
    before = path.read_bytes()
    write, calls = os.write, []

    def short(file, data):
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", short)
        with pytest.raises(OSError, match="No space"):
            world.commit(world.new_case(BODY))
    assert path.read_bytes() == before
    assert world.cases == []
    world.commit(world.new_case(BODY))
    world.close()


def test_late_cases_are_hidden_until_their_time(monkeypatch):
    world = World()
    early, late = world.new_case(BODY), world.new_case(BODY, late_seconds=50)
    world.commit(early)
    world.commit(late)
    assert world.page(1, 10, newest_first=True) == ([early], 1)
    assert world.case(late.id) is late
    now = time.time()
    monkeypatch.setattr("importer.sandbox.storage.world.time.time", lambda: now + 51)
    assert world.page(1, 10, newest_first=True) == ([late, early], 2)


@given(count=st.integers(0, 25), size=st.integers(1, 10), newest_first=st.booleans())
def test_pages_cover_the_list_once(count, size, newest_first):
    world = World()
    for _ in range(count):
        world.commit(world.new_case("{}"))
    pages = [world.page(number, size, newest_first=newest_first) for number in range(1, count // size + 3)]
    assert {total for _, total in pages} == {count}
    listed = [case for page, _ in pages for case in page]
    assert listed == (world.cases[::-1] if newest_first else world.cases)


@pytest.mark.parametrize("how", ["id", "reference", "creditorReference"])
def test_the_name_of_a_case_at_debbie(how):
    world = World(case_id_from=how)
    case = world.new_case('{"creditorReference": "R1"}')
    world.commit(case)
    names = {"id": case.id, "reference": case.reference, "creditorReference": "R1"}
    assert {key: world.case_named(name) for key, name in names.items()} == {key: case.id if key == how else None for key in names}


def test_references_are_eight_letters_or_digits_and_unique():
    world = World()
    for _ in range(500):
        world.commit(world.new_case("{}"))
    references = {case.reference for case in world.cases}
    assert len(references) == 500
    assert all(len(text) == 8 and set(text) <= {*string.ascii_uppercase, *string.digits} for text in references)


def test_a_remembered_answer_can_be_too_old():
    world = World()
    world.commit(None, StoredReplay("s", "k", "f", 200, "{}", 100.0))
    assert world.replay("s", "k", since=100.0)
    assert world.replay("s", "k", since=100.1) is None
    assert world.replay("t", "k") is None


def test_a_deleted_case_is_gone_but_its_answer_is_not():
    world = World(case_id_from="creditorReference")
    case = world.new_case('{"isTest": true, "creditorReference": "R", "creditorCompanyName": "C", "tag": "t"}')
    world.commit(case)
    assert (world.case_named("R"), world.case_with_reference(case.reference), world.tagged("t")) == (case.id, case, [case])
    assert world.is_test_case(case)
    assert world.is_reference_used("C", "R")
    world.commit(DeletedCase(case.id))
    assert (world.case(case.id), world.case_named("R"), world.case_with_reference(case.reference)) == (None, None, None)
    assert (world.tagged("t"), world.page(1, 10), world.was_case(case.id)) == ([], ([], 0), case)
    assert not world.is_reference_used("C", "R")


def test_a_case_is_known_at_debbie_after_its_time(monkeypatch):
    world = World(case_known_seconds=50)
    case = world.new_case(BODY)
    world.commit(case)
    assert world.case_named(case.id) is None
    later = world.now() + timedelta(seconds=51)
    monkeypatch.setattr(world, "now", lambda: later)
    assert world.case_named(case.id) == case.id


def test_what_an_older_release_cannot_read_is_written_only_if_it_is_needed(path):
    world = World(path)
    world.commit(world.new_case(BODY), StoredReplay("s", "k", "f", 422, "{}", 5.0))
    world.close()
    assert list(json.loads(path.read_bytes().splitlines()[-1])["remembered"]) == [
        *("scope", "key", "fingerprint", "status", "answer", "at")
    ]
