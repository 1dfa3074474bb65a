"""When a run will be done, and what keeps it from being done sooner. Pure: from counts and windows to seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.dispatcher.pacing.rate_limits import RateLimits, kept_back
from importer.dispatcher.pacing.rate_windows import NO_WAIT, Allowance, Period, Wait
from importer.domain.kinds import Kind


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


@dataclass
class _Pool:
    """A fixed window during the forecast."""

    allowance: Allowance
    room: int
    resets: float

    def renew(self, now: float) -> None:
        if now >= self.resets:
            self.room = self.allowance.limit - kept_back(self.allowance.limit)
            self.resets = now + self.allowance.seconds


def forecast_api(left: int, allowances: Sequence[Allowance], now: float, rate: float, blocked: Wait = NO_WAIT) -> Forecast:
    """When ``left`` requests will have been made at ``rate`` a second within the windows as they stand at ``now``."""
    spent = dict.fromkeys(Bottleneck, 0.0)
    minute = next((a for a in allowances if a.period is Period.MINUTE), None)
    pools = [_Pool(a, a.available, a.resets) for a in allowances if a.period is not Period.MINUTE]
    time = now + blocked.seconds
    spent[_blame(blocked.period)] += blocked.seconds
    quick = minute.available if minute else left  # what goes out before the minute is full
    while left > 0:
        for pool in pools:
            pool.renew(time)
        if full := [pool for pool in pools if pool.room <= 0]:
            last = max(full, key=lambda pool: pool.resets)
            spent[_blame(last.allowance.period)] += last.resets - time
            time, quick = last.resets, minute.limit - kept_back(minute.limit) if minute else left
            continue
        count = min(left, *(pool.room for pool in pools)) if pools else left
        until = min((pool.resets for pool in pools), default=float("inf"))
        count = max(1, min(count, _sent_in(until - time, quick, rate, minute)))
        took = _time_for(count, quick, rate, minute)
        spent[Bottleneck.RATE] += count / rate
        spent[Bottleneck.MINUTE] += took - count / rate
        time, left, quick = time + took, left - count, max(0, quick - count)
        for pool in pools:
            pool.room -= count
    return Forecast(time, time - now, max(spent, key=lambda name: spent[name]))


def _blame(period: Period | None) -> Bottleneck:
    return Bottleneck(period.value) if period else Bottleneck.WAITING


def _steady(rate: float, minute: Allowance | None) -> float:
    return rate if minute is None else min(rate, (minute.limit - kept_back(minute.limit)) / minute.seconds)


def _time_for(count: int, quick: int, rate: float, minute: Allowance | None) -> float:
    burst = min(count, quick)
    return burst / rate + (count - burst) / _steady(rate, minute)


def _sent_in(seconds: float, quick: int, rate: float, minute: Allowance | None) -> int:
    if seconds == float("inf"):
        return 1 << 62
    burst = min(quick, int(seconds * rate))
    return burst + int(max(0.0, seconds - burst / rate) * _steady(rate, minute))


ASSUMED_SECONDS = 0.25  # of an answer, before any was measured


ASSUMED_FOR_SECONDS = 1.0  # a measurement of that length weighs as much as the assumption


MEMORY_SECONDS = 300.0  # how far back the speed is looked at: past the pauses of an API that refuses every minute


def forecast(quotas: Mapping[Kind, RateLimits], left: Mapping[Kind, int], rates: Mapping[Kind, float]) -> Forecast:
    """When everything is sent: both APIs are used at the same time, so it is the later of the two."""
    found = []
    for kind, quota in quotas.items():
        now = quota.clock()
        blocked = Wait(max(0.0, quota.blocked_until - now), quota.blocked.period)
        found.append(forecast_api(left.get(kind, 0), quota.allowances(), now, rates[kind], blocked))
    return max(found, key=lambda one: one.seconds)


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
