"""The approval on the page: what is before the button, the first ones alone, and what is refused after a change."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal

import pytest
from support.sheets import case, cases, write_csv
from support.web import MARK, approve, send, site

from importer.settings import ApprovalSettings, Settings

SHOWN = re.compile(r'name="shown" value="([^"]+)"')


@pytest.fixture
def page(tmp_path):
    with site(tmp_path, Settings(approval=ApprovalSettings(above={"DKK": Decimal(150)}))) as found:
        yield found


def decision(browser, batch=1):
    text = browser.get(f"/batches/{batch}").text
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text[: text.index("<header>\n<h2>Review")])))


def form(browser, batch, **more):
    text = browser.get(f"/batches/{batch}").text
    return {"mark": MARK.search(text)[1], "shown": html.unescape(SHOWN.search(text)[1]), "agreed": "yes", **more}


def test_the_number_and_the_money_are_agreed_to_and_what_is_unusual_comes_first(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(3)))
    text = decision(browser)
    assert re.search(r"is to be sent: 3 cases \(DKK 3\d\d\.\d\d\) ?\. ", text), text
    first = text.index("Look at this first")
    assert first < text.index("above 150 of [approval] above") < text.index("I have looked at the review below")
    assert "A case cannot be undone" not in text  # it is the sandbox
    assert first < text.index("A new kind of file") < text.index("I have looked at the review below")


def test_the_first_ones_are_approved_alone_and_the_others_wait(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(5)))
    none = browser.post("/batches/1/approve", form(browser, 1, limit="0"))
    assert (none.status_code, page.started) == (422, [])
    assert browser.post("/batches/1/approve", form(browser, 1, limit="two")).status_code == 422
    done = browser.post("/batches/1/approve", form(browser, 1, limit="2"))
    assert (done.status_code, done.headers["location"]) == (303, "/batches/2")
    assert "The others wait in batch 1." in browser.get("/batches/2").text
    send(page)
    assert "2 cases" in browser.get("/batches/2").text
    rest = decision(browser)
    assert "3 cases" in rest
    assert "Rows: 3, page 1 of 1" in browser.get("/batches/1/rows?show=all").text
    whole = browser.post("/batches/1/approve", form(browser, 1, limit="3"))
    assert whole.headers["location"] == "/batches/1"
    send(page)
    assert 'class="state done"' in browser.get("/batches/1").text


def test_a_page_from_before_a_change_is_refused_with_what_changed(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    old = form(browser, 1)
    browser.drop(write_csv(tmp_path / "b.csv", [case("C1", "999.00")]))
    browser.post("/batches/1/review")
    refused = browser.post("/batches/1/approve", old)
    assert (refused.status_code, page.started) == (409, [])
    assert "batch 2, staged later, holds some of the same cases or vouchers" in refused.text
    assert "Batches 2, staged later, hold some of the same cases or vouchers." in decision(browser)
    for odd in ("", "[]", "{}", "null", json.dumps({"counts": [], "digest": 1})):
        again = browser.post("/batches/1/approve", {**old, "shown": odd})
        assert (again.status_code, "was reviewed again since the page was shown" in again.text) == (409, True)
    forged = {**form(browser, 1), "mark": "0" * 32}
    assert browser.post("/batches/1/approve", forged).status_code == 409


def test_values_that_the_approval_confirms_are_listed(page, tmp_path):
    browser = page.visitor()
    rows = [case(f"C{n}", Fakturastatus="Sent" if n % 2 else "Open") for n in range(1, 4)]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    shown = decision(browser)
    listed = "With the approval these values count as confirmed: Fakturastatus: “Sent” is taken for an open claim (rows: 2)"
    assert shown.index(listed) < shown.index("I have looked at the review below")
    assert "“Open”" not in shown
    approve(browser, 1)
    browser.drop(write_csv(tmp_path / "b.csv", [case("C9", Fakturastatus="Sent")]))
    assert "count as confirmed" not in decision(browser, 2)
