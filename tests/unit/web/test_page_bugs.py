"""A bug on the page: its number is that of the log, which has the whole traceback and no value."""

from __future__ import annotations

import asyncio
import logging
import re

import httpx
import pytest
from support.page_server import running
from support.web import site

from importer.cli.logs import command
from importer.cli.logs.command import LogOptions, operator_logs, silence
from importer.cli.options import LogForm
from importer.errors import bug_trace
from importer.web.pages import home
from importer.web.trail import BugFilter
from importer.web.work.jobs import JobResult
from importer.workspace.operator_log import log_bug
from importer.workspace.person import current_person

SECRET = "Hans Hansen"
NUMBER = re.compile(r"has the number ([0-9a-f]{8})\.")


def fail(*_arguments, **_options):
    name = SECRET
    raise ValueError(f"{name} owes DKK 100.50")


@pytest.fixture
def log(tmp_path):
    """A log file, as `importer serve --log-file` writes it."""
    path = tmp_path / "import.log"
    with operator_logs("serve", LogOptions(0, path, LogForm.TEXT)):
        yield path


def check(text, number):
    (line,) = [one for one in text.splitlines() if f"bug {number}: " in one]
    assert "builtins.ValueError at " in line
    assert re.search(r"ValueError at \S+/test_page_bugs\.py:\d+ fail < .* < \S+\.py:\d+ (_answered|__call__)$", line)
    assert SECRET not in text
    assert "100.50" not in text


def test_the_number_of_a_bug_on_a_page_is_found_in_the_log(tmp_path, log, monkeypatch):
    monkeypatch.setattr(home, "batch_list", fail)
    with site(tmp_path) as page:
        answer = page.visitor().get("/")
    assert (answer.status_code, SECRET in answer.text) == (500, False)
    check(log.read_text(), NUMBER.search(answer.text)[1])


def test_the_number_of_a_bug_in_a_job_is_found_in_the_log(tmp_path, log):
    def work(job) -> JobResult:
        return fail(job)

    with site(tmp_path) as page:
        browser, jobs = page.visitor(), page.services.jobs
        job = jobs.start(jobs.new_id(), "a drop", current_person(), work)
        browser.wait_for(job.id)
        shown = browser.get(f"/jobs/{job.id}").text
    assert SECRET not in shown
    assert f"bug {NUMBER.search(shown)[1]}: " in log.read_text()
    assert SECRET not in log.read_text()


def test_a_bug_that_reaches_the_server_is_logged_once_and_nothing_prints_its_text(tmp_path, log, monkeypatch, capfd):
    with running(tmp_path / "workspace") as page:
        with httpx.Client(base_url=page.url) as client:
            client.get(page.link.removeprefix(page.url))
            monkeypatch.setattr("importer.web.app.PageApp._session_of", fail)
            answer = client.get("/")
        assert (answer.status_code, SECRET in answer.text) == (500, False)
    check(log.read_text(), NUMBER.search(answer.text)[1])
    assert len(re.findall(" bug [0-9a-f]{8}: ", log.read_text())) == 1
    printed = capfd.readouterr()
    assert SECRET not in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err


def test_bugs_are_on_stderr_without_a_log(monkeypatch):
    import structlog

    lines = []
    monkeypatch.setattr(command, "_write_on_stderr", lines.append)
    structlog.reset_defaults()
    try:
        silence()
        number = log_bug(ValueError(SECRET))
    finally:
        structlog.reset_defaults()
    (line,) = lines
    assert number in line
    assert SECRET not in line


def test_a_trace_has_the_causes_and_the_parts_of_groups_without_their_texts():
    error, group = KeyError(SECRET), ExceptionGroup(SECRET, [OSError(SECRET)])
    error.__cause__, group.__context__ = group, ValueError(SECRET)
    found = bug_trace(error)
    types = ["KeyError", "ExceptionGroup", "OSError", "ValueError"]
    assert re.findall(r"builtins\.(\w+) at", found) == types
    assert SECRET not in found
    error.__cause__ = error
    assert bug_trace(error).count("KeyError") == 1


def test_what_libraries_log_without_an_error_stays():
    record = logging.LogRecord("asyncio", logging.ERROR, "x", 1, "text", None, None)
    assert BugFilter().filter(record)
    record.exc_info = (asyncio.TimeoutError, TimeoutError(SECRET), None)
    assert not BugFilter().filter(record)
