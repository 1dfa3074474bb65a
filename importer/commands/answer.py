"""`importer resolve --send`, `--same-as` and `--drop`: the user's answer about a questioned entry, which was never sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from importer.commands.resolve import settle_as_existing
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.questions import AnswerWord, RowAnswer, allowed_answers, answers_in_words, kinds_of
from importer.domain.states import State
from importer.errors import UsageError
from importer.ledger.intake.answer_effects import ANSWERABLE
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import require_ledger
from importer.workspace.environment import Environment
from importer.workspace.four_eyes import require_other_person_to_send
from importer.workspace.person import current_person


def answer(environment: Environment, name: str, given: RowAnswer) -> str:
    """Answer the question about an entry: it is another claim, which is sent, the same as another one, or to be dropped.

    It can be the same as an entry, by its label, or as a case or voucher, by its id or reference. One that no entry of this
    ledger has is looked up at the API. Returns a line for the user. Raises UsageError, ApiStopped, or ApprovalNeeded if it may
    let something be sent, and this person may not approve the batch of the entry; then nothing has changed.
    """
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer resolve") as ledger:
        ledger.outbox.recover()
        label, questioned = find_questioned(ledger, name)
        _refuse_disallowed(ledger, questioned, name, given)
        if given.word is not AnswerWord.DROP:  # vouchers of a case go out to the one that it is the same as
            require_other_person_to_send(environment.settings.approval, ledger, [questioned.id], f"{name} was not answered")
        recorded = UserAnswer(current_person().text(), given.text())
        if given.word is AnswerWord.SEND:
            state = ledger.answers.send(questioned, recorded)
            waits = " once its case is accepted" if state is State.BLOCKED else ""
            return f"{name} is another claim: it will be sent by the next `importer resume`{waits}."
        if given.word is AnswerWord.DROP:
            ledger.answers.drop(questioned, recorded)
            return f"{name} is dropped, and will not be sent. `importer resolve {name} --send` takes that back."
        other = _other(ledger, label.kind, questioned, given.name)
        if other is None:
            found = asyncio.run(settle_as_existing(environment, ledger, questioned.id, name, given.name))
            ledger.answers.accept(questioned, found.columns(), recorded)
            return f"{name} is the same as {label.kind} {found.id}, and will not be sent."
        ledger.answers.same(questioned, other, recorded)
        return f"{name} is the same as {EntryLabel.of(label.kind, other.id, other.key).text()}, and will not be sent."


def _refuse_disallowed(ledger: Ledger, questioned: ExistingEntry, name: str, given: RowAnswer) -> None:
    kinds = kinds_of(ledger.answers.questions(questioned))
    if given.word not in (allowed := allowed_answers(kinds)):
        raise UsageError(f"Entry {name} is questioned ({', '.join(kinds)}). It can be answered with {answers_in_words(allowed)}.")


def find_questioned(ledger: Ledger, name: str) -> tuple[EntryLabel, ExistingEntry]:
    """Return the entry that a label names, about which there is a question. Raises UsageError if there is none."""
    label = EntryLabel.parse(name.strip())
    found = ledger.answers.entry(label) if label else None
    if label is None or found is None:
        raise UsageError(f"There is no entry {name} in this ledger. Copy it from #entry of an error sheet, such as C12-3f9a2b.")
    if found.id != label.entry_id:
        raise UsageError(f"Entry {name} was replaced by {EntryLabel.of(label.kind, found.id, found.key).text()}.")
    if found.state not in ANSWERABLE:
        state, options = found.state.replace("_", " "), "--send, --same-as and --drop"
        raise UsageError(f"Entry {name} is {state}: there is no question about it. {options} are for questioned ones.")
    return label, found


def _the_only_one(kind: RecordKind, found: Sequence[ExistingEntry], name: str) -> ExistingEntry | None:
    """Return the only entry that has a name; None if there is none. Raises UsageError if several have it."""
    if len(found) > 1:
        labels = " and ".join(EntryLabel.of(kind, one.id, one.key).text() for one in found[:_MOST_NAMED])
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{name} is the name of several {kind}s: {labels}{more}. Nothing was answered: name one of these entries."
        )
    return found[0] if found else None


_MOST_NAMED = 5


def _other(ledger: Ledger, kind: RecordKind, questioned: ExistingEntry, same_as: str) -> ExistingEntry | None:
    """Return the entry that the user has named by its label, id or reference; None if this ledger has none with that id."""
    label = EntryLabel.parse(same_as)
    other = ledger.answers.entry(label) if label else _the_only_one(kind, ledger.answers.named_so(questioned, same_as), same_as)
    if other is None:
        if label:
            raise UsageError(f"There is no entry {same_as} in this ledger. Copy the label from the reason in #errors.")
        return None
    if not ledger.answers.may_be_same(questioned, other):
        raise UsageError(f"{same_as} cannot be the same {kind}: it is the entry itself, or of another kind or account.")
    if other.state is State.QUESTIONED:
        raise UsageError(f"{same_as} is questioned as well. Answer that first.")
    return other
