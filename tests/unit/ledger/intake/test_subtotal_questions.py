"""The question about a subtotal that differs is taken back by a later list in which it agrees, and not by an error sheet."""

from __future__ import annotations

from importer.domain.kinds import QuestionKind
from importer.domain.questions import kinds_of
from importer.ledger.intake.no_claims import asks_otherwise
from importer.loader.sheets.grouped.marks import differing_question, missing_end_question

QUESTION = differing_question(10, "Total", "1,730.50", "480.00")


def test_both_questions_are_of_the_kind_of_subtotals():
    assert kinds_of((QUESTION, missing_end_question())) == (QuestionKind.SUBTOTAL,)


def test_a_later_list_that_agrees_takes_the_question_back():
    assert asks_otherwise((QUESTION,), (), is_part=False)


def test_a_part_of_the_list_does_not():
    assert not asks_otherwise((QUESTION,), (), is_part=True)
