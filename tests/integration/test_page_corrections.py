"""Corrections on the page: kept row by row, checked together, sent once, taken back, and never with a personal number."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from support.sheets import case, cases, write_csv
from support.web import approve, discard, send

from importer.web.work.corrected_sheets import corrected_rows
from importer.web.work.correction_store import corrections_folder, folder_of_batch
from importer.web.work.correction_sweep import sweep_corrections

HEADER = list(case("C1"))
BAD = [case(f"B{n}", debtor_country="Atlantis") for n in (1, 2, 3)]
NUMBER = "010180-1234"


def state_of(browser, batch):
    return re.search(r'<h1 id="decision">Batch \d+ <span class="state (\w+)', browser.get(f"/batches/{batch}").text)[1]


def keep(browser, number, *, batch=1, offset=0, then="keep", **texts):
    """Correct cells of a row, and go on to the next one."""
    positions = [str(HEADER.index(heading) + offset) for heading in texts]
    form = {"sheet": "0", "number": str(number), "position": positions, "text": list(texts.values()), "next": then}
    return browser.post(f"/batches/{batch}/correct", form)


def check(browser, batch=1):
    return browser.follow(browser.post(f"/batches/{batch}/check"))


def accepted(tmp_path):
    """The cases that the ledger has sent: each reference with its number."""
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger:
        query = "SELECT base, COUNT(*) FROM entry WHERE kind = 'case' AND state = 'accepted' GROUP BY base"
        return [count for _, count in ledger.execute(query)]


def test_three_rows_are_corrected_one_after_the_other_and_approved_once(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), *BAD]))
    for number in (3, 4, 5):
        answer = keep(browser, number, debtor_country="Denmark", debtor_name=f"Kaj Drossel {number}")
        assert (answer.status_code, answer.headers["location"].endswith(f"#r0-{number}")) == (303, True)
    rows = browser.get("/batches/1/rows").text
    assert "Corrected rows that are not checked yet: 3" in rows
    assert rows.count("corrected, not checked yet") == 3
    assert browser.get("/batches/2").status_code == 422  # nothing is checked before it is asked for
    assert "3 cases" in check(browser).text
    assert "not checked yet" not in browser.get("/batches/1/rows").text
    history = browser.get("/batches/1/corrections").text
    assert history.count("<td>Atlantis</td><td>Denmark</td>") == 3
    assert "corrected cells: 6" in history
    approve(browser, 2)
    approve(browser, 1)
    send(page)
    assert accepted(tmp_path) == [1, 1, 1, 1]


def test_a_row_that_is_still_wrong_is_corrected_on_the_page_of_the_corrected_rows(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), *BAD[:2]]))
    keep(browser, 3, debtor_country="Denmark")
    keep(browser, 4, debtor_country="Lemuria")
    assert "1 case" in check(browser).text
    shown = browser.get("/batches/2/rows").text
    offset = int(re.search(r'name="position" value="(\d+)"', shown)[1]) - HEADER.index("debtor_country")
    number = re.search(r'name="number" value="(\d+)"', shown)[1]
    assert browser.get(f"/batches/2/rows/0/{number}/correct").status_code == 200
    both = browser.follow(keep(browser, number, batch=2, offset=offset, then="", debtor_country="Denmark"))
    assert "2 cases" in both.text
    assert (state_of(browser, 2), state_of(browser, 3)) == ("discarded", "staged")
    changes = re.findall(r"<td>(Atlantis|Lemuria)</td><td>(\w+)</td>", browser.get("/batches/3/corrections").text)
    assert changes == [("Atlantis", "Denmark"), ("Atlantis", "Lemuria"), ("Lemuria", "Denmark")]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_row_is_sent_once_in_whichever_order_the_batches_are_approved(page, tmp_path, order):
    browser = page.visitor()
    twice = [case("Q1", debtor_country="Atlantis"), case("Q2")]
    browser.drop(write_csv(tmp_path / "a.csv", twice))
    keep(browser, 2, debtor_country="DK")
    check(browser)
    for batch in order:
        assert approve(browser, batch).status_code == 303
        send(page)
    assert accepted(tmp_path) == [1, 1]
    keep(browser, 2, debtor_country="Sweden")  # corrected again after it was sent: it is reported, and not sent again
    check(browser)
    assert "changed" in browser.get("/batches/3/rows?show=all").text
    approve(browser, 3)
    send(page)
    assert accepted(tmp_path) == [1, 1]


def test_a_changed_correction_cannot_be_approved_as_it_was(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), *BAD[:2]]))
    keep(browser, 3, debtor_country="Denmark")
    check(browser)
    keep(browser, 4, debtor_country="Norway")
    assert state_of(browser, 2) == "staged"  # another row does not touch what was checked
    keep(browser, 3, debtor_country="Sweden")
    assert state_of(browser, 2) == "discarded"
    assert approve(browser, 2).status_code == 422
    keep(browser, 3, debtor_country="Atlantis")  # back to what it was: there is no correction any more
    assert [one.text for made in corrected_rows(page.environments, 1).rows.values() for one in made] == ["Norway"]
    assert "1 case" in check(browser).text
    discard(browser, 3)
    assert "not checked yet: 1" in browser.get("/batches/1/rows").text  # nothing is lost by that
    browser.post("/batches/1/undo", {"sheet": "0", "number": "4"})
    assert corrected_rows(page.environments, 1).rows == {}
    job = browser.post("/batches/1/check")
    assert "no corrected row" in browser.follow(job).text


def test_personal_numbers_in_corrections_are_kept_nowhere(page, tmp_path, caplog):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), *BAD[:1]]))
    refused = keep(browser, 3, creditor_reference=NUMBER)
    assert (refused.status_code, "looks like a personal number" in refused.text) == (422, True)
    keep(browser, 3, debtor_country="Denmark", debtor_name=f"Kaj Drossel, CPR {NUMBER}")
    shown = [browser.get("/batches/1/rows").text, browser.get("/batches/1/corrections").text, check(browser).text]
    assert all("010180-****" in text for text in shown[:2])
    folder = corrections_folder(page.environments)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    kept = [*(path.read_bytes() for path in (*files, tmp_path / "ledger.sandbox.db")), *map(str.encode, shown)]
    assert not any(number.encode() in text for text in kept for number in (NUMBER, "0101801234"))
    assert NUMBER not in caplog.text
    (sheet,) = folder.glob("1-*/1/*.xlsx")
    from openpyxl import load_workbook

    cells = [str(cell) for row in load_workbook(sheet).worksheets[0].iter_rows(values_only=True) for cell in row]
    assert any("010180-****" in cell for cell in cells)
    assert not any(NUMBER in cell for cell in cells)


def test_what_nobody_needs_any_more_is_swept(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), *BAD[:2]]))
    keep(browser, 3, then="", debtor_country="Norway")
    browser.follow(keep(browser, 3, then="", debtor_country="Denmark"))
    sweep_corrections(page.environments)
    folder = folder_of_batch(page.environments, 1)
    assert [path.name for path in folder.glob("*/*.xlsx")] == ["a-corrected-2.xlsx"]
    for batch in (1, 3):
        approve(browser, batch)
    send(page)
    sweep_corrections(page.environments)
    assert [path.name for path in folder.iterdir()] == ["history.jsonl"]
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [one["heading"] for one in lines if "heading" in one] == ["debtor_country"] * 2
    assert "Denmark" not in (folder / "history.jsonl").read_text()
    assert "not kept here any more" in browser.get("/batches/1/corrections").text


def test_rows_are_filtered_by_status_with_each_reason_beside_its_cell(page, tmp_path):
    browser = page.visitor()
    wrong = case("B1", debtor_country="Atlantis", date="31.02.2026")
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(2), wrong]))
    text = browser.get("/batches/1/rows?show=rejected").text
    assert ("rejected (1)" in text, "ready to send (2)" in text) == (True, True)
    assert len(re.findall(r'<td class="cell wrong" [^>]+>[^<]+</td>', text)) == 2
    why = text[text.index('<td class="why">') : text.index('<td class="cell')]
    assert ("Atlantis" in why, "31.02.2026" in why, why.count("<li>")) == (True, True, 2)
    assert browser.get("/batches/1/rows?show=pending").text.count('<th scope="row">') == 2
    assert "There are no such rows" in browser.get("/batches/1/rows?show=questioned").text
    whole = browser.get("/batches/1/rows/0/4/correct").text
    assert len(re.findall(r'name="position" value="\d{1,4}"', whole)) == len(HEADER)  # beside the columns that the sheet lacks
    assert browser.get("/batches/1/rows/0/2/correct").status_code == 422  # it is not one of those to correct
    unchanged = dict(zip(HEADER, map(str, wrong.values()), strict=True))
    keep(browser, 4, **unchanged)
    assert corrected_rows(page.environments, 1).is_empty
