"""What finance sees of a watched folder: each file once and whole, its results beside it, and a reason where there are none."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest
from support.dropping import NO_APPROVAL, drop_folder
from support.fault_proxy import Reply, pass_on
from support.sheets import case, cases, correct, write_csv, write_workbook
from support.workspace import STATES

from importer.watch.names import Claimant, claim_name


@pytest.fixture
def drop(configured_workspace, tmp_path):
    return drop_folder(configured_workspace, tmp_path / "drop")


@pytest.fixture
def proxied(fault_proxy, workspace, tmp_path):  # noqa: ARG001  (it sets the workspace up)
    return drop_folder(workspace, tmp_path / "drop")


def decisions(drop, number):
    return [json.loads(facts) for (facts,) in drop.workspace.ledger(f"SELECT facts FROM decision WHERE batch_id = {number}")]


def test_a_file_is_imported_and_its_results_are_beside_it(drop, fake_apis):
    write_workbook(drop.path / "invoices.xlsx", [*cases(3), case("C4", debtor_country="Atlantis")])
    ended = drop.once(**NO_APPROVAL)
    assert (ended.code, ended.err) == (3, f"Workspace {drop.workspace.folder}, ledger {drop.workspace.folder / 'ledger.db'}.\n")
    assert ended.out == "invoices.xlsx is in done (3 accepted, 1 rejected).\n"
    assert drop.names() == []
    assert drop.names("done") == ["invoices-errors.xlsx", "invoices-success.xlsx", "invoices-summary.txt", "invoices.xlsx"]
    assert "balanced: every row is accounted for" in drop.text("done", "invoices-summary.txt")
    assert len(fake_apis.cases) == 4


def test_the_log_says_what_is_taken_and_where_it_goes(drop):
    write_csv(drop.path / "invoices.csv", cases(2))
    ended = drop.workspace.call("watch", drop.path, "--once", "-v", env=NO_APPROVAL)
    lines = [line.partition(" ")[2] for line in ended.err.splitlines()]
    assert f"invoices.csv is taken from {drop.path}" in lines
    assert "invoices.csv is in done (exit code 0)" in lines


def test_what_is_unusual_waits_unless_the_settings_say_otherwise(drop, fake_apis):
    write_csv(drop.path / "invoices.csv", cases(2))
    ended = drop.once()
    assert ended.code == 8
    assert "invoices.csv is in needs approval (2 pending). Nothing was sent: " in ended.out
    assert drop.names("needs approval") == ["invoices-review.html", "invoices-summary.txt", "invoices.csv"]
    assert "`importer approve 2` shows it and asks" in drop.text("needs approval", "invoices-summary.txt")
    assert len(fake_apis.cases) == 1
    assert drop.once().code == 0  # still waiting, which is no news

    assert drop.workspace.call("review", "2").code == 0
    assert drop.workspace.call("approve", "2", "--yes").code == 0
    assert drop.once().out.endswith("-invoices.csv is in done (2 accepted).\n")
    assert drop.names("needs approval") == []
    assert drop.names("done") == ["invoices-success.xlsx", "invoices-summary.txt", "invoices.csv"]
    assert len(fake_apis.cases) == 3


def test_a_discarded_file_is_failed_with_the_reason(drop, fake_apis):
    write_csv(drop.path / "invoices.csv", cases(2))
    drop.once()
    assert drop.workspace.call("discard", "2").code == 0
    drop.once()
    assert "Batch 2 was discarded: nothing of it is sent." in drop.text("failed", "invoices-why.txt")
    assert drop.names("needs approval") == []
    assert len(fake_apis.cases) == 1


def test_moving_a_file_approves_it_if_the_settings_say_so(drop, fake_apis):
    by_folder = {"IMPORTER_APPROVAL__BY_FOLDER": "true"}
    write_csv(drop.path / "invoices.csv", cases(2))
    assert drop.once(**by_folder).code == 8
    assert f"move the file to {drop.path / 'approved'}" in drop.text("needs approval", "invoices-summary.txt")
    waiting = drop.file("needs approval", "invoices.csv")
    for path in waiting.parent.glob(f"{waiting.stem}*"):  # a person moves what belongs together
        path.rename(drop.path / "approved" / path.name)
    assert drop.once(**by_folder).code == 0
    assert decisions(drop, 2)[-1]["why"] == "by folder, mover unknown"
    assert "by folder, mover unknown" in drop.workspace.call("review", "2").out
    assert drop.names("approved") == drop.names("needs approval") == []
    assert drop.names("failed") == []
    assert drop.names("done") == ["invoices-success.xlsx", "invoices-summary.txt", "invoices.csv"]
    assert len(fake_apis.cases) == 3


def test_a_file_that_is_not_what_was_staged_is_staged_anew(drop, fake_apis):
    by_folder = {"IMPORTER_APPROVAL__BY_FOLDER": "true"}
    write_csv(drop.path / "invoices.csv", cases(2))
    drop.once(**by_folder)
    waiting = drop.file("needs approval", "invoices.csv")
    write_csv(waiting, cases(40))
    waiting.rename(drop.path / "approved" / waiting.name)
    assert drop.once(**by_folder).code == 8
    assert drop.workspace.ledger("SELECT id, state FROM batch WHERE id > 1") == [(2, "staged"), (3, "staged")]
    assert len(fake_apis.cases) == 1


def test_by_folder_and_four_eyes_exclude_each_other(drop):
    both = {"IMPORTER_APPROVAL__BY_FOLDER": "true", "IMPORTER_APPROVAL__FOUR_EYES": "true"}
    ended = drop.once(**both)
    assert (ended.code, "who moves a file into a folder is not known" in ended.err) == (2, True)


def test_a_file_that_cannot_be_read_is_failed_with_what_to_do(drop):
    (drop.path / "letter.csv").write_bytes(b"%PDF-1.7 no sheet at all\n")
    write_csv(drop.path / "invoices.csv", cases(1))
    ended = drop.once(**NO_APPROVAL)
    assert ended.code == 4
    assert "letter.csv is in failed." in ended.out
    assert "invoices.csv is in done (1 accepted)." in ended.out
    text = drop.text("failed", "letter-why.txt")
    assert f"To import it, correct it if that is needed, and drop it in the folder again: {drop.path}" in text


def test_a_corrected_error_sheet_that_is_dropped_again_is_imported(drop, fake_apis):
    write_workbook(drop.path / "invoices.xlsx", [*cases(2), case("C4", debtor_country="Atlantis")])
    drop.once(**NO_APPROVAL)
    errors = drop.file("done", "invoices-errors.xlsx")
    correct(errors, "Cases", {"debtor_country": "DK"}, where=("case_ref", "C4"))
    changed = errors.stat().st_mtime + 60
    os.utime(errors, (changed, changed))

    assert f"{errors} was changed, but files in this folder are not read. Drop it in {drop.path}." in drop.once(**NO_APPROVAL).err
    assert "Drop it in" in drop.text("done", "invoices-errors-changed.txt")
    os.utime(drop.file("done", "invoices-errors-changed.txt"), (changed, changed))
    assert "was changed" not in drop.once(**NO_APPROVAL).err

    shutil.copy(errors, drop.path)
    assert drop.once(**NO_APPROVAL).code == 0
    assert "invoices-corrected.xlsx" in drop.names("done")
    assert len(fake_apis.cases) == 4


def test_a_file_that_grew_after_it_was_taken_is_reported(drop):
    write_csv(drop.path / "invoices.csv", cases(2))
    drop.once(**NO_APPROVAL)
    kept = drop.file("done", "invoices.csv")
    write_csv(kept, cases(3))
    changed = kept.stat().st_mtime + 60
    os.utime(kept, (changed, changed))
    assert f"{kept} has changed since it was imported" in drop.once(**NO_APPROVAL).err
    assert "what was imported already is not sent twice" in drop.text("done", "invoices-changed.txt")


@pytest.mark.parametrize("status", [503, 401])
def test_a_trouble_that_passes_does_not_fail_a_file(proxied, fault_proxy, fake_apis, status):
    write_csv(proxied.path / "invoices.csv", cases(2))
    fault_proxy.hook = lambda _: Reply(status, b"{}")
    ended = proxied.once(**NO_APPROVAL)
    assert ended.code == 5
    assert "invoices.csv waits, and is tried again." in ended.out
    assert proxied.names("failed") == []
    fault_proxy.hook = pass_on
    end_claimants(proxied)
    assert proxied.once(**NO_APPROVAL).code == 0
    assert proxied.names("done") == ["invoices-success.xlsx", "invoices-summary.txt", "invoices.csv"]
    assert len(fake_apis.cases) == 3


def end_claimants(drop):
    """Let the claims be those of a process that has ended, since this one goes on."""
    for folder in (drop.path / "working").iterdir():
        if folder.is_dir():
            folder.rename(folder.with_name(re.sub(rf"-{os.getpid()}-[0-9a-f]{{8}}--", f"-{ended_process()}--", folder.name)))


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_held_ledger_keeps_a_file_waiting(drop):
    write_csv(drop.path / "invoices.csv", cases(1))
    holder = (
        "import sys; from importer.ledger.ledger import Ledger\n"
        "with Ledger.open(sys.argv[1], 'a test'): print('held', flush=True); sys.stdin.read()"
    )
    url = f"sqlite:///{drop.workspace.folder / 'ledger.db'}"
    with subprocess.Popen([sys.executable, "-c", holder, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        ended = drop.once(**NO_APPROVAL)
        process.stdin.close()
    assert ended.code == 75
    assert "Another run holds the ledger" in ended.out
    assert (drop.names(), drop.names("failed")) == (["invoices.csv"], [])


def test_a_folder_of_another_ledger_is_refused(drop):
    drop.once()
    known = json.loads((drop.path / ".importer").read_text(encoding="utf-8"))
    assert known["ledger"] == drop.workspace.ledger("SELECT value FROM meta WHERE name = 'ledger_id'")[0][0]
    (drop.path / ".importer").write_text('{"ledger": "another"}', encoding="utf-8")
    write_csv(drop.path / "invoices.csv", cases(1))
    ended = drop.once(**NO_APPROVAL)
    assert ended.code == 2
    assert f"The folder {drop.path} belongs to the ledger another" in ended.err
    assert drop.names() == ["invoices.csv"]


def test_the_settings_in_a_watched_folder_are_not_read(drop):
    (drop.path / "importer.toml").write_text('[debitura]\nbase_url = "https://stranger.example"\n', encoding="utf-8")
    write_csv(drop.path / "invoices.csv", cases(1))
    assert drop.once(**NO_APPROVAL).code == 0
    assert "importer.toml" in drop.names()


def test_a_folder_that_does_not_exist_is_wrong_usage(drop):
    ended = drop.workspace.call("watch", drop.path / "typo", "--once")
    assert (ended.code, "does not exist" in ended.err) == (2, True)


def test_folders_inside_are_read_only_with_a_profile(drop):
    (drop.path / "other").mkdir()
    write_csv(drop.path / "other" / "invoices.csv", cases(1))
    write_csv(drop.path / "plain.csv", cases(1, first=20))
    (drop.workspace.folder / "importer.toml").write_text('[watch.profiles]\nfortnox = "fortnox"\n', encoding="utf-8")
    (drop.workspace.folder / "importer.toml").chmod(0o600)
    assert "fortnox" in drop.once(**NO_APPROVAL).err  # there is no such profile yet
    profiles = drop.workspace.folder / "profiles"
    profiles.mkdir()
    (profiles / "fortnox.toml").write_text('holds = "cases"\n[columns]\nFaktura = "case_ref"\n', encoding="utf-8")
    drop.once(**NO_APPROVAL)
    rows = [{"Faktura" if key == "case_ref" else key: value for key, value in row.items()} for row in cases(2, first=30)]
    write_csv(drop.path / "fortnox" / "list.csv", rows)
    ended = drop.once(**NO_APPROVAL)
    assert "list.csv is in done (2 accepted)." in ended.out
    assert drop.names("fortnox/done") == ["list-success.xlsx", "list-summary.txt", "list.csv"]
    assert drop.names("other") == ["invoices.csv"]


def test_control_files(drop):
    control = {"IMPORTER_WATCH__CONTROL_FILES": "true"}
    write_csv(drop.path / "alone.csv", cases(1))
    write_csv(drop.path / "good.csv", cases(2, first=10))
    (drop.path / "good.csv.ok").write_text("rows = 2\nDKK = 200.21\n", encoding="utf-8")
    write_csv(drop.path / "short.csv", cases(2, first=20))
    (drop.path / "short.csv.ok").write_text("rows = 3\n", encoding="utf-8")
    write_csv(drop.path / "odd.csv", cases(2, first=30))
    (drop.path / "odd.csv.ok").write_text("three rows\n", encoding="utf-8")
    ended = drop.once(**NO_APPROVAL, **control)
    assert ended.code == 4
    assert drop.names() == ["alone.csv"]
    assert "alone.csv waits: its control file alone.csv.ok is missing" in ended.err
    assert drop.names("done") == ["good-success.xlsx", "good-summary.txt", "good.csv"]
    assert "rows: expected 3, found 2: 1 too few." in drop.text("failed", "short-why.txt")
    assert "Write `rows = 49`" in drop.text("failed", "odd-why.txt")


def test_what_is_open_or_not_whole_waits_with_the_reason(drop):
    write_workbook(drop.path / "open.xlsx", cases(1))
    (drop.path / "~$open.xlsx").write_bytes(b"\x03Ann" + b" " * 51 + b"\x03\0A\0n\0n\0" + b" " * 100)
    write_csv(drop.path / "office.csv", cases(1))
    (drop.path / ".~lock.office.csv#").write_text("Bo Ek,bo,pc1,27.11.2026 10:15,file:///home/bo;", encoding="utf-8")
    whole = write_workbook(drop.path / "half.xlsx", cases(1)).read_bytes()
    (drop.path / "half.xlsx").write_bytes(whole[:2000] + bytes(len(whole) - 2000))
    ended = drop.once(**NO_APPROVAL)
    assert (ended.code, ended.out) == (0, "")
    assert "open.xlsx waits: it is open by Ann." in ended.err
    assert "office.csv waits: it is open by Bo Ek." in ended.err
    assert "half.xlsx waits: it is not complete" in ended.err
    assert len(drop.names()) == 4


def test_a_killed_watchers_file_is_taken_over(drop):
    drop.once()
    write_csv(drop.path / "invoices.csv", cases(2))
    host = socket.gethostname()
    folder = drop.path / "working" / claim_name(Claimant(host, ended_process()), datetime.now(UTC), "invoices.csv")
    folder.mkdir()
    (drop.path / "invoices.csv").rename(folder / "invoices.csv")
    ended = drop.once(**NO_APPROVAL)
    assert "invoices.csv was claimed by a watcher that has ended, and is taken over." in ended.err
    assert drop.names("done") == ["invoices-success.xlsx", "invoices-summary.txt", "invoices.csv"]
    assert list((drop.path / "working").iterdir()) == []
    assert drop.workspace.ledger(STATES) == [("case", "accepted", 3)]


def test_a_signal_ends_the_watcher_politely(drop):
    process = drop.workspace.start("watch", drop.path, env=NO_APPROVAL | {"IMPORTER_WATCH__SCAN_SECONDS": "300"})
    assert process.stderr.readline().startswith("Workspace ")
    while not psutil.Process(process.pid).num_threads() > 1:
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert drop.workspace.finish(process).code == 0


ABOVE = {"IMPORTER_APPROVAL__REQUIRED": "never", "IMPORTER_APPROVAL__ABOVE": '{"DKK": 1000000}'}
"""Rules which ordinary files pass, but by which each is staged first."""


def test_a_passing_lock_does_not_ask_for_an_approval(drop, fake_apis, monkeypatch):
    """Another run takes the ledger when the file is staged, and no rule has asked for an approval."""
    from importer.commands import run
    from importer.errors import LedgerHeld

    def held(*_):
        raise LedgerHeld("Another run holds the ledger.")

    write_csv(drop.path / "invoices.csv", cases(2))
    with monkeypatch.context() as patched:
        patched.setattr(run, "_approve_and_send", held)
        assert drop.once(**ABOVE).code == 75
    assert drop.names() == []  # it stays claimed, since its staged batch is to be replaced
    assert drop.once(**ABOVE).code == 0
    assert drop.names("needs approval") == []
    assert drop.names("done") == ["invoices-success.xlsx", "invoices-summary.txt", "invoices.csv"]
    assert len(fake_apis.cases) == 3
    assert drop.workspace.ledger("SELECT state FROM batch WHERE id > 1 ORDER BY id") == [("discarded",), ("approved",)]
    assert "its file was taken again from the watched folder" in drop.workspace.call("review", "2").out


def test_a_file_that_waits_is_still_waiting_when_its_watcher_was_killed(drop, monkeypatch):
    """The watcher ends between the staging of a file that is to be approved and the note of its batch."""
    from importer.watch import claims, inbox

    write_csv(drop.path / "invoices.csv", cases(2))
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "settle", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        drop.once()
    (folder,) = (path for path in (drop.path / "working").iterdir() if path.is_dir())
    note = json.loads((folder / claims.NOTE).read_text(encoding="utf-8"))
    (folder / claims.NOTE).write_text(json.dumps(note | {"batch": None}), encoding="utf-8")
    end_claimants(drop)
    assert drop.once().code == 8
    assert drop.names("needs approval") == ["invoices-review.html", "invoices-summary.txt", "invoices.csv"]
    assert drop.workspace.ledger("SELECT state FROM batch WHERE id > 1 ORDER BY id") == [("discarded",), ("staged",)]


def test_a_file_that_is_moved_back_leaves_no_batch_behind(drop):
    write_csv(drop.path / "invoices.csv", cases(2))
    drop.once()
    waiting = drop.file("needs approval", "invoices.csv")
    waiting.rename(drop.path / waiting.name)
    assert drop.once(**NO_APPROVAL).code == 0
    assert drop.workspace.ledger("SELECT state FROM batch WHERE id > 1 ORDER BY id") == [("discarded",), ("approved",)]
    assert "invoices.csv" in drop.names("done")


def test_a_disk_that_does_not_answer_does_not_fail_a_file(drop, monkeypatch):
    """A file is readable while it is claimed, and not when it is imported, as with a virus scanner or a stale NFS handle."""
    from importer.loader.files import safety

    def stale(path):
        raise safety._unreachable(path, OSError(116, "Stale file handle"))

    write_csv(drop.path / "invoices.csv", cases(2))
    with monkeypatch.context() as patched:
        patched.setattr(safety, "open_regular", stale)
        ended = drop.once(**NO_APPROVAL)
    assert ended.code == 4
    assert "Stale file handle" in ended.out
    assert (drop.names("failed"), drop.names()) == ([], ["invoices.csv"])
    assert drop.once(**NO_APPROVAL).code == 0


def test_a_file_that_was_staged_when_the_watcher_is_to_end_is_put_back(drop, fake_apis, monkeypatch):
    from importer.watch.console import FileConsole

    go_on = FileConsole._go_on

    def stop(console):
        console._stop.set()
        go_on(console)

    write_csv(drop.path / "invoices.csv", cases(2))
    with monkeypatch.context() as patched:
        patched.setattr(FileConsole, "_go_on", stop)
        assert drop.once(**ABOVE).code == 0
    assert drop.names() == ["invoices.csv"]
    assert len(fake_apis.cases) == 1
    assert drop.workspace.ledger("SELECT state FROM batch WHERE id > 1") == [("discarded",)]
    assert drop.once(**ABOVE).code == 0
    assert len(fake_apis.cases) == 3
