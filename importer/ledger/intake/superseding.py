"""Superseding: a corrected row's entry replaces the one that it corrects, and takes over its vouchers and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select, update

from importer.domain.kinds import RecordKind
from importer.domain.states import REPLACEABLE
from importer.ledger.intake.decisions import ExistingEntry, voucher_base, voucher_digest
from importer.ledger.storage.schema import entry, row


def rekey_vouchers(connection: Connection, account: str, old: ExistingEntry, new: ExistingEntry) -> None:
    """Give the old case's vouchers the keys that they have under the new case.

    Otherwise the same voucher, read again with the corrected case, would get a second entry and be sent a second time.
    """
    columns = (entry.c.id, entry.c.key, entry.c.base, entry.c.content, entry.c.payload)
    of_old_case = (entry.c.case_id == old.id) & entry.c.superseded_by.is_(None) & entry.c.state.in_(sorted(REPLACEABLE))
    for voucher in connection.execute(select(*columns).where(of_old_case).order_by(entry.c.id)).mappings().all():
        values: dict[str, Any] = {"digest": voucher_digest(new.key, voucher["content"])}
        if voucher["base"] == voucher_base(old.key, voucher["content"]):
            derived = _derived_again(voucher, new.key)
            if twin := _holder(connection, account, derived["key"]):
                connection.execute(update(entry).where(entry.c.id == voucher["id"]).values(superseded_by=twin))
                repoint(connection, RecordKind.VOUCHER, voucher["id"], twin)
                continue
            values |= derived
        connection.execute(update(entry).where(entry.c.id == voucher["id"]).values(values))


def _derived_again(voucher: Mapping[Any, Any], owner: str) -> dict[str, Any]:
    base = voucher_base(owner, voucher["content"])
    key = base + voucher["key"].removeprefix(voucher["base"])
    before, after = (f'"uniqueId":"{k}"'.encode() for k in (voucher["key"], key))
    return {"base": base, "key": key, "payload": voucher["payload"].replace(before, after), "idempotency_key": str(uuid4())}


def _holder(connection: Connection, account: str, key: str) -> int | None:
    same_key = (entry.c.account == account) & (entry.c.kind == RecordKind.VOUCHER) & (entry.c.key == key)
    return connection.scalar(select(entry.c.id).where(same_key))


def repoint(connection: Connection, kind: RecordKind, old: int, new: int) -> None:
    """Supersede entry ``old`` by ``new``: dependents and rows then refer to ``new``, and ``old`` is never sent."""
    run = connection.execute
    run(update(entry).where(entry.c.id == old).values(superseded_by=new))
    link = entry.c.case_id if kind is RecordKind.CASE else entry.c.parent_id
    run(update(entry).where(link == old).values({link.name: new}))
    rows = row.c[f"{kind}_entry"]
    run(update(row).where(rows == old).values({rows.name: new}))
