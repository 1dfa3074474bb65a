"""The ways to log in: each has its own addresses, and makes a user of the person."""

from __future__ import annotations

import socket
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from importer.domain.batches import Person
from importer.web.users import User
from importer.web_settings import WebSettings

LONGEST_USER_NAME = 255


class LoginEntry(Protocol):
    """What a way to log in asks of the page: a session for a user, and a page before a login."""

    def enter(self, request: Request, user: User) -> Response:
        """Begin a session and answer with it."""

    def outside(self, template: str, status: int, **values: object) -> Response:
        """Return a page without a session."""


class LoginMethod(Protocol):
    """One way to log in."""

    can_log_out: bool

    def routes(self, entry: LoginEntry) -> list[BaseRoute]:
        """Return the addresses of this login, which are open to everybody."""

    def user_of(self, request: Request) -> User | None:
        """Return who is logged in already, by what the request itself carries; None if only a session shows it."""

    def ask_to_log_in(self, request: Request, entry: LoginEntry) -> Response:
        """Answer a request for a page without a session."""


def web_user(settings: WebSettings, name: str, groups: frozenset[str] = frozenset(), subject: str = "") -> User:
    """Return the user with this name, with the roles of the settings. ``subject`` is that of a :class:`Person`."""
    return User(Person(name, socket.gethostname(), subject=subject), settings.roles_of(name, groups))
