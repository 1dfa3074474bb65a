"""Who may open which address: the table of the routes, walked through with every role and without a login."""

from __future__ import annotations

import re

import pytest
from support.web import COOKIE, URL, site

from importer.domain.batches import Person
from importer.web.guard import HEADERS, Addresses
from importer.web.routes import ROUTES
from importer.web.users import Access, User
from importer.web_settings import PageRole

WITHOUT, ALLOWED = (
    frozenset[PageRole](),
    {
        Access.LOOK: set(PageRole),
        Access.PREPARE: {PageRole.PREPARE},
        Access.APPROVE: {PageRole.APPROVE},
        Access.DECIDE: {PageRole.PREPARE, PageRole.APPROVE},
    },
)
"""Which roles open which access, written down a second time."""
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


@pytest.fixture
def page(tmp_path):
    with site(tmp_path) as found:
        yield found


def address(route):
    """An address of the route: batch 7 and the work ``x`` do not exist."""
    return re.sub(r"\{(\w+):int\}", "7", re.sub(r"\{(\w+):str\}", "x", route.path))


def logged_in(page, *roles):
    browser = page.browser()
    cookie, _ = page.services.sessions.begin(User(Person("ann", "here"), frozenset(roles)))
    browser.cookies.set(COOKIE, cookie, "127.0.0.1", "/")
    return browser


def is_shown(answer):
    return answer.status_code not in {401, 403}


@each_route
def test_nothing_is_shown_or_done_without_a_login(page, route):
    if route.path == "/events":
        return
    answer = page.browser().request(route.method, address(route))
    assert answer.status_code == 401
    assert "works once" in answer.text


@each_route
@pytest.mark.parametrize("role", PageRole)
def test_each_route_opens_for_its_roles_alone(page, route, role):
    if route.path == "/events" and role in ALLOWED[route.access]:
        return  # it does not end; another test follows it
    browser = logged_in(page, role)
    sent = {"data": {"csrf": browser.csrf()}} if route.method == "POST" else {}
    answer = browser.request(route.method, address(route), **sent)
    assert is_shown(answer) is (role in ALLOWED[route.access]), answer.text


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method == "POST"], ids=lambda route: route.path)
def test_a_form_of_another_site_or_session_does_nothing(page, route):
    browser = logged_in(page, *PageRole)
    good = {"csrf": browser.csrf()}
    for headers in ({"origin": "https://elsewhere.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert browser.request("POST", address(route), data=good, headers=headers).status_code == 403
    for form in ({}, {"csrf": ""}, {"csrf": logged_in(page, *PageRole).csrf()}):
        answer = browser.request("POST", address(route), data=form or {"other": "x"})
        assert (answer.status_code, "not from your present login" in answer.text) == (403, True)


def test_a_foreign_host_is_refused(page):
    for host in ("attacker.example", "127.0.0.1:9999", "127.0.0.1", ""):
        assert page.visitor().get("/", headers={"host": host}).status_code == 400
    assert page.visitor().get("/", headers={"host": "LOCALHOST:8710"}).status_code == 400  # this page has the one address


def test_a_number_that_is_too_long_is_no_page(page):
    assert page.visitor().get(f"/batches/{'9' * 5000}").status_code == 404
    assert page.visitor().get(f"/batches/{'9' * 100}").status_code == 422


def test_browsers_leave_the_usual_port_out():
    found = Addresses.of(["https://importer.example:443", "https://[fd00::1]:8710"])
    assert found.hosts == {"importer.example", "[fd00::1]:8710"}
    assert "https://importer.example" in found.origins


def test_every_answer_carries_the_headers_that_protect_it(page):
    browser = page.visitor()
    for path in ("/", "/status", "/nowhere", "/static/page.js", "/batches/7"):
        answer = browser.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS if name != "Cache-Control"} == {
            name: value for name, value in HEADERS.items() if name != "Cache-Control"
        }
        assert answer.headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_the_cookie_is_strict_and_not_for_scripts(page):
    answer = page.browser().get(f"/enter?token={page.link.renew()}")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().casefold() for part in cookie.split(";")}


def test_a_link_works_once_and_only_the_newest(page):
    old, new = page.link.renew(), page.link.renew()
    assert page.browser().get(f"/enter?token={old}").status_code == 401
    assert page.browser().get(f"/enter?token={new}").status_code == 200
    assert page.browser().get(f"/enter?token={new}").status_code == 401
    assert page.browser().get("/enter?token=").status_code == 401


def test_a_cookie_from_before_the_login_is_of_no_use(page):
    browser = page.browser()
    browser.cookies.set(COOKIE, "chosen-by-an-attacker", "127.0.0.1", "/")
    browser.get(f"/enter?token={page.link.renew()}")
    assert page.services.sessions.find("chosen-by-an-attacker") is None
    first = browser.cookies.get(COOKIE)
    browser.get(f"/enter?token={page.link.renew()}")
    assert page.services.sessions.find(first) is None


def test_a_session_ends_when_it_is_logged_out(page):
    browser = page.visitor()
    before = browser.cookies.get(COOKIE)
    assert browser.request("POST", "/logout", data={"csrf": "wrong"}).status_code == 303
    assert page.services.sessions.find(before) is not None
    assert browser.post("/logout").status_code == 303
    assert page.services.sessions.find(before) is None
    assert browser.get("/").status_code == 401


def test_what_does_not_exist_is_said_in_words(page):
    browser = page.visitor()
    assert "There is no such page" in browser.get("/nowhere").text
    missing = browser.get("/batches/7")
    assert (missing.status_code, "There is no batch 7" in missing.text) == (422, True)
    assert browser.request("PUT", "/", headers={"origin": URL}).status_code == 405


def test_a_bug_ends_in_a_message_without_values(page, monkeypatch):
    def broken(*_args, **_options):
        raise ValueError("Bodil Zebrahest")

    monkeypatch.setattr("importer.web.pages.home.batch_list", broken)
    answer = page.visitor().get("/")
    assert (answer.status_code, "ValueError at" in answer.text, "Zebrahest" in answer.text) == (500, True, False)
