"""One path of the sandbox as an ASGI application: the body read within its limit, a handler for each method."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from importer.sandbox.responses import problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from importer.sandbox.settings import SandboxSettings

Handler = Callable[[Request, bytes], Awaitable[Response]]


class Resource:
    """The handlers of a path by method. Other methods get 405, or 404 if there are no handlers.

    Why they are not routes of Starlette is in docs/decisions/sandbox.md.
    """

    def __init__(self, settings: SandboxSettings, handlers: Mapping[str, Handler]) -> None:
        self._settings = settings
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return
        handler = self._handlers.get(request.method)
        response = self._refusal(request) if handler is None else await handler(request, body)
        response.raw_headers.append((b"date", _http_date(int(time.time() + self._settings.clock_offset_seconds))))
        await response(scope, receive, send)

    async def _body(self, request: Request) -> bytes:
        """Read the whole body. One that is too large is cut off somewhere beyond the limit."""
        body = bytearray()
        async for chunk in request.stream():
            if len(body) <= self._settings.max_body_bytes:
                body += chunk
        return bytes(body)

    def _refusal(self, request: Request) -> Response:
        if not self._handlers:
            return problem(404, f"There is nothing at {request.scope['raw_path'].decode('ascii')}.")
        return problem(405, f"{request.method} is not allowed here.", {"allow": ", ".join(self._handlers)})


@lru_cache(maxsize=1)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")
