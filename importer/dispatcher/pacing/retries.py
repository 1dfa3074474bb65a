"""When an entry whose attempt failed may be tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

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
