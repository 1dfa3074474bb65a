"""What a run tells of its quota: when it finishes and why not sooner, a countdown while it waits, and `status` lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from importer.dispatcher.pacing.forecast import (
    ASSUMED_FOR_SECONDS,
    ASSUMED_SECONDS,
    Bottleneck,
    Finish,
    Speed,
    forecast,
)
from importer.dispatcher.pacing.local_time import countdown, in_local_words
from importer.dispatcher.pacing.quota import ADJECTIVE, Quota
from importer.dispatcher.pacing.rate_windows import Period, Wait
from importer.domain.kinds import Kind
from importer.domain.states import State

WORTH_TELLING_SECONDS = 60.0
TICK_SECONDS = 1.0
LONG_WAIT_SECONDS = 60.0  # of a wait whose window is not known

_BECAUSE = {
    Bottleneck.MINUTE: "the quota per minute is the bottleneck",
    Bottleneck.HOUR: "the hourly quota is the bottleneck",
    Bottleneck.DAY: "the daily quota is the bottleneck",
    Bottleneck.RATE: "the speed of the answers is the bottleneck",
    Bottleneck.WAITING: "the API asked to wait",
}
# What a run that is not to wait for a quota ends at: no minute is so long.
_STOPS = frozenset({Bottleneck.HOUR, Bottleneck.DAY, Bottleneck.WAITING})


class Display(Protocol):
    """Where it is told: beside a progress bar that changes, or as lines that stay."""

    @property
    def has_bar(self) -> bool: ...

    def note(self, text: str) -> None: ...

    def beside(self, text: str) -> None: ...


def finish_text(finish: Finish, now: float) -> str:
    """``finishes Thursday 14:10; the daily quota is the bottleneck``."""
    return f"finishes {in_local_words(now, finish.seconds)}; {_BECAUSE[finish.bottleneck]}"


def announcement(
    quotas: Mapping[Kind, Quota], left: Mapping[Kind, int], concurrency: int, *, stops_at_quota: bool = False
) -> str:
    """What to say before anything is sent; nothing if it will be done within a minute."""
    rates = dict.fromkeys(Kind, concurrency / ASSUMED_SECONDS)
    finish = forecast(quotas, left, rates)
    if finish.seconds < WORTH_TELLING_SECONDS:
        return ""
    told = finish_text(finish, quotas[Kind.CASE].clock())
    return f"{told}; with --stop-at-quota this run ends there" if stops_at_quota and finish.bottleneck in _STOPS else told


class Outlook:
    """Follows a run: counts what is left, measures the speed, and tells what there is to tell."""

    def __init__(self, quotas: Mapping[Kind, Quota], left: dict[Kind, int], concurrency: int, display: Display) -> None:
        self._quotas, self._left, self._display = quotas, left, display
        self._speeds = {kind: Speed(concurrency / ASSUMED_SECONDS * ASSUMED_FOR_SECONDS) for kind in Kind}
        self._done = dict.fromkeys(Kind, 0)
        self._waits = False

    def following(self, progress: Callable[[Kind, State], None]) -> Callable[[Kind, State], None]:
        """The same progress, noticed here as well."""

        def advance(kind: Kind, state: State) -> None:
            if state in {State.ACCEPTED, State.REFUSED}:
                self._left[kind] = max(0, self._left[kind] - 1)
                self._done[kind] += 1
            progress(kind, state)

        return advance

    async def follow(self) -> None:
        """Tell every second, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick(TICK_SECONDS)

    def tick(self, seconds: float) -> None:
        """Tell how things stand, ``seconds`` after the last time."""
        self._measure(seconds)
        waits = [(quota, wait) for kind, quota in self._quotas.items() if self._left[kind] and is_long(wait := quota.wait())]
        if waits:
            self._tell_wait(*max(waits, key=lambda found: found[1].seconds))
        elif self._waits:
            self._waits = False
            if not self._display.has_bar:
                self._display.note("Sending goes on.")
        if not waits and self._display.has_bar:
            self._display.beside(finish_text(self.finish(), self._quotas[Kind.CASE].clock()))

    def finish(self) -> Finish:
        """When everything is sent, at the speed that was measured."""
        return forecast(self._quotas, self._left, {kind: speed.rate for kind, speed in self._speeds.items()})

    def _measure(self, seconds: float) -> None:
        """Time in which a known window keeps an API waiting, or in which it has nothing to do, says nothing of its speed."""
        for kind, done in self._done.items():
            quota = self._quotas[kind]
            waits = quota.wait().seconds > 0
            # Without known windows a short pause is how fast the API is; a long one is told as such.
            told = bool(quota.windows.windows) or quota.windows.blocked.seconds > LONG_WAIT_SECONDS
            if not (waits and told) and (done or waits or quota.windows.flying):
                self._speeds[kind].see(done, seconds)
            self._done[kind] = 0

    def _tell_wait(self, quota: Quota, wait: Wait) -> None:
        until = in_local_words(quota.clock(), wait.seconds)
        if self._display.has_bar:
            self._display.beside(f"{waiting_text(quota, wait)}; goes on in {countdown(wait.seconds)} ({until})")
        elif not self._waits:
            told = f"{waiting_text(quota, wait)}. Sending goes on {until}, in {countdown(wait.seconds)}."
            self._display.note(f"{told} Ctrl-C ends the run; `importer resume` goes on later.")
        self._waits = True


def is_long(wait: Wait) -> bool:
    """Whether a wait is worth a countdown: the minute's are part of sending."""
    if wait.period is None:
        return wait.seconds > LONG_WAIT_SECONDS
    return wait.seconds >= TICK_SECONDS and wait.period is not Period.MINUTE


def waiting_text(quota: Quota, wait: Wait) -> str:
    return f"{quota.api}'s {ADJECTIVE[wait.period]} quota is used up" if wait.period else f"{quota.api} asked to wait"


@dataclass(frozen=True)
class QuotaState:
    """One limit as it stands at ``now`` (of the epoch): ``free`` is what creating may still use, the rest is kept back.

    ``seconds`` until it is empty again; of a ``refused`` API until anything is sent again, and then nothing else is known.
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
        return max(0, self.limit - self.used)

    def text(self) -> str:
        until = in_local_words(self.now, self.seconds)
        if self.period is None:
            return f"{self.api} refused a request for its limits: nothing is sent before {until}"
        kept = " (kept back for looking up)" if self.left and not self.free else ""
        reset = f", until {until}" if self.used else ""
        return f"{self.api} quota per {self.period}: {self.used:,} of {self.limit:,} used, {self.left:,} left{kept}{reset}"

    def as_json(self) -> dict[str, object]:
        until = datetime.fromtimestamp(self.now + self.seconds, UTC).isoformat(timespec="seconds")
        if self.period is None:
            return {"api": self.api, "refused_until": until}
        told = {"api": self.api, "per": self.period, "limit": self.limit, "used": self.used, "left": self.left}
        return told | {"for_creating": self.free, "resets_at": until if self.used else None}


def quota_states(quotas: Mapping[Kind, Quota]) -> list[QuotaState]:
    """What is used of each quota and what is left, for `importer status`; nothing for an API without limits."""
    states = []
    for quota in quotas.values():
        now = quota.clock()
        states += [
            QuotaState(quota.api, now, a.resets - now, a.period, a.limit, a.used, a.room) for a in quota.windows.allowances(now)
        ]
        if now < quota.windows.blocked_until:
            states.append(QuotaState(quota.api, now, quota.windows.blocked_until - now))
    return states
