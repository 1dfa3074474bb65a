"""The quota of one credential: its rate windows on the clock, and what of them the ledger has to keep."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importer.dispatcher.pacing.local_time import in_local_words
from importer.dispatcher.pacing.rate_windows import Wait
from importer.dispatcher.pacing.windows import Windows
from importer.errors import QuotaReached


class SteadyClock:
    """Seconds since the epoch, as the machine's clock shows them, but never going back while the program runs.

    Unlike the monotonic clock it goes on while a laptop sleeps.
    """

    def __init__(self) -> None:
        self._ahead = self._last = 0.0

    def __call__(self) -> float:
        now = time.time() + self._ahead
        if now < self._last:
            self._ahead += self._last - now
            now = self._last
        self._last = now
        return now


@dataclass
class Quota:
    """What one API's credential may still ask; ``scope`` is the credential's fingerprint."""

    api: str
    scope: str
    windows: Windows
    clock: SteadyClock
    _changed: bool = False

    def room(self) -> int:
        """How many requests that create may begin now."""
        return self.windows.room(self.clock())

    def wait(self, *, reading: bool = False) -> Wait:
        return self.windows.wait(self.clock(), reading=reading)

    def grant(self, count: int) -> None:
        """Count requests before they are sent; what ``changes`` says then must be on disk before the first byte goes out."""
        self.windows.grant(count, self.clock())
        self._changed = True

    def answered(self, began: float) -> None:
        self.windows.answered(began, self.clock())
        self._changed = True

    def refused(self, seconds: float) -> None:
        self.windows.refused(seconds, self.clock())
        self._changed = True

    def changes(self) -> dict[str, str]:
        """What the ledger has to keep since this was last asked: nothing for an API without limits that has not refused."""
        now = self.clock()
        if not self._changed or not (self.windows.windows or now < self.windows.blocked_until):
            return {}
        self._changed = False
        return {self.scope: json.dumps(self.windows.dump(now), separators=(",", ":"))}

    def load(self, kept: str | None, before: Iterable[tuple[float, int]] = ()) -> None:
        """Go on from what the ledger kept; if it has not counted yet, from the attempts ``before``."""
        if kept is not None:
            self.windows.load(json.loads(kept), self.clock())
        else:
            self.windows.replay(before, seconds=1.0)

    def reached(self, wait: Wait) -> QuotaReached:
        """The error that says so, for whoever does not wait."""
        why = f"its {ADJECTIVE[wait.period]} quota is used up" if wait.period else "it asked to wait"
        return QuotaReached(f"{self.api} takes nothing before {in_local_words(self.clock(), wait.seconds)}: {why}.")


ADJECTIVE: Mapping[str | None, str] = {"minute": "minute's", "hour": "hourly", "day": "daily"}
