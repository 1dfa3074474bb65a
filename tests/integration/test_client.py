"""The client against real sockets: "nothing happened" only when no byte of the request left."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from importer.dispatcher.apis import deadline as deadline_module
from importer.dispatcher.apis import http as client_module
from importer.dispatcher.apis.deadline import steady_seconds
from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id":"1"}'


class SocketServer:
    """A server that does to each connection what the test says."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0
        self.asked = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.serve(reader, writer)
        finally:
            self.tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def stop(self) -> None:
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """Read one whole request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        body = await reader.readexactly(length)
        self.requests.append(head + body)
        self.asked.set()
        return body


@contextlib.asynccontextmanager
async def running(serve: Callable[[SocketServer], Serve]) -> AsyncIterator[tuple[SocketServer, HttpClient]]:
    server = SocketServer(None)  # type: ignore[arg-type]
    server.serve = serve(server)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with client(f"http://127.0.0.1:{server.port}") as http:
        yield server, http
    listener.close()
    await server.stop()


def client(base_url: str, **more: float) -> HttpClient:
    options = {"connections": 2, "timeout_seconds": 1.0} | more
    return HttpClient(base_url, {"XApiKey": "secret"}, **options)  # type: ignore[arg-type]


def answering_after(seconds: float) -> Callable[[SocketServer], Serve]:
    def make(server: SocketServer) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await server.request(reader)
                await asyncio.sleep(seconds)
                writer.write(OK)
                await writer.drain()

        return serve

    return make


def answering(raw: bytes, *, close: bool = False) -> Callable[[SocketServer], Serve]:
    def make(server: SocketServer) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await server.request(reader)
                writer.write(raw)
                await writer.drain()
                if close:
                    return

        return serve

    return make


def run(test: Awaitable[None]) -> None:
    async def main() -> None:
        await test

    asyncio.run(main())


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a crashed server or a firewall does."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def _post(http: HttpClient, content: bytes = b'{"a":1}') -> Answer:
    return await http.send("POST", "/managed-cases", content, {"Idempotency-Key": "k"})


# Nothing happened


def test_a_refused_connection() -> None:
    async def test() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            async with client(f"http://127.0.0.1:{unused.getsockname()[1]}") as http:
                with pytest.raises(NotSent):
                    await _post(http)

    run(test())


def test_a_name_that_is_not_known() -> None:
    async def test() -> None:
        async with client("http://no-such-host.invalid", timeout_seconds=20) as http:
            with pytest.raises(NotSent):
                await _post(http)

    run(test())


def test_tls_to_a_plain_port() -> None:
    def plain(_: SocketServer) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()

        return serve

    async def test() -> None:
        async with running(plain) as (server, _), client(f"https://127.0.0.1:{server.port}") as http:
            with pytest.raises(NotSent):
                await _post(http)

    run(test())


SELF_SIGNED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjYPQPaH4AfZ1bCya
x8qV0EW54EQ2XzyRvO3OIR8nblqhRANCAAQma+/R55VaE+0+BMw8x54Hha/bj1x5
6mk7lKN7X1AjdgI982MM9vi8DE//siJFqWA/XqFMRFDTmnjEzNWZJvGs
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUB8uEqtoW5lnTXEYjCdmri4d3kiowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTA1MzQxM1oYDzIxMjYxMDI4
MDUzNDEzWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQma+/R55VaE+0+BMw8x54Hha/bj1x56mk7lKN7X1AjdgI982MM9vi8
DE//siJFqWA/XqFMRFDTmnjEzNWZJvGso1MwUTAdBgNVHQ4EFgQUr7fnwzaUFUzv
xQBGZBxwg6qAFlUwHwYDVR0jBBgwFoAUr7fnwzaUFUzvxQBGZBxwg6qAFlUwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAmPghXAUsEdMxMCFy1Gc9w
HFOX9LD0kxqWV+pMrn4wygIge3F8Ql0X9PSws4j0vJd4P9UGiPRDLnUw8gixY1oF
tH4=
-----END CERTIFICATE-----
"""


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async def test() -> None:
        (tmp_path / "own.pem").write_text(SELF_SIGNED)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "own.pem")
        server = SocketServer(None)  # type: ignore[arg-type]
        server.serve = answering(OK)(server)
        listener = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=context)
        async with client(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}") as http:
            with pytest.raises(NotSent):
                await _post(http)
        listener.close()
        await server.stop()
        assert not server.requests

    run(test())


