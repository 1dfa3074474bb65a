"""Masking the personal numbers in a ledger of an earlier release."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from importer.domain.cells import decode_cells, encode_cells
from importer.domain.identity import fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import (
    MatchVersion,
    VoucherContent,
    case_key,
    case_keys,
    folded_creditor,
    owner_of,
    voucher_keys,
)
from importer.domain.match_keys import is_derived as is_derived_voucher
from importer.domain.personal_numbers.payloads import masked_json, names_number, without_numbers
from importer.domain.personal_numbers.sheet_mask import SheetMask
from importer.domain.personal_numbers.texts import mask_text
from importer.domain.raw_rows import RawRow, headings_digest
from importer.domain.records import SheetHead
from importer.ledger.storage.schema import MASKED_NUMBERS

PAGE_ROWS = 2000

_REFUSED = [
    {
        "code": "personal_number",
        "message": "Its reference looks like a personal number, which is not sent. Give the row another one, and import it again",
    }
]
_UNTRIED = ("pending", "blocked", "questioned", "withdrawn", "dropped")
_batch = sa.table("batch", *map(sa.column, ("id", "heads", "review", "proposal")))
_row = sa.table("row", *map(sa.column, ("id", "batch_id", "sheet", "cells")))
_proposal = sa.table("proposal", *map(sa.column, ("id", "batch_id", "sheet", "cells", "records", "case_name", "voucher_name")))
_reject = sa.table("reject", *map(sa.column, ("id", "reasons", "ref")))
_match_key = sa.table("match_key", *map(sa.column, ("entry_id", "version", "key")))
_ENTRY = (
    "id",
    "kind",
    "key",
    "base",
    "ref",
    "payload",
    "content",
    "target",
    "parent_key",
    "appendix",
    "state",
    "reasons",
    "digest",
)
_entry = sa.table("entry", *map(sa.column, (*_ENTRY, "case_id", "row_id", "ready", "state", "reasons", "digest")))
_attempt = sa.table("attempt", sa.column("entry_id"))
_meta = sa.table("meta", *map(sa.column, ("name", "value")))


def mask_ledger(connection: sa.Connection) -> None:
    """Mask the cells of rows and proposals, the texts of reasons and reviews, and the requests that were never tried.

    The keys of the changed rows are derived again from the masked cells, so that the rows are recognised as before.
    """
    masks = _masks(connection)
    rows = _mask_rows(connection, masks)
    rows += _mask_proposals(connection, masks)
    for table, column in ((_reject, "reasons"), (_entry, "reasons"), (_batch, "review")):
        _mask_texts(connection, table, column, masked_json)
    _mask_texts(connection, _reject, "ref", lambda text: text and mask_text(text))
    _mask_untried(connection)
    connection.execute(_meta.insert().values(name=MASKED_NUMBERS, value=str(rows)))


def _masks(connection: sa.Connection) -> dict[tuple[int, int], tuple[SheetMask, str]]:
    """Return for each sheet of a batch its mask and the digest of its headings."""
    return {
        (found.id, sheet): (SheetMask(_head(head)), headings_digest(head["header"]))
        for found in connection.execute(sa.select(_batch.c.id, _batch.c.heads))
        for sheet, head in enumerate(json.loads(found.heads))
    }


def _head(found: Mapping[str, Any]) -> SheetHead:
    constants = tuple((name, value) for name, value in found.get("constants", ()))
    return SheetHead(found["name"], tuple(found["header"]), tuple(found["names"]), found["flat"], (), constants)


def _pages(connection: sa.Connection, table: Any, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    last = 0
    while True:
        query = sa.select(*(table.c[name] for name in ("id", *columns))).where(table.c.id > last)
        page = connection.execute(query.order_by(table.c.id).limit(PAGE_ROWS)).all()
        if not page:
            return
        yield page
        last = page[-1].id


def _update(connection: sa.Connection, table: Any, values: list[dict[str, Any]]) -> None:
    if values:
        names = [name for name in values[0] if name != "_id"]
        of_id = table.update().where(table.c.id == sa.bindparam("_id"))
        connection.execute(of_id.values({name: sa.bindparam(name) for name in names}), values)


def _mask_rows(connection: sa.Connection, masks: Mapping[tuple[int, int], tuple[SheetMask, str]]) -> int:
    count = 0
    for page in _pages(connection, _row, ("batch_id", "sheet", "cells")):
        changed = {}
        for found in page:
            mask, headings = masks[found.batch_id, found.sheet]
            if masked := _masked_cells(mask, found.cells):
                changed[found.id] = RawRow(headings, masked)
        _update(connection, _row, [{"_id": one, "cells": raw.cells} for one, raw in changed.items()])
        _rekey(connection, changed)
        count += len(changed)
    return count


def _masked_cells(mask: SheetMask, cells: str) -> str | None:
    masked = mask.row(decode_cells(cells))
    return encode_cells(masked.cells) if masked.found else None


def _rekey(connection: sa.Connection, rows: Mapping[int, RawRow]) -> None:
    """Derive the keys of the raw cells again for the entries of these rows."""
    identifiers = list(rows)
    owner = sa.table("entry", sa.column("id"), sa.column("key")).alias("owner")
    joined = _entry.outerjoin(owner, owner.c.id == _entry.c.case_id)
    columns = (*(_entry.c[name] for name in _ENTRY), _entry.c.row_id, owner.c.key.label("owner"))
    for start in range(0, len(identifiers), PAGE_ROWS // 4):
        part = identifiers[start : start + PAGE_ROWS // 4]
        found = connection.execute(sa.select(*columns).select_from(joined).where(_entry.c.row_id.in_(part))).all()
        for one in found:
            of_cells = (_match_key.c.entry_id == one.id) & (_match_key.c.version == int(MatchVersion.CELLS))
            connection.execute(_match_key.update().where(of_cells).values(key=_cells_key(one, rows[one.row_id])))


def _cells_key(found: Any, raw: RawRow) -> str:
    payload = bytes(found.payload)
    if found.kind == RecordKind.CASE:
        return case_keys(found.ref, payload, raw).cells
    appendix = json.loads(found.appendix) if found.appendix else {}
    content = VoucherContent(payload, found.parent_key, appendix.get("sha256"), found.content or "")
    owner = owner_of(found.owner, found.target)
    return voucher_keys(owner, None if is_derived_voucher(found.base, owner, content) else found.key, content, raw).cells


def _mask_texts(connection: sa.Connection, table: Any, column: str, mask: Callable[[str | None], str | None]) -> None:
    for page in _pages(connection, table, (column,)):
        texts = ((found.id, getattr(found, column)) for found in page)
        changed = [{"_id": one, column: masked} for one, text in texts if text and (masked := mask(text)) != text]
        _update(connection, table, changed)


# Requests that were never tried


def _mask_untried(connection: sa.Connection) -> None:
    """Take the personal numbers out of requests that were never tried. One whose reference is one is not sent."""
    tried = sa.select(_attempt.c.entry_id)
    last = 0
    while True:
        wanted = (_entry.c.id > last) & _entry.c.state.in_(_UNTRIED) & _entry.c.id.not_in(tried)
        columns = (_entry.c.id, _entry.c.kind, _entry.c.payload, _entry.c.digest)
        page = connection.execute(sa.select(*columns).where(wanted).order_by(_entry.c.id).limit(PAGE_ROWS)).all()
        if not page:
            return
        last = page[-1].id
        cleaned = [(one, without_numbers(bytes(one.payload))) for one in page]
        _update(connection, _entry, [_untried(one, payload) for one, payload in cleaned if payload != bytes(one.payload)])
        refused = {"state": "refused", "ready": False, "reasons": json.dumps(_REFUSED)}
        named = [one.id for one in page if names_number(bytes(one.payload))]
        if named:
            connection.execute(_entry.update().where(_entry.c.id.in_(named)).values(refused))


def _untried(found: Any, payload: bytes) -> dict[str, Any]:
    digest = fingerprint(payload.decode()) if found.kind == RecordKind.CASE else found.digest
    return {"_id": found.id, "payload": payload, "digest": digest}


# Staged batches


def _mask_proposals(connection: sa.Connection, masks: Mapping[tuple[int, int], tuple[SheetMask, str]]) -> int:
    count = 0
    for page in _pages(connection, _proposal, ("batch_id", "sheet", "cells", "records", "case_name")):
        changed = []
        for found in page:
            mask, _ = masks[found.batch_id, found.sheet]
            cells = _masked_cells(mask, found.cells)
            records, name = _masked_records(bytes(found.records), found.case_name)
            if cells is not None or records != bytes(found.records):
                changed.append({"_id": found.id, "cells": cells or found.cells, "records": records, "case_name": name})
        _update(connection, _proposal, changed)
        count += len(changed)
    return count


_CASE, _LEFT_OUT, _CASE_REJECT, _VOUCHER, _VOUCHER_REJECT = range(5)
"""The places of a row's records in their JSON, as version 7 wrote it."""


