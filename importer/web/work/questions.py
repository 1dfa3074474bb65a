"""The questions about rows, grouped by kind, and the answers to them: as `importer resolve` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.commands.answer import answer
from importer.commands.answer_batch import BatchAnswer, answer_batch
from importer.commands.resolve import Resolution, resolve
from importer.domain.kinds import QuestionKind
from importer.domain.money import totals_text
from importer.domain.questions import RULES, AnswerWord, RowAnswer, allowed_answers
from importer.errors import UsageError
from importer.ledger.queries.queries import Queries
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_files import ASKED


@dataclass(frozen=True)
class QuestionGroup:
    """All open questions of one kind in a batch."""

    kind: QuestionKind
    sentence: str
    rows: int
    money: str
    answers: tuple[AnswerWord, ...]


def question_groups(queries: Queries, batch_id: int) -> tuple[QuestionGroup, ...]:
    """Return the open questions of a batch by kind."""
    found = []
    for kind, by_currency in queries.question_totals(batch_id).items():
        rows = sum(rows for rows, _ in by_currency.values())
        money = totals_text({currency: cents for currency, (_, cents) in by_currency.items()})
        found.append(QuestionGroup(kind, RULES[kind].sentence, rows, money, allowed_answers([kind])))
    return tuple(found)


def staged_groups(counts: Mapping[str, int]) -> tuple[QuestionGroup, ...]:
    """Return the questions of a batch that waits for an approval, by kind: they are answered once it is approved.

    ``counts`` are the rows by choice, as the files of the rows have them.
    """
    found = ((kind, counts.get(f"{ASKED}{kind}", 0)) for kind in QuestionKind)
    return tuple(QuestionGroup(kind, RULES[kind].sentence, rows, "", ()) for kind, rows in found if rows)


def answer_group(environments: PageEnvironments, batch_id: int, kind: str, word: str, rows: int) -> str:
    """Answer all questions of one kind; ``rows`` is the number that the page has shown. Returns a line for the user."""
    try:
        wanted = BatchAnswer(batch_id, QuestionKind(kind), AnswerWord(word), rows)
    except ValueError:
        raise UsageError("There is no such answer. Load the page again.") from None
    with environments.changing() as environment:
        return answer_batch(environment, wanted, None)


def answer_entry(environments: PageEnvironments, name: str, text: str) -> str:
    """Answer the question about one entry: ``send``, ``drop`` or ``same as ID``. Returns a line for the user."""
    given = RowAnswer.parse(text)
    if given is None:
        raise UsageError("Answer with send, drop, or same as and the id of what it is the same as.")
    with environments.changing(asks_apis=True) as environment:
        return answer(environment, name, given)


def resolve_entry(environments: PageEnvironments, name: str, exists: str, *, absent: bool, although_listed: bool) -> str:
    """Settle an entry in doubt: it exists with this id, or it is absent. Returns a line for the user."""
    if bool(exists.strip()) == absent:
        raise UsageError("Write the id or the reference under which it exists, or say that it does not exist.")
    with environments.changing(asks_apis=True) as environment:
        return resolve(environment, name, Resolution(exists.strip() or None, although_listed))
