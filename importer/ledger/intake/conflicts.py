"""Rows of a source that contradict each other, and cases that may be the same as others: settled after the last row.

Only then is it known which rows the source has, so that the result does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.identity import match_text
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.questions import NOTHING_STANDS, StandingAnswers, kind_of
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json
from importer.domain.states import RejectStatus, RowOrigin, State
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.known_entries import Twins
from importer.ledger.intake.questions import question_columns
from importer.ledger.intake.reasons import Contradiction
from importer.ledger.outbox.dependents import block, follow
from importer.ledger.outbox.look_alikes import forget_answers, question_look_alikes
from importer.ledger.outbox.restored import is_restored
from importer.ledger.queries.earlier_imports import earlier_imports
from importer.ledger.queries.row_places import row_in
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import entry, reject, row

MOST_NAMED = 5
"""Rows or entries that one reason names."""


@dataclass(frozen=True, slots=True)
class SuspectedTwins:
    """A new case that may be the same as others."""

    known: ExistingEntry
    twins: Twins


@dataclass(frozen=True, slots=True)
class AskedLater:
    """A case that was placed already, and what is asked about it besides the questions of its own row."""

    known: ExistingEntry
    reasons: list[Reason] = field(default_factory=list)


class Conflicts:
    """The conflicts of one batch, found while its rows are placed."""

    def __init__(self) -> None:
        self._contradictions: dict[int, Contradiction] = {}
        self._suspicions: dict[int, SuspectedTwins] = {}
        self._asked: dict[int, AskedLater] = {}
        self._compared: set[int] = set()
        self._changed: set[int] = set()

    def contradict(self, known: ExistingEntry, found: Contradiction, row_id: int, money: Money) -> None:
        """Add a row that contradicts the earlier rows with the entry."""
        self._contradictions.setdefault(known.id, found).rejected.append((row_id, money))

    def suspect(self, known: ExistingEntry, twins: Twins) -> None:
        """Note the cases that a new or changed case may be the same as."""
        self._suspicions[known.id] = SuspectedTwins(known, twins)

    def suspect_also(self, known: ExistingEntry, twins: Twins) -> None:
        """Note twins of a case that an earlier row of the source holds, unless it is suspected already."""
        self._suspicions.setdefault(known.id, SuspectedTwins(known, twins))

    def ask(self, known: ExistingEntry, asked: Sequence[Reason]) -> None:
        """Note what another row of the source than that of the entry asks about its case."""
        self._asked.setdefault(known.id, AskedLater(known)).reasons.extend(asked)

    def compare(self, known: ExistingEntry, *, is_changed: bool) -> None:
        """Note a new or changed case, to be compared with the cases that this ledger did not send.

        ``is_changed``: it has other values than before, so that an earlier answer about it does not hold any more.
        """
        self._compared.add(known.id)
        if is_changed:
            self._changed.add(known.id)

    def settle(
        self,
        connection: Connection,
        batch_id: int,
        accounts: Accounts,
        sheets: Sequence[str],
        count: Callable[[RecordKind, Money], None],
        standing: StandingAnswers = NOTHING_STANDS,
    ) -> None:
        """Reject the rows that contradict each other, and question suspected twins and look-alikes of remote cases.

        A twin is not questioned if the profile answers for good (``standing``).

        ``count`` adds the money of a row to the control totals that was not counted before.
        """
        for entry_id, found in self._contradictions.items():
            self._suspicions.pop(entry_id, None)
            self._asked.pop(entry_id, None)
            _reject_all(connection, batch_id, entry_id, found, sheets, count)
        block(connection, self._contradictions)
        for asked in (*self._asked.values(), *_questions(connection, batch_id, list(self._suspicions.values()))):
            _ask(connection, asked, standing)
        forget_answers(connection, sorted(self._changed))
        if not is_restored(connection):  # else the list is first searched for what was sent since the backup
            for part in parts_of(sorted(self._compared)):
                question_look_alikes(connection, accounts, entry.c.id.in_(part))


# Contradictions


def _reject_all(
    connection: Connection,
    batch_id: int,
    entry_id: int,
    found: Contradiction,
    sheets: Sequence[str],
    count: Callable[[RecordKind, Money], None],
) -> None:
    """Reject every row with the entry, which is then not sent, whatever the order of the rows."""
    names = {name: f"{found.kind}_{name}" for name in ("entry", "origin", "currency", "cents")}
    columns = {name: row.c[column] for name, column in names.items()}
    linked = (row.c.batch_id == batch_id) & (columns["entry"] == entry_id)
    query = select(row.c.id, columns["origin"], columns["currency"], columns["cents"]).where(linked)
    money = dict(found.rejected)
    for row_id, origin, currency, cents in connection.execute(query).all():
        money[row_id] = Money(currency, cents)
        if origin == RowOrigin.SHARED:
            count(found.kind, money[row_id])
    connection.execute(update(row).where(linked).values(dict.fromkeys(names.values())))
    rows = _described(connection, sorted(money), sheets)
    why = reasons_to_json((reasons.contradiction(found, rows),))
    ref = match_text(found.named) if found.named else None
    fixed = {"batch_id": batch_id, "kind": found.kind, "status": RejectStatus.REJECTED, "reasons": why, "ref": ref}
    rejected = [{**fixed, "row_id": one, "currency": money[one].currency, "cents": money[one].cents} for one in sorted(money)]
    connection.execute(insert(reject), rejected)
    refused = {"state": State.REFUSED, "reasons": why, "answer": None}
    connection.execute(update(entry).where(entry.c.id == entry_id).values(refused))


def _described(connection: Connection, row_ids: Sequence[int], sheets: Sequence[str]) -> str:
    """Describe the first of these rows: ``rows 2, 3 and 7 of this file``, with the sheets if there are several."""
    named = select(row.c.sheet, row.c.number).where(row.c.id.in_(row_ids[:MOST_NAMED])).order_by(row.c.id)
    places = connection.execute(named).all()
    of_sheets = {one.sheet for one in places}
    if len(of_sheets) == 1:
        names = [f"{one.number:,}" for one in places]
        what, where = "rows ", f' of sheet "{sheets[of_sheets.pop()]}"' if len(sheets) > 1 else " of this file"
    else:
        names, what, where = [row_in(list(sheets), one.sheet, one.number) for one in places], "", ""
    more = len(row_ids) - len(places)
    last = f"{more:,} more" if more else names.pop()
    return f"{what}{', '.join(names)} and {last}{where}"


# Suspected twins


def _questions(connection: Connection, batch_id: int, suspicions: Sequence[SuspectedTwins]) -> Iterator[AskedLater]:
    """Yield the questions about the cases that are still suspected.

    A case that this source holds itself is not the same as another row, unless the two cannot be distinguished.
    """
    named = {other for found in suspicions for other in (*found.twins.alike, *found.twins.of_others, *found.twins.equal)}
    others = _entries(connection, named)
    places = earlier_imports(connection, named)
    for found in suspicions:
        elsewhere = [other for other in found.twins.of_others if others[other].batch_id != batch_id]
        twins = list(dict.fromkeys((*found.twins.alike, *elsewhere, *found.twins.equal)))
        if not twins:
            continue
        described = [reasons.Twin.of(RecordKind.CASE, others[twin], places.get(twin)) for twin in twins[:MOST_NAMED]]
        why = reasons.suspected_twin(found.known, described, _likeness(found.twins))
        yield AskedLater(found.known, [why])


def _ask(connection: Connection, found: AskedLater, standing: StandingAnswers) -> None:
    """Question a case that would be sent, or add to its questions."""
    of_entry = entry.c.id == found.known.id
    state, stored = connection.execute(select(entry.c.state, entry.c.reasons).where(of_entry)).one()
    if state not in {State.PENDING, State.QUESTIONED}:
        return
    before = [one for one in reasons_from_json(stored) if state == State.QUESTIONED and kind_of(one) is not None]
    asked = list({(one.code, one.gist): one for one in (*found.reasons, *before)}.values())
    values = question_columns(asked, standing, found.known.digest)
    connection.execute(update(entry).where(of_entry).values(values))
    follow(connection, found.known.id, State(values.get("state", state)))


def _likeness(twins: Twins) -> reasons.TwinLikeness:
    likenesses = reasons.TwinLikeness
    found = (
        (twins.alike, likenesses.REFERENCE),
        (twins.equal, likenesses.VALUES),
        (twins.elsewhere, likenesses.DEBTOR),
        (twins.numbered, likenesses.NUMBER),
        (twins.renamed, likenesses.NAME),
    )
    return next((likeness for some, likeness in found if some), likenesses.PERSONAL)


def _entries(connection: Connection, identifiers: Iterable[int]) -> Mapping[int, Any]:
    columns = (entry.c.id, entry.c.key, entry.c.ref, entry.c.payload, entry.c.batch_id)
    found = (one for part in parts_of(identifiers) for one in connection.execute(select(*columns).where(entry.c.id.in_(part))))
    return {one.id: one for one in found}
