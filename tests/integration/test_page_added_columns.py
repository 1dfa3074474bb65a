"""What a sheet lacks is filled in for one row: its column is offered, and the corrected rows have it."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from support.sheets import case, voucher, write_csv
from support.web import approve, send, site

from importer.settings import Settings
from importer.web.work.added_columns import ADDABLE, name_at, position_of

CONTACT = "debtor_contact_person"


def without(row, *names):
    return {name: value for name, value in row.items() if name not in names}


def fill_in(browser, number, batch=1, **texts):
    form = {"sheet": "0", "number": str(number), "position": [str(position_of(one)) for one in texts]}
    return browser.post(f"/batches/{batch}/correct", form | {"text": list(texts.values()), "next": "keep"})


def check(browser, batch=1):
    return browser.follow(browser.post(f"/batches/{batch}/check"))


def sent(folder):
    """The debtor's countries and contacts of the cases that were sent, by their reference."""
    with closing(sqlite3.connect(folder / "ledger.sandbox.db")) as ledger:
        rows = ledger.execute("SELECT ref, payload FROM entry WHERE kind = 'case' AND state = 'accepted'")
        debtors = {ref: json.loads(payload)["debtor"] for ref, payload in rows}
    return {ref: (one["countryAlpha2"], one.get("contactPerson")) for ref, one in debtors.items()}


def test_the_position_of_an_added_column_is_of_its_name():
    assert [name_at(position_of(name)) for name in ADDABLE] == list(ADDABLE)
    assert [name_at(at) for at in (0, 19_999, 20_000 + len(ADDABLE))] == [None] * 3


def test_a_column_that_the_sheet_lacks_is_filled_in_for_the_row_that_needs_it(page, tmp_path):
    browser = page.visitor()
    browser.drop(
        write_csv(tmp_path / "a.csv", [case("P1"), case("X1", debtor_type="Company"), case("X2", debtor_type="Company")])
    )
    shown = browser.get("/batches/1/rows").text
    assert f'name="position" value="{position_of(CONTACT)}"' in shown  # beside the reason
    whole = browser.get("/batches/1/rows/0/3/correct").text
    assert ("Columns that the sheet lacks" in whole, f"({CONTACT}) of row 3" in whole) == (True, True)
    assert f"({CONTACT}) of row 3" not in browser.get("/batches/1/rows?show=pending").text
    assert fill_in(browser, 3, **{CONTACT: "Kaj Drossel"}).status_code == 303
    assert "Kaj Drossel" in browser.get("/batches/1/rows").text
    assert "1 case" in check(browser).text
    assert re.search(rf"<td>{CONTACT}</td><td>\(empty\)</td><td>Kaj Drossel</td>", browser.get("/batches/1/corrections").text)
    approve(browser, 2)
    send(page)
    assert sent(tmp_path) == {"X1": ("DK", "Kaj Drossel")}


def test_a_row_is_corrected_again_on_the_page_of_the_corrected_rows(page, tmp_path):
    browser = page.visitor()
    wrong = case("X1", debtor_type="Company", debtor_country="US")
    browser.drop(write_csv(tmp_path / "a.csv", [wrong]))
    fill_in(browser, 2, **{CONTACT: "Kaj Drossel", "debtor_state": "Atlantis"})
    check(browser)
    shown = browser.get("/batches/2/rows").text
    at = re.search(r'name="position" value="(\d+)">\s*<label[^>]+>[^<]*debtor_state', shown)[1]
    assert int(at) < 20_000  # the corrected rows have the column
    number = re.search(r'name="number" value="(\d+)"', shown)[1]
    browser.post("/batches/2/correct", {"sheet": "0", "number": number, "position": at, "text": "California", "next": "keep"})
    assert "1 case" in check(browser).text
    assert "California" in browser.get("/batches/1/corrections").text


