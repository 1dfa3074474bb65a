"""The events of a run that sends, and their texts, which all displays share. Times are seconds of the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from importer.dispatcher.pacing.forecast import Bottleneck, Forecast
from importer.dispatcher.pacing.local_time import in_local_words
from importer.dispatcher.pacing.rate_limits import ADJECTIVE
from importer.dispatcher.pacing.rate_windows import Period
from importer.domain.kinds import RecordKind
from importer.domain.states import State


@dataclass(frozen=True, slots=True)
class EntrySettled:
    """An entry was accepted or refused."""

    kind: RecordKind
    state: State


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is sent to ``api`` for ``seconds``, that is before ``until``; emitted every second while a long wait lasts.

    ``period`` is the window that is used up; None if the API asked to wait without naming one. ``is_first`` marks the
    first event since sending went on.
    """

    api: str
    period: Period | None
    seconds: float
    until: float
    is_first: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """A long wait is over and sending goes on."""


@dataclass(frozen=True, slots=True)
class EntriesAdded:
    """While the run waited, other runs have handed over ``count`` entries, which it sends too."""

    count: int


Event = EntrySettled | Waiting | Resumed | EntriesAdded | Forecast

_BECAUSE = {
    Bottleneck.MINUTE: "the quota per minute is the bottleneck",
    Bottleneck.HOUR: "the hourly quota is the bottleneck",
    Bottleneck.DAY: "the daily quota is the bottleneck",
    Bottleneck.RATE: "the speed of the answers is the bottleneck",
    Bottleneck.WAITING: "the API asked to wait",
}


def forecast_text(forecast: Forecast) -> str:
    """Return a forecast as text: ``finishes Thursday 14:10; the daily quota is the bottleneck``."""
    finish = in_local_words(forecast.finish - forecast.seconds, forecast.seconds)
    return f"finishes {finish}; {_BECAUSE[forecast.bottleneck]}"


def waiting_text(waiting: Waiting) -> str:
    """Return the cause of a wait as text: ``Debitura's hourly quota is used up``, or that the API asked to wait."""
    if waiting.period is None:
        return f"{waiting.api} asked to wait"
    return f"{waiting.api}'s {ADJECTIVE[waiting.period]} quota is used up"


def until_text(waiting: Waiting) -> str:
    """Return the time at which sending goes on as text: ``14:10``, ``Thursday 14:10``."""
    return in_local_words(waiting.until - waiting.seconds, waiting.seconds)
