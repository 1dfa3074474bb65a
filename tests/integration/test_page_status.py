"""The page of the state: the sender, quotas, watched folders, schedules, and what the night has reported."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, replace

import pytest
from support.sheets import cases, write_csv
from support.web import approve, send, site

from importer.domain.file_access import OWNER_ALONE
from importer.ledger.ledger import Ledger
from importer.notify.state import ExpectationMark, NightState, Trouble
from importer.scheduling.settings import ScheduleSettings
from importer.settings import Settings
from importer.watch.folder import mark
from importer.watch.folder_state import folder_states
from importer.watch.known_folders import KnownFolders
from importer.workspace.schedule_record import LastRun

SCHEDULE = {"nightly": ScheduleSettings(paths=["in/*.xlsx"], at=["03:30"])}


@pytest.fixture
def page(tmp_path):
    with site(tmp_path / "w", Settings(schedule=SCHEDULE)) as found:
        yield found


def imported(page, tmp_path, *rows):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", rows or cases(2)))
    return browser


def text_of(browser):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get("/status").text))


def test_before_the_first_import_the_state_is_shown(page):
    shown = text_of(page.visitor())
    assert "Nothing is being sent now." in shown
    assert "nightly in/*.xlsx 03:30 not installed" in shown
    assert "it has not run yet" in shown
    assert "No folder was watched from this workspace." in shown


def test_what_waits_is_shown(page, tmp_path):
    browser = imported(page, tmp_path)
    assert "Batch 1 waits for an approval, with 2 cases" in text_of(browser)
    approve(browser, 1)
    send(page)
    shown = text_of(browser)
    assert "Nothing waits for a person." in shown
    assert "the sandbox has none" in shown
    assert "No trouble is known." in shown


def test_the_sender_is_shown_whoever_has_started_it(page, tmp_path):
    browser = imported(page, tmp_path)
    with page.environments.reading() as environment, Ledger.open(environment.ledger_url, "importer run") as ledger:
        with ledger.unit_of_work() as work:
            account = work.queries.batch(1).cases_account
        assert ledger.become_sender(account, "importer schedule run-now nightly") is None
        shown = text_of(browser)
    assert re.search(r"Process \d+ on \S+ Command importer schedule run-now nightly Since 20", shown)
    assert "Nothing is being sent now." in text_of(browser)


def watched(page, tmp_path):
    with page.environments.reading() as environment:
        with Ledger.read(environment.ledger_url) as ledger:
            identifier = ledger.identity.id
        folder = tmp_path / "in"
        for place in ("", "working/host-1--20261128T010000.000000Z--a.csv", "done", "failed", "needs approval"):
            (folder / place).mkdir(parents=True, exist_ok=True)
        mark(folder, identifier, OWNER_ALONE)
        known = KnownFolders(environment.workspace.root, OWNER_ALONE)
        known.add(folder, identifier)
        known.add(tmp_path / "of another ledger", "another")
    return folder, identifier


def test_watched_folders_are_shown_with_their_files(page, tmp_path):
    browser = imported(page, tmp_path)
    folder, identifier = watched(page, tmp_path)
    stamped = "2026-11-28T0230-ab12cd34-b"
    for name in (
        *("b.csv", "c.xlsx", ".hidden.csv", "readme.pdf"),
        *(f"failed/{stamped}.csv", f"failed/{stamped}-errors.xlsx", f"failed/{stamped}-why.txt", f"done/{stamped}.csv"),
    ):
        (folder / name).write_text("x")
    with page.environments.reading() as environment:
        (found,) = folder_states(environment, identifier)
    assert (found.dropped, found.working, found.number_in("failed"), found.number_in("done")) == (2, 1, 1, 1)
    shown = text_of(browser)
    assert re.search(rf"{re.escape(str(folder))} 20\S+ \S+ CES?T 2 1 0 1 1 ", shown)
    assert "of another ledger" not in shown
    (folder / ".importer").unlink()
    assert "It is not there now" in text_of(browser)


def test_the_last_look_is_that_of_the_last_round(tmp_path):
    known = KnownFolders(tmp_path, OWNER_ALONE)
    known.looked_at(tmp_path / "in", "one")  # of a folder that is not known yet: nothing happens
    known.add(tmp_path / "in", "one")
    (file,) = (tmp_path / "watched").iterdir()
    os.utime(file, (0, 0))
    known.looked_at(tmp_path / "in", "one")
    assert known.all("one")[tmp_path / "in"] > "2020"
    assert known.all("other") == {}


def test_troubles_of_the_night_and_last_runs_are_shown(page, tmp_path):
    browser = imported(page, tmp_path)
    root = page.environments.workspace.root
    state = replace(
        NightState(),
        troubles={Trouble.STOPPED: "2026-11-28T02:00:00.000000Z"},
        expected={"lists": ExpectationMark(missing="2026-11-28T03:00:00.000000Z")},
        refused={"b.csv": "/x/b.csv"},
    )
    (root / "ledger.sandbox.night.json").write_text(state.as_json())
    (root / "schedules").mkdir()
    last = LastRun("2026-11-28T02:00:00.000000Z", "2026-11-28T02:10:00.000000Z", 4, 3)
    (root / "schedules" / "nightly.json").write_text(json.dumps(asdict(last)))
    shown = text_of(browser)
    assert "An API is down, or refuses the credentials. since 2026-11-28 03:00 CET" in shown
    assert "The expected file of lists did not come by 2026-11-28 04:00 CET." in shown
    assert "Files that were refused, and not settled since: 1." in shown
    assert "until 2026-11-28 03:10 CET, with exit code 4 and 3 files" in shown
