"""Ctrl-C and the terminal: what a person at the keyboard can do to a run."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import pytest
from support.fault_proxy import Drop, Gate, Lose, Reply
from support.sheets import cases, vouchers, write_csv, write_workbook
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import STATES

SLOTS = 3
CASES = 8


@pytest.fixture
def started(workspace, fault_proxy):
    """Runs of the command whose first requests are held at a gate; whatever is left of them is killed."""
    workspace.env |= {"IMPORTER_DISPATCH__CONCURRENCY": str(SLOTS), "IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    write_workbook(workspace.folder / "a.xlsx", cases(CASES), vouchers(CASES))
    processes = []

    def start(gate):
        fault_proxy.hook = gate
        process = workspace.start("run", "a.xlsx", "--yes")
        processes.append(process)
        assert process.stderr.readline().startswith("Workspace ")
        assert gate.full.wait(60)
        return process

    yield start
    fault_proxy.hook.open.set()
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def interrupt(process, how=signal.SIGINT):
    """Send a signal and wait until it has been noticed."""
    process.send_signal(how)
    assert process.stderr.readline() == "Finishing what is in flight; interrupt again to stop at once.\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_the_first_interrupt_finishes_what_is_in_flight(workspace, fake_apis, fault_proxy, started, how):
    gate = Gate(full=SLOTS)
    process = started(gate)
    interrupt(process, how)
    gate.open.set()
    ended = workspace.finish(process)
    assert ended.code == 130
    assert ended.err == "Interrupted; what was in flight was finished. `importer resume` goes on.\n"
    assert "balanced" in ended.out  # the report is written all the same
    assert len(fake_apis.cases) == SLOTS
    assert sum(seen.method == "POST" for seen in fault_proxy.seen) == SLOTS
    assert workspace.ledger(STATES) == [
        ("case", "accepted", SLOTS),
        ("case", "pending", CASES - SLOTS),
        ("voucher", "pending", CASES),
    ]

    resumed = workspace.run("resume")
    assert resumed.code == 0
    assert_each_once(fake_apis)


@pytest.mark.parametrize("fate", [Drop(), Lose(), None], ids=["never arrived", "arrived, answer lost", "arrived later"])
def test_the_second_interrupt_stops_at_once_and_resume_settles_the_doubts(workspace, fake_apis, fault_proxy, started, fate):
    gate = Gate(full=SLOTS, then=fate)
    process = started(gate)
    interrupt(process)
    process.send_signal(signal.SIGINT)
    ended = workspace.finish(process)
    assert ended.code == 130
    assert ended.err == "Stopped at once; what was under way is in doubt. `importer resume` goes on.\n"
    assert "balanced" in ended.out
    assert not fake_apis.cases
    assert workspace.ledger(STATES) == [
        ("case", "in_doubt", SLOTS),
        ("case", "pending", CASES - SLOTS),
        ("voucher", "pending", CASES),
    ]

    gate.open.set()
    wait_until_answered(fault_proxy, SLOTS if fate is None or isinstance(fate, Lose) else 0)
    codes = []
    while not codes or (codes[-1] != 0 and len(codes) < 3):
        codes.append(workspace.run("resume").code)
    assert codes[-1] == 0, codes
    assert_each_once(fake_apis)


def test_an_interrupt_ends_a_pause(workspace, fault_proxy):
    """Told to wait for three quarters of an hour, nobody has to."""
    throttled = threading.Event()

    def throttle(seen):
        if seen.is_case:
            throttled.set()
            return Reply(429, b'{"retryAfter": 2700}')
        return None

    fault_proxy.hook = throttle
    write_csv(workspace.folder / "a.csv", cases(3))
    process = workspace.start("run", "a.csv", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    try:
        assert process.stderr.readline().startswith("Workspace ")
        assert throttled.wait(60)
        interrupt(process)
        ended = workspace.finish(process)
    finally:
        process.kill()
    assert ended.code == 130
    assert workspace.ledger(STATES) == [("case", "pending", 3)]


def test_a_run_that_is_killed_is_in_doubt_and_resume_settles_it(workspace, fake_apis, fault_proxy, started):
    gate = Gate(full=SLOTS)
    process = started(gate)
    process.kill()
    workspace.finish(process)
    assert workspace.ledger(STATES)[1:2] == [("case", "sending", SLOTS)]
    # A reader changes nothing; what was being sent counts as not there yet.
    assert "0 of 16 done; 16 pending" in workspace.run("status").out
    gate.open.set()
    wait_until_answered(fault_proxy, SLOTS)
    assert workspace.run("resume").code == 0
    assert_each_once(fake_apis)


def test_vouchers_that_were_cut_off_are_sent_again_with_the_same_bytes(workspace, fake_apis, fault_proxy, started):
    gate = Gate(full=SLOTS, then=Lose(), of=lambda seen: seen.is_voucher)
    process = started(gate)
    interrupt(process)
    process.send_signal(signal.SIGINT)
    assert workspace.finish(process).code == 130
    gate.open.set()
    wait_until_answered(fault_proxy, SLOTS, lambda seen: seen.is_voucher)
    assert workspace.run("resume").code == 0
    assert_each_once(fake_apis)
    sent: dict[str, set[tuple[bytes, str]]] = {}
    for seen in fault_proxy.seen:
        if seen.is_voucher:
            sent.setdefault(seen.json()["uniqueId"], set()).add((seen.body, seen.key))
    assert len(sent) == CASES
    assert {len(variants) for variants in sent.values()} == {1}


def wait_until_answered(fault_proxy, count, which=lambda seen: seen.is_case):
    """Until the sandbox has done what the importer no longer waits for."""
    done = threading.Event()
    for _ in range(2000):
        if sum(map(which, fault_proxy.answered)) >= count:
            return
        done.wait(0.005)
    raise AssertionError("the held requests never arrived")


def assert_each_once(fake_apis):
    assert sorted(c["creditorReference"] for c in fake_apis.cases) == [f"INV-C{n}" for n in range(1, CASES + 1)]
    assert sorted(v["uniqueId"] for v in fake_apis.vouchers) == [f"V-C{n}" for n in range(1, CASES + 1)]


def test_at_a_terminal_a_live_run_asks_and_no_means_no(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(2))
    with at_a_terminal(configured_workspace, "run", "a.xlsx") as (process, keyboard):
        asked = read_until(keyboard, "[y/N]")
        assert f"Send 2 cases (DKK 200.03) and 2 vouchers (DKK 200.03) to {fake_apis.url}?" in asked
        assert not fake_apis.cases
        os.write(keyboard, b"n\n")
        code, out, shown = finish(process, keyboard)
    assert (code, out) == (130, "")
    assert "Nothing was sent. Batch 1 was discarded." in shown
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT state FROM batch") == [("discarded",)]
    assert configured_workspace.ledger("SELECT id FROM entry") == []


def test_at_a_terminal_yes_sends(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(2))
    with at_a_terminal(configured_workspace, "run", "a.xlsx") as (process, keyboard):
        read_until(keyboard, "[y/N]")
        os.write(keyboard, b"y\n")
        code, out, shown = finish(process, keyboard)
    assert code == 0
    assert "accepted" in out
    assert "4/4" in shown  # the bar
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 2


def test_interrupting_the_question_sends_nothing(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    with at_a_terminal(configured_workspace, "run", "a.csv") as (process, keyboard):
        read_until(keyboard, "[y/N]")
        process.send_signal(signal.SIGINT)
        code, out, shown = finish(process, keyboard)
    assert (code, out) == (130, "")
    assert "Nothing was sent. Batch 1 was staged: `importer approve 1` shows it and asks" in shown
    assert "Interrupted." in shown
    assert "Traceback" not in shown
    assert not fake_apis.cases
    assert configured_workspace.ledger("SELECT state FROM batch") == [("staged",)]
    assert configured_workspace.ledger("SELECT id FROM entry") == []


def test_quiet_and_no_colour_hold_at_a_terminal(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    with at_a_terminal(configured_workspace, "run", "a.csv", "--yes", "-q", "-vv", NO_COLOR="1") as (process, keyboard):
        code, out, shown = finish(process, keyboard)
    assert code == 0
    assert "entry/s" not in shown  # no bar
    assert " attempt: case " in shown
    assert "\x1b[" not in shown + out


def test_without_a_terminal_there_is_no_bar(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    process = configured_workspace.start("run", "a.csv", "--yes", stderr=subprocess.PIPE)
    assert configured_workspace.finish(process).err.splitlines() == [
        f"Workspace {configured_workspace.folder}, ledger {configured_workspace.folder / 'ledger.db'}."
    ]
