"""A nightly run while a migration waits for its quota: it is staged and approved, and the one sender sends its entries."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing, contextmanager

import pytest
from support.fault_proxy import Drop, FaultProxy, Reply, pass_on
from support.sheets import cases, write_csv
from support.workspace import API_KEY, STATES, TOKEN, settings_for

from importer.sandbox import Sandbox, SandboxSettings

MINUTE, HOUR = 0.2, 1.5  # seconds of the windows; a wait for longer than two of these minutes lets go of the ledger
PER_HOUR = 20


class SlowList:
    """Loses the second case, and gives the list that is read for it only when the wait for the hour's quota is over."""

    def __init__(self) -> None:
        self.has_lost = False

    def __call__(self, seen):
        if seen.method == "GET" and self.has_lost:
            time.sleep(HOUR)
        if not seen.is_case or seen.nth != 2:
            return None
        self.has_lost = True
        return Drop()


class Turnstile:
    """Lets the first cases through, and asks for a wait of some seconds until it is opened."""

    def __init__(self, first: int, seconds: int = 1) -> None:
        self.first, self.seconds, self.is_open = first, seconds, False
        self.refusal = Reply(429, json.dumps({"retryAfter": seconds}).encode())

    def __call__(self, seen):
        return self.refusal if seen.is_case and seen.nth > self.first and not self.is_open else None


@pytest.fixture
def limited(workspace):
    """The workspace with settings for a Debitura that takes 20 requests in a second and a half, behind a proxy."""
    windows = ((1000, MINUTE, "sliding"), (PER_HOUR, HOUR, "fixed"))
    chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored", limits=windows)
    with Sandbox(chosen) as sandbox, FaultProxy(sandbox.url) as proxy:
        workspace.env = settings_for(proxy.url) | {
            "IMPORTER_DISPATCH__PER_MINUTE": "1000",
            "IMPORTER_DISPATCH__PER_HOUR": str(PER_HOUR),
            "IMPORTER_DISPATCH__WINDOW_SECONDS": f"[{MINUTE}, {HOUR}, 86400]",
        }
        yield sandbox, proxy


@contextmanager
def waiting_sender(workspace, *arguments):
    """A run in a process of its own, once it is the account's sender and has let go of the ledger."""
    process = workspace.start(*arguments)
    try:
        while not list(workspace.folder.glob("*.sender-*.owner")) or (workspace.folder / "ledger.db.owner").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)  # it runs elsewhere
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@contextmanager
def waiting_or_ended(workspace, *commands):
    """Two runs that are started together: what the one said that has ended, and the process of the one that waits."""
    processes = [workspace.start(*arguments) for arguments in commands]
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.01)  # they run elsewhere
        ended, waiting = sorted(processes, key=lambda process: process.poll() is None)
        yield workspace.finish(ended), waiting
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


def each_once(sandbox, references):
    sent = Counter(case["creditorReference"] for case in sandbox.cases)
    return sent == Counter(references)


def references(sheet):
    return [row["creditor_reference"] for row in sheet]


def summaries(workspace, output="output"):
    found = [json.loads(path.read_text()) for path in (workspace.folder / output).glob("2*/summary.json")]
    return {one["source"]["name"]: one for one in found}


def accepted(summary):
    return summary["counts"]["cases"]["accepted"], summary["exit_code"], summary["balanced"]


