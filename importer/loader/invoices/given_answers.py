"""What the answers in an error sheet mean for a group, whose rows each have a cell for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from importer.domain.questions import AnswerWord, RowAnswer
from importer.domain.reasons import Reason
from importer.loader.invoices import reasons
from importer.loader.invoices.listed import ListedDocument, Standing


@dataclass(frozen=True)
class GivenAnswers:
    """The answer about a group's case, and what is asked because it is not clear whether an answer is about the case."""

    answer: str | None = None
    asked: tuple[Reason, ...] = ()


def given_answers(documents: Iterable[ListedDocument], members: Iterable[ListedDocument]) -> GivenAnswers:
    """Return what the answers beside the rows of a group mean. ``members`` are the documents of its case.

    An answer in all rows is one about the case. ``drop`` or ``same as`` beside some rows may be meant for them alone, while the
    case is owed all the same, and is not taken. ``send`` counts for the case if no row that is a question itself lacks it.
    """
    rows = list(documents)
    answered = [one for one in rows if one.answer]
    asking = [one for one in rows if one.standing in (Standing.QUESTION, Standing.UNREAD)]
    texts = {str(one.answer) for one in answered}
    if len(texts) == 1 and all(one.answer for one in (*members, *asking)):
        return GivenAnswers(texts.pop())
    if _may_be_for_rows(texts, asking):
        return GivenAnswers(None, (reasons.answered_in_part(answered),))
    return GivenAnswers(texts.pop() if len(texts) == 1 else None)


def _may_be_for_rows(texts: Iterable[str], asking: Iterable[ListedDocument]) -> bool:
    """Return whether answers in some rows may be meant for these rows alone. ``asking`` are the rows that are a question."""
    words = {parsed.word for text in texts if (parsed := RowAnswer.parse(text)) is not None}
    if not words:
        return False
    return not words.isdisjoint((AnswerWord.DROP, AnswerWord.SAME)) or not all(one.answer for one in asking)
