"""The questions about rows: their kinds, the answers that each kind allows, and answers that a profile gives for good.

A question is a :class:`~importer.domain.reasons.Reason` of a questioned entry. Its code tells its kind, so that questions are
grouped by what the ledger stores of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from importer.domain.identity import EntryLabel, match_text
from importer.domain.kinds import QuestionKind
from importer.domain.reasons import Reason


class AnswerWord(StrEnum):
    """What a person may answer to a question."""

    SEND = "send"
    SAME = "same as"
    DROP = "drop"


class StandingAnswer(StrEnum):
    """What a profile may say about a kind of question."""

    SEND = "send"
    ASK = "ask"
    LEAVE_OUT = "leave out"


@dataclass(frozen=True, slots=True)
class QuestionRule:
    """What holds for a kind of question: the code of its reasons, what is asked, and which answers are allowed.

    ``for_good``: a profile may answer it. ``why_not`` is the reason if it may not. ``in_sheet`` are further answers that are
    written in ``#answer`` of an error sheet alone: with them the row is read again. ``sent_alone``: that a row is sent is
    answered for each row, never for all of a kind together.
    """

    code: str
    sentence: str
    answers: frozenset[AnswerWord] = frozenset(AnswerWord)
    for_good: bool = True
    why_not: str = ""
    in_sheet: tuple[str, ...] = ()
    sent_alone: bool = False


_ONE_BY_ONE = "whether two rows are the same claim differs from row to row, and a case that is sent twice cannot be taken back"
_BY_VALUE = "what a value means is said once for the column, under [values.row_state] in the profile"
_YES_OR_NO = frozenset({AnswerWord.SEND, AnswerWord.DROP})

DEBTOR_TYPE_UNCLEAR = "debtor_type_unclear"
"""The code of the question whether a debtor is a company or a person."""
MASTER_DATA_UNCLEAR = "master_data_unclear"
"""The code of the question what holds of a debtor whose list and master data contradict each other."""

RULES: Mapping[QuestionKind, QuestionRule] = {
    QuestionKind.TWIN: QuestionRule(
        "suspected_twin",
        "The row is probably the same claim as another one",
        for_good=False,
        why_not=_ONE_BY_ONE,
    ),
    QuestionKind.LOOK_ALIKE: QuestionRule(
        "alike_at_debitura",
        "Debitura has a case like the row that this ledger did not send",
        for_good=False,
        why_not=_ONE_BY_ONE,
    ),
    QuestionKind.EARLIER_ROW: QuestionRule(
        "several_alike",
        "The row may be one that was imported before, but does not agree with it",
        for_good=False,
        why_not=_ONE_BY_ONE,
    ),
    QuestionKind.SAME_CELLS: QuestionRule(
        "same_cells",
        "The row has the cells of one that was imported before, but means something else now",
        for_good=False,
        why_not=_ONE_BY_ONE,
    ),
    QuestionKind.ROW_STATE: QuestionRule(
        "row_state",
        "A value that nobody knows shows whether the row is a claim",
        answers=_YES_OR_NO,
        for_good=False,
        why_not=_BY_VALUE,
    ),
    QuestionKind.UNCONFIRMED: QuestionRule(
        "state_unconfirmed",
        "A value that nobody has confirmed shows whether the row is a claim",
        answers=_YES_OR_NO,
        for_good=False,
        why_not=_BY_VALUE,
    ),
    QuestionKind.STATE_UNCLEAR: QuestionRule(
        "state_unclear", "The state of the row does not show whether it is a claim", answers=_YES_OR_NO
    ),
    QuestionKind.DISPUTED: QuestionRule(
        "disputed", "The row is disputed, on hold, promised or already in collection", answers=_YES_OR_NO
    ),
    QuestionKind.PART_PAID: QuestionRule(
        "part_paid", "Something was paid, and it is not known what is still open", answers=_YES_OR_NO
    ),
    QuestionKind.SETTLED: QuestionRule(
        "settled_but_open",
        "The row has a day on which it was paid or written off, and an amount that is open",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="which of the two is right differs from row to row, and a demand for a paid invoice cannot be taken back",
        sent_alone=True,
    ),
    QuestionKind.CREDITS: QuestionRule(
        "credits",
        "It is not certain what the debtor owes: credits that are not taken off, or rows that may be one or of another debtor",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="the claim may be too high, which differs from debtor to debtor",
    ),
    QuestionKind.UNASSIGNED: QuestionRule(
        "unassigned_credits",
        "Credits or payments that name no invoice are much of what the debtor owes",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="whether a payment belongs to the claim differs from debtor to debtor",
    ),
    QuestionKind.SUM: QuestionRule("sum_of_others", "The row may be a total of the rows above it", answers=_YES_OR_NO),
    QuestionKind.SUBTOTAL: QuestionRule(
        "subtotal_differs",
        "A subtotal of the list is not the sum of its rows, so that a row may be missing",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="which row is missing differs from list to list, and it may be a payment",
    ),
    QuestionKind.CALLED_PAID: QuestionRule(
        "may_be_paid",
        "A later row with the reference of the case is paid, credited or disputed, but does not agree with it",
        answers=frozenset({AnswerWord.SEND, AnswerWord.DROP}),
        for_good=False,
        why_not="whether a case is paid differs from row to row, and a demand for a paid invoice cannot be taken back",
    ),
    QuestionKind.DEBTOR_TYPE: QuestionRule(
        DEBTOR_TYPE_UNCLEAR,
        "It is not clear whether the debtor is a company or a person",
        answers=frozenset({AnswerWord.DROP}),
        for_good=False,
        why_not='what a debtor is differs from debtor to debtor; list them in [parties], or all of them as "*"',
        in_sheet=("company", "person", "sole trader"),
    ),
    QuestionKind.DOCUMENT: QuestionRule(
        "document_known",
        "A document of the row may be claimed by another case",
        for_good=False,
        why_not=_ONE_BY_ONE,
    ),
    QuestionKind.NEW_INVOICES: QuestionRule(
        "new_documents",
        "The debtor has an open case, and the list shows new documents",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="the profile answers it as new_invoices",
    ),
    QuestionKind.GROWN: QuestionRule(
        "document_grew",
        "More is open of a document that was claimed than before, or it came back",
        answers=frozenset({AnswerWord.DROP}),
        for_good=False,
        why_not="a returned payment differs from case to case, and nothing can be sent about it",
    ),
    QuestionKind.MASTER_DATA: QuestionRule(
        MASTER_DATA_UNCLEAR,
        "The list and the master data contradict each other, so that nothing was taken from the master data",
        answers=_YES_OR_NO,
        for_good=False,
        why_not="which of them is right differs from debtor to debtor",
    ),
}
"""The rule of each kind. A new kind needs a member of ``QuestionKind`` and a line here."""

DROPPED, LEFT_OUT_BY_PROFILE = "dropped", "left_out_by_profile"
"""The codes of the reasons that a person or a profile has answered that a row is not sent."""

_KIND_OF_CODE = {rule.code: kind for kind, rule in RULES.items()}


def kind_of(reason: Reason) -> QuestionKind | None:
    """Return the kind of a question; None for a reason that asks nothing."""
    return _KIND_OF_CODE.get(reason.code)


def kinds_of(reasons: Iterable[Reason]) -> tuple[QuestionKind, ...]:
    """Return the kinds of the questions among these reasons, each once, in their order."""
    return tuple(dict.fromkeys(kind for reason in reasons if (kind := kind_of(reason)) is not None))


def allowed_answers(kinds: Iterable[QuestionKind]) -> tuple[AnswerWord, ...]:
    """Return the answers that all of these kinds allow."""
    allowed = frozenset(AnswerWord).intersection(*(RULES[kind].answers for kind in kinds))
    return tuple(word for word in AnswerWord if word in allowed)


def answers_together(kind: QuestionKind) -> tuple[AnswerWord, ...]:
    """Return the answers that can be given to all questions of a kind at once."""
    words = allowed_answers([kind])
    return tuple(word for word in words if word is not AnswerWord.SEND) if RULES[kind].sent_alone else words


def written(word: AnswerWord) -> str:
    """Return an answer as it is offered to be written."""
    return "same as ID" if word is AnswerWord.SAME else word.value


def offered(kinds: Collection[QuestionKind]) -> tuple[str, ...]:
    """Return what can be written in ``#answer`` of a row with questions of these kinds."""
    own = (word for kind in kinds for word in RULES[kind].in_sheet)
    return (*dict.fromkeys(own), *map(written, allowed_answers(kinds)))


