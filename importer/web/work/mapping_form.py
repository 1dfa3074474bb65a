"""The answers of a form to the questions of `importer map`: the same questions and answers, given again in their order each time.

The form carries all answers, those to questions that it does not show now included. An answer that is refused changes no other
one. What a form has sent is kept as a step of the work that it is about, so that each step can be loaded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

from importer.commands.map_dates import open_date, orders_of
from importer.domain.code_lists import BY_NAME, DebtorType
from importer.domain.columns import CASE_COLUMNS, FLAT_PREFIX, VOUCHER_COLUMNS, ValueKind
from importer.domain.row_states import Meaning
from importer.loader.profile import Profile
from importer.loader.profiles.draft import AnswerValue, FromHeading, ProfileDraft
from importer.loader.profiles.questions import NOTHING, AnswerRefused, Choice, Question, SheetQuestionKind, answer, questions
from importer.loader.profiles.state_values import StateValue, state_values, with_meanings
from importer.loader.profiles.trials import SheetTrials

OTHER = "other"
"""The option whose answer is the text beside it."""
EMPTY = "Write the answer into the field, or choose another one."
TWO = "“{text}” is written beside another answer. Choose the answer with that field, or empty the field."
DEBTOR_TYPE = "debtor_type"
DEBTOR_TYPES = (DebtorType.COMPANY.value, DebtorType.PERSON.value, BY_NAME)
"""What the debtors of a whole sheet can be, each an answer of its own."""
MONEY_COLUMNS = frozenset(one.name for one in (*CASE_COLUMNS, *VOUCHER_COLUMNS) if one.value_kind is ValueKind.MONEY)
LIKELY_FROM = 50
"""From how many percent on a column is shown at once; the others are shown behind a summary."""
_BY_COLUMN = frozenset({SheetQuestionKind.HEADING, SheetQuestionKind.COLUMN})
_DATE = "order of days"
_LEFT_OPEN = "left open"


@dataclass(frozen=True)
class Answers:
    """What the form says: the sheet, if a person has chosen it, and by the key of each question the option and the text.

    ``rows`` are the fields that keep or drop rows by a column and a value. ``encoding`` is that of a text, if it was asked for.
    """

    sheet: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    is_sent: bool = False
    encoding: str = ""


@dataclass(frozen=True)
class MapStep:
    """What one form has sent: the answers, and the name of the profile with the consent to replace one.

    ``problem`` is why the profile could not be written, if that was asked for.
    """

    given: Answers
    name: str = ""
    replace: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Option:
    """An answer to choose on a page. ``is_likely``: it is shown at once; ``is_type``: it is a kind of debtor for all rows."""

    value: str
    label: str
    certainty: int | None
    samples: tuple[str, ...]
    is_chosen: bool
    is_likely: bool = True
    is_type: bool = False


@dataclass(frozen=True)
class Asked:
    """A question as a page shows it, with its options, the text that was written beside them, and why that was refused.

    ``key`` names it in the form. ``takes_text``: another answer than the options can be written.
    """

    key: str
    question: Question
    options: tuple[Option, ...]
    written: str
    refused: str
    takes_text: bool
    is_other: bool


@dataclass(frozen=True)
class AskedDates:
    """The question in which order the days below a heading are written. No way is chosen before a person has."""

    key: str
    heading: str
    sample: str
    ways: Mapping[str, str]
    chosen: str | None

    @property
    def is_open(self) -> bool:
        """Return whether it is not answered."""
        return self.chosen is None


@dataclass(frozen=True)
class AskedState:
    """A value of a state, and the meaning that the form gives to it; None as long as it is left open."""

    key: str
    value: StateValue
    chosen: Meaning | None


def key_of(text: str) -> str:
    """Return a name for a form: a heading holds what browsers change, such as line breaks."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def answered(draft: ProfileDraft, given: Answers) -> tuple[ProfileDraft, dict[str, str]]:
    """Give the answers in the order of the questions. Returns the draft, and why answers were refused, by question."""
    refused: dict[str, str] = {}
    done: set[str] = set()
    while (question := next((one for one in questions(draft) if one.id not in done), None)) is not None:
        done.add(question.id)
        try:
            value = _value(question, given)
            draft = draft if value is None else answer(draft, question.id, value)
        except AnswerRefused as error:
            refused[question.id] = str(error)
    return draft, refused


