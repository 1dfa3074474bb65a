"""The clock of a watcher, which a test can set."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The present time, a time that only goes forward, and waiting."""

    def now(self) -> datetime:
        """Return the present time, in UTC."""

    def seconds(self) -> float:
        """Return seconds that only increase, from any beginning."""

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until something wakes the watcher."""


class SystemClock:
    """The clock of the system. ``wake`` ends a wait; it may be set by another thread or a signal handler."""

    def __init__(self) -> None:
        self.wake = threading.Event()

    def now(self) -> datetime:
        """Return the present time, in UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Return seconds since an unspecified moment."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until ``wake`` is set, which is cleared then."""
        self.wake.wait(seconds)
        self.wake.clear()
