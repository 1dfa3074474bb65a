"""The limits on tries to log in: they stop who guesses, and shut out nobody else."""

from __future__ import annotations

import pytest
from support.page_server import PASSWORD
from support.web import URL, Site, site

from importer.settings import Settings
from importer.web.login.passwords import hashed
from importer.web.login.tries import MOST_OF_ONE, MOST_STARTS, MOST_TRIES, WINDOW_SECONDS, FailedTries, LoginStarts, LoginTry
from importer.web_settings import WebSettings

ANN, BOB = LoginTry("ann", "10.0.0.1"), LoginTry("bob", "10.0.0.1")


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def tries(now):
    return FailedTries(lambda: now[0])


def fail(tries, *several):
    for one in several:
        tries.add(one)


def test_a_user_at_one_address_is_limited_for_a_while(tries, now):
    for _ in range(MOST_TRIES):
        assert tries.wait(ANN) == 0
        tries.add(ANN)
    assert 0 < tries.wait(ANN) <= WINDOW_SECONDS
    assert tries.wait(BOB) == 0
    assert tries.wait(LoginTry("ann", "10.0.0.2")) == 0
    now[0] += WINDOW_SECONDS
    assert tries.wait(ANN) == 0


def test_guesses_from_many_addresses_stop_and_the_user_still_logs_in_where_it_was_done_before(tries):
    tries.add(ANN)
    tries.succeed(ANN)
    fail(tries, *(LoginTry("ann", f"10.0.1.{n}") for n in range(MOST_OF_ONE)))
    assert tries.wait(LoginTry("ann", "10.0.9.9")) > 0
    assert tries.wait(ANN) == 0


def test_guesses_for_many_users_stop_and_a_user_who_was_there_still_logs_in(tries):
    tries.add(ANN)
    tries.succeed(ANN)
    fail(tries, *(LoginTry(f"guess{n}", "10.0.0.1") for n in range(MOST_OF_ONE)))
    assert tries.wait(BOB) > 0
    assert tries.wait(ANN) == 0


def test_a_right_password_for_one_user_gives_no_more_guesses_for_others(tries):
    for n in range(MOST_OF_ONE):
        fail(tries, LoginTry(f"guess{n}", "10.0.0.1"), ANN)
        tries.succeed(ANN)
    assert tries.wait(BOB) > 0


def test_clients_that_are_not_known_are_limited_by_user_alone(tries):
    fail(tries, *(LoginTry(f"guess{n}", "") for n in range(MOST_OF_ONE)), *[LoginTry("ann", "")] * MOST_TRIES)
    assert tries.wait(LoginTry("bob", "")) == 0
    assert tries.wait(LoginTry("ann", "")) > 0


def test_logins_that_are_begun_at_a_service_are_limited_by_client(now):
    starts = LoginStarts(lambda: now[0])
    for _ in range(MOST_STARTS):
        assert starts.wait("10.0.0.1") == 0
        starts.add("10.0.0.1")
        starts.add("")
    assert starts.wait("10.0.0.1") > 0
    assert (starts.wait("10.0.0.2"), starts.wait("")) == (0, 0)
    starts.succeed("10.0.0.1")
    assert starts.wait("10.0.0.1") == 0


def page_behind_tls(tmp_path, **web):
    users = {name: hashed(PASSWORD) for name in ("ann", "bob")}
    roles = {"prepare": ["ann", "bob"]}
    return site(tmp_path, Settings(web=WebSettings(login="users", users=users, roles=roles, url="https://i.example", **web)))


def tried(page, name, password, peer="10.0.0.5", **headers):
    form = {"name": name, "password": password}
    return page.browser().request("POST", "/login", data=form, client=(peer, 1), headers=headers).status_code


def test_wrong_passwords_behind_a_proxy_shut_out_nobody_else(tmp_path):
    with page_behind_tls(tmp_path, proxy_addresses=["10.0.0.5"]) as page:
        attacker, own = {"x-forwarded-for": "203.0.113.9"}, {"x-forwarded-for": "203.0.113.10"}
        assert [tried(page, "ann", "wrong", **attacker) for _ in range(MOST_TRIES + 1)] == [401] * MOST_TRIES + [429]
        assert tried(page, "ann", PASSWORD, **attacker) == 429
        assert tried(page, "ann", PASSWORD, **own) == 200
        assert tried(page, "bob", PASSWORD, **attacker) == 200


def test_a_client_does_not_name_its_own_address(tmp_path):
    with page_behind_tls(tmp_path, proxy_addresses=["10.0.0.5"]) as page:
        # A proxy adds the address that it sees to what the client has sent.
        codes = [
            tried(page, "ann", "wrong", **{"x-forwarded-for": f"198.51.100.{n}, 203.0.113.9"}) for n in range(MOST_TRIES + 1)
        ]
        assert codes == [401] * MOST_TRIES + [429]
    with page_behind_tls(tmp_path / "open") as page:  # the proxy is not known, so that nobody is believed
        codes = [tried(page, "ann", "wrong", **{"x-forwarded-for": f"198.51.100.{n}"}) for n in range(MOST_TRIES + 1)]
        assert codes == [401] * MOST_TRIES + [429]
        assert tried(page, "bob", PASSWORD) == 200


def test_logins_at_a_service_are_begun_a_number_of_times_from_one_address(tmp_path):
    own = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "importer", "oidc_client_secret": "s"}
    page = Site(tmp_path, Settings(web=WebSettings(login="oidc", url=URL, roles={"prepare": ["@finance"]}, **own)))
    try:
        for _ in range(MOST_STARTS):
            page.login._starts.add("10.0.0.7")
        answer = page.browser().get("/login", client=("10.0.0.7", 1))
        assert (answer.status_code, "Too many logins" in answer.text) == (429, True)
        assert int(answer.headers["retry-after"]) > 0
        assert page.browser().get("/login", client=("10.0.0.8", 1)).status_code == 502  # it is begun; nobody answers there
    finally:
        page.services.close()
