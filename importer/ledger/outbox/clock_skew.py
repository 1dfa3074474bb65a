"""Times of this machine beside those of the server: how far apart the two clocks have been while rows were in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

CLOCK_MARGIN = timedelta(minutes=5)  # how far a clock may be off without a word, and what every measure may miss


@dataclass(frozen=True, slots=True)
class Clock:
    """What the server's clock was ahead of ours, in whole minutes (behind: negative): at least, at most, and just now."""

    lowest: int = 0
    highest: int = 0
    latest: int = 0

    def measured(self, skew: timedelta | None) -> Self:
        """The same with one more measure; None is none. Seconds count for nothing: an answer takes its time."""
        if skew is None:
            return self
        minutes = round(skew / timedelta(minutes=1))
        return type(self)(min(self.lowest, minutes), max(self.highest, minutes), minutes)

    @classmethod
    def begun(cls, skew: timedelta | None) -> Self:
        """A clock of which nothing but this measure counts."""
        minutes = 0 if skew is None else round(skew / timedelta(minutes=1))
        return cls(minutes, minutes, minutes)

    def earliest(self, ours: datetime) -> datetime:
        """The server's time at our ``ours``, or before it."""
        return ours + timedelta(minutes=self.lowest)

    def has_passed(self, since: datetime, span: timedelta, now: datetime) -> bool:
        """Whether ``span`` has passed for certain between two times of ours, if our clock was set in between."""
        return now + timedelta(minutes=self.latest) >= since + timedelta(minutes=self.highest) + span

    def warning(self) -> str | None:
        """What a person should know, if the clocks are too far apart."""
        if abs(self.latest) <= CLOCK_MARGIN / timedelta(minutes=1):
            return None
        side = "behind" if self.latest > 0 else "ahead of"
        return f"This machine's clock is {abs(self.latest):,} minutes {side} Debitura's. Set it right; rows in doubt are safe."

    def as_text(self) -> str:
        return f"{self.lowest} {self.highest} {self.latest}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        return cls(*map(int, text.split()))
