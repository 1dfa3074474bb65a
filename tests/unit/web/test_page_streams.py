"""The stream of the progress ends with what it was allowed by: the session, its user, and the user's roles."""

from __future__ import annotations

from functools import partial

import anyio
import httpx
import pytest
from support.web import COOKIE, URL, site

from importer.domain.batches import Person
from importer.settings import Settings
from importer.web.pages import follow
from importer.web.sessions import IDLE_SECONDS, Sessions
from importer.web.users import EVERY_ROLE, User
from importer.web.work import progress
from importer.web_settings import PageRole, WebSettings

ANN = User(Person("ann", "here"), EVERY_ROLE)
PEER = ("10.0.0.5", 1)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page behind a proxy that names users and their groups, with a fast tick."""
    monkeypatch.setattr(progress, "TICK_SECONDS", 0.01)
    own = {"proxy_header": "X-Remote-User", "proxy_groups_header": "X-Groups", "proxy_addresses": ["10.0.0.5"]}
    web = WebSettings(login="proxy", roles={"look": ["@readers"], "approve": ["@heads"]}, **own)
    with site(tmp_path, Settings(web=web)) as found:
        yield found


def followed(page, *, during, **headers):
    """Follow the progress as this user, and do something once the stream is open. Returns what it has sent until its end."""
    found, opened, ended = [], anyio.Event(), anyio.Event()

    async def look(self):
        del self
        opened.set()

    async def ask(client, path, **of_request):
        return await client.get(path, headers=of_request)

    async def main():
        transport = httpx.ASGITransport(page.app, client=PEER)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client, anyio.create_task_group() as group:
            await ask(client, "/", **headers)
            begun = dict(client.cookies)

            async def stream():
                async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=begun) as own:
                    found.append((await ask(own, "/events", **headers)).text)
                    ended.set()

            group.start_soon(stream)
            with anyio.fail_after(30):
                await opened.wait()
                await during(partial(ask, client))
                await ended.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress.ProgressFeed, "_look", look)
        anyio.run(main)
    return found[0]


ANN_LOOKS = {"x-remote-user": "ann", "x-groups": "readers, heads"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-remote-user": "ann", "x-groups": "readers"}, 200),
        ({"x-remote-user": "ann"}, 401),
        ({"x-remote-user": "bob", "x-groups": "readers"}, 200),
        ({}, 401),
    ],
    ids=["a role is lost", "all roles are lost", "another user", "no user"],
)
def test_a_stream_ends_when_the_proxy_says_something_else(page, headers, status):
    async def change(ask):
        assert (await ask("/", **headers)).status_code == status

    assert followed(page, during=change, **ANN_LOOKS).startswith("retry")


def test_a_stream_ends_when_its_user_has_lost_a_role_at_another_browser(page):
    async def change(ask):
        del ask
        other = httpx.AsyncClient(transport=httpx.ASGITransport(page.app, client=PEER), base_url=URL)
        async with other:
            await other.get("/", headers={"x-remote-user": "ann", "x-groups": "readers"})

    assert followed(page, during=change, **ANN_LOOKS).startswith("retry")


def test_a_stream_behind_a_proxy_asks_again_after_a_while(page, monkeypatch):
    monkeypatch.setattr(follow, "BELIEVED_SECONDS", 0.05)

    async def wait(ask):
        del ask

    assert followed(page, during=wait, **ANN_LOOKS).startswith("retry")


def test_a_session_that_goes_on_keeps_its_stream_although_another_user_is_named_elsewhere(page):
    sessions = page.services.sessions
    _, session = sessions.begin(ANN)
    sessions.end_all(ANN, but=ANN.roles)
    sessions.end_all(User(Person("bob", "here"), EVERY_ROLE))
    assert sessions.is_open(session)
    sessions.end_all(User(ANN.person, frozenset({PageRole.LOOK})), but=frozenset({PageRole.LOOK}))
    assert not sessions.is_open(session)


@pytest.mark.parametrize("later", [3 * IDLE_SECONDS, IDLE_SECONDS], ids=["its end", "not used"])
def test_a_stream_ends_with_the_time_of_its_session(later):
    now = [0.0]
    sessions = Sessions(2 * IDLE_SECONDS, lambda: now[0])
    _, session = sessions.begin(ANN)
    assert sessions.is_open(session)
    now[0] = later
    assert not sessions.is_open(session)


def test_the_cookie_of_a_user_whom_the_proxy_no_longer_names_means_nothing(page):
    browser = page.browser()
    browser.get("/", headers=ANN_LOOKS, client=PEER)
    cookie = browser.cookies.get(COOKIE)
    assert page.services.sessions.find(cookie) is not None
    browser.get("/", headers={"x-remote-user": "ann"}, client=PEER)
    assert page.services.sessions.find(cookie) is None
