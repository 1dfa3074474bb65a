"""A ledger that is behind what was noted of it is a copy or a restore: it sends nothing until a person has said so."""

import asyncio
import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from support.sheets import case, cases, read_sheet, write_workbook
from support.workspace import DATA_FOLDER, CliWorkspace

from importer.dispatcher.apis.http import AioTransport

RUN = ("run", "b.xlsx", "--yes", "-q")


def sent(fake_apis):
    return fake_apis.requests.get("cases", 0)


def each_once(fake_apis, count):
    made = Counter(found["creditorReference"] for found in fake_apis.cases)
    return len(made) == count and set(made.values()) == {1}


@pytest.fixture
def used(configured_workspace):
    """A workspace with a ledger that was used once, and a plain copy of it from before its second use."""
    work = configured_workspace
    work.env["IMPORTER_DISPATCH__SETTLE_MINUTES"] = "0"
    write_workbook(work.folder / "a.xlsx", cases(2))
    write_workbook(work.folder / "b.xlsx", [case(f"C{number}") for number in range(11, 15)])
    assert work.call("run", "a.xlsx", "--yes", "-q").code == 0
    shutil.copy(work.folder / "ledger.db", work.folder / "copy.db")
    assert work.call(*RUN).code == 0
    return work


def put_back(workspace, name="copy.db", *, with_note=True):
    for old in workspace.folder.glob("ledger.db*"):
        if not (with_note and old.suffix == ".note"):
            old.unlink()
    shutil.copy(workspace.folder / name, workspace.folder / "ledger.db")


def no_data_folder(workspace):
    """A file where the folder would have to be: nobody can write there, not even root."""
    (workspace.folder / "occupied").write_text("")
    workspace.env[DATA_FOLDER] = str(workspace.folder / "occupied" / "folder")


@pytest.mark.parametrize("memory", ["both", "data folder", "beside"])
def test_a_copy_that_is_put_back_is_refused_until_it_is_declared_restored(configured_workspace, fake_apis, memory, request):
    if memory == "beside":
        no_data_folder(configured_workspace)
    used = request.getfixturevalue("used")
    before = sent(fake_apis)
    put_back(used, with_note=memory != "data folder")
    for command in (RUN, ("run", "a.xlsx", "--yes"), RUN):
        refused = used.call(*command)
        assert refused.code == 2, refused
        assert "importer ledger restored" in refused.err
    assert used.ledger("SELECT count(*) FROM batch") == [(1,)]  # nothing was recorded
    assert used.call("status").code == 0
    assert used.call("doctor").code == 2
    assert sent(fake_apis) == before

    declared = used.call("ledger", "restored")
    assert declared.code == 0, declared
    for _ in range(2):
        assert used.call(*RUN).code == 0
    assert each_once(fake_apis, 6)
    assert sent(fake_apis) == before  # all were found in the list
    assert "trusted from now on" in used.call("ledger", "trust").out


def test_what_the_copy_lacks_and_was_never_sent_is_sent_once(used, fake_apis):
    put_back(used)
    write_workbook(used.folder / "c.xlsx", [case("C21"), case("C11")])
    assert used.call("ledger", "restored").code == 0
    assert used.call("run", "c.xlsx", "--yes", "-q").code in {0, 6}
    for _ in range(5):
        used.call("resume", "-q")
    assert each_once(fake_apis, 7)


def test_the_same_ledger_elsewhere_goes_on(used, fake_apis):
    before = sent(fake_apis)
    moved = used.folder.rename(used.folder.with_name("moved"))
    elsewhere = CliWorkspace(moved)
    elsewhere.env = used.env
    assert elsewhere.call(*RUN).code == 0
    copied = CliWorkspace(Path(shutil.copytree(moved, moved.with_name("copied"))))  # another inode, the same counter
    copied.env = used.env
    assert copied.call(*RUN).code == 0
    assert sent(fake_apis) == before
    notes = json.loads((Path(os.environ[DATA_FOLDER]) / "ledgers.json").read_text())
    ((ledger,),) = [ledgers.values() for ledgers in notes["accounts"].values()]
    assert ledger["path"] == str(copied.folder / "ledger.db")


def test_of_two_copies_the_one_that_sent_less_is_refused(used, fake_apis):
    copied = CliWorkspace(Path(shutil.copytree(used.folder, used.folder.with_name("copied"))))
    copied.env = used.env
    write_workbook(copied.folder / "c.xlsx", [case("C21")])
    assert copied.call("run", "c.xlsx", "--yes", "-q").code == 0
    shutil.copy(copied.folder / "c.xlsx", used.folder)
    refused = used.call("run", "c.xlsx", "--yes", "-q")
    assert refused.code == 2
    assert str(copied.folder / "ledger.db") in refused.err
    assert each_once(fake_apis, 7)


def test_once_a_copy_took_its_place_the_ledger_from_before_is_refused(used):
    shutil.copy(used.folder / "ledger.db", used.folder / "newer.db")
    put_back(used)
    assert used.call("ledger", "restored").code == 0
    assert used.call("run", "a.xlsx", "--yes", "-q").code == 0
    put_back(used, "newer.db")
    assert used.call("run", "a.xlsx", "--yes", "-q").code == 2


