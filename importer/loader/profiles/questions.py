"""Questions about a sheet and their answers, as values that a terminal, a page and a script can share.

They come in six stages: what a row holds, which columns are joined or split, what the unsure headings mean, what fills the
missing columns, who is the contact person of a company, and what makes a case. A stage begins when the one before it is
answered. Within a stage the order is free. Answering an earlier question again discards the answers of the later stages,
which depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from importer.domain.columns import Column, ValueKind
from importer.domain.row_states import is_state_column
from importer.errors import UsageError
from importer.loader.profiles.column_answers import could_hold, heading_named, may_be_constant, refusal_of_heading
from importer.loader.profiles.column_names import column_named
from importer.loader.profiles.draft import CONTACT, AnswerValue, FromHeading, ProfileDraft
from importer.loader.profiles.guarded import OFFER_FROM, is_guarded, may_be_offered
from importer.loader.profiles.joins import JOIN, JoinOffer, joined_headings
from importer.loader.profiles.proposal import DEBTORS, SUGGEST_FROM, ColumnCandidate, Guess
from importer.loader.sheets.cell_tests import could_be_value
from importer.loader.sheets.party_evidence import are_debtor_names
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape

DEBTOR = "debtor_name"
NOTHING = ""
"""The answer that leaves a heading out or a column open."""
NEEDS_ANSWER = "This needs an answer: Enter alone never decides about money, parties or states, nor what is not likely enough."


class AnswerRefused(UsageError):
    """An answer that is not possible; the message gives the reason."""


class SheetQuestionKind(StrEnum):
    """The subject of a question.

    It is what a row holds, what is joined or split, which column a heading fills, what fills a column, or what makes a case.
    """

    SHAPE = "shape"
    JOIN = "join"
    HEADING = "heading"
    COLUMN = "column"
    CASES = "cases"


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to choose.

    ``certainty`` (0 to 100) is the score of a column; for a heading it is the share of its cells that the column could hold.
    ``samples`` are values below the heading.
    """

    answer: AnswerValue
    certainty: int | None = None
    samples: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name of the column or heading."""
        return self.answer if isinstance(self.answer, str) else self.answer.heading


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a sheet, with everything that is needed to show it.

    ``subject`` is the heading or the column in question, ``help`` describes that column. ``samples`` are values below the
    heading; for a question about the shape, the sheet's headings. ``choices`` are likely answers, the best first. Others are
    the name of another column (for a heading), one value for all rows (for a column), and NOTHING. ``required``: the profile
    is not complete if the answer is NOTHING. ``default`` is the answer to offer; None if none may be offered, as about money and
    parties. ``remark`` says what is against the first choice. ``one_value``: a column may have one value for all rows.
    """

    id: str
    kind: SheetQuestionKind
    subject: str = ""
    help: str = ""
    samples: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    required: bool = False
    default: str | None = None
    remark: str = ""
    one_value: bool = True


def questions(draft: ProfileDraft) -> list[Question]:
    """Return the questions, answered or not, of all stages up to the first one that is not answered completely."""
    found: list[Question] = []
    for stage in _STAGES:
        found += stage(draft)
        if any(_is_open(draft, question) for question in found):
            break
    return found


def open_questions(draft: ProfileDraft) -> list[Question]:
    """Return the questions without an answer; none if the draft is ready for ``finish``."""
    return [question for question in questions(draft) if _is_open(draft, question)]


def answer(draft: ProfileDraft, question_id: str, value: AnswerValue | None) -> ProfileDraft:
    """Return the draft with an answer to one of its questions. None takes the default.

    Raises AnswerRefused if the question does not exist or this cannot be its answer.
    """
    question = next((question for question in questions(draft) if question.id == question_id), None)
    if question is None:
        raise AnswerRefused(f'There is no question "{question_id}" about this sheet, or not yet.')
    value = question.default if value is None else value
    if value is None:
        raise AnswerRefused(NEEDS_ANSWER)
    return _ANSWERS[question.kind](draft, question, value.strip() if isinstance(value, str) else value)


def refusal_of(column: Column, value: str) -> str:
    """Return why a column cannot hold a value, and what it can hold."""
    return f'"{value}" cannot be {column.name}. {column.help}' + (f" For example: {column.example}" if column.example else "")


def _is_open(draft: ProfileDraft, question: Question) -> bool:
    if question.kind is SheetQuestionKind.SHAPE:
        return draft.shape is None
    if question.kind is SheetQuestionKind.JOIN:
        return question.id not in draft.join_answers
    if question.kind is SheetQuestionKind.CASES:
        return draft.cases_answer is None
    return question.subject not in (draft.heading_answers if question.kind is SheetQuestionKind.HEADING else draft.column_answers)


def _about_shape(draft: ProfileDraft) -> list[Question]:
    if draft.known_shape:
        return []
    headings = tuple(heading.text for heading in draft.sheet.sample.headings if heading.text)
    choices = tuple(Choice(shape.value) for shape in Shape)
    return [
        Question("shape", SheetQuestionKind.SHAPE, samples=headings, choices=choices, required=True, default=Shape.CASES.value)
    ]


