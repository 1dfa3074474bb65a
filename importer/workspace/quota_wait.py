"""The wait for a quota with nothing under way: meanwhile the ledger is let go, so that others can stage, approve and resolve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from importer.errors import LedgerError, LedgerHeld
from importer.ledger.ledger import Ledger
from importer.workspace.console import Console
from importer.workspace.interrupts import interrupts
from importer.workspace.progress import ProgressTracker

SHORTEST_SECONDS = 0.05
LONGEST_SLEEP_SECONDS = 20.0  # the clock is checked again after that, because the machine may have slept
POLL_SECONDS = 0.25  # between two tries to take the ledger that another process holds
NOTED_AFTER_SECONDS = 5.0  # of waiting for that process
SECONDS_AFTER_INTERRUPT = 10.0  # in which the ledger is waited for so that the reports can be written
_LET_GO = "This run waits for a quota and has let go of the ledger."


def wait_for_quota(
    ledger: Ledger, seconds: float, clock: Callable[[], float], tracker: ProgressTracker, console: Console
) -> bool:
    """Let go of the ledger, wait, and take it again, waiting for any process that has it by then.

    ``clock`` returns seconds and must not go back. Returns whether the user has interrupted the wait; the ledger may then not
    be open. Raises LedgerError if it cannot be taken again, KeyboardInterrupt at a second interrupt.
    """
    return asyncio.run(_wait(ledger, clock() + max(seconds, SHORTEST_SECONDS), clock, tracker, console))


async def _wait(ledger: Ledger, until: float, clock: Callable[[], float], tracker: ProgressTracker, console: Console) -> bool:
    stopping = asyncio.Event()
    with interrupts(stopping, console):
        ledger.let_go(LedgerError(_LET_GO))  # others see it from here on, and may interrupt this run at once
        following = asyncio.create_task(tracker.follow())
        try:
            while not stopping.is_set() and (left := until - clock()) > 0:
                ledger.hold.beat()
                await _pause(stopping, min(left, LONGEST_SLEEP_SECONDS))
            await _take_again(ledger, stopping, console)
        finally:
            following.cancel()
    return stopping.is_set()


async def _take_again(ledger: Ledger, stopping: asyncio.Event, console: Console) -> None:
    """Take the ledger as soon as no other process has it; after an interrupt for a short time only."""
    waited = since_interrupt = 0.0
    while True:
        try:
            return ledger.take_again()
        except LedgerHeld as error:
            if since_interrupt >= SECONDS_AFTER_INTERRUPT:
                return ledger.let_go(LedgerError(f"{error} `importer report` then writes what could not be written now."))
            if waited < NOTED_AFTER_SECONDS <= waited + POLL_SECONDS:
                console.note(f"{error} Sending goes on then.")
            was_interrupted = stopping.is_set()
            await (asyncio.sleep(POLL_SECONDS) if was_interrupted else _pause(stopping, POLL_SECONDS))
            waited += POLL_SECONDS
            since_interrupt += POLL_SECONDS if was_interrupted else 0.0


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait for an interrupt, at most for ``seconds``."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
