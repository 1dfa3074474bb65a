"""Kinds of questions, answers as people write them, and answers that a profile gives for good."""

from __future__ import annotations

import pytest

from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.questions import (
    RULES,
    AnswerWord,
    RowAnswer,
    StandingAnswer,
    StandingAnswers,
    allowed_answers,
    answers_in_words,
    kinds_of,
    objection_to,
)
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json

SEND, ASK, LEAVE_OUT = StandingAnswer


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("send", RowAnswer(AnswerWord.SEND)),
        (" S e N d ", RowAnswer(AnswerWord.SEND)),
        ("DROP\u00a0", RowAnswer(AnswerWord.DROP)),
        ("same as C12-3f9a2b", RowAnswer(AnswerWord.SAME, "C12-3f9a2b")),
        ("SAME  AS c12 \u2013 3F9A2B", RowAnswer(AnswerWord.SAME, "c12-3F9A2B")),
        ("sameas 1A2B3C4D", RowAnswer(AnswerWord.SAME, "1A2B3C4D")),
        *[(text, None) for text in ("", "sned", "same as", "same", "send it", "yes", "drop C12-3f9a2b")],
    ],
)
def test_an_answer_is_read_whatever_its_capitals_and_blanks(text: str, wanted: RowAnswer | None) -> None:
    assert RowAnswer.parse(text) == wanted


@pytest.mark.parametrize("answer", [RowAnswer(AnswerWord.SEND), RowAnswer(AnswerWord.SAME, "C1-abcdef")])
def test_an_answer_is_read_again_as_it_is_written(answer: RowAnswer) -> None:
    assert RowAnswer.parse(answer.text()) == answer


def test_a_label_is_found_whatever_its_capitals() -> None:
    assert RowAnswer(AnswerWord.SAME, "v15-ABCDEF").label == EntryLabel(RecordKind.VOUCHER, 15, "abcdef")
    assert RowAnswer(AnswerWord.SAME, "1A2B3C4D").label is None


def test_every_kind_has_a_rule_with_a_code_of_its_own() -> None:
    assert set(RULES) == set(QuestionKind)
    assert len({rule.code for rule in RULES.values()}) == len(QuestionKind)
    assert all(rule.sentence and rule.answers for rule in RULES.values())
    assert all(rule.for_good or rule.why_not for rule in RULES.values())


def test_the_kind_of_a_question_is_told_by_its_stored_code() -> None:
    asked = (Reason("suspected_twin", "x", entries=("C1-abcdef",)), Reason("answer_not_taken", "y"), Reason("same_cells", "z"))
    assert reasons_from_json(reasons_to_json(asked)) == asked
    assert kinds_of(asked) == (QuestionKind.TWIN, QuestionKind.SAME_CELLS)


def test_answers_are_named_as_they_are_written() -> None:
    assert answers_in_words(allowed_answers([QuestionKind.TWIN])) == "send, same as ID or drop"
    assert answers_in_words([AnswerWord.SEND, AnswerWord.DROP]) == "send or drop"


_ONE, _OTHER = QuestionKind.TWIN, QuestionKind.SAME_CELLS


@pytest.mark.parametrize(
    ("answers", "kinds", "wanted"),
    [
        ({}, [_ONE], ASK),
        ({_ONE: SEND}, [_ONE], SEND),
        ({_ONE: SEND}, [_ONE, _OTHER], ASK),
        ({_ONE: SEND, _OTHER: SEND}, [_ONE, _OTHER], SEND),
        ({_ONE: LEAVE_OUT}, [_ONE, _OTHER], LEAVE_OUT),
        ({_ONE: SEND, _OTHER: LEAVE_OUT}, [_ONE, _OTHER], LEAVE_OUT),
        ({_ONE: SEND}, [], ASK),
    ],
)
def test_a_row_is_sent_for_good_only_if_all_of_its_questions_are(
    answers: dict[QuestionKind, StandingAnswer], kinds: list[QuestionKind], wanted: StandingAnswer
) -> None:
    assert StandingAnswers("p", answers).decide(kinds) is wanted


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if not rule.for_good])
def test_a_profile_may_only_ask_about_what_differs_from_row_to_row(kind: QuestionKind) -> None:
    assert objection_to(kind, "ask") is None
    for answer in ("send", "leave out"):
        assert "cannot be answered for good" in (objection_to(kind, answer) or "")