def _about_joins(draft: ProfileDraft) -> list[Question]:
    return [_about_join(offer) for offer in draft.offers]


def _about_join(offer: JoinOffer) -> Question:
    doubt = f", but {offer.composition.doubt}" if offer.composition.doubt else ""
    return Question(
        offer.id,
        SheetQuestionKind.JOIN,
        " ".join(offer.composition.fills),
        help=f"{offer.text()}{doubt}.",
        samples=offer.samples,
        choices=(Choice(JOIN),),
        default=JOIN if offer.is_default else None,
    )


def _about_headings(draft: ProfileDraft) -> list[Question]:
    joined = joined_headings(draft.joined)
    unsure = [guess for guess in draft.proposal.unsure() if guess.heading.text not in joined]
    blank = replace(draft, heading_answers={}, column_answers={})
    filled, missing = {*draft.sheet.defaults, *draft.given_constants}, set(blank.missing())
    return [_about_heading(draft, guess) for guess in unsure if _is_worth_asking(draft, guess, filled, missing)]


def _is_worth_asking(draft: ProfileDraft, guess: Guess, filled: set[str], missing: set[str]) -> bool:
    """Return whether a heading is asked about. One that is neither likely nor needed is left unused without a question.

    Needed is what may fill a ``missing`` column, or is probably about money, a date, an e-mail, a party, an identity or a
    state. An objection of `run`, or names of companies below the heading, must be answered as well. ``filled`` are the columns
    with a value already.
    """
    shape = draft.proposal.shape
    left = [one for one in guess.candidates if one.name not in filled]
    if guess.remark or (shape is not Shape.VOUCHERS and are_debtor_names(guess.heading.cells)):
        return True
    return any(one.score >= OFFER_FROM or one.name in missing or _is_likely_and_matters(one, shape) for one in left)


def _is_likely_and_matters(candidate: ColumnCandidate, shape: Shape) -> bool:
    matters = is_guarded(candidate.name, shape) or column_in(shape, candidate.name).value_kind is ValueKind.DATE
    matters = matters or candidate.name == "debtor_email"
    return matters and candidate.score >= SUGGEST_FROM


def _about_heading(draft: ProfileDraft, guess: Guess) -> Question:
    text = guess.heading.text
    taken = draft.without_heading_answer(text).taken()
    left = [candidate for candidate in guess.candidates if candidate.name not in taken]
    is_debtor = are_debtor_names(guess.heading.cells) or any(one.name == DEBTOR for one in guess.candidates)
    if is_debtor:
        left = _with_debtor(draft, text, left)
    return Question(
        f"heading:{text}",
        SheetQuestionKind.HEADING,
        text,
        samples=guess.heading.samples(),
        choices=tuple(Choice(candidate.name, candidate.score) for candidate in left),
        default=None if is_debtor else _offered(left, guess.suggested, draft.proposal.shape),
        remark=guess.remark,
    )


def _with_debtor(draft: ProfileDraft, heading: str, left: Sequence[ColumnCandidate]) -> list[ColumnCandidate]:
    """Return the candidates with the debtor's name, which may take the place of a heading that is read so by itself."""
    is_listed = any(one.name == DEBTOR for one in left)
    is_answered = any(name == DEBTOR for known, name in draft.heading_answers.items() if known != heading)
    is_possible = draft.proposal.shape is not Shape.VOUCHERS and not is_answered and DEBTOR not in draft.given_constants
    return [*left] if is_listed or not is_possible else [ColumnCandidate(DEBTOR, DEBTORS), *left]


def _offered(candidates: Sequence[ColumnCandidate], suggested: str | None, shape: Shape) -> str | None:
    """Return the answer that Enter may stand for: a likely column, NOTHING if no candidate is worth a suggestion, else None.

    A column of money, of a party, an identity or a state is never offered.
    """
    best = next((candidate for candidate in candidates if candidate.name == suggested), None)
    if best is None:
        return NOTHING
    return best.name if may_be_offered(best.name, best.score, shape) else None


def _about_columns(draft: ProfileDraft) -> list[Question]:
    """Ask what fills the missing columns. None is missing if the sheet can be read without an answer."""
    by_headings = replace(draft, column_answers={})
    names = by_headings.missing() if draft.sheet.refusal(by_headings.profile()) else []
    return [_about_column(draft, name, is_required=True) for name in names]


def _about_contact(draft: ProfileDraft) -> list[Question]:
    """Ask for the contact person of a company. Its own name is used if the answer is NOTHING."""
    is_asked = draft.without_column_answer(CONTACT).lacks_contact
    return [_about_column(draft, CONTACT, is_required=False)] if is_asked else []


def _about_cases(draft: ProfileDraft) -> list[Question]:
    """Ask what makes a case, if one debtor has several rows. Enter alone does not decide it."""
    choices = tuple(Choice(way) for way in draft.ways_to_cases())
    return [Question("cases", SheetQuestionKind.CASES, "cases_from", choices=choices, required=True)] if choices else []


