"""The page asks which encoding a text has if its letters leave it open, and keeps the answer in the profile."""

from __future__ import annotations

import re
import tomllib
from html import unescape

import pytest
from support.sheets import cases, write_csv


@pytest.fixture
def dropped(page, tmp_path):
    """A list in the letters of DOS, dropped on the page: the browser, and the address of its questions."""
    rows = [{**row, "debtor_name": f"Jørn Bækgård {n}", "comments": "010180-1234"} for n, row in enumerate(cases(4))]
    path = write_csv(tmp_path / "liste.csv", rows)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp850"))
    browser = page.visitor()
    refused = unescape(browser.drop(path).text)
    assert "its letters look like DOS" in refused
    return browser, re.search(r'href="(/map/\w+/0)"', refused)[1]


def test_lines_are_shown_in_each_encoding_without_digits_and_without_a_choice(dropped):
    browser, address = dropped
    text = unescape(browser.get(address).text)
    for encoding, name in (("cp850", "Jørn Bækgård"), ("cp1252", "J›rn B‘kg†rd")):
        (way,) = re.findall(rf'value="{encoding}" required>(.*?)</label>', text, re.DOTALL)
        assert way.count(f"{name} ") == 3
    assert "checked" not in text
    assert not re.search(r"010180|1234|2026-01-31", text)


def test_the_answer_is_kept_in_the_profile_and_the_list_is_read_with_it(tmp_path, dropped):
    browser, address = dropped
    step = browser.post(address, {"encoding": "cp850"})
    text = unescape(browser.get(step.headers["location"]).text)
    assert "is read in the encoding cp850" in text
    assert "Jørn Bækgård 0" in text
    saved = browser.post(address, {"encoding": "cp850", "save": "yes", "name": "Gammel"})
    review = unescape(browser.follow(saved).text)
    assert "Review of liste.csv" in review
    assert "Jørn Bækgård 0" in review
    assert tomllib.loads((tmp_path / "profiles" / "gammel.toml").read_text(encoding="utf-8"))["encoding"] == "cp850"


@pytest.mark.parametrize("name", ["no-such", "utf-8", "base64"])
def test_an_encoding_that_cannot_be_right_is_asked_again(dropped, name):
    browser, address = dropped
    step = browser.post(address, {"encoding": "other", "encoding_name": name})
    text = unescape(browser.get(step.headers["location"]).text)
    assert 'role="alert"' in text
    assert f'value="{name}"' in text
    assert 'value="cp850" required' in text


def test_another_encoding_can_be_named(dropped):
    browser, address = dropped
    step = browser.post(address, {"encoding": "other", "encoding_name": "cp865"})
    assert "is read in the encoding cp865" in unescape(browser.get(step.headers["location"]).text)
