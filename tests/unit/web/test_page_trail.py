"""What users do on the page is recorded, without data of debtors; decisions hold for what the page has shown."""

from __future__ import annotations

import anyio
import pytest
import structlog
from support.sheets import cases, write_csv
from support.web import COOKIE, MARK, approve, site

from importer.errors import SettingsError
from importer.web.safe_settings import check_safe
from importer.web_settings import WebSettings


@pytest.fixture
def events():
    with structlog.testing.capture_logs() as found:
        structlog.configure(processors=structlog.get_config()["processors"])
        yield found
    structlog.reset_defaults()


def test_everything_a_user_does_is_recorded(tmp_path, events):
    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", cases(1)))
        assert approve(browser, 1).status_code == 303
        assert browser.post("/batches/1/discard").status_code == 422
        browser.get("/")
        browser.post("/logout")
        page.browser().get("/enter?token=x")
    found = [(one["action"], one.get("batch"), one["result"], bool(one["person"])) for one in events if one["event"] == "page"]
    assert found == [
        ("login", None, "done", True),
        ("drop", None, "done", True),
        ("approve", 1, "done", True),
        ("discard", 1, "refused", True),
        ("logout", None, "done", True),
        ("login", None, "refused", False),
    ]


def test_a_batch_is_discarded_as_the_page_has_shown_it_alone(tmp_path):
    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", cases(1)))
        assert browser.post("/batches/1/discard", {"mark": "old"}).status_code == 409
        mark = MARK.search(browser.get("/batches/1").text)[1]
        assert browser.post("/batches/1/discard", {"mark": mark}).status_code == 303


def test_the_stream_ends_with_the_login(tmp_path):
    async def events(page):
        allowed = iter([True, False])
        return [one async for one in page.services.feed.stream(-1, lambda: next(allowed))]

    with site(tmp_path) as page:
        browser = page.visitor()
        session = page.services.sessions.find(browser.cookies.get(COOKIE))
        assert page.services.sessions.is_open(session)
        assert anyio.run(events, page)[0].startswith("retry")
        browser.post("/logout")
        assert not page.services.sessions.is_open(session)


def test_passwords_do_not_travel_in_the_clear_to_a_proxy_either():
    users = {"login": "users", "users": {"ann": "x"}, "roles": {"look": ["ann"]}}
    with pytest.raises(SettingsError, match="in the clear"):
        check_safe(WebSettings(url="http://importer.example.com", **users))
    check_safe(WebSettings(url="http://127.0.0.1:9000", **users))
