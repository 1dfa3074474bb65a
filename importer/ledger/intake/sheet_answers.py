"""The answers in the column ``#answer`` of an error sheet that comes back: checked row by row, applied after the last row.

Only then is it known what the row became: its question may be another one if its values were corrected as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.questions import AnswerWord, RowAnswer, allowed_answers, kind_of, kinds_of
from importer.domain.reasons import Reason, reasons_from_json
from importer.domain.records import CaseRecord, LoadedRow, VoucherRecord
from importer.domain.remote_ids import can_be_id
from importer.domain.states import State
from importer.ledger.intake import answer_effects, answer_reasons
from importer.ledger.intake.answer_effects import ANSWERABLE, UNSENT
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.known_entries import existing_entry
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.outbox.dependents import CASE_DROPPED
from importer.ledger.storage.schema import entry


@dataclass(slots=True)
class GivenAnswer:
    """An answer about an entry: its first row, what was asked, and the entry that the row became.

    ``target`` is the entry that it names; None for one that this ledger does not know.
    """

    answer: RowAnswer
    row: tuple[str, int]
    asked: Sequence[Reason]
    kind: RecordKind
    target: int | None = None
    placed: int | None = None
    is_contradicted: bool = False


@dataclass(frozen=True, slots=True)
class _Named:
    """The entry that ``#entry`` names, as it is before any row of the source changes it."""

    known: ExistingEntry
    asked: tuple[Reason, ...]

    @property
    def is_asked(self) -> bool:
        return self.known.state in ANSWERABLE and self.known.superseded_by is None and not self.is_dropped_with_its_case

    @property
    def is_dropped_with_its_case(self) -> bool:
        return any(reason.code == CASE_DROPPED.code for reason in self.asked)

    @property
    def kinds(self) -> tuple[QuestionKind, ...]:
        """Return the kinds of the questions that are open, or that were before the row was dropped."""
        recorded = json.loads(self.known.answer) if self.known.answer else {}
        return kinds_of(self.asked) or tuple(QuestionKind(kind) for kind in recorded.get("asked", ()))

    def is_dropped_by(self, answer: RowAnswer) -> bool:
        """Return whether the same answer has dropped the row before."""
        return self.known.state is State.DROPPED and self.has_answer(answer)

    def has_answer(self, answer: RowAnswer) -> bool:
        """Return whether the user has answered the same before."""
        recorded = json.loads(self.known.answer)["what"] if self.known.answer else None
        return recorded is not None and RowAnswer.parse(recorded) == answer


