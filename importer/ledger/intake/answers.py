"""The users' answers about questioned entries, given by a command: about one entry, or about all of a kind in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind
from importer.domain.questions import AnswerWord, kind_of
from importer.domain.reasons import Reason
from importer.domain.states import State
from importer.ledger.intake import answer_effects
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.queries.questions import AskedRow
from importer.ledger.storage.engine import Session


@dataclass(frozen=True, slots=True)
class OpenTarget:
    """A row of which it is not clear what it is the same as, so that it cannot be answered together with others."""

    row: AskedRow
    why: str


class AnswerLog:
    """The answers about questioned entries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entry(self, label: EntryLabel) -> ExistingEntry | None:
        """Return the entry that a label names, or its successor; None if it is another ledger's."""
        with self._session.transaction() as connection:
            return answer_effects.labelled(connection, label)

    def questions(self, questioned: ExistingEntry) -> tuple[Reason, ...]:
        """Return the questions about an entry that are open."""
        with self._session.transaction() as connection:
            found = answer_effects.open_questions(connection, questioned.id)
        return tuple(one for one in found if kind_of(one) is not None)

    def named_so(self, questioned: ExistingEntry, name: str) -> list[ExistingEntry]:
        """Return the other entries of the same account and kind with this reference, unique id or remote id."""
        with self._session.transaction() as connection:
            return answer_effects.named_so(connection, questioned.id, name)

    def may_be_same(self, questioned: ExistingEntry, other: ExistingEntry) -> bool:
        """Return whether two entries have the same account and kind, and both are real or both are tests."""
        with self._session.transaction() as connection:
            return answer_effects.may_be_same(connection, questioned, other)

    def send(self, questioned: ExistingEntry, answer: UserAnswer) -> State:
        """Let an entry be sent: it is another claim. Returns its state, which depends on its case if it is a voucher."""
        with self._session.transaction() as connection:
            return answer_effects.send(connection, questioned, answer)

    def same(self, questioned: ExistingEntry, other: ExistingEntry, answer: UserAnswer) -> None:
        """Let another entry take the place of a questioned one, which is then never sent."""
        with self._session.transaction() as connection:
            answer_effects.same(connection, questioned, other, answer)

    def drop(self, questioned: ExistingEntry, answer: UserAnswer) -> None:
        """Never send a questioned entry, nor its vouchers, until another answer takes that back."""
        with self._session.transaction() as connection:
            answer_effects.drop(connection, questioned, answer)

    def accept(self, questioned: ExistingEntry, remote: Mapping[str, str | None], answer: UserAnswer) -> None:
        """Accept a questioned entry as a case or voucher that this ledger did not send. ``remote``: its columns in the ledger."""
        with self._session.transaction() as connection:
            answer_effects.accept(connection, questioned, remote, answer)

    def answer_together(self, rows: Sequence[AskedRow], kind: QuestionKind, word: AnswerWord, who: str) -> list[OpenTarget]:
        """Answer the questions of one kind about all of these rows in one transaction.

        With ``AnswerWord.SAME`` each row is the same as the only entry that its question names. If that is not clear for
        some of them, nothing is changed, and they are returned.
        """
        with self._session.transaction() as connection:
            targets = [(asked, _target(connection, asked)) for asked in rows if word is AnswerWord.SAME]
            if unclear := [OpenTarget(asked, target) for asked, target in targets if isinstance(target, str)]:
                return unclear
            labels = {asked.entry_id: target for asked, target in targets if isinstance(target, EntryLabel)}
            for asked in rows:
                known = answer_effects.labelled(connection, asked.label)
                if known is not None and known.id == asked.entry_id:  # no answer about an earlier row has settled it
                    _answer(connection, known, kind, word, who, labels.get(asked.entry_id))
        return []


def _answer(
    connection: Connection, known: ExistingEntry, kind: QuestionKind, word: AnswerWord, who: str, same_as: EntryLabel | None
) -> None:
    if word is AnswerWord.SEND:
        answer_effects.send(connection, known, UserAnswer(who, word), only=kind)
    elif word is AnswerWord.DROP:
        answer_effects.drop(connection, known, UserAnswer(who, word))
    elif same_as is not None and (other := answer_effects.labelled(connection, same_as)) is not None:
        answer_effects.same(connection, known, other, UserAnswer(who, f"{word} {same_as.text()}"))


def _target(connection: Connection, asked: AskedRow) -> EntryLabel | str:
    """Return the entry that a row's question names, or why there is not exactly one that it can be."""
    if len(asked.named) != 1:
        return "several are named" if asked.named else "an earlier release asked, without noting which one"
    label = EntryLabel.parse(asked.named[0])
    other = answer_effects.labelled(connection, label) if label else None
    if label is None or other is None or other.id == asked.entry_id:
        return "the one that it names is not there any more"
    return f"{asked.named[0]} is questioned as well" if other.state is State.QUESTIONED else label
