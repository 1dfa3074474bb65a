"""The page and its sender are killed in the middle of a run: everything is found again, and nothing is sent twice."""

from __future__ import annotations

import collections
import os
import re
import signal
import threading
from contextlib import suppress

import psutil
import pytest
from support.browser import Watched, chromium, served
from support.sheets import cases, write_csv

PATIENT = {"IMPORTER_DISPATCH__TIMEOUT_SECONDS": "280", "IMPORTER_DISPATCH__SETTLE_MINUTES": "60"}
"""The sender waits for its answers until it is killed, on a machine that is busy as well."""
SOON = {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0.1", "IMPORTER_DISPATCH__TIMEOUT_SECONDS": "2"}
SOON |= {"IMPORTER_DISPATCH__SEND_WITHIN_SECONDS": "1"}
"""A doubt is settled after six seconds."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def sender_of(page):
    """The process that sends, which the page has started."""
    (found,) = [one for one in psutil.Process(page.process.pid).children() if "resume" in one.cmdline()]
    return found


def test_a_kill_of_the_page_and_of_the_sender(browser, workspace, fake_apis, fault_proxy):
    """The page dies while its sender waits for an answer, then the sender. Another page finds both, and sends the rest."""
    path = write_csv(workspace.folder / "a.csv", cases(6))
    held, answer = threading.Event(), threading.Event()

    def hold(request):
        if request.is_case and request.nth > 2:
            held.set()
            assert answer.wait(280)

    fault_proxy.hook = hold
    workspace.env |= PATIENT
    with served(workspace, "--new-ledger") as first:
        seen = Watched(browser, first.url)
        seen.enter(first.link)
        seen.drop(path)
        seen.page.wait_for_url("**/batches/1")
        seen.page.get_by_role("checkbox").check()
        seen.page.get_by_role("button", name="Approve and send").click()
        assert held.wait(120)
        sender = sender_of(first)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(30)
    assert sender.is_running()  # it survives the page

    workspace.env |= SOON
    with served(workspace, "--new-ledger") as second:
        other = Watched(browser, second.url)
        for name, value in [(one["name"], one["value"]) for one in seen.context.cookies()]:
            other.context.add_cookies([{"name": name, "value": value, "url": second.url}])
        other.open("/batches/1")
        assert "You are not logged in" in other.page.locator("h1").inner_text()
        other.enter(second.link)
        other.open("/batches/1")
        main = other.page.locator("main")
        assert "is being sent" in main.inner_text()
        assert other.page.get_by_role("progressbar").get_attribute("max") == "6"
        other.open("/status")
        its_number = re.compile(rf"\b{sender.pid}\b")
        assert its_number.search(main.inner_text())

        os.kill(sender.pid, signal.SIGKILL)
        with suppress(psutil.NoSuchProcess):
            sender.wait(30)
        answer.set()
        other.open("/status")
        assert not its_number.search(main.inner_text())
        other.page.get_by_role("button", name="Send what is approved").click()
        other.open("/batches/1")
        other.page.wait_for_selector(".state.done")
        assert other.wrong == []
    references = collections.Counter(one["creditorReference"] for one in fake_apis.cases)
    assert references == dict.fromkeys((f"INV-C{n}" for n in range(1, 7)), 1)
