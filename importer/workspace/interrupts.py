"""Interrupts while entries are sent or waited for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from importer.workspace.console import Console


@contextmanager
def interrupts(stopping: asyncio.Event, console: Console) -> Iterator[None]:
    """Handle SIGINT and SIGTERM: the first one sets ``stopping``, the second one cancels the run with KeyboardInterrupt."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt() -> None:
        if stopping.is_set() and task is not None:
            task.cancel()
            return
        console.note("Finishing what is in flight; interrupt again to stop at once.")
        stopping.set()

    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)
            try:
                loop.add_signal_handler(number, interrupt)
                stack.callback(signal.signal, number, before)
                stack.callback(loop.remove_signal_handler, number)
            except (NotImplementedError, RuntimeError, ValueError):
                pass  # Windows and threads other than the main one: the default, KeyboardInterrupt, stops at once
        try:
            yield
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
