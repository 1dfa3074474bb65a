"""One statement for many rows, as the driver itself carries it out: SQLAlchemy would look at each value of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Update


class Many:
    """A statement that is compiled once and carried out for many rows.

    All rows name the same parameters (of an insert: columns; no default of a column is filled in), with values as the
    driver takes them: str, int, bytes or None.
    """

    def __init__(self, statement: Update | Insert) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, ...], tuple[str, list[tuple[str, Any]]]] = {}

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Carry it out; returns how many rows of the table were changed."""
        if not rows:
            return 0
        if not connection.dialect.positional:
            return connection.execute(self._statement, rows).rowcount
        sql, order = self._for(connection, tuple(rows[0]))
        values = [tuple([row.get(name, fixed) for name, fixed in order]) for row in rows]
        return connection.exec_driver_sql(sql, values).rowcount

    def _for(self, connection: Connection, names: tuple[str, ...]) -> tuple[str, list[tuple[str, Any]]]:
        """The text of the statement, and the parameters in its order with what is fixed in it."""
        if names not in self._compiled:
            keys = list(names) if isinstance(self._statement, Insert) else None
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=keys)
            order = [(name, _plain(compiled.params.get(name))) for name in compiled.positiontup or ()]
            self._compiled[names] = str(compiled), order
        return self._compiled[names]


def _plain(value: Any) -> Any:
    """A member of an enumeration as its text: drivers take subclasses of str the long way round."""
    return str(value) if isinstance(value, str) else value