def answers_in_words(words: Collection[AnswerWord]) -> str:
    """Return answers as they are written in ``#answer``: ``send, same as ID or drop``."""
    return _joined([written(word) for word in words])


def offered_in_words(kinds: Collection[QuestionKind]) -> str:
    """Return what can be written in ``#answer`` of a row with questions of these kinds, as one text."""
    return _joined(offered(kinds))


def _joined(texts: Sequence[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """An answer about one row. ``name``: what the row is the same as, an entry's label or the id of a case or voucher."""

    word: AnswerWord
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> RowAnswer | None:
        """Parse the text of a cell in ``#answer``, whatever its capitals and blanks; None if it is no answer."""
        compact = "".join(match_text(text).split())
        for word in AnswerWord:
            joined = word.replace(" ", "")
            if word is AnswerWord.SAME:
                if compact.lower().startswith(joined) and len(compact) > len(joined):
                    return cls(word, compact[len(joined) :])
            elif compact.lower() == joined:
                return cls(word)
        return None

    @property
    def label(self) -> EntryLabel | None:
        """Return the entry's label if the answer names one."""
        return EntryLabel.parse(self.name[:1].upper() + self.name[1:].lower())

    def text(self) -> str:
        """Return the answer as it is written: ``same as C12-3f9a2b``."""
        return f"{self.word} {self.name}".rstrip()


@dataclass(frozen=True)
class StandingAnswers:
    """The answers that a profile gives for good. ``profile`` is its name."""

    profile: str = ""
    answers: Mapping[QuestionKind, StandingAnswer] = field(default_factory=dict)

    def decide(self, kinds: Collection[QuestionKind]) -> StandingAnswer:
        """Decide on a row about which questions of these kinds are open.

        If one of them says that the row is left out, nothing else needs an answer. It is sent if all of them say so.
        """
        found = {self.answers.get(kind, StandingAnswer.ASK) for kind in kinds}
        if StandingAnswer.LEAVE_OUT in found:
            return StandingAnswer.LEAVE_OUT
        return StandingAnswer.SEND if found == {StandingAnswer.SEND} else StandingAnswer.ASK


NOTHING_STANDS = StandingAnswers()


def objection_to(kind: str, answer: str) -> str | None:
    """Return why a profile cannot give an answer to a kind of question; None if it can."""
    if kind not in set(QuestionKind):
        return f'"{kind}" is not a kind of question; there are {", ".join(QuestionKind)}'
    if answer not in set(StandingAnswer):
        return f'"{answer}" is not an answer to "{kind}"; write "send", "ask" or "leave out"'
    rule = RULES[QuestionKind(kind)]
    if rule.for_good or answer == StandingAnswer.ASK:
        return None
    return f'"{kind}" cannot be answered for good: {rule.why_not}. Take the line out, and answer row by row or by batch'
