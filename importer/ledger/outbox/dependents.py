"""The vouchers that depend on an entry: when its state changes, they become ready, are blocked, or wait again.

A voucher is blocked exactly while its case or its parent is refused, held or blocked, and dropped with a dropped one. It is
ready exactly when both are accepted, or are not in this ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, case, or_, select, update

from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.states import BLOCKING, State
from importer.ledger.storage.compiled_sql import CompiledSelect, CompiledUpdate
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import NOT_ACCEPTED, entry

CASE_REFUSED = Reason(
    "case_refused", "Its case was rejected, refused or questioned, or is held. Correct or answer that; then the voucher is sent"
)
PARENT_REFUSED = Reason(
    "parent_refused",
    "Its case or its parent voucher was rejected, refused or questioned, or is held. "
    "Correct or answer that; then the voucher is sent",
)
CASE_DROPPED = Reason(
    "case_dropped", "Its case or its parent voucher was dropped, and so is the voucher. It comes with it if that is taken back"
)

_owner, _parent = entry.alias("owner"), entry.alias("parent")


def is_one_of(column: Any, states: Iterable[State]) -> Any:
    """Return a condition with one comparison a state: a statement for many rows cannot have a list parameter."""
    return or_(*(column == state for state in sorted(states)))


def _state_of(alias: Any, link: Any) -> Any:
    return select(alias.c.state).where(alias.c.id == link).scalar_subquery()


_DEPENDENT = or_(entry.c.case_id == bindparam("_id"), entry.c.parent_id == bindparam("_id")) & entry.c.superseded_by.is_(None)
_CASE_STATE, _PARENT_STATE = _state_of(_owner, entry.c.case_id), _state_of(_parent, entry.c.parent_id)
_RELEASE = CompiledUpdate(
    update(entry)
    .where(
        _DEPENDENT,
        is_one_of(entry.c.state, (State.PENDING, State.BLOCKED)),
        entry.c.case_id.is_(None) | (_CASE_STATE == State.ACCEPTED),
        entry.c.parent_id.is_(None) | (_PARENT_STATE == State.ACCEPTED),
    )
    .values(ready=True, state=State.PENDING, reasons=None)
)
_WITH_ITS_CASE = (entry.c.state == State.DROPPED) & entry.c.reasons.contains(f'"code":"{CASE_DROPPED.code}"', autoescape=True)
_UNBLOCKED = select(entry.c.id).where(
    entry.c.case_id.in_(bindparam("ids", expanding=True)) | entry.c.parent_id.in_(bindparam("ids", expanding=True)),
    entry.c.superseded_by.is_(None),
    (entry.c.state == State.BLOCKED) | _WITH_ITS_CASE,
    entry.c.case_id.is_(None) | ~is_one_of(_CASE_STATE, BLOCKING),
    entry.c.parent_id.is_(None) | ~is_one_of(_PARENT_STATE, BLOCKING),
)
_ANY_BLOCKED = CompiledSelect(
    select(entry.c.id)
    .where(
        entry.c.account == bindparam("account"), entry.c.kind == RecordKind.VOUCHER, NOT_ACCEPTED, entry.c.state == State.BLOCKED
    )
    .limit(1)
)
_WHY = case((entry.c.parent_id.is_(None), reasons_to_json((CASE_REFUSED,))), else_=reasons_to_json((PARENT_REFUSED,)))
_WAITING = {"state": State.PENDING, "ready": False, "reasons": None}
_BLOCKED = {"state": State.BLOCKED, "ready": False, "reasons": _WHY}
_DROPPED = {"state": State.DROPPED, "ready": False, "reasons": reasons_to_json((CASE_DROPPED,))}


def follow(connection: Connection, identifier: int, state: State) -> None:
    """Release, block or unblock the entry's dependents, now that the entry is in ``state``."""
    if state is State.ACCEPTED:
        release(connection, [identifier])
    elif state is State.DROPPED:
        drop_dependents(connection, [identifier])
    elif state in BLOCKING:
        block(connection, [identifier])
    else:
        unblock(connection, [identifier])


def release(connection: Connection, entry_ids: Iterable[int], account: str | None = None) -> None:
    """Make ready the vouchers that waited only for these entries, which were accepted.

    If ``account``, the vouchers' account, is given and none of its vouchers is blocked (the usual case), the search for
    blocked ones is skipped.
    """
    accepted = list(entry_ids)
    if not accepted:
        return
    if account is None or _ANY_BLOCKED(connection, {"account": account}):
        unblock(connection, accepted)
    _RELEASE(connection, [{"_id": identifier} for identifier in accepted])


def unblock(connection: Connection, entry_ids: Iterable[int]) -> None:
    """Return the blocked vouchers of these entries, and their children in turn, to waiting: the entries are open again."""
    waiting = list(entry_ids)
    while waiting:
        freed = [found for part in parts_of(waiting) for found in connection.scalars(_UNBLOCKED, {"ids": part})]
        for part in parts_of(freed):
            still = (entry.c.state == State.BLOCKED) | _WITH_ITS_CASE
            connection.execute(update(entry).where(entry.c.id.in_(part), still).values(_WAITING))
        waiting = freed


def block(connection: Connection, entry_ids: Iterable[int]) -> None:
    """Block the vouchers of these entries, and their children in turn: the entries were refused or are held."""
    _take_along(connection, entry_ids, (entry.c.state == State.PENDING) | _WITH_ITS_CASE, _BLOCKED)


def drop_dependents(connection: Connection, entry_ids: Iterable[int]) -> None:
    """Drop the vouchers of these entries, and their children in turn: the entries were dropped. A questioned one stays so."""
    _take_along(connection, entry_ids, is_one_of(entry.c.state, (State.PENDING, State.BLOCKED)), _DROPPED)


def _take_along(connection: Connection, entry_ids: Iterable[int], which: Any, values: Mapping[str, Any]) -> None:
    """Give these values to the dependents of the entries that meet a condition, and to their children in turn."""
    waiting = list(entry_ids)
    while waiting:
        taken: list[int] = []
        for part in parts_of(waiting):
            for link in (entry.c.case_id, entry.c.parent_id):
                taken += connection.scalars(select(entry.c.id).where(link.in_(part), which, entry.c.superseded_by.is_(None)))
        for part in parts_of(taken):
            connection.execute(update(entry).where(entry.c.id.in_(part), which).values(values))
        waiting = taken
