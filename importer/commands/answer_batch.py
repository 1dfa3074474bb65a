"""`importer resolve --batch N --kind KIND`: one answer to all questions of a kind in a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.domain.kinds import QuestionKind
from importer.domain.money import totals_text
from importer.domain.questions import RULES, AnswerWord, answers_together
from importer.errors import Declined, UsageError
from importer.ledger.intake.answers import OpenTarget
from importer.ledger.ledger import Ledger
from importer.ledger.queries.questions import AskedRow
from importer.ledger.storage.location import require_ledger
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.dialogue import Dialogue
from importer.workspace.environment import Environment
from importer.workspace.four_eyes import require_other_person_to_send
from importer.workspace.person import current_person

FIRST_ROWS = 5
MOST_UNCLEAR = 5


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to all questions of one kind in a batch. ``confirmed`` is the number of rows that the user expects."""

    batch: int
    kind: QuestionKind
    word: AnswerWord
    confirmed: int | None = None


def answer_batch(environment: Environment, wanted: BatchAnswer, dialogue: Dialogue | None) -> str:
    """Answer all questions of a kind in a batch, after the number of rows was confirmed or the user was asked.

    Nothing is held while the user thinks: the rows are looked up again before they are answered. Without a ``dialogue`` the
    number must be given. Returns a line for the user. Raises UsageError, Declined, or ApprovalNeeded if it may let something be
    sent, and this person may not approve the batch of a row; then nothing has changed.
    """
    require_ledger(environment.ledger_url)
    option = f"--{wanted.word.split()[0]}"
    if wanted.word not in answers_together(wanted.kind):
        alone = " all at once: answer each row by itself" if RULES[wanted.kind].sent_alone else ""
        raise UsageError(f"{option} is no answer to questions of the kind {wanted.kind}{alone}.")
    with open_ledger_read_only(environment) as ledger:
        rows = _asked(ledger, wanted)
        _check_person(environment, ledger, rows, wanted)
    if wanted.confirmed is not None or dialogue is None:
        _check_number(rows, wanted)
    else:
        _ask(rows, wanted, dialogue)
    with environment.open_ledger("importer resolve") as ledger:
        ledger.outbox.recover()
        if {row.entry_id for row in _asked(ledger, wanted)} != {row.entry_id for row in rows}:
            raise UsageError("The rows that are questioned have changed meanwhile. Nothing was answered: look at them again.")
        _check_person(environment, ledger, rows, wanted)
        if unclear := ledger.answers.answer_together(rows, wanted.kind, wanted.word, current_person().text()):
            raise UsageError(_unclear(unclear, rows))
    return f"{_counted(rows)} of batch {wanted.batch} {'is' if len(rows) == 1 else 'are'} answered: {_EFFECTS[wanted.word]}"


_EFFECTS = {
    AnswerWord.SEND: "the next `importer resume` sends what is not asked about otherwise.",
    AnswerWord.SAME: "the same as what the question named, and never sent.",
    AnswerWord.DROP: "dropped, and never sent. `importer resolve ENTRY --send` takes that back for one of them.",
}
_VERBS = {
    AnswerWord.SEND: "Send",
    AnswerWord.SAME: "Take for the same as what is named, and never send,",
    AnswerWord.DROP: "Drop",
}


def _asked(ledger: Ledger, wanted: BatchAnswer) -> list[AskedRow]:
    with ledger.queries() as queries:
        if queries.batch(wanted.batch) is None:
            raise UsageError(f"There is no batch {wanted.batch} in the ledger. `importer status` lists them.")
        rows = queries.asked_rows(wanted.batch, wanted.kind)
        others = queries.question_totals(wanted.batch)
    if not rows:
        open_kinds = f"It has questions of the kind {', '.join(others)}." if others else "It has no open questions."
        raise UsageError(f"Batch {wanted.batch} has no question of the kind {wanted.kind}. {open_kinds}")
    return rows


def _check_person(environment: Environment, ledger: Ledger, rows: Sequence[AskedRow], wanted: BatchAnswer) -> None:
    """Raise ApprovalNeeded if the answer may let something be sent, and this person may not approve the batch of a row."""
    if wanted.word is not AnswerWord.DROP:
        entries, refused = [row.entry_id for row in rows], "Nothing was answered"
        require_other_person_to_send(environment.settings.approval, ledger, entries, refused)


def _check_number(rows: Sequence[AskedRow], wanted: BatchAnswer) -> None:
    if wanted.confirmed != len(rows):
        given = "There is no terminal to ask on" if wanted.confirmed is None else f"--confirm says {wanted.confirmed}"
        raise UsageError(
            f"{_counted(rows)} of batch {wanted.batch} would be answered ({_money(rows)}). {given}: look at them in errors.xlsx, "
            f"and add --confirm {len(rows)} if that is what you mean. Nothing was answered."
        )


def _ask(rows: Sequence[AskedRow], wanted: BatchAnswer, dialogue: Dialogue) -> None:
    """Show the rows and ask. Raises Declined if the answer is none."""
    dialogue.say(f"Batch {wanted.batch}: {_counted(rows)}, {_money(rows)}. {RULES[wanted.kind].sentence}.")
    for line in _lines(rows[:FIRST_ROWS]):
        dialogue.say(line)
    if len(rows) > FIRST_ROWS:
        dialogue.say(f"  and {len(rows) - FIRST_ROWS:,} more")
    while True:
        said = dialogue.ask(
            f"{_VERBS[wanted.word]} {'it' if len(rows) == 1 else f'all {len(rows):,}'}? [all/none/show] "
        ).casefold()
        if said == "all":
            return
        if said == "show":
            for line in _lines(rows):
                dialogue.say(line)
        elif said in {"none", ""}:
            raise Declined("Nothing was answered.")


def _lines(rows: Sequence[AskedRow]) -> Iterator[str]:
    for row in rows:
        named = f"  like {', '.join(row.named)}" if row.named else ""
        reference = f"  {row.ref}" if row.ref else ""
        yield f"  {row.place}  {row.label.text()}{reference}  {totals_text({row.money.currency: row.money.cents})}{named}"


def _counted(rows: Sequence[AskedRow]) -> str:
    return f"{len(rows):,} questioned row{'' if len(rows) == 1 else 's'}"


def _money(rows: Sequence[AskedRow]) -> str:
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row.money.currency] += row.money.cents
    return totals_text(dict(sorted(totals.items())))


def _unclear(unclear: Sequence[OpenTarget], rows: Sequence[AskedRow]) -> str:
    named = "; ".join(f"{one.row.label.text()} in {one.row.place}: {one.why}" for one in unclear[:MOST_UNCLEAR])
    more = f"; and {len(unclear) - MOST_UNCLEAR:,} more" if len(unclear) > MOST_UNCLEAR else ""
    return (
        f"{len(unclear):,} of the {len(rows):,} rows cannot be answered with --same, since it is not clear what they are the "
        f"same as ({named}{more}). Nothing was answered: answer these first, one by one, with "
        f"`importer resolve ENTRY --same-as ID`."
    )
