"""How a run treats one API: how many requests it gives it at once, when it pauses, when it gives up."""

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
"""Nothing may begin before an answer comes, or in this run at all."""


@dataclass
class AdaptiveLimit:
    """The requests that may be under way at once, between 1 and ``most``: halved by an overload, one more for each answer.

    What was under way together with a request that met an overload changes nothing more: it says the same thing.
    """

    most: int
    value: int = field(init=False)
    _settling: int = 0

    def __post_init__(self) -> None:
        self.value = self.most

    def overloaded(self) -> None:
        if not self._has_settled():
            return
        self._settling = self.value - 1
        self.value = max(1, self.value // 2)

    def answered(self) -> None:
        if self._has_settled():
            self.value = min(self.most, self.value + 1)

    def _has_settled(self) -> bool:
        if self._settling == 0:
            return True
        self._settling -= 1
        return False


@dataclass
class ApiThrottle:
    """All that decides whether a request that creates may begin now: limits, pauses, trouble, and how many are under way.

    ``base_delay`` is the shortest backoff in seconds, ``longest_wait`` the longest wait that this run accepts.
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
    adaptive: AdaptiveLimit = field(init=False)
    retries: RetryBudget = field(init=False)

    def __post_init__(self) -> None:
        self.adaptive = AdaptiveLimit(self.concurrency)
        self.retries = RetryBudget(self.base_delay, self.limits.clock)

    def next_permit(self) -> Permit:
        """How many requests may begin now; if none may, how long to wait before asking again."""
        free = (1 if self.circuit_open else self.adaptive.value) - self.in_flight
        wait = self.wait()
        if self.stopped or free <= 0 or wait.seconds > self.longest_wait:
            return NOT_BY_WAITING
        if wait.seconds > 0:
            return Permit(0, wait)
        return Permit(min(free, self.limits.next_permit().count))

    def wait(self) -> Wait:
        """How long until requests may begin again, however many are under way, and which window says so."""
        wait, pause = self.limits.next_permit().wait, self.paused_until - self.limits.clock()
        return wait if wait.seconds >= pause else Wait(pause)

    @property
    def circuit_open(self) -> bool:
        """Whether so many requests have failed in a row that only one at a time probes the API."""
        return self.failures >= OPEN_AFTER

    def note(self, outcome: Outcome) -> None:
        """Learn from an outcome: pause, open the circuit, stop or recover; give the API more or fewer requests at once."""
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
        if self.limits.clock() >= self.paused_until:  # those that were under way together are one refusal
            self.refusals += 1  # a server that goes on refusing is asked less and less often, whatever it says
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
        """A request begins: it earns a share of a repeat."""
        self.in_flight += 1
        self.retries.earn()


LONGEST_BACKOFF = 30  # times the base delay


RETRY_SHARE = 0.1  # of the requests may be repeats; what is beyond that waits


RETRY_RESERVE = 10.0  # repeats that need not wait for a share


@dataclass
class RetryBudget:
    """The repeats of one API's requests: how often each entry was tried in vain, and how many repeats are affordable.

    Repeats may be a tenth of the requests; besides that one is allowed every ``base_delay`` seconds, so that the last
    entries of a run come to an end.
    """

    base_delay: float
    clock: Callable[[], float]
    tries: dict[int, int] = field(default_factory=dict)
    available: float = RETRY_RESERVE
    _spent_at: float | None = None

    def earn(self) -> None:
        """Count a request that begins: it earns a share of a repeat."""
        self.available = min(RETRY_RESERVE, self.available + RETRY_SHARE)

    def backoff(self, entry_id: int) -> float:
        """Seconds until this entry may be tried again: doubling with full jitter, and later if repeats are overspent.

        What is available goes below zero: each repeat that is put off takes its place in the line.
        """
        tries = self.tries[entry_id] = self.tries.get(entry_id, 0) + 1
        now = self.clock()
        earned = 0.0 if self._spent_at is None else (now - self._spent_at) / self.base_delay
        self.available = min(RETRY_RESERVE, self.available + earned) - 1
        self._spent_at = now
        in_line = max(0.0, -self.available) * self.base_delay
        return max(in_line, random.uniform(0, self.base_delay * min(2**tries, LONGEST_BACKOFF)))  # noqa: S311  (jitter)

    def settled(self, entry_id: int) -> None:
        """Forget the tries of an entry that needs no more."""
        self.tries.pop(entry_id, None)
