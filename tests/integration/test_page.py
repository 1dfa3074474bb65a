"""The whole way of a file through the page, on the sandbox: drop, map, correct, approve, follow and fetch."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from openpyxl import Workbook, load_workbook
from support.sheets import case, cases, write_csv
from support.web import MARK, approve, send, site

from importer.domain.batches import Person
from importer.settings import ApprovalSettings, Settings
from importer.web.login.passwords import hashed
from importer.web.work.progress import progress
from importer.web_settings import WebSettings
from importer.workspace.person import acting_as

PASSWORD = "correct horse battery"


def state_of(page, batch):
    return re.search(r'<h1 id="decision">Batch \d+ <span class="state (\w+)', page.visitor().get(f"/batches/{batch}").text)[1]


def test_a_file_goes_from_the_drop_to_its_success_sheet(page, tmp_path):
    browser = page.visitor()
    assert "Nothing was imported yet" in browser.get("/").text
    shown = browser.drop(write_csv(tmp_path / "invoices.csv", [*cases(3), case("C4", debtor_country="Atlantis")]))
    assert (shown.status_code, "Review of invoices.csv" in shown.text) == (200, True)
    assert "3 cases" in shown.text
    assert state_of(page, 1) == "staged"
    assert page.started == []

    answer = approve(browser, 1)
    assert (answer.status_code, page.started) == (303, ["resume"])
    with page.environments.reading() as environment:
        present = progress(environment)
    assert (present.batches["1"].done, present.batches["1"].rows) == (1, 4)
    assert present.batches["1"].line == "1 rejected, 3 pending"
    assert "Zebrahest" not in present.text()

    send(page)
    assert state_of(page, 1) == "done"
    browser.post("/batches/1/results")
    files = re.findall(r"/batches/1/files/([^\"]+)", browser.get("/batches/1").text)
    assert {"success.xlsx", "errors.xlsx", "summary.json", "review.html"} <= set(files)
    fetched = browser.get("/batches/1/files/success.xlsx")
    assert fetched.headers["content-disposition"].startswith("attachment")
    (tmp_path / "fetched.xlsx").write_bytes(fetched.content)
    sheet = load_workbook(tmp_path / "fetched.xlsx").worksheets[0]
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["accepted"] * 3
    summary = browser.get("/batches/1/files/summary.json")
    assert (json.loads(summary.content)["batch_id"], summary.headers["content-type"]) == (1, "application/octet-stream")


@pytest.mark.parametrize(
    "name", ["manifest.json", "..%2Fledger.sandbox.db", "%2e%2e", "success.xlsx%00", ".lock", "summary.json/x"]
)
def test_only_the_listed_files_can_be_fetched(page, tmp_path, name):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(1)))
    assert browser.get(f"/batches/1/files/{name}").status_code in {404, 422}


def test_what_was_not_shown_is_not_approved(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    old = MARK.search(browser.get("/batches/1").text)[1]
    unread = browser.post("/batches/1/approve", {"mark": old})
    assert (unread.status_code, "agree first" in unread.text) == (422, True)
    browser.drop(write_csv(tmp_path / "b.csv", [case("C1", "999.00")]))  # the same claim with another amount, staged later
    browser.post("/batches/1/review")
    replayed = browser.post("/batches/1/approve", {"mark": old, "agreed": "yes"})
    assert (replayed.status_code, "reviewed again since" in replayed.text, page.started) == (409, True, [])
    assert approve(browser, 1).status_code == 303
    again = browser.post("/batches/1/approve", {"mark": old, "agreed": "yes"})
    assert (again.status_code, "does not wait for an approval" in again.text) == (422, True)


def test_a_batch_is_discarded_and_stays_so(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    mark = MARK.search(browser.get("/batches/1").text)[1]
    assert browser.post("/batches/1/discard", {"mark": mark}).status_code == 303
    assert state_of(page, 1) == "discarded"
    assert browser.post("/batches/1/approve", {"mark": mark, "agreed": "yes"}).status_code == 422
    assert list(page.environments.ledger_folder("rows").iterdir()) == []


def two_people(tmp_path, **approval):
    users = {"ann": hashed(PASSWORD), "bob": hashed(PASSWORD)}
    roles = {"prepare": ["ann"], "approve": ["ann", "bob"]}
    web = WebSettings(login="users", users=users, roles=roles)
    return site(tmp_path, Settings(web=web, approval=ApprovalSettings(**approval)))


def logged_in(page, name):
    browser = page.browser()
    assert browser.post("/login", {"name": name, "password": PASSWORD}).status_code == 200
    return browser


def test_four_eyes_are_those_of_two_people(tmp_path):
    with two_people(tmp_path, four_eyes=True) as page:
        ann, bob = logged_in(page, "ann"), logged_in(page, "bob")
        shown = ann.drop(write_csv(tmp_path / "a.csv", cases(2)))
        assert "ann has staged it" in shown.text
        assert 'action="/batches/1/approve"' not in shown.text
        mark = MARK.search(bob.get("/batches/1").text)[1]
        own = ann.post("/batches/1/approve", {"mark": mark, "agreed": "yes"})
        assert (own.status_code, "requires another person" in own.text) == (409, True)
        assert approve(bob, 1).status_code == 303
        history = ann.get("/batches/1").text
        assert re.search(r"staged .* by ann@.*approved .* by bob@", history, re.DOTALL)


def test_the_work_of_another_user_is_not_shown(tmp_path):
    with two_people(tmp_path) as page:
        ann, bob = logged_in(page, "ann"), logged_in(page, "bob")
        answer = ann.post("/drop", files=[("files", ("a.csv", b"x", "text/csv"))])
        path = answer.headers["location"]
        ann.follow(answer)
        assert bob.get(path).status_code == 403  # bob may not prepare at all
        with acting_as(Person("eve", "here")):
            assert ann.get(path).status_code == 200


def test_rows_are_shown_a_page_at_a_time_and_by_their_errors(page, tmp_path):
    browser = page.visitor()
    bad = [case(f"B{n}", debtor_country="Atlantis") for n in range(60)]
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(70), *bad]))
    first = browser.get("/batches/1/rows").text
    assert "Rows: 60, page 1 of 2" in first
    assert (first.count('<th scope="row">'), "Atlantis" in first) == (50, True)
    assert browser.get("/batches/1/rows?page=2").text.count('<th scope="row">') == 10
    every = browser.get("/batches/1/rows?show=all&page=3").text
    assert ("Rows: 130, page 3 of 3" in every, every.count('<th scope="row">')) == (True, 30)
    for odd in ("page=-1", "page=9999999", "page=x", "show=<script>"):
        assert browser.get(f"/batches/1/rows?{odd}").status_code == 200
    approve(browser, 1)
    send(page)
    assert "Rows: 60, page 1 of 2" in browser.get("/batches/1/rows").text
    assert browser.get("/batches/1/rows?show=all").text.count('<td class="word">accepted') == 50


def test_a_wrong_cell_is_corrected_in_place_and_the_original_stays(page, tmp_path):
    browser = page.visitor()
    rows = [*cases(2), case("C3", debtor_country="Atlantis", debtor_email="no address"), case("C4", date="31.02.2026")]
    browser.drop(write_csv(tmp_path / "invoices.csv", rows))
    header = list(rows[0])

    def correct(heading, number, text):
        place = {"sheet": "0", "number": number, "position": str(header.index(heading))}
        return browser.follow(browser.post("/batches/1/correct", {**place, "text": text}))

    shown = correct("debtor_country", "4", "Denmark")
    assert "Review of invoices-corrected-1.xlsx" in shown.text
    assert re.search(r'<span class="big">1 case</span>', shown.text)
    correct("date", "5", "2026-02-28")
    assert state_of(page, 2) == "discarded"
    both = browser.get("/batches/3").text
    assert "Review of invoices-corrected-2.xlsx" in both
    assert "2 cases" in both
    assert state_of(page, 1) == "staged"
    assert "Batch 3, corrected cells: 2" in browser.get("/batches/1").text
    lines = [
        json.loads(line) for line in next(tmp_path.glob("page/ledgers/*/corrections/1-*/history.jsonl")).read_text().splitlines()
    ]
    history = [one for one in lines if "batch" in one]
    assert [(one["batch"], len(one["cells"]), one["cells"][-1]["row"]) for one in history] == [(2, 1, 4), (3, 2, 5)]
    assert history[0]["of"]["sha256"] != history[0]["source"]["sha256"] != history[1]["source"]["sha256"]
    assert ("Atlantis", "Denmark") in [(one["from"], one["to"]) for one in lines if "to" in one]
    for batch in (1, 3):
        assert approve(browser, batch).status_code == 303
    send(page)
    assert [state_of(page, batch) for batch in (1, 3)] == ["done", "done"]


def test_a_correction_of_what_is_not_wrong_is_refused(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), case("C2", debtor_country="Atlantis")]))
    for place in (("0", "2", "0"), ("9", "3", "0"), ("0", "3", "999"), ("x", "3", "0"), ("0", "3", "-1")):
        form = dict(zip(("sheet", "number", "position"), place, strict=True)) | {"text": "x"}
        assert browser.post("/batches/1/correct", form).status_code == 422


def unknown_headings(path):
    book = Workbook()
    sheet = book.active
    sheet.append(["Ref", "Klient", "Hvem\nskylder", "Skyldners stat", "Fakturadato", "Rest", "Type"])
    for number in range(1, 4):
        row = [f"R{number}", "Nordlys A/S", f"Bodil Zebrahest {number}", "DK", "2026-01-31", 100.5 + number, "Person"]
        sheet.append(row)
    book.save(path)
    return path


def fields(text):
    """The radio buttons of a page: by question the values, in their order, with their labels."""
    found = {}
    for name, value, label in re.findall(r'name="(chosen\.\w+)" value="(\w+)"(?: checked)?> <span>([^<]*)', text):
        found.setdefault(name, []).append((value, label.strip()))
    return found


def test_the_questions_of_map_are_answered_in_place(page, tmp_path):
    browser = page.visitor()
    refused = browser.drop(unknown_headings(tmp_path / "liste.xlsx"))
    assert 'class="problem"' in refused.text
    path = re.search(r'href="(/map/\w+/0)"', refused.text)[1]
    text = browser.get(path).text
    chosen: dict[str, str] = {}
    written: dict[str, str] = {}
    wanted = {"Hvem skylder": "debtor_name", "Klient": "creditor_company_name", "Rest": "amount_to_recover"}
    wanted |= {"Skyldners stat": "debtor_country", "Fakturadato": "date", "Ref": "creditor_reference", "Type": "debtor_type"}
    for _ in range(12):
        if 'name="save"' in text:
            break
        for legend, block in re.findall(r"<legend>(.*?)</legend>(.*?)</fieldset>", text, re.DOTALL):
            if not fields(block):  # which rows are read, and what words mean: that may stay as it is
                continue
            ((name, options),) = fields(block).items()
            subject = re.sub(r"^(?:What is .|What fills )|[”?]+$", "", legend).strip()
            subject = re.sub(r"^.*\((\w+)\)$", r"\1", subject)  # a column is named in words too
            if "row hold" in legend:
                chosen[name] = next(value for value, label in options if label == "A case")
            elif "What is" in legend:
                chosen[name] = "other"
                written[name.replace("chosen", "written")] = wanted.get(subject, "")
            else:
                heading = next((one for one, column in wanted.items() if column == subject), None)
                match = next((value for value, label in options if label == heading), None)
                text_beside = "" if match else {"currency": "DKK", "creditor_country": "DK"}.get(subject, "")
                chosen[name] = match or ("other" if text_beside else options[-2][0])
                written[name.replace("chosen", "written")] = text_beside
        text = browser.follow(browser.post(path, {"sheet": "0", **chosen, **written})).text
    assert 'name="save"' in text, text
    saved = browser.follow(browser.post(path, {"sheet": "0", **chosen, **written, "save": "yes", "name": "Liste"}))
    assert "Review of liste.xlsx" in saved.text, saved.text
    assert "With the profile liste" in saved.text
    assert (tmp_path / "profiles" / "liste.toml").exists()


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "javascript:alert(1)", "=HYPERLINK(1)"]


def test_hostile_cells_are_shown_as_text_on_every_page(page, tmp_path):
    browser = page.visitor()
    rows = [case(f"C{n}", creditor_company_name=text, debtor_name=text, debtor_country=text) for n, text in enumerate(HOSTILE)]
    rows[0]["<b>heading</b>"] = "<i>cell</i>"
    path = write_csv(tmp_path / "<img src=x>.csv", rows)
    browser.drop(path)
    pages = [
        browser.get(address).text for address in ("/", "/batches", "/batches/1", "/batches/1/rows", "/batches/1/rows?show=all")
    ]
    for text in pages:
        assert not re.search(r"<(?:script>|img|i>|b>heading)", text)
        assert "49" not in re.findall(r"{{[^}]*}}|>49<", text)
    assert "&lt;script&gt;" in pages[3]


def test_reloading_after_a_form_sends_nothing_twice(page, tmp_path):
    browser = page.visitor()
    answer = browser.post("/drop", files=[("files", ("a.csv", write_csv(tmp_path / "a.csv", cases(1)).read_bytes()))])
    assert answer.status_code == 303
    browser.follow(answer)
    browser.get(answer.headers["location"])
    assert browser.get("/batches/2").status_code == 422


def claim(ref, amount="100.50"):
    return case(ref, amount, creditor_reference=ref, debtor_name="Hans Hansen", debtor_email="hans@hansen.example")


def entries(text):
    return re.findall(r'name="entry" value="([^"]+)"', text)


def test_questions_are_answered_one_by_one_and_together(page, tmp_path):
    browser = page.visitor()
    refs = [f"INV-{n}" for n in range(1, 5)]
    browser.drop(write_csv(tmp_path / "a.csv", [claim(ref) for ref in refs]))
    approve(browser, 1)
    send(page)
    browser.drop(write_csv(tmp_path / "b.csv", [claim(ref.lower()) for ref in refs]))
    assert "Questioned rows: 4" in browser.get("/batches/2").text
    assert entries(browser.get("/batches/2/rows").text) == []  # before an approval there is no entry to answer about
    approve(browser, 2)
    text = browser.get("/batches/2/rows").text
    assert "Questioned rows: 4 (DKK 402.00)" in text
    first, second, *_ = entries(text)

    def answered(**form):
        return browser.post("/batches/2/answer", form)

    assert answered(what="entry", entry=first, word="drop").status_code == 303
    named = re.search(r'name="named" value="([CV]\d+-\w+)"', text)[1]
    assert ("importer resolve" in text, "choose “Send it”" in text) == (False, True)  # the page has buttons for that
    assert answered(what="entry", entry=second, word="same as", same=named).status_code in {303, 422}
    assert answered(what="entry", entry=first, word="perhaps").status_code == 422
    assert answered(what="entry", entry="C999-abcdef", word="drop").status_code == 422
    assert answered(what="other").status_code == 422
    left = int(re.search(r'name="rows" value="(\d+)"', browser.get("/batches/2/rows").text)[1])
    wrong = answered(what="group", kind="twin", word="send", rows=str(left + 1))
    assert (wrong.status_code, "Nothing was answered" in wrong.text) == (422, True)
    assert answered(what="group", kind="nonsense", word="send", rows=str(left)).status_code == 422
    assert answered(what="group", kind="twin", word="send", rows="many").status_code == 422
    done = answered(what="group", kind="twin", word="send", rows=str(left))
    assert done.status_code == 303
    assert "answered" in browser.get("/batches/2/rows").text
    send(page)
    assert state_of(page, 2) == "done"


def test_a_row_in_doubt_is_settled(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", cases(2)))
    approve(browser, 1)
    send(page)
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger, ledger:
        reference = ledger.execute("SELECT remote_reference FROM entry WHERE id = 1").fetchone()[0]
        ledger.execute("UPDATE entry SET state = 'held', remote_id = NULL, remote_reference = NULL WHERE id = 1")
    text = browser.get("/batches/1/rows").text
    (entry,) = entries(text)
    absent = browser.post("/batches/1/answer", {"what": "doubt", "entry": entry, "word": "absent"})
    assert (absent.status_code, "Nothing was changed" in absent.text) == (422, True)
    none = browser.post("/batches/1/answer", {"what": "doubt", "entry": entry, "word": "exists", "id": ""})
    assert (none.status_code, "or say that it does not exist" in none.text) == (422, True)
    exists = browser.post("/batches/1/answer", {"what": "doubt", "entry": entry, "word": "exists", "id": reference})
    assert exists.status_code == 303, exists.text
    assert f"{entry} exists, and counts as imported." in browser.get("/batches/1/rows").text
