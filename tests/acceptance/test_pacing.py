"""Limits as a user meets them: paced to the documented windows over real HTTP, waited for, foretold, shown."""

from __future__ import annotations

import re
import signal
from datetime import UTC, datetime

import pytest
from support.fault_proxy import Gate, Reply
from support.sheets import cases, vouchers, write_csv, write_workbook
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import API_KEY, STATES, TOKEN, settings_for

from importer.ledger.outbox.request_counts import RequestCounts
from importer.sandbox import Sandbox, SandboxSettings

HOUR_OVER = Reply(429, b'{"retryAfter": 3000}')


@pytest.fixture
def limited(workspace):
    """A Debitura with small and short windows, and an importer that is told of the same ones."""

    def start(minute, hour, **more):
        windows = ((minute[0], minute[1], "sliding"), (hour[0], hour[1], "fixed"))
        fake_apis = Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), limits=windows)).start()
        started.append(fake_apis)
        workspace.env = settings_for(fake_apis.url) | {
            "IMPORTER_DISPATCH__PER_MINUTE": str(minute[0]),
            "IMPORTER_DISPATCH__PER_HOUR": str(hour[0]),
            "IMPORTER_DISPATCH__WINDOW_SECONDS": f"[{minute[1]}, {hour[1]}, 86400]",
            **more,
        }
        return fake_apis

    started = []
    yield start
    for fake_apis in started:
        fake_apis.stop()


def test_a_run_keeps_to_the_windows_and_is_never_refused(workspace, limited):
    fake_apis = limited((40, 0.5), (150, 2.0))
    write_csv(workspace.folder / "a.csv", cases(320))
    assert workspace.call("run", "a.csv", "--yes").code == 0
    assert len(fake_apis.cases) == 320
    assert fake_apis.refused_by_limit == 0


def test_without_the_settings_it_would_have_been(workspace, limited):
    """What the test before this one proves; refused all the same, it waits as it is told and loses nothing."""
    fake_apis = limited((40, 0.5), (60, 2.0), IMPORTER_DISPATCH__PER_MINUTE="0", IMPORTER_DISPATCH__PER_HOUR="0")
    write_csv(workspace.folder / "a.csv", cases(80))
    assert workspace.call("run", "a.csv", "--yes").code == 0
    assert len(fake_apis.cases) == 80
    assert 0 < fake_apis.refused_by_limit < 60


def test_a_killed_run_has_counted_what_it_sent(workspace, limited):
    """The window is three quarters full when the run dies; the next one knows, and waits for the rest."""
    fake_apis = limited((1000, 1.0), (80, 6.0), IMPORTER_DISPATCH__SETTLE_MINUTES="0", IMPORTER_DISPATCH__CONCURRENCY="4")
    write_csv(workspace.folder / "a.csv", cases(100))
    process = workspace.start("run", "a.csv", "--yes")
    try:
        while len(fake_apis.cases) < 60:
            assert process.poll() is None
    finally:
        process.kill()
        process.communicate()
    codes = [workspace.call("resume").code for _ in range(2)]
    assert codes[-1] == 0
    assert fake_apis.refused_by_limit == 0
    assert len(fake_apis.cases) == 100


def test_counting_takes_no_commit_of_its_own_for_what_has_an_intent(configured_workspace, monkeypatch):
    own, real = [], RequestCounts.keep
    monkeypatch.setattr(RequestCounts, "keep", lambda self, counts: (own.append(counts), real(self, counts)))
    write_workbook(configured_workspace.folder / "a.xlsx", cases(40), vouchers(40))
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 0
    assert len(own) <= 6  # asking whose key it is and for the list, their answers, and the ends
    (counted,) = configured_workspace.ledger("SELECT counted FROM request_count")
    assert '"day 86400":[42,' in counted[0]