def asked(question: Question, given: Answers, refused: str) -> Asked:
    """Return a question as a page shows it."""
    key, kind = key_of(question.id), question.kind
    chosen = given.chosen.get(key)
    if chosen is None and question.default is not None and not _may_be_money(question):
        chosen = _token(question.default)
    options = [_option(one, chosen, is_shape_or_join=kind not in _BY_COLUMN) for one in question.choices]
    if _asks_type(question):
        options += [
            Option(token := _token(word), word.casefold().replace(" ", "_"), None, (), token == chosen, is_type=True)
            for word in DEBTOR_TYPES
        ]
    if kind not in (SheetQuestionKind.SHAPE, SheetQuestionKind.CASES):
        options.append(Option(_token(NOTHING), "", None, (), chosen == _token(NOTHING)))
    takes_text = kind in _BY_COLUMN
    return Asked(key, question, tuple(options), given.written.get(key, ""), refused, takes_text, chosen == OTHER)


def _option(choice: Choice, chosen: str | None, *, is_shape_or_join: bool) -> Option:
    token = _token(choice.answer)
    is_likely = is_shape_or_join or choice.certainty is None or choice.certainty >= LIKELY_FROM or token == chosen
    return Option(token, choice.label, choice.certainty, choice.samples, token == chosen, is_likely)


def _may_be_money(question: Question) -> bool:
    """Return whether a heading may hold money: then nothing is chosen before a person has, not even to leave it out."""
    if question.kind is not SheetQuestionKind.HEADING:
        return False
    names = (choice.answer for choice in question.choices if choice.certainty)
    return any(isinstance(name, str) and name.removeprefix(FLAT_PREFIX) in MONEY_COLUMNS for name in names)


def _asks_type(question: Question) -> bool:
    return question.kind is SheetQuestionKind.COLUMN and question.subject == DEBTOR_TYPE and question.one_value


def not_shown(given: Answers, shown: set[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the answers to questions that are not shown now: the options, and the texts."""
    left = [{key: value for key, value in found.items() if key not in shown} for found in (given.chosen, given.written)]
    return left[0], left[1]


def asked_dates(draft: ProfileDraft, given: Answers, today: date) -> AskedDates | None:
    """Return the question about the order of days, if the dates leave it open."""
    found = open_date(draft.proposal, today) if draft.shape is not None else None
    if found is None:
        return None
    heading, sighting = found
    ways = {form: words for words, form in orders_of(sighting.text, today).values()}
    chosen = given.chosen.get(key_of(_DATE))
    is_known = chosen in ways or chosen == _LEFT_OPEN
    return AskedDates(key_of(_DATE), heading, sighting.text, {**ways, _LEFT_OPEN: ""}, chosen if is_known else None)


def with_order(draft: ProfileDraft, dates: AskedDates | None) -> ProfileDraft:
    """Return the draft with the order of days that was chosen."""
    if dates is None or dates.chosen in {None, _LEFT_OPEN}:
        return draft
    return replace(draft, basis=draft.basis.model_copy(update={"date_format": dates.chosen}))


def asked_states(sheet: SheetTrials, profile: Profile, given: Answers) -> list[AskedState]:
    """Return the values of states. One that is certain keeps its meaning unless another one is chosen; others stay open."""
    return [_asked_state(one, given) for one in state_values(sheet, profile)]


def with_states(profile: Profile, states: list[AskedState]) -> Profile:
    """Return the profile with what was chosen, as far as it is not certain without it."""
    found = {one.value.text: one.chosen for one in states if one.chosen is not None and not _is_known(one)}
    return with_meanings(profile, found)


def _is_known(one: AskedState) -> bool:
    return one.value.is_certain and one.chosen is one.value.meaning


def _asked_state(value: StateValue, given: Answers) -> AskedState:
    key = key_of(f"state {value.heading} {value.text}")
    chosen = given.chosen.get(key)
    if chosen is None:
        return AskedState(key, value, value.meaning if value.is_certain else None)
    return AskedState(key, value, next((one for one in Meaning if one.value == chosen), None))


def _value(question: Question, given: Answers) -> AnswerValue | None:
    """Return the answer of the form to a question; None if it has none, or one that is not offered any more.

    Raises AnswerRefused if it is not clear which of two answers is meant.
    """
    key = key_of(question.id)
    chosen, written = given.chosen.get(key), given.written.get(key, "")
    if chosen == OTHER or (chosen is None and written):
        if not written:
            raise AnswerRefused(EMPTY)
        return written
    if written:
        raise AnswerRefused(TWO.format(text=written))
    types: tuple[AnswerValue, ...] = DEBTOR_TYPES if _asks_type(question) else ()
    values: list[AnswerValue] = [*(choice.answer for choice in question.choices), *types, NOTHING]
    return next((value for value in values if _token(value) == chosen), None)


def _token(value: AnswerValue) -> str:
    return key_of(f"heading {value.heading}" if isinstance(value, FromHeading) else f"text {value}")
