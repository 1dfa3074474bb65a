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
def started(desk, relay):
    """Runs of the command whose first requests are held at a gate; whatever is left of them is killed."""
    desk.live |= {"IMPORTER_DISPATCH__CONCURRENCY": str(SLOTS), "IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    write_workbook(desk.folder / "a.xlsx", cases(CASES), vouchers(CASES))
    processes = []

    def start(gate):
        relay.hook = gate
        process = desk.start("run", "a.xlsx", "--yes")
        processes.append(process)
        assert gate.full.wait(60)
        return process

    yield start
    relay.hook.open.set()
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def interrupt(process, how=signal.SIGINT):
    """Send a signal and wait until it has been noticed."""
    process.send_signal(how)
    assert process.stderr.readline() == "Finishing what is in flight; interrupt again to stop at once.\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_the_first_interrupt_finishes_what_is_in_flight(desk, vendors, relay, started, how):
    gate = Gate(full=SLOTS)
    process = started(gate)
    interrupt(process, how)
    gate.open.set()
    ended = desk.finish(process)
    assert ended.code == 130
    assert ended.err == "Interrupted; what was in flight was finished. `importer resume` goes on.\n"
    assert "balanced" in ended.out  # the report is written all the same
    assert len(vendors.cases) == SLOTS
    assert sum(seen.method == "POST" for seen in relay.seen) == SLOTS
    assert desk.ledger(STATES) == [("case", "accepted", SLOTS), ("case", "pending", CASES - SLOTS), ("voucher", "pending", CASES)]

    resumed = desk.run("resume")
    assert resumed.code == 0
    assert_each_once(vendors)


@pytest.mark.parametrize("fate", [Drop(), Lose(), None], ids=["never arrived", "arrived, answer lost", "arrived later"])
def test_the_second_interrupt_stops_at_once_and_resume_settles_the_doubts(desk, vendors, relay, started, fate):
    gate = Gate(full=SLOTS, then=fate)
    process = started(gate)
    interrupt(process)
    process.send_signal(signal.SIGINT)
    ended = desk.finish(process)
    assert ended.code == 130
    assert ended.err == "Stopped at once; what was under way is in doubt. `importer resume` goes on.\n"
    assert "balanced" in ended.out
    assert not vendors.cases
    assert desk.ledger(STATES) == [("case", "in_doubt", SLOTS), ("case", "pending", CASES - SLOTS), ("voucher", "pending", CASES)]

    gate.open.set()
    wait_until_answered(relay, SLOTS if fate is None or isinstance(fate, Lose) else 0)
    codes = []
    while not codes or (codes[-1] != 0 and len(codes) < 3):
        codes.append(desk.run("resume").code)
    assert codes[-1] == 0, codes
    assert_each_once(vendors)


def test_an_interrupt_ends_a_pause(desk, relay):
    """Told to wait for three quarters of an hour, nobody has to."""
    throttled = threading.Event()

    def throttle(seen):
        if seen.is_case:
            throttled.set()
            return Reply(429, b'{"retryAfter": 2700}')
        return None

    relay.hook = throttle
    write_csv(desk.folder / "a.csv", cases(3))
    process = desk.start("run", "a.csv", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    try:
        assert throttled.wait(60)
        interrupt(process)
        ended = desk.finish(process)
    finally:
        process.kill()
    assert ended.code == 130
    assert desk.ledger(STATES) == [("case", "pending", 3)]


def test_a_run_that_is_killed_is_in_doubt_and_resume_settles_it(desk, vendors, relay, started):
    gate = Gate(full=SLOTS)
    process = started(gate)
    process.kill()
    desk.finish(process)
    assert desk.ledger(STATES)[1:2] == [("case", "sending", SLOTS)]
    # A reader changes nothing; what was being sent counts as not there yet.
    assert "0 of 16 done; 16 pending" in desk.run("status").out
    gate.open.set()
    wait_until_answered(relay, SLOTS)
    assert desk.run("resume").code == 0
    assert_each_once(vendors)


def test_vouchers_that_were_cut_off_are_sent_again_with_the_same_bytes(desk, vendors, relay, started):
    gate = Gate(full=SLOTS, then=Lose(), of=lambda seen: seen.is_voucher)
    process = started(gate)
    interrupt(process)
    process.send_signal(signal.SIGINT)
    assert desk.finish(process).code == 130
    gate.open.set()
    wait_until_answered(relay, SLOTS, lambda seen: seen.is_voucher)
    assert desk.run("resume").code == 0
    assert_each_once(vendors)
    sent: dict[str, set[tuple[bytes, str]]] = {}
    for seen in relay.seen:
        if seen.is_voucher:
            sent.setdefault(seen.json()["uniqueId"], set()).add((seen.body, seen.key))
    assert len(sent) == CASES
    assert {len(variants) for variants in sent.values()} == {1}


def wait_until_answered(relay, count, which=lambda seen: seen.is_case):
    """Until the sandbox has done what the importer no longer waits for."""
    done = threading.Event()
    for _ in range(2000):
        if sum(map(which, relay.answered)) >= count:
            return
        done.wait(0.005)
    raise AssertionError("the held requests never arrived")


def assert_each_once(vendors):
    assert sorted(c["creditorReference"] for c in vendors.cases) == [f"INV-C{n}" for n in range(1, CASES + 1)]
    assert sorted(v["uniqueId"] for v in vendors.vouchers) == [f"V-C{n}" for n in range(1, CASES + 1)]


def test_at_a_terminal_a_live_run_asks_and_no_means_no(live, vendors):
    write_workbook(live.folder / "a.xlsx", cases(2), vouchers(2))
    with at_a_terminal(live, "run", "a.xlsx") as (process, keyboard):
        asked = read_until(keyboard, "[y/N]")
        assert f"Send 2 cases (DKK 200.03) and 2 vouchers (DKK 200.03) to {vendors.url}?" in asked
        assert not vendors.cases
        os.write(keyboard, b"n\n")
        code, out, shown = finish(process, keyboard)
    assert (code, out) == (130, "")
    assert "Nothing was sent or recorded." in shown
    assert not vendors.cases
    assert live.ledger("SELECT id FROM batch") == live.ledger("SELECT id FROM entry") == []
    assert not live.reports()


def test_at_a_terminal_yes_sends(live, vendors):
    write_workbook(live.folder / "a.xlsx", cases(2), vouchers(2))
    with at_a_terminal(live, "run", "a.xlsx") as (process, keyboard):
        read_until(keyboard, "[y/N]")
        os.write(keyboard, b"y\n")
        code, out, shown = finish(process, keyboard)
    assert code == 0
    assert "accepted" in out
    assert "4/4" in shown  # the bar
    assert len(vendors.cases) == len(vendors.vouchers) == 2


def test_interrupting_the_question_sends_nothing(live, vendors):
    write_csv(live.folder / "a.csv", cases(1))
    with at_a_terminal(live, "run", "a.csv") as (process, keyboard):
        read_until(keyboard, "[y/N]")
        process.send_signal(signal.SIGINT)
        code, out, shown = finish(process, keyboard)
    assert (code, out) == (130, "")
    assert "Interrupted." in shown
    assert "Traceback" not in shown
    assert not vendors.cases
    assert live.ledger("SELECT id FROM batch") == []


def test_quiet_and_no_colour_hold_at_a_terminal(live):
    write_csv(live.folder / "a.csv", cases(2))
    with at_a_terminal(live, "run", "a.csv", "--yes", "-q", "-vv", NO_COLOR="1") as (process, keyboard):
        code, out, shown = finish(process, keyboard)
    assert code == 0
    assert "entry/s" not in shown  # no bar
    assert "event='attempt'" in shown
    assert "\x1b[" not in shown + out


def test_without_a_terminal_there_is_no_bar(live):
    write_csv(live.folder / "a.csv", cases(2))
    process = live.start("run", "a.csv", "--yes", stderr=subprocess.PIPE)
    assert live.finish(process).err == ""
