"""The rows of a batch whose case or voucher was sent and is another now: which of them no earlier batch has reported so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from importer.domain.batches import BatchState
from importer.domain.later_words import AFTER_SENDING, PAID_IN_PART
from importer.domain.reasons import reasons_from_json
from importer.domain.states import RejectStatus
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import batch, reject

BATCHES_COMPARED = 60
"""The earlier batches in which a change is looked for. One that was reported before all of them counts as new again."""


class ChangedRow(NamedTuple):
    """A changed record of a batch: the id of its reject, and whether what was sent is no claim any more, or paid in part."""

    reject_id: int
    is_no_claim: bool
    is_part_paid: bool = False


def new_changes(connection: Connection, batch_id: int) -> list[ChangedRow]:
    """Return the changed records of a batch of which no earlier batch of the same account has reported the same change.

    A record that was changed, was as before in a later batch, and is changed again in the same way counts as reported.
    """
    found = list(_changed(connection, (batch_id,)))
    if not found:
        return []
    earlier = _earlier(connection, batch_id)
    known = {(kind, label, why) for _, kind, label, why in _changed(connection, earlier, {one[2] for one in found})}
    return [
        ChangedRow(identifier, is_no_claim(why), is_part_paid(why))
        for identifier, kind, label, why in found
        if label is None or (kind, label, why) not in known
    ]


def is_no_claim(reasons: str) -> bool:
    """Return whether the reasons of a changed record, as the ledger stores them, say that it is no claim any more."""
    return any(one.code in AFTER_SENDING for one in reasons_from_json(reasons))


def is_part_paid(reasons: str) -> bool:
    """Return whether the reasons of a changed record, as the ledger stores them, say that less of its case is open."""
    return any(one.code == PAID_IN_PART for one in reasons_from_json(reasons))


def _changed(
    connection: Connection, batches: Collection[int], labels: Collection[str | None] | None = None
) -> Iterator[tuple[int, str, str | None, str]]:
    """Yield the changed records of these batches: id, kind, the label of the entry, and the reasons."""
    columns = (reject.c.id, reject.c.kind, reject.c.ref, reject.c.reasons)
    is_changed = reject.c.batch_id.in_(sorted(batches)) & (reject.c.status == RejectStatus.CHANGED)
    query = select(*columns).where(is_changed).order_by(reject.c.id)
    if labels is None:
        yield from map(tuple, connection.execute(query))
        return
    for part in parts_of(sorted(label for label in labels if label)):
        by_label: Any = query.where(reject.c.kind.in_(["case", "voucher"]), reject.c.ref.in_(part))
        yield from map(tuple, connection.execute(by_label))


def _earlier(connection: Connection, batch_id: int) -> list[int]:
    """Return the last batches of the same account before this one, as far as they were approved."""
    of_account = select(batch.c.cases_account).where(batch.c.id == batch_id).scalar_subquery()
    wanted = (batch.c.id < batch_id) & (batch.c.cases_account == of_account) & (batch.c.state != BatchState.DISCARDED)
    wanted &= batch.c.state != BatchState.STAGED
    return list(connection.scalars(select(batch.c.id).where(wanted).order_by(batch.c.id.desc()).limit(BATCHES_COMPARED)))
