"""The sliding and the fixed rate window: how they count requests, and when they have room again.

A server counts a request at some moment between its sending and its answer. Therefore a request in flight occupies a place
in every window. Its place in a sliding window is free again one window after its answer. A request that was in flight when
a fixed window ended counts in that window and in the next one. Times are seconds of one clock that does not go back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

MARGIN = 0.001  # the share of a window's length by which our clock and the server's may differ
BUCKETS = 200  # of a sliding window: answers in the same 1/200 of its length are kept as one item, and expire together
LOOK_AGAIN_SECONDS = 0.05  # the wait if the end of a window is unknown until a request in flight is answered
LEAST_SHARE = 0.5  # of a sliding window that is used even if other programs use the same key
SHARE_REGAINED = 0.1  # of the limit that is added to the share for each window without a refusal


class Period(StrEnum):
    """The documented periods, as they are named in messages."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Wait:
    """The time until a request may begin, and the window that requires it (None: a server asked for a wait of that length)."""

    seconds: float = 0.0
    period: Period | None = None


NO_WAIT = Wait()


@dataclass(frozen=True, slots=True)
class Allowance:
    """The present use of one window.

    ``available`` is the number of requests that may still create. ``resets`` is the time at which the window is empty again,
    ``seconds`` its length.
    """

    period: Period
    limit: int
    used: int
    available: int
    seconds: float
    resets: float


class Window(Protocol):
    """A window that counts requests.

    Its methods get the present time (``now``) and the number of requests ``in_flight``, which the caller counts.
    """

    period: Period
    limit: int
    seconds: float

    @property
    def name(self) -> str:
        """The name under which the ledger stores this window's counts."""

    def used(self, now: float, in_flight: int) -> int:
        """Return the requests counted in this window, those in flight included."""

    def effective_limit(self, now: float) -> int:
        """Return the requests allowed in a window: the limit, or less while other programs use the same key."""

    def resets(self, now: float) -> float:
        """Return the time in seconds of the caller's clock at which the window is empty again."""

    def seconds_until_free(self, now: float, in_flight: int, places: int) -> float:
        """Return the seconds until ``places`` more requests may begin."""

    def reserve(self, count: int, now: float, in_flight: int) -> None:
        """Count requests that are about to be sent."""

    def answered(self, began: float, now: float, in_flight: int) -> None:
        """Note that a request sent at ``began`` was answered. It is still counted in ``in_flight``."""

    def mark_full(self, until: float, now: float, in_flight: int) -> None:
        """Note that the server refuses further requests in this window before ``until``."""


@dataclass(slots=True)
class Bucket:
    """The number of answers that came between two times close together, kept as one item."""

    first: float
    last: float
    count: int = 1


@dataclass
class SlidingWindow:
    """At most ``limit`` requests in any ``seconds``."""

    period: Period
    limit: int
    seconds: float
    answers: deque[Bucket] = field(default_factory=deque)
    share: float = 1.0  # of the limit that this program may use from ``shared_at`` on
    shared_at: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.period} {self.seconds:g}"

    def used(self, now: float, in_flight: int) -> int:
        while self.answers and self.answers[0].last <= now - self._long:
            self.answers.popleft()
        return sum(bucket.count for bucket in self.answers) + in_flight

    def effective_limit(self, now: float) -> int:
        regained = max(0.0, now - self.shared_at) / self.seconds * SHARE_REGAINED
        return max(1, int(self.limit * min(1.0, self.share + regained)))

    def resets(self, now: float) -> float:
        return (self.answers[-1].last if self.answers else now) + self._long

    def seconds_until_free(self, now: float, in_flight: int, places: int) -> float:
        del in_flight
        for bucket in self.answers:
            places -= bucket.count
            if places <= 0:
                return max(0.0, bucket.last + self._long - now)
        return LOOK_AGAIN_SECONDS

    def reserve(self, count: int, now: float, in_flight: int) -> None:
        """Do nothing: the caller counts the requests in flight."""

    def answered(self, began: float, now: float, in_flight: int) -> None:
        del began, in_flight
        if self.answers and now - self.answers[-1].first < self.seconds / BUCKETS:
            self.answers[-1].last = now
            self.answers[-1].count += 1
        else:
            self.answers.append(Bucket(now, now))

    def mark_full(self, until: float, now: float, in_flight: int) -> None:
        """Reduce the share of the limit that is used: a refusal here shows that other programs use the same key."""
        used = self.used(now, in_flight) / self.limit
        self.share = min(self.effective_limit(now) / self.limit, max(LEAST_SHARE, used))
        self.shared_at = until

    @property
    def _long(self) -> float:
        return self.seconds * (1 + MARGIN)


