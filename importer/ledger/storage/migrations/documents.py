"""Deriving the documents of the cases in a ledger of an earlier release."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from importer.domain.aliases import names_of
from importer.domain.cells import decode_cells
from importer.domain.document_keys import CarriedDocument, document_of_voucher, documents_of_case
from importer.domain.documents import facts_of
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import fold

PAGE_ENTRIES = 2000

_document = sa.table("document", *map(sa.column, ("entry_id", "key", "account", "source", "name")))
_FACTS = ("kind", "number", "day", "due", "currency", "country", "booked_cents", "open_cents", "ordinal")
"""The facts of a document that a voucher shows. Those of a case are in its own request."""
_of_voucher = sa.table("document", *map(sa.column, ("entry_id", "key", "account", "source", "name", "debtor", *_FACTS)))
_entry = sa.table(
    "entry",
    *map(sa.column, ("id", "account", "kind", "ref", "payload", "row_id", "case_id", "superseded_by")),
)
_row = sa.table("row", *map(sa.column, ("id", "batch_id", "sheet", "cells")))
_batch = sa.table("batch", sa.column("id"), sa.column("heads"))


def fill_documents(connection: sa.Connection) -> None:
    """Store the documents of all cases that no other entry has replaced: their own and those of their vouchers."""
    for page in _pages(connection, _cases()):
        headings = _number_columns(connection, {found.batch_id for found in page if found.ref is None})
        rows = [_stored(found, one) for found in page for one in _documents(found, headings)]
        connection.execute(_document.insert(), _each_once(rows))
    for page in _pages(connection, _vouchers()):
        rows = [
            _stored(found, one) | facts_of(one.document) | {"debtor": one.document.debtor}
            for found in page
            if (one := document_of_voucher(bytes(found.payload), bytes(found.of_case)))
        ]
        _insert_missing(connection, _each_once(rows))


def _cases() -> Any:
    columns = (*(_entry.c[name] for name in ("id", "account", "ref", "payload")), _row.c.batch_id, _row.c.sheet, _row.c.cells)
    joined = _entry.outerjoin(_row, _row.c.id == _entry.c.row_id)
    wanted = (_entry.c.kind == RecordKind.CASE.value) & _entry.c.superseded_by.is_(None)
    return sa.select(*columns).select_from(joined).where(wanted)


def _vouchers() -> Any:
    owner = sa.table("entry", sa.column("id"), sa.column("payload"), sa.column("account")).alias("owner")
    columns = (
        _entry.c.id,
        _entry.c.case_id.label("owner_id"),
        owner.c.account,
        _entry.c.payload,
        owner.c.payload.label("of_case"),
    )
    joined = _entry.join(owner, owner.c.id == _entry.c.case_id)
    wanted = (_entry.c.kind == RecordKind.VOUCHER.value) & _entry.c.superseded_by.is_(None)
    return sa.select(*columns).select_from(joined).where(wanted)


def _pages(connection: sa.Connection, query: Any) -> Iterator[Sequence[Any]]:
    last = 0
    while page := connection.execute(query.where(_entry.c.id > last).order_by(_entry.c.id).limit(PAGE_ENTRIES)).all():
        yield page
        last = page[-1].id


def _documents(found: Any, headings: Mapping[tuple[int, int], int]) -> list[CarriedDocument]:
    number = found.ref or _number_in_cells(found, headings)
    return documents_of_case(number, bytes(found.payload))


def _number_columns(connection: sa.Connection, batches: set[int | None]) -> dict[tuple[int, int], int]:
    """Return for sheets in which cases have no reference the column whose heading is that of invoice numbers, if one is."""
    wanted = sa.select(_batch.c.id, _batch.c.heads).where(_batch.c.id.in_([one for one in batches if one is not None]))
    names = names_of("case", "creditor_reference")
    numbers = {fold(name) for name in (*names.sure, *names.weak)}
    columns = {}
    for found in connection.execute(wanted):
        for sheet, head in enumerate(json.loads(found.heads)):
            named = [place for place, heading in enumerate(head["header"]) if fold(heading) in numbers]
            if len(named) == 1:
                columns[found.id, sheet] = named[0]
    return columns


def _number_in_cells(found: Any, columns: Mapping[tuple[int, int], int]) -> str | None:
    """Return the invoice number in the raw cells of a case whose request has no reference; None if they show none."""
    place = columns.get((found.batch_id, found.sheet))
    if place is None or not found.cells:
        return None
    cells = decode_cells(found.cells)
    value = cells[place] if place < len(cells) else None
    return value.strip() or None if isinstance(value, str) else None


def _stored(found: Any, one: CarriedDocument) -> dict[str, Any]:
    values = {"entry_id": getattr(found, "owner_id", found.id), "key": one.key, "account": found.account}
    return values | {"source": one.source.value, "name": one.name}


def _each_once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(one["entry_id"], one["key"]): one for one in reversed(rows)}.values())


def _insert_missing(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert documents of vouchers that their case does not carry already."""
    identifiers = sorted({one["entry_id"] for one in rows})
    stored = sa.select(_document.c.entry_id, _document.c.key)
    there = {
        (found.entry_id, found.key)
        for start in range(0, len(identifiers), 500)
        for found in connection.execute(stored.where(_document.c.entry_id.in_(identifiers[start : start + 500])))
    }
    missing = [one for one in rows if (one["entry_id"], one["key"]) not in there]
    if missing:
        connection.execute(_of_voucher.insert(), missing)
