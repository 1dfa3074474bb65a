"""Fault plans: read from JSON, they decide by a seed, and always the same, which request meets which fault.

By rate: ``{"seed": 7, "rate": 0.2, "kinds": ["reset_after", "500_before"], "paths": ["cases", "vouchers"]}``.
By script: ``{"script": [{"on": "cases", "nth": 3, "kind": "reset_after"}]}``, or only the list. Both may be combined;
a script step wins over the rate.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from typing import Any, Final

from importer.errors import SettingsError


class Endpoint(StrEnum):
    """The names that requests are counted by: ``connections`` counts accepted connections, ``any`` all API requests."""

    ME = "me"
    CASES = "cases"
    LIST = "list"
    CASE = "case"
    TEST_CASES = "test_cases"
    VOUCHERS = "vouchers"
    VOUCHER_LIST = "voucher_list"
    FILES = "files"
    CONNECTIONS = "connections"
    ANY = "any"


class FaultKind(StrEnum):
    """The faults. *Before* and *after* mean before and after the object has been created for good."""

    REFUSE = "refuse"  # this connection is reset before the commit, new ones are refused for refuse_seconds
    CLOSE_ON_ACCEPT = "close_on_accept"  # a connection is accepted and reset before anything is read
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HANG_BEFORE = "hang_before"  # no response until the client goes or hang_seconds are over; nothing is created
    HANG_AFTER = "hang_after"
    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    HTML = "503_html"  # before
    TRUNCATED = "truncated"  # after; Content-Length is larger than the body
    NON_JSON = "non_json"  # after; 200 with text
    NO_ID = "no_id"  # after; a success without the id
    TOO_MANY = "429"  # retryAfter in the body
    TOO_MANY_SILENT = "429_no_retry_after"
    TOO_MANY_ABSURD = "429_absurd"
    REVOKED = "401_from"  # the credential of this request is revoked from here on
    REDIRECT = "redirect"  # 307 to another host; before
    SLOW_LIST = "slow_list"  # slow, and a case of another client is created after each page
    LATE_LIST = "late_list"  # the new case shows up in the list late_seconds after its creation


ABSURD_RETRY_AFTER: Final[tuple[object, ...]] = (-5, 0, 1e12, "soon", None, "", [], True)

_HTTP: Final = frozenset(Endpoint) - {Endpoint.CONNECTIONS}
_CREATES: Final = frozenset({Endpoint.CASES, Endpoint.VOUCHERS, Endpoint.FILES})
_APPLIES: Final = {
    FaultKind.REFUSE: frozenset(Endpoint),
    FaultKind.CLOSE_ON_ACCEPT: frozenset({Endpoint.CONNECTIONS}),
    FaultKind.NO_ID: _CREATES | {Endpoint.ANY},
    FaultKind.SLOW_LIST: frozenset({Endpoint.LIST}),
    FaultKind.LATE_LIST: frozenset({Endpoint.CASES}),
}
_SURVIVABLE: Final = tuple(kind for kind in FaultKind if kind not in {FaultKind.REVOKED, FaultKind.REDIRECT})


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault of one request, with its duration (hanging, refusing, listed late) and the retryAfter of a 429."""

    kind: FaultKind
    seconds: float = 0.0
    retry_after: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of a script: requests ``nth`` to ``nth + times - 1`` (counted from 1) of an endpoint meet a fault."""

    on: Endpoint
    kind: FaultKind
    nth: int = 1
    times: int = 1
    seconds: float | None = None
    retry_after: object = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """The requests that meet a fault, and the faults; counting starts when the plan is set.

    ``kinds`` left out means every kind that a run has to survive without a person (all but 401_from and redirect).
    ``late_rate`` is drawn apart from ``rate``: a case may be late in the list and its response be lost as well.
    """

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[FaultKind, ...] = _SURVIVABLE
    paths: tuple[Endpoint, ...] = (Endpoint.CASES, Endpoint.VOUCHERS, Endpoint.LIST, Endpoint.FILES)
    script: tuple[Step, ...] = ()
    hang_seconds: float = 60.0
    slow_seconds: float = 0.05
    foreign_cases: int = 20
    """The number of cases of another client that slow_list creates at most."""
    late_seconds: float = 1.0
    late_rate: float = 0.0
    refuse_seconds: float = 0.2
    retry_after: float = 1.0
    redirect_to: str = "http://elsewhere.invalid"

    @classmethod
    def parse(cls, value: object) -> FaultPlan:
        """Read a plan from a dict, a list (a script), a JSON text or None (no faults); ``SettingsError`` if wrong."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as error:
                raise SettingsError(f"The fault plan is not JSON: {error}.") from error
        if isinstance(value, list):
            value = {"script": value}
        if value is None:
            return cls()
        if not isinstance(value, dict):
            raise SettingsError(f"A fault plan is an object or a list of steps, not {value!r}.")
        _known_keys(value, {field.name for field in fields(cls)}, "The fault plan")
        checked: dict[str, Any] = {name: _READERS.get(name, _number)(name, item) for name, item in value.items()}
        return cls(**checked)

    def decide(self, endpoint: Endpoint, nth: int) -> Fault | None:
        """Return the fault of the ``nth`` request (from 1) of ``endpoint``; equal arguments give equal faults."""
        for step in self.script:
            if step.on is endpoint and step.nth <= nth < step.nth + step.times:
                return self._fault(step.kind, endpoint, nth, step)
        if not self.rate or endpoint not in self.paths:
            return None
        chance = random.Random(f"{self.seed}/{endpoint}/{nth}")  # noqa: S311 - repeatable, not secret
        suitable = [kind for kind in self.kinds if endpoint in _APPLIES.get(kind, _HTTP)]
        if chance.random() >= self.rate or not suitable:
            return None
        return self._fault(chance.choice(suitable), endpoint, nth)

    def listed_late(self, nth: int) -> bool:
        """Return whether the case of the ``nth`` POST shows up late in the list, whatever else happens to it."""
        if not self.late_rate:
            return False
        return random.Random(f"{self.seed}/late/{nth}").random() < self.late_rate  # noqa: S311 - repeatable

    def _fault(self, kind: FaultKind, endpoint: Endpoint, nth: int, step: Step | None = None) -> Fault:
        seconds = {
            FaultKind.REFUSE: self.refuse_seconds,
            FaultKind.HANG_BEFORE: self.hang_seconds,
            FaultKind.HANG_AFTER: self.hang_seconds,
            FaultKind.SLOW_LIST: self.slow_seconds,
            FaultKind.LATE_LIST: self.late_seconds,
        }.get(kind, 0.0)
        retry_after: object = self.retry_after
        if kind is FaultKind.TOO_MANY_ABSURD:
            chance = random.Random(f"{self.seed}/retry/{endpoint}/{nth}")  # noqa: S311 - repeatable, not secret
            retry_after = chance.choice(ABSURD_RETRY_AFTER)
        if step is not None:
            seconds = seconds if step.seconds is None else step.seconds
            retry_after = retry_after if step.retry_after is ... else step.retry_after
        return Fault(kind, seconds, retry_after)


