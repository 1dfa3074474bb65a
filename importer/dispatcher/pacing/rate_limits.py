"""The rate limits of one credential: how many requests may begin now, how long to wait, and the counts that are stored.

Debitura does not document when its hour begins. Its requests are therefore counted in two windows: in one that begins with
its first request, and in one that begins at whole hours of the clock. docs/decisions/rate-windows.md has the reasons.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from importer.dispatcher.pacing.local_time import in_local_words
from importer.dispatcher.pacing.rate_windows import (
    MARGIN,
    NO_WAIT,
    Allowance,
    Bucket,
    FixedWindow,
    Period,
    SlidingWindow,
    Tally,
    Wait,
    Window,
)
from importer.errors import QuotaReached

KEPT_BACK = 0.01  # the share of a limit that is reserved for reading, so that doubts can always be settled
COUNTED_WITHIN_SECONDS = 60.0  # a server counts a request within this time, also if a crash interrupted it
ROUNDED = 0.1  # the share added to a wait that a server gives, at most a second, because it may be rounded down
UNLIMITED = 1_000_000_000
ADJECTIVE: Mapping[str | None, str] = {"minute": "minute's", "hour": "hourly", "day": "daily"}


@dataclass(frozen=True, slots=True)
class Permit:
    """The number of requests that may begin now. If it is 0, ``wait`` is the time until :meth:`next_permit` is called again."""

    count: int
    wait: Wait = NO_WAIT


@dataclass
class RateLimits:
    """The requests that one credential may make: limited by its windows, and by waits that the server asked for.

    ``credential`` is the credential's fingerprint. ``lengths`` are the lengths in seconds of the documented minute, hour and
    day, whether they have a limit or not; empty if no limits are documented. ``in_flight`` counts the requests that are not
    answered yet. Until ``blocked_until`` no request may begin: a server refused one, and asked for the wait ``blocked``. Times
    are seconds of ``clock``, which must not go back.
    """

    api: str
    credential: str
    windows: tuple[Window, ...]
    lengths: tuple[float, ...]
    clock: Callable[[], float]
    in_flight: int = 0
    blocked: Wait = NO_WAIT
    blocked_until: float = -math.inf
    _changed: bool = False

    @classmethod
    def documented(
        cls,
        api: str,
        credential: str,
        counts: tuple[int, int, int],
        lengths: tuple[float, float, float],
        clock: Callable[[], float],
    ) -> Self:
        """Return limits of the documented kinds: a sliding minute, a fixed hour, and a fixed day from the first request.

        ``counts`` are the requests allowed in a minute, an hour and a day; 0 means unlimited. ``lengths`` are the seconds of
        these periods. The hour is counted from its first request and at whole hours, because its begin is not documented.
        """
        (minute, hour, day), (minute_seconds, hour_seconds, day_seconds) = counts, lengths
        windows: list[Window] = []
        if minute:
            windows.append(SlidingWindow(Period.MINUTE, minute, minute_seconds))
        if hour:
            windows += (FixedWindow(Period.HOUR, hour, hour_seconds, aligned) for aligned in (False, True))
        if day:
            windows.append(FixedWindow(Period.DAY, day, day_seconds))
        return cls(api, credential, tuple(windows), lengths if windows else (), clock)

    def next_permit(self, *, reading: bool = False) -> Permit:
        """Return how many requests may begin now, or how long to wait.

        ``reading`` requests may also use the reserve that requests that create may not use.
        """
        now = self.clock()
        count, waits = UNLIMITED, []
        if now < self.blocked_until:
            waits.append(Wait(self.blocked_until - now, self.blocked.period))
        for window in self.windows:
            usable = window.effective_limit(now) - (0 if reading else kept_back(window.limit))
            free = usable - window.used(now, self.in_flight)
            if free <= 0:
                waits.append(Wait(window.seconds_until_free(now, self.in_flight, 1 - free), window.period))
            count = min(count, free)
        return Permit(0, max(waits, key=lambda wait: wait.seconds)) if waits else Permit(count)

    def reserve(self, count: int) -> None:
        """Count requests before they are sent. What :meth:`changes` then returns must be on disk before their first byte."""
        self._reserve(count, self.clock())
        self._changed = True

    def answered(self, began: float) -> None:
        """Note that a request sent at ``began`` was answered, or that its answer was lost."""
        self._answered(began, self.clock())
        self._changed = True

    def refused(self, seconds: float) -> None:
        """Note that the server refused a request and asked for a wait of ``seconds``.

        The shortest window that is not shorter than the wait is taken to be full, even if another program used it up.
        """
        now = self.clock()
        until = now + seconds + min(1.0, seconds * ROUNDED)
        fitting = (period for period, long in zip(Period, self.lengths, strict=False) if seconds <= long * (1 + MARGIN) + 1)
        period = next(fitting, Period.DAY) if self.lengths else None
        window = next((window for window in self.windows if window.period is period), None)
        if until > self.blocked_until:
            self.blocked_until, self.blocked = until, Wait(seconds, period)
        if window is not None:
            window.mark_full(until, now, self.in_flight)
        self._changed = True

    def reached(self, wait: Wait) -> QuotaReached:
        """Return the error for a caller that does not wait so long."""
        why = f"its {ADJECTIVE[wait.period]} quota is used up" if wait.period else "it asked to wait"
        return QuotaReached(f"{self.api} takes nothing before {in_local_words(self.clock(), wait.seconds)}: {why}.")

    def allowances(self) -> list[Allowance]:
        """Return the present allowance of each period. If a period is counted in two windows, the fuller one is returned."""
        now = self.clock()
        found: dict[Period, Allowance] = {}
        for window in self.windows:
            used = window.used(now, self.in_flight)
            available = max(0, window.effective_limit(now) - kept_back(window.limit) - used)
            known = Allowance(window.period, window.limit, used, available, window.seconds, window.resets(now))
            if window.period not in found or used > found[window.period].used:
                found[window.period] = known
        return list(found.values())

    def changes(self) -> dict[str, str]:
        """Return the counts that changed since the last call, as JSON by credential, to be stored.

        Empty for an API without limits that has not refused a request.
        """
        if not self._changed or not (self.windows or self.clock() < self.blocked_until):
            return {}
        self._changed = False
        return {self.credential: json.dumps(self._dump(), separators=(",", ":"))}

    def load(self, kept: str | None, before: Iterable[tuple[float, int]] = ()) -> None:
        """Continue from the counts that the ledger has stored (``kept``).

        Without them, the attempts ``before`` are counted: (second of the epoch in which they began, number of attempts).
        """
        if kept is not None:
            self._load(json.loads(kept))
            return
        for began, count in before:
            self._reserve(count, began)
            for _ in range(count):
                self._answered(began, began + 1.0)

    def _reserve(self, count: int, now: float) -> None:
        for window in self.windows:
            window.reserve(count, now, self.in_flight)
        self.in_flight += count

    def _answered(self, began: float, now: float) -> None:
        for window in self.windows:
            window.answered(began, now, self.in_flight)
        self.in_flight = max(0, self.in_flight - 1)

    def _dump(self) -> dict[str, Any]:
        now = self.clock()
        blocked = [self.blocked_until, self.blocked.seconds, self.blocked.period] if now < self.blocked_until else None
        kept = {window.name: _dump_window(window) for window in self.windows}
        return {"at": now, "flying": self.in_flight, "blocked": blocked, "windows": kept}

    def _load(self, kept: Mapping[str, Any]) -> None:
        """Restore the windows. Requests that were in flight are taken to be counted within ``COUNTED_WITHIN_SECONDS``.

        If the clock has been set back since, all times are moved back by as much: otherwise places would stay occupied for
        longer than a window.
        """
        now = self.clock()
        shift = max(0.0, kept["at"] - now)
        counted_by = min(now, kept["at"] - shift + COUNTED_WITHIN_SECONDS)
        self.in_flight = int(kept["flying"])
        if kept["blocked"]:
            until, seconds, period = kept["blocked"]
            self.blocked_until, self.blocked = until - shift, Wait(seconds, Period(period) if period else None)
        for window in self.windows:
            if window.name in kept["windows"]:
                _load_window(window, kept["windows"][window.name], shift, counted_by)
        for _ in range(self.in_flight):
            self._answered(-math.inf, counted_by)


def kept_back(limit: int) -> int:
    """Return how many requests of a limit are reserved for reading."""
    return math.ceil(limit * KEPT_BACK) if limit > 1 else 0


class SteadyClock:
    """A clock with the seconds since the epoch that never goes back while the program runs.

    Unlike the monotonic clock, it counts the time in which a laptop sleeps.
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


