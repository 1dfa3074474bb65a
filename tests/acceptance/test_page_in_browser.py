"""The page in a real browser: whole stories by mouse, by keyboard, without script, on a phone, and by two people."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Error
from support.browser import PHONE, Watched, chromium
from support.page_server import PASSWORD, running, with_users
from support.sheets import case, cases, write_csv
from support.workspace import query_ledger

DONE = ".state.done"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    good = write_csv(folder / "invoices.csv", [*cases(4), case("C5", debtor_country="Atlantis")])
    return good, write_csv(folder / "more.csv", cases(3, first=11))


def batches(page):
    return query_ledger(page.folder / "ledger.sandbox.db", "SELECT id, state FROM batch ORDER BY id")


def decisions(page, batch):
    """The decisions about a batch in their order, each with its user."""
    query = f"SELECT what, json_extract(who, '$.name') FROM decision WHERE batch_id = {batch} ORDER BY id"
    return query_ledger(page.folder / "ledger.sandbox.db", query)


def attempts(page):
    """How often each entry was sent."""
    query = "SELECT entry_id, count(*) FROM attempt GROUP BY entry_id"
    return dict(query_ledger(page.folder / "ledger.sandbox.db", query))


def go_over_it_again(seen):
    """Reload the page, and go back and on again, as people do who are not sure that a click has worked."""
    here, page = seen.page.url, seen.page
    for step in (page.reload, page.go_back, page.go_forward, lambda: page.goto(here)):
        try:
            step()
        except Error:  # a page that follows a sending loads itself again when that ends, perhaps at this moment
            page.wait_for_load_state()
            step()


def approve(seen):
    seen.page.get_by_role("checkbox").check()
    seen.page.get_by_role("button", name="Approve and send").click()


def correct(seen, heading, text):
    """Correct the first wrong cell below a heading."""
    seen.page.get_by_text(re.compile(rf"Correct .*\({heading}\)")).first.click()
    seen.page.get_by_label(f"({heading}) of row").first.fill(text)
    seen.page.get_by_role("button", name="Check again with this value").first.click()


def test_a_story_from_the_drop_to_the_success_sheet(browser, tmp_path, files):
    with running(tmp_path / "workspace") as served:
        seen = Watched(browser, served.url)
        page = seen.page
        seen.enter(served.link)
        seen.drop(files[0])
        page.wait_for_url("**/batches/1")
        go_over_it_again(seen)
        assert batches(served) == [(1, "staged")]

        page.get_by_role("link", name="Rows that are not fine").click()
        correct(seen, "debtor_country", "Denmark")
        page.wait_for_url("**/batches/2")
        assert "invoices-corrected-1.xlsx" in page.locator("h1").inner_text()
        go_over_it_again(seen)
        assert batches(served) == [(1, "staged"), (2, "staged")]

        page.get_by_role("button", name="Approve and send").click()
        assert page.url.endswith("/batches/2")  # the box must be ticked first
        assert decisions(served, 2)[-1][0] == "prepared"
        approve(seen)
        go_over_it_again(seen)
        page.wait_for_selector(DONE)
        seen.open("/batches/1")
        approve(seen)
        page.wait_for_selector(DONE)
        go_over_it_again(seen)
        assert page.get_by_role("button", name="Approve and send").count() == 0
        assert [what for what, _ in decisions(served, 1)] == ["staged", "approved"]
        assert set(attempts(served).values()) == {1}

        with page.expect_download() as download:
            page.get_by_role("link", name="success.xlsx").click()
        assert download.value.suggested_filename == "success.xlsx"
        with Path(download.value.path()).open("rb") as file:
            sheet = load_workbook(file).worksheets[0]
        assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["accepted"] * 4
        page.get_by_role("button", name="Log out", exact=True).click()
        assert "You are not logged in" in page.locator("h1").inner_text()
        page.go_back()
        page.reload()
        assert "Zebrahest" not in page.content()  # nothing of the debtors is left in the browser
        assert seen.wrong == []


MEANINGS = {"Ref": "creditor_reference", "Klient": "creditor_company_name", "Hvem": "debtor_name", "Rest": "amount_to_recover"}
MEANINGS |= {"Type": "debtor_type", "Stat": "debtor_country", "Fakturadato": "date"}
VALUES = {"currency": "DKK", "creditor_country": "DK"}


def unknown_headings(path):
    row = {"Klient": "Nordlys A/S", "Rest": "100.50", "Type": "Person", "Stat": "DK", "Fakturadato": "2026-01-31"}
    return write_csv(path, [{"Ref": f"R{n}", "Hvem": f"Bodil Zebrahest {n}", **row} for n in (1, 2, 3)])


def answer_question(group):
    """Answer one question about :func:`unknown_headings`."""
    legend = group.locator("legend").inner_text()
    subject = re.sub(r"^(?:What is .|What fills )|[”?]+$", "", legend).strip()
    subject = re.sub(r"^.*\((\w+)\)$", r"\1", subject)  # a column is named in words too
    if "row hold" in legend:
        group.get_by_role("radio", name="A case", exact=True).check()
        return
    heading = next((one for one, column in MEANINGS.items() if column == subject), "")
    if heading and (option := group.get_by_role("radio", name=heading)).count():
        option.first.check()
        return
    group.get_by_role("radio").last.check()
    group.get_by_role("textbox").fill(MEANINGS.get(subject) or VALUES.get(subject, ""))


def answer_all(page):
    """Answer all questions, as often as the page asks more of them."""
    for _ in range(8):
        if page.get_by_role("button", name="Keep the answers and read the file").count():
            return
        for group in page.locator("fieldset:visible").all():
            answer_question(group)
        page.get_by_role("button", name="Go on with these answers").click()
        page.wait_for_load_state()


def test_what_the_columns_mean_is_answered_on_the_page(browser, tmp_path):
    with running(tmp_path / "workspace") as served:
        seen = Watched(browser, served.url)
        seen.enter(served.link)
        seen.drop(unknown_headings(tmp_path / "liste.csv"))
        seen.page.get_by_role("link", name="Answer questions about liste.csv").click()
        answer_all(seen.page)
        seen.page.get_by_role("button", name="Keep the answers and read the file").click()
        seen.page.wait_for_url("**/batches/1")
        seen.page.reload()
        assert "With the profile liste" in seen.page.locator("main").inner_text()
        assert batches(served) == [(1, "staged")]
        assert seen.wrong == []


def test_the_encoding_of_a_list_is_chosen_by_its_lines(browser, tmp_path):
    """A list in the letters of DOS: the page shows lines of it in each encoding, and reads it in the one that is picked."""
    path = write_csv(tmp_path / "liste.csv", [{**row, "debtor_name": f"Jørn Bækgård {n}"} for n, row in enumerate(cases(3))])
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp850"))
    with running(tmp_path / "workspace") as served:
        seen = Watched(browser, served.url)
        page = seen.page
        seen.enter(served.link)
        seen.drop(path)
        page.get_by_role("link", name="Answer questions about liste.csv").click()
        ways = {way.locator("input").get_attribute("value"): way.inner_text() for way in page.locator("label.check").all()}
        assert {"cp850", "cp1252", "other"} <= ways.keys()
        assert "Jørn Bækgård 0" in ways["cp850"]
        assert "J›rn B‘kg†rd 0" in ways["cp1252"]
        assert page.locator("input:checked").count() == 0
        page.get_by_role("button", name=re.compile("^Go on")).click()
        assert page.locator("input[type=radio]:invalid").count()  # the browser asks for an answer
        page.locator("label.check", has_text="Jørn Bækgård 0").first.click()
        page.get_by_role("button", name=re.compile("^Go on")).click()
        page.get_by_text("is read in the encoding cp850").wait_for()
        page.get_by_role("button", name="Keep the answers and read the file").click()
        page.wait_for_url("**/batches/1")
        assert batches(served) == [(1, "staged")]
        assert "Jørn Bækgård 0" in page.locator("main").inner_text()
        assert 'encoding = "cp850"' in (served.folder / "profiles" / "liste.toml").read_text(encoding="utf-8")
        assert seen.wrong == []


def test_the_same_story_without_script_on_a_phone(browser, tmp_path, files):
    with running(tmp_path / "workspace") as served:
        seen = Watched(browser, served.url, viewport=PHONE, java_script_enabled=False)
        page = seen.page
        seen.enter(served.link)
        seen.drop(*files)
        page.get_by_role("link", name="Batch 2").wait_for()  # the page loads itself again meanwhile
        page.get_by_role("link", name="Batch 1").click()
        page.get_by_role("link", name="Rows that are not fine").click()
        correct(seen, "debtor_country", "Denmark")
        page.wait_for_url("**/batches/3")
        page.get_by_role("button", name="Discard").click()
        assert batches(served)[-1] == (3, "discarded")
        seen.open("/batches/1")
        approve(seen)
        page.wait_for_url("**/batches/1")
        served.send()  # beside the process that the page has started
        seen.open("/batches/1")
        page.wait_for_selector(DONE)
        page.get_by_role("button", name="Write the results as they are now").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="success.xlsx").click()
        assert download.value.suggested_filename == "success.xlsx"
        assert set(attempts(served).values()) == {1}
        seen.open("/status")
        page.get_by_role("button", name="Log out", exact=True).click()
        assert "You are not logged in" in page.locator("h1").inner_text()


FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) { return ["", "solid", 0]; }
  const text = element.innerText || (element.labels && element.labels.length ? element.labels[0].innerText : element.value);
  return [text || element.tagName, getComputedStyle(element).outlineStyle, element.getBoundingClientRect().x];
}"""


