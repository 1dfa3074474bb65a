"""Figures of large batches, kept for a while: counting the rows of 100,000 again for each page would take a core for itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, thread_time
from typing import Any, TypeVar

T = TypeVar("T")
CHEAP_SECONDS = 0.3
"""What takes less is found again each time, so that it is never old."""
AGE, LONGEST_SECONDS = 10.0, 60.0
"""How long a figure is kept: so many times what it took, and no longer than that."""


@dataclass
class KnownFigures:
    """Values by key, each with the moment until which it is used. What is done on the page itself forgets them all."""

    now: Callable[[], float] = monotonic
    busy: Callable[[], float] = thread_time
    _found: dict[Hashable, tuple[float, Any]] = field(default_factory=dict)
    _locks: dict[Hashable, Lock] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)
    _changes: int = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, or make it. Of several requests for it at once, one makes it."""
        with self._changing:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            until, value = self._found.get(key, (0.0, None))
            if self.now() < until:
                known: T = value
                return known
            begun, changes = self.busy(), self._changes
            made = make()
            self._keep(key, made, self.busy() - begun, changes)
        return made

    def forget(self) -> None:
        """Find everything again, since something was changed."""
        with self._changing:
            self._changes += 1
            self._found, self._locks = {}, {}

    def _keep(self, key: Hashable, made: object, took: float, changes: int) -> None:
        """Keep a value that was costly, unless something was changed while it was made."""
        with self._changing:
            self._found = {one: (until, value) for one, (until, value) in self._found.items() if self.now() < until}
            if took > CHEAP_SECONDS and changes == self._changes:
                self._found[key] = (self.now() + min(AGE * took, LONGEST_SECONDS), made)
