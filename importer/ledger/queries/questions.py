"""Queries about questions: which kinds are open in a batch, with rows and money, and the rows of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.money import Money
from importer.domain.questions import RULES, kind_of
from importer.domain.reasons import reasons_from_json
from importer.domain.shown_references import shown_reference
from importer.domain.states import RowOrigin, State
from importer.ledger.queries.row_places import row_in, sources_of
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry, row

QuestionTotals = dict[QuestionKind, dict[str, tuple[int, int]]]
"""Kind of question → currency → (rows, hundredths)."""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A row about which a question is open. ``named`` are the labels of the entries that the question is about."""

    entry_id: int
    kind: RecordKind
    key: str
    place: str
    ref: str | None
    money: Money
    named: tuple[str, ...]

    @property
    def label(self) -> EntryLabel:
        return EntryLabel.of(self.kind, self.entry_id, self.key)


def question_totals(connection: Connection, batch_id: int) -> QuestionTotals:
    """Return rows and money of the open questions of a batch, by kind. A row with questions of two kinds counts in both."""
    rows: dict[QuestionKind, Counter[str]] = {kind: Counter() for kind in QuestionKind}
    cents: dict[QuestionKind, Counter[str]] = {kind: Counter() for kind in QuestionKind}
    flags = [case((_asks(kind), 1), else_=0) for kind in QuestionKind]
    for kind in RecordKind:
        currency = row.c[f"{kind}_currency"]
        query = _questioned(select(currency, func.count(), func.sum(row.c[f"{kind}_cents"]), *flags), batch_id, kind)
        for code, count, total, *asked in connection.execute(query.group_by(currency, *flags)):
            for question, is_asked in zip(QuestionKind, asked, strict=True):
                if is_asked:
                    rows[question][code] += count
                    cents[question][code] += int(total)
    return {kind: {code: (rows[kind][code], cents[kind][code]) for code in sorted(rows[kind])} for kind in rows if rows[kind]}


def batches_of_entries(connection: Connection, entry_ids: Iterable[int]) -> list[int]:
    """Return the batches that hold these cases and vouchers with the values that they have now, in order."""
    found: set[int] = set()
    for part in parts_of(entry_ids):
        found.update(connection.scalars(select(entry.c.batch_id).where(entry.c.id.in_(part)).distinct()))
    return sorted(found)


def asked_rows(connection: Connection, batch_id: int, question: QuestionKind) -> list[AskedRow]:
    """Return the rows of a batch about which a question of this kind is open, in the order of the sheets, cases first."""
    _, sheets = sources_of(connection, {batch_id}).get(batch_id, ("", []))
    return [found for kind in RecordKind for found in _asked(connection, batch_id, question, kind, sheets)]


def _asked(
    connection: Connection, batch_id: int, question: QuestionKind, kind: RecordKind, sheets: list[str]
) -> Iterator[AskedRow]:
    columns = (entry.c.id, entry.c.key, entry.c.ref, entry.c.payload, entry.c.reasons, row.c.sheet, row.c.number)
    money = (row.c[f"{kind}_currency"], row.c[f"{kind}_cents"])
    query = _questioned(select(*columns, *money), batch_id, kind).where(_asks(question))
    for one in connection.execute(query.order_by(row.c.id)):
        named = next((asked.entries for asked in reasons_from_json(one.reasons) if kind_of(asked) is question), ())
        ref, place = shown_reference(one.ref, one.payload), row_in(sheets, one.sheet, one.number)
        yield AskedRow(one.id, kind, one.key, place, ref, Money(one[-2], one[-1]), named)


def _questioned(query: Select[Any], batch_id: int, kind: RecordKind) -> Select[Any]:
    """Restrict a query to the questioned rows of a batch; one that repeats an earlier row does not count again."""
    origin = row.c[f"{kind}_origin"]
    counted = (row.c.batch_id == batch_id) & origin.not_in([RowOrigin.SHARED, RowOrigin.REPEATED])
    joined = query.select_from(row).join(entry, entry.c.id == row.c[f"{kind}_entry"])
    return joined.where(counted, entry.c.state == State.QUESTIONED)


def _asks(kind: QuestionKind) -> Any:
    """Return the condition that an entry has a question of this kind. In the JSON no other text can look like its code."""
    return entry.c.reasons.contains(f'"code":"{RULES[kind].code}"', autoescape=True)
