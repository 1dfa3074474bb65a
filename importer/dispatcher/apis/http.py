"""HTTP requests. Their errors show whether a request was certainly not sent, or whether it may have taken effect.

This is the only module that imports an HTTP client library. Requests have the interface of httpx and are sent by aiohttp.
The reasons and the figures are in docs/decisions/http-transport.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from types import TracebackType
from typing import Self

import aiohttp
import httpx
import yarl
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from aiohttp.connector import Connection

from importer.dispatcher.apis.deadline import SendDeadline, present_deadline
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost

MAX_ANSWER_BYTES = 20_000_000
# Shorter than the time of usual servers: a request on a connection that the server is closing would be lost, and its case
# would be in doubt.
KEEP_ALIVE_SECONDS = 3
CONNECT_SECONDS = 10


class InMemoryBody(httpx.AsyncByteStream):
    """A body that is in memory. Its bytes are used directly, because reading it through httpx is slow."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


class CheckedRequest(ClientRequest):
    """A request of aiohttp that checks the send deadline when its connection is ready, just before its first byte."""

    async def send(self, conn: Connection) -> ClientResponse:
        """Send the request. Raises aiohttp.ConnectionTimeoutError if its deadline has passed."""
        if not _may_be_sent():
            raise aiohttp.ConnectionTimeoutError
        return await super().send(conn)

    async def write_bytes(self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None) -> None:
        """Write the headers, which aiohttp keeps back until now, and the body. The connection is closed if it is too late."""
        if _may_be_sent():
            await super().write_bytes(writer, conn, content_length)
        else:
            conn.close()


def _may_be_sent() -> bool:
    deadline = present_deadline.get()
    return deadline is None or deadline.allows_sending()


class AioTransport(httpx.AsyncBaseTransport):
    """httpx over aiohttp without redirects, retries, proxies or cookies. Its errors show whether the request had gone out."""

    def __init__(self, connections: int, timeout_seconds: float) -> None:
        self._limit = connections
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # a session belongs to the running loop
            connector = aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=KEEP_ALIVE_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=CheckedRequest,
            )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises httpx.ConnectError if nothing went out, httpx.ReadError for everything after that.

        The request extension ``target`` is the path below the request's URL, quoted as it goes out.
        """
        url = yarl.URL(str(request.url) + request.extensions.get("target", b"").decode(), encoded=True)
        try:
            async with self._open().request(
                request.method,
                url,
                data=(request.stream.content if isinstance(request.stream, InMemoryBody) else await request.aread()) or None,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                allow_redirects=False,
            ) as response:
                body = await _read(response)
                # The body is decompressed already, so the headers about its encoding are removed.
                headers = [(k, v) for k, v in response.raw_headers if k.lower() not in _OF_THE_TRANSFER]
                return httpx.Response(response.status, headers=headers, stream=InMemoryBody(body), request=request)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise _as_httpx(error, request) from None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


def _as_httpx(error: Exception, request: httpx.Request) -> httpx.HTTPError:
    """Return ConnectError if no byte of the request can have gone out, otherwise ReadError."""
    deadline = present_deadline.get()
    if deadline is not None and deadline.passed:
        return httpx.ConnectError("the send deadline passed", request=request)
    kind = httpx.ConnectError if isinstance(error, _NOTHING_SENT) else httpx.ReadError
    return kind(_name(error), request=request)


_OF_THE_TRANSFER = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


async def _read(response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None and length <= MAX_ANSWER_BYTES and "Content-Encoding" not in response.headers:
        return await response.read()  # aiohttp reads no more than this length
    body = bytearray()
    async for part in response.content.iter_chunked(65_536):
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError("answer too large")
    return bytes(body)


def _name(error: BaseException) -> str:
    """Return the name of the error's type. Its text is not used, because it may contain parts of the request."""
    return type(error).__name__


def skew_of(date: str | None, asked: datetime, answered: datetime) -> timedelta | None:
    """Return the time by which the server's clock is ahead of ours, by the ``Date`` of a response; None without a valid one.

    It is exact to half the time between ``asked`` and ``answered``, plus half a second, because the header has whole seconds.
    """
    try:
        theirs = parsedate_to_datetime(date or "")
    except (TypeError, ValueError, OverflowError):
        return None
    theirs = theirs.replace(tzinfo=theirs.tzinfo or UTC) + timedelta(seconds=0.5)
    return theirs - (asked + (answered - asked) / 2)


class HttpClient:
    """Requests to one API with its credentials.

    ``skew`` is the time by which its clock was ahead of ours at the last GET, ``earliest_skew`` the least such time of all its
    clocks.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], *, connections: int, timeout_seconds: float) -> None:
        self._base_url = base_url
        self._given = {"Accept": "application/json", **headers}
        self._transport = AioTransport(connections, timeout_seconds)
        self.skew: timedelta | None = None
        self.earliest_skew: timedelta | None = None

    @cached_property
    def _url(self) -> httpx.URL:
        """The base URL, parsed once because parsing is slow. Raises ValueError for an impossible port."""
        yarl.URL(self._base_url)  # checks the port, which httpx does not
        return httpx.URL(self._base_url)

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        latest: float | None = None,
    ) -> Answer:
        """Send one request, once; ``path`` is quoted already. Raises NotSent or ResponseLost.

        ``latest`` is the time, by :func:`.deadline.steady_seconds`, after which its first byte must not go out.
        """
        request = self._request(method, path, content, headers or {})
        asked = datetime.now(UTC)
        present_deadline.set(None if latest is None else SendDeadline(latest))
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.ConnectError as error:
            raise NotSent(str(error)) from None
        except httpx.HTTPError as error:
            raise ResponseLost(str(error)) from None
        skew = skew_of(response.headers.get("date"), asked, datetime.now(UTC))
        self.note_reading(skew)
        if method == "GET":
            self.skew = skew or self.skew
        assert isinstance(response.stream, InMemoryBody)
        return Answer(response.status_code, response.stream.content, response.headers)

    def note_reading(self, skew: timedelta | None) -> None:
        """Note the time by which one of the server's clocks is ahead of ours; None is ignored."""
        if skew is not None and (self.earliest_skew is None or skew < self.earliest_skew):
            self.earliest_skew = skew

    def _request(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Request:
        """Build a request. Raises NotSent if a URL or a header cannot be written."""
        own = self._given | ({"Content-Type": "application/json"} if content is not None else {}) | dict(headers)
        try:
            target = {"target": path.encode("ascii")}
            return httpx.Request(method, self._url, headers=own, stream=InMemoryBody(content or b""), extensions=target)
        except (httpx.InvalidURL, ValueError) as error:  # a credential with characters that a header cannot have
            raise NotSent(_name(error)) from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._transport.aclose()