@dataclass(frozen=True, slots=True)
class Tally:
    """The requests in one fixed window of the server, and the times between which that window began.

    ``used`` counts its requests. The ``spilled`` ones of them were answered when the window may have been over, so that they
    may belong to the next one, and count there as well. The window began at ``earliest`` or later. It began at ``latest`` or
    earlier; ``latest`` is None until a request that was sent since ``opened`` is answered.
    """

    used: int
    spilled: int
    earliest: float
    latest: float | None
    opened: float


@dataclass
class FixedWindow:
    """At most ``limit`` requests in a window. It begins with its first request or, if ``aligned``, at a whole hour."""

    period: Period
    limit: int
    seconds: float
    aligned: bool = False
    tally: Tally | None = None  # None: no request has been counted since the last window ended
    last_answer: float = -math.inf

    @property
    def name(self) -> str:
        return f"{'clock ' if self.aligned else ''}{self.period} {self.seconds:g}"

    def used(self, now: float, in_flight: int) -> int:
        tally = self._advance(now, in_flight)
        return tally.used if tally else 0

    def effective_limit(self, now: float) -> int:
        del now
        return self.limit

    def resets(self, now: float) -> float:
        if self.tally is None:
            return now + self.seconds
        latest = self.tally.latest
        return (max(now, self.tally.earliest) if latest is None else latest) + self._long

    def seconds_until_free(self, now: float, in_flight: int, places: int) -> float:
        del places
        is_known = self.tally is not None and self.tally.latest is not None
        if not is_known and in_flight:
            return LOOK_AGAIN_SECONDS
        return max(LOOK_AGAIN_SECONDS, (self.resets(now) if is_known else self.last_answer + self._long) - now)

    def reserve(self, count: int, now: float, in_flight: int) -> None:
        tally = self._advance(now, in_flight) or self._opened(now)
        self.tally = replace(tally, used=tally.used + count)

    def answered(self, began: float, now: float, in_flight: int) -> None:
        tally = self._advance(now, in_flight)
        self.last_answer = now
        if tally is None:
            return
        if tally.latest is None and began >= tally.opened:
            tally = replace(tally, latest=now)  # it was counted in this window, which had begun by then
        if now >= tally.earliest + self.seconds:
            tally = replace(tally, spilled=tally.spilled + 1)
        self.tally = tally

    def mark_full(self, until: float, now: float, in_flight: int) -> None:
        """Treat the window as full until the time ``until``, which the server gave."""
        del now, in_flight
        begun = until - self._long
        used, spilled = (self.tally.used, self.tally.spilled) if self.tally else (0, 0)
        self.tally = Tally(max(used, self.limit), spilled, begun, begun, begun)
        self.last_answer = max(self.last_answer, begun)

    @property
    def _long(self) -> float:
        return self.seconds * (1 + MARGIN)

    def _opened(self, now: float, used: int = 0) -> Tally:
        if not self.aligned:
            return Tally(used, 0, now, None, now)
        slack = self.seconds * MARGIN
        hour = (now - slack) // self.seconds * self.seconds
        return Tally(used, 0, hour - slack, hour + slack, now)

    def _advance(self, now: float, in_flight: int) -> Tally | None:
        """Begin the next window if this one is certainly over. Requests that may have been counted there are kept."""
        if self.tally is not None and not in_flight and now >= self.last_answer + self._long:
            self.tally = None
        elif self.tally is not None and self._is_over(self.tally, now):
            self.tally = self._next(self.tally, now, self.tally.spilled + in_flight)
        return self.tally

    def _is_over(self, tally: Tally, now: float) -> bool:
        """Return whether the server's window has ended, even if it began as late as possible."""
        return tally.latest is not None and now >= tally.latest + (self.seconds if self.aligned else self._long)

    def _next(self, tally: Tally, now: float, used: int) -> Tally | None:
        """Return the window after this one, in which ``used`` requests may have been counted already."""
        if self.aligned:
            return self._opened(now, used)
        return replace(self._opened(now, used), earliest=tally.earliest + self.seconds) if used else None
