"""One lane per API: how many requests may be under way, when it pauses, when it gives up. Pure but for its clock."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.domain.kinds import Kind

TRIP_AFTER = 8  # failures in a row after which only one request at a time probes the API
PROBES = 5  # failed probes after which the lane gives up for this run
LONGEST_BACKOFF = 30  # times the base delay
RETRY_SHARE = 0.1  # of the requests may be repeats; what is beyond that waits
RETRY_RESERVE = 10.0  # repeats that need not wait for a share


@dataclass
class Lane:
    """The way to one API for one kind of entry."""

    kind: Kind
    slots: int
    base_delay: float
    clock: Callable[[], float]
    quota: RateLimits | None = None
    in_flight: int = 0
    failures: int = 0
    probes: int = 0
    throttles: int = 0
    paused_until: float = 0.0
    stopped: str | None = None
    retries: dict[int, int] = field(default_factory=dict)
    budget: float = RETRY_RESERVE
    budget_at: float | None = None
    pressure: Pressure = field(init=False)

    def __post_init__(self) -> None:
        self.pressure = Pressure(self.slots)

    def free(self) -> int:
        """How many requests may start now."""
        if self.stopped or self.clock() < self.paused_until:
            return 0
        free = max(0, self._most - self.in_flight)
        return min(free, self.quota.next_permit().count) if free and self.quota is not None else free

    @property
    def full(self) -> bool:
        """Whether only an answer can make room: as many requests are under way as may be."""
        return self.in_flight >= self._most

    @property
    def _most(self) -> int:
        return 1 if self.tripped else self.pressure.slots

    @property
    def tripped(self) -> bool:
        return self.failures >= TRIP_AFTER

    def pause(self) -> float:
        """Seconds until requests may start again."""
        quota = self.quota.next_permit().wait.seconds if self.quota is not None else 0.0
        return max(0.0, self.paused_until - self.clock(), quota)

    def note(self, outcome: Outcome, seconds: float | None = None) -> None:
        """Learn from an outcome: pause, trip, stop or recover; give the API more or fewer at once.

        ``seconds`` is how long it took; None for what does not compare with the others, such as a file.
        """
        if outcome.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            self.pressure.refused()
        elif outcome.verdict in _DECIDED and seconds is not None:
            self.pressure.answered(seconds)
        if outcome.verdict is OutcomeKind.STOPPED:
            self.stopped = self.stopped or outcome.detail or "the API refused the account"
        elif outcome.verdict is OutcomeKind.THROTTLED:
            if self.clock() >= self.paused_until:  # those that were under way together are one refusal
                self.throttles += 1  # a server that goes on refusing is asked less and less often, whatever it says
            self._pause_for(max(outcome.wait_seconds, self.base_delay * min(2**self.throttles, LONGEST_BACKOFF) / 2))
        elif outcome.verdict in {OutcomeKind.NOTHING, OutcomeKind.IN_DOUBT}:
            self._fail(outcome)
        else:
            self.failures = self.probes = self.throttles = 0

    def _fail(self, outcome: Outcome) -> None:
        if self.tripped and self.in_flight == 0:
            self.probes += 1
        self.failures += 1
        if self.probes >= PROBES:
            self.stopped = self.stopped or f"the API does not work ({outcome.detail or 'no answer'})"
        elif self.tripped:
            self._pause_for(self.base_delay * 2**self.probes * random.uniform(0.5, 1))  # noqa: S311  (jitter)

    def _pause_for(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, self.clock() + seconds)

    def started(self) -> None:
        """A request begins: it earns a share of a repeat."""
        self.in_flight += 1
        self.budget = min(RETRY_RESERVE, self.budget + RETRY_SHARE)

    def backoff(self, entry_id: int) -> float:
        """Seconds until this entry may be tried again: doubling with full jitter, and later if repeats are overspent.

        Repeats may be a tenth of the requests; besides that one is allowed every base delay, so that the last entries
        of a run come to an end. The budget goes below zero: each repeat that is put off takes its place in the line.
        """
        tries = self.retries[entry_id] = self.retries.get(entry_id, 0) + 1
        now = self.clock()
        earned = 0.0 if self.budget_at is None else (now - self.budget_at) / self.base_delay
        self.budget = min(RETRY_RESERVE, self.budget + earned) - 1
        self.budget_at = now
        in_line = max(0.0, -self.budget) * self.base_delay
        return max(in_line, random.uniform(0, self.base_delay * min(2**tries, LONGEST_BACKOFF)))  # noqa: S311  (jitter)

    def settled(self, entry_id: int) -> None:
        self.retries.pop(entry_id, None)


_DECIDED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.EXISTS, OutcomeKind.REFUSED})


SMOOTHING = 0.1  # the weight of the newest answer


SLOWER = 3  # times the best


SLOWER_SECONDS = 0.25  # and by so much: on a quick network threefold is noise


FORGETTING = 0.0005  # the share of the way by which the best follows what is usual now


GENTLE, HARD = 0.9, 0.5


SLOWEST_SHARE = 0.25


@dataclass
class Pressure:
    """The requests that may be under way at once: between 1 and ``most``."""

    most: int
    allowed: float = 0.0
    best: float = math.inf
    usual: float = math.nan
    settling: int = 0

    def __post_init__(self) -> None:
        self.allowed = float(self.most)

    @property
    def slots(self) -> int:
        return max(1, int(self.allowed))

    def refused(self) -> None:
        """The API said that it is too much, or that it is overloaded."""
        self.settling = max(0, self.settling - 1)
        self._step_down(HARD, 1.0)

    def answered(self, seconds: float) -> None:
        """The API did its work, and took so long for it."""
        self.settling = max(0, self.settling - 1)
        self.usual = seconds if math.isnan(self.usual) else self.usual + SMOOTHING * (seconds - self.usual)
        self.best = min(self.best, self.usual)
        self.best += FORGETTING * (self.usual - self.best)
        if self.usual > SLOWER * self.best and self.usual > self.best + SLOWER_SECONDS:
            self._step_down(GENTLE, max(1.0, self.most * SLOWEST_SHARE))
        else:
            self.allowed = min(float(self.most), self.allowed + 1 / self.allowed)

    def _step_down(self, share: float, least: float) -> None:
        if self.settling:
            return
        self.settling = self.slots
        self.allowed = min(self.allowed, max(least, self.allowed * share))
