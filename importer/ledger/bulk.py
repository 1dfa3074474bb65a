"""Inserting many rows with what the driver itself does with them: SQLAlchemy's statement, without its work on each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, with values as the driver takes them. No column's default is filled in."""
    if not rows:
        return
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(rows[0]))
    order = compiled.positiontup
    values: Any = list(map(itemgetter(*order), rows)) if order else list(rows)
    connection.exec_driver_sql(str(compiled), values)