def test_no_free_connection_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.2)

    async def test() -> None:
        go_on = asyncio.Event()

        def slow(server: SocketServer) -> Serve:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await server.request(reader)
                await go_on.wait()
                writer.write(OK)
                await writer.drain()

            return serve

        async with (
            running(slow) as (server, _),
            client(f"http://127.0.0.1:{server.port}", connections=1, timeout_seconds=30) as http,
        ):
            first = asyncio.create_task(_post(http))
            await server.asked.wait()
            with pytest.raises(NotSent):
                await _post(http)
            go_on.set()
            assert (await first).status == 200
            assert len(server.requests) == 1

    run(test())


def test_a_credential_that_no_header_can_hold() -> None:
    async def test() -> None:
        async with running(answering(OK)) as (server, _):
            odd = HttpClient(f"http://127.0.0.1:{server.port}", {"XApiKey": "nøgle→"}, connections=1, timeout_seconds=1)
            async with odd:
                with pytest.raises(NotSent) as caught:
                    await _post(odd)
            assert "nøgle" not in str(caught.value)
            assert not server.requests

    run(test())


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://[::1"])
def test_an_address_that_cannot_be(url: str) -> None:
    async def test() -> None:
        async with client(url, connections=1, timeout_seconds=1) as http:
            with pytest.raises(NotSent):
                await _post(http)

    run(test())


# It may have happened


@pytest.mark.parametrize("read_first", [False, True])
def test_a_reset_before_or_after_the_request_was_read(*, read_first: bool) -> None:
    def resetting(server: SocketServer) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if read_first:
                await server.request(reader)
            reset(writer)

        return serve

    async def test() -> None:
        async with running(resetting) as (server, http):
            with pytest.raises(ResponseLost):
                await _post(http)
            assert server.connections == 1  # no hidden second try

    run(test())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"not HTTP at all\r\n\r\n",
    ],
)
def test_a_closed_connection_without_a_whole_answer(raw: bytes) -> None:
    async def test() -> None:
        async with running(answering(raw, close=True)) as (server, http):
            with pytest.raises(ResponseLost):
                await _post(http)
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize("sent_first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_a_timeout_after_the_request(sent_first: bytes) -> None:
    def hanging(server: SocketServer) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await server.request(reader)
            writer.write(sent_first)
            await reader.read()

        return serve

    async def test() -> None:
        async with running(hanging) as (server, _), client(f"http://127.0.0.1:{server.port}", timeout_seconds=0.3) as http:
            with pytest.raises(ResponseLost):
                await _post(http)

    run(test())


def test_an_endless_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 1000)
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b" " * 2000

    async def test() -> None:
        async with running(answering(raw)) as (_, http):
            with pytest.raises(ResponseLost):
                await _post(http)

    run(test())


# Answers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(status: int) -> None:
    async def test() -> None:
        async with running(answering(OK)) as (elsewhere, _):
            raw = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
            async with running(answering(raw.encode())) as (_, http):
                assert (await _post(http)).status == status
            assert elsewhere.connections == 0

    run(test())


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"id":"1"}')
    head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    async def test() -> None:
        async with running(answering(head % len(body) + body)) as (_, http):
            answer = await _post(http)
            assert (answer.status, answer.body) == (201, b'{"id":"1"}')

    run(test())