class SheetAnswers:
    """The answers that one source gives."""

    def __init__(self) -> None:
        self._given: dict[int, GivenAnswer] = {}
        self._named: dict[int, _Named | None] = {}

    def objection(self, connection: Connection, row: LoadedRow, kind: RecordKind, record: Any) -> Reason | None:
        """Check the answer of a row as far as it is about this record, and note it.

        Returns the reason why it cannot be taken; None if it can, if it is about the other record of the row, or if there
        is none.
        """
        if record.answer is None:
            return None
        answer = RowAnswer.parse(record.answer)
        if answer is None:
            is_last = kind is RecordKind.VOUCHER or not isinstance(row.voucher, VoucherRecord)
            return answer_reasons.unknown_answer(record.answer, tuple(AnswerWord)) if is_last else None
        named = self._entry(connection, kind, record)
        if named is None or not named.is_asked:
            return self._without_question(row, kind, answer, named)
        if named.is_dropped_by(answer) or self._is_about_other_record(row, kind, answer):
            return None
        return self._note(connection, row, kind, answer, named)

    def _entry(self, connection: Connection, kind: RecordKind, record: Any) -> _Named | None:
        """Return the entry that the row's ``#entry`` names, if it is one of the same kind."""
        label = record.hint
        if label is None:
            return None
        if label.entry_id not in self._named:
            known = existing_entry(connection, label.entry_id)
            columns = select(entry.c.kind, entry.c.reasons).where(entry.c.id == label.entry_id)
            found = connection.execute(columns).one_or_none()
            is_it = known is not None and found is not None and label.fits(known.key) and found.kind == kind
            self._named[label.entry_id] = _Named(known, reasons_from_json(found.reasons)) if is_it and known and found else None
        return self._named[label.entry_id]

    def _without_question(self, row: LoadedRow, kind: RecordKind, answer: RowAnswer, named: _Named | None) -> Reason | None:
        """Return the reason against an answer where nothing is asked, unless it was given before or is about the other record."""
        if named is not None and named.has_answer(answer):
            return None
        if kind is RecordKind.CASE and isinstance(row.voucher, VoucherRecord):
            return None  # its voucher decides, which is read after it
        if kind is RecordKind.VOUCHER and self._is_about_its_case(row, answer):
            return None
        if named is None:
            return answer_reasons.nothing_asked(answer.text(), None, None)
        state = "dropped with its case" if named.is_dropped_with_its_case else named.known.state.value
        return answer_reasons.nothing_asked(answer.text(), named.known.answer, state)

    def _is_about_other_record(self, row: LoadedRow, kind: RecordKind, answer: RowAnswer) -> bool:
        """Return whether the answer names a voucher and the row's voucher is still to be read, or a case and its case took it."""
        if answer.label is None or answer.label.kind is kind:
            return False
        if kind is RecordKind.CASE:
            return isinstance(row.voucher, VoucherRecord)
        return self._is_about_its_case(row, answer)

    def _is_about_its_case(self, row: LoadedRow, answer: RowAnswer) -> bool:
        """Return whether an answer was taken for the case in the same row, or given about it before."""
        hint = row.case.hint if isinstance(row.case, CaseRecord) else None
        named = self._named.get(hint.entry_id) if hint else None
        return named is not None and (named.known.id in self._given or named.has_answer(answer))

    def _note(self, connection: Connection, row: LoadedRow, kind: RecordKind, answer: RowAnswer, named: _Named) -> Reason | None:
        if answer.word not in (allowed := allowed_answers(named.kinds)):
            return answer_reasons.unknown_answer(answer.text(), allowed)
        place = (row.row.sheet, row.row.number)
        earlier = self._given.get(named.known.id)
        if earlier is not None and earlier.answer != answer:
            earlier.is_contradicted = True
            return answer_reasons.answered_differently(answer, earlier.answer, f'row {earlier.row[1]} of "{earlier.row[0]}"')
        target: int | None = None
        if answer.word is AnswerWord.SAME:
            found = _target(connection, kind, answer, named.known)
            if isinstance(found, Reason):
                return found
            target = found.id if found else None
        self._given.setdefault(named.known.id, GivenAnswer(answer, place, named.asked, kind, target))
        return None

    def place(self, record: Any, entry_id: int, *, is_new: bool) -> None:
        """Note which entry a record with an answer became: the one that was asked about, or a new one in its place.

        If it was corrected into another row that the ledger knows, the answer is not about that one.
        """
        given = self._given.get(record.hint.entry_id) if record.answer is not None and record.hint is not None else None
        if given is not None and (is_new or entry_id == record.hint.entry_id):
            given.placed = entry_id

    def settle(self, connection: Connection, who: str) -> None:
        """Apply the answers of the source, given by ``who``. One whose row was rejected is not applied."""
        for given in self._given.values():
            known = existing_entry(connection, given.placed) if given.placed is not None else None
            if known is None or known.state not in UNSENT or known.superseded_by is not None:
                continue
            if not given.is_contradicted:
                _apply(connection, known, given, UserAnswer(who, given.answer.text()))
            elif known.state not in ANSWERABLE:  # it was corrected beside the answers, and one of them may be not to send it
                answer_effects.keep_asking(connection, known, given.asked, answer_reasons.not_taken(given.answer))


def _target(connection: Connection, kind: RecordKind, answer: RowAnswer, named: ExistingEntry) -> ExistingEntry | Reason | None:
    """Return the entry that an answer names, None if only the API may know it, or the reason against it."""
    label = answer.label
    if label is None:
        if not can_be_id(answer.name) or not any(map(str.isdigit, answer.name)):
            return answer_reasons.no_such_entry(answer, kind)
        other = answer_effects.owner_of(connection, named.id, answer.name)
        if other is None:
            return None
    else:
        other = answer_effects.labelled(connection, label)
    if other is None or not answer_effects.may_be_same(connection, named, other):
        return answer_reasons.no_such_entry(answer, kind)
    return answer_reasons.names_questioned(answer) if other.state is State.QUESTIONED else other


def _apply(connection: Connection, known: ExistingEntry, given: GivenAnswer, answer: UserAnswer) -> None:
    word = given.answer.word
    if word is AnswerWord.DROP:
        answer_effects.drop(connection, known, answer)
    elif word is AnswerWord.SAME:
        _take_for_the_same(connection, known, given, answer)
    elif _is_another_question(answer_effects.open_questions(connection, known.id), given.asked):
        answer_effects.keep_asking(connection, known, given.asked, answer_reasons.not_taken(given.answer))
    else:
        answer_effects.send(connection, known, answer)


def _take_for_the_same(connection: Connection, known: ExistingEntry, given: GivenAnswer, answer: UserAnswer) -> None:
    if given.target is None:
        advice = answer_reasons.needs_the_api(given.answer, given.kind, answer_effects.label_of(connection, known))
        answer_effects.keep_asking(connection, known, given.asked, advice)
        return
    other = answer_effects.successor(connection, given.target)
    if other is None or other.id == known.id or other.state is State.QUESTIONED:
        answer_effects.keep_asking(connection, known, given.asked, answer_reasons.not_taken(given.answer))
    else:
        answer_effects.same(connection, known, other, answer)


def _is_another_question(now: Sequence[Reason], before: Sequence[Reason]) -> bool:
    """Return whether a question is open that was not asked before: of another kind, or about other entries."""
    asked = [(kind_of(one), frozenset(one.entries)) for one in before]
    return any(
        kind is not None and not any(kind is known and frozenset(one.entries) <= entries for known, entries in asked)
        for one in now
        for kind in [kind_of(one)]
    )
