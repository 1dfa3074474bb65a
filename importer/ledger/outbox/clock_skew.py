"""The skew between this machine's clock and the server's, measured while rows are in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

CLOCK_MARGIN = timedelta(minutes=5)  # a smaller skew is not reported; also the tolerance of each measurement
FIRST_MOMENT, LAST_MOMENT = datetime.min.replace(tzinfo=UTC) + CLOCK_MARGIN, datetime.max.replace(tzinfo=UTC)
"""The ends of the calendar, so that the tolerance can be taken from each time."""


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The skew of the server's clock against ours, in whole minutes (negative: it is behind): least, most and latest measured."""

    lowest: int = 0
    highest: int = 0
    latest: int = 0

    def measured(self, skew: timedelta | None, earliest: timedelta | None = None) -> Self:
        """Add a measurement of the server's clock, and the ``earliest`` reading of any of its clocks; None: not measured.

        Seconds are rounded off, since a response takes time.
        """
        lowest = self.lowest if earliest is None else min(self.lowest, _minutes(earliest))
        if skew is None:
            return type(self)(lowest, self.highest, self.latest)
        minutes = _minutes(skew)
        return type(self)(min(lowest, minutes), max(self.highest, minutes), minutes)

    @classmethod
    def begun(cls, skew: timedelta | None, earliest: timedelta | None = None) -> Self:
        """Return the skew by these measurements alone."""
        minutes = 0 if skew is None else _minutes(skew)
        return cls(minutes, minutes, minutes).measured(None, earliest)

    def earliest(self, local: datetime) -> datetime:
        """Return the earliest time that the server's clocks may have shown at our time ``local``.

        A server may have several: ``Date`` is that of its gateway, ``dateCreated`` that of its database.
        """
        return local + timedelta(minutes=self.lowest)

    def latest_reading(self, local: datetime) -> datetime:
        """Return the latest time that the server's clock may have shown at our time ``local``."""
        return local + timedelta(minutes=self.highest)

    def has_passed(self, since: datetime, span: timedelta, now: datetime) -> bool:
        """Return whether ``span`` has certainly passed between two times of our clock, even if it was set in between."""
        return now - since + timedelta(minutes=self.latest - self.highest) >= span

    def warning(self) -> str | None:
        """Return a warning for the user if the clocks differ by more than ``CLOCK_MARGIN``, else None."""
        if abs(self.latest) <= CLOCK_MARGIN / timedelta(minutes=1):
            return None
        side = "behind" if self.latest > 0 else "ahead of"
        return (
            f"This machine's clock is {abs(self.latest):,} minutes {side} Debitura's. Set it right. Rows in doubt are looked for "
            "from the earliest time that either clock may have shown."
        )

    def as_text(self) -> str:
        """Return the three numbers as text, for :meth:`from_text`."""
        return f"{self.lowest} {self.highest} {self.latest}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the skew that :meth:`as_text` returned."""
        return cls(*map(int, text.split()))


MOST_MINUTES = 10 * 366 * 24 * 60
"""Ten years: a clock that is further off is no clock."""


def _minutes(skew: timedelta) -> int:
    return max(-MOST_MINUTES, min(MOST_MINUTES, round(skew / timedelta(minutes=1))))
