"""The page as a server inside the process of a test, on a port of its own, and a client for it without a browser."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx
from support.quiet_console import QuietConsole
from support.web import CSRF, MARK

from importer.commands.resume import resume
from importer.settings import ApprovalSettings, Settings
from importer.web.login.passwords import hashed
from importer.web.server import Serving, prepare
from importer.web.work.environments import PageEnvironments
from importer.web_settings import WebSettings
from importer.workspace.environment import open_environment
from importer.workspace.workspace import Workspace

PASSWORD = "correct horse battery"
_PASSWORD_LINE = cache(lambda: hashed(PASSWORD))


class RunningPage:
    """The page on a workspace. ``url`` is where it is reached."""

    def __init__(self, folder: Path, serving: Serving, environments: PageEnvironments) -> None:
        self.folder, self.serving, self.environments = folder, serving, environments
        self.url = serving.url

    @property
    def link(self) -> str:
        """A new link, which works once."""
        return self.serving.link_text()

    def send(self) -> None:
        """Send what is approved, as the process does that the page starts."""
        errors: list[BaseException] = []

        def work() -> None:
            try:
                with open_environment(self.environments.workspace, self.environments.settings, sandbox=True) as environment:
                    resume(environment, QuietConsole(), None)
            except BaseException as error:  # noqa: BLE001  (it is raised in the test's own thread)
                errors.append(error)

        thread = threading.Thread(target=work)  # the browser has the event loop of the test's own
        thread.start()
        thread.join()
        if errors:
            raise errors[0]


@contextmanager
def running(folder: Path, settings: Settings | None = None, *, sandbox: bool = True, sends: bool = True) -> Iterator[RunningPage]:
    """Serve the page until the block ends. Without ``sends`` it starts no process that sends; the test sends itself."""
    chosen = settings or Settings()
    chosen = chosen.model_copy(update={"web": chosen.web.model_copy(update={"port": 0})})
    environments = PageEnvironments(Workspace(folder), chosen, sandbox, new_ledger=True)
    serving = prepare(environments)
    sender = serving.close.__self__.sender  # type: ignore[attr-defined]
    if not sends:
        sender.start = lambda: None
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        while not serving.server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server has ended at once"
        yield RunningPage(folder, serving, environments)
    finally:
        serving.server.should_exit = True
        thread.join(30)
        for started in sender._running:
            started.process.wait(60)  # it goes on by itself, and the folder must not be removed below it


def with_users(approval: dict[str, Any] | None = None, web: dict[str, Any] | None = None, **roles: list[str]) -> Settings:
    """Settings with local users, who have the same password: those that the roles name."""
    names = {name for listed in roles.values() for name in listed} | {"nobody"}
    users = dict.fromkeys(sorted(names), _PASSWORD_LINE())
    return Settings(
        web=WebSettings(login="users", users=users, roles=roles, **(web or {})),
        approval=ApprovalSettings(**(approval or {})),
    )


class SocketClient:
    """A browser without script, over a real socket. It is logged in by a link or as a user."""

    def __init__(self, url: str, link: str = "", user: str = "", **options: Any) -> None:
        self.http = httpx.Client(base_url=url, headers={"origin": url}, timeout=60, **options)
        if link:
            assert self.http.get(link).status_code == 200
        if user:
            assert self.http.post("/login", data={"name": user, "password": PASSWORD}).status_code == 200

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def csrf(self) -> str:
        """The text that each form of this session carries."""
        found = CSRF.search(self.http.get("/").text)
        return found[1] if found else ""

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form of the page."""
        return self.http.post(path, data={"csrf": self.csrf(), **(form or {})}, **options)

    def drop(self, *paths: Path) -> httpx.Response:
        """Drop files, and wait until they are read. Returns the page of the work, or of the batch."""
        answer = self.post("/drop", files=[("files", (path.name, path.read_bytes())) for path in paths])
        return self.follow(answer)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow the answer to a form, until the work that it began has ended."""
        while answer.status_code == 303 or "data-job" in answer.text:
            if answer.status_code != 303:
                time.sleep(0.02)  # the page itself looks once a second
            answer = self.http.get(answer.headers.get("location", answer.url))
        return answer

    def mark(self, batch: int) -> str:
        """What the page of a batch shows now, as an approval names it."""
        found = MARK.search(self.http.get(f"/batches/{batch}").text)
        return found[1] if found else ""

    def approve(self, batch: int, mark: str = "") -> httpx.Response:
        """Approve a batch as its page shows it now, or has shown it."""
        return self.post(f"/batches/{batch}/approve", {"mark": mark or self.mark(batch), "agreed": "yes"})

    def state(self, batch: int) -> str:
        """The state of a batch, as its page shows it."""
        found = re.search(r'class="state (\w+)', self.http.get(f"/batches/{batch}").text)
        return found[1] if found else ""

    def events(self) -> list[dict[str, Any]]:
        """Follow the progress until nothing is open any more. Returns what was sent."""
        found = []
        with self.http.stream("GET", "/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    found.append(json.loads(line.removeprefix("data: ")))
                    if not found[-1]["batches"]:
                        return found
        return found