def test_a_header_beyond_ascii_does_no_harm() -> None:
    raw = OK.replace(b"\r\n\r\n", "\r\nX-Served-By: kø\r\nRetry-After: 7\r\n\r\n".encode())

    async def test() -> None:
        async with running(answering(raw)) as (_, http):
            answer = await _post(http)
            assert (answer.status, answer.headers["retry-after"]) == (200, "7")

    run(test())


def test_the_very_bytes_and_headers_go_out() -> None:
    async def test() -> None:
        async with running(answering(OK)) as (server, http):
            await _post(http, '{"name":"Bjørn"}'.encode())
            (request,) = server.requests
            head, body = request.split(b"\r\n\r\n", 1)
            assert body == '{"name":"Bjørn"}'.encode()
            sent = head.lower()
            for line in (b"xapikey: secret", b"idempotency-key: k", b"content-type: application/json"):
                assert line in sent

    run(test())


# Connections


def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    """Its close is known before the next request, so no request is put in doubt on it."""

    async def test() -> None:
        async with running(answering(OK, close=True)) as (server, http):
            for _ in range(5):
                assert (await _post(http)).status == 200
                await asyncio.sleep(0.05)
            assert server.connections == 5

    run(test())


def test_a_connection_is_used_again_while_it_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "KEEP_ALIVE_SECONDS", 0.2)

    async def test() -> None:
        async with running(answering(OK)) as (server, http):
            await _post(http)
            await _post(http)
            assert server.connections == 1
            await asyncio.sleep(0.5)
            await _post(http)
            assert server.connections == 2

    run(test())


def test_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with running(answering(OK)) as (proxy, _), running(answering(OK)) as (server, http):
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv("no_proxy", "")
            await _post(http)
            assert (proxy.connections, server.connections) == (0, 1)

    run(test())


def test_no_cookies_are_kept() -> None:
    async def test() -> None:
        async with running(answering(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=abc; Path=/\r\n\r\n"))) as (server, _):
            async with client(f"http://localhost:{server.port}") as http:  # a jar keeps nothing of a bare address
                await _post(http)
                await _post(http)
            assert len(server.requests) == 2
            assert b"cookie:" not in server.requests[1].lower()

    run(test())


BODY = b'{"amount":1}'


def test_after_the_send_deadline_no_byte_goes_out():
    async def scenario():
        async with running(answering(OK)) as (server, http):
            assert (await http.send("POST", "/x", BODY, latest=steady_seconds() + 60)).status == 200
            with pytest.raises(NotSent, match="the send deadline passed"):  # on the connection that is open already
                await http.send("POST", "/x", BODY, latest=steady_seconds() - 0.001)
            assert (await http.send("POST", "/x", BODY)).status == 200
            assert len(server.requests) == 2

    asyncio.run(scenario())


def test_a_deadline_that_passes_while_the_headers_are_prepared_stops_the_body_and_them(monkeypatch):
    async def scenario():
        async with running(answering(OK)) as (server, http):
            times = iter([0.0, 100.0])
            monkeypatch.setattr(deadline_module, "steady_seconds", lambda: next(times))
            with pytest.raises(NotSent, match="the send deadline passed"):
                await http.send("POST", "/x", BODY, latest=50.0)
            assert next(times, None) is None, "the time was compared twice"
            assert server.requests == []

    asyncio.run(scenario())


def test_a_wait_for_a_free_connection_counts_towards_the_deadline():
    async def scenario():
        async with running(answering_after(0.4)) as (server, http):
            latest = steady_seconds() + 0.2
            both = [asyncio.create_task(http.send("POST", "/x", BODY)) for _ in range(2)]  # all connections of this client
            await asyncio.sleep(0.05)
            with pytest.raises(NotSent, match="the send deadline passed"):
                await http.send("POST", "/x", BODY, latest=latest)
            await asyncio.gather(*both)
            assert len(server.requests) == 2

    asyncio.run(scenario())


def test_the_clock_of_the_deadline_counts_sleep():
    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(steady_seconds() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
