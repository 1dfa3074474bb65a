"""A real browser on a real page: the command as a process, and Debian's chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from support.workspace import CliWorkspace

from importer.web.guard import HEADERS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MUST_RUN = os.environ.get("IMPORTER_REQUIRE_BROWSER") == "1"
PICTURES = os.environ.get("IMPORTER_PICTURES")  # no test sees variables of the importer
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
STEP = 150_000
"""Milliseconds that a step may take on a machine that is busy."""
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy broken: ${event.violatedDirective} ${event.blockedURI}`));
"""


HIDE_MACHINE = """([folder, host]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    walker.currentNode.data = walker.currentNode.data.replaceAll(folder, "/srv/import").replaceAll(`@${host}`, "@office");
  }
}"""
"""No picture shows a folder or the name of the machine that has taken it."""


class Served:
    """A page that was started as a process, and its link."""

    def __init__(self, process: subprocess.Popen[str], link: str) -> None:
        self.process, self.link = process, link
        self.url = link.partition("/enter")[0]


@contextmanager
def served(workspace: CliWorkspace, *arguments: str) -> Iterator[Served]:
    """Start the page, and end it with the block."""
    process = workspace.start("serve", "--port", "0", *arguments)
    try:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?token=\S+", link), (link, process.poll())
        yield Served(process, link)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def require_chromium() -> str:
    """The path of a browser; the test is skipped where there is none, unless it must run."""
    if CHROMIUM is None:
        if MUST_RUN:
            pytest.fail("IMPORTER_REQUIRE_BROWSER is set, and there is no chromium: apt-get install chromium")
        pytest.skip("there is no chromium here, so that the page was not tried in a browser")
    return CHROMIUM


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module. While it is open, its thread has an event loop: nothing else can run one there."""
    program = require_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


class Watched:
    """One browser page, and everything that it must not do: errors, requests to other hosts, broken policies, bare answers."""

    def __init__(self, browser: Any, url: str, hides: Path | None = None, **options: Any) -> None:
        self.hides = hides
        self.context = browser.new_context(**({"viewport": WIDE, "accept_downloads": True} | options))
        self.context.set_default_timeout(STEP)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page, self.url = self.context.new_page(), url
        self.wrong: list[str] = []
        self._shown: set[str] = set()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: Any) -> None:
        is_page = message.text.startswith("Failed to load resource") and message.location.get("url") in self._shown
        if message.type in {"error", "warning"} and not is_page:  # a page may be that of an error
            self.wrong.append(f"{message.text} ({message.location.get('url')})")

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith(f"{self.url}/"):
            self.wrong.append(f"request to {request.url}")

    def _on_response(self, response: Any) -> None:
        if response.request.is_navigation_request():
            self._shown.add(response.url)
        found = response.headers
        bare = [name for name, value in HEADERS.items() if found.get(name.lower()) != value and name != "Cache-Control"]
        kept = found.get("cache-control") != ("no-cache" if "/static/" in response.url else "no-store")
        if bare or kept:
            self.wrong.append(f"{response.url} lacks {bare or 'no-store'}")

    def open(self, path: str) -> None:
        """Open a page of this server."""
        self.page.goto(f"{self.url}{path}")

    def enter(self, link: str) -> None:
        """Open the link that logs in."""
        self.page.goto(link)
        self.page.wait_for_url(f"{self.url}/")

    def log_in(self, user: str, password: str) -> None:
        """Log in as a person does."""
        self.open("/login")
        self.give(user, password)
        self.page.wait_for_url(f"{self.url}/")

    def give(self, user: str, password: str) -> None:
        """Fill in the login, and send it."""
        self.page.get_by_label("User").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def drop(self, *paths: Path) -> None:
        """Choose files and let them be read, until the page of their batch is shown."""
        self.page.locator("#files").set_input_files([str(path) for path in paths])
        self.page.get_by_role("button", name="Read and check").click()

    def violations(self) -> list[str]:
        """What axe finds wrong with the present page: by all rules in light colours, and by those about colours in dark ones."""
        self.page.evaluate(_axe())
        found = []
        for scheme, rules in (("light", {}), ("dark", {"runOnly": {"type": "tag", "values": ["cat.color"]}})):
            self.page.emulate_media(color_scheme=scheme)
            options = json.dumps({"resultTypes": ["violations"], **rules})
            result = self.page.evaluate(f"axe.run({options})")
            found += [f"{scheme} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in result["violations"]]
        self.page.emulate_media(color_scheme="light")
        return found

    def overflow(self) -> int:
        """How many pixels the page is wider than a phone's window."""
        self.page.set_viewport_size(PHONE)
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, width)

    def picture(self, name: str) -> None:
        """Keep pictures of the page on a wide window and on a phone, if a folder for pictures is named."""
        if PICTURES:
            self.page.evaluate(HIDE_MACHINE, [str(self.hides or Path.home()), socket.gethostname()])
            for size, ending in ((PHONE, "-phone"), (WIDE, "")):
                self.page.set_viewport_size(size)
                self.page.screenshot(path=str(Path(PICTURES) / f"page-{name}{ending}.png"))

    def faults(self, name: str) -> list[str]:
        """What is wrong with the present page, and with all that came before it since the last call: none of it may be."""
        found = [*self.violations(), *(["it is wider than a phone"] if self.overflow() else []), *self.wrong]
        self.page.set_viewport_size(WIDE)
        self.picture(name)
        self.wrong = []
        return [f"{name}: {one}" for one in found]