def _script(name: str, value: object) -> tuple[Step, ...]:
    return tuple(step for item in _list(name, value) for step in _steps(item))


def _kinds(name: str, value: object) -> tuple[FaultKind, ...]:
    kinds = tuple(_kind(item) for item in _list(name, value))
    if FaultKind.REVOKED in kinds:
        raise SettingsError("The fault 401_from lasts until the plan changes: put it in a script, not in kinds.")
    return kinds


def _paths(name: str, value: object) -> tuple[Endpoint, ...]:
    return tuple(_endpoint(item) for item in _list(name, value))


def _url(name: str, value: object) -> str:
    if isinstance(value, str) and "://" in value:
        return value
    raise SettingsError(f"{name} in the fault plan is {value!r}; give a URL.")


def _steps(item: object) -> list[Step]:
    """Read one script item: a step, or a sequence of kinds (null or "ok" for none) for the first requests."""
    if not isinstance(item, dict):
        raise SettingsError(f"A step of a fault script is an object, not {item!r}.")
    if "sequence" in item:
        _known_keys(item, {"on", "sequence"}, "A sequence of a fault script")
        endpoint = _endpoint(item.get("on"))
        kinds = enumerate(_list("sequence", item["sequence"]), start=1)
        return [_step(endpoint, _kind(kind), nth=nth) for nth, kind in kinds if kind not in (None, "ok")]
    _known_keys(item, {"on", "nth", "kind", "times", "seconds", "retry_after"}, "A step of a fault script")
    return [
        _step(
            _endpoint(item.get("on")),
            _kind(item.get("kind")),
            nth=_whole("nth", item.get("nth", 1), least=1),
            times=_whole("times", item.get("times", 1), least=1),
            seconds=_number("seconds", item["seconds"]) if "seconds" in item else None,
            retry_after=item.get("retry_after", ...),
        )
    ]


def _step(
    on: Endpoint, kind: FaultKind, *, nth: int, times: int = 1, seconds: float | None = None, retry_after: object = ...
) -> Step:
    if on not in _APPLIES.get(kind, _HTTP):
        raise SettingsError(f"The fault {kind} cannot happen on {on}.")
    return Step(on=on, kind=kind, nth=nth, times=times, seconds=seconds, retry_after=retry_after)


def _kind(value: object) -> FaultKind:
    if isinstance(value, str) and value in set(FaultKind):
        return FaultKind(value)
    raise SettingsError(f"Unknown fault {value!r}; use one of {', '.join(FaultKind)}.")


def _endpoint(value: object) -> Endpoint:
    if isinstance(value, str) and value in set(Endpoint):
        return Endpoint(value)
    raise SettingsError(f"Faults cannot be set on {value!r}; use one of {', '.join(Endpoint)}.")


def _list(name: str, value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    raise SettingsError(f"{name} in the fault plan is {value!r}; give a list.")


def _whole(name: str, value: object, *, least: int = 0) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise SettingsError(f"{name} in the fault plan is {value!r}; give a whole number of at least {least}.")


def _number(name: str, value: object, *, most: float = math.inf) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most and value < math.inf:
        return float(value)
    limit = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
    raise SettingsError(f"{name} in the fault plan is {value!r}; give a number {limit}.")


def _known_keys(value: dict[str, object], known: set[str], what: str) -> None:
    if unknown := [str(name) for name in value if name not in known]:
        raise SettingsError(f"{what} has no setting {unknown[0]!r}; use {', '.join(sorted(known))}.")


_READERS: Final[dict[str, Callable[[str, object], object]]] = {
    "seed": _whole,
    "foreign_cases": _whole,
    "rate": partial(_number, most=1.0),
    "late_rate": partial(_number, most=1.0),
    "kinds": _kinds,
    "paths": _paths,
    "script": _script,
    "redirect_to": _url,
}
"""How the settings of a plan are read that are not a number of at least 0."""
