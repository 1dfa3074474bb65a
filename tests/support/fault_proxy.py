"""A server between the importer and a sandbox: it sees every request and may hold it, answer in its place or lose it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it came in; ``nth`` counts from 1 the requests with this method to this API's collection."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    nth: int

    @property
    def is_case(self) -> bool:
        return self.method == "POST" and self.path == "/managed-cases"

    @property
    def is_voucher(self) -> bool:
        return self.method == "POST" and "/case-vouchers/" in self.path

    @property
    def is_file(self) -> bool:
        return self.method == "POST" and self.path.endswith("/files")

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")

    def json(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass(frozen=True)
class Reply:
    """An answer in the sandbox's place."""

    status: int
    body: bytes = b"{}"


class Drop:
    """The connection is closed without an answer, and the sandbox hears of nothing."""


class Lose:
    """The sandbox does it, and the answer is lost."""


Hook = Callable[[Seen], "Reply | Drop | Lose | None"]


def pass_on(_: Seen) -> None:
    """The hook that does nothing."""


class FaultProxy:
    """Listens on loopback while it is open; ``hook`` is called for each request in a thread of its own."""

    def __init__(self, target: str, hook: Hook = pass_on) -> None:
        self.hook = hook
        self.seen: list[Seen] = []
        self.answered: list[Seen] = []
        self.most_at_once = 0
        self.failure: BaseException | None = None
        self._at_once = 0
        self._guard = threading.Lock()
        self._target = urlsplit(target).netloc
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def posts(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == "POST"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self.failure is not None and kind is None:
            raise self.failure

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        with self._guard:
            kind = (handler.command, handler.path.split("?")[0].split("/")[1])
            nth = 1 + sum((s.method, s.path.split("?")[0].split("/")[1]) == kind for s in self.seen)
            seen = Seen(handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}, body, nth)
            self.seen.append(seen)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._answer(handler, seen)
        finally:
            with self._guard:
                self._at_once -= 1

    def _answer(self, handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        try:
            verdict = self.hook(seen)
        except BaseException as error:  # noqa: BLE001  (it is raised in the test's own thread)
            self.failure = error
            verdict = Drop()
        if isinstance(verdict, Drop):
            handler.close_connection = True
            return
        reply = verdict if isinstance(verdict, Reply) else self._forward(seen)
        with self._guard:
            self.answered.append(seen)
        if isinstance(verdict, Lose):
            handler.close_connection = True
            return
        handler.send_response(reply.status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def _forward(self, seen: Seen) -> Reply:
        connection = http.client.HTTPConnection(self._target, timeout=30)
        try:
            headers = {k: v for k, v in seen.headers.items() if k not in {"host", "connection", "content-length"}}
            connection.request(seen.method, seen.path, seen.body or None, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read())
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away while it was waiting is no news."""


def _handler_of(fault_proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            fault_proxy.handle(self)

        def do_POST(self) -> None:
            fault_proxy.handle(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler


class Gate:
    """A hook that holds every POST until it is opened, and tells when ``full`` of them have arrived."""

    def __init__(self, full: int, then: Reply | Drop | Lose | None = None, *, of: Callable[[Seen], bool] | None = None) -> None:
        self._wanted, self._then = full, then
        self._of = of or (lambda seen: seen.method == "POST")
        self._count = 0
        self._guard = threading.Lock()
        self.full = threading.Event()
        self.open = threading.Event()

    def __call__(self, seen: Seen) -> Reply | Drop | Lose | None:
        if not self._of(seen) or self.open.is_set():
            return None
        with self._guard:
            self._count += 1
            if self._count >= self._wanted:
                self.full.set()
        assert self.open.wait(60)
        return self._then
