"""Staging, reviewing, approving and discarding: nobody answers blind, and nothing is sent that was not approved."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from support.paths import ROOT
from support.processes import run_python
from support.sheets import cases, vouchers, write_csv, write_workbook
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import DATA_FOLDER, STATES, TIMEOUT, CliWorkspace, clean_environment

QUESTION = "[y/N] "
GROUP = "imp-finance"


@pytest.fixture
def sheet(configured_workspace):
    """A workbook with four cases and four vouchers, in a workspace with settings."""
    write_workbook(configured_workspace.folder / "a.xlsx", cases(4), vouchers(4))
    return configured_workspace


def setting(workspace, text):
    file = workspace.folder / "importer.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)


def state(workspace, number=1):
    return workspace.ledger(f"SELECT state FROM batch WHERE id = {number}")[0][0]


def decisions(workspace, number=1):
    return [what for (what,) in workspace.ledger(f"SELECT what FROM decision WHERE batch_id = {number} ORDER BY id")]


def stage(workspace, *arguments):
    """Stage the sheet, whose four cases are not the 999 that are expected."""
    staged = workspace.call("run", "a.xlsx", "--confirm", "999", *arguments)
    assert staged.code == 8, staged
    return staged


# At the terminal


def test_the_question_comes_after_the_review_and_a_no_discards(sheet, fake_apis):
    with at_a_terminal(sheet, "run", "a.xlsx") as (process, keyboard):
        shown = read_until(keyboard, QUESTION)
        assert shown.index("How it was read") < shown.index("Send 4 cases (DKK 400.10) and 4 vouchers")
        assert "LIVE" in shown
        assert sheet.ledger(STATES) == []  # nothing is taken in while a person thinks, and the ledger is free
        assert sheet.call("status").code == 0
        os.write(keyboard, b"n\n")
        code, _, shown = finish(process, keyboard)
    assert (code, fake_apis.cases) == (130, [])
    assert "Nothing was sent. Batch 1 was discarded." in shown
    assert (state(sheet), decisions(sheet)) == ("discarded", ["staged", "discarded"])
    assert "discarded" in sheet.call("status").out
    assert sheet.call("review", "1").out.startswith("Batch 1 was discarded. Nothing of it is sent.")


def test_a_yes_approves_and_sends(sheet, fake_apis):
    with at_a_terminal(sheet, "run", "a.xlsx") as (process, keyboard):
        read_until(keyboard, QUESTION)
        os.write(keyboard, b"y\n")
        code, out, _ = finish(process, keyboard)
    assert (code, len(fake_apis.cases), len(fake_apis.vouchers)) == (0, 4, 4)
    assert "balanced" in out
    assert decisions(sheet) == ["staged", "approved"]
    assert sheet.call("review", "1").out.startswith("Batch 1 is approved, and its sending has begun.")
    assert len(sheet.reports()) == 1  # the folder of the review goes on


def test_an_interrupted_question_leaves_the_batch_staged(sheet, fake_apis):
    with at_a_terminal(sheet, "run", "a.xlsx") as (process, keyboard):
        read_until(keyboard, QUESTION)
        process.send_signal(signal.SIGINT)
        code, _, shown = finish(process, keyboard)
    assert (code, fake_apis.cases) == (130, [])
    assert "Batch 1 was staged: `importer approve 1`" in shown
    assert state(sheet) == "staged"
    resumed = sheet.call("resume")
    assert (resumed.code, fake_apis.cases) == (8, [])
    assert "Batch 1 (a.xlsx) is staged" in resumed.out


def test_what_another_run_sent_while_a_person_thought_is_not_sent_again(sheet, fake_apis):
    with at_a_terminal(sheet, "run", "a.xlsx") as (process, keyboard):
        read_until(keyboard, QUESTION)
        assert sheet.call("run", "a.xlsx", "--yes").code == 0
        os.write(keyboard, b"y\n")
        code, _, _ = finish(process, keyboard)
    assert (code, len(fake_apis.cases), len(fake_apis.vouchers)) == (0, 4, 4)


def test_without_a_terminal_nothing_is_recorded(sheet, fake_apis):
    refused = sheet.call("run", "a.xlsx")
    assert refused.code == 2
    assert "Send 4 cases" in refused.err
    assert (sheet.ledger("SELECT * FROM batch"), fake_apis.cases) == ([], [])


# Gates and rules


def test_a_staged_batch_is_reviewed_approved_and_sent(sheet, fake_apis):
    staged = stage(sheet)
    assert "--confirm expects 999 cases to be sent, and there are 4" in staged.err
    assert "Ready to send:" in staged.err
    reviewed = sheet.call("review", "1", "--json")
    found = json.loads(reviewed.out)
    assert (found["state"], [one["what"] for one in found["decisions"]]) == ("staged", ["staged"])
    assert "How it was read" in sheet.call("review", "1").out
    assert sheet.call("report", "1").code == 2
    assert "Batch 1 is approved" in sheet.call("approve", "1", "--yes").out
    assert fake_apis.cases == []
    assert sheet.call("resume").code == 0
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == (4, 4)
    assert sheet.call("approve", "1", "--yes").code == sheet.call("discard", "1").code == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--confirm", "4"), 0),
        (("--confirm", "5"), 8),
        (("--yes", "--max-rejected", "0%"), 0),
        (("--yes", "--max-dropped", "0%", "--confirm", "4"), 0),
        (("--yes", "--max-rejected", "5"), 2),
    ],
)
def test_gates_for_scripts(sheet, fake_apis, options, code):
    assert sheet.call("run", "a.xlsx", *options).code == code
    assert len(fake_apis.cases) == (0 if code else 4)


def test_too_many_rejects_leave_everything_staged(configured_workspace, fake_apis):
    rows = cases(4)
    rows[2]["amount_to_recover"] = "much"
    write_csv(configured_workspace.folder / "a.csv", rows)
    refused = configured_workspace.call("run", "a.csv", "--yes", "--max-rejected", "20%")
    assert (refused.code, fake_apis.cases) == (8, [])
    assert "1 of 4 (25.0%)" in refused.err
    assert configured_workspace.call("run", "a.csv", "--yes", "--max-rejected", "25%").code == 3
    assert len(fake_apis.cases) == 3


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('required = "always"', "required is always"),
        ("above = { DKK = 400.09 }", "above 400.09"),
        ('required = "unusual"', "A new kind of file"),
        ("four_eyes = true", "four_eyes"),
    ],
)
def test_what_a_rule_keeps_back_waits_for_an_approval(sheet, fake_apis, rules, words):
    setting(sheet, f"[approval]\n{rules}\n")
    staged = sheet.call("run", "a.xlsx", "--yes")
    assert (staged.code, fake_apis.cases) == (8, [])
    assert words in staged.err
    assert state(sheet) == "staged"


def test_the_first_cases_are_approved_and_the_others_wait(sheet, fake_apis):
    first = sheet.call("run", "a.xlsx", "--yes", "--limit", "3")
    assert (first.code, len(fake_apis.cases), len(fake_apis.vouchers)) == (8, 3, 3)
    assert "Batch 1 was staged" in first.err + first.out
    assert sheet.call("review", "1").code == 0
    assert sheet.call("approve", "1", "--yes").code == 0
    assert sheet.call("resume").code == 0
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == (4, 4)


def test_approving_the_first_cases_of_a_staged_batch(sheet, fake_apis):
    stage(sheet)
    assert "as batch 2" in sheet.call("approve", "1", "--yes", "--limit", "1").out
    assert sheet.call("resume").code == 8
    assert (len(fake_apis.cases), len(fake_apis.vouchers)) == (1, 1)


# What makes an approval void


def approved(workspace):
    stage(workspace)
    assert workspace.call("approve", "1", "--yes").code == 0


def is_void(workspace, fake_apis):
    resumed = workspace.call("resume")
    assert (resumed.code, fake_apis.cases) == (8, [])
    assert "must be approved again" in resumed.out
    return workspace.ledger("SELECT facts FROM decision WHERE batch_id = 1 AND what = 'void'")[0][0]


def test_a_source_that_changed(sheet, fake_apis):
    approved(sheet)
    write_workbook(sheet.folder / "a.xlsx", cases(5), vouchers(5))
    stage(sheet)
    assert "read again, as batch 2" in is_void(sheet, fake_apis)


def test_settings_that_change_a_payload(sheet, fake_apis):
    approved(sheet)
    setting(sheet, '[defaults]\ncomments = "by the new settings"\n')
    stage(sheet)
    assert "read again, as batch 2" in is_void(sheet, fake_apis)


def test_a_profile_that_changed(sheet, fake_apis):
    approved(sheet)
    profiles = sheet.folder / "profiles"
    profiles.mkdir()
    (profiles / "own.toml").write_text('description = "a profile of another sheet"\nheadings = ["a", "b"]\n')
    stage(sheet)
    assert "read again, as batch 2" in is_void(sheet, fake_apis)


def test_a_row_that_was_corrected(sheet, fake_apis):
    approved(sheet)
    rows = cases(1)
    rows[0]["amount_to_recover"] = "1.00"
    write_csv(sheet.folder / "corrected.csv", rows)
    assert sheet.call("run", "corrected.csv", "--confirm", "999").code == 8
    assert state(sheet) == "approved"  # what is staged changes no other batch
    assert sheet.call("approve", "2", "--yes").code == 0
    resumed = sheet.call("resume")
    assert (resumed.code, [case["amount"] for case in fake_apis.cases]) == (8, ["1.00"])
    assert state(sheet) == "void"


def test_an_approval_that_is_too_old(sheet, fake_apis):
    approved(sheet)
    setting(sheet, "[approval]\nvalid_hours = 0.000001\n")
    assert "not begun within" in is_void(sheet, fake_apis)
    setting(sheet, "[approval]\nvalid_hours = 72\n")
    assert sheet.call("approve", "1", "--yes").code == 0
    assert sheet.call("resume").code == 0
    assert len(fake_apis.cases) == 4


def test_entries_that_are_not_what_was_approved_are_not_sent(sheet, fake_apis):
    approved(sheet)
    with closing(sqlite3.connect(sheet.folder / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE entry SET payload = CAST(replace(payload, '100.01', '900.01') AS BLOB) WHERE kind = 'case'")
    refused = sheet.call("resume")
    assert (refused.code, fake_apis.cases) == (8, []), refused
    assert "not what was approved" in refused.out + refused.err


def test_a_batch_under_way_finishes_with_its_own_values(sheet, fake_apis):
    limited = {"IMPORTER_DISPATCH__PER_DAY": "5", "IMPORTER_DISPATCH__CONCURRENCY": "1"}
    assert sheet.call("run", "a.xlsx", "--yes", "--stop-at-quota", env=limited).code == 7
    sent = len(fake_apis.cases)
    assert 0 < sent < 4
    rows = cases(4)
    for row in rows:
        row["comments"] = "of the second sheet"
    write_workbook(sheet.folder / "a.xlsx", rows, vouchers(4))
    stage(sheet)
    setting(sheet, "[approval]\nvalid_hours = 0.000001\n")
    assert sheet.call("resume").code == 8  # the second batch waits, the first one is done
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 4
    assert not any("second" in json.dumps(case) for case in fake_apis.cases)
    assert sheet.call("discard", "2").code == 0
    assert sheet.call("resume").code == 0
    assert len(fake_apis.cases) == 4


# Two people


@pytest.fixture
def reachable(configured_workspace):
    """The workspace in a folder that other users reach: pytest closes its own folders to them whenever one of it starts."""
    with tempfile.TemporaryDirectory(prefix="importer-shared-") as folder:
        Path(folder).chmod(0o711)
        found = CliWorkspace(Path(folder) / "workspace")
        found.folder.mkdir()
        found.env = configured_workspace.env
        yield found


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs users of the system, which root can make")
def test_four_eyes_are_those_of_two_people(reachable, fake_apis):
    sheet = reachable
    ann, bob = _user("imp-ann"), _user("imp-bob")
    setting(sheet, '[approval]\nfour_eyes = true\n[workspace]\ngroup = "imp-finance"\n')
    write_csv(sheet.folder / "a.csv", cases(4))
    _share(sheet.folder)
    staged = _as(ann, sheet, "run", "a.csv", "--yes", "--new-ledger")
    assert staged.returncode == 8, staged
    own = _as(ann, sheet, "approve", "1", "--yes")
    assert own.returncode == 8
    assert "imp-ann has staged it" in own.stderr
    root = sheet.call("approve", "1", "--yes")
    assert root.code == 8
    assert "root is a user of the system" in root.err
    other = _as(bob, sheet, "approve", "1", "--yes")
    assert other.returncode == 0, other
    sent = _as(bob, sheet, "resume")
    assert (sent.returncode, len(fake_apis.cases)) == (0, 4), sent
    trail = _as(bob, sheet, "review", "1").stdout
    assert "by imp-ann@" in trail
    assert "by imp-bob@" in trail


def _user(name):
    """Make a user of the system in the group, or find it; skip the test where that is not possible."""
    if shutil.which("useradd") is None:
        pytest.skip("useradd is not installed")
    subprocess.run(["groupadd", "-f", GROUP], check=True)
    subprocess.run(["useradd", "--no-create-home", "--gid", GROUP, name], check=False, capture_output=True)
    return name


def _share(folder):
    """Let the group work in a folder. The settings stay root's."""
    shutil.chown(folder, group=GROUP)
    folder.chmod(0o2770)
    for file in folder.iterdir():
        file.chmod(0o644)


def _as(name, workspace, *arguments):
    """Run the command as a user, with a data folder of their own."""
    data = workspace.folder.parent / f"data-{name}"
    data.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(data, user=name)
    place = {DATA_FOLDER: str(data), "HOME": str(data), "AS_USER_WORKSPACE": str(workspace.folder)}
    env = clean_environment(**workspace.env) | place | {"PYTHONPATH": str(ROOT)}
    script = str(ROOT / "tests/support/as_user.py")
    return run_python([script, name, GROUP, *arguments], cwd=ROOT, env=env, timeout=TIMEOUT)
