"""The clock that the rate windows are kept on."""

from __future__ import annotations

import time


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
