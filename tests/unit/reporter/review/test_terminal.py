"""The review on a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from support.examples import examples
from support.reviews import CASE, LIVE, SANDBOX, TEXTS, VOUCHER, columns, file_with, review_with

from importer.domain.states import RowStatus
from importer.domain.unusual import Rule, Unusual
from importer.reporter.review.model import FileReview, LargestClaim, Review, SheetReading, StatusRows, UnusedColumn
from importer.reporter.review.terminal import closing_lines, first_lines, review_lines

READY = StatusRows(CASE, RowStatus.PENDING, 2, {"DKK": 1_350_100})
REJECTED = StatusRows(CASE, RowStatus.REJECTED, 1, {"EUR": 70_000})


def review(*files: FileReview, **more) -> Review:
    return Review(SANDBOX, "/work/ledger.db", "/work", files, **more)


def file(*statuses: StatusRows, name: str = "a.csv", **more) -> FileReview:
    return FileReview(name, "0" * 64, None, statuses, **more)


@settings(max_examples=examples(10), deadline=None)
@given(TEXTS)
def test_no_line_is_wider_than_the_terminal(text) -> None:
    for files in (1, 2):
        found = review_with(text, files)
        for line in (*review_lines(found), *first_lines(found), *closing_lines(found, [], None)):
            assert columns(line) <= 80
            assert "\n" not in line


def test_the_first_lines_are_the_decisive_ones() -> None:
    found = file(READY, REJECTED, unusual=(Unusual(Rule.ROWS, "16 cases would be sent."),))
    assert first_lines(replace(review(found, unreadable=("b.csv is empty.",)), account=LIVE)) == [
        "Account: LIVE: Nordlys Inkasso ApS (partner p-1) at api.example.com",
        "Ready to send:  2 cases         DKK 13,501.00",
        "Not to be sent: 1 case rejected",
        "Not read: 1 file",
        "  b.csv is empty.",
        "Unusual: 16 cases would be sent.",
    ]


def test_the_first_lines_of_a_file_of_which_nothing_is_sent() -> None:
    lines = first_lines(review(file()))
    assert lines == [
        "Account: the sandbox on this computer; nothing reaches Debitura or Debbie",
        "Ready to send:  nothing",
    ]


def test_a_live_account_is_named_as_such_even_if_its_company_is_not_known() -> None:
    account = replace(LIVE, company=None, partner=None)
    assert "  account    LIVE: not known before the first import, at api.example.com" in review_lines(
        replace(review(file()), account=account)
    )


def test_a_status_that_comes_later_needs_no_change_here() -> None:
    lines = review_lines(review(file(*(StatusRows(VOUCHER, status, 1, {}) for status in RowStatus))))
    names = {"ready to send" if status is RowStatus.PENDING else status.value.replace("_", " ") for status in RowStatus}
    assert names <= {line[4:22].strip() for line in lines if line.startswith("    ")}


def test_sections_without_data_are_left_out() -> None:
    text = "\n".join(review_lines(review(file(READY))))
    for heading in (
        "Not due",
        "Credit",
        "Largest",
        "Creditors",
        "Unusual",
        "Not read",
        "Sending",
        "Not to be sent",
        "How it was",
    ):
        assert heading not in text


def test_all_sections_come_in_the_order_of_decisions() -> None:
    lines = review_lines(review_with("x", files=1))
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert [heading.partition(",")[0].partition(" (")[0] for heading in headings] == [
        "What an import would do. This check sends and records nothing.",
        "x",
        "Not read: 1 file",
        "Not to be sent",
        "How it was read",
        "Totals",
        "Not due yet",
        "Credit notes and payments",
        "Companies and persons",
        "Creditors",
        "Largest claims",
        "Unusual",
        "Sending finishes Thursday 14:10.",
    ]


def test_columns_that_are_not_used_say_what_they_look_like() -> None:
    sheet = SheetReading("S", "cases", (), unused=(UnusedColumn("Rest", "open amount"), UnusedColumn("Note")))
    assert '    not used: "Rest" (looks like an open amount), "Note"' in review_lines(review(file(READY, sheets=(sheet,))))


def test_of_several_currencies_the_two_largest_claims_are_shown() -> None:
    claims = [LargestClaim(code, 100, f"{code}{n}", "X", None, "row 2") for code in ("DKK", "EUR") for n in range(4)]
    text = "\n".join(review_lines(review(file(READY, largest=tuple(claims)))))
    assert [name for name in ("DKK0", "DKK1", "DKK2", "EUR0", "EUR1", "EUR2") if name in text] == ["DKK0", "DKK1", "EUR0", "EUR1"]


@pytest.mark.parametrize(
    ("statuses", "unreadable", "steps"),
    [
        ((READY,), (), ["`importer run`"]),
        ((READY, REJECTED), (), ["Open errors.xlsx: it holds 1 case or voucher", "`importer run`"]),
        ((REJECTED,), ("x",), ["Open errors.xlsx", "Correct or replace what could not be read"]),
        ((), (), ["Nothing: there is no row that has to be sent."]),
    ],
)
def test_what_to_do_next(statuses, unreadable, steps) -> None:
    lines = closing_lines(review(file(*statuses), unreadable=unreadable), [Path("output/x")], Path("output/x/review.html"))
    assert lines[:2] == ["", "What to do next"]
    begun = [line.strip() for line in lines[2:-2] if not line.startswith("    ")]
    assert len(begun) == len(steps)
    assert all(found.startswith(step) for found, step in zip(begun, steps, strict=True))
    assert lines[-2:] == ["  sheets: output/x", "  review: output/x/review.html"]


def test_the_file_of_a_section_is_named_if_there_are_several() -> None:
    lines = review_lines(review(file_with("one"), file_with("two")))
    assert "About one" in lines
    assert "All 2 files" in lines
