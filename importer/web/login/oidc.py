"""The login by OpenID Connect: the issuer logs users in, and its groups give them their roles."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Mapping
from time import monotonic
from typing import Any

import authlib.deprecate
from authlib.integrations.base_client import OAuthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from importer.web.login_method import LoginEntry, web_user
from importer.web.users import User
from importer.web_settings import WebSettings

COOKIE = "importer-login"
LOGIN_SECONDS = 600
MOST_LOGINS = 1000
NAME = "issuer"


class OidcLogin:
    """A login at an issuer, by the code flow with PKCE."""

    can_log_out = True

    def __init__(self, settings: WebSettings) -> None:
        assert settings.oidc_client_secret is not None
        self._settings = settings
        self._begun: dict[str, tuple[float, dict[str, Any]]] = {}
        oauth = _clients()
        oauth.register(
            NAME,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
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

    async def _begin(self, request: Request, entry: LoginEntry) -> Response:
        state: dict[str, Any] = {}
        request.scope["session"] = state
        try:
            answer: Response = await self._client.authorize_redirect(request, f"{self._settings.url}/login/back")
        except Exception:  # noqa: BLE001  (whatever the issuer does wrong, the user can only try again)
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
            return entry.outside("oidc", 401, problem="login.refused")
        except Exception:  # noqa: BLE001  (as above)
            return entry.outside("oidc", 502, problem="login.issuer")
        return self._entered(request, entry, token.get("userinfo") or {})

    def _entered(self, request: Request, entry: LoginEntry, claims: Mapping[str, Any]) -> Response:
        """Let in the user whom the claims name."""
        name, groups = claims.get(self._settings.oidc_name), claims.get(self._settings.oidc_groups) or ()
        if not isinstance(name, str) or not name.strip():
            return entry.outside("oidc", 401, problem="login.nameless")
        listed = [groups] if isinstance(groups, str) else groups
        return entry.enter(request, web_user(self._settings, name.strip(), frozenset(str(one) for one in listed)))


def _clients() -> Any:
    """Return Authlib's clients. It warns of a successor of httpx, which nobody who starts the page can do anything about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
        from authlib.integrations.starlette_client import OAuth
    return OAuth()
