"""Copying a ledger from one database to another, and proving that both hold the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, bindparam, delete, exists, insert, select, text, update

from importer.errors import LedgerError
from importer.ledger.storage.engine import Session
from importer.ledger.storage.postgres import BACKEND
from importer.ledger.storage.schema import batch, credential, entry, metadata, remote_case, request_count

ROWS_AT_ONCE = 1000


class CopiedTable(NamedTuple):
    """The rows of a table that were copied, and the digest of all of them."""

    name: str
    rows: int
    digest: str


def copy_ledger(source: Session, target: Session) -> list[CopiedTable]:
    """Copy all tables in one transaction, and compare each row by row. Both sessions hold their ledgers.

    Raises LedgerError if the target was used before, or if what it holds then is not the same; it is unchanged then.
    """
    with source.transaction() as reading, target.transaction() as writing:
        _refuse_used(writing, str(target.name))
        for table in reversed(metadata.sorted_tables):
            writing.execute(delete(table))
        for table in metadata.sorted_tables:
            _copy_table(reading, writing, table)
        go_on_numbering(writing)
        copied = [table_digest(reading, table) for table in metadata.sorted_tables]
        found = [table_digest(writing, table) for table in metadata.sorted_tables]
        if copied != found:
            names = ", ".join(one.name for one, other in zip(copied, found, strict=True) if one != other)
            raise LedgerError(f"The copy of {names} in {target.name} is not the same as in {source.name}. Nothing was copied.")
    return copied


def _refuse_used(connection: Connection, name: str) -> None:
    for table in (batch, entry, credential, request_count, remote_case):
        if connection.scalar(select(exists().select_from(table))):
            raise LedgerError(f"The ledger {name} was used before, and stays as it is. Name a new file or an empty database.")


def table_digest(connection: Connection, table: Table) -> CopiedTable:
    """Return the number of rows of a table, and a digest of their values in the order of their keys."""
    digest, rows = hashlib.sha256(), 0
    for found in _rows(connection, table):
        digest.update(orjson.dumps([_plain(value) for value in found.values()]) + b"\n")
        rows += 1
    return CopiedTable(table.name, rows, digest.hexdigest())


def _plain(value: Any) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def _rows(connection: Connection, table: Table) -> Iterator[Mapping[str, Any]]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE)
    for found in connection.execute(query).mappings():
        yield {str(name): value for name, value in found.items()}


def _copy_table(reading: Connection, writing: Connection, table: Table) -> None:
    """Copy the rows of a table. What refers to a later row of the same table is set when all are there."""
    links = [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    later: list[dict[str, Any]] = []
    rows = _rows(reading, table)
    while page := [dict(found) for found in islice(rows, ROWS_AT_ONCE)]:
        later += _cut_ahead(page, links)
        writing.execute(insert(table), page)
    if later:
        linked = update(table).where(table.c.id == bindparam("_id")).values({name: bindparam(name) for name in links})
        writing.execute(linked, later)


def _cut_ahead(page: list[dict[str, Any]], links: list[str]) -> list[dict[str, Any]]:
    """Leave out what refers to a later row, and return the links of the rows that did so."""
    cut = []
    for values in page:
        ahead = [name for name in links if values[name] is not None and values[name] >= values["id"]]
        if ahead:
            cut.append({"_id": values["id"], **{name: values[name] for name in links}})
            values.update(dict.fromkeys(ahead))
    return cut


def go_on_numbering(connection: Connection) -> None:
    """Let a server number new rows after those that were copied, as SQLite does."""
    if connection.dialect.name != BACKEND:
        return
    quote = connection.dialect.identifier_preparer.quote
    for table in metadata.sorted_tables:
        if list(table.primary_key.columns.keys()) != ["id"]:
            continue
        sequence = f"pg_get_serial_sequence('{quote(table.name)}', 'id')"
        query = f"SELECT setval({sequence}, (SELECT coalesce(max(id), 0) + 1 FROM {quote(table.name)}), false)"  # noqa: S608  (ours)
        connection.execute(text(query))