def test_files_and_lists_are_counted_too(workspace, fault_proxy):
    """A case in doubt is looked for: two pages of the list are two requests more."""
    fault_proxy.hook = lambda seen: Reply(503) if seen.is_case and seen.nth == 1 else None
    write_csv(workspace.folder / "a.csv", cases(3))
    workspace.call("run", "a.csv", "--yes")
    ((counted,),) = workspace.ledger("SELECT counted FROM request_count")
    assert f'"day 86400":[{len(fault_proxy.seen)},' in counted
    assert len(fault_proxy.seen) > 1 + 3


def test_the_countdown_and_what_ends_it(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: HOUR_OVER if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(3))
    with at_a_terminal(workspace, "run", "a.csv", "--yes", IMPORTER_DISPATCH__CONCURRENCY="1") as (process, keyboard):
        shown = read_until(keyboard, "used up") + read_until(keyboard, "\r")  # to the end of the line
        # A wait that ends after midnight names the day, which may not fit into the line.
        assert re.search(r"Debitura's hourly quota is used up; goes on in 0:(50:0|49:5)[0-9] \([A-Za-z ]*[0-9:]{0,5}", shown)
        assert "<" not in shown  # no other time left beside it
        status = workspace.call("status")  # a reader need not wait
        assert "0 of 3 done" in status.out
        process.send_signal(signal.SIGINT)
        code, out, _ = finish(process, keyboard)
    assert code == 130
    assert "balanced" in out
    assert workspace.ledger(STATES) == [("case", "pending", 3)]


