"""The ways to log in: what starts and what does not, passwords, the proxy, and the roles that follow."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError
from support.web import site

from importer.commands.config import settings_lines
from importer.domain.batches import Person, person_from_json, person_json
from importer.errors import SettingsError, UsageError
from importer.settings import ApprovalSettings, Settings
from importer.web.login.oidc import claimed, is_own_issuer
from importer.web.login.passwords import hashed, is_right
from importer.web.login.tries import MOST_TRIES
from importer.web.safe_settings import check_safe
from importer.web.server import addresses_of
from importer.web.sessions import IDLE_SECONDS, Sessions
from importer.web.users import EVERY_ROLE, User
from importer.web_settings import PageRole, WebSettings
from importer.workspace.approval import objection_to_approval
from importer.workspace.person import current_person

PASSWORD = "correct horse battery"
TLS = {"certificate": "a.pem", "certificate_key": "b.pem"}
PROXY = {"login": "proxy", "proxy_header": "X-Remote-User", "proxy_addresses": ["10.0.0.5"], "roles": {"prepare": ["ann"]}}
USERS = {"login": "users", "users": {"ann": "x"}, "roles": {"look": ["ann"]}}
OIDC = {"login": "oidc", "oidc_issuer": "https://i.example", "oidc_client_id": "x", "oidc_client_secret": "y"}


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"host": "0.0.0.0"}, "without a login"),
        ({"host": "192.168.1.7"}, "without a login"),
        ({"url": "https://importer.example"}, "set login to users"),
        ({"host": "192.168.1.7", **USERS}, "in the clear"),
        *(({"host": host, **USERS, **TLS}, "set url to that address") for host in ("0.0.0.0", "::", "0", "::ffff:0.0.0.0", "")),
        ({**USERS, "proxy_secret": "s" * 16}, "needs proxy_addresses"),
        ({"login": "users"}, "needs these settings under [web], too: users, roles"),
        ({"login": "proxy", "proxy_header": "X-Remote-User"}, "proxy_addresses, url, roles"),
        ({**OIDC, "oidc_client_secret": None}, "oidc_client_secret, url, roles"),
        ({"certificate": "a.pem"}, "belong together"),
    ],
)
def test_what_would_be_unsafe_is_not_started(settings, what):
    with pytest.raises(SettingsError, match=re.escape(what)):
        check_safe(WebSettings(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"host": "0.0.0.0", "url": "https://importer.example", **USERS, **TLS},
        {"host": "10.0.0.9", **USERS, **TLS},
        {**PROXY, "url": "https://importer.example"},
        {**PROXY, "url": "https://importer.example", "host": "10.0.0.9"},
        {**OIDC, "url": "https://importer.example", "roles": {"approve": ["@finance"]}},
    ],
)
def test_what_is_safe_starts(settings):
    check_safe(WebSettings(**settings))


def test_addresses_that_are_none_are_refused():
    for value in ("importer.example", "ftp://x", "https://ann:secret@x", "https://x?y=1", "https://x#y"):
        with pytest.raises(ValidationError):
            WebSettings(url=value)
    with pytest.raises(ValidationError):
        WebSettings(proxy_header="X User: ann")
    with pytest.raises(ValidationError, match="the path /importer, and the page cannot be below another one"):
        WebSettings(url="https://example.com/importer/")


def test_the_page_is_reached_by_its_own_addresses():
    assert addresses_of(WebSettings(), 8710)[0] == "http://127.0.0.1:8710"
    assert addresses_of(WebSettings(url="https://i.example/"), 1) == ["https://i.example"]
    assert addresses_of(WebSettings(host="10.1.2.3", **TLS), 443) == ["https://10.1.2.3:443"]


def test_roles_come_by_name_and_by_group():
    settings = WebSettings(roles={"prepare": ["Ann", "@Finance"], "approve": ["@heads"]})
    assert settings.roles_of("ann") == {PageRole.PREPARE}
    assert settings.roles_of("bob", frozenset({"finance", "heads"})) == {PageRole.PREPARE, PageRole.APPROVE}
    assert settings.roles_of("heads") == frozenset()
    assert settings.roles_of("bob", frozenset({"ann", "@finance"})) == frozenset()
    assert settings.roles_of("eve") == frozenset()


OWN = {"email": "ann@example.com", "email_verified": True, "sub": "7", "groups": ["finance"]}


def test_claims_name_a_user_and_the_id_that_stays():
    found = claimed(OWN, "email", "groups")
    assert (found.name, found.subject, found.groups) == ("ann@example.com", "7", {"finance"})
    assert claimed({"preferred_username": "ann", "sub": "7"}, "preferred_username", "groups").groups == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        *({"email_verified": False}, {"email_verified": "true"}, {"email": " "}, {"email": "a" * 300}, {"email": ["ann"]}),
        *({"sub": ""}, {"sub": 7}, {"groups": "finance"}, {"groups": {"finance": 1}}, {"groups": [1]}),
    ],
)
def test_claims_that_name_nobody_for_sure_let_nobody_in(changes):
    assert claimed({**OWN, **changes}, "email", "groups") is None


def test_a_service_must_be_the_issuer_of_the_settings():
    assert is_own_issuer({"issuer": "https://i.example/"}, "https://i.example")
    for metadata in ({}, {"issuer": None}, {"issuer": "https://other.example"}):
        assert not is_own_issuer(metadata, "https://i.example")


def test_four_eyes_compare_the_id_of_the_login_service_too():
    ann, renamed = Person("ann@x.example", "here", subject="i 7"), Person("anna@x.example", "here", subject="i 7")
    rules = ApprovalSettings(four_eyes=True)
    assert objection_to_approval(rules, renamed, person_from_json(person_json(ann))) is not None
    assert objection_to_approval(rules, renamed, Person("bo", "here"), [ann]) is not None
    assert objection_to_approval(rules, Person("bo", "here", subject="i 8"), ann) is None
    assert "subject" not in person_json(Person("ann", "here"))


@pytest.mark.parametrize("name", ["@finance", " @Finance", "@heads"])
def test_a_user_named_like_a_group_has_none_of_its_roles(name):
    settings = WebSettings(roles={"prepare": ["@Finance"], "approve": ["@heads"]})
    assert settings.roles_of(name, frozenset({"finance"})) == frozenset()
    with pytest.raises(ValidationError, match="does not begin with @"):
        WebSettings(users={name: "x"})


def test_a_password_is_checked_and_never_written_down():
    line = hashed(PASSWORD)
    assert line.startswith("$argon2id$")
    assert PASSWORD not in line
    assert is_right({"ann": line}, "Ann", PASSWORD)
    assert not is_right({"ann": line}, "ann", "another password")
    assert not is_right({"ann": line}, "bob", PASSWORD)
    assert not is_right({"ann": "no hash"}, "ann", PASSWORD)
    assert not is_right({"ann": line}, "ann", "x" * 100_000)
    with pytest.raises(UsageError, match="12 to"):
        hashed("short")


def test_config_show_names_users_without_their_hashes():
    shown = "\n".join(settings_lines(Settings(web=WebSettings(users={"ann": "$argon2id$x"}, oidc_client_secret="very-secret"))))
    assert "# web.users: ann" in shown
    assert "argon2id" not in shown
    assert "very-secret" not in shown


def test_a_session_ends_after_its_time_and_when_it_is_not_used():
    now = [0.0]
    sessions = Sessions(3 * IDLE_SECONDS, lambda: now[0])
    cookie, _ = sessions.begin(User(current_person(), EVERY_ROLE))
    for _ in range(3):
        assert sessions.find(cookie) is not None
        now[0] += IDLE_SECONDS * 0.9
    now[0] = 3 * IDLE_SECONDS
    assert sessions.find(cookie) is None
    cookie, _ = sessions.begin(User(current_person(), EVERY_ROLE))
    now[0] += IDLE_SECONDS
    assert sessions.find(cookie) is None
    assert sessions.find("made up") is None
    assert sessions.find(None) is None


@pytest.fixture
def with_users(tmp_path):
    users = {"ann": hashed(PASSWORD), "bob": hashed(PASSWORD), "eve": hashed(PASSWORD)}
    web = WebSettings(login="users", users=users, roles={"prepare": ["ann"], "approve": ["bob"]})
    with site(tmp_path, Settings(web=web)) as found:
        yield found


def test_a_user_logs_in_with_a_password(with_users):
    browser = with_users.browser()
    assert browser.get("/").headers["location"] == "/login"
    assert 'type="password"' in browser.get("/login").text
    wrong = browser.post("/login", {"name": "ann", "password": "wrong"})
    assert (wrong.status_code, "do not belong together" in wrong.text) == (401, True)
    assert browser.post("/login", {"name": "ANN", "password": PASSWORD}).status_code == 200
    home = browser.get("/")
    assert "<span>ann</span>" in home.text
    assert 'action="/drop"' in home.text


def test_a_user_without_a_role_is_not_let_in(with_users):
    answer = with_users.browser().post("/login", {"name": "eve", "password": PASSWORD})
    assert (answer.status_code, "no role" in answer.text) == (403, True)


def test_passwords_cannot_be_tried_out(with_users):
    browser = with_users.browser()
    codes = [browser.post("/login", {"name": "ann", "password": f"wrong {n}"}).status_code for n in range(MOST_TRIES + 1)]
    assert codes == [401] * MOST_TRIES + [429]
    late = browser.post("/login", {"name": "ann", "password": PASSWORD})
    assert (late.status_code, int(late.headers["retry-after"]) > 0) == (429, True)


def test_a_login_from_another_site_is_refused(with_users):
    form = {"name": "ann", "password": PASSWORD}
    assert with_users.browser(origin="https://elsewhere.example").post("/login", form).status_code == 403


@pytest.fixture
def behind_proxy(tmp_path):
    web = WebSettings(**PROXY | {"proxy_groups_header": "X-Groups", "roles": {"prepare": ["ann"], "look": ["@environments"]}})
    with site(tmp_path, Settings(web=web)) as found:
        yield found


def test_the_proxy_names_the_user(behind_proxy):
    browser, own = behind_proxy.browser(), {"client": ("10.0.0.5", 1)}
    answer = browser.get("/", headers={"x-remote-user": "ann"}, **own)
    assert (answer.status_code, "<span>ann</span>" in answer.text) == (200, True)
    assert "Log out" not in answer.text
    by_group = behind_proxy.browser().get("/", headers={"x-remote-user": "bob", "x-groups": "a, environments"}, **own)
    assert (by_group.status_code, 'action="/drop"' in by_group.text) == (200, False)
    other = browser.get("/", headers={"x-remote-user": "bob", "x-groups": "environments"}, **own)
    assert "<span>bob</span>" in other.text  # a session never outlives its user


def test_only_the_proxy_may_name_a_user(behind_proxy):
    forged = behind_proxy.browser().get("/", headers={"x-remote-user": "ann"}, client=("10.0.0.6", 1))
    assert (forged.status_code, "only its proxy" in forged.text) == (403, True)
    own = {"client": ("10.0.0.5", 1)}
    assert behind_proxy.browser().get("/", **own).status_code == 401
    assert behind_proxy.browser().get("/", headers={"x-remote-user": "eve"}, **own).status_code == 401
    twice = [("x-remote-user", "ann"), ("x-remote-user", "bob")]
    assert behind_proxy.browser().get("/", headers=dict(twice) | {"x-remote-user": ""}, **own).status_code == 401
