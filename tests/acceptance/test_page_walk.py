"""Every page in a real browser, in both colour schemes: accessible, wide enough for a phone, and quiet.

Quiet: no error in the console, no request to another host, no broken policy, and every answer with the headers that protect it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from support.browser import Watched, chromium
from support.page_server import PASSWORD, RunningPage, SocketClient, running, with_users
from support.sheets import case, cases, write_csv

from importer.settings import Settings
from importer.web.guard import HEADERS
from importer.web.routes import ROUTES
from importer.web_settings import WebSettings

COUNTRY = str(list(case("C1")).index("debtor_country"))
BATCH, ONE_ROW = "/batches/{batch:int}", "/batches/{batch:int}/rows/{sheet:int}/{row:int}"
NOT_PAGES = {
    "/events": "a stream",
    "/alive": "an answer to the script",
    f"{BATCH}/files/{{name:str}}": "a download",
    "/drop": "a way back",
}
"""Addresses that are read and show no page."""


@dataclass
class Walk:
    """A browser that has logged in to a page with batches in every state, and a client to make more of them."""

    page: RunningPage
    seen: Watched
    client: SocketClient

    def job(self, *rows: dict, name: str = "a.csv") -> str:
        """Drop a file, wait until it is read, and return the address of that work."""
        path = write_csv(self.page.folder / name, list(rows))
        answer = self.client.post("/drop", files={"files": (name, path.read_bytes())})
        self.client.follow(answer)
        return answer.headers["location"]

    def map_path(self) -> str:
        """The address of the questions about a file whose headings are not known."""
        rows = [{"Hvem": f"Bodil {n}", "Rest": f"{n}00,50", "Stat": "DK", "Dato": "31-01-2026"} for n in (1, 2, 3)]
        return self.job(*rows, name="liste.csv").replace("/jobs/", "/map/") + "/0"

    def unread_job(self) -> str:
        """The address of the work that could not read that file."""
        return self.map_path().replace("/map/", "/jobs/").removesuffix("/0")

    def approve(self, batch: int) -> None:
        """Approve a batch."""
        assert self.client.approve(batch).status_code == 303

    def correct(self, batch: int, row: int, then: str) -> None:
        """Correct the country of a row, and go on to the next one or check it."""
        form = {"sheet": "0", "number": str(row), "position": COUNTRY, "text": "Denmark", "next": then}
        self.client.follow(self.client.post(f"/batches/{batch}/correct", form))


@dataclass(frozen=True)
class Stop:
    """A page to look at: the route that answers it, how to reach it, its name, and text that shows that it is the right one."""

    route: str
    name: str
    text: str
    go: Callable[[Walk], str | None]
    """Returns the address to open; None if the page is shown already."""


def _answered_map(walk: Walk) -> None:
    walk.seen.open(walk.map_path())
    walk.seen.page.get_by_role("button", name="Go on").click()
    walk.seen.page.get_by_role("button", name="Go on").wait_for()


def _opened_row(walk: Walk) -> None:
    walk.seen.open("/batches/5/rows?show=rejected")
    walk.seen.page.get_by_text("Correct Date (date), Debtor's country (debtor_country)").click()


def _found_entry(walk: Walk) -> None:
    name = re.search(r"C1-\w{6}", walk.client.http.get("/batches/1/rows/0/2").text)
    assert name is not None
    walk.seen.open("/batches")
    walk.seen.page.get_by_role("textbox").fill(name[0])
    walk.seen.page.keyboard.press("Enter")
    walk.seen.page.wait_for_url("**/batches/1/rows/0/2")


STOPS = (
    Stop("/", "home", "Import claims", lambda _: "/"),
    Stop("/batches", "batches", "All batches", lambda _: "/batches"),
    Stop("/status", "status", "Status", lambda _: "/status"),
    Stop(BATCH, "batch-done", "done", lambda _: "/batches/1"),
    Stop(BATCH, "batch-sending", "not finished", lambda _: "/batches/2"),
    Stop(BATCH, "batch-approved", "approved", lambda _: "/batches/3"),
    Stop(BATCH, "batch-discarded", "discarded", lambda _: "/batches/4"),
    Stop(BATCH, "batch-staged", "I have looked at the review", lambda _: "/batches/5"),
    Stop(f"{BATCH}/rows", "rows-all", "Bodil Zebrahest", lambda _: "/batches/1/rows?show=all"),
    Stop(f"{BATCH}/rows", "rows-wrong", "Atlantis", lambda _: "/batches/5/rows"),
    Stop(f"{BATCH}/rows", "rows-rejected", "Check again with this value", _opened_row),
    Stop(f"{BATCH}/rows", "rows-held", "held", lambda _: "/batches/2/rows"),
    Stop(f"{BATCH}/rows", "rows-none", "There are no such rows", lambda _: "/batches/1/rows"),
    Stop(f"{BATCH}/rows", "rows-questioned", "Questioned rows: 1", lambda _: "/batches/3/rows"),
    Stop(ONE_ROW, "row-staged", "Nothing was decided about its batch yet", lambda _: "/batches/5/rows/0/4"),
    Stop("/entries", "row-history", "Attempts to create it", _found_entry),
    Stop(f"{BATCH}/rows/{{sheet:int}}/{{number:int}}/correct", "row-correct", "Row 4", lambda _: "/batches/5/rows/0/4/correct"),
    Stop(f"{BATCH}/corrections", "corrections", "Every change", lambda _: "/batches/5/corrections"),
    Stop(f"{BATCH}/parties", "parties", "Answer by name", lambda _: "/batches/7/parties"),
    Stop("/jobs/{job:str}", "job-refused", "Answer questions about liste.csv", lambda walk: walk.unread_job()),
    Stop(f"{BATCH}/map", "map-of-batch", "What the columns mean", lambda _: "/batches/5/map"),
    Stop("/map/{job:str}/{file:int}", "map", "What the columns mean", lambda walk: walk.map_path()),
    Stop("/map/{job:str}/{file:int}", "map-answered", "What the columns mean", _answered_map),
    Stop(BATCH, "problem", "There is no batch 99", lambda _: "/batches/99"),
    Stop("", "nowhere", "There is no such page", lambda _: "/nowhere"),
)
"""Every page of a user who is logged in. ``route`` is empty for what no route answers."""


def test_every_address_that_is_read_is_walked():
    walked = {stop.route for stop in STOPS if stop.route}
    assert walked | set(NOT_PAGES) == {route.path for route in ROUTES if route.method == "GET"}


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def _change(page: RunningPage, statement: str) -> None:
    with closing(sqlite3.connect(page.folder / "ledger.sandbox.db", timeout=30)) as ledger, ledger:
        ledger.execute(statement)


def _unclear(ref: str, name: str) -> dict:
    """A case of a debtor who may be a company or a person."""
    row = case(ref, debtor_name=name, debtor_contact_person="Mette Holm", debtor_zip_code="8000")
    return {heading: cell for heading, cell in row.items() if heading != "debtor_type"}


def _fill(walk: Walk) -> None:
    """Make batches in every state.

    1 done, 2 with a row left and one held, 3 approved with a question, 4 discarded, 5 staged with wrong rows, of which one is
    corrected in batch 6 and one is not checked yet, 7 with debtors who may be companies or persons.
    """
    hans = {"debtor_name": "Hans Hansen", "debtor_email": "hans@hansen.example"}
    walk.job(*cases(3), case("INV-1", creditor_reference="INV-1", **hans), name="done.csv")
    walk.job(*cases(3, first=11), name="sending.csv")
    for batch in (1, 2):
        walk.approve(batch)
    walk.page.send()
    _change(walk.page, "UPDATE entry SET state = 'held', remote_id = NULL, remote_reference = NULL WHERE id = 5")
    _change(walk.page, "UPDATE entry SET state = 'pending', remote_id = NULL, remote_reference = NULL WHERE id = 6")
    walk.job(*cases(2, first=21), case("inv-1", creditor_reference="inv-1", **hans), name="approved.csv")
    walk.approve(3)
    walk.job(*cases(1, first=31), name="discarded.csv")
    walk.client.post("/batches/4/discard", {"mark": walk.client.mark(4)})
    wrong = [
        case("C50", date="31.02.2026", debtor_country="Atlantis"),
        *(case(f"C{n}", debtor_country="Atlantis") for n in (51, 52)),
    ]
    walk.job(*({**row, "Fakturastatus": "Sent"} for row in [*cases(2, first=41), *wrong]), name="staged.csv")
    walk.correct(5, 5, then="")
    walk.correct(5, 6, then="keep")
    walk.job(_unclear("C61", "Cafe Luna"), _unclear("C62", "Nordlys"), name="luna.csv")


def test_every_page_is_accessible_fits_a_phone_and_is_quiet(browser, tmp_path):
    settings = with_users({"above": {"DKK": "150"}}, prepare=["ann"], approve=["ann"])
    settings = settings.model_copy(update={"defaults": settings.defaults | {"debtor_type": "by name"}})
    wrong = {}
    with running(tmp_path, settings, sends=False) as page, SocketClient(page.url, user="ann") as client:
        walk = Walk(page, Watched(browser, page.url, hides=tmp_path), client)
        _fill(walk)
        walk.seen.log_in("ann", PASSWORD)
        for stop in STOPS:
            path = stop.go(walk)
            if path is not None:
                walk.seen.open(path)
            assert stop.text in walk.seen.page.locator("main").inner_text(), stop.name
            if found := walk.seen.faults(stop.name):
                wrong[stop.name] = found
    assert wrong == {}


def test_the_first_pages_of_an_empty_workspace(browser, tmp_path):
    with running(tmp_path) as page:
        seen, link = Watched(browser, page.url), page.link
        seen.page.route(f"{page.url}/", lambda route: route.fulfill(status=204, headers=HEADERS))  # else the next one comes
        seen.page.goto(link)
        assert "You are logged in" in seen.page.locator("h1").inner_text()
        found = seen.faults("entered")
        seen.page.unroute_all()
        for path, name in (("/", "home-empty"), ("/batches", "batches-empty"), ("/status", "status-empty")):
            seen.open(path)
            found += seen.faults(name)
        seen.page.goto(link)
        assert "You are not logged in" in seen.page.locator("h1").inner_text()
        assert found + seen.faults("used-link") == []


def test_the_pages_before_a_login_and_of_those_who_may_not(browser, tmp_path):
    with running(tmp_path, with_users(prepare=["ann"], look=["eve"])) as page:
        seen = Watched(browser, page.url)
        seen.open("/login")
        found = seen.faults("login")
        seen.give("ann", "a wrong password")
        assert "do not belong together" in seen.page.get_by_role("alert").inner_text()
        found += seen.faults("login-wrong")
        seen.give("nobody", PASSWORD)
        assert "no role" in seen.page.locator("main").inner_text()
        found += seen.faults("no-role")
        seen.log_in("eve", PASSWORD)
        assert seen.page.locator("input[type=file]").count() == 0
        found += seen.faults("home-of-who-looks")
        seen.open("/jobs/x")
        assert "You may not do that" in seen.page.locator("main").inner_text()
        assert found + seen.faults("problem-role") == []


OTHER_LOGINS = {
    "oidc": WebSettings(login="oidc", oidc_issuer="http://127.0.0.1:9", oidc_client_id="x", oidc_client_secret="y"),
    "proxy": WebSettings(login="proxy", proxy_header="X-Remote-User", proxy_addresses=("127.0.0.1",)),
}


@pytest.mark.parametrize(("login", "paths"), [("oidc", ("/", "/login", "/login/back")), ("proxy", ("/",))])
def test_the_pages_of_the_other_logins(browser, tmp_path, login, paths):
    with running(tmp_path, Settings(web=OTHER_LOGINS[login])) as page:
        seen, found = Watched(browser, page.url), []
        for number, path in enumerate(paths):
            seen.open(path)
            assert seen.page.locator("h1").inner_text() in {"Log in", "You are not logged in"}
            found += seen.faults(f"login-{login}-{number}")
        assert found == []
