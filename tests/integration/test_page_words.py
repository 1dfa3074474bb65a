"""What the page says: what a batch waits for, what became of it, and its own words in place of those of the terminal."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest
from support.sheets import case, cases, write_csv
from support.web import approve, send, site

from importer.domain.states import RowStatus
from importer.web.work.awaited import SendingPace, awaited


def claim(reference):
    named = {"debtor_name": "Hans Hansen", "debtor_email": "hans@hansen.example"}
    return case(reference, creditor_reference=reference, **named)


UNKNOWN = SendingPace()


@pytest.fixture
def page(tmp_path):
    with site(tmp_path / "w") as found:
        yield found


def text_of(browser, path):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", browser.get(path).text)))


def waits(pace=UNKNOWN, *, is_sent, **counts):
    found = dict.fromkeys(RowStatus, 0) | {RowStatus(name): count for name, count in counts.items()}
    return [key.partition(".")[2] for key, _ in awaited(found, pace, is_sent=is_sent)]


def test_what_rows_wait_for_is_named():
    assert waits(is_sent=False, pending=3) == ["not_sent"]
    assert waits(is_sent=True, pending=3) == ["begins"]
    assert waits(SendingPace(has_sent=True), is_sent=True, pending=3) == ["sent"]
    assert waits(SendingPace(quota="Debitura", quota_until="14:10"), is_sent=True, pending=3) == ["quota"]
    assert waits(SendingPace(quota="Debitura", quota_until="14:10"), is_sent=False, pending=3) == ["quota_unsent"]
    assert waits(is_sent=False, in_doubt=2) == ["in_doubt"]
    assert waits(is_sent=True, in_doubt=2, held=1, questioned=4) == ["in_doubt_sent", "held", "questioned"]
    assert waits(is_sent=False) == []


def test_a_batch_says_what_was_imported_once_it_was_and_lists_its_results_then(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(3), case("C4", debtor_country="Atlantis")]))
    staged = text_of(browser, "/batches/1")
    assert "What would be sent." in staged
    assert "Ready to send 3 cases" in staged
    assert ("Results" in staged, "success.xlsx" in staged) == (False, False)
    approve(browser, 1)
    waiting = text_of(browser, "/batches/1")
    assert "3 wait for “Send what is approved”" in waiting
    assert "finishes" not in waiting
    send(page)
    browser.post("/batches/1/results")
    done = text_of(browser, "/batches/1")
    assert re.search(r"Imported: 3 cases \([A-Z]{3} [\d.,]+\)", done)
    assert "Not imported, or not yet: 1 case rejected" in done
    assert "What would be sent" not in done
    assert "Ready to send" not in done
    assert "errors.xlsx Errors: the rows that were not" in done


def test_a_batch_with_questions_alone_is_recorded_and_answered_then(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [claim("INV-1")]))
    approve(browser, 1)
    send(page)
    browser.drop(write_csv(tmp_path / "b.csv", [claim("inv-1")]))
    before = text_of(browser, "/batches/2")
    assert "Nothing is to be sent." in before
    assert "you answer after the approval" in before
    assert ("Record the rows" in before, "Approve and send" in before) == (True, False)
    assert "You answer after the approval" in text_of(browser, "/batches/2/rows")
    page.started.clear()
    fields = dict(re.findall(r'name="(mark|shown)" value="([^"]+)"', browser.get("/batches/2").text))
    browser.post("/batches/2/approve", {**{name: html.unescape(text) for name, text in fields.items()}, "agreed": "yes"})
    assert page.started == []
    assert "The rows of batch 2 are recorded. Nothing is sent." in text_of(browser, "/batches/2")
    rows = browser.get("/batches/2/rows").text
    entry = re.search(r'name="entry" value="(C\d+-\w+)"', rows)[1]
    named = re.search(r'name="named" value="(C\d+-\w+)" checked', rows)[1]
    empty = browser.post("/batches/2/answer", {"what": "entry", "entry": entry, "word": "same as"})
    assert (empty.status_code, "choose what it is the same as" in empty.text) == (422, True)
    browser.post("/batches/2/answer", {"what": "entry", "entry": entry, "word": "same as", "named": named})
    assert f"{entry} is answered: it is the same as what is named" in text_of(browser, "/batches/2/rows")


def twin_of(page, tmp_path, *first):
    """A questioned twin of INV-1, after these cases were sent: its entry, and how an answer is given."""
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*first]))
    approve(browser, 1)
    send(page)
    browser.drop(write_csv(tmp_path / "b.csv", [claim("inv-1")]))
    approve(browser, 2)
    entry = re.search(r'name="entry" value="(C\d+-\w+)"', browser.get("/batches/2/rows").text)[1]
    return browser, entry, {"what": "entry", "entry": entry, "word": "same as"}


def test_what_a_row_is_the_same_as_may_be_named_by_its_reference(page, tmp_path):
    browser, entry, form = twin_of(page, tmp_path, claim("INV-1"))
    assert browser.post("/batches/2/answer", form | {"same": "INV-1"}).status_code == 303
    assert f"{entry} is answered: it is the same as what is named" in text_of(browser, "/batches/2/rows")


def test_a_reference_that_names_several_answers_nothing(page, tmp_path):
    other = {**claim("INV-1"), "creditor_company_name": "Fjordkraft ApS"}
    browser, entry, form = twin_of(page, tmp_path, claim("INV-1"), other)
    answer = browser.post("/batches/2/answer", form | {"same": "INV-1"})
    assert (answer.status_code, "INV-1 is the name of several cases: C1-" in answer.text) == (422, True), answer.text
    assert entry in browser.get("/batches/2/rows?show=questioned").text  # the question is open


def test_the_history_is_in_the_time_zone_of_the_settings(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [claim("INV-1")]))
    approve(browser, 1)
    zone = page.environments.settings.zone()
    name = datetime.now(zone).strftime("%Z")
    for path in ("/batches/1", "/batches/1/rows/0/2"):
        lines = re.findall(r"(?:staged|approved) \d{4}-\d\d-\d\d (\d\d):\d\d (\w+) by", text_of(browser, path))
        assert {zone_name for _, zone_name in lines} == {name}, path
        assert {int(hour) for hour, _ in lines} <= {datetime.now(zone).hour, (datetime.now(zone).hour - 1) % 24}


def test_a_file_that_holds_nothing_asks_no_questions_and_the_address_of_the_drop_leads_home(page, tmp_path):
    browser = page.visitor()
    (tmp_path / "empty.csv").write_text("")
    shown = browser.drop(tmp_path / "empty.csv").text
    assert "<h1>It could not be read</h1>" in shown
    assert "Answer questions" not in shown
    assert browser.get("/drop").headers["location"] == "/"
    assert "MB at once" in browser.get("/").text
