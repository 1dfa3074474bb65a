"""Cases that are about to be sent and look like a case of Debitura that this ledger did not send: a person is asked first.

A remote case that an entry has become is this ledger's own, and one that an entry in doubt may be is left to reconciling. A test
case is never like a real one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, literal_column, select, update

from importer.domain.accounts import Accounts
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.remote_cases import Claim, Likeness, RemoteCase, amounts_of, decimal_of, likeness
from importer.domain.shown_references import shown_reference
from importer.domain.states import State
from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN, ClockSkew
from importer.ledger.outbox.dependents import block
from importer.ledger.outbox.doubts import noted_clock
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import NOT_ACCEPTED, REMOTE_KEY, entry, look_alike, remote_case

CODE = "alike_at_debitura"
ALTHOUGH_LISTED = "absent, although listed"
"""The answer that an entry does not exist although similar cases are listed: it holds for all that existed then."""
PAGE_ENTRIES = 1000
MOST_NAMED = 3
"""Remote cases that one reason names."""


class NumberedCase(NamedTuple):
    """A remote case with its id in the ledger."""

    id: int
    case: RemoteCase


class Alike(NamedTuple):
    """A remote case, and what a row has in common with it."""

    stored: NumberedCase
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A case of which it is not known whether it was created, and since when it may have been, by Debitura's clock."""

    claim: Claim
    since: str

    def may_be(self, case: RemoteCase) -> bool:
        return case.created_at >= self.since and likeness(self.claim, case.claim) is not None


def question_look_alikes(connection: Connection, accounts: Accounts, wanted: ColumnElement[bool] | None) -> list[int]:
    """Question the pending cases that look like a remote case of another origin, and block their vouchers.

    ``wanted`` limits the entries. A remote case about which the user has answered is passed over. Returns the entries' ids.
    """
    if not _has_any(connection, accounts):
        return []
    doubts = _doubts(connection, accounts)
    questioned: list[int] = []
    for page in _pending(connection, accounts, wanted):
        claims = {found.id: Claim.of_payload(bytes(found.payload)) for found in page}
        alike = without_doubts(alike_cases(connection, accounts, claims), doubts)
        settled = answered(connection, list(alike))
        for found in page:
            open_ones = [one for one in alike.get(found.id, ()) if one.stored.id not in settled[found.id]]
            if new := [one for one in open_ones if not _is_answered(found, one)]:
                _question(connection, found, new)
                questioned.append(found.id)
    block(connection, questioned)
    return questioned


def forget_answers(connection: Connection, entry_ids: Sequence[int]) -> None:
    """Forget about which remote cases these entries were asked, because they have other values now."""
    for part in parts_of(entry_ids):
        connection.execute(delete(look_alike).where(look_alike.c.entry_id.in_(part)))


def answer_all(connection: Connection, entry_id: int, answer: str) -> None:
    """Record the answer about all remote cases that the entry was questioned about, unless one was answered before."""
    open_ones = (look_alike.c.entry_id == entry_id) & look_alike.c.answer.is_(None)
    connection.execute(update(look_alike).where(open_ones).values(answer=answer))


def alike_cases(connection: Connection, accounts: Accounts, claims: Mapping[int, Claim]) -> dict[int, list[Alike]]:
    """Return the remote cases of another origin that each of these claims looks like, the oldest first, without empty lists."""
    by_reference, by_debtor = defaultdict(list), defaultdict(list)
    for stored in _stored_with(connection, accounts, claims.values()):
        by_reference[stored.case.claim.reference_key].append(stored)
        by_debtor[stored.case.claim.debtor_key].append(stored)
    found: dict[int, list[Alike]] = {}
    for entry_id, claim in claims.items():
        near = [*by_reference.get(claim.reference_key, ()), *by_debtor.get(claim.debtor_key, ())]
        unique = {stored.id: stored for stored in near}.values()
        compared = ((stored, likeness(claim, stored.case.claim)) for stored in sorted(unique))
        if alike := [Alike(stored, common) for stored, common in compared if common is not None]:
            found[entry_id] = alike
    return found


def of_other_origin(accounts: Accounts) -> ColumnElement[bool]:
    """Return the condition for remote cases of the account that no entry has become."""
    key: ColumnElement[str] = literal_column(REMOTE_KEY)
    own = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value) & (key == remote_case.c.case_key)
    return (remote_case.c.account == accounts.cases) & ~exists().where(own)


def stored_case(found: Any) -> NumberedCase:
    """Convert a database row of ``remote_case``."""
    amounts = amounts_of(decimal_of(found.amount), decimal_of(found.fees))
    claim = Claim(found.creditor, found.creditor_reference, found.debtor, amounts, found.currency, found.date, found.is_test)
    return NumberedCase(found.id, RemoteCase(found.case_id, found.reference, found.created_at, claim, found.facts))


def without_doubts(alike: Mapping[int, list[Alike]], doubts: Sequence[_Doubt]) -> dict[int, list[Alike]]:
    """Leave out the remote cases that an entry in doubt may be: reconciling decides about them first."""
    if not doubts:
        return dict(alike)
    unclaimed = {
        entry_id: [one for one in found if not any(doubt.may_be(one.stored.case) for doubt in doubts)]
        for entry_id, found in alike.items()
    }
    return {entry_id: found for entry_id, found in unclaimed.items() if found}


