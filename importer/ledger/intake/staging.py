"""Staging a source: its batch, its rows and its entries, inside one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice

from sqlalchemy import Connection, insert, update

from importer.domain.accounts import Accounts
from importer.domain.records import LoadedSource
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake.intake import Intake
from importer.ledger.intake.unchanged_source import SourceVersion, remember
from importer.ledger.storage.schema import batch

CHUNK_ROWS = 1000


def stage(
    connection: Connection,
    source: LoadedSource,
    accounts: Accounts,
    run_id: str,
    earlier: Iterable[int] = (),
    version: SourceVersion | None = None,
) -> int:
    """Record a source with all its rows; returns the batch's id.

    ``earlier`` are the batches that this run has staged so far: a case that one of them rejected blocks its vouchers here.
    ``version`` is remembered, so that the same file need not be read again. If reading the source raises, nothing of it
    is recorded.
    """
    with connection.begin_nested():
        values = {
            "run_id": run_id,
            "cases_account": accounts.cases,
            "vouchers_account": accounts.vouchers,
            "source_name": source.name,
            "source_sha256": source.sha256,
            "profile": source.profile,
            "heads": json.dumps([asdict(head) for head in source.heads], ensure_ascii=False),
            "notes": "[]",
            "control": "{}",
            "taken_at": to_timestamp(),
        }
        batch_id = int(connection.execute(insert(batch).values(values)).inserted_primary_key[0])  # type: ignore[index]
        intake = Intake(connection, batch_id, earlier, accounts)
        sheets = {head.name: index for index, head in enumerate(source.heads)}
        flat = {head.name for head in source.heads if head.flat}
        while chunk := list(islice(source.rows, CHUNK_ROWS)):
            intake.take(chunk, sheets, flat)
        control = json.dumps(intake.finish(CHUNK_ROWS))
        notes = json.dumps([*source.notes, *source.found], ensure_ascii=False)
        connection.execute(update(batch).where(batch.c.id == batch_id).values(control=control, notes=notes))
        if version is not None:
            remember(connection, batch_id, source, version)
    return batch_id
