"""The throttle of one API: how many requests are made at once, when a run pauses, and when it gives up."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.pacing.rate_limits import Permit, RateLimits
from importer.dispatcher.pacing.rate_windows import Wait

OPEN_AFTER = 8  # failures in a row after which only one request at a time probes the API
PROBES = 5  # failed probes after which the run gives the API up
_OVERLOADED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_DECIDED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.CONTRADICTED, OutcomeKind.EXISTS, OutcomeKind.REFUSED})
MOST_CONTRADICTIONS = 3  # in a row, after which nothing more is sent: the API changes what it is given
NOT_BY_WAITING = Permit(0, Wait(math.inf))
"""No request may begin before an answer comes, or in this run at all."""


@dataclass
class AdaptiveLimit:
    """The number of requests that may be in flight at once, from 1 to ``most``. An overload halves it, an answer adds one.

    The answers to requests that were in flight during an overload do not change it again, because they show the same overload.
    """

    most: int
    value: int = field(init=False)
    _settling: int = 0

    def __post_init__(self) -> None:
        self.value = self.most

    def overloaded(self) -> None:
        """Halve the limit, once for all requests that were in flight together."""
        if not self._has_settled():
            return
        self._settling = self.value - 1
        self.value = max(1, self.value // 2)

    def answered(self) -> None:
        """Raise the limit by one, up to ``most``."""
        if self._has_settled():
            self.value = min(self.most, self.value + 1)

    def _has_settled(self) -> bool:
        if self._settling == 0:
            return True
        self._settling -= 1
        return False


@dataclass
class ApiThrottle:
    """Decides whether a request that creates may begin now, from the rate limits, pauses, failures and requests in flight.

    ``base_delay`` is the shortest backoff in seconds, ``longest_wait`` the longest wait in seconds that this run accepts.
    ``waits_too_long`` is what the last permit was refused for: the wait was longer than that. It stays true while the wait
    passes, until the next permit is asked for.
    """

    limits: RateLimits
    concurrency: int
    base_delay: float
    longest_wait: float = math.inf
    in_flight: int = 0
    failures: int = 0
    probes: int = 0
    refusals: int = 0
    contradictions: int = 0
    paused_until: float = 0.0
    stopped: str | None = None
    waits_too_long: bool = False
    adaptive: AdaptiveLimit = field(init=False)
    retries: RetryBudget = field(init=False)

    def __post_init__(self) -> None:
        self.adaptive = AdaptiveLimit(self.concurrency)
        self.retries = RetryBudget(self.base_delay, self.limits.clock)

    def next_permit(self) -> Permit:
        """Return how many requests may begin now, or how long to wait before the next call."""
        free = (1 if self.circuit_open else self.adaptive.value) - self.in_flight
        wait = self.wait()
        self.waits_too_long = wait.seconds > self.longest_wait
        if self.stopped or free <= 0 or self.waits_too_long:
            return NOT_BY_WAITING
        if wait.seconds > 0:
            return Permit(0, wait)
        return Permit(min(free, self.limits.next_permit().count))

    def wait(self) -> Wait:
        """Return the time until requests may begin again, whatever is in flight, with the window that requires it."""
        wait, pause = self.limits.next_permit().wait, self.paused_until - self.limits.clock()
        return wait if wait.seconds >= pause else Wait(pause)

    @property
    def circuit_open(self) -> bool:
        """Whether so many requests have failed in a row that only one at a time is sent, as a probe."""
        return self.failures >= OPEN_AFTER

    def note(self, outcome: Outcome) -> None:
        """Adapt to an outcome: pause, open or close the circuit, stop, and change the number of requests at once."""
        if outcome.status in _OVERLOADED:
            self.adaptive.overloaded()
        elif outcome.verdict in _DECIDED:
            self.adaptive.answered()
        self._count_contradictions(outcome)
        if outcome.verdict is OutcomeKind.STOPPED:
            self.stopped = self.stopped or outcome.detail or "the API refused the account"
        elif outcome.verdict is OutcomeKind.THROTTLED:
            self._refused(outcome.wait_seconds)
        elif outcome.verdict in {OutcomeKind.NOTHING, OutcomeKind.IN_DOUBT}:
            self._failed(outcome.detail or "no answer")
        else:
            self.failures = self.probes = self.refusals = 0

    def _count_contradictions(self, outcome: Outcome) -> None:
        """Stop if several cases in a row were created with other values than were sent."""
        self.contradictions = self.contradictions + 1 if outcome.verdict is OutcomeKind.CONTRADICTED else 0
        if self.contradictions >= MOST_CONTRADICTIONS:
            self.stopped = self.stopped or f"{MOST_CONTRADICTIONS} cases in a row were created with other values than were sent"

    def _refused(self, seconds: float) -> None:
        if self.limits.clock() >= self.paused_until:  # requests that were in flight together count as one refusal
            self.refusals += 1  # repeated refusals lengthen the pause, even if the server asks for a shorter one
        self._pause_for(max(seconds, self.base_delay * min(2**self.refusals, LONGEST_BACKOFF) / 2))

    def _failed(self, why: str) -> None:
        if self.circuit_open and self.in_flight == 0:
            self.probes += 1
        self.failures += 1
        if self.probes >= PROBES:
            self.stopped = self.stopped or f"the API does not work ({why})"
        elif self.circuit_open:
            self._pause_for(self.base_delay * 2**self.probes * random.uniform(0.5, 1))  # noqa: S311  (jitter)

    def _pause_for(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, self.limits.clock() + seconds)

    def started(self) -> None:
        """Count a request that begins, also in the retry budget."""
        self.in_flight += 1
        self.retries.earn()


LONGEST_BACKOFF = 30  # times the base delay


RETRY_SHARE = 0.1  # of the requests may be retries; further ones wait


RETRY_RESERVE = 10.0  # retries that are allowed before a share is earned


@dataclass
class RetryBudget:
    """The retries of one API's requests: the failed tries of each entry, and the retries that are available.

    Retries may be a tenth of the requests. One more is allowed every ``base_delay`` seconds, so that the last entries of a
    run are tried again as well.
    """

    base_delay: float
    clock: Callable[[], float]
    tries: dict[int, int] = field(default_factory=dict)
    available: float = RETRY_RESERVE
    _spent_at: float | None = None

    def earn(self) -> None:
        """Add the share of a retry that a new request makes available."""
        self.available = min(RETRY_RESERVE, self.available + RETRY_SHARE)

    def backoff(self, entry_id: int) -> float:
        """Return the seconds until this entry may be tried again: doubling with full jitter, and longer if no retry is available.

        ``available`` then goes below zero, so that each further retry waits for the ones before it.
        """
        tries = self.tries[entry_id] = self.tries.get(entry_id, 0) + 1
        now = self.clock()
        earned = 0.0 if self._spent_at is None else (now - self._spent_at) / self.base_delay
        self.available = min(RETRY_RESERVE, self.available + earned) - 1
        self._spent_at = now
        in_line = max(0.0, -self.available) * self.base_delay
        return max(in_line, random.uniform(0, self.base_delay * min(2**tries, LONGEST_BACKOFF)))  # noqa: S311  (jitter)

    def settled(self, entry_id: int) -> None:
        """Forget the tries of an entry that is not tried again."""
        self.tries.pop(entry_id, None)