def _has_any(connection: Connection, accounts: Accounts) -> bool:
    return connection.scalar(select(remote_case.c.id).where(remote_case.c.account == accounts.cases).limit(1)) is not None


def _pending(connection: Connection, accounts: Accounts, wanted: ColumnElement[bool] | None) -> Iterator[Sequence[Any]]:
    """Yield the pending cases, a page at a time."""
    pending = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value) & NOT_ACCEPTED
    pending &= (entry.c.state == State.PENDING) & entry.c.superseded_by.is_(None)
    if wanted is not None:
        pending &= wanted
    query = select(entry.c.id, entry.c.key, entry.c.ref, entry.c.payload, entry.c.answer).where(pending)
    last = 0
    while page := connection.execute(query.where(entry.c.id > last).order_by(entry.c.id).limit(PAGE_ENTRIES)).all():
        yield page
        last = page[-1].id


def _stored_with(connection: Connection, accounts: Accounts, claims: Any) -> Iterator[NumberedCase]:
    """Yield the remote cases of another origin with the reference or the debtor of one of these claims."""
    references, debtors = set(), set()
    for claim in claims:
        references.add(claim.reference_key)
        debtors.add(claim.debtor_key)
    seen: set[int] = set()
    for column, keys in ((remote_case.c.reference_key, references), (remote_case.c.debtor_key, debtors)):
        for part in parts_of(keys - {None}):
            query = select(remote_case).where(of_other_origin(accounts) & column.in_(part))
            for found in connection.execute(query).all():
                if found.id not in seen:
                    seen.add(found.id)
                    yield stored_case(found)


def _doubts(connection: Connection, accounts: Accounts) -> list[_Doubt]:
    states = (State.IN_DOUBT, State.SENDING)
    wanted = (entry.c.account == accounts.cases) & (entry.c.kind == RecordKind.CASE.value) & NOT_ACCEPTED
    wanted &= entry.c.state.in_(states) & entry.c.superseded_by.is_(None) & entry.c.first_sent_at.is_not(None)
    skew = noted_clock(connection, accounts) or ClockSkew()
    return [
        _Doubt(
            Claim.of_payload(bytes(found.payload)),
            to_timestamp(skew.earliest(from_timestamp(found.first_sent_at)) - CLOCK_MARGIN),
        )
        for found in connection.execute(select(entry.c.payload, entry.c.first_sent_at).where(wanted))
    ]


def answered(connection: Connection, entry_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the remote cases about which the user has answered, by entry."""
    settled: dict[int, set[int]] = defaultdict(set)
    for part in parts_of(entry_ids):
        given = look_alike.c.entry_id.in_(part) & look_alike.c.answer.is_not(None)
        for entry_id, remote_case_id in connection.execute(
            select(look_alike.c.entry_id, look_alike.c.remote_case_id).where(given)
        ):
            settled[entry_id].add(remote_case_id)
    return settled


def _is_answered(found: Any, alike: Alike) -> bool:
    answer = json.loads(found.answer) if found.answer else {}
    return answer.get("what") == ALTHOUGH_LISTED and alike.stored.case.created_at <= str(answer.get("when"))


def _question(connection: Connection, found: Any, alike: Sequence[Alike]) -> None:
    label = EntryLabel.of(RecordKind.CASE, found.id, found.key).text()
    values = {
        "state": State.QUESTIONED,
        "reasons": reasons_to_json((alike_reason(label, shown_reference(found.ref, found.payload), alike),)),
    }
    connection.execute(update(entry).where((entry.c.id == found.id) & (entry.c.state == State.PENDING)).values(values))
    now = to_timestamp()
    rows = [{"entry_id": found.id, "remote_case_id": one.stored.id, "asked_at": now} for one in alike]
    unanswered = (look_alike.c.entry_id == found.id) & look_alike.c.answer.is_(None)
    connection.execute(delete(look_alike).where(unanswered))
    connection.execute(insert(look_alike), rows)


def alike_reason(label: str, ref: str | None, alike: Sequence[Alike]) -> Reason:
    """Question a case that looks like remote cases of another origin."""
    first = alike[0].stored.case
    rest = "that this ledger did not send, with"
    if len(alike) == 1:
        what = f"There is a case {first.in_words()} at Debitura {rest} {alike[0].likeness.in_words()}{_unmarked(first)}"
    else:
        named = ", ".join(one.stored.case.in_words() for one in alike[:MOST_NAMED])
        more = f" and {len(alike) - MOST_NAMED:,} more" if len(alike) > MOST_NAMED else ""
        in_common = " or ".join(dict.fromkeys(one.likeness.in_words() for one in alike))
        what = f"There are cases {named}{more} at Debitura {rest} {in_common}"
    fix = "If it is this claim, run `importer adopt {} --case {}`; if it is another claim, `importer resolve {} --send`"
    common = alike[0].likeness.in_words()
    gist = f"There is a case at Debitura {rest} {common}. `importer adopt` takes over those that are equal in all"
    message = f"{what}. {fix.format(label, first.name, label)}"
    return Reason(CODE, message, None if ref is None else "case_ref", value=ref, gist=gist)


def _unmarked(case: RemoteCase) -> str:
    return "; whether it is a test case is not shown" if case.claim.is_test is None else ""
