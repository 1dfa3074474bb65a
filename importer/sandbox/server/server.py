"""A sandbox that can be started and stopped: in a thread for tests and ``--sandbox``, else in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Self

from importer.errors import SettingsError
from importer.sandbox.fault_plan import FaultPlan
from importer.sandbox.server import control
from importer.sandbox.server.active_faults import ActiveFaults
from importer.sandbox.server.admission import Admission
from importer.sandbox.server.app import App
from importer.sandbox.server.listener import Listener
from importer.sandbox.settings import SandboxSettings
from importer.sandbox.storage.world import World
from importer.sandbox.vendors.creditors import Creditors

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType


class Runner:
    """A sandbox on the running event loop, with its world opened and its port bound."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.world = World(
            settings.data_file,
            access=settings.data_access,
            case_id_from=settings.case_id_from,
            clock_offset_seconds=settings.clock_offset_seconds,
            case_known_seconds=settings.case_known_seconds,
        )
        self.creditors = Creditors(settings.refusals)
        self.faults = ActiveFaults(settings.faults or FaultPlan(), self.go_down)
        self.admission = Admission(settings, self.faults)
        self._stopping = asyncio.Event()
        app = App(settings, self.world, self.creditors, self.faults, self.admission, self._stopping)
        self._listener = Listener(settings, app, self.faults)
        self.loop: asyncio.AbstractEventLoop | None = None
        try:
            self.url = self._listener.bind()
        except SettingsError:
            self.world.close()
            raise

    def go_down(self, seconds: float) -> None:
        """Refuse new connections for some seconds; those that exist go on."""
        self._listener.refuse(seconds)

    async def run(self) -> None:
        """Serve until ``stop``."""
        self.loop = asyncio.get_running_loop()
        try:
            self._listener.open()
            await self._stopping.wait()
        finally:
            self._stopping.set()
            await self._listener.close()
            self.world.close()

    def stop(self) -> None:
        """End ``run``; from any thread."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self.loop.call_soon_threadsafe(self._stopping.set)


class Sandbox:
    """A sandbox in a daemon thread of this process.

    ``start`` raises ``SettingsError`` when the port is taken or the data file cannot be used. After ``stop`` it can be
    started again; without a data file it is then empty. Its contents can be read while it runs and afterwards.
    """

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self._runner: Runner | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen, and return once requests are answered."""
        if self._thread is not None:
            return self
        self._runner = runner = Runner(self.settings)
        ready = threading.Event()

        async def serve() -> None:
            asyncio.get_running_loop().call_soon(ready.set)
            await runner.run()

        self._thread = threading.Thread(target=_run, args=(serve,), name="sandbox", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """Stop, and cut the connections that hang; do nothing if it does not run."""
        if self._thread is not None:
            self._running.stop()
            self._thread.join()
            self._thread = None

    @property
    def url(self) -> str:
        """The base URL of both APIs, without a slash at its end."""
        return self._running.url

    @property
    def cases(self) -> list[dict[str, object]]:
        """All cases in the order of their creation, with what was received; deleted test cases are missing."""
        return [control.case_view(case) for case in list(self._running.world.cases)]

    @property
    def vouchers(self) -> list[dict[str, object]]:
        """All vouchers of all tenants in the order of their creation."""
        world = self._running.world
        return [control.voucher_view(world, voucher) for voucher in list(world.vouchers.values())]

    @property
    def files(self) -> list[dict[str, object]]:
        """All files, without their contents."""
        return [control.file_view(file) for file in list(self._running.world.files.values())]

    @property
    def requests(self) -> dict[str, int]:
        """The number of requests by endpoint, with and without faults; ``connections`` counts connections."""
        return dict(self._running.faults.requests)

    @property
    def faulted(self) -> dict[str, int]:
        """The number of faults by kind."""
        return dict(self._running.faults.faulted)

    @property
    def refused_by_limit(self) -> int:
        """The number of requests that a rate limit refused; 429s that are faults are not counted."""
        return self._running.admission.refused_by_limit

    def set_faults(self, plan: FaultPlan) -> None:
        """Replace the fault plan; requests are counted from here."""
        self._running.faults.replace(plan)

    def set_credentials(self, *, api_keys: tuple[str, ...] | None = None, tokens: tuple[str, ...] | None = None) -> None:
        """Replace the accepted credentials; None leaves them as they are."""
        self._running.admission.accept(api_keys, tokens)

    def go_down(self, seconds: float) -> None:
        """Refuse new connections (ECONNREFUSED) for some seconds; connections that exist go on."""
        self._do(partial(self._running.go_down, seconds))

    def sign(self, *creditors: str) -> None:
        """Accept the cases of creditors that ``refusals`` names, as if they had signed on Debitura's page."""
        self._do(partial(self._running.creditors.sign, creditors))

    def delete_voucher(self, voucher_id: str) -> None:
        """Delete a voucher as a user of Debbie does; ``SettingsError`` if it does not exist."""
        self._do(partial(control.delete_vouchers, self._running.world, [voucher_id]))

    def _do(self, change: Callable[[], None]) -> None:
        """Make a change on the event loop, between two requests."""

        async def do() -> None:
            change()

        loop = self._running.loop
        assert loop is not None
        asyncio.run_coroutine_threadsafe(do(), loop).result()

    @property
    def _running(self) -> Runner:
        if self._runner is None:
            raise RuntimeError("The sandbox has not been started.")
        return self._runner


def serve_forever(settings: SandboxSettings, on_ready: Callable[[str], None] | None = None) -> None:
    """Run a sandbox in the foreground until SIGINT or SIGTERM, which end it cleanly.

    ``on_ready`` gets the URL as soon as requests are answered. Raises ``SettingsError`` like ``Sandbox.start``.
    """
    runner = Runner(settings)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: runner.stop())
            else:
                loop.add_signal_handler(number, runner.stop)
        if on_ready is not None:
            loop.call_soon(on_ready, runner.url)
        await runner.run()

    _run(serve)


def _run(serve: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run on a selector loop, the only kind that can watch a listening socket, on Windows as well."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())