def test_without_a_terminal_a_wait_is_one_line(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: HOUR_OVER if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(3))
    process = workspace.start("run", "a.csv", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    try:
        assert process.stderr.readline().startswith("Workspace ")
        line = process.stderr.readline()
        assert re.match(
            r"Debitura's hourly quota is used up\. Sending goes on [A-Za-z ]*[0-9:]+, in 0:(50:0.|49:5.)\. Ctrl-C ends the run; ",
            line,
        )
        process.send_signal(signal.SIGTERM)
        ended = workspace.finish(process)
    finally:
        process.kill()
    assert ended.code == 130
    assert ended.err.count("\n") == 2  # nothing more of the wait


def test_waiting_for_a_list_can_be_interrupted_too(workspace, fault_proxy):
    """In doubt, and then the key is used up by others: the search waits, and Ctrl-C ends that as well."""

    def hook(seen):
        if seen.is_case:
            return Reply(503)
        return HOUR_OVER if "page=" in seen.path and fault_proxy.posts() else None

    fault_proxy.hook = hook
    write_csv(workspace.folder / "a.csv", cases(1))
    process = workspace.start("run", "a.csv", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    try:
        assert process.stderr.readline().startswith("Workspace ")
        told = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        ended = workspace.finish(process)
    finally:
        process.kill()
        process.communicate()
    assert "quota is used up" in told
    assert ended.code == 130
    assert workspace.ledger(STATES) == [("case", "in_doubt", 1)]
    stopped = workspace.call("resume", "--stop-at-quota")
    assert stopped.code == 7
    assert "its hourly quota is used up. Nothing was sent, because Debitura's list must be read first" in stopped.err


def test_a_key_that_is_used_up_before_anything_is_known_of_it(workspace, fault_proxy):
    fault_proxy.hook = lambda _: HOUR_OVER
    write_csv(workspace.folder / "a.csv", cases(1))
    ended = workspace.call("run", "a.csv", "--yes")
    assert ended.code == 7
    assert re.search(
        r"^Debitura takes nothing before .*: its hourly quota is used up\. Nothing was recorded: ", ended.err, re.MULTILINE
    )
    assert len(fault_proxy.seen) == 1  # it is not asked again before its time


def test_status_shows_what_is_used_and_left(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(12))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 0
    fake_apis.stop()  # it asks nobody
    _, *lines = configured_workspace.call("status").out.splitlines()  # the first line names the workspace
    assert "Debitura quota per minute: 14 of 2,000 used, 1,986 left, resets at " in lines[1]
    assert "Debitura quota per hour: 14 of 20,000 used, 19,986 left, resets at " in lines[2]
    assert "Debitura quota per day: 14 of 100,000 used, 99,986 left, resets at " in lines[3]
    assert len(lines) == 4  # Debbie has no limit
    told = configured_workspace.call("status", "--json").json()["quotas"]
    assert [(q["api"], q["per"], q["limit"], q["used"], q["left"], q["for_creating"]) for q in told] == [
        ("Debitura", "minute", 2_000, 14, 1_986, 1_966),
        ("Debitura", "hour", 20_000, 14, 19_986, 19_786),
        ("Debitura", "day", 100_000, 14, 99_986, 98_986),
    ]
    assert all(datetime.fromisoformat(q["resets_at"]) > datetime.now(UTC) for q in told)
    other = configured_workspace.call("status", env={"IMPORTER_DEBITURA__API_KEY": "another-key"}).out.splitlines()
    assert "0 of 2,000 used, 2,000 left" in other[2]
    nobody = configured_workspace.call("status", env={"IMPORTER_DEBITURA__API_KEY": ""}).out.splitlines()
    assert nobody[2:] == ["Without Debitura's API key its quota cannot be shown."]


def test_the_question_says_when_it_will_be_done(configured_workspace):
    write_csv(configured_workspace.folder / "a.csv", cases(12))
    with at_a_terminal(configured_workspace, "run", "a.csv", IMPORTER_DISPATCH__PER_DAY="5") as (process, keyboard):
        asked = read_until(keyboard, "[y/N]")
        process.kill()
    assert re.search(r"\? It finishes \w+ [0-9]{2}:[0-9]{2}; the daily quota is the bottleneck\. \[y/N\]", asked)


def test_a_run_that_does_not_ask_says_it_beforehand(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(12))
    ended = configured_workspace.call("run", "a.csv", "--yes", "--stop-at-quota", env={"IMPORTER_DISPATCH__PER_DAY": "5"})
    assert ended.code == 7
    _, first, last = ended.err.splitlines()  # the first line names the workspace
    assert re.match(r"Sending 12 cases \(DKK [0-9,.]+\): finishes \w+ .*; the daily quota is the bottleneck; ", first)
    assert first.endswith("; with --stop-at-quota this run ends there.")
    assert re.match(r"Debitura takes nothing before \w+ [0-9:]{5}: its daily quota is used up\. `importer resume`", last)
    assert len(fake_apis.cases) == 2  # five, less those that asked whose key it is and for the list, and the one kept back
    resumed = configured_workspace.call("resume", "--stop-at-quota", env={"IMPORTER_DISPATCH__PER_DAY": "8"})
    assert resumed.err.splitlines()[1].startswith("Resuming: finishes ")


def test_the_embedded_sandbox_is_not_paced(workspace):
    write_csv(workspace.folder / "a.csv", cases(40))
    few = {"IMPORTER_DISPATCH__PER_MINUTE": "3", "IMPORTER_DISPATCH__PER_DAY": "3"}
    assert workspace.call("run", "a.csv", "--sandbox", env=few).code == 0
    assert "quota" not in workspace.call("status", "--sandbox", env=few).out


def test_debbie_can_be_given_a_limit(workspace, fault_proxy):
    """Its limits are not documented; whoever knows them sets one. While its vouchers wait, cases do not."""
    gate = Gate(full=99)
    fault_proxy.hook = gate
    gate.open.set()
    env = {
        "IMPORTER_DISPATCH__DEBBIE_PER_MINUTE": "6",
        "IMPORTER_DISPATCH__WINDOW_SECONDS": "[1, 3600, 86400]",
        "IMPORTER_DISPATCH__PER_MINUTE": "0",
    }
    write_workbook(workspace.folder / "a.xlsx", cases(12), vouchers(12))
    assert workspace.call("run", "a.xlsx", "--yes", env=env).code == 0
    sent = ["case" if seen.is_case else "voucher" for seen in fault_proxy.posts()]
    assert sent[:17].count("voucher") <= 5
    assert len(sent) == 24
