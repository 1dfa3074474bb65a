"""Version 5: entries store what the server reported and what the user answered, and have match keys.

Accounts are stored in one spelling, and the ledger has an identity of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from importer.domain.kinds import RecordKind
from importer.domain.match_keys import RecordKeys, VoucherContent, case_keys, owner_of, voucher_keys
from importer.domain.match_keys import is_derived as is_derived_voucher
from importer.domain.raw_rows import RawRow, headings_digest
from importer.ledger.storage.identity import give_identity
from importer.ledger.storage.migrations.account_spelling import normalise_accounts

revision = "5"
down_revision = "4"

PAGE_ENTRIES = 2000


def upgrade() -> None:
    """Add the columns and the table of match keys, and fill it."""
    for name in ("remote_facts", "answer"):
        op.add_column("entry", sa.Column(name, sa.Text))
    op.create_table(
        "match_key",
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
    )
    op.create_index("match_key_key", "match_key", ["account", "kind", "key"])
    _index_remote_keys()
    _normalise_accounts()
    _fill_match_keys()
    give_identity(op.get_bind())


def _index_remote_keys() -> None:
    """Index remote ids as they are compared: a UUID has several spellings."""
    key = "lower(replace(replace(replace(trim(remote_id), '-', ''), '{', ''), '}', ''))"
    op.drop_index("entry_remote", "entry")
    op.create_index("entry_remote_key", "entry", ["account", "kind", sa.text(key)])


def _normalise_accounts() -> None:
    """Store the accounts of entries, attempts, batches, credentials and clocks in their present spelling."""
    normalise_accounts(op.get_bind())


def _fill_match_keys() -> None:
    """Derive the match keys of all entries from their stored payload, their reference and the raw cells of their row."""
    connection = op.get_bind()
    match_key = sa.table("match_key", *map(sa.column, ("entry_id", "version", "account", "kind", "key")))
    for page in _pages(connection):
        headings = _headings(connection, {found.batch_id for found in page})
        keys = [
            {"entry_id": found.id, "version": int(version), "account": found.account, "kind": found.kind, "key": key}
            for found in page
            if not _is_set_aside(found)
            for version, key in _keys_of(found, headings).stored_beside(found.base)
        ]
        if keys:
            connection.execute(match_key.insert(), keys)


def _pages(connection: sa.Connection) -> Iterator[list[Any]]:
    """Yield all entries with their rows and the keys of their cases, a page at a time."""
    names = ("id", "account", "kind", "key", "base", "ref", "payload", "content", "target", "parent_key", "appendix")
    entry = sa.table("entry", *map(sa.column, (*names, "case_id", "row_id")))
    owner = sa.table("entry", sa.column("id"), sa.column("key")).alias("owner")
    row = sa.table("row", *map(sa.column, ("id", "batch_id", "sheet", "cells")))
    joined = entry.outerjoin(owner, owner.c.id == entry.c.case_id).outerjoin(row, row.c.id == entry.c.row_id)
    columns = (*(entry.c[name] for name in names), owner.c.key.label("owner"), row.c.batch_id, row.c.sheet, row.c.cells)
    last = 0
    while True:
        query = sa.select(*columns).select_from(joined).where(entry.c.id > last).order_by(entry.c.id).limit(PAGE_ENTRIES)
        page = list(connection.execute(query))
        if not page:
            return
        yield page
        last = page[-1].id


def _is_set_aside(found: Any) -> bool:
    """Return whether the entry had the key of another entry of the same row, which is the one to find (`account_spelling`)."""
    mark = f"#{found.id}"
    return bool(found.key.endswith(mark) and found.base.endswith(mark))


def _headings(connection: sa.Connection, batches: set[int | None]) -> dict[tuple[int, int], str]:
    """Return the digest of the headings of each sheet, by batch and sheet."""
    batch = sa.table("batch", sa.column("id"), sa.column("heads"))
    wanted = sa.select(batch.c.id, batch.c.heads).where(batch.c.id.in_([one for one in batches if one is not None]))
    return {
        (found.id, sheet): headings_digest(head["header"])
        for found in connection.execute(wanted)
        for sheet, head in enumerate(json.loads(found.heads))
    }


def _keys_of(found: Any, headings: dict[tuple[int, int], str]) -> RecordKeys:
    payload = bytes(found.payload)
    raw = RawRow(headings.get((found.batch_id, found.sheet), ""), found.cells or "")
    if found.kind == RecordKind.CASE:
        return case_keys(found.ref, payload, raw)
    appendix = json.loads(found.appendix) if found.appendix else {}
    content = VoucherContent(payload, found.parent_key, appendix.get("sha256"), found.content or "")
    owner = owner_of(found.owner, found.target)
    return voucher_keys(owner, None if is_derived_voucher(found.base, owner, content) else found.key, content, raw)