def _about_column(draft: ProfileDraft, name: str, *, is_required: bool) -> Question:
    shape = draft.proposal.shape
    column = column_in(shape, name)
    shares = [(draft.sheet.agreement(shape, name, heading), heading) for heading in draft.without_column_answer(name).free()]
    rated = [(share, heading) for share, heading in shares if could_hold(column, heading, share)]
    rated.sort(key=lambda share_and_heading: -share_and_heading[0])
    return Question(
        f"column:{name}",
        SheetQuestionKind.COLUMN,
        name,
        help=column.help,
        choices=tuple(Choice(FromHeading(heading.text), round(share * 100), heading.samples()) for share, heading in rated),
        required=is_required,
        default=NOTHING,
        one_value=may_be_constant(name, shape),
    )


_STAGES = (_about_shape, _about_joins, _about_headings, _about_columns, _about_contact, _about_cases)


def _with_shape(draft: ProfileDraft, question: Question, value: AnswerValue) -> ProfileDraft:
    if value not in {choice.answer for choice in question.choices}:
        raise AnswerRefused(f"A row can hold {', '.join(Shape)}; answer with one of these words.")
    return replace(draft, answered_shape=Shape(str(value)), heading_answers={}, column_answers={}, join_answers={})


def _with_cases(draft: ProfileDraft, question: Question, value: AnswerValue) -> ProfileDraft:
    if value not in {choice.answer for choice in question.choices}:
        raise AnswerRefused(f"Answer with one of these words: {', '.join(choice.label for choice in question.choices)}.")
    return replace(draft, cases_answer=str(value))


def _with_join(draft: ProfileDraft, question: Question, value: AnswerValue) -> ProfileDraft:
    if value not in (JOIN, NOTHING):
        raise AnswerRefused("Answer whether they are joined or split so, or not.")
    return replace(draft, join_answers={**draft.join_answers, question.id: str(value)}, heading_answers={}, column_answers={})


def _with_heading(draft: ProfileDraft, question: Question, value: AnswerValue) -> ProfileDraft:
    reopened = draft.without_heading_answer(question.subject)
    name = _column_meant(question, value, draft.proposal.shape)
    if name is None:
        raise AnswerRefused("There is no such column; docs/columns.md lists them.")
    is_offered = any(choice.answer == name for choice in question.choices)
    if name in reopened.taken() and not is_offered and not is_state_column(name):
        raise AnswerRefused(f"{value} is filled by another heading already.")
    return replace(reopened, heading_answers={**reopened.heading_answers, question.subject: name})


def _column_meant(question: Question, value: AnswerValue, shape: Shape) -> str | None:
    if isinstance(value, FromHeading):
        return None
    is_offered = value == NOTHING or value in {choice.answer for choice in question.choices}
    return value if is_offered else column_named(value, shape)


def _with_column(draft: ProfileDraft, question: Question, value: AnswerValue) -> ProfileDraft:
    value = _heading_meant(draft, question, value)
    reopened = draft.without_column_answer(question.subject)
    if refusal := _refusal_of_fill(reopened, question, value):
        raise AnswerRefused(refusal)
    return replace(reopened, column_answers={**reopened.column_answers, question.subject: value})


def _refusal_of_fill(draft: ProfileDraft, question: Question, value: AnswerValue) -> str | None:
    """Return why a heading or a value cannot fill a column, or None if it can."""
    if isinstance(value, FromHeading):
        return refusal_of_heading(draft, question.subject, value.heading)
    if not value:
        return None
    if not question.one_value:
        return f"{question.subject} is not the same in all rows. Name the heading that holds it."
    column = column_in(draft.proposal.shape, question.subject)
    return None if could_be_value(column, value, draft.sheet.types) else refusal_of(column, value)


def _heading_meant(draft: ProfileDraft, question: Question, value: AnswerValue) -> AnswerValue:
    """Return the heading that a typed text names, if it does: it is rarely meant as the value of all rows."""
    if isinstance(value, FromHeading) or not value:
        return value
    column = column_in(draft.proposal.shape, question.subject)
    if column.value_kind in _LISTED_VALUES and could_be_value(column, value, draft.sheet.types):
        return value
    named = heading_named(draft, value)
    return value if named is None else FromHeading(named)


_LISTED_VALUES = (ValueKind.CURRENCY, ValueKind.COUNTRY, ValueKind.CHOICE)


_ANSWERS: Mapping[SheetQuestionKind, Callable[[ProfileDraft, Question, AnswerValue], ProfileDraft]] = {
    SheetQuestionKind.SHAPE: _with_shape,
    SheetQuestionKind.JOIN: _with_join,
    SheetQuestionKind.HEADING: _with_heading,
    SheetQuestionKind.COLUMN: _with_column,
    SheetQuestionKind.CASES: _with_cases,
}
