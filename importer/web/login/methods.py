"""The login by a link on this machine, by local passwords, and behind a proxy."""

from __future__ import annotations

import math
from functools import partial

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from importer.domain.batches import Person
from importer.web.forms import form_of
from importer.web.login.link import OneTimeLink
from importer.web.login.tries import FailedTries, LoginTry
from importer.web.login_method import LONGEST_USER_NAME, LoginEntry, web_user
from importer.web.proxies import known_client
from importer.web.trail import NOBODY_YET, record
from importer.web.users import EVERY_ROLE, User
from importer.web_settings import WebSettings
from importer.workspace.person import current_person

LOGINS_AT_ONCE = 2
"""The passwords that are checked at once, in threads of their own: pages do not wait for them."""
_LOGINS: RunVar[anyio.CapacityLimiter] = RunVar("logins")


class LinkLogin:
    """A link that is opened once: its user is that of the operating system who has started the page, and may do everything."""

    can_log_out = True

    def __init__(self, link: OneTimeLink) -> None:
        self._link = link

    def routes(self, entry: LoginEntry) -> list[BaseRoute]:
        """Return the address of the link."""

        async def enter(request: Request) -> Response:
            if not self._link.take(request.query_params.get("token", "")):
                record("login", NOBODY_YET, request, 401)
                return entry.outside("used_link", 401)
            return entry.enter(request, User(current_person(), EVERY_ROLE))

        return [Route("/enter", enter, methods=["GET"])]

    def user_of(self, request: Request) -> User | None:
        """Return None: only a session shows who it is."""
        del request
        return None

    def ask_to_log_in(self, request: Request, entry: LoginEntry) -> Response:
        """Explain where the link is found."""
        del request
        return entry.outside("used_link", 401)


class PasswordLogin:
    """Local users with passwords."""

    can_log_out = True

    def __init__(self, settings: WebSettings, tries: FailedTries) -> None:
        self._settings, self._tries = settings, tries

    def routes(self, entry: LoginEntry) -> list[BaseRoute]:
        """Return the address of the login."""

        async def login(request: Request) -> Response:
            if request.method != "POST":
                return entry.outside("login", 200, problem="", wait=0)
            async with form_of(request) as form:
                name, password = str(form.get("name", "")).strip()[:LONGEST_USER_NAME], str(form.get("password", ""))
            return await self._tried(request, entry, name, password)

        return [Route("/login", login, methods=["GET", "POST"])]

    async def _tried(self, request: Request, entry: LoginEntry, name: str, password: str) -> Response:
        from importer.web.login.passwords import is_right

        client = known_client(self._settings, request.client.host if request.client else "")
        login = LoginTry(name.casefold(), client)
        known = next((user for user in self._settings.users if user.casefold() == name.casefold()), None)
        tried = Person(known, "") if known else NOBODY_YET  # another text may be a password in the wrong field
        if wait := self._tries.wait(login):
            record("lock-out", tried, request, 429)
            answer = entry.outside("login", 429, problem="login.wait", wait=math.ceil(wait / 60))
            answer.headers["Retry-After"] = str(math.ceil(wait))
            return answer
        self._tries.add(login)  # before the check, which takes a while: else many could be tried at once
        checked = partial(is_right, self._settings.users, name, password)
        if not await anyio.to_thread.run_sync(checked, limiter=_limiter()):
            record("login", tried, request, 401)
            return entry.outside("login", 401, problem="login.wrong", wait=0)
        self._tries.succeed(login)
        return entry.enter(request, web_user(self._settings, known or name))

    def user_of(self, request: Request) -> User | None:
        """Return None: only a session shows who it is."""
        del request
        return None

    def ask_to_log_in(self, request: Request, entry: LoginEntry) -> Response:
        """Lead to the login."""
        del request, entry
        return RedirectResponse("/login", 303)


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _LOGINS.get()
    except LookupError:
        _LOGINS.set(anyio.CapacityLimiter(LOGINS_AT_ONCE))
        return _LOGINS.get()


class ProxyLogin:
    """A proxy that has logged its users in, and names them in a header. The guard lets no other address in."""

    can_log_out = False

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    def routes(self, entry: LoginEntry) -> list[BaseRoute]:
        """Return no address: the proxy has those of the login."""
        del entry
        return []

    def user_of(self, request: Request) -> User | None:
        """Return the user that the proxy names; None without one name, which is no login."""
        names = request.headers.getlist(self._settings.proxy_header)
        if len(names) != 1 or not names[0].strip() or len(names[0]) > LONGEST_USER_NAME:
            return None
        listed = request.headers.getlist(self._settings.proxy_groups_header) if self._settings.proxy_groups_header else []
        groups = frozenset(group.strip() for line in listed for group in line.split(",") if group.strip())
        return web_user(self._settings, names[0].strip(), groups)

    def ask_to_log_in(self, request: Request, entry: LoginEntry) -> Response:
        """Say that the proxy has named nobody."""
        del request
        return entry.outside("no_name", 401)
