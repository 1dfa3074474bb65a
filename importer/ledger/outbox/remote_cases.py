"""The cases of Debitura's list that this ledger did not send, and how far the list was read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, literal_column, select, update

from importer.domain.accounts import Accounts
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.remote_cases import Claim, RemoteCase
from importer.domain.remote_ids import remote_key
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.look_alikes import (
    NumberedCase,
    alike_cases,
    answered,
    of_other_origin,
    question_look_alikes,
    stored_case,
)
from importer.ledger.storage.engine import Session, parts_of
from importer.ledger.storage.schema import NOT_ACCEPTED, REMOTE_KEY, batch, entry, look_alike, meta, remote_case

READ_MARK = "list of "


@dataclass(frozen=True, slots=True)
class ListMark:
    """How far the list of an account was read.

    ``is_complete`` is false from the first use of a new ledger until the list was read to its end. ``newest`` is the latest date
    of creation in it, ``total`` the number of all cases, as the list gave it at the time ``read_at`` of our clock. They are None
    before the first reading.
    """

    is_complete: bool
    newest: str | None = None
    total: int | None = None
    read_at: str | None = None


class QuestionedCase(NamedTuple):
    """A case that was questioned because of remote cases, with those that it may be. ``label`` is its name in commands."""

    entry_id: int
    label: str
    ref: str | None
    claim: Claim
    alike: tuple[NumberedCase, ...]


class RemoteCaseLog:
    """The remote cases of an account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def has_served(self, account: str) -> bool:
        """Return whether rows were imported for this account of Debitura with this ledger."""
        with self._session.transaction() as connection:
            return _has_served(connection, account)

    def mark(self, accounts: Accounts) -> ListMark:
        """Return how far the list was read. A ledger that has not served the account yet must read it to its end first."""
        with self._session.transaction() as connection:
            found = connection.scalar(select(meta.c.value).where(meta.c.name == READ_MARK + accounts.cases))
            if found is not None:
                return ListMark(**json.loads(found))
            mark = ListMark(is_complete=_has_served(connection, accounts.cases))
            _write_mark(connection, accounts, mark)
        return mark

    def known(self, accounts: Accounts, case_ids: Iterable[str]) -> set[str]:
        """Return those of the ids that belong to an entry of this ledger, or to a remote case that is stored already."""
        by_key = {remote_key(case_id): case_id for case_id in case_ids}
        key: ColumnElement[str] = literal_column(REMOTE_KEY)
        of_account = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value)
        found: set[str] = set()
        with self._session.transaction() as connection:
            for part in parts_of(by_key):
                found |= set(connection.scalars(select(key).select_from(entry).where(of_account & key.in_(part))))
                stored = (remote_case.c.account == accounts.cases) & remote_case.c.case_key.in_(part)
                found |= set(connection.scalars(select(remote_case.c.case_key).where(stored)))
        return {case_id for key_, case_id in by_key.items() if key_ in found}

    def note_finished(self, accounts: Accounts, facts: Mapping[str, str]) -> None:
        """Keep what the list says of cases of this ledger that have ended: facts as JSON by the ids of the cases."""
        key: ColumnElement[str] = literal_column(REMOTE_KEY)
        of_account = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value)
        if not facts:
            return
        with self._session.transaction() as connection:
            for case_id, text in facts.items():
                one = of_account & (key == remote_key(case_id))
                connection.execute(update(entry).where(one).values(remote_facts=text))

    def accepted_since(self, accounts: Accounts, moment: str) -> int:
        """Count the cases of this ledger that were accepted since, without those that were remote cases before."""
        key: ColumnElement[str] = literal_column(REMOTE_KEY)
        of_account = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value)
        stored = exists().where((remote_case.c.account == accounts.cases) & (remote_case.c.case_key == key))
        accepted = of_account & (entry.c.state == State.ACCEPTED) & (entry.c.accepted_at > moment) & ~stored
        with self._session.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(entry).where(accepted)) or 0

    def store(self, accounts: Accounts, cases: Sequence[RemoteCase], mark: ListMark) -> None:
        """Store remote cases that were not known, together with how far the list was read now."""
        now = to_timestamp()
        with self._session.transaction() as connection:
            for part in parts_of(cases, 1000):
                connection.execute(insert(remote_case), [_columns_of(accounts, case, now) for case in part])
            _write_mark(connection, accounts, mark)

    def questioned(self, accounts: Accounts) -> list[QuestionedCase]:
        """Return the cases that were questioned because of remote cases, with all that they look like, in the order of their ids.

        A remote case that the user has refused for an entry is left out.
        """
        with self._session.transaction() as connection:
            asked = exists().where((look_alike.c.entry_id == entry.c.id) & look_alike.c.answer.is_(None))
            of_account = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value) & NOT_ACCEPTED
            wanted = of_account & (entry.c.state == State.QUESTIONED) & entry.c.superseded_by.is_(None) & asked
            columns = (entry.c.id, entry.c.key, entry.c.ref, entry.c.payload)
            rows = connection.execute(select(*columns).where(wanted).order_by(entry.c.id)).all()
            claims = {found.id: Claim.of_payload(bytes(found.payload)) for found in rows}
            alike = alike_cases(connection, accounts, claims)
            refused = answered(connection, list(claims))
        return [
            QuestionedCase(
                found.id,
                _label_of(found),
                found.ref,
                claims[found.id],
                tuple(one.stored for one in alike.get(found.id, ()) if one.stored.id not in refused[found.id]),
            )
            for found in rows
        ]

    def named(self, accounts: Accounts, name: str) -> NumberedCase | None:
        """Return the remote case of another origin with this id or reference; None if there is none."""
        same = (remote_case.c.case_key == remote_key(name)) | (func.upper(remote_case.c.reference) == name.strip().upper())
        with self._session.transaction() as connection:
            found = connection.execute(select(remote_case).where(of_other_origin(accounts) & same)).all()
        return stored_case(found[0]) if len(found) == 1 else None

    def refuse(self, entry_id: int, remote_case_id: int, answer: str) -> None:
        """Record the user's answer that an entry is not this remote case."""
        pair = {"entry_id": entry_id, "remote_case_id": remote_case_id}
        same = (look_alike.c.entry_id == entry_id) & (look_alike.c.remote_case_id == remote_case_id)
        with self._session.transaction() as connection:
            connection.execute(delete(look_alike).where(same))
            connection.execute(insert(look_alike).values(**pair, asked_at=to_timestamp(), answer=answer))

    def question(self, accounts: Accounts, batches: Sequence[int] | None) -> int:
        """Question the cases that are about to be sent and look like a remote case of another origin. Returns their number.

        ``batches``: those that are sent, None for all that are open.
        """
        with self._session.transaction() as connection:
            return len(question_look_alikes(connection, accounts, None if batches is None else entry.c.batch_id.in_(batches)))


