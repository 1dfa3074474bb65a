"""One rate window: how it counts requests, and when it has room again. A sliding one and a fixed one.

A server counts a request at some moment between its sending and its answer. So a request under way holds a place in
every window; a place in a sliding window is free one window after the answer came; and a request that the edge of a fixed
window may have passed counts on both sides of it. Times are seconds of one clock that does not go back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

MARGIN = 0.001  # of a window: how far two clocks may drift apart while it lasts, or how far they differ at a whole hour
BUCKETS = 200  # of a sliding window: answers this close together free their places together
LOOK_AGAIN_SECONDS = 0.05  # while only an answer can tell when there is room
LEAST_SHARE = 0.5  # of a sliding window, when others use the same key
SHARE_REGAINED = 0.1  # of the limit, for each window without a refusal


class Period(StrEnum):
    """The windows by the name that users know them by."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until a request may go out, and which window says so (None: the server, without naming one)."""

    seconds: float = 0.0
    period: Period | None = None


NO_WAIT = Wait()


@dataclass(frozen=True, slots=True)
class Allowance:
    """One window as it stands: ``available`` is what creating may still use, ``resets`` when the window is empty again."""

    period: Period
    limit: int
    used: int
    available: int
    seconds: float
    resets: float


class Window(Protocol):
    """Counts requests. ``in_flight`` are those under way, which the caller counts; every method is given the present time."""

    period: Period
    limit: int
    seconds: float

    @property
    def name(self) -> str: ...

    def used(self, now: float, in_flight: int) -> int: ...

    def effective_limit(self, now: float) -> int:
        """What may be used: all of the limit, or less while others use the same key."""

    def resets(self, now: float) -> float: ...

    def seconds_until_free(self, now: float, in_flight: int, places: int) -> float:
        """Seconds until ``places`` more requests may begin."""

    def reserve(self, count: int, now: float, in_flight: int) -> None:
        """Count requests that are about to be sent."""

    def answered(self, began: float, now: float, in_flight: int) -> None:
        """Note that a request sent at ``began``, which is still one of those in flight, was answered."""

    def mark_full(self, until: float, now: float, in_flight: int) -> None:
        """Note that the server takes nothing more in this window before ``until``."""


@dataclass(slots=True)
class Bucket:
    """Answers that came close together, between two times; they free their places together."""

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
    share: float = 1.0  # of the limit that was left to us at ``shared_at``
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
        """Nothing: those in flight are counted by the caller."""

    def answered(self, began: float, now: float, in_flight: int) -> None:
        del began, in_flight
        if self.answers and now - self.answers[-1].first < self.seconds / BUCKETS:
            self.answers[-1].last = now
            self.answers[-1].count += 1
        else:
            self.answers.append(Bucket(now, now))

    def mark_full(self, until: float, now: float, in_flight: int) -> None:
        """Refused although there seemed to be room: others use the key, so a part of it is left to them for a while."""
        used = self.used(now, in_flight) / self.limit
        self.share = min(self.effective_limit(now) / self.limit, max(LEAST_SHARE, used))
        self.shared_at = until

    @property
    def _long(self) -> float:
        return self.seconds * (1 + MARGIN)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a fixed window has counted since the server's window began: ``used`` requests, some of which may have ``spilled``.

    The server's window began between ``earliest`` and ``latest`` (None: no answer to a request sent since ``opened`` has
    shown that it had). Requests that spilled may have been counted after its end, so they count in the next window too.
    """

    used: int
    spilled: int
    earliest: float
    latest: float | None
    opened: float


@dataclass
class FixedWindow:
    """At most ``limit`` requests in a window that its first request opens or, if ``aligned``, the clock's whole hours do."""

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
        """Treat the window as full until the end that the server gave."""
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
        """Leave a window that is certainly over, and take into the next one what may have been counted there."""
        if self.tally is not None and not in_flight and now >= self.last_answer + self._long:
            self.tally = None
        elif self.tally is not None and self._is_over(self.tally, now):
            self.tally = self._next(self.tally, now, self.tally.spilled + in_flight)
        return self.tally

    def _is_over(self, tally: Tally, now: float) -> bool:
        """Whether the server's window has ended, however late it began."""
        return tally.latest is not None and now >= tally.latest + (self.seconds if self.aligned else self._long)

    def _next(self, tally: Tally, now: float, used: int) -> Tally | None:
        """The window after this one, in which ``used`` requests may have been counted already."""
        if self.aligned:
            return self._opened(now, used)
        return replace(self._opened(now, used), earliest=tally.earliest + self.seconds) if used else None
