"""What an open page says in a real browser once its server or its login is gone, and what it does when they are back."""

from __future__ import annotations

import pytest
from support.browser import Watched, chromium
from support.page_server import PASSWORD, running, with_users
from support.sheets import cases, write_csv

LOST, ENDED = "The connection to the importer is lost", "Your login has ended"
SAID = "#connection:not(:empty)"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = with_users(prepare=["ann"], approve=["ann"])
    with running(tmp_path_factory.mktemp("workspace"), settings, sends=False) as found:
        yield found


@pytest.fixture
def seen(browser, served, tmp_path):
    """A batch that is approved, and waits to be sent: its page follows the progress."""
    found = Watched(browser, served.url)
    found.log_in("ann", PASSWORD)
    found.drop(write_csv(tmp_path / f"{tmp_path.name}.csv", cases(1)))
    found.page.wait_for_url("**/batches/*")
    found.page.get_by_role("checkbox").check()
    found.page.get_by_role("button", name="Approve and send").click()
    found.page.wait_for_selector("[data-batch]")
    yield found
    found.context.close()


def end_logins(served):
    sessions = served.serving.close.__self__.sessions
    for session in list(sessions._found.values()):
        sessions.end_all(session.user)


def lose(seen):
    """Let the browser reach the server no more, as behind a cable that is pulled out."""
    for path in ("/events", "/alive"):
        seen.page.route(f"**{path}", lambda route: route.abort("connectionrefused"))


def test_a_page_that_is_followed_says_that_the_connection_is_lost_and_goes_on_once_it_is_back(seen):
    with seen.page.expect_request("**/alive"):
        lose(seen)
        seen.page.reload()
    assert LOST in seen.page.wait_for_selector(SAID).inner_text()
    assert seen.page.get_by_role("status").filter(has_text=LOST).count() == 1
    assert seen.violations() == []
    for path in ("/events", "/alive"):
        seen.page.unroute(f"**{path}")
    seen.page.wait_for_selector(SAID, state="detached")
    assert seen.page.locator("[data-show=line]").inner_text()


def test_a_login_that_has_ended_leads_to_the_login(seen, served):
    end_logins(served)
    seen.page.wait_for_url("**/login")


def test_what_was_written_is_not_thrown_away(seen, served):
    seen.open("/batches")
    field = seen.page.get_by_role("searchbox").or_(seen.page.locator("#entry"))
    field.fill("C1-3f9a2b")
    end_logins(served)
    seen.page.evaluate("window.dispatchEvent(new Event('online'))")
    assert ENDED in seen.page.wait_for_selector(SAID).inner_text()
    assert field.input_value() == "C1-3f9a2b"


def test_a_page_without_script_has_nothing_of_it(browser, served):
    seen = Watched(browser, served.url, java_script_enabled=False)
    seen.log_in("ann", PASSWORD)
    assert seen.page.locator("#connection").inner_text() == ""
    assert seen.wrong == []
    seen.context.close()
