"""Statements that are compiled once, and carried out as the driver itself does it.

SQLAlchemy would look at each value of each row, and look up the statement each time: that costs more than SQLite's own work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, Update
from sqlalchemy.sql.dml import ReturningUpdate

_Compiled = tuple[str, list[tuple[str, Any]]]
_Statement = Update | Insert | Select[Any] | ReturningUpdate[Any]


class CompiledUpdate:
    """A change of many rows.

    All rows name the same parameters (of an insert: columns; no default of a column is filled in), with values as the
    driver takes them: str, int, bytes or None.
    """

    def __init__(self, statement: Update | Insert) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Carry it out; returns how many rows of the table were changed."""
        if not rows:
            return 0
        if not connection.dialect.positional:
            return connection.execute(self._statement, rows).rowcount
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
        """All rows that it finds; ``values`` are those of its parameters."""
        given = values or {}
        if not connection.dialect.positional:
            return connection.execute(self._statement, given).all()
        if self._compiled is None:
            self._compiled = _compiled(connection, self._statement, ())
        sql, order = self._compiled
        return connection.exec_driver_sql(sql, tuple([given.get(name, fixed) for name, fixed in order])).all()


def _compiled(connection: Connection, statement: _Statement, names: Sequence[str]) -> _Compiled:
    """The text of the statement, and the parameters in its order with what is fixed in it."""
    keys = list(names) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=connection.dialect, column_keys=keys)
    return str(compiled), [(name, _plain(compiled.params.get(name))) for name in compiled.positiontup or ()]


def _plain(value: Any) -> Any:
    """A member of an enumeration as its text: drivers take subclasses of str the long way round."""
    return str(value) if isinstance(value, str) else value