def test_a_copy_of_a_restored_ledger_that_was_used_is_refused(used, fake_apis):
    """Its mark alone says nothing: what it looked for was sent by the other one since."""
    assert used.call("ledger", "backup", "backup.db").code == 0
    put_back(used, "backup.db")
    write_workbook(used.folder / "c.xlsx", [case("C21")])
    write_workbook(used.folder / "d.xlsx", [case("C31")])
    assert used.call("run", "d.xlsx", "--yes", "-q").code == 0
    shutil.copy(used.folder / "ledger.db", used.folder / "copy.db")
    assert used.call("run", "c.xlsx", "--yes", "-q").code == 0
    put_back(used)
    assert used.call("run", "c.xlsx", "--yes", "-q").code == 2
    assert used.call("ledger", "restored").code == 0
    for _ in range(5):
        used.call("run", "c.xlsx", "--yes", "-q")
    assert each_once(fake_apis, 8)


def test_a_backup_works_as_documented_without_a_word(used, fake_apis):
    assert used.call("ledger", "backup", "backup.db").code == 0
    write_workbook(used.folder / "c.xlsx", [case("C21")])
    assert used.call("run", "c.xlsx", "--yes", "-q").code == 0
    before = sent(fake_apis)
    put_back(used, "backup.db")
    for _ in range(2):
        assert used.call("run", "c.xlsx", "--yes", "-q").code == 0
    assert sent(fake_apis) == before
    assert each_once(fake_apis, 7)


def test_the_sandbox_leaves_no_note(workspace):
    write_workbook(workspace.folder / "a.xlsx", cases(1))
    assert workspace.call("run", "a.xlsx", "--sandbox").code == 0
    assert list(Path(os.environ[DATA_FOLDER]).iterdir()) == []
    assert not list(workspace.folder.glob("*.note"))


def test_doctor_says_what_remembers_the_ledger(used):
    good = used.call("doctor")
    assert good.code == 0
    assert f"{os.environ[DATA_FOLDER]} can be written" in good.out
    no_data_folder(used)
    without = used.call("doctor")
    assert without.code == 0
    assert "only the note beside the ledger" in without.out
    assert used.call(*RUN).code == 0


# While a run sends


def at_case(monkeypatch, number, act, slow=0):
    """Do something just before the request for this case goes out. The answer to the request ``slow`` is never read."""
    real, seen = AioTransport.handle_async_request, []

    async def handle(self, request):
        if request.method == "POST":
            seen.append(request)
            if len(seen) == number:
                act()
            if len(seen) == slow:
                await real(self, request)
                await asyncio.Event().wait()
        return await real(self, request)

    monkeypatch.setattr(AioTransport, "handle_async_request", handle)


def remove(path):
    path.unlink()


def replace(path):
    shutil.copy(path, path.with_name("other.db"))
    path.with_name("other.db").replace(path)


def move_away(path):
    path.rename(path.with_name("elsewhere.db"))


@pytest.mark.parametrize("act", [remove, replace, move_away])
def test_a_ledger_that_is_lost_while_it_is_used_stops_the_sending(configured_workspace, fake_apis, monkeypatch, act):
    work = configured_workspace
    work.env["IMPORTER_DISPATCH__CONCURRENCY"] = "1"
    write_workbook(work.folder / "b.xlsx", [case(f"C{number}") for number in range(10)])
    at_case(monkeypatch, 4, lambda: act(work.folder / "ledger.db"))
    stopped = work.call("run", "b.xlsx", "--yes")
    assert stopped.code == 6, stopped
    assert "was replaced by another file" in stopped.err if act is replace else "was removed" in stopped.err
    assert "importer ledger restored" in stopped.err
    assert sent(fake_apis) == 4
    (folder,) = work.reports()
    assert len(read_sheet(folder / "success.xlsx", "Cases")) == 4  # the report has what was known in the end


def test_the_report_of_a_run_that_lost_its_ledger_says_what_is_in_doubt(configured_workspace, fake_apis, monkeypatch):
    work = configured_workspace
    work.env["IMPORTER_DISPATCH__CONCURRENCY"] = "4"
    write_workbook(work.folder / "b.xlsx", [case(f"C{number}") for number in range(20)])
    at_case(monkeypatch, 6, lambda: remove(work.folder / "ledger.db"), slow=5)
    assert work.call("run", "b.xlsx", "--yes").code == 6
    (folder,) = work.reports()
    accepted = len(read_sheet(folder / "success.xlsx", "Cases"))
    states = Counter(row["#status"] for row in read_sheet(folder / "errors.xlsx", "Cases"))
    assert states.keys() == {"in doubt", "pending"}
    assert accepted + states["in doubt"] >= sent(fake_apis) >= accepted + 1


def test_the_first_commit_of_a_run_is_noted_before_it_can_be_killed(configured_workspace, monkeypatch):
    noted = []

    def look():
        notes = json.loads((Path(os.environ[DATA_FOLDER]) / "ledgers.json").read_text())
        noted.extend(ledger["commits"] for ledgers in notes["accounts"].values() for ledger in ledgers.values())

    write_workbook(configured_workspace.folder / "b.xlsx", cases(2))
    at_case(monkeypatch, 1, look)
    assert configured_workspace.call(*RUN).code == 0
    assert noted == [1]


def test_a_ledger_with_two_names_or_in_memory_sends_nothing(used, fake_apis):
    before = sent(fake_apis)
    os.link(used.folder / "ledger.db", used.folder / "second-name.db")
    refused = used.call("run", "a.xlsx", "--yes")
    assert (refused.code, "hard links" in refused.err) == (2, True)
    for url in ("sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"):
        refused = used.call("run", "a.xlsx", "--yes", env={"IMPORTER_LEDGER__URL": url})
        assert (refused.code, "memory" in refused.err) == (2, True)
    assert sent(fake_apis) == before