def test_a_nightly_run_leaves_its_rows_to_the_migration_that_waits(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = turnstile = Turnstile(first=25)
    migration, nightly, later = cases(60), cases(5, first=1001), cases(2, first=2001)
    sheets = {"migration.csv": migration, "nightly.csv": nightly, "later.csv": later, "dropped.csv": cases(2, first=3001)}
    for name, sheet in sheets.items():
        write_csv(workspace.folder / name, sheet)
    with waiting_sender(workspace, "run", "migration.csv", "--yes") as process:
        night = workspace.call("run", "nightly.csv", "--yes", "--output", "night")
        assert night.code == 0, night.err
        assert re.search(
            rf"The sender of this account, process {process.pid} \(`importer run` on .*, since .* UTC\), will send its entries\.",
            night.err,
        )
        waits = summaries(workspace, "night")["nightly.csv"]
        assert (waits["state"], waits["counts"]["cases"]["pending"], waits["exit_code"]) == ("approved", 5, 0)

        staged = workspace.call("run", "later.csv", "dropped.csv", "--yes", "--confirm", "99")
        assert staged.code == 8
        assert "pending" in workspace.call("status").out
        assert workspace.call("review", "3").code == 0
        approved = workspace.call("approve", "3", "--confirm", "2")
        assert (approved.code, f"process {process.pid}" in approved.out + approved.err) == (0, True)
        assert workspace.call("discard", "4").code == 0
        resumed = workspace.call("resume", "--output", "resumed")
        assert resumed.code == 0, resumed.err
        goes_on = rf"The sender of this account, process {process.pid} \(.*\), goes on with batches 1, 2, 3\.\n"
        assert re.fullmatch(goes_on, resumed.out)
        assert not (workspace.folder / "resumed").exists()
        assert handed_over(workspace) == ["handed over 2", "handed over 3"]

        turnstile.is_open = True
        ended = workspace.finish(process)
    assert ended.code == 0, ended.err
    assert each_once(sandbox, references(migration + nightly + later))
    assert sandbox.refused_by_limit == 0
    assert accepted(summaries(workspace)["migration.csv"]) == (60, 0, True)
    assert accepted(summaries(workspace, "night")["nightly.csv"]) == (5, 0, True)
    assert accepted(summaries(workspace)["later.csv"]) == (2, 0, True)
    assert workspace.ledger(STATES) == [("case", "accepted", 67)]
    assert handed_over(workspace) == []


def handed_over(workspace):
    return sorted(name for (name,) in workspace.ledger("SELECT name FROM meta WHERE name LIKE 'handed over%'"))


def test_what_the_sender_does_not_have_is_handed_over_by_resume(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = turnstile = Turnstile(first=2)
    sheets = {"before.csv": cases(4), "own.csv": cases(3, first=1001)}
    for name, sheet in sheets.items():
        write_csv(workspace.folder / name, sheet)
    assert workspace.call("run", "before.csv", "--yes", "--stop-at-quota").code == 7
    time.sleep(turnstile.seconds)  # before it is over, a run cannot read Debitura's list and ends with 7 as well
    with waiting_sender(workspace, "run", "own.csv", "--yes") as process:
        for _ in range(2):
            resumed = workspace.call("resume")
            assert (resumed.code, handed_over(workspace)) == (0, ["handed over 1"]), resumed.err
            assert "goes on with batch" in resumed.out + resumed.err
        turnstile.is_open = True
        ended = workspace.finish(process)
    assert ended.code == 0, ended.err
    assert each_once(sandbox, references([*sheets["before.csv"], *sheets["own.csv"]]))
    assert accepted(summaries(workspace)["before.csv"]) == (4, 0, True)


def test_a_batch_of_another_run_that_is_altered_does_not_stop_the_sender(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = turnstile = Turnstile(first=2)
    sheets = {"own.csv": cases(4), "altered.csv": cases(2, first=1001), "whole.csv": cases(2, first=2001)}
    for name, sheet in sheets.items():
        write_csv(workspace.folder / name, sheet)
    with waiting_sender(workspace, "run", "own.csv", "--yes") as process:
        assert workspace.call("run", "altered.csv", "--yes").code == 0
        with closing(sqlite3.connect(workspace.folder / "ledger.db", timeout=30)) as db, db:
            db.execute("UPDATE entry SET payload = CAST(replace(payload, 'DKK', 'SEK') AS BLOB) WHERE batch_id = 2")
        assert workspace.call("run", "whole.csv", "--yes").code == 0
        turnstile.is_open = True
        ended = workspace.finish(process)
    assert ended.code == 0, ended.err
    assert "What the ledger holds of batch 2 is not what was approved. Nothing of it is sent: `importer approve 2`" in ended.err
    assert each_once(sandbox, references([*sheets["own.csv"], *sheets["whole.csv"]]))
    assert workspace.ledger("SELECT state FROM batch WHERE id = 2") == [("void",)]


def test_what_was_left_to_a_sender_that_was_killed_is_sent_by_the_next_run(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = turnstile = Turnstile(first=4)
    first, second, third = cases(8), cases(3, first=1001), cases(2, first=2001)
    for name, sheet in (("a.csv", first), ("b.csv", second), ("c.csv", third)):
        write_csv(workspace.folder / name, sheet)
    with waiting_sender(workspace, "run", "a.csv", "--yes") as process:
        assert workspace.call("run", "b.csv", "--yes").code == 0
        process.kill()
    turnstile.is_open = True
    status = workspace.call("status")
    assert "b.csv" in status.out
    assert "Left to a sender that has ended: batch 2" in status.out
    night = workspace.call("run", "c.csv", "--yes")
    assert night.code == 0, night.err
    assert accepted(summaries(workspace)["b.csv"]) == (3, 0, True)
    assert workspace.call("resume").code == 0
    assert each_once(sandbox, references(first + second + third))
    assert workspace.ledger(STATES) == [("case", "accepted", 13)]


def test_of_two_runs_at_once_one_becomes_the_sender_of_both(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = turnstile = Turnstile(first=1)
    sheets = {"a.csv": cases(3), "b.csv": cases(3, first=1001)}
    for name, sheet in sheets.items():
        write_csv(workspace.folder / name, sheet)
    write_csv(workspace.folder / "staged.csv", cases(1, first=2001))
    assert workspace.call("run", "staged.csv", "--yes", "--confirm", "99").code == 8  # makes the ledger
    with waiting_or_ended(workspace, *(("run", name, "--yes") for name in sheets)) as (ended, waiting):
        turnstile.is_open = True
        results = [ended, workspace.finish(waiting)]
    assert [result.code for result in results] == [0, 0], results
    assert f"process {waiting.pid}" in ended.err
    assert each_once(sandbox, references([*sheets["a.csv"], *sheets["b.csv"]]))
    assert [accepted(summaries(workspace)[name]) for name in sheets] == [(3, 0, True)] * 2


def test_a_wait_that_passes_while_a_list_is_read_is_still_why_cases_were_not_sent(workspace, limited):
    _, proxy = limited
    write_csv(workspace.folder / "a.csv", cases(30))
    proxy.hook = SlowList()
    stopped = workspace.call("run", "a.csv", "--yes", "--stop-at-quota")
    assert (stopped.code, "Debitura takes nothing before" in stopped.err) == (7, True), stopped
    proxy.hook = pass_on
    assert workspace.call("resume").code == 6  # the one that was lost
    assert workspace.ledger(STATES) == [("case", "accepted", 29), ("case", "in_doubt", 1)]


def test_a_run_that_was_interrupted_while_it_waited_has_let_nothing_go(workspace, limited):
    _, proxy = limited
    proxy.hook = Turnstile(first=2, seconds=60)
    write_csv(workspace.folder / "a.csv", cases(4))
    with waiting_sender(workspace, "run", "a.csv", "--yes") as process:
        process.terminate()
        ended = workspace.finish(process)
    assert ended.code == 130
    assert "balanced" in ended.out
    assert workspace.ledger(STATES) == [("case", "accepted", 2), ("case", "pending", 2)]


def test_a_ledger_that_was_removed_while_a_run_waited_is_not_begun_again(workspace, limited):
    _, proxy = limited
    proxy.hook = Turnstile(first=2, seconds=6)
    write_csv(workspace.folder / "a.csv", cases(4))
    with waiting_sender(workspace, "run", "a.csv", "--yes") as process:
        (workspace.folder / "ledger.db").rename(workspace.folder / "elsewhere.db")
        ended = workspace.finish(process)
    assert ended.code == 2
    (message,) = [line for line in ended.out.splitlines() if "is gone" in line]
    assert message.endswith("Put the ledger back that was there, then run `importer resume`.")
    assert "Traceback" not in ended.err
    assert not (workspace.folder / "ledger.db").exists()


def test_an_approved_batch_that_another_program_changes_meanwhile_stops_the_sending(workspace, limited):
    sandbox, proxy = limited
    proxy.hook = Turnstile(first=2, seconds=6)
    write_csv(workspace.folder / "a.csv", cases(6))
    with waiting_sender(workspace, "run", "a.csv", "--yes") as process:
        with closing(sqlite3.connect(workspace.folder / "ledger.db")) as db, db:
            db.execute("UPDATE entry SET payload = CAST(replace(payload, 'DKK', 'SEK') AS BLOB) WHERE state = 'pending'")
        ended = workspace.finish(process)
    assert ended.code == 8, ended.err
    assert "is not what was approved. Nothing more was sent: `importer approve 1` shows it and asks." in ended.err
    assert len(sandbox.cases) == 2
