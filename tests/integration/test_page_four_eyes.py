"""Under four eyes, who has prepared a row does not release it alone: neither by an approval nor by an answer after it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from support.page_server import PASSWORD, with_users
from support.sheets import case, cases, write_csv
from support.web import approve, send, site

SETTINGS = with_users({"four_eyes": True}, prepare=["ann"], approve=["ann", "bob"])


def logged_in(page, name):
    browser = page.browser()
    assert browser.post("/login", {"name": name, "password": PASSWORD}).status_code == 200
    return browser


def claim(ref):
    return case(ref, "100.50", creditor_reference=ref, debtor_name="Hans Hansen", creditor_company_name="Kreditor A/S")


def entries(text):
    return list(dict.fromkeys(re.findall(r'name="entry" value="([^"]+)"', text)))


@pytest.fixture
def page(tmp_path):
    with site(tmp_path, SETTINGS) as found:
        yield found


@pytest.fixture
def questioned(page, tmp_path):
    """Ann has dropped rows that are questioned, and Bob has approved them."""
    ann, bob = logged_in(page, "ann"), logged_in(page, "bob")
    refs = [f"INV-{n}" for n in range(1, 4)]
    for batch, written in enumerate((refs, [ref.lower() for ref in refs]), 1):
        ann.drop(write_csv(tmp_path / f"{batch}.csv", [claim(ref) for ref in written]))
        assert approve(bob, batch).status_code == 303
        send(page)
    page.started.clear()
    return ann, bob


def refused(answer):
    return answer.status_code == 409 and "ann has staged it, and [approval] four_eyes requires another person" in answer.text


def test_who_dropped_a_questioned_row_does_not_let_it_be_sent(page, questioned):
    ann, bob = questioned
    text = ann.get("/batches/2/rows").text
    first, second, *_ = entries(text)
    named = re.search(r'name="named" value="([CV]\d+-\w+)"', text)[1]
    for form in (
        {"what": "entry", "entry": first, "word": "send"},
        {"what": "entry", "entry": first, "word": "same as", "same": named},
        {"what": "group", "kind": "twin", "word": "send", "rows": "3"},
        {"what": "group", "kind": "twin", "word": "same as", "rows": "3"},
    ):
        assert refused(ann.post("/batches/2/answer", form)), form
    assert page.started == []
    assert ann.post("/batches/2/answer", {"what": "entry", "entry": first, "word": "drop"}).status_code == 303
    taken_back = ann.post("/batches/2/answer", {"what": "entry", "entry": first, "word": "send"})
    assert refused(taken_back)
    assert bob.post("/batches/2/answer", {"what": "entry", "entry": second, "word": "send"}).status_code == 303
    assert page.started == ["resume"]


def test_who_dropped_a_row_in_doubt_does_not_send_it_again(page, tmp_path):
    ann, bob = logged_in(page, "ann"), logged_in(page, "bob")
    ann.drop(write_csv(tmp_path / "a.csv", cases(2)))
    assert approve(bob, 1).status_code == 303
    send(page)
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger, ledger:
        ledger.execute("UPDATE entry SET state = 'held', remote_id = NULL, remote_reference = NULL WHERE id = 1")
    (entry,) = entries(ann.get("/batches/1/rows").text)
    absent = {"what": "doubt", "entry": entry, "word": "absent", "although_listed": "yes"}
    page.started.clear()
    assert refused(ann.post("/batches/1/answer", absent))
    assert page.started == []
    assert bob.post("/batches/1/answer", absent).status_code == 303


def test_who_corrected_a_row_does_not_let_it_be_sent(page, tmp_path):
    ann, bob = logged_in(page, "ann"), logged_in(page, "bob")
    ann.drop(write_csv(tmp_path / "a.csv", [claim("INV-1")]))
    approve(bob, 1)
    send(page)
    rows = [{**claim("inv-1"), "debtor_country": "Atlantis"}]
    ann.drop(write_csv(tmp_path / "b.csv", rows))
    position = list(rows[0]).index("debtor_country")
    form = {"sheet": "0", "number": "2", "position": str(position), "text": "Denmark"}
    ann.follow(ann.post("/batches/2/correct", form))
    assert approve(bob, 3).status_code == 303
    (entry, *_) = entries(ann.get("/batches/3/rows").text)
    assert refused(ann.post("/batches/3/answer", {"what": "entry", "entry": entry, "word": "send"}))
