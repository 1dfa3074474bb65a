"""The limit on failed logins, by user and by address, so that passwords cannot be tried out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

MOST_TRIES = 5
WINDOW_SECONDS = 900.0
MOST_NAMES = 10_000


@dataclass
class FailedTries:
    """Failed logins of the last quarter of an hour, by name."""

    now: Callable[[], float] = monotonic
    _failed: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, names: Iterable[str]) -> float:
        """Return the seconds until one of these may try again; 0 if all may."""
        with self._lock:
            return max((self._wait_of(name) for name in names), default=0.0)

    def add(self, names: Iterable[str]) -> None:
        """Count a failed try of these."""
        with self._lock:
            if len(self._failed) > MOST_NAMES:
                self._failed = {name: times for name, times in self._failed.items() if self._recent(times)}
            for name in names:
                self._failed.setdefault(name, deque(maxlen=MOST_TRIES)).append(self.now())

    def forget(self, names: Iterable[str]) -> None:
        """Forget the failed tries of these, after one that succeeded."""
        with self._lock:
            for name in names:
                self._failed.pop(name, None)

    def _wait_of(self, name: str) -> float:
        times = self._recent(self._failed.get(name, deque()))
        return times[0] + WINDOW_SECONDS - self.now() if len(times) >= MOST_TRIES else 0.0

    def _recent(self, times: Iterable[float]) -> list[float]:
        return [time for time in times if self.now() - time < WINDOW_SECONDS]
