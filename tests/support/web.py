"""The page inside the process of a test: the real application on the real workspace, called through ASGI without a socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from importer.settings import Settings
from importer.web.app import build_app
from importer.web.guard import Addresses
from importer.web.login.link import OneTimeLink
from importer.web.login.methods import LinkLogin, PasswordLogin, ProxyLogin
from importer.web.login.tries import FailedTries
from importer.web.login_method import LoginMethod
from importer.web.proxies import TrustedProxies
from importer.web.rendering import Rendering
from importer.web.services import PageServices
from importer.web.texts import Texts
from importer.web.work.environments import PageEnvironments
from importer.workspace.workspace import Workspace

URL = "http://127.0.0.1:8710"
COOKIE = "importer-8710"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
MARK = re.compile(r'name="mark" value="([^"]+)"')


class CompiledTemplates(BytecodeCache):
    """The templates that earlier pages of this process have compiled: outside of tests a process has one page."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = (bucket.checksum, bucket.code)


TEMPLATES = CompiledTemplates()


class Site:
    """A page on a workspace, with its link."""

    def __init__(self, folder: Path, settings: Settings, *, sandbox: bool = True, new_ledger: bool = True) -> None:
        self.link = OneTimeLink()
        self.web = settings.web
        self.environments = PageEnvironments(Workspace(folder), settings, sandbox, new_ledger=new_ledger)
        self.login: LoginMethod = self._login()
        rendering = Rendering(Texts(), can_log_out=self.login.can_log_out)
        rendering._environment.bytecode_cache = TEMPLATES
        self.services = PageServices.of(self.environments, rendering)
        self.started: list[str] = []
        secret = self.web.proxy_secret
        proxies = TrustedProxies.of(self.web, secret.get_secret_value() if secret else None)
        self.app = build_app(self.services, self.login, Addresses.of([URL]), cookie=COOKIE, proxies=proxies)

    def _login(self) -> LoginMethod:
        if self.web.login == "users":
            return PasswordLogin(self.web, FailedTries())
        if self.web.login == "oidc":
            from importer.web.login.oidc import OidcLogin

            return OidcLogin(self.web)
        return ProxyLogin(self.web) if self.web.login == "proxy" else LinkLogin(self.link)

    def browser(self, **headers: str) -> Browser:
        """A browser that has not logged in yet."""
        return Browser(self, headers)

    def visitor(self) -> Browser:
        """A browser that has opened the link."""
        found = self.browser()
        assert found.get(f"/enter?token={self.link.renew()}").status_code == 200
        return found


class Browser:
    """What a browser does: it keeps its cookie, and sends the origin of the page with every form."""

    def __init__(self, site: Site, headers: dict[str, str]) -> None:
        self.site, self.cookies = site, httpx.Cookies()
        self.headers = {"origin": URL, "sec-fetch-site": "same-origin"} | headers

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            client = options.pop("client", ("127.0.0.1", 4711))
            transport = httpx.ASGITransport(self.site.app, raise_app_exceptions=True, client=client)
            headers = {} if method == "GET" else self.headers
            async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=self.cookies) as one:
                answer = await one.request(method, path, headers={**headers, **options.pop("headers", {})}, **options)
                self.cookies = httpx.Cookies(one.cookies)
                return answer

        return anyio.run(ask)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, data={"csrf": self.csrf(), **(data or {})}, **options)

    def csrf(self) -> str:
        session = self.site.services.sessions.find(self.cookies.get(COOKIE))
        return session.csrf if session else ""

    def drop(self, *files: Path) -> httpx.Response:
        """Drop files, and wait until they are read. Returns the page of the work, or of the batch."""
        sent = [("files", (path.name, path.read_bytes(), "application/octet-stream")) for path in files]
        return self.follow(self.post("/drop", files=sent))

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow the answer to a form, and wait for the work that it began."""
        while answer.status_code == 303:
            path = answer.headers["location"]
            if path.startswith("/jobs/"):
                self.wait_for(path.rpartition("/")[2])
            answer = self.get(path)
        return answer

    def wait_for(self, job_id: str) -> None:
        job = self.site.services.jobs.find(job_id)
        assert job is not None
        job.ended.wait(60)


def approve(browser: Browser, batch: int) -> httpx.Response:
    """Approve a batch as its page shows it."""
    mark = MARK.search(browser.get(f"/batches/{batch}").text)
    return browser.post(f"/batches/{batch}/approve", {"mark": mark[1] if mark else "", "agreed": "yes"})


def discard(browser: Browser, batch: int) -> httpx.Response:
    """Discard a batch as its page shows it."""
    mark = MARK.search(browser.get(f"/batches/{batch}").text)
    return browser.post(f"/batches/{batch}/discard", {"mark": mark[1] if mark else ""})


def send(site: Site) -> None:
    """What the process does that the page starts."""
    from support.quiet_console import QuietConsole

    from importer.commands.resume import resume
    from importer.workspace.environment import open_environment

    with open_environment(site.environments.workspace, site.environments.settings, sandbox=True) as environment:
        resume(environment, QuietConsole(), None)


@contextmanager
def site(folder: Path, settings: Settings | None = None, **options: Any) -> Iterator[Site]:
    """A page that ends with the block. It starts no process: what it would start is counted."""
    found = Site(folder, settings or Settings(), **options)
    found.services.sender.start = lambda: found.started.append("resume")  # type: ignore[method-assign]
    try:
        yield found
    finally:
        found.services.close()
