"""A login with OpenID Connect, at an issuer that runs on this machine."""

from __future__ import annotations

import base64
import threading
import time
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route
from support.web import URL, Site

from importer.settings import Settings
from importer.web_settings import WebSettings

KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Issuer:
    """An issuer whose one user is logged in already. ``claims`` is what it says of the user."""

    def __init__(self) -> None:
        self.claims = {"email": "ann@example.com", "email_verified": True, "groups": ["finance"]}
        self.asked: dict[str, str] = {}
        self.changes: dict[str, str] = {}
        routes = [
            Route("/.well-known/openid-configuration", self.about),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_config=None)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    async def about(self, request: Request) -> JSONResponse:
        del request
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        found = {name: f"{self.url}/{path}" for name, path in ends.items()}
        return JSONResponse({"issuer": self.url, **found, "id_token_signing_alg_values_supported": ["RS256"]})

    async def authorize(self, request: Request) -> RedirectResponse:
        self.asked = dict(request.query_params)
        return RedirectResponse(f"{self.asked['redirect_uri']}?code=c&state={self.asked['state']}")

    async def token(self, request: Request) -> JSONResponse:
        form = await request.form()
        proof = base64.urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        if proof != self.asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        own = {"iss": self.url, "aud": "importer", "sub": "1", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, {**own, **self.claims, **self.changes}, KEY)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": token})

    async def keys(self, request: Request) -> JSONResponse:
        del request
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})


@pytest.fixture
def issuer():
    found = Issuer()
    found.thread.start()
    while not found.server.started:
        found.thread.join(0.01)
    yield found
    found.server.should_exit = True
    found.thread.join(10)


@pytest.fixture
def page(tmp_path, issuer):
    own = {"oidc_issuer": issuer.url, "oidc_client_id": "importer", "oidc_client_secret": "s"}
    web = WebSettings(login="oidc", url=URL, roles={"prepare": ["@finance"]}, **own)
    found = Site(tmp_path, Settings(web=web))
    yield found
    found.services.close()


def come_back(browser):
    """Log in at the issuer, and come back as a browser does. Returns the answer and the path that it was."""
    import httpx

    begun = browser.get("/login")
    assert begun.status_code == 302, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert (asked["code_challenge_method"], asked["scope"]) == (["S256"], ["openid profile email"])
    back = urlsplit(httpx.get(begun.headers["location"]).headers["location"])
    path = f"{back.path}?{back.query}"
    return browser.get(path), path


def test_the_issuer_names_the_user_and_the_groups_give_the_roles(page):
    browser = page.browser()
    assert 'href="/login"' in browser.get("/").text
    answer, path = come_back(browser)
    assert answer.status_code == 200, answer.text
    home = browser.get("/")
    assert "<span>ann@example.com</span>" in home.text
    assert 'action="/drop"' in home.text
    assert browser.get(path).status_code == 401  # the way back works once
    assert page.browser().get(path).status_code == 401  # and for the browser alone that began it


def test_a_user_without_a_role_is_not_let_in(page, issuer):
    issuer.claims["groups"] = ["others"]
    answer, _ = come_back(page.browser())
    assert (answer.status_code, "no role" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "changes",
    [
        *({"iss": "https://elsewhere.example"}, {"aud": "another"}, {"nonce": "old"}, {"exp": 1}),
        *({"email": ""}, {"email_verified": False}, {"groups": "finance"}),
    ],
)
def test_a_token_that_is_not_for_this_login_lets_nobody_in(page, issuer, changes):
    issuer.changes = changes
    browser = page.browser()
    answer, _ = come_back(browser)
    assert answer.status_code in {401, 502}
    assert browser.get("/").status_code == 401
