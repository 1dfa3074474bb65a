"""A pooler in transaction mode, as far as tests need one: each transaction of a client may have another session of the server."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

_ASKS_FOR_ENCRYPTION = (80877103, 80877104)
_ENDS_A_REQUEST = b"QS"  # a query, or the end of a sequence of messages


class TransactionPooler:
    """Listens on a port of the loopback, and passes messages on to the server at ``port`` there."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._free: list[socket.socket] = []
        self._opened: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listening, *self._opened):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._opened.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            startup = self._startup(client)
            self._free.insert(0, self._session(startup, client))  # the one that was used last is given out first
            session: socket.socket | None = None
            while True:
                kind, message = _message(client)
                if kind == b"X":
                    return
                if session is None:
                    session = self._free.pop() if self._free else self._session(startup)
                session.sendall(message)
                if kind in _ENDS_A_REQUEST and _pass_on(session, client) == b"I":  # no transaction is open
                    self._free.append(session)
                    session = None

    def _startup(self, client: socket.socket) -> bytes:
        while True:
            head = _exactly(client, 8)
            length, code = struct.unpack("!ii", head)
            rest = _exactly(client, length - 8)
            if code not in _ASKS_FOR_ENCRYPTION:
                return head + rest
            client.sendall(b"N")

    def _session(self, startup: bytes, client: socket.socket | None = None) -> socket.socket:
        session = socket.create_connection(("127.0.0.1", self._server))
        self._opened.append(session)
        session.sendall(startup)
        _pass_on(session, client)
        return session


def _pass_on(session: socket.socket, client: socket.socket | None) -> bytes:
    """Pass on the server's messages until it waits for the next request. Returns the state of the transaction."""
    while True:
        kind, message = _message(session)
        if client is not None:
            client.sendall(message)
        if kind == b"Z":
            return message[-1:]


def _message(of: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(of, 5)
    return head[:1], head + _exactly(of, struct.unpack("!i", head[1:])[0] - 4)


def _exactly(of: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = of.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return found