def _label_of(found: Any) -> str:
    return EntryLabel.of(RecordKind.CASE, found.id, found.key).text()


def _has_served(connection: Connection, account: str) -> bool:
    return connection.scalar(select(batch.c.id).where(batch.c.cases_account == account).limit(1)) is not None


def _write_mark(connection: Connection, accounts: Accounts, mark: ListMark) -> None:
    name = READ_MARK + accounts.cases
    connection.execute(delete(meta).where(meta.c.name == name))
    connection.execute(insert(meta).values(name=name, value=json.dumps(asdict(mark))))


def _columns_of(accounts: Accounts, case: RemoteCase, now: str) -> Mapping[str, Any]:
    claim = case.claim
    amount = claim.amounts[0] if claim.amounts else None
    fees = claim.amounts[0] - claim.amounts[1] if len(claim.amounts) > 1 else None
    return {
        "account": accounts.cases,
        "case_id": case.case_id,
        "case_key": remote_key(case.case_id),
        "reference": case.reference,
        "created_at": case.created_at,
        "is_test": claim.is_test,
        "creditor": claim.creditor,
        "creditor_reference": claim.reference,
        "debtor": claim.debtor,
        "amount": None if amount is None else str(amount),
        "fees": None if fees is None else str(fees),
        "currency": claim.currency,
        "date": claim.date,
        "reference_key": claim.reference_key,
        "debtor_key": claim.debtor_key,
        "facts": case.facts,
        "seen_at": now,
    }
