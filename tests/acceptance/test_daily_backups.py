"""The ledger is backed up by itself, and a lost one is replaced as the documents describe it."""

from __future__ import annotations

import shlex
import sqlite3
from collections import Counter

import pytest
from support.documents import blocks
from support.sheets import case, cases, write_csv, write_workbook

DRILL = next(block for block in blocks("docs/operations/backups.md") if "importer ledger restored" in block)


def backups(workspace, folder="backups"):
    return sorted((workspace.folder / folder).glob("ledger-*.db"))


def references(fake_apis):
    return Counter(stored["creditorReference"] for stored in fake_apis.cases)


def drill(workspace):
    """Type what the page shows, with the names of this workspace. Returns how each command of ours ended."""
    (newest,) = backups(workspace)
    for line in DRILL.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program == "rm":
            for name in arguments:
                (workspace.folder / name).unlink(missing_ok=True)
        elif program == "cp":
            assert arguments[0].startswith("backups/ledger-")
            (workspace.folder / arguments[1]).write_bytes(newest.read_bytes())
        elif program == "importer":
            yield line, workspace.run(*arguments)


def test_a_lost_ledger_is_restored_from_the_backup_and_nothing_is_sent_twice(configured_workspace, fake_apis):
    configured_workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    incoming = configured_workspace.folder / "incoming"
    incoming.mkdir()
    write_csv(incoming / "a.csv", cases(3))
    assert configured_workspace.run("run", "incoming", "--yes").code == 0
    write_workbook(incoming / "b.xlsx", [case("C11"), case("C12")])
    assert configured_workspace.run("run", "incoming", "--yes").code == 0
    (backup,) = backups(configured_workspace)  # one a day: the second run made none, so that it lacks two cases
    with sqlite3.connect(backup) as opened:
        assert opened.execute("SELECT count(*) FROM entry").fetchone() == (3,)
    opened.close()
    before = references(fake_apis)
    assert sum(before.values()) == 5

    ended = dict(drill(configured_workspace))
    assert [finished.code for finished in ended.values() if finished.code not in {0, 6}] == []
    assert ended["importer ledger trust"].out == "The ledger is trusted from now on.\n"
    assert references(fake_apis) == before
    assert configured_workspace.ledger("SELECT state, count(*) FROM entry GROUP BY state") == [("accepted", 5)]
    last = configured_workspace.run("run", "incoming", "--yes")
    assert (last.code, references(fake_apis)) == (0, before)


def test_backups_go_where_the_settings_say_and_none_are_made_with_0(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    configured_workspace.env |= {"IMPORTER_LEDGER__BACKUPS": "0"}
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    assert "no daily backups of the ledger are made" in configured_workspace.call("doctor").out
    configured_workspace.env |= {"IMPORTER_LEDGER__BACKUPS": "2", "IMPORTER_LEDGER__BACKUP_FOLDER": "safe"}
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    assert len(backups(configured_workspace, "safe")) == 1
    assert not (configured_workspace.folder / "backups").exists()


def test_a_check_and_the_sandbox_make_no_backup(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("check", "a.csv").code == 0
    assert configured_workspace.call("run", "a.csv", "--sandbox").code == 0
    assert not (configured_workspace.folder / "backups").exists()


@pytest.mark.parametrize("json_", [(), ("--json",)])
def test_a_backup_that_fails_is_a_warning_and_the_run_ends_as_without_it(configured_workspace, fake_apis, json_):
    write_csv(configured_workspace.folder / "a.csv", [*cases(1), case("C2", currency="XXQ")])
    (configured_workspace.folder / "backups").touch()
    ended = configured_workspace.call("run", "a.csv", "--yes", *json_)
    assert (ended.code, len(fake_apis.cases)) == (3, 1)
    (line,) = [line for line in ended.err.splitlines() if line.startswith("The daily backup of the ledger was not made: ")]
    assert "importer ledger backup FILE" in line
    assert len(configured_workspace.reports()) == 1


def test_doctor_shows_the_newest_backup_and_where_it_is(configured_workspace):
    assert "backup" not in configured_workspace.call("doctor").out  # there is no ledger yet
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    (backup,) = backups(configured_workspace)
    ended = configured_workspace.call("doctor")
    newest, disk = (line for line in ended.out.splitlines() if "backup" in line)
    assert newest.startswith("ok    the newest backup of the ledger is less than a minute old: ")
    assert newest.endswith(backup.name)
    assert disk.startswith("warn  ")
    assert "on the disk of the ledger" in disk
    assert ended.code == 0  # a warning is no failure
    backup.unlink()
    assert "warn  there is no daily backup of the ledger yet" in configured_workspace.call("doctor").out


def test_doctor_says_that_a_database_server_is_backed_up_by_itself(configured_workspace):
    ended = configured_workspace.call("doctor", env={"IMPORTER_LEDGER__URL": "postgresql://db.example/importer"})
    assert "ok    daily backups do not apply to a ledger on a database server" in ended.out
