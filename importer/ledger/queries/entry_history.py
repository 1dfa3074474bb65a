"""The history of one entry: what became of it, every attempt to send it, and the rows of all files that hold it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason, reasons_from_json
from importer.domain.states import RowStatus, State, status_of
from importer.ledger.queries.report_rows import LARGEST_ID
from importer.ledger.queries.row_places import row_in, sources_of
from importer.ledger.storage.schema import attempt, entry, row


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One request that tried to create the case or voucher. All times are timestamps; ``ended_at`` is None while it is open.

    ``outcome`` and ``cause`` are words of the ledger, ``status`` is the HTTP status, and ``detail`` holds no values of the row.
    """

    started_at: str
    ended_at: str | None
    outcome: str | None
    status: int | None
    detail: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class RowOfEntry:
    """A row that holds the entry: its batch, its place there, and the place in words. ``is_first``: the entry was made of it."""

    batch: int
    file: str
    sheet: int
    number: int
    place: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """The answer about an entry that is in force: by whom, what, and its timestamp, which is empty if none was kept."""

    who: str
    what: str
    when: str


@dataclass(frozen=True, slots=True)
class EntryHistory:
    """An entry as it is now, and what has happened to it. ``batch`` is the one whose approval covers it.

    ``case`` is the label of a voucher's case, ``replaced_by`` that of the entry in its place. Times are timestamps, or None.
    """

    label: EntryLabel
    state: State
    account: str
    batch: int
    reference: str | None
    is_test: bool
    remote_id: str | None
    remote_reference: str | None
    first_sent_at: str | None
    doubted_at: str | None
    accepted_at: str | None
    adopted_at: str | None
    reasons: tuple[Reason, ...]
    answer: AnswerGiven | None
    case: EntryLabel | None
    replaced_by: EntryLabel | None
    attempts: tuple[PastAttempt, ...]
    rows: tuple[RowOfEntry, ...]

    @property
    def status(self) -> RowStatus:
        """Return the status of a row with this entry."""
        return status_of(self.state, None)


def entry_history(connection: Connection, label: EntryLabel) -> EntryHistory | None:
    """Return the history of an entry; None if this ledger has none with this label."""
    if not 0 < label.entry_id <= LARGEST_ID:
        return None
    query = select(entry).where(entry.c.id == label.entry_id, entry.c.kind == label.kind.value)
    found = connection.execute(query).mappings().one_or_none()
    if found is None or not label.fits(found["key"]):
        return None
    return EntryHistory(
        label=label,
        state=State(found["state"]),
        account=found["account"],
        batch=found["batch_id"],
        reference=found["ref"],
        is_test=bool(found["is_test"]),
        **{name: found[name] for name in _AS_STORED},
        reasons=reasons_from_json(found["reasons"]),
        answer=_answer(found["answer"]),
        case=_label_of(connection, found["case_id"]),
        replaced_by=_label_of(connection, found["superseded_by"]),
        attempts=_attempts(connection, label.entry_id),
        rows=_rows(connection, label, found["row_id"]),
    )


_AS_STORED = ("remote_id", "remote_reference", "first_sent_at", "doubted_at", "accepted_at", "adopted_at")


def _answer(text: str | None) -> AnswerGiven | None:
    found: dict[str, Any] = json.loads(text) if text else {}
    return AnswerGiven(str(found["who"]), str(found.get("what", "")), str(found.get("when", ""))) if "who" in found else None


def _label_of(connection: Connection, entry_id: int | None) -> EntryLabel | None:
    if entry_id is None:
        return None
    kind, key = connection.execute(select(entry.c.kind, entry.c.key).where(entry.c.id == entry_id)).one()
    return EntryLabel.of(RecordKind(kind), entry_id, key)


def _attempts(connection: Connection, entry_id: int) -> tuple[PastAttempt, ...]:
    names = ("started_at", "ended_at", "outcome", "status", "detail", "cause")
    query = select(*(attempt.c[name] for name in names)).where(attempt.c.entry_id == entry_id).order_by(attempt.c.id)
    return tuple(PastAttempt(*one) for one in connection.execute(query))


def _rows(connection: Connection, label: EntryLabel, first: int) -> tuple[RowOfEntry, ...]:
    """Return the rows that hold the entry, the oldest first. An entry may have moved to a later row of another batch."""
    holds = or_(row.c[f"{label.kind}_entry"] == label.entry_id, row.c.id == first)
    query = select(row.c.id, row.c.batch_id, row.c.sheet, row.c.number).where(holds).order_by(row.c.id)
    rows = connection.execute(query).all()
    sources = sources_of(connection, {one.batch_id for one in rows})
    return tuple(
        RowOfEntry(one.batch_id, name, one.sheet, one.number, row_in(sheets, one.sheet, one.number), one.id == first)
        for one in rows
        for name, sheets in (sources[one.batch_id],)
    )
