"""Rate windows as the vendor documentation describes them: a request over any of them is refused, not queued.

A refused request counts in no window. The documentation leaves this open, and a client that keeps to the windows sees
no difference.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.sandbox.settings import Limit


class SlidingLimit:
    """At most ``count`` requests in any ``seconds``."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._count = count
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Return the seconds until a request fits in, 0 if it does now; times are seconds of one clock."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) < self._count:
            return 0.0
        return self._times[0] + self._seconds - now

    def record(self, now: float) -> None:
        """Count a request that was let through."""
        self._times.append(now)


class FixedLimit:
    """At most ``count`` requests in a window of ``seconds``.

    It begins with its first request, or, if ``aligned``, at whole multiples of ``seconds`` on the clock.
    """

    def __init__(self, count: int, seconds: float, *, aligned: bool = False) -> None:
        self._seconds = seconds
        self._count = count
        self._aligned = aligned
        self._start = float("-inf")
        self._used = 0

    def wait(self, now: float) -> float:
        """Return the seconds until a request fits in, 0 if it does now."""
        if now >= self._start + self._seconds:
            self._start = now - now % self._seconds if self._aligned else float("-inf")
            self._used = 0
        if self._used < self._count:
            return 0.0
        return self._start + self._seconds - now

    def record(self, now: float) -> None:
        """Count a request that was let through."""
        if not self._used and not self._aligned:
            self._start = now
        self._used += 1


class Limiter:
    """All windows of one credential."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._windows: list[SlidingLimit | FixedLimit] = [
            SlidingLimit(count, seconds) if kind == "sliding" else FixedLimit(count, seconds, aligned=kind == "aligned")
            for count, seconds, kind in limits
        ]

    def admit(self, now: float) -> float:
        """Let a request through and count it (0), or return the seconds to wait, counting nothing."""
        wait = max((window.wait(now) for window in self._windows), default=0.0)
        if wait <= 0:
            for window in self._windows:
                window.record(now)
            return 0.0
        return wait
