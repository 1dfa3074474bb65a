"""The page as an application: its addresses, who may open each, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from importer.errors import ApprovalNeeded, ImporterError, LedgerHeld, bug_text
from importer.web.forms import DROP_FORM, USUAL_FORM, form_of
from importer.web.guard import NO_PROXIES, Addresses, Guard
from importer.web.login_method import LoginMethod
from importer.web.page_request import PageRequest
from importer.web.proxies import TrustedProxies
from importer.web.routes import FORM_BYTES, ROUTES, PageRoute
from importer.web.services import PageServices
from importer.web.sessions import PageSession
from importer.web.static import static_files
from importer.web.trail import record, record_bug
from importer.web.users import User
from importer.web.work.limits import TooMuchAtOnce

KNOWN = frozenset({404, 405, 408, 413})
"""The statuses that have a text of their own."""


@dataclass
class PageApp:
    """The application with its login. ``cookie`` is the name of the session's cookie."""

    services: PageServices
    login: LoginMethod
    addresses: Addresses
    cookie: str

    def enter(self, request: Request, user: User) -> Response:
        """Begin a session for a user, and end the one that the browser had, so that no cookie from before is of use."""
        if not user.roles:
            record("login", user.person, request, 403)
            return self.outside("no_role", 403, name=user.name)
        record("login", user.person, request)
        self.services.sessions.end(request.cookies.get(self.cookie))
        cookie, _ = self.services.sessions.begin(user)
        answer = self.outside("entered", 200)
        self._give(answer, cookie)
        return answer

    def outside(self, template: str, status: int, **values: object) -> Response:
        """Return a page without a session."""
        return self.services.rendering.page(template, status, **values)

    def _give(self, answer: Response, cookie: str) -> None:
        answer.set_cookie(self.cookie, cookie, httponly=True, samesite="strict", secure=self.addresses.is_secure, path="/")

    async def answer(self, route: PageRoute, request: Request) -> Response:
        """Answer a request for one of the routes, if its user may open it."""
        session, cookie = self._session_of(request)
        if session is None:
            return self.login.ask_to_log_in(request, self)
        try:
            answer = await self._of_user(route, request, session)
        except HTTPException as error:
            _record(route, request, session, error.status_code)
            raise
        _record(route, request, session, answer.status_code)
        if cookie is not None:
            self._give(answer, cookie)
        return answer

    async def _of_user(self, route: PageRoute, request: Request, session: PageSession) -> Response:
        if not session.user.may(route.access):
            asked = PageRequest(request, self.services, session)
            return asked.page("problem", 403, title="problem.role", messages=[], back="/")
        if not route.takes_files:
            return await self._of_form(route, request, session)
        try:
            with self.services.under_way.one_of(session.user.person):
                return await self._of_form(route, request, session)
        except TooMuchAtOnce as error:  # nothing of the upload was read
            return _problem(PageRequest(request, self.services, session), error)

    async def _of_form(self, route: PageRoute, request: Request, session: PageSession) -> Response:
        async with form_of(request, DROP_FORM if route.takes_files else USUAL_FORM) as form:
            asked = PageRequest(request, self.services, session, form)
            if route.method != "GET" and not session.is_own(asked.field("csrf")):
                return asked.page("problem", 403, title="problem.form", messages=[], back="/")
            return await self._answered(route, asked)

    async def _answered(self, route: PageRoute, asked: PageRequest) -> Response:
        """Call the handler. What a user can resolve becomes a page with the message; a bug becomes one with its place."""
        try:
            return await route.handler(asked)
        except ImporterError as error:
            return _problem(asked, error)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  (the border of a request: a bug must end in a message)
            found = [bug_text(error), self.services.rendering.texts("problem.bug_number", number=record_bug(error))]
            return asked.page("problem", 500, title="problem.bug", messages=found, back=_back(asked))

    def _session_of(self, request: Request) -> tuple[PageSession | None, str | None]:
        """Return the session of a request, and the cookie to give if it is new: behind a proxy the first request begins one."""
        sessions, known = self.services.sessions, request.cookies.get(self.cookie)
        session = sessions.find(known)
        if self.login.can_log_out:
            return session, None
        user = self.login.user_of(request)
        if session is not None and session.user == user and user.roles:
            return session, None
        sessions.end(known)  # its streams end with it: the proxy names another user now, or none
        if user is None:
            return None, None
        sessions.end_all(user, but=user.roles)
        if not user.roles:
            return None, None
        cookie, begun = sessions.begin(user)
        return begun, cookie


