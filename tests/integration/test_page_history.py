"""The history of one row on the page: what was read, what became of it, every attempt, and who approved it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

from support.sheets import case, cases, write_csv
from support.web import approve, send


def test_a_row_shows_its_cells_its_attempts_and_who_approved_it(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(2), case("C3", debtor_country="Atlantis")]))
    staged = browser.get("/batches/1/rows/0/4").text
    assert "Nothing was decided about its batch yet" in staged
    assert re.search(r'class="cell wrong">Atlantis<', staged)
    assert "Atlantis" in re.search(r'<ul class="problem">.*?</ul>', staged, re.DOTALL)[0]

    approve(browser, 1)
    send(page)
    shown = browser.get("/batches/1/rows/0/2").text
    assert re.search(r"<h2>Case C1-\w{6}: accepted</h2>", shown)
    assert re.search(r"approved \d{4}-\d\d-\d\d \d\d:\d\d CES?T by ", shown)
    assert re.search(r'<td class="word">accepted</td><td>20[01]</td>', shown)
    assert "Batch 1: a.csv, row 2" in shown
    rejected = browser.get("/batches/1/rows/0/4").text
    assert re.search(r"<h2>Case: rejected</h2>", rejected)
    assert "Attempts to create it" not in rejected
    listed = browser.get("/batches/1/rows?show=all").text
    assert 'href="/batches/1/rows/0/2"' in listed


def test_a_row_is_found_by_the_name_of_its_entry(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    approve(browser, 1)
    send(page)
    browser.drop(write_csv(tmp_path / "b.csv", [*cases(1), case("C9", "7.00")]))
    approve(browser, 2)
    again = browser.get("/batches/2/rows/0/2").text
    assert "It is the one of a.csv, row 2." in again
    assert re.findall(r">(Batch \d: [^<]*)</a>", again) == ["Batch 1: a.csv, row 2", "Batch 2: b.csv, row 2"]
    name = re.search(r"C1-\w{6}", again)[0]
    assert browser.get(f"/entries?name={name}").headers["location"] == "/batches/1/rows/0/2"
    for wrong in ("C1-000000", "C999-3f9a2b", "V1-3f9a2b", "", "<b>"):
        answer = browser.get("/entries", params={"name": wrong})
        assert (answer.status_code, "There is no entry" in answer.text, "<b>" in answer.text) == (422, True, False)
    for odd in ("/batches/1/rows/0/99", "/batches/1/rows/7/2", "/batches/9/rows/0/2"):
        assert browser.get(odd).status_code == 422


def test_an_answer_shows_by_whom_and_when_it_was_given(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(1)))
    approve(browser, 1)
    answer = '{"who": "bob@here", "when": "2026-11-28T01:10:00.000000Z", "what": "send", "asked": [], "values": ""}'
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger, ledger:
        ledger.execute("UPDATE entry SET answer = ?", [answer])
        ledger.execute(
            "INSERT INTO attempt (entry_id, account, run_id, started_at, outcome, cause, detail) VALUES (1, 'x', 'r',"
            " '2026-11-28T01:10:07.000000Z', 'of a later release', 'answer_lost', 'read timeout')"
        )
    shown = browser.get("/batches/1/rows/0/2").text
    assert "send, by bob@here, 2026-11-28 02:10 CET" in shown
    assert "of a later release" in shown
    assert "no complete answer came.<br>read timeout" in shown


def test_before_the_first_import_there_is_no_entry(page):
    browser = page.visitor()
    assert browser.get("/batches/1/rows/0/2").status_code == 422
    answer = browser.get("/entries?name=C1-3f9a2b")
    assert (answer.status_code, "ledger" in answer.text) == (422, True)
