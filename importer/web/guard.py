"""What holds for every request, before any page sees it: its host, its sender, its size, and the headers of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.web.proxies import TrustedProxies

NO_PROXIES = TrustedProxies()
BODY_SECONDS = 60.0
"""How long a request may send nothing of its body, and how long all of it may take beside the time for its bytes."""
SLOWEST = 50_000
"""The bytes a second that a body must bring after that, so that one of a byte now and then ends."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of forms too
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
LONGEST_PATH = 2000
"""No address of the page is longer, and no number in one has more digits than can be read."""
SAFE_METHODS = frozenset({"GET", "HEAD"})
_USUAL_PORTS = {"http": ":80", "https": ":443"}
"""Browsers leave these out."""


class BodyTooLarge(MultiPartException):
    """More was sent than the address takes. The parser of forms closes its files when it is raised."""

    def __init__(self) -> None:
        super().__init__("too large")


class BodyTooSlow(MultiPartException):
    """The body did not go on for too long, or took too long altogether."""

    def __init__(self) -> None:
        super().__init__("too slow")


@dataclass(frozen=True)
class Addresses:
    """Where the page is reached: the allowed values of Host, and of Origin."""

    hosts: frozenset[str]
    origins: frozenset[str]
    is_secure: bool

    @classmethod
    def of(cls, urls: list[str]) -> Addresses:
        """Return the addresses of a page that browsers reach by these URLs."""
        parts = [urlsplit(url) for url in urls]
        named = [(part.scheme, part.netloc.casefold().removesuffix(_USUAL_PORTS[part.scheme])) for part in parts]
        hosts = frozenset(host for _, host in named)
        origins = frozenset(f"{scheme}://{host}" for scheme, host in named)
        return cls(hosts, origins, all(part.scheme == "https" for part in parts))


class Guard:
    """Refuses foreign hosts, foreign senders and bodies that are too large, and adds the headers that protect each page.

    ``proxies`` are those alone that may connect, if there are any. The address of a browser that one of them names takes the
    place of its own. ``limit_of`` is the most bytes that a path takes.
    """

    def __init__(
        self, app: ASGIApp, *, addresses: Addresses, limit_of: Callable[[str], int], proxies: TrustedProxies = NO_PROXIES
    ) -> None:
        self._app, self._addresses, self._limit_of, self._proxies = app, addresses, limit_of, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = LimitedBody(receive, self._limit_of(scope["path"]), headers)

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                self._protect(answer)
                if scope["method"] not in SAFE_METHODS and not body.is_whole:
                    answer["Connection"] = "close"  # nothing more is read of an upload that is refused
            await send(message)

        if refusal := self._refusal(scope, headers):
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send_protected)
            return
        await self._app(self._with_client(scope, headers), body.receive, send_protected)

    def _with_client(self, scope: Scope, headers: Headers) -> Scope:
        """Return the scope with the address of the browser, so that limits and the trail are about that."""
        peer, port = scope.get("client") or ("", 0)
        client = self._proxies.client_of(peer, headers)
        return scope if client == peer else {**scope, "client": (client, port)}

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return the status and the text with which a request is refused; None if a page may see it."""
        peer, _ = scope.get("client") or ("", 0)
        if not self._proxies.may_connect(peer, headers):
            return 403, "This page answers only its proxy."
        if len(scope["path"]) > LONGEST_PATH:
            return 404, "There is no such page."
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].casefold() not in self._addresses.hosts:
            return 400, "This page is not reached by that address."
        if scope["method"] not in SAFE_METHODS and not self._is_own_sender(headers):
            return 403, "This was sent by another site, and nothing was done."
        return None

    def _is_own_sender(self, headers: Mapping[str, str]) -> bool:
        """Return whether a form comes from the page itself, as far as the browser says so; the form's own text says the rest."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin.casefold() not in self._addresses.origins:
            return False
        return site is None or site in {"same-origin", "none"}

    def _protect(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self._addresses.is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class LimitedBody:
    """The body of a request, counted as it arrives. Its length header alone is not believed: a chunked body has none."""

    def __init__(
        self, receive: Receive, limit: int, headers: Mapping[str, str], now: Callable[[], float] = anyio.current_time
    ) -> None:
        self._receive, self._limit, self._bytes, self.is_whole = receive, limit, 0, False
        self._now = now
        self._begun: float | None = None
        announced = headers.get("content-length", "")
        self._is_refused = announced.isdecimal() and int(announced) > limit

    async def receive(self) -> Message:
        """Return the next part. Raises BodyTooLarge or BodyTooSlow."""
        if self._is_refused:
            raise BodyTooLarge
        if self.is_whole:
            return await self._receive()
        left = self._seconds_left()
        if left <= 0:  # what has arrived already is taken without a pause, in which it could be given up
            raise BodyTooSlow
        with anyio.move_on_after(min(BODY_SECONDS, left)):
            message = await self._receive()
            self._bytes += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
            if self._bytes > self._limit:
                raise BodyTooLarge
            return message
        raise BodyTooSlow

    def _seconds_left(self) -> float:
        """Return how long the rest may take; less than 0 if it has taken too long already."""
        now = self._now()
        self._begun = now if self._begun is None else self._begun
        return self._begun + BODY_SECONDS + self._bytes / SLOWEST - now
