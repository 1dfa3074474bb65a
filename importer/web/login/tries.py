"""The limit on tries to log in, so that passwords cannot be tried out, and nobody is shut out by the mistakes of others.

A user who mistypes from one address is stopped soon. All tries for one user, and all from one address, have wider limits: they
stop those who guess from many addresses or for many users. They do not hold for a user at an address from which that user
has logged in before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

MOST_TRIES = 5
"""For a user from one address."""
MOST_OF_ONE = 25
"""For a user from all addresses, and from one address for all users."""
MOST_STARTS = 100
"""Logins that one address begins at a login service and does not end."""
WINDOW_SECONDS = 900.0
MOST_NAMES = 10_000


@dataclass(frozen=True)
class LoginTry:
    """A try to log in: the name that was given, and the client; empty if the client is not known."""

    user: str
    client: str

    @property
    def pair(self) -> str:
        """Return the name of the narrow limit."""
        return f"user {self.user} at {self.client}"

    def wide(self) -> dict[str, int]:
        """Return the wide limits, each with its number of tries."""
        return {f"{what} {name}": MOST_OF_ONE for what, name in (("user", self.user), ("client", self.client)) if name}


@dataclass
class CountedTries:
    """Tries of the last quarter of an hour, by the name of the limit that they count for."""

    now: Callable[[], float] = monotonic
    _times: dict[str, deque[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, limits: Mapping[str, int]) -> float:
        """Return the seconds until the next try is allowed by all of these limits; 0 if it is now."""
        with self._lock:
            return max((self._wait_of(name, most) for name, most in limits.items()), default=0.0)

    def add(self, limits: Mapping[str, int]) -> None:
        """Count a try for these limits."""
        with self._lock:
            if len(self._times) > MOST_NAMES:
                self._times = {name: times for name, times in self._times.items() if self._recent(times)}
            for name, most in limits.items():
                self._times.setdefault(name, deque(maxlen=2 * most)).append(self.now())  # some of them are taken back

    def take_back(self, names: Iterable[str]) -> None:
        """Take the last try back that was counted for each of these, because it has succeeded."""
        with self._lock:
            for name in names:
                if times := self._times.get(name):
                    times.pop()

    def forget(self, name: str) -> None:
        """Forget all tries that were counted for this limit."""
        with self._lock:
            self._times.pop(name, None)

    def _wait_of(self, name: str, most: int) -> float:
        times = self._recent(self._times.get(name, deque()))
        return times[-most] + WINDOW_SECONDS - self.now() if len(times) >= most else 0.0

    def _recent(self, times: Iterable[float]) -> list[float]:
        return [time for time in times if self.now() - time < WINDOW_SECONDS]


class FailedTries:
    """The failed logins with passwords. Each is counted before the password is checked, so that not many are tried at once."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._tries = CountedTries(now)
        self._known: dict[str, None] = {}  # an ordered set

    def wait(self, one: LoginTry) -> float:
        """Return the seconds until this user may try again from there; 0 for now."""
        return self._tries.wait(self._limits(one))

    def add(self, one: LoginTry) -> None:
        """Count a try that may fail."""
        self._tries.add({one.pair: MOST_TRIES, **one.wide()})

    def succeed(self, one: LoginTry) -> None:
        """Take a try back that was counted: the password was right."""
        self._tries.forget(one.pair)
        self._tries.take_back(one.wide())
        self._known.pop(one.pair, None)
        self._known[one.pair] = None
        while len(self._known) > MOST_NAMES:
            self._known.pop(next(iter(self._known)))

    def _limits(self, one: LoginTry) -> dict[str, int]:
        is_known = bool(one.client) and one.pair in self._known
        return {one.pair: MOST_TRIES, **({} if is_known else one.wide())}


class LoginStarts:
    """The logins that were begun at a login service and not ended, by client, so that one client does not push out all others."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._tries = CountedTries(now)

    def wait(self, client: str) -> float:
        """Return the seconds until this client may begin a login again; 0 for now, and for clients that are not known."""
        return self._tries.wait({client: MOST_STARTS}) if client else 0.0

    def add(self, client: str) -> None:
        """Count a login that was begun."""
        if client:
            self._tries.add({client: MOST_STARTS})

    def succeed(self, client: str) -> None:
        """Take back a login that has ended well."""
        self._tries.take_back([client])
