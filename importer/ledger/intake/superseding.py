"""Superseding: one entry takes the place of another, whose vouchers and rows it takes over."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from importer.domain.kinds import RecordKind
from importer.domain.match_keys import MatchVersion, VoucherContent, content_key, is_derived, voucher_text
from importer.domain.states import REPLACEABLE
from importer.ledger.intake.decisions import ExistingEntry, voucher_digest
from importer.ledger.storage.schema import entry, match_key, row

_TEXT_KEY = (
    select(match_key.c.key)
    .where((match_key.c.entry_id == entry.c.id) & (match_key.c.version == MatchVersion.TEXT))
    .scalar_subquery()
)


def take_over_vouchers(connection: Connection, old: ExistingEntry, new: ExistingEntry) -> None:
    """Give the old case's vouchers the match keys that they have below the new case. Their own keys do not change.

    Otherwise the same voucher, read again with the new case, would get a second entry and be sent a second time.
    """
    names = ("id", "account", "base", "content", "payload", "parent_key", "appendix")
    of_old_case = (entry.c.case_id == old.id) & entry.c.superseded_by.is_(None) & entry.c.state.in_(sorted(REPLACEABLE))
    query = select(*(entry.c[name] for name in names), _TEXT_KEY.label("text")).where(of_old_case).order_by(entry.c.id)
    ordinals: Counter[str] = Counter()
    for voucher in connection.execute(query).mappings().all():
        content = content_of(voucher)
        connection.execute(
            update(entry).where(entry.c.id == voucher["id"]).values(digest=voucher_digest(new.key, content.fingerprint))
        )
        if not _is_derived(voucher, old.key, content):
            continue
        text = voucher_text(new.key, None, content)
        twins = _below(connection, new.id, {text, content_key(new.key, content.fingerprint)})
        ordinals[text] += 1
        if len(twins) >= ordinals[text]:
            repoint(connection, RecordKind.VOUCHER, voucher["id"], twins[ordinals[text] - 1])
        else:
            _rekey(connection, voucher, text)


def content_of(voucher: Mapping[Any, Any]) -> VoucherContent:
    """Return the content of a voucher's entry, given its columns."""
    appendix = json.loads(voucher["appendix"]) if voucher["appendix"] else {}
    return VoucherContent(voucher["payload"], voucher["parent_key"], appendix.get("sha256"), voucher["content"] or "")


def _is_derived(voucher: Mapping[Any, Any], owner: str, content: VoucherContent) -> bool:
    """Return whether the voucher's identity was derived below this case, and is not a ``unique_id`` of the sheet."""
    return is_derived(voucher["base"], owner, content) or voucher["text"] == voucher_text(owner, None, content)


def _below(connection: Connection, case_id: int, keys: set[str]) -> list[int]:
    """Return the vouchers of a case that have one of these keys."""
    of_case = (entry.c.case_id == case_id) & entry.c.superseded_by.is_(None)
    query = select(entry.c.id).where(of_case, or_(entry.c.base.in_(keys), _TEXT_KEY.in_(keys)))
    return list(connection.scalars(query.order_by(entry.c.id)))


def _rekey(connection: Connection, voucher: Mapping[Any, Any], text: str) -> None:
    connection.execute(delete(match_key).where(match_key.c.entry_id == voucher["id"]))
    if text != voucher["base"]:
        fixed = {"account": voucher["account"], "kind": RecordKind.VOUCHER, "version": MatchVersion.TEXT}
        connection.execute(insert(match_key).values(entry_id=voucher["id"], key=text, **fixed))


def repoint(connection: Connection, kind: RecordKind, old: int, new: int) -> None:
    """Supersede entry ``old`` by ``new``: dependents and rows then refer to ``new``, and ``old`` is never sent."""
    run = connection.execute
    run(update(entry).where(entry.c.id == old).values(superseded_by=new))
    link = entry.c.case_id if kind is RecordKind.CASE else entry.c.parent_id
    run(update(entry).where(link == old).values({link.name: new}))
    rows = row.c[f"{kind}_entry"]
    run(update(row).where(rows == old).values({rows.name: new}))
