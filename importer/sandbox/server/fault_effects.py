"""The effect of each fault on the client: another response, a damaged one, or a connection that is cut.

A connection is cut at its transport, which comes from the protocol class in ``listener`` by way of the ASGI state.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from importer.sandbox import responses
from importer.sandbox.fault_plan import Fault, FaultKind

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_LINGER_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_MISSING_BYTES = 64
_HTML = "<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
_ID_FIELDS = ("id", "caseVoucherId", "fileId")


class ConnectionReset(Response):
    """No response: the connection is cut with a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        reset(_transport(scope))
        await _disconnected(receive)


class Silence(Response):
    """No response until the client goes, the time is over or the sandbox stops; then the connection is cut."""

    def __init__(self, seconds: float, stopping: asyncio.Event) -> None:
        super().__init__()
        self._seconds = seconds
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        gone = asyncio.create_task(_disconnected(receive))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((gone, stopped), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        reset(_transport(scope))
        await gone


class TruncatedResponse(Response):
    """A response that promises more bytes than it has; the connection is closed after them."""

    def __init__(self, whole: Response) -> None:
        promised = str(len(whole.body) + _MISSING_BYTES)
        super().__init__(whole.body, whole.status_code, {**whole.headers, "content-length": promised})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        _transport(scope).close()
        await _disconnected(receive)


def before_commit(fault: Fault, elsewhere: str, stopping: asyncio.Event) -> Response | None:  # noqa: PLR0911 - one for each fault
    """Return the response of a fault that keeps the request from being handled; a redirect leads to ``elsewhere``."""
    match fault.kind:
        case FaultKind.RESET_BEFORE | FaultKind.REFUSE:
            return ConnectionReset()
        case FaultKind.HANG_BEFORE:
            return Silence(fault.seconds, stopping)
        case FaultKind.ERROR_BEFORE:
            return responses.problem(500, "Something went wrong.")
        case FaultKind.HTML:
            return HTMLResponse(_HTML, 503)
        case FaultKind.TOO_MANY | FaultKind.TOO_MANY_ABSURD:
            return responses.too_many({"retryAfter": fault.retry_after})
        case FaultKind.TOO_MANY_SILENT:
            return responses.too_many({})
        case FaultKind.REDIRECT:
            return RedirectResponse(elsewhere, 307)
        case _:
            return None


def after_commit(fault: Fault, response: Response, stopping: asyncio.Event) -> Response:  # noqa: PLR0911 - one for each fault
    """Return the response that the client gets in place of ``response``; a refusal never becomes a success."""
    is_success = response.status_code < 300  # noqa: PLR2004 - the first status that is none
    match fault.kind:
        case FaultKind.RESET_AFTER:
            return ConnectionReset()
        case FaultKind.HANG_AFTER:
            return Silence(fault.seconds, stopping)
        case FaultKind.ERROR_AFTER:
            return responses.problem(500, "Something went wrong.")
        case FaultKind.TRUNCATED:
            return TruncatedResponse(response)
        case FaultKind.NON_JSON if is_success:
            return PlainTextResponse("OK, done.")
        case FaultKind.NO_ID if is_success:
            return _without_ids(response)
        case _:
            return response


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that the peer gets a TCP reset, whatever was in flight."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def _without_ids(response: Response) -> Response:
    content = json.loads(bytes(response.body))
    for name in _ID_FIELDS if isinstance(content, dict) else ():
        content.pop(name, None)
    return responses.ApiResponse(content, response.status_code)


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"]["connection"].transport
    return transport


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
