"""The progress of a run: the entries left, the throughput, the forecast, and the state of the quotas."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from importer.dispatcher.pacing.forecast import (
    ASSUMED_FOR_SECONDS,
    ASSUMED_SECONDS,
    Bottleneck,
    Forecast,
    Throughput,
    forecast,
)
from importer.dispatcher.pacing.local_time import in_local_words
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.dispatcher.pacing.rate_windows import Period, Wait
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.workspace.events import EntrySettled, Event, Resumed, Waiting, forecast_text

ANNOUNCED_FROM_SECONDS = 60.0  # a shorter run is not announced
TICK_SECONDS = 1.0
LONG_WAIT_SECONDS = 60.0  # a longer wait without a known window is shown as a pause

# The bottlenecks at which a run with --stop-at-quota ends. It waits for a minute, which is short.
_STOPS = frozenset({Bottleneck.HOUR, Bottleneck.DAY, Bottleneck.WAITING})


def announcement(
    quotas: Mapping[RecordKind, RateLimits], left: Mapping[RecordKind, int], concurrency: int, *, stops_at_quota: bool = False
) -> str:
    """Return the forecast as text, before sending begins; empty if sending takes less than ``ANNOUNCED_FROM_SECONDS``."""
    expected = forecast(quotas, left, dict.fromkeys(RecordKind, concurrency / ASSUMED_SECONDS))
    if expected.seconds < ANNOUNCED_FROM_SECONDS:
        return ""
    stops = stops_at_quota and expected.bottleneck in _STOPS
    return forecast_text(expected) + ("; with --stop-at-quota this run ends there" if stops else "")


def outlook(quotas: Mapping[RecordKind, RateLimits], left: Mapping[RecordKind, int], rates: Mapping[RecordKind, float]) -> str:
    """Return when sending is finished at these rates (answers a second), and what limits it; for one that is under way."""
    expected = forecast(quotas, left, rates)
    text = forecast_text(expected)
    return text if expected.seconds >= ANNOUNCED_FROM_SECONDS else f"finishes within a minute;{text.partition(';')[2]}"


class ProgressTracker:
    """Follows a run: counts what is left, measures the throughput, and emits the events of its progress."""

    def __init__(
        self,
        quotas: Mapping[RecordKind, RateLimits],
        left: dict[RecordKind, int],
        concurrency: int,
        emit: Callable[[Event], None],
    ) -> None:
        self._quotas, self._left, self._emit = quotas, left, emit
        self._throughput = {kind: Throughput(concurrency / ASSUMED_SECONDS * ASSUMED_FOR_SECONDS) for kind in RecordKind}
        self._done = dict.fromkeys(RecordKind, 0)
        self._is_waiting = False

    def advance(self, kind: RecordKind, state: State) -> None:
        """Count an entry whose attempt left it in this state."""
        if state in {State.ACCEPTED, State.REFUSED}:
            self._left[kind] = max(0, self._left[kind] - 1)
            self._done[kind] += 1
            self._emit(EntrySettled(kind, state))

    def now_left(self, left: Mapping[RecordKind, int]) -> int:
        """Go on with what is left by now, and return how many entries were added."""
        added = sum(left.values()) - sum(self._left.values())
        self._left.update(left)
        return max(0, added)

    async def follow(self) -> None:
        """Emit the progress every second, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick(TICK_SECONDS)

    def tick(self, seconds: float) -> None:
        """Emit the progress, ``seconds`` after the last call."""
        self._measure(seconds)
        waits = [
            (quota, wait)
            for kind, quota in self._quotas.items()
            if self._left[kind] and is_long(wait := quota.next_permit().wait)
        ]
        if waits:
            quota, wait = max(waits, key=lambda found: found[1].seconds)
            self._emit(Waiting(quota.api, wait.period, wait.seconds, quota.clock() + wait.seconds, not self._is_waiting))
        else:
            if self._is_waiting:
                self._emit(Resumed())
            self._emit(self.forecast())
        self._is_waiting = bool(waits)

    def forecast(self) -> Forecast:
        """Return the forecast at the throughput that was measured."""
        return forecast(self._quotas, self._left, {kind: found.rate for kind, found in self._throughput.items()})

    def _measure(self, seconds: float) -> None:
        """Measure the throughput.

        Time in which a known window delays an API, or in which it has nothing to send, is not counted.
        """
        for kind, done in self._done.items():
            quota = self._quotas[kind]
            waits = quota.next_permit().wait.seconds > 0
            # Without known windows, short pauses are part of the throughput. A long one is shown as a pause.
            is_reported = bool(quota.windows) or quota.blocked.seconds > LONG_WAIT_SECONDS
            if not (waits and is_reported) and (done or waits or quota.in_flight):
                self._throughput[kind].record(done, seconds)
            self._done[kind] = 0


def is_long(wait: Wait) -> bool:
    """Return whether a wait is shown with a countdown. Waits for the window of a minute are not."""
    if wait.period is None:
        return wait.seconds > LONG_WAIT_SECONDS
    return wait.seconds >= TICK_SECONDS and wait.period is not Period.MINUTE


@dataclass(frozen=True)
class QuotaState:
    """One quota at the time ``now`` (seconds of the epoch). It is empty again after ``seconds``.

    ``used`` of ``limit`` requests were made, and ``free`` ones may still create; the others are reserved for reading. Without
    a ``period``, the API refused a request, and nothing is sent to it for ``seconds``.
    """

    api: str
    now: float
    seconds: float
    period: str | None = None
    limit: int = 0
    used: int = 0
    free: int = 0

    @property
    def left(self) -> int:
        """The requests left, with those reserved for reading."""
        return max(0, self.limit - self.used)

    def text(self) -> str:
        """Return the quota as a line of `importer status`."""
        until = in_local_words(self.now, self.seconds)
        if self.period is None:
            return f"{self.api} refused a request for its limits: nothing is sent before {until}"
        kept = " (reserved for reading)" if self.left and not self.free else ""
        reset = f", resets at {until}" if self.used else ""
        return f"{self.api} quota per {self.period}: {self.used:,} of {self.limit:,} used, {self.left:,} left{kept}{reset}"

    def as_json(self) -> dict[str, object]:
        """Return the quota as in `importer status --json`. Times are in UTC."""
        until = datetime.fromtimestamp(self.now + self.seconds, UTC).isoformat(timespec="seconds")
        if self.period is None:
            return {"api": self.api, "refused_until": until}
        found = {"api": self.api, "per": self.period, "limit": self.limit, "used": self.used, "left": self.left}
        return found | {"for_creating": self.free, "resets_at": until if self.used else None}


def quota_states(quotas: Mapping[RecordKind, RateLimits]) -> list[QuotaState]:
    """Return the quotas for `importer status`; none for an API without limits."""
    states = []
    for quota in quotas.values():
        now = quota.clock()
        states += [QuotaState(quota.api, now, a.resets - now, a.period, a.limit, a.used, a.available) for a in quota.allowances()]
        if now < quota.blocked_until:
            states.append(QuotaState(quota.api, now, quota.blocked_until - now))
    return states
