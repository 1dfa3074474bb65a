"""The model of the review: as JSON and back, and the sums of several files."""

from __future__ import annotations

import json

from hypothesis import given, settings
from support.reviews import CASE, LIVE, TEXTS, file_with, review_with

from importer.domain.states import RowStatus
from importer.reporter.review.model import FileReview, Review, StatusRows


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_a_review_is_the_same_after_it_was_json(text) -> None:
    review = review_with(text)
    assert Review.from_json(json.loads(json.dumps(review.as_json()))) == review
    file = file_with(text, cents=10**17 + 1)
    assert FileReview.from_json(json.loads(json.dumps(file.as_json()))) == file


def test_money_is_decimal_text_in_json() -> None:
    found = file_with("x", cents=-5).as_json()
    assert found["statuses"][0]["money"] == {"DKK": "-0.05", "EUR": "0.01"}
    assert found["largest"][0]["amount"] == "-0.05"


def test_the_rows_of_several_files_are_added_up() -> None:
    first = FileReview("a", "", None, (StatusRows(CASE, RowStatus.REJECTED, 1, {"DKK": 5}),))
    second = FileReview(
        "b",
        "",
        None,
        (StatusRows(CASE, RowStatus.PENDING, 2, {"EUR": 1}), StatusRows(CASE, RowStatus.REJECTED, 3, {"EUR": 7, "DKK": 1})),
    )
    review = Review(LIVE, "", "", (first, second))
    assert review.statuses() == (
        StatusRows(CASE, RowStatus.PENDING, 2, {"EUR": 1}),
        StatusRows(CASE, RowStatus.REJECTED, 4, {"DKK": 6, "EUR": 7}),
    )


def test_rows_of_a_file() -> None:
    file = file_with("x")
    assert file.rows(CASE, RowStatus.PENDING) == 2
    assert file.rows(CASE) == 2 * len(RowStatus)
