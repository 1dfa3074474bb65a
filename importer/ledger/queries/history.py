"""The figures of a batch, and of the last files of the same profile, from their rows, rejects and entries."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from importer.domain.batches import DecisionKind
from importer.domain.kinds import RecordKind
from importer.domain.states import RejectStatus, RowOrigin, State
from importer.domain.text_keys import heading_set
from importer.domain.unusual import COMPARED_FILES, FileFigures
from importer.ledger.storage.payload_members import member
from importer.ledger.storage.schema import batch, decision, entry, reject, row

MOST_BATCHES = 60
"""The batches that are looked through for files to compare with; most of the others may be of nights without a new row."""
_ENTRIES_AT_ONCE = 20_000
_SENT = [state for state in State if state not in {State.QUESTIONED, State.BLOCKED, State.WITHDRAWN}]
"""The states of entries that were or would be sent."""
_SENT_ROWS = {
    kind: row.c[f"{kind}_origin"].in_([RowOrigin.NEW, RowOrigin.ASKED]) & entry.c.state.in_(_SENT) for kind in RecordKind
}
"""The rows of an earlier batch that were sent for it, or still wait."""
_WAITING_ROWS = {
    kind: row.c[f"{kind}_origin"].not_in([RowOrigin.SHARED, RowOrigin.REPEATED]) & (entry.c.state == State.PENDING)
    for kind in RecordKind
}
"""The rows of a batch that wait to be sent."""


class BatchHistory(NamedTuple):
    """The figures of a batch and of the files to compare it with, the newest first."""

    figures: FileFigures
    earlier: tuple[FileFigures, ...]


def batch_history(connection: Connection, batch_id: int) -> BatchHistory:
    """Return the figures of a batch, and of up to ten earlier files of the same profile and account.

    Of files without a profile, those with the same headings are compared. Error sheets and files of which nothing was sent
    are left out, and so are the other files of the same run.
    """
    found = connection.execute(select(batch).where(batch.c.id == batch_id)).mappings().one()
    earlier: list[FileFigures] = []
    for other in _earlier(connection, found):
        if len(earlier) == COMPARED_FILES:
            break
        figures = _figures(connection, other.id, other.control, _SENT_ROWS)
        if not figures.sends_nothing:
            earlier.append(figures)
    return BatchHistory(_figures(connection, batch_id, found["control"], _WAITING_ROWS), tuple(earlier))


def is_confirmed_profile(connection: Connection, batch_id: int) -> bool:
    """Return whether a person has approved an earlier batch of the same profile and account after a review."""
    found = connection.execute(select(batch).where(batch.c.id == batch_id)).mappings().one()
    approved = (decision.c.what == DecisionKind.APPROVED) & decision.c.facts.contains('"reviewed": true')
    reviewed = select(decision.c.id).where(approved, decision.c.batch_id == bindparam("_id"))
    return any(connection.scalar(reviewed.limit(1), {"_id": other.id}) for other in _earlier(connection, found))


def _earlier(connection: Connection, of: Any) -> Iterator[Any]:
    """Yield the earlier batches of the same account and profile, without error sheets, the newest first."""
    same = (batch.c.cases_account == of["cases_account"]) & (batch.c.profile.is_not_distinct_from(of["profile"]))
    same &= batch.c.control != "{}"  # of a source without rows
    query = select(batch.c.id, batch.c.heads, batch.c.control).where(same, batch.c.id < of["id"], batch.c.run_id != of["run_id"])
    headings = heading_set(_headings(of["heads"]))
    for other in connection.execute(query.order_by(batch.c.id.desc()).limit(MOST_BATCHES)):
        names = _headings(other.heads)
        is_error_sheet = any(name.startswith("#") for name in names)
        if not is_error_sheet and (of["profile"] is not None or heading_set(names) == headings):
            yield other


def _headings(heads: str) -> list[str]:
    return [heading for head in json.loads(heads) for heading in head["header"]]


def _figures(
    connection: Connection, batch_id: int, control: str, counted: Mapping[RecordKind, ColumnElement[bool]]
) -> FileFigures:
    rows: dict[RecordKind, int] = {}
    money: dict[RecordKind, dict[str, int]] = {}
    largest: dict[str, int] = {}
    for kind in RecordKind:
        currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
        sums = select(currency, func.count(), func.sum(cents), func.max(cents))
        sums = sums.select_from(row.join(entry, entry.c.id == row.c[f"{kind}_entry"]))
        sums = sums.where(row.c.batch_id == batch_id, counted[kind]).group_by(currency)
        for code, count, total, most in connection.execute(sums):
            rows[kind] = rows.get(kind, 0) + count
            money.setdefault(kind, {})[code] = int(total)
            if kind is RecordKind.CASE:
                largest[code] = int(most)
    left_out = select(func.count()).where(reject.c.batch_id == batch_id, reject.c.status == RejectStatus.LEFT_OUT)
    read = sum(count for by_currency in json.loads(control).values() for count, _ in by_currency.values())
    return FileFigures(rows, money, largest, read, connection.scalar(left_out) or 0)


def new_creditors(connection: Connection, batch_id: int, names: Collection[str]) -> list[str]:
    """Return those of the creditors for which the account was sent nothing before this batch's run, in their order.

    The newest entries are looked at first, and no more of them once all creditors are found.
    """
    this = connection.execute(select(batch.c.cases_account, batch.c.run_id).where(batch.c.id == batch_id)).one()
    ours = select(batch.c.id).where(batch.c.run_id == this.run_id)
    name = member(entry.c.payload, "creditorCompanyName")
    sent = (entry.c.account == this.cases_account) & (entry.c.kind == RecordKind.CASE) & entry.c.state.in_(_SENT)
    query = select(name).distinct().where(sent, entry.c.batch_id.not_in(ours))
    unseen, last = set(names), connection.scalar(select(func.max(entry.c.id))) or 0
    while unseen and last > 0:
        part = entry.c.id.between(last - _ENTRIES_AT_ONCE + 1, last)
        unseen -= set(connection.scalars(query.where(part)))
        last -= _ENTRIES_AT_ONCE
    return [one for one in names if one in unseen]
