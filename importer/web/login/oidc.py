"""The login by OpenID Connect: the issuer logs users in, and its groups give them their roles."""

from __future__ import annotations

import math
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import authlib.deprecate
from authlib.integrations.base_client import OAuthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from importer.web.login.tries import LoginStarts
from importer.web.login_method import LONGEST_USER_NAME, LoginEntry, web_user
from importer.web.proxies import known_client
from importer.web.trail import NOBODY_YET, record, record_bug
from importer.web.users import User
from importer.web_settings import WebSettings

COOKIE = "importer-login"
LOGIN_SECONDS = 600
MOST_LOGINS = 1000
MOST_GROUPS = 5000
NAME = "issuer"


class OidcLogin:
    """A login at an issuer, by the code flow with PKCE."""

    can_log_out = True

    def __init__(self, settings: WebSettings) -> None:
        assert settings.oidc_client_secret is not None
        self._settings = settings
        self._begun: dict[str, tuple[float, dict[str, Any]]] = {}
        self._starts = LoginStarts()
        oauth = _clients()
        oauth.register(
            NAME,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
        )
        self._client = oauth.create_client(NAME)

    def routes(self, entry: LoginEntry) -> list[BaseRoute]:
        """Return the addresses of the login: its beginning, and where the issuer sends the browser back."""

        async def login(request: Request) -> Response:
            return await self._begin(request, entry)

        async def back(request: Request) -> Response:
            return await self._end(request, entry)

        return [Route("/login", login, methods=["GET"]), Route("/login/back", back, methods=["GET"])]

    def user_of(self, request: Request) -> User | None:
        """Return None: only a session shows who it is."""
        del request
        return None

    def ask_to_log_in(self, request: Request, entry: LoginEntry) -> Response:
        """Lead to a page with the login: a browser that comes from elsewhere does not send its cookie at first."""
        del request
        return entry.outside("oidc", 401, problem="")

    def _client_of(self, request: Request) -> str:
        return known_client(self._settings, request.client.host if request.client else "")

    async def _begin(self, request: Request, entry: LoginEntry) -> Response:
        client = self._client_of(request)
        if wait := self._starts.wait(client):
            record("lock-out", NOBODY_YET, request, 429)
            answer = entry.outside("oidc", 429, problem="login.many")
            answer.headers["Retry-After"] = str(math.ceil(wait))
            return answer
        self._starts.add(client)
        return await self._led_to_issuer(request, entry)

    async def _led_to_issuer(self, request: Request, entry: LoginEntry) -> Response:
        state: dict[str, Any] = {}
        request.scope["session"] = state
        try:
            if not is_own_issuer(await self._client.load_server_metadata(), self._settings.oidc_issuer):
                return entry.outside("oidc", 502, problem="login.issuer")
            answer: Response = await self._client.authorize_redirect(request, f"{self._settings.url}/login/back")
        except Exception as error:  # noqa: BLE001  (whatever the issuer does wrong, the user can only try again)
            record_bug(error)
            return entry.outside("oidc", 502, problem="login.issuer")
        key = secrets.token_urlsafe(32)
        self._begun = {one: found for one, found in self._begun.items() if monotonic() - found[0] < LOGIN_SECONDS}
        while len(self._begun) >= MOST_LOGINS:
            self._begun.pop(next(iter(self._begun)))
        self._begun[key] = (monotonic(), state)
        is_secure = self._settings.url.startswith("https://")
        # Lax: the issuer's redirect comes from another site, and must find the login that was begun.
        answer.set_cookie(COOKIE, key, max_age=LOGIN_SECONDS, httponly=True, samesite="lax", secure=is_secure, path="/login")
        return answer

    async def _end(self, request: Request, entry: LoginEntry) -> Response:
        begun, state = self._begun.pop(request.cookies.get(COOKIE, ""), (0.0, {}))
        if not state or monotonic() - begun > LOGIN_SECONDS:
            return entry.outside("oidc", 401, problem="login.again")
        request.scope["session"] = state
        try:
            token = await self._client.authorize_access_token(request)
        except OAuthError:
            record("login", NOBODY_YET, request, 401)
            return entry.outside("oidc", 401, problem="login.refused")
        except Exception as error:  # noqa: BLE001  (as above)
            record_bug(error)
            return entry.outside("oidc", 502, problem="login.issuer")
        return self._entered(request, entry, token.get("userinfo") or {})

    def _entered(self, request: Request, entry: LoginEntry, claims: Mapping[str, Any]) -> Response:
        """Let in the user whom the claims name."""
        named = claimed(claims, self._settings.oidc_name, self._settings.oidc_groups)
        if named is None:
            record("login", NOBODY_YET, request, 401)
            return entry.outside("oidc", 401, problem="login.nameless")
        self._starts.succeed(self._client_of(request))
        subject = f"{self._settings.oidc_issuer} {named.subject}"
        return entry.enter(request, web_user(self._settings, named.name, named.groups, subject))


def is_own_issuer(metadata: Mapping[str, Any], issuer: str) -> bool:
    """Return whether a service says of itself that it is the issuer of the settings; without it, no token could be checked."""
    found = metadata.get("issuer")
    return isinstance(found, str) and found.rstrip("/") == issuer


@dataclass(frozen=True)
class ClaimedUser:
    """Whom the claims of a token name. ``subject`` is the id at the issuer, which never changes and never passes to another."""

    name: str
    subject: str
    groups: frozenset[str]


def claimed(claims: Mapping[str, Any], name_claim: str, groups_claim: str) -> ClaimedUser | None:
    """Return whom the claims name; None if they do not name one person, or if their groups are no list of names.

    An email counts only if the issuer has verified that it is the person's.
    """
    name, subject, groups = claims.get(name_claim), claims.get("sub"), claims.get(groups_claim)
    if not _is_name(name) or not _is_name(subject) or (name_claim == "email" and claims.get("email_verified") is not True):
        return None
    listed = [] if groups is None else groups
    if not isinstance(listed, list) or len(listed) > MOST_GROUPS or not all(isinstance(one, str) for one in listed):
        return None
    return ClaimedUser(str(name).strip(), str(subject), frozenset(listed))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= LONGEST_USER_NAME


def _clients() -> Any:
    """Return Authlib's clients. It warns of a successor of httpx, which nobody who starts the page can do anything about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
        from authlib.integrations.starlette_client import OAuth
    return OAuth()
