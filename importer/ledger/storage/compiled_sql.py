"""Statements that are compiled once and executed by the driver directly.

SQLAlchemy converts each value of each row and looks up the compiled statement each time, which costs more than SQLite itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, Update
from sqlalchemy.sql.dml import ReturningUpdate

_Compiled = tuple[str, list[tuple[str, Any]]]
_Statement = Update | Insert | Select[Any] | ReturningUpdate[Any]


class CompiledUpdate:
    """An UPDATE or INSERT of many rows.

    All rows must have the same parameters (for an INSERT: columns; column defaults are not filled in), with values that
    the driver takes unconverted: str, int, bytes or None. ``on_server`` is the statement for Postgres, if that is another.
    """

    def __init__(self, statement: Update | Insert, on_server: Insert | None = None) -> None:
        self._statement, self._on_server = statement, statement if on_server is None else on_server
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute the statement for these rows, and return how many rows of the table were changed."""
        if not rows:
            return 0
        if not connection.dialect.positional:
            return connection.execute(self._on_server, rows).rowcount
        names = tuple(rows[0])
        if names not in self._compiled:
            self._compiled[names] = _compiled(connection, self._statement, names)
        sql, order = self._compiled[names]
        values = [tuple([row.get(name, fixed) for name, fixed in order]) for row in rows]
        return connection.exec_driver_sql(sql, values).rowcount


class CompiledSelect:
    """A SELECT, or an UPDATE with RETURNING. Values are passed to and from the driver unconverted; booleans are 0 and 1."""

    def __init__(self, statement: Select[Any] | ReturningUpdate[Any]) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def __call__(self, connection: Connection, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Execute the statement with these parameters, and return all rows."""
        given = values or {}
        if not connection.dialect.positional:
            return connection.execute(self._statement, given).all()
        if self._compiled is None:
            self._compiled = _compiled(connection, self._statement, ())
        sql, order = self._compiled
        return connection.exec_driver_sql(sql, tuple([given.get(name, fixed) for name, fixed in order])).all()


def _compiled(connection: Connection, statement: _Statement, names: Sequence[str]) -> _Compiled:
    """Return the SQL text, and the parameters in its order, each with its fixed value if it has one."""
    keys = list(names) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=connection.dialect, column_keys=keys)
    return str(compiled), [(name, _plain(compiled.params.get(name))) for name in compiled.positiontup or ()]


def _plain(value: Any) -> Any:
    """Convert a StrEnum member to plain str: sqlite3 is slow for subclasses of str."""
    return str(value) if isinstance(value, str) else value
