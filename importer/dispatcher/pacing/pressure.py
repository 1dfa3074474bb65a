"""How many requests an API is given at once: fewer when it refuses or slows down, more again as it recovers. Pure.

The limits of Debbie are not documented; this finds them. A refusal (429, 503) halves what may be under way, down to one.
An API that answers far slower than it has is given a tenth less, down to a quarter: below that the slowness is not ours.
Each answer in time gives back a share. A round of answers passes between two steps down: those under way say the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
