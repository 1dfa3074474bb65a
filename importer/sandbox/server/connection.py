"""One HTTP request and what can be done with its connection: answer it, cut it, or leave it hanging.

The transport comes from the protocol class in ``listener``, which puts itself into the ASGI state.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.sandbox.messages import Answer, Receive, Send


_LINGER_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_MISSING_BYTES = 64


class Exchange:
    """The server's side of one request."""

    __slots__ = ("_clock_offset", "_receive", "_send", "_transport")

    def __init__(self, transport: asyncio.Transport, receive: Receive, send: Send, clock_offset: float = 0) -> None:
        self._transport = transport
        self._receive = receive
        self._send = send
        self._clock_offset = clock_offset

    async def body(self, limit: int) -> bytes | None:
        """Return the whole body; None if the client goes before its end, at most ``limit`` + 1 bytes of it."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            assert isinstance(part, bytes)
            size += len(part)
            if size <= limit:
                parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts) if size <= limit else bytes(limit + 1)

    async def reply(self, answer: Answer) -> None:
        """Send an answer."""
        await self._start(answer, len(answer.body))
        await self._send({"type": "http.response.body", "body": answer.body})

    async def truncate(self, answer: Answer) -> None:
        """Send an answer that promises more bytes than it has, and close the connection."""
        await self._start(answer, len(answer.body) + _MISSING_BYTES)
        await self._send({"type": "http.response.body", "body": answer.body, "more_body": True})
        self._transport.close()
        await self._gone()

    async def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        reset(self._transport)
        await self._gone()

    async def hang(self, seconds: float, stopping: asyncio.Event) -> None:
        """Do nothing until the client goes, the time is over or the sandbox stops; then cut the connection."""
        gone = asyncio.create_task(self._gone())
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait((gone, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        reset(self._transport)
        await gone

    async def _start(self, answer: Answer, length: int) -> None:
        date = formatdate(time.time() + self._clock_offset, usegmt=True).encode()
        headers = [(b"content-type", answer.content_type), (b"content-length", b"%d" % length), (b"date", date), *answer.headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that the peer gets a TCP reset, whatever was in flight."""
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