def _masked_records(text: bytes, name: str | None) -> tuple[bytes, str | None]:
    """Return the records of a staged row without personal numbers, and the name by which its case is recognised."""
    records = orjson.loads(text)
    before = orjson.dumps(records)
    rejects = [records[place] for place in (_CASE_REJECT, _VOUCHER_REJECT) if records[place]]
    for rejected in rejects:
        rejected.update(orjson.loads(masked_json(json.dumps(_without_former(rejected))) or "{}"))
    formers = (rejected.get("formerly") for rejected in rejects)
    for record in filter(None, (records[_CASE], (records[_LEFT_OUT] or {}).get("record"), records[_VOUCHER], *formers)):
        _mask_record(record)
    if records[_CASE] and name is not None:
        name = records[_CASE]["base"]
    after = orjson.dumps(records)
    return (text, name) if after == before else (after, name)


def _without_former(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "formerly"}


def _mask_record(record: dict[str, Any]) -> None:
    payload = record["payload"].encode()
    cleaned = without_numbers(payload)
    if cleaned == payload:
        return
    record["payload"] = cleaned.decode()
    if record.get("derived"):
        wire = orjson.loads(cleaned)
        owner = (folded_creditor(wire["creditorCompanyName"]), wire["creditorCountryAlpha2"])
        record["base"] = case_key(cleaned.decode(), *owner, is_test=record["is_test"])