def focused(page):
    """The text of what has the focus, once it is seen to have it; empty if nothing on the page has it."""
    text, outline, left = page.evaluate(FOCUSED)
    assert outline != "none", f"{text} has the focus, and does not show it"
    assert left >= 0, f"{text} has the focus, and is not on the screen"
    return text.strip()


LONGEST_LABEL = 200
"""A region that is scrolled holds more text than what is pressed or filled in."""


def tab_to(page, text, most=60):
    """Press Tab until what holds this text has the focus. Returns what had it before, in order."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in (now := focused(page)) and len(now) < LONGEST_LABEL:
            return passed
        passed.append(now)
    raise AssertionError(f"Tab does not reach {text}: {passed}")


def test_everything_is_done_by_keyboard_alone(browser, tmp_path, files):
    with running(tmp_path / "workspace") as served:
        seen = Watched(browser, served.url)
        page = seen.page
        seen.enter(served.link)
        assert tab_to(page, "Skip to the content") == []
        page.keyboard.press("Enter")
        tab_to(page, "Choose spreadsheets")
        assert len(tab_to(page, "Read and check", 3)) <= 1
        page.set_input_files("#files", str(files[0]))
        page.keyboard.press("Enter")
        page.wait_for_url("**/batches/1")
        tab_to(page, "Skip to the content")
        tab_to(page, "Rows that are not fine")
        page.keyboard.press("Enter")
        page.wait_for_url("**/rows")
        tab_to(page, "Skip to the content")
        tab_to(page, "Correct Debtor's country (debtor_country)")
        page.keyboard.press("Enter")
        assert tab_to(page, "Debtor's country (debtor_country) of row 6", 3) == []
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("Denmark")
        page.keyboard.press("Enter")
        page.wait_for_url("**/batches/2")
        tab_to(page, "I have looked at the review")
        page.keyboard.press("Space")
        assert tab_to(page, "Approve and send", 3) == []
        page.keyboard.press("Enter")
        page.wait_for_selector(DONE)
        assert seen.wrong == []


def test_four_eyes_are_those_of_two_people_at_once(browser, tmp_path, files):
    settings = with_users({"four_eyes": True}, prepare=["ann"], approve=["ann", "bob", "cleo"])
    with running(tmp_path / "workspace", settings) as served:
        ann, bob, cleo = (Watched(browser, served.url) for _ in range(3))
        for one, name in ((ann, "ann"), (bob, "bob"), (cleo, "cleo")):
            one.log_in(name, PASSWORD)
        ann.drop(*files)
        ann.page.get_by_role("link", name="Batch 1").click()
        assert "You may not approve this batch: ann has staged it" in ann.page.locator("main").inner_text()
        assert ann.page.get_by_role("button", name="Approve and send").count() == 0

        for one in (bob, cleo):
            one.open("/batches/1")
            one.page.get_by_role("checkbox").check()
        bob.page.get_by_role("button", name="Approve and send").click()
        bob.page.wait_for_selector(DONE)
        cleo.page.get_by_role("button", name="Approve and send").click()
        assert "does not wait for an approval" in cleo.page.locator("main").inner_text()
        assert decisions(served, 1) == [("staged", "ann"), ("approved", "bob")]

        for one in (bob, cleo):
            one.open("/batches/2")
        cleo.page.get_by_role("button", name="Discard").click()
        approve(bob)
        assert "does not wait for an approval" in bob.page.locator("main").inner_text()
        assert batches(served) == [(1, "approved"), (2, "discarded")]
        assert len(attempts(served)) == 4
        assert (ann.wrong, bob.wrong, cleo.wrong) == ([], [], [])


def test_an_approval_page_that_a_colleague_has_overtaken_approves_nothing(browser, tmp_path, files):
    with running(tmp_path / "workspace", with_users(prepare=["ann"], approve=["bob"])) as served:
        ann, bob = Watched(browser, served.url), Watched(browser, served.url)
        ann.log_in("ann", PASSWORD)
        bob.log_in("bob", PASSWORD)
        ann.drop(files[1])
        ann.page.wait_for_url("**/batches/1")
        bob.open("/batches/1")
        changed = [case("C11", "999.00"), *cases(2, first=12)]
        write_csv(files[1], changed)
        ann.open("/")
        ann.drop(files[1])
        ann.page.wait_for_url("**/batches/2")
        ann.open("/batches/1")
        ann.page.get_by_role("button", name="Check again").click()
        ann.page.get_by_role("status").filter(has_text="It was checked again").wait_for()
        approve(bob)
        assert "reviewed again since" in bob.page.locator("main").inner_text()
        assert json.dumps(batches(served)) == '[[1, "staged"], [2, "staged"]]'
        assert attempts(served) == {}
