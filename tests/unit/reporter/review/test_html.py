"""The page with the review: escaped, self-contained, and readable by its owner alone."""

from __future__ import annotations

import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from support.examples import examples
from support.reviews import TEXTS, review_with

from importer.errors import UsageError
from importer.reporter.review.files import write_review
from importer.reporter.review.html import review_html
from importer.reporter.review.text import visible


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data) -> None:
        self.texts.append(data)


PLAIN = Page(review_html(review_with("x")))


@settings(max_examples=examples(10), deadline=None)
@given(TEXTS.filter(str.strip))
def test_no_text_becomes_a_tag_or_an_attribute(text) -> None:
    assert Page(review_html(review_with(text))).tags == PLAIN.tags


def test_a_text_is_shown_as_it_is() -> None:
    text = """<script>alert('x')</script> & "quotes" <b onclick=y>"""
    page = Page(review_html(review_with(text)))
    assert page.tags == PLAIN.tags
    assert any(visible(text) in " ".join(found.split()) for found in page.texts)


def test_directions_and_controls_are_made_visible() -> None:
    page = review_html(review_with("evil\u202etxt.exe\x00"))
    assert "evil\ufffdtxt.exe\ufffd" in page
    assert "\u202e" not in page


def test_the_page_needs_nothing_else() -> None:
    page = review_html(review_with("x"))
    assert {tag for tag, _ in PLAIN.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert not re.search(r"https?://|url\(|@import", page)
    assert "default-src 'none'" in page


def test_every_section_is_on_the_page() -> None:
    text = " ".join(PLAIN.texts)
    for heading in ("Ready to send", "Not to be sent", "Why rows are not sent", "How it was read", "Totals that do not add up"):
        assert heading in text
    for heading in ("Control totals", "Not due yet", "Credit notes and payments", "Companies and persons", "Creditors"):
        assert heading in text
    assert "Largest claims" in text
    assert "Unusual" in text
    assert "finishes Thursday 14:10" in text


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    for text in ("one", "two"):  # the second one takes the place of the first
        path = write_review(review_with(text), tmp_path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert text in path.read_text(encoding="utf-8")
    assert [found.name for found in tmp_path.iterdir()] == ["review.html"]


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"The review cannot be written to .*gone.*--output"):
        write_review(review_with("x"), tmp_path / "gone")
