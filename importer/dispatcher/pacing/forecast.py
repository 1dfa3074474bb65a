"""When a run will be done, and what keeps it from being done sooner. Pure: from counts and windows to seconds."""

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
ASSUMED_FOR_SECONDS = 1.0  # a measurement of that length weighs as much as the assumption
MEMORY_SECONDS = 300.0  # how far back the speed is looked at: past the pauses of an API that refuses every minute


class Bottleneck(StrEnum):
    """What most of the time is spent on."""

    RATE = "rate"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Forecast:
    """When everything will have been sent (``finish``, of the epoch), in how many seconds, and what most of them go into."""

    finish: float
    seconds: float
    bottleneck: Bottleneck


def forecast(
    quotas: Mapping[RecordKind, RateLimits], left: Mapping[RecordKind, int], rates: Mapping[RecordKind, float]
) -> Forecast:
    """When everything is sent: both APIs are used at the same time, so it is the later of the two."""
    found = []
    for kind, quota in quotas.items():
        now = quota.clock()
        blocked = Wait(max(0.0, quota.blocked_until - now), quota.blocked.period)
        found.append(forecast_api(left.get(kind, 0), quota.allowances(), now, rates[kind], blocked))
    return max(found, key=lambda one: one.seconds)


def forecast_api(left: int, allowances: Sequence[Allowance], now: float, rate: float, blocked: Wait = NO_WAIT) -> Forecast:
    """When ``left`` requests will have been made at ``rate`` a second within the windows as they stand at ``now``."""
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
        if now >= self.resets:
            self.room = _usable(self.allowance)
            self.resets = now + self.allowance.seconds


@dataclass
class _Pace:
    """How fast requests go out: ``burst`` of them at ``rate`` a second, those after them at the ``steady`` one.

    The burst is what the minute's window still has room for; after a rest it has room for ``most``.
    """

    rate: float
    steady: float
    most: int
    burst: int

    @classmethod
    def of(cls, rate: float, minute: Allowance | None) -> Self:
        if minute is None:
            return cls(rate, rate, UNLIMITED, UNLIMITED)
        return cls(rate, min(rate, _usable(minute) / minute.seconds), _usable(minute), minute.available)

    def sent_in(self, seconds: float) -> int:
        if seconds == math.inf:
            return UNLIMITED
        burst = min(self.burst, int(seconds * self.rate))
        return burst + int(max(0.0, seconds - burst / self.rate) * self.steady)

    def send(self, count: int) -> float:
        """Send so many; returns the seconds that it takes."""
        burst = min(count, self.burst)
        self.burst -= burst
        return burst / self.rate + (count - burst) / self.steady

    def rest(self) -> None:
        self.burst = self.most


def _usable(allowance: Allowance) -> int:
    return allowance.limit - kept_back(allowance.limit)


def _last_to_reset(pools: Sequence[_Pool]) -> _Pool | None:
    """Of the pools that are used up the one that is so longest; None if all have room."""
    return max((pool for pool in pools if pool.room <= 0), key=lambda pool: pool.resets, default=None)


def _waiting_for(period: Period | None) -> Bottleneck:
    return Bottleneck(period.value) if period else Bottleneck.WAITING


@dataclass
class Throughput:
    """Answers, and the seconds in which they came; what is long ago counts for less."""

    answers: float
    seconds: float = ASSUMED_FOR_SECONDS

    def record(self, answers: int, seconds: float) -> None:
        kept = max(0.0, 1 - seconds / MEMORY_SECONDS)
        self.answers = self.answers * kept + answers
        self.seconds = self.seconds * kept + seconds

    @property
    def rate(self) -> float:
        """Answers a second: above 0, however long nothing has come."""
        return max(self.answers / self.seconds, 1 / MEMORY_SECONDS)
