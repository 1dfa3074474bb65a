"""The user's answers about questioned entries: another claim, which is sent, or the same as an entry, and never sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select, update

from importer.domain.identity import EntryLabel, loose_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.reasons import reasons_to_json
from importer.domain.remote_ids import remote_key
from importer.domain.states import RowOrigin, State
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake import reasons
from importer.ledger.intake.decisions import ExistingEntry, voucher_state
from importer.ledger.intake.known_entries import existing_entry
from importer.ledger.intake.superseding import repoint, take_over_vouchers
from importer.ledger.outbox.dependents import CASE_REFUSED, block, follow, unblock
from importer.ledger.outbox.look_alikes import answer_all
from importer.ledger.queries.report_rows import earlier_imports
from importer.ledger.storage.engine import Session
from importer.ledger.storage.schema import REMOTE_KEY, entry, row


@dataclass(frozen=True, slots=True)
class UserAnswer:
    """An answer, as it is stored with the entry: who gave it, and what it is."""

    who: str
    what: str

    def as_json(self) -> str:
        """Return the answer with the time as JSON."""
        return json.dumps({"who": self.who, "when": to_timestamp(), "what": self.what}, ensure_ascii=False)


class AnswerLog:
    """The answers about questioned entries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entry(self, label: EntryLabel) -> ExistingEntry | None:
        """Return the entry that a label names, or its successor; None if it is another ledger's."""
        with self._session.transaction() as connection:
            known = existing_entry(connection, label.entry_id)
            if known is None or not label.fits(known.key):
                return None
            while known is not None and known.superseded_by is not None:
                known = existing_entry(connection, known.superseded_by)
            return known

    def owner_of(self, questioned: ExistingEntry, remote: str) -> ExistingEntry | None:
        """Return the entry of the same account and kind that has this remote id or reference."""
        of_account = select(entry.c.account, entry.c.kind).where(entry.c.id == questioned.id).subquery()
        same_id: ColumnElement[bool] = literal_column(REMOTE_KEY) == remote_key(remote)
        named = or_(same_id, func.lower(entry.c.remote_reference) == remote.lower())
        query = select(entry.c.id).join(
            of_account, (entry.c.account == of_account.c.account) & (entry.c.kind == of_account.c.kind)
        )
        with self._session.transaction() as connection:
            found = connection.scalars(query.where(named, entry.c.superseded_by.is_(None))).all()
            return existing_entry(connection, found[0]) if len(found) == 1 else None

    def may_be_same(self, questioned: ExistingEntry, other: ExistingEntry) -> bool:
        """Return whether two entries have the same account and kind, and both are real or both are tests."""
        with self._session.transaction() as connection:
            query = select(entry.c.account, entry.c.kind, entry.c.is_test).where(entry.c.id.in_([questioned.id, other.id]))
            return questioned.id != other.id and len(set(map(tuple, connection.execute(query)))) == 1

    def send(self, questioned: ExistingEntry, answer: UserAnswer) -> State:
        """Let an entry be sent: it is another claim. Returns its state, which depends on its case if it is a voucher."""
        with self._session.transaction() as connection:
            links = select(entry.c.case_id, entry.c.parent_id).where(entry.c.id == questioned.id)
            (case_id, parent_id) = connection.execute(links).one()
            case, parent = (existing_entry(connection, one) if one else None for one in (case_id, parent_id))
            state, ready = voucher_state(case.state if case else None, parent.state if parent else None)
            why = reasons_to_json((CASE_REFUSED,)) if state is State.BLOCKED else None
            is_voucher = case_id is not None or parent_id is not None
            values = {"state": state, "ready": ready if is_voucher else True, "reasons": why, "answer": answer.as_json()}
            connection.execute(update(entry).where(_is_questioned(questioned.id)).values(values))
            answer_all(connection, questioned.id, answer.as_json())
            unblock(connection, [questioned.id])
        return state

    def same(self, questioned: ExistingEntry, other: ExistingEntry, answer: UserAnswer) -> None:
        """Let another entry take the place of a questioned one, which is then never sent."""
        with self._session.transaction() as connection:
            kind = RecordKind(connection.scalar(select(entry.c.kind).where(entry.c.id == questioned.id)) or "")
            connection.execute(update(entry).where(_is_questioned(questioned.id)).values(answer=answer.as_json()))
            _count_as_known(connection, kind, questioned.id)
            if kind is RecordKind.CASE:
                take_over_vouchers(connection, questioned, other)
            repoint(connection, kind, questioned.id, other.id)
            follow(connection, other.id, other.state)
            if kind is RecordKind.CASE:
                _question_alike(connection, other)

    def accept(self, questioned: ExistingEntry, kind: RecordKind, remote: Mapping[str, str | None], answer: UserAnswer) -> None:
        """Accept a questioned entry as a case or voucher that this ledger did not send. ``remote``: its columns in the ledger."""
        now = to_timestamp()
        accepted = {"state": State.ACCEPTED, "accepted_at": now, "adopted_at": now, "reasons": None, **remote}
        with self._session.transaction() as connection:
            values = {**accepted, "answer": answer.as_json()}
            connection.execute(update(entry).where(_is_questioned(questioned.id)).values(values))
            answer_all(connection, questioned.id, answer.as_json())
            _count_as_known(connection, kind, questioned.id)
            follow(connection, questioned.id, State.ACCEPTED)


def _is_questioned(entry_id: int) -> Any:
    return (entry.c.id == entry_id) & (entry.c.state == State.QUESTIONED)


def _count_as_known(connection: Connection, kind: RecordKind, entry_id: int) -> None:
    """Count the entry's rows as imported before."""
    link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
    asked = (link == entry_id) & origin.in_([RowOrigin.NEW, RowOrigin.ASKED])
    connection.execute(update(row).where(asked).values({origin.name: RowOrigin.KNOWN}))


def _question_alike(connection: Connection, case: ExistingEntry) -> None:
    """Question the unsent documents of a case that may be one of its other documents, under a number that differs slightly."""
    columns = (entry.c.id, entry.c.key, entry.c.payload, entry.c.state, entry.c.ref)
    of_case = (entry.c.case_id == case.id) & entry.c.superseded_by.is_(None)
    by_number: dict[tuple[object, ...], list[Any]] = {}
    for found in connection.execute(select(*columns).where(of_case).order_by(entry.c.id)):
        parts = VoucherParts.of(found.payload)
        if parts.is_document and parts.reference:
            alike = (parts.type, loose_text(parts.reference), parts.amount, parts.dates)
            by_number.setdefault(alike, []).append(found)
    for documents in by_number.values():
        first, *later = documents
        unsent = [one for one in later if one.state in {State.PENDING, State.BLOCKED}]
        places = earlier_imports(connection, [first.id])
        for one in unsent:
            twin = reasons.Twin.of(RecordKind.VOUCHER, first, places.get(first.id))
            label = EntryLabel.of(RecordKind.VOUCHER, one.id, one.key).text()
            why = reasons.several_alike(RecordKind.VOUCHER, label, None, [twin])
            values = {"state": State.QUESTIONED, "ready": False, "reasons": reasons_to_json((why,))}
            connection.execute(update(entry).where(entry.c.id == one.id).values(values))
        block(connection, [one.id for one in unsent])
