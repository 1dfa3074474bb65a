"""What is said about answers: that a row was dropped, or why an answer in ``#answer`` was not taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.questions import DROPPED, LEFT_OUT_BY_PROFILE, RULES, AnswerWord, RowAnswer, answers_in_words
from importer.domain.reasons import Reason

COLUMN = "#answer"
_ADVICE = "answer_not_taken"


def dropped(label: str, who: str, day: str) -> Reason:
    """Explain that a person has dropped a row. ``day`` is an ISO date, in UTC."""
    rest = "It is never sent, unless it is answered otherwise: `importer resolve {} --send`"
    message, gist = f"Dropped by {who} on {day}. {rest.format(label)}", f"Dropped by a person. {rest.format('#entry')}"
    return Reason(DROPPED, message, gist=gist)


def left_out_by_profile(profile: str, kinds: Iterable[QuestionKind]) -> Reason:
    """Explain that a profile leaves a row out."""
    what = "; ".join(f"{kind}: {RULES[kind].sentence}" for kind in kinds)
    return Reason(LEFT_OUT_BY_PROFILE, f'Left out by the profile "{profile}" ({what})')


def unknown_answer(text: str, allowed: Collection[AnswerWord]) -> Reason:
    """Reject an answer that is none, or that is not allowed here."""
    words = answers_in_words(allowed)
    message = f"is not an answer that can be given here. Write {words}, or leave the cell empty"
    return _wrong("answer_unknown", message, text)


def nothing_asked(text: str, answered: str | None, state: str | None) -> Reason:
    """Reject an answer where nothing is asked. ``answered``: the JSON of an earlier answer; ``state``: that of the entry."""
    fix = f"Leave {COLUMN} empty, then the row is imported as usual"
    gist = f"is an answer, but nothing is asked about the row. {fix}"
    if answered is None:
        what = "Its #entry names no row that is questioned" if state is None else f"The row is {state.replace('_', ' ')}"
        message = f"is an answer, but nothing is asked about the row. {what}: questioned rows alone are answered. {fix}"
    else:
        earlier, now = json.loads(answered), (state or "").replace("_", " ")
        what = f"was answered with {earlier['what']} by {earlier['who']} on {earlier['when'][:10]}"
        message = f"is an answer, but the row {what}, and is {now}. {fix}"
    return _wrong("answer_without_question", message, text, gist)


def no_such_entry(answer: RowAnswer, kind: RecordKind) -> Reason:
    """Reject an answer that names nothing that the row can be the same as."""
    ids = "its id or 8-character reference" if kind is RecordKind.CASE else "its id"
    fix = f"After same as write the label of an entry in this ledger, such as C12-3f9a2b, or that {kind} by {ids}"
    message = f"names no {kind} that the row can be the same as. {fix}"
    return _wrong("answer_names_nothing", message, answer.text())


def names_questioned(answer: RowAnswer) -> Reason:
    """Reject an answer that names a row that is questioned itself."""
    return _wrong("answer_names_questioned", "names a row that is questioned as well. Name one that is not", answer.text())


def answered_differently(answer: RowAnswer, earlier: RowAnswer, where: str) -> Reason:
    """Reject a second answer about the same entry."""
    fix = "Give one answer: neither was taken"
    message = f"differs from {where}, which belongs to the same entry and says {earlier.text()}. {fix}"
    gist = f"differs from another row of the same entry. {fix}"
    return _wrong("answer_differs", message, answer.text(), gist)


def needs_the_api(answer: RowAnswer, kind: RecordKind, label: str) -> Reason:
    """Advise what to do about an answer that names a case or voucher that this ledger does not know."""
    api = "Debitura" if kind is RecordKind.CASE else "Debbie"
    rest = f"{api} must be asked for it: `importer resolve {{}} --same-as {{}}`"
    message = f"The answer names a {kind} that this ledger does not know. {rest}"
    return Reason(_ADVICE, message.format(label, answer.name), gist=message.format("#entry", "ID"))


def not_taken(answer: RowAnswer) -> Reason:
    """Explain that the question about a row is another one now."""
    message = "was not taken: with these values another question is open. Answer that one"
    return Reason(_ADVICE, message, COLUMN, COLUMN, answer.text())


def _wrong(code: str, message: str, text: str, gist: str | None = None) -> Reason:
    return Reason(code, message, COLUMN, COLUMN, text, gist=gist)
