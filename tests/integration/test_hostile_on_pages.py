"""Hostile cells, headings, sheets and names of files: every page shows them as text, and none of them does anything."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from openpyxl import Workbook
from support.sheets import case, write_csv

HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><form action=https://elsewhere.example>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus x='",
    "{{ 7*7 }}{% raw %}",
    "{number}{0.__class__}%s%(a)s",
    "javascript:alert(1)",
    '=HYPERLINK("https://elsewhere.example","x")',
    "+1+cmd|' /C calc'!A0",
    "\u202egnp.exe\u2066\u2067",
    "a\u2028b\u2029c\u0085d\x7f\x1b[31m",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    "]]><!--", "-->", "\ufeff\u200b\u200d",
    "x" * 30_000,
    "\ud83d\ude00 \U000e0041 \uffff",
]  # fmt: skip
OWN_TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body", "a", "header", "div", "nav", "span", "form", "input", "button"),
    *("main", "p", "h1", "h2", "h3", "h4", "section", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *(
        "details",
        "summary",
        "label",
        "fieldset",
        "legend",
        "select",
        "option",
        "noscript",
        "progress",
        "br",
        "caption",
        "strong",
        "article",
    ),
    *("em", "b", "small", "dl", "dt", "dd", "footer", "figure", "figcaption", "svg", "rect", "text", "code", "time", "textarea"),
}


class Elements(HTMLParser):
    """The elements of a page, with what makes them do something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in OWN_TAGS or any(name.startswith("on") or name in {"style", "autofocus", "srcdoc"} for name in given):
            self.found.append(f"<{tag} {given}>")
        for name in ("href", "src", "action", "formaction"):
            if re.match(r"(?i)\s*(javascript|data|https?|//)", given.get(name) or ""):
                self.found.append(f"<{tag} {name}={given[name]}>")
        if tag == "script" and given.get("src") != "/static/page.js":
            self.found.append(f"<script {given}>")


def foreign(text):
    """What on a page is not the page's own: elements, addresses, and characters that change how text is read."""
    elements = Elements()
    elements.feed(text)
    elements.found += re.findall("[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00-\x08\x1b\x7f]", html.unescape(text))
    return elements.found + re.findall(r">\s*49\s*<|class '(?:str|int)'", text)


def addresses(*batches):
    own = [f"/batches/{batch}{rest}" for batch in batches for rest in ("", "/rows", "/rows?show=all", "/rows?show=all&page=2")]
    return ["/", "/batches", "/status", *own]


def columns(text):
    given = dict.fromkeys(("creditor_company_name", "debtor_name", "debtor_country", "debtor_email", "comments", "date"), text)
    return {**given, text[:200]: text}


def test_hostile_cells_do_nothing_on_any_page(page, tmp_path):
    browser = page.visitor()
    rows = [case(f"C{n}", **columns(text)) for n, text in enumerate(one for one in HOSTILE if "\ud83d" not in one)]
    browser.drop(write_csv(tmp_path / "cells.csv", rows))
    browser.drop(write_csv(tmp_path / "fine.csv", [case(f"F{n}", comments=text) for n, text in enumerate(HOSTILE[:9])]))
    found = {path: foreign(browser.get(path).text) for path in addresses(1, 2)}
    assert [path for path, wrong in found.items() if wrong] == []
    assert "&lt;script&gt;alert(1)" in browser.get("/batches/1/rows").text


def test_a_hostile_correction_is_kept_as_text(page, tmp_path):
    browser = page.visitor()
    rows = [case("C1", debtor_country="Atlantis"), case("C2")]
    browser.drop(write_csv(tmp_path / "a.csv", rows))
    place = {"sheet": "0", "number": "2", "position": str(list(rows[0]).index("debtor_country"))}
    for text in (*HOSTILE[::5], "\x00", "x" * 30_000):
        answer = browser.follow(browser.post("/batches/1/correct", {**place, "text": text}))
        assert answer.status_code < 500, answer.text
        assert "bug" not in answer.text
        assert foreign(answer.text) == []
    assert browser.post("/batches/1/correct", {**place, "text": "x" * 40_000}).status_code == 422


def hostile_book(path):
    book = Workbook()
    sheet = book.active
    sheet.title = "<b>A&'{{7-7}}"
    sheet.append([one[:250] for one in HOSTILE if one.isprintable()])
    for _ in range(3):
        sheet.append([one for one in HOSTILE if one.isprintable()])
    book.create_sheet("<img src=x>")["A1"] = "x"
    book.save(path)
    return path


def test_hostile_headings_are_asked_about_as_text(page, tmp_path):
    browser = page.visitor()
    shown = browser.drop(hostile_book(tmp_path / "headings.xlsx"))
    assert foreign(shown.text) == []
    path = re.search(r'href="(/map/\w+/0)"', shown.text)[1]
    asked = browser.get(path)
    assert (asked.status_code, foreign(asked.text)) == (200, [])
    names = set(re.findall(r'name="((?:chosen|written)\.[^"]+)"', asked.text))
    for text in HOSTILE[::4]:
        form = dict.fromkeys(names, text.encode("utf-8", "replace").decode())
        name = text[:300].encode("utf-8", "replace").decode()
        answer = browser.follow(browser.post(path, {"sheet": "0", **form, "save": "yes", "name": name}))
        assert answer.status_code in {200, 422}, answer.text
        assert foreign(answer.text) == []
    assert browser.get(f"{path}?sheet=<script>").status_code == 422


@pytest.mark.parametrize(
    "content", [b"\x00" * 5000, b"a,b\n\x00,1\n", b"\xff\xfe<\x00s\x00", b"PK\x03\x04<script>", b"<html><script>"]
)
def test_files_that_are_none_are_refused_in_words(page, content):
    browser = page.visitor()
    for name in ("<img src=x>.csv", "a.xlsx", "b.ods", "c.xls"):
        answer = browser.follow(browser.post("/drop", files=[("files", (name, content))]))
        assert answer.status_code in {200, 422}
        assert "bug" not in answer.text, answer.text
        assert foreign(answer.text) == []


def test_hostile_values_in_addresses_and_forms_are_shown_as_text(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [case("C1")]))
    for text in HOSTILE[:9]:
        for path in (f"/batches/1/files/{text.replace('/', '')}", "/nowhere/" + text.replace("/", "")):
            answer = browser.get(path.replace("?", "").replace("#", "").replace("%", ""))
            assert (answer.status_code in {404, 422}, foreign(answer.text)) == (True, [])
        form = dict.fromkeys(("what", "kind", "word", "rows", "entry", "id", "mark", "agreed", "sheet", "number", "text"), text)
        for path in ("/batches/1/answer", "/batches/1/approve", "/batches/1/correct"):
            answer = browser.post(path, form)
            assert (answer.status_code in {409, 422}, foreign(answer.text)) == (True, [])
