"""The forecast of a run: when it will be finished, and what limits its speed. Computed from counts and windows alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from importer.dispatcher.pacing.rate_limits import UNLIMITED, RateLimits, kept_back
from importer.dispatcher.pacing.rate_windows import NO_WAIT, Allowance, Period, Wait
from importer.domain.kinds import RecordKind

ASSUMED_SECONDS = 0.25  # of an answer, before any was measured
ASSUMED_FOR_SECONDS = 1.0  # the weight of that assumption: that of a measurement of this length
MEMORY_SECONDS = 300.0  # the period over which the speed is averaged, so that it includes the pauses of an API that refuses


class Bottleneck(StrEnum):
    """What most of the remaining time is spent on: the speed of the answers, a window that is used up, or a requested wait."""

    RATE = "rate"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The end of sending: the time ``finish`` (seconds of the epoch), the ``seconds`` until then, and their bottleneck."""

    finish: float
    seconds: float
    bottleneck: Bottleneck


def forecast(
    quotas: Mapping[RecordKind, RateLimits], left: Mapping[RecordKind, int], rates: Mapping[RecordKind, float]
) -> Forecast:
    """Return the later one of the forecasts for the two APIs, which are used at the same time.

    ``left`` and ``rates`` are the entries left and the answers a second of each API.
    """
    found = []
    for kind, quota in quotas.items():
        now = quota.clock()
        blocked = Wait(max(0.0, quota.blocked_until - now), quota.blocked.period)
        found.append(forecast_api(left.get(kind, 0), quota.allowances(), now, rates[kind], blocked))
    return max(found, key=lambda one: one.seconds)


def forecast_api(left: int, allowances: Sequence[Allowance], now: float, rate: float, blocked: Wait = NO_WAIT) -> Forecast:
    """Return the forecast for ``left`` requests at ``rate`` a second, within these windows.

    ``allowances`` are the windows as they are at ``now``. No request is made before the wait ``blocked`` is over.
    """
    pace = _Pace.of(rate, next((a for a in allowances if a.period is Period.MINUTE), None))
    pools = [_Pool(a, a.available, a.resets) for a in allowances if a.period is not Period.MINUTE]
    spent = dict.fromkeys(Bottleneck, 0.0)
    spent[_waiting_for(blocked.period)] += blocked.seconds
    time = now + blocked.seconds
    while left > 0:
        for pool in pools:
            pool.renew(time)
        if full := _last_to_reset(pools):
            spent[_waiting_for(full.allowance.period)] += full.resets - time
            time = full.resets
            pace.rest()
            continue
        until = min((pool.resets for pool in pools), default=math.inf)
        count = max(1, min(left, pace.sent_in(until - time), *(pool.room for pool in pools)))
        took = pace.send(count)
        spent[Bottleneck.RATE] += count / rate
        spent[Bottleneck.MINUTE] += took - count / rate
        time, left = time + took, left - count
        for pool in pools:
            pool.room -= count
    return Forecast(time, time - now, max(spent, key=lambda name: spent[name]))


@dataclass
class _Pool:
    """A fixed window during the forecast."""

    allowance: Allowance
    room: int
    resets: float

    def renew(self, now: float) -> None:
        """Begin the next window if this one has ended by ``now``."""
        if now >= self.resets:
            self.room = _usable(self.allowance)
            self.resets = now + self.allowance.seconds


@dataclass
class _Pace:
    """The speed of requests: the first ``burst`` of them at ``rate`` a second, all later ones at ``steady`` a second.

    ``burst`` is the room that the window of a minute has. After a pause it has room for ``most`` requests.
    """

    rate: float
    steady: float
    most: int
    burst: int

    @classmethod
    def of(cls, rate: float, minute: Allowance | None) -> Self:
        """Return the speed within the window of a minute, or without one."""
        if minute is None:
            return cls(rate, rate, UNLIMITED, UNLIMITED)
        return cls(rate, min(rate, _usable(minute) / minute.seconds), _usable(minute), minute.available)

    def sent_in(self, seconds: float) -> int:
        """Return the number of requests that can be made in this time."""
        if seconds == math.inf:
            return UNLIMITED
        burst = min(self.burst, int(seconds * self.rate))
        return burst + int(max(0.0, seconds - burst / self.rate) * self.steady)

    def send(self, count: int) -> float:
        """Use up the room for ``count`` requests, and return the seconds that they take."""
        burst = min(count, self.burst)
        self.burst -= burst
        return burst / self.rate + (count - burst) / self.steady

    def rest(self) -> None:
        """Empty the window of a minute, after a pause that is longer than it."""
        self.burst = self.most


def _usable(allowance: Allowance) -> int:
    return allowance.limit - kept_back(allowance.limit)


def _last_to_reset(pools: Sequence[_Pool]) -> _Pool | None:
    """Return the pool that is used up for the longest time; None if all have room."""
    return max((pool for pool in pools if pool.room <= 0), key=lambda pool: pool.resets, default=None)


def _waiting_for(period: Period | None) -> Bottleneck:
    return Bottleneck(period.value) if period else Bottleneck.WAITING


@dataclass
class Throughput:
    """The answers of an API and the seconds in which they came. Older ones have less weight."""

    answers: float
    seconds: float = ASSUMED_FOR_SECONDS

    def record(self, answers: int, seconds: float) -> None:
        """Add the answers of the last ``seconds``. Earlier ones lose weight, all of it after ``MEMORY_SECONDS``."""
        kept = max(0.0, 1 - seconds / MEMORY_SECONDS)
        self.answers = self.answers * kept + answers
        self.seconds = self.seconds * kept + seconds

    @property
    def rate(self) -> float:
        """The answers a second. It is above 0 even if there were none for a long time."""
        return max(self.answers / self.seconds, 1 / MEMORY_SECONDS)
