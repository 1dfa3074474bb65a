"""The skew between this machine's clock and the server's, measured while rows are in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

CLOCK_MARGIN = timedelta(minutes=5)  # a smaller skew is not reported; also the tolerance of each measurement
FIRST_MOMENT, LAST_MOMENT = datetime.min.replace(tzinfo=UTC) + CLOCK_MARGIN, datetime.max.replace(tzinfo=UTC)
"""The ends of the calendar, so that the tolerance can be taken from each time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The skew of the server's clock against ours, in whole minutes (negative: it is behind): least, most and latest measured."""

    lowest: int = 0
    highest: int = 0
    latest: int = 0

    def measured(self, skew: timedelta | None) -> Self:
        """Add a measurement; None leaves the clock unchanged. Seconds are rounded off, since a response takes time."""
        if skew is None:
            return self
        minutes = round(skew / timedelta(minutes=1))
        return type(self)(min(self.lowest, minutes), max(self.highest, minutes), minutes)

    @classmethod
    def begun(cls, skew: timedelta | None) -> Self:
        """Return a clock with this measurement alone."""
        minutes = 0 if skew is None else round(skew / timedelta(minutes=1))
        return cls(minutes, minutes, minutes)

    def earliest(self, local: datetime) -> datetime:
        """Return the earliest time that the server's clock may have shown at our time ``local``."""
        try:
            return max(local + timedelta(minutes=self.lowest), FIRST_MOMENT)
        except OverflowError:  # a clock that is thousands of years off
            return FIRST_MOMENT if self.lowest < 0 else LAST_MOMENT

    def has_passed(self, since: datetime, span: timedelta, now: datetime) -> bool:
        """Return whether ``span`` has certainly passed between two times of our clock, even if it was set in between."""
        return now - since + timedelta(minutes=self.latest - self.highest) >= span

    def warning(self) -> str | None:
        """Return a warning for the user if the clocks differ by more than ``CLOCK_MARGIN``, else None."""
        if abs(self.latest) <= CLOCK_MARGIN / timedelta(minutes=1):
            return None
        side = "behind" if self.latest > 0 else "ahead of"
        return f"This machine's clock is {abs(self.latest):,} minutes {side} Debitura's. Set it right; rows in doubt are safe."

    def as_text(self) -> str:
        """Return the three numbers as text, for :meth:`from_text`."""
        return f"{self.lowest} {self.highest} {self.latest}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        return cls(*map(int, text.split()))