def _record(route: PageRoute, request: Request, session: PageSession, status: int) -> None:
    """Record each form and each download."""
    action = "download" if route.path.endswith("/files/{name:str}") else route.path.rpartition("/")[2]
    if route.path.startswith("/map/"):
        action = "map"
    if route.method != "GET" or action == "download":
        record(action, session.user.person, request, status)


_STATUSES: tuple[tuple[type[ImporterError], int], ...] = ((ApprovalNeeded, 409), (LedgerHeld, 503), (TooMuchAtOnce, 429))


def _problem(asked: PageRequest, error: ImporterError) -> Response:
    """Return the page of what a user can resolve."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 422)
    title = "problem.busy" if isinstance(error, LedgerHeld) else "problem.title"
    return asked.page("problem", status, title=title, messages=str(error).splitlines(), back=_back(asked))


def _back(asked: PageRequest) -> str:
    batch = asked.raw.path_params.get("batch")
    return f"/batches/{batch}" if batch is not None else "/"


def build_app(
    services: PageServices, login: LoginMethod, addresses: Addresses, *, cookie: str, proxies: TrustedProxies = NO_PROXIES
) -> ASGIApp:
    """Return the application."""
    page = PageApp(services, login, addresses, cookie)

    async def log_out(request: Request) -> Response:
        session = services.sessions.find(request.cookies.get(cookie))
        async with form_of(request) as form:
            if session is not None and session.is_own(str(form.get("csrf", ""))):
                record("logout", session.user.person, request)
                services.sessions.end(request.cookies.get(cookie))
                if form.get("everywhere") == "yes":
                    services.sessions.end_all(session.user)
        return RedirectResponse("/", 303)

    by_path: dict[str, list[PageRoute]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, []).append(route)
    routes = [_route(page, path, found) for path, found in by_path.items()]
    if login.can_log_out:
        routes.append(Route("/logout", log_out, methods=["POST"]))
    app = Starlette(
        routes=[*routes, *login.routes(page), static_files()],
        exception_handlers={HTTPException: _http_problem(page), 500: _bug(page)},
    )
    limit = round(services.environments.settings.web.upload_megabytes * 1_000_000)
    uploads = {route.path for route in ROUTES if route.takes_files}
    return Guard(app, addresses=addresses, limit_of=lambda path: limit if path in uploads else FORM_BYTES, proxies=proxies)


def _route(page: PageApp, path: str, found: list[PageRoute]) -> Route:
    by_method = {route.method: route for route in found}

    async def answer(request: Request) -> Response:
        return await page.answer(by_method["GET" if request.method == "HEAD" else request.method], request)

    return Route(path, answer, methods=list(by_method))


Handled = Callable[[Request, Exception], Awaitable[Response]]


def _http_problem(page: PageApp) -> Handled:
    async def handle(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        title = f"problem.{status}" if status in KNOWN else "problem.title"
        text = ""
        if status == 413:  # noqa: PLR2004  (too large)
            texts, limit = page.services.rendering.texts, page.services.environments.settings.web.upload_megabytes
            sent = request.headers.get("content-length", "")
            size = f"{int(sent) / 1_000_000:,.1f}" if sent.isascii() and sent.isdecimal() else ""
            text = (
                texts("problem.limit_and_size", megabytes=f"{limit:g}", size=size)
                if size
                else texts("problem.limit", megabytes=f"{limit:g}")
            )
        return page.outside("outside_problem", status, title=title, text=text)

    return handle


def _bug(page: PageApp) -> Handled:
    async def handle(request: Request, error: Exception) -> Response:
        del request
        text = page.services.rendering.texts("problem.bug_number", number=record_bug(error))
        return page.outside("outside_problem", 500, title="problem.bug", text=text)

    return handle
