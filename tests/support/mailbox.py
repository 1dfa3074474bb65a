"""A server that takes notifications and pings, as Apprise's json:// and healthchecks.io do, and can be out of order."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Mailbox:
    """What came in, in its order. With ``status`` 500 it takes nothing."""

    status: int = 200
    notifications: list[dict[str, Any]] = field(default_factory=list)
    pings: list[tuple[str, str, str]] = field(default_factory=list)
    """The signal (``start``, ``0``), the run's id, and the text."""
    asked: int = 0

    def __post_init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """The address for Apprise, with a secret in it."""
        return f"json://user:very-secret-word@{self.host}/notify"

    @property
    def ping_url(self) -> str:
        return f"http://{self.host}/very-secret-check"

    @property
    def signals(self) -> list[str]:
        return [signal for signal, _, _ in self.pings]

    def take(self) -> list[dict[str, Any]]:
        """The notifications since the last call."""
        found, self.notifications = self.notifications, []
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        self.asked += 1
        url = urlsplit(handler.path)
        if self.status < 300 and url.path.startswith("/notify"):
            self.notifications.append(json.loads(body))
        elif self.status < 300:
            self.pings.append((url.path.rsplit("/", 1)[1], parse_qs(url.query)["rid"][0], body.decode()))
        handler.send_response(self.status)
        handler.send_header("Content-Length", "2")
        if self.status in {301, 302, 307, 308}:
            handler.send_header("Location", f"http://{self.host}/notify")
        handler.end_headers()
        handler.wfile.write(b"OK")


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _handler_of(mailbox: Mailbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            mailbox.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
