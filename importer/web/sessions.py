"""The sessions of the page: kept in the memory of the server, and known to the browser by a random cookie alone."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from time import monotonic

from importer.web.users import User
from importer.web_settings import PageRole

IDLE_SECONDS = 3600.0
MOST_SESSIONS = 1000
NO_ROLES: frozenset[PageRole] = frozenset()


@dataclass
class PageSession:
    """A login. ``csrf`` is the text that each form of this session carries; ``notice`` is shown once on the next page."""

    user: User
    csrf: str
    ends: float
    used: float
    notice: str = ""

    def is_own(self, given: str) -> bool:
        """Return whether a form was made by the page for this session."""
        return hmac.compare_digest(given.encode(), self.csrf.encode())


@dataclass
class Sessions:
    """All sessions, by the hash of their cookie. A cookie that the server has not made itself is never accepted."""

    seconds: float
    now: Callable[[], float] = monotonic
    _found: dict[str, PageSession] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, user: User) -> tuple[str, PageSession]:
        """Begin a session, and return its cookie with it."""
        cookie, now = secrets.token_urlsafe(32), self.now()
        session = PageSession(user, secrets.token_urlsafe(32), now + self.seconds, now)
        with self._lock:
            self._found = {key: one for key, one in self._found.items() if self._is_valid(one)}
            while len(self._found) >= MOST_SESSIONS:
                self._found.pop(min(self._found, key=lambda key: self._found[key].used))
            self._found[_key(cookie)] = session
        return cookie, session

    def find(self, cookie: str | None) -> PageSession | None:
        """Return the session of a cookie, if it has not ended."""
        with self._lock:
            session = self._found.get(_key(cookie)) if cookie else None
            if session is None or not self._is_valid(session):
                return None
            session.used = self.now()
            return session

    def is_open(self, session: PageSession) -> bool:
        """Return whether a session has not ended. To ask this is no use of it."""
        with self._lock:
            return self._is_valid(session) and any(one is session for one in self._found.values())

    def end(self, cookie: str | None) -> None:
        """End a session, so that its cookie means nothing any more."""
        with self._lock:
            self._found.pop(_key(cookie or ""), None)

    def end_all(self, user: User, *, but: frozenset[PageRole] = NO_ROLES) -> None:
        """End all sessions of this user, on whatever machine they are; not those with exactly the roles ``but``."""
        with self._lock:
            self._found = {
                key: one for key, one in self._found.items() if one.user.person != user.person or (but and one.user.roles == but)
            }

    def _is_valid(self, session: PageSession) -> bool:
        now = self.now()
        return now < session.ends and now - session.used < IDLE_SECONDS


def _key(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()
