"""The send deadline: the time after which a request with an intent must not go out any more.

While a process is suspended, another one may take its entries over, find that they were not created, and send them. The
requests of the first one must then not follow. The reasons and the trial are in docs/decisions/send-deadline.md.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass

_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def steady_seconds() -> float:
    """Return seconds of a clock that is never set and goes on while the machine sleeps.

    This is CLOCK_BOOTTIME on Linux and CLOCK_MONOTONIC on macOS. Windows has neither; its monotonic clock counts sleep.
    """
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


@dataclass(slots=True)
class SendDeadline:
    """The latest time, by :func:`steady_seconds`, at which the first byte of a request may go out."""

    latest: float
    passed: bool = False
    """Whether the request was stopped by the deadline, so that no byte of it was sent."""

    def allows_sending(self) -> bool:
        """Return whether the request may go out now; otherwise it is marked as ``passed``."""
        self.passed = steady_seconds() > self.latest
        return not self.passed


present_deadline: ContextVar[SendDeadline | None] = ContextVar("present_deadline", default=None)
"""The deadline of the request that the present task sends; None if it has none."""
