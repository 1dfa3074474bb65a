"""Accounts of older ledgers in their present spelling, so that an address that was spelt otherwise is the same account.

Up to version 4 an account was stored as its address and its partner were spelt. After a change of the spelling between two
imports a row may be twice in the ledger, and perhaps twice at the API. One of the two remains the row's entry; the other:

- is replaced by it, if it was never sent or was refused: it is not sent any more, and its rows and vouchers follow the
  one that remains;
- keeps its remote id under a key of its own, if it was accepted as well;
- keeps its old account, if it is in doubt or held: it is never sent again, and `importer resolve` still takes an answer.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from importer.domain.accounts import normal_account, normal_id
from importer.domain.reasons import Reason, reasons_to_json

CLOCK_MARK = "clock of "
RANKS = {"accepted": 0, "held": 1, "in_doubt": 2, "sending": 3, "refused": 4, "blocked": 5, "pending": 6}
"""Which of two entries of one row remains: the one that got further; of equals the older one."""
DOUBTFUL = frozenset({"held", "in_doubt", "sending"})
BLOCKING = frozenset({"refused", "held", "blocked"})
BLOCKED = Reason("case_refused", "Its case or its parent voucher was refused or is held. Correct that; then the voucher is sent")

_COLUMNS = ("id", "account", "kind", "key", "base", "state", "ready", "reasons", "superseded_by", "case_id", "parent_id")
_entry = sa.table("entry", *map(sa.column, _COLUMNS))
_row = sa.table("row", sa.column("case_entry"), sa.column("voucher_entry"))
_meta = sa.table("meta", sa.column("name"), sa.column("value"))
_credential = sa.table("credential", sa.column("fingerprint"), sa.column("account"))


def normalise_accounts(connection: sa.Connection) -> None:
    """Store every account of the ledger in its present spelling."""
    for account in connection.scalars(sa.select(_entry.c.account).distinct().order_by(_entry.c.account)).all():
        if normal_account(account) != account:
            _move_entries(connection, account, normal_account(account))
    for table, column in (
        ("attempt", "account"),
        ("match_key", "account"),
        ("batch", "cases_account"),
        ("batch", "vouchers_account"),
    ):
        _rename(connection, sa.table(table, sa.column(column)), column)
    for fingerprint, partner in connection.execute(sa.select(_credential.c.fingerprint, _credential.c.account)).all():
        same = _credential.c.fingerprint == fingerprint
        connection.execute(sa.update(_credential).where(same).values(account=normal_id(partner)))
    _rename_clocks(connection)


def _rename(connection: sa.Connection, table: sa.TableClause, column: str) -> None:
    cell = table.c[column]
    for account in connection.scalars(sa.select(cell).distinct()).all():
        if normal_account(account) != account:
            connection.execute(sa.update(table).where(cell == account).values({column: normal_account(account)}))


def _rename_clocks(connection: sa.Connection) -> None:
    """Rename the marks of the server's clock. Of two for one account the wider one holds."""
    found = connection.execute(sa.select(_meta.c.name, _meta.c.value).where(_meta.c.name.like(f"{CLOCK_MARK}%"))).all()
    marks: dict[str, list[int]] = {}
    for name, value in found:
        present = CLOCK_MARK + normal_account(name.removeprefix(CLOCK_MARK))
        lowest, highest, latest = map(int, value.split())
        known = marks.setdefault(present, [lowest, highest, latest])
        marks[present] = [min(known[0], lowest), max(known[1], highest), latest]
    if marks.keys() != {name for name, _ in found}:
        connection.execute(sa.delete(_meta).where(_meta.c.name.in_([name for name, _ in found])))
        connection.execute(sa.insert(_meta), [{"name": name, "value": " ".join(map(str, mark))} for name, mark in marks.items()])


def _move_entries(connection: sa.Connection, old: str, new: str) -> None:
    sitting, moving = _entry.alias("sitting"), _entry.alias("moving")
    same = (sitting.c.account == new) & (sitting.c.kind == moving.c.kind) & (sitting.c.key == moving.c.key)
    both = sa.select(sitting, moving).join_from(sitting, moving, same).where(moving.c.account == old)
    half = len(_entry.c)
    for pair in connection.execute(both.order_by(moving.c.kind, moving.c.id)).all():  # cases first: their vouchers follow
        entries = [dict(zip(_entry.c.keys(), part, strict=True)) for part in (pair[:half], pair[half:])]
        remaining, other = sorted(entries, key=lambda one: (RANKS.get(one["state"], len(RANKS)), one["id"]))
        _set_aside(connection, other, remaining)
        connection.execute(sa.update(_entry).where(_entry.c.id == remaining["id"]).values(account=new))
        aside = old if other["state"] in DOUBTFUL else new
        connection.execute(sa.update(_entry).where(_entry.c.id == other["id"]).values(account=aside))
    in_doubt_twice = _entry.c.id.in_(sa.select(moving.c.id).join_from(moving, sitting, same).where(moving.c.account == old))
    connection.execute(sa.update(_entry).where(_entry.c.account == old, ~in_doubt_twice).values(account=new))


def _set_aside(connection: sa.Connection, other: dict[str, Any], remaining: dict[str, Any]) -> None:
    """Free the key of ``other``, which is an entry of the same row as ``remaining``."""
    this = sa.update(_entry).where(_entry.c.id == other["id"])
    connection.execute(this.values(account=f"{other['account']}#{other['id']}"))  # until the other one has its place
    if other["state"] in DOUBTFUL:
        return
    mark = f"#{other['id']}"
    connection.execute(this.values(key=other["key"] + mark, base=other["base"] + mark))
    if other["state"] != "accepted" and other["superseded_by"] is None:
        connection.execute(this.values(superseded_by=remaining["id"]))
        _hand_over(connection, other["id"], remaining)


def _hand_over(connection: sa.Connection, other: int, remaining: dict[str, Any]) -> None:
    """Let the rows and vouchers of an entry that is replaced follow the one that remains."""
    for column in _row.c:
        connection.execute(sa.update(_row).where(column == other).values({column.name: remaining["id"]}))
    waiting = _entry.c.state.in_(["pending", "blocked"]) & _entry.c.superseded_by.is_(None)
    is_blocked = remaining["state"] in BLOCKING
    reasons = reasons_to_json((BLOCKED,)) if is_blocked else None
    for link, second in ((_entry.c.case_id, _entry.c.parent_id), (_entry.c.parent_id, _entry.c.case_id)):
        owner = _entry.alias("owner")
        second_is_there = second.is_(None) | sa.exists().where(owner.c.id == second, owner.c.state == "accepted")
        ready = second_is_there if remaining["state"] == "accepted" else sa.false()
        values = {"state": "blocked" if is_blocked else "pending", "ready": ready, "reasons": reasons}
        connection.execute(sa.update(_entry).where(link == other, waiting).values(values))
        connection.execute(sa.update(_entry).where(link == other).values({link.name: remaining["id"]}))
