"""One rate window as a value: how it counts requests, and when it has room again. A sliding one and a fixed one.

A server counts a request at some moment between its sending and its answer. So a request under way holds a place in
every window; a place in a sliding window is free one window after the answer came; and a request that the edge of a fixed
window may have passed counts on both sides of it. Times are seconds of one clock that does not go back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

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
    """One window as it stands: ``room`` is what creating may still use, ``resets`` when the window is empty again."""

    period: Period
    limit: int
    used: int
    room: int
    seconds: float
    resets: float


class Window(Protocol):
    """Counts requests; ``flying`` are those under way, which the caller counts."""

    period: Period
    limit: int
    seconds: float

    @property
    def name(self) -> str: ...

    def used(self, now: float, flying: int) -> int: ...

    def most(self, now: float) -> int: ...

    def resets(self, now: float) -> float: ...

    def frees(self, now: float, flying: int, places: int) -> float: ...

    def grant(self, count: int, now: float) -> None: ...

    def answer(self, began: float, now: float) -> None: ...

    def fill(self, until: float, now: float, flying: int) -> None: ...

    def dump(self) -> list[Any]: ...

    def load(self, kept: list[Any], shift: float) -> None: ...


@dataclass
class Sliding:
    """At most ``limit`` requests in any ``seconds``."""

    period: Period
    limit: int
    seconds: float
    _answers: deque[list[float]] = field(default_factory=deque)  # first answer, last answer, how many
    _total: int = 0
    _share: float = 1.0
    _shared_at: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.period} {self.seconds:g}"

    def used(self, now: float, flying: int) -> int:
        kept = now - self.seconds * (1 + MARGIN)
        while self._answers and self._answers[0][1] <= kept:
            self._total -= int(self._answers.popleft()[2])
        return self._total + flying

    def most(self, now: float) -> int:
        """What may be used: all of the limit, or less while others use the same key."""
        if self._share < 1:
            regained = max(0.0, now - self._shared_at) / self.seconds * SHARE_REGAINED
            self._share, self._shared_at = min(1.0, self._share + regained), max(now, self._shared_at)
        return max(1, int(self.limit * self._share))

    def resets(self, now: float) -> float:
        return (self._answers[-1][1] if self._answers else now) + self.seconds * (1 + MARGIN)

    def frees(self, now: float, flying: int, places: int) -> float:
        """Seconds until ``places`` more are free."""
        del flying
        for _, last, count in self._answers:
            places -= int(count)
            if places <= 0:
                return max(0.0, last + self.seconds * (1 + MARGIN) - now)
        return LOOK_AGAIN_SECONDS

    def grant(self, count: int, now: float) -> None:
        """Nothing: those under way are counted by the caller."""

    def answer(self, began: float, now: float) -> None:
        del began
        self._total += 1
        if self._answers and now - self._answers[-1][0] < self.seconds / BUCKETS:
            self._answers[-1][1] = now
            self._answers[-1][2] += 1
        else:
            self._answers.append([now, now, 1])

    def fill(self, until: float, now: float, flying: int) -> None:
        """Refused although there seemed to be room: others use the key, so a part of it is left to them for a while."""
        self._share = min(self.most(now) / self.limit, max(LEAST_SHARE, self.used(now, flying) / self.limit))
        self._shared_at = until

    def dump(self) -> list[Any]:
        return [[round(last, 3), int(count)] for _, last, count in self._answers]

    def load(self, kept: list[Any], shift: float) -> None:
        self._answers = deque([last - shift, last - shift, count] for last, count in kept)
        self._total = sum(int(count) for _, _, count in self._answers)


@dataclass
class Fixed:
    """At most ``limit`` requests in a window that its first request opens or, if ``aligned``, the clock's whole hours do.

    The server's window began between ``_earliest`` and ``_latest`` (None: no answer has told yet). ``_spill`` are the
    requests that may have been counted after its end: they count in the next one too.
    """

    period: Period
    limit: int
    seconds: float
    aligned: bool = False
    _used: int = 0
    _spill: int = 0
    _earliest: float | None = None
    _latest: float | None = None
    _opened: float = 0.0
    _last: float = -math.inf

    @property
    def name(self) -> str:
        return f"{'clock ' if self.aligned else ''}{self.period} {self.seconds:g}"

    def used(self, now: float, flying: int) -> int:
        self._roll(now, flying)
        return self._used

    def most(self, now: float) -> int:
        del now
        return self.limit

    def resets(self, now: float) -> float:
        if self._earliest is None:
            return now + self.seconds
        return (self._latest if self._latest is not None else max(now, self._earliest)) + self.seconds * (1 + MARGIN)

    def frees(self, now: float, flying: int, places: int) -> float:
        del places
        if self._latest is None and flying:
            return LOOK_AGAIN_SECONDS
        ends = self.resets(now) if self._latest is not None else self._last + self.seconds * (1 + MARGIN)
        return max(LOOK_AGAIN_SECONDS, ends - now)

    def grant(self, count: int, now: float) -> None:
        if self._earliest is None:
            self._open(now)
        self._used += count

    def answer(self, began: float, now: float) -> None:
        self._last = now
        if self._earliest is None:
            return
        if self._latest is None and began >= self._opened:
            self._latest = now  # it was counted in this window, which had begun by then
        if now >= self._earliest + self.seconds:
            self._spill += 1

    def fill(self, until: float, now: float, flying: int) -> None:
        """The server says when its window ends; until then there is no room in it."""
        del now, flying
        self._used, self._earliest = max(self._used, self.limit), until - self.seconds * (1 + MARGIN)
        self._latest = self._opened = self._earliest
        self._last = max(self._last, self._earliest)

    def dump(self) -> list[Any]:
        last = None if self._last == -math.inf else self._last
        return [self._used, self._spill, self._earliest, self._latest, self._opened, last]

    def load(self, kept: list[Any], shift: float) -> None:
        self._used, self._spill = kept[:2]
        earliest, latest, opened, last = (None if time is None else time - shift for time in kept[2:])
        self._earliest, self._latest, self._opened = earliest, latest, opened or 0.0
        self._last = -math.inf if last is None else last

    def was_begun(self, by: float) -> None:
        """After a crash: the requests that opened the window have been counted by now."""
        if self._latest is None and self._opened == self._earliest:
            self._latest = by

    def _open(self, now: float) -> None:
        self._spill = 0
        if self.aligned:
            slack = self.seconds * MARGIN
            hour = (now - slack) // self.seconds * self.seconds
            self._earliest, self._latest, self._opened = hour - slack, hour + slack, now
        else:
            self._earliest, self._latest, self._opened = now, None, now

    def _roll(self, now: float, flying: int) -> None:
        """Leave a window that is certainly over, and take into the next one what may have been counted there."""
        if self._earliest is None:
            return
        long = self.seconds * (1 + MARGIN)
        if not flying and now >= self._last + long:
            self._used, self._spill, self._earliest, self._latest = 0, 0, None, None
        elif self._latest is not None and now >= (self._latest + self.seconds if self.aligned else self._latest + long):
            self._used = self._spill + flying
            earliest = self._earliest + self.seconds
            self._open(now)
            if not self.aligned:
                self._earliest = earliest if self._used else None
