"""The rate windows of one credential as a value: what is used, how much room there is, when there is more.

A server counts a request at some moment between its sending and its answer. So a request under way holds a place in
every window; a place in a sliding window is free one window after the answer came; and a request that the edge of a fixed
window may have passed counts on both sides of it. Where a vendor leaves open when a fixed window begins, both readings
are kept: from its first request, and at whole hours of the clock.

pyrate-limiter, limits and aiolimiter count a request at one instant and keep a store of their own, so neither these spans
nor a shared commit with the ledger can be had from them. Times are seconds of one clock that does not go back.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

MARGIN = 0.001  # of a window: how far two clocks may drift apart while it lasts, or how far they differ at a whole hour
BUCKETS = 200  # of a sliding window: answers this close together free their places together
RESERVE = 0.01  # of a limit is kept back from creating, so that what is in doubt can always be looked up
LOOK_AGAIN_SECONDS = 0.05  # while only an answer can tell when there is room
COUNTED_WITHIN_SECONDS = 60.0  # a request that a crash cut off was counted by then
ROUNDED = 0.1  # of a wait that a server names, at most a second: it may have been rounded down
LEAST_SHARE = 0.5  # of a sliding window, when others use the same key
SHARE_REGAINED = 0.1  # of the limit, for each window without a refusal
UNLIMITED = 1_000_000_000


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
