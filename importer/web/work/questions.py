"""The questions about rows, grouped by kind, and the answers to them: as `importer resolve` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.commands.answer import answer
from importer.commands.answer_batch import BatchAnswer, answer_batch
from importer.commands.resolve import Resolution, resolve
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.money import totals_text
from importer.domain.questions import RULES, AnswerWord, RowAnswer, answers_together
from importer.errors import UsageError
from importer.ledger.queries.queries import Queries
from importer.reporter.row_reasons import label
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_files import ASKED, ShownRow


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
        found.append(QuestionGroup(kind, RULES[kind].sentence, rows, money, answers_together(kind)))
    return tuple(found)


def staged_groups(counts: Mapping[str, int]) -> tuple[QuestionGroup, ...]:
    """Return the questions of a batch that waits for an approval, by kind: they are answered once it is approved.

    ``counts`` are the rows by choice, as the files of the rows have them.
    """
    found = ((kind, counts.get(f"{ASKED}{kind}", 0)) for kind in QuestionKind)
    return tuple(QuestionGroup(kind, RULES[kind].sentence, rows, "", ()) for kind, rows in found if rows)


def named_entries(row: ShownRow, entry: str) -> tuple[str, ...]:
    """Return the entries of which the questions about an entry of a row say that it may be the same as one of them."""
    results = () if row.row is None else zip(RecordKind, (row.row.case, row.row.voucher), strict=True)
    asked = (one for kind, one in results if one is not None and label(one, kind) == entry)
    return tuple(dict.fromkeys(name for one in asked for reason in one.reasons for name in reason.entries))


def answer_group(environments: PageEnvironments, batch_id: int, kind: str, word: str, rows: int) -> None:
    """Answer all questions of one kind; ``rows`` is the number that the page has shown."""
    try:
        wanted = BatchAnswer(batch_id, QuestionKind(kind), AnswerWord(word), rows)
    except ValueError:
        raise UsageError("There is no such answer. Load the page again.") from None
    with environments.changing() as environment:
        answer_batch(environment, wanted, None)


def answer_entry(environments: PageEnvironments, name: str, text: str) -> None:
    """Answer the question about one entry: ``send``, ``drop`` or ``same as ID``. Raises UsageError."""
    given = RowAnswer.parse(text)
    if given is None:
        raise UsageError("There is no such answer. Load the page again.")
    with environments.changing(asks_apis=True) as environment:
        answer(environment, name, given)


def resolve_entry(environments: PageEnvironments, name: str, exists: str, *, absent: bool, although_listed: bool) -> None:
    """Settle an entry in doubt: it exists with this id, or it is absent. Raises UsageError."""
    if bool(exists.strip()) == absent:
        raise UsageError("It either exists with an id, or is absent. Load the page again.")
    with environments.changing(asks_apis=True) as environment:
        resolve(environment, name, Resolution(exists.strip() or None, although_listed))
