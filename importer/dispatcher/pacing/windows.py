"""The rate windows of one credential as a value: what is used, how much room there is, when there is more.

Where a vendor leaves open when a fixed window begins, both readings are kept: from its first request, and at whole hours
of the clock.

pyrate-limiter, limits and aiolimiter count a request at one instant and keep a store of their own, so neither the time in
which a server may have counted it nor a shared commit with the ledger can be had from them. Times are seconds of one clock
that does not go back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from importer.dispatcher.pacing.rate_windows import MARGIN, NO_WAIT, Allowance, Fixed, Period, Sliding, Wait, Window

RESERVE = 0.01  # of a limit is kept back from creating, so that what is in doubt can always be looked up
COUNTED_WITHIN_SECONDS = 60.0  # a request that a crash cut off was counted by then
ROUNDED = 0.1  # of a wait that a server names, at most a second: it may have been rounded down
UNLIMITED = 1_000_000_000


@dataclass
class Windows:
    """All windows of one credential, and until when the server has said that it takes nothing."""

    windows: tuple[Window, ...] = ()
    lengths: tuple[float, ...] = ()  # of the documented periods, limited or not; empty if nothing is documented
    flying: int = 0
    blocked: Wait = NO_WAIT
    blocked_until: float = -math.inf

    def room(self, now: float, *, reading: bool = False) -> int:
        """How many requests may go out now; ``reading`` ones may use what is kept back from those that create."""
        if now < self.blocked_until:
            return 0
        free = UNLIMITED
        for window in self.windows:
            kept = 0 if reading else reserve(window.limit)
            free = min(free, window.most(now) - kept - window.used(now, self.flying))
        return max(0, free)

    def wait(self, now: float, *, reading: bool = False) -> Wait:
        """How long until one request may go out, and which window is full longest."""
        waits = [Wait(self.blocked_until - now, self.blocked.period)] if now < self.blocked_until else []
        for window in self.windows:
            kept = 0 if reading else reserve(window.limit)
            missing = window.used(now, self.flying) + 1 + kept - window.most(now)
            if missing > 0:
                waits.append(Wait(window.frees(now, self.flying, missing), window.period))
        return max(waits, key=lambda wait: wait.seconds, default=NO_WAIT)

    def grant(self, count: int, now: float) -> None:
        """Count requests that are about to be sent."""
        for window in self.windows:
            window.used(now, self.flying)  # leaves a window that is over
            window.grant(count, now)
        self.flying += count

    def answered(self, began: float, now: float) -> None:
        """A request that was sent at ``began`` has come back, or nothing more is to be heard of it."""
        for window in self.windows:
            window.used(now, self.flying)
        self.flying = max(0, self.flying - 1)
        for window in self.windows:
            window.answer(began, now)

    def refused(self, seconds: float, now: float) -> None:
        """The server refused a request and named a wait: the window that it points to is full, whoever filled it.

        That is the shortest one that is not shorter than the wait.
        """
        until = now + seconds + min(1.0, seconds * ROUNDED)
        fitting = (period for period, long in zip(Period, self.lengths, strict=False) if seconds <= long * (1 + MARGIN) + 1)
        period = next(fitting, Period.DAY) if self.lengths else None
        window = next((window for window in self.windows if window.period is period), None)
        if until > self.blocked_until:
            self.blocked_until, self.blocked = until, Wait(seconds, period)
        if window is not None:
            window.fill(until, now, self.flying)

    def allowances(self, now: float) -> list[Allowance]:
        """Every period as it stands; of two readings of the same period the tighter one."""
        found: dict[Period, Allowance] = {}
        for window in self.windows:
            used = window.used(now, self.flying)
            room = max(0, window.most(now) - reserve(window.limit) - used)
            known = Allowance(window.period, window.limit, used, room, window.seconds, window.resets(now))
            if window.period not in found or used > found[window.period].used:
                found[window.period] = known
        return list(found.values())

    def dump(self, now: float) -> dict[str, Any]:
        """What the ledger keeps."""
        blocked = [self.blocked_until, self.blocked.seconds, self.blocked.period] if now < self.blocked_until else None
        kept = {window.name: window.dump() for window in self.windows}
        return {"at": now, "flying": self.flying, "blocked": blocked, "windows": kept}

    def load(self, kept: Mapping[str, Any], now: float) -> None:
        """Go on from what was kept. Requests that were under way then were counted soon after.

        If the clock was set back meanwhile, the times move with it: no place is free sooner, and none is lost for long.
        """
        shift = max(0.0, kept["at"] - now)
        counted_by = min(now, kept["at"] - shift + COUNTED_WITHIN_SECONDS)
        self.flying = int(kept["flying"])
        if kept["blocked"]:
            until, seconds, period = kept["blocked"]
            self.blocked_until, self.blocked = until - shift, Wait(seconds, Period(period) if period else None)
        for window in self.windows:
            if window.name in kept["windows"]:
                window.load(kept["windows"][window.name], shift)
        for _ in range(self.flying):
            self.answered(-math.inf, counted_by)
        for window in self.windows:
            if isinstance(window, Fixed):
                window.was_begun(counted_by)

    def replay(self, requests: Iterable[tuple[float, int]], seconds: float) -> None:
        """Count what a ledger knows from before it counted: requests by the second from which on they were sent."""
        for began, count in requests:
            self.grant(count, began)
            for _ in range(count):
                self.answered(began, began + seconds)


def reserve(limit: int) -> int:
    """What is kept back from creating, for looking up."""
    return math.ceil(limit * RESERVE) if limit > 1 else 0


def windows_of(counts: tuple[int, int, int], lengths: tuple[float, float, float]) -> Windows:
    """The documented kinds: a sliding minute, a fixed hour, a fixed day from the first request; a count of 0 is no limit.

    Where the hour begins is not documented, so it is counted both ways.
    """
    (minute, hour, day), (minute_seconds, hour_seconds, day_seconds) = counts, lengths
    found: list[Window] = []
    if minute:
        found.append(Sliding(Period.MINUTE, minute, minute_seconds))
    if hour:
        found += (Fixed(Period.HOUR, hour, hour_seconds, aligned) for aligned in (False, True))
    if day:
        found.append(Fixed(Period.DAY, day, day_seconds))
    return Windows(tuple(found), lengths if found else ())
