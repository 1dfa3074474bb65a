"""The commands that jobs run, each as a process of its own: what kills one of them does not kill the worker."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from importer.scheduling.command import importer_command


class JobCommands:
    """The commands of one worker that run now."""

    def __init__(self) -> None:
        self._running: set[asyncio.subprocess.Process] = set()
        self._is_stopping = False

    async def run(self, *arguments: str) -> int:
        """Run ``importer`` with these arguments, and return its exit code, negative for a signal.

        It has a session of its own, so that Ctrl-C at a terminal does not reach it besides the signal of :meth:`stop`.
        """
        if self._is_stopping:
            return -signal.SIGTERM
        process = await asyncio.create_subprocess_exec(
            *importer_command(), *arguments, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        self._running.add(process)
        try:
            return await process.wait()
        finally:
            self._running.discard(process)

    def stop(self) -> None:
        """Let each command finish what is in flight, and end. A second time, end them at once."""
        self._is_stopping = True
        for process in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
