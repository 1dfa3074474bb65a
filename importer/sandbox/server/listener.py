"""The loopback port: uvicorn's HTTP protocol on a listener that can be closed and opened again while running.

uvicorn's protocol classes (httptools if installed, else h11) do all of the HTTP. docs/decisions/sandbox.md has the reasons.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from uvicorn import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

from importer.errors import SettingsError
from importer.sandbox.server.active_faults import ActiveFaults
from importer.sandbox.server.app import App
from importer.sandbox.server.fault_effects import reset

if TYPE_CHECKING:
    from importer.sandbox.settings import SandboxSettings

_BACKLOG = 1024
_ACCEPTS_AT_ONCE = 64
_DRAIN_SECONDS = 1.0


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type, unused-ignore]  # the base is chosen at import
    """A connection that the application can reach, and that a fault may end before anything is read."""

    def __init__(self, *, faults: ActiveFaults, config: Config, server_state: ServerState) -> None:
        super().__init__(config=config, server_state=server_state, app_state={"connection": self})
        self._faults = faults

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self._faults.of_connection() is not None:
            reset(transport)


class Listener:
    """The listening socket and the connections of one sandbox. Everything but ``bind`` happens on the event loop."""

    def __init__(self, settings: SandboxSettings, app: App, faults: ActiveFaults) -> None:
        self._faults = faults
        self._state = ServerState()
        self._config = Config(
            app,
            lifespan="off",
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            access_log=False,
            log_config=None,
            log_level="error",
            timeout_keep_alive=settings.keep_alive_seconds,  # type: ignore[arg-type]  # any number of seconds works
        )
        self._family, self._address = _resolve(settings.host, settings.port)
        self._claim: socket.socket | None = None
        self._socket: socket.socket | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._joining: set[asyncio.Task[Any]] = set()

    def bind(self) -> str:
        """Take the port and return the URL; ``SettingsError`` if it is taken."""
        try:
            # A socket that is bound but never listens reserves the port while no connections are accepted.
            self._claim = self._opened(listening=False)
            self._address = self._claim.getsockname()[:2]
            self._socket = self._opened(listening=True)
        except OSError as error:
            self.release()
            host, port = self._address
            raise SettingsError(
                f"The sandbox cannot listen on {host} port {port}: {error.strerror}. Give another port, or 0 for any."
            ) from error
        host, port = self._address
        return f"http://[{host}]:{port}" if self._family == socket.AF_INET6 else f"http://{host}:{port}"

    def open(self) -> None:
        """Accept connections."""
        self._socket = self._socket or self._opened(listening=True)
        self._reopening = None
        asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def refuse(self, seconds: float) -> None:
        """Close the port to new connections for a while; those that exist go on."""
        self._stop_listening()
        self._reopening = asyncio.get_running_loop().call_later(seconds, self.open)

    async def close(self) -> None:
        """Stop listening, let running requests end, and cut the connections that are left."""
        self._stop_listening()
        await asyncio.gather(*self._joining, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.shutdown()
        if tasks := set(self._state.tasks):
            await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
        for connection in list(self._state.connections):
            connection.transport.abort()
        while self._state.connections:  # noqa: ASYNC110 - uvicorn keeps a set, not an event
            await asyncio.sleep(0)
        self.release()

    def release(self) -> None:
        """Release the port."""
        for held in (self._claim, self._socket):
            if held is not None:
                held.close()
        self._claim = self._socket = None

    def _stop_listening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _accept(self) -> None:
        """Accept the connections that are waiting at the port.

        asyncio's own server is not used: in Python 3.11 it loses a connection accepted right before it was closed.
        """
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        for _ in range(_ACCEPTS_AT_ONCE):
            try:
                accepted, _peer = self._socket.accept()
            except OSError:  # no connection is waiting any more, or there are no file descriptors left
                return
            task = loop.create_task(loop.connect_accepted_socket(self._connection, accepted))
            self._joining.add(task)
            task.add_done_callback(self._joining.discard)

    def _connection(self) -> asyncio.Protocol:
        return Connection(faults=self._faults, config=self._config, server_state=self._state)

    def _opened(self, *, listening: bool) -> socket.socket:
        # With the protocol given, asyncio sets TCP_NODELAY on accepted connections; without, each response takes 40 ms.
        opened = socket.socket(self._family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(self._address)
            if listening:
                opened.setblocking(False)
                opened.listen(_BACKLOG)
        except OSError:
            opened.close()
            raise
        return opened


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    if host == "localhost":
        return socket.AF_INET, ("127.0.0.1", port)
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, port)