def test_the_value_for_all_rows_stays_in_the_rows_that_have_no_other(tmp_path):
    settings = Settings(defaults={"debtor_country": "DK"})
    with site(tmp_path, settings) as page:
        browser = page.visitor()
        rows = [without(case(f"C{n}", date="31.02.2026"), "debtor_country") for n in (1, 2)]
        browser.drop(write_csv(tmp_path / "a.csv", rows))
        date = str(list(rows[0]).index("date"))
        for number in (2, 3):
            form = {"sheet": "0", "number": str(number), "position": date, "text": "2026-01-31", "next": "keep"}
            browser.post("/batches/1/correct", form)
        whole = browser.get("/batches/1/rows/0/3/correct").text
        assert re.search(rf'value="{position_of("debtor_country")}">.*?name="text" value="DK"', whole, re.DOTALL)
        fill_in(browser, 3, debtor_country="DK")  # unchanged: no correction
        fill_in(browser, 3, debtor_country="Sweden")
        assert "2 cases" in check(browser).text
        approve(browser, 2)
        send(page)
    assert sent(tmp_path) == {"C1": ("DK", None), "C2": ("SE", None)}


def test_the_constant_of_a_profile_stays_in_the_rows_that_have_no_other(tmp_path):
    rows = [without(case(f"C{n}", date="31.02.2026"), "debtor_country") for n in (1, 2)]
    headings = [f"Felt {n}" for n in range(len(rows[0]))]
    (tmp_path / "profiles").mkdir()
    columns = "\n".join(f'"{heading}" = "{name}"' for heading, name in zip(headings, rows[0], strict=True))
    text = f'headings = {json.dumps(headings)}\n[constants]\ndebtor_country = "DK"\n[columns]\n{columns}\n'
    (tmp_path / "profiles" / "own.toml").write_text(text)
    with site(tmp_path) as page:
        browser = page.visitor()
        browser.drop(write_csv(tmp_path / "a.csv", [dict(zip(headings, row.values(), strict=True)) for row in rows]))
        for number in (2, 3):
            form = {"sheet": "0", "number": str(number), "position": str(list(rows[0]).index("date")), "next": "keep"}
            browser.post("/batches/1/correct", form | {"text": "2026-01-31"})
        fill_in(browser, 3, debtor_country="Sweden")
        assert "2 cases" in check(browser).text
        approve(browser, 2)
        send(page)
    assert sent(tmp_path) == {"C1": ("DK", None), "C2": ("SE", None)}


@pytest.mark.parametrize("name", ["voucher_amount", "debtor_name", "case_id"])
def test_only_columns_that_the_row_may_have_are_taken(page, tmp_path, name):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [case("X1", debtor_type="Company")]))
    answer = fill_in(browser, 2, **{name: "1"})
    assert (answer.status_code, "no such cell" in answer.text) == (422, True)


def test_a_personal_number_in_an_added_column_is_masked_or_refused(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [without(case("X1", debtor_type="Company"), "case_ref")]))
    refused = fill_in(browser, 2, case_ref="010180-1234")
    assert (refused.status_code, "looks like a personal number" in refused.text) == (422, True)
    fill_in(browser, 2, **{CONTACT: "Kaj Drossel, CPR 010180-1234"})
    assert "010180-1234" not in browser.get("/batches/1/rows").text


def test_vouchers_of_a_corrected_case_in_another_file_of_the_drop_are_taken_along(page, tmp_path):
    browser = page.visitor()
    files = [
        write_csv(tmp_path / "cases.csv", [case("C1"), case("B1", debtor_country="Atlantis")]),
        write_csv(tmp_path / "vouchers.csv", [voucher("C1"), voucher("B1")]),
    ]
    browser.drop(*files)
    country = str(list(case("B1")).index("debtor_country"))
    for text in ("Denmark", "Sweden"):  # corrected again: the vouchers of the first check do not wait beside those of the second
        form = {"sheet": "0", "number": "3", "position": country, "text": text, "next": "keep"}
        browser.post("/batches/1/correct", form)
        assert "discarded" in browser.get("/batches/4").text or text == "Denmark"
        check(browser)
    states = re.findall(r'/batches/(\d+)">[^<]+</a></th><td><span class="state (\w+)"', browser.get("/batches").text)
    assert dict(states) == {
        **dict.fromkeys("1256", "staged"),
        **dict.fromkeys("34", "discarded"),
    }
    for batch in (1, 2, 5, 6):
        browser.post(f"/batches/{batch}/review")
        assert approve(browser, batch).status_code == 303
    send(page)
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger:
        accepted = ledger.execute("SELECT kind, COUNT(*) FROM entry WHERE state = 'accepted' GROUP BY kind").fetchall()
    assert accepted == [("case", 2), ("voucher", 2)]
