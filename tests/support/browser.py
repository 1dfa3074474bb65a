"""A real browser on a real page: the command as a process, and Debian's chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.workspace import CliWorkspace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MUST_RUN = os.environ.get("IMPORTER_REQUIRE_BROWSER") == "1"
PICTURES = os.environ.get("IMPORTER_PICTURES")  # no test sees variables of the importer
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


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


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is none, unless it must run."""
    if CHROMIUM is None:
        if MUST_RUN:
            pytest.fail("IMPORTER_REQUIRE_BROWSER is set, and there is no chromium: apt-get install chromium")
        pytest.skip("there is no chromium here, so that the page was not tried in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """One browser page, and everything that it must not do: errors, requests to other hosts, broken policies."""

    def __init__(self, context: Any, url: str) -> None:
        self.page, self.url = context.new_page(), url
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.wrong.append(request.url) if not request.url.startswith(url) else None)

    def violations(self) -> list[str]:
        """What axe finds wrong with the present page, in both colour schemes."""
        from axe_playwright_python.sync_playwright import Axe

        found = []
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            result = Axe().run(self.page)
            found += [f"{scheme} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]
        self.page.emulate_media(color_scheme="light")
        return found

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, width)

    def picture(self, name: str) -> None:
        """Keep a picture of the page, if a folder for pictures is named."""
        if PICTURES:
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))
