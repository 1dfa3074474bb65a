"""The page in a real browser: a whole story, by mouse and without script, on a phone, and judged by axe."""

from __future__ import annotations

import json
import os
import signal

import psutil
import pytest
from support.browser import PHONE, WIDE, Watched, chromium, served
from support.sheets import case, cases, write_csv
from support.workspace import clean_environment

STEP = 60_000  # milliseconds that a step may take on a machine that is busy


@pytest.fixture
def files(workspace):
    good = write_csv(workspace.folder / "invoices.csv", [*cases(4), case("C5", debtor_country="Atlantis")])
    return good, write_csv(workspace.folder / "more.csv", cases(3, first=11))


def looked_at(seen, name):
    """Judge the present page in both schemes, on a wide window and on a phone."""
    assert seen.violations() == [], name
    seen.picture(name)
    seen.page.set_viewport_size(PHONE)
    assert seen.overflow() == 0, name
    seen.picture(f"{name}-phone")
    seen.page.set_viewport_size(WIDE)


def test_a_story_from_the_drop_to_the_success_sheet(workspace, files):
    with served(workspace, "--sandbox") as server, chromium() as browser:
        context = browser.new_context(viewport=WIDE, accept_downloads=True)
        context.set_default_timeout(STEP)
        seen = Watched(context, server.url)
        page = seen.page
        page.goto(server.link)
        page.wait_for_url(f"{server.url}/")
        looked_at(seen, "home-empty")

        page.set_input_files("#files", str(files[0]))
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Read and check").press("Enter")
        page.wait_for_url("**/batches/1")
        looked_at(seen, "batch-staged")

        page.get_by_role("link", name="Rows that are not fine").click()
        looked_at(seen, "rows")
        page.get_by_text("Correct debtor_country").click()
        page.get_by_label("debtor_country of row 6").fill("Denmark")
        looked_at(seen, "correction")
        page.get_by_role("button", name="Check again with this value").click()
        page.wait_for_url("**/batches/2")
        assert "invoices-corrected-1.xlsx" in page.locator("h1").inner_text()

        for batch in (1, 2):
            page.goto(f"{server.url}/batches/{batch}")
            page.get_by_role("button", name="Approve and send").click()
            assert page.url.endswith(f"/batches/{batch}")  # the box must be ticked first
            page.get_by_label("I have looked at the review").check()
            page.get_by_role("button", name="Approve and send").click()
            page.wait_for_selector(".state.done", timeout=STEP)
        looked_at(seen, "batch-done")
        page.go_back()
        page.reload()
        page.goto(f"{server.url}/batches/1")
        assert page.locator("button", has_text="Approve").count() == 0
        with page.expect_download() as download:
            page.get_by_role("link", name="success.xlsx").click()
        assert download.value.suggested_filename == "success.xlsx"
        for path, name in (("/", "home"), ("/batches", "batches"), ("/status", "status"), ("/nowhere", "problem")):
            page.goto(server.url + path)
            looked_at(seen, name)
        page.get_by_role("link", name="To the first page").click()
        page.get_by_role("button", name="Log out").click()
        assert "You are not logged in" in page.locator("h1").inner_text()
        looked_at(seen, "used-link")
        wrong = [one for one in seen.wrong if "404" not in one and "401" not in one]  # the two pages above that are errors
        assert wrong == []


def test_it_works_without_script_and_survives_a_kill(workspace, files):
    with chromium() as browser:
        with served(workspace, "--sandbox") as server:
            context = browser.new_context(viewport=PHONE, java_script_enabled=False)
            context.set_default_timeout(STEP)
            page = context.new_page()
            page.goto(server.link)
            page.wait_for_url(f"{server.url}/")
            page.set_input_files("#files", [str(files[0]), str(files[1])])
            page.get_by_role("button", name="Read and check").click()
            page.get_by_role("link", name="Batch 2").wait_for()  # the page loads itself again meanwhile
            page.goto(f"{server.url}/batches/1")
            page.get_by_label("I have looked at the review").check()
            page.get_by_role("button", name="Approve and send").click()
            assert "is being sent" in page.locator(".notice").inner_text()
            for child in psutil.Process(server.process.pid).children():
                os.kill(child.pid, signal.SIGKILL)
            os.kill(server.process.pid, signal.SIGKILL)
        with served(workspace, "--sandbox") as server:
            context = browser.new_context(viewport=WIDE)
            context.set_default_timeout(STEP)
            page = context.new_page()
            page.goto(server.link)
            page.wait_for_url(f"{server.url}/")
            page.goto(f"{server.url}/status")
            page.get_by_role("button", name="Send what is approved").click()
            page.goto(f"{server.url}/batches/1")
            page.wait_for_selector(".state.done", timeout=STEP)
    status = json.loads(workspace.run("status", "--sandbox", "--json", env=clean_environment()).out)
    (found,) = [one for one in status["batches"] if one["batch_id"] == 1]
    assert (found["counts"]["cases"]["accepted"], found["counts"]["cases"]["rejected"]) == (4, 1)