def _dump_window(window: Window) -> list[Any]:
    """Return the state of a window to store, for :func:`_load_window`."""
    if isinstance(window, SlidingWindow):
        return [[round(bucket.last, 3), bucket.count] for bucket in window.answers]
    assert isinstance(window, FixedWindow)
    last, tally = None if window.last_answer == -math.inf else window.last_answer, window.tally
    if tally is None:
        return [0, 0, None, None, 0.0, last]
    return [tally.used, tally.spilled, tally.earliest, tally.latest, tally.opened, last]


def _load_window(window: Window, kept: list[Any], shift: float, counted_by: float) -> None:
    """Restore a window from :func:`_dump_window`, with all times ``shift`` seconds earlier.

    ``counted_by`` is the time by which the server has counted all of its requests.
    """
    if isinstance(window, SlidingWindow):
        window.answers = deque(Bucket(last - shift, last - shift, count) for last, count in kept)
        return
    assert isinstance(window, FixedWindow)
    used, spilled, *times = kept
    earliest, latest, opened, last = (None if time is None else time - shift for time in times)
    window.last_answer = -math.inf if last is None else last
    window.tally = _tally(used, spilled, earliest, latest, opened, counted_by)


def _tally(
    used: int, spilled: int, earliest: float | None, latest: float | None, opened: float | None, counted_by: float
) -> Tally | None:
    if earliest is None or opened is None:
        return None
    if latest is None and opened == earliest:
        latest = counted_by  # the requests that opened the window have been counted
    return Tally(used, spilled, earliest, latest, opened)
