"""Ids reserved from the database in blocks, so that no two processes get the same and rows can be written in bulk."""

from __future__ import annotations

from typing import Self

from sqlalchemy import Connection, bindparam, update

from importer.ledger.storage.compiled_sql import CompiledSelect, CompiledUpdate
from importer.ledger.storage.schema import id_sequence

BLOCK = 64

_RESERVE = CompiledSelect(
    update(id_sequence)
    .where(id_sequence.c.name == bindparam("_name"))
    .values(next_id=id_sequence.c.next_id + bindparam("_count"))
    .returning(id_sequence.c.next_id)
)
_GIVE_BACK = CompiledUpdate(
    update(id_sequence)
    .where(id_sequence.c.name == bindparam("_name"), id_sequence.c.next_id == bindparam("_end"))
    .values(next_id=bindparam("_next"))
)


def reserve(connection: Connection, table: str, count: int) -> int:
    """Reserve ``count`` consecutive ids of a table (``row``, ``entry`` or ``attempt``), and return the first."""
    ((next_id,),) = _RESERVE(connection, {"_name": table, "_count": count})
    return int(next_id) - count


class Identifiers:
    """An endless iterator over new ids of one table, reserved a block at a time."""

    def __init__(self, connection: Connection, table: str, block: int = BLOCK) -> None:
        self._connection, self._table, self._block = connection, table, block
        self._next = self._end = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> int:
        if self._next == self._end:
            self._next = reserve(self._connection, self._table, self._block)
            self._end = self._next + self._block
        self._next += 1
        return self._next - 1

    def give_back(self) -> None:
        """Return the unused ids to the database, unless another process has reserved later ones since."""
        if self._next < self._end:
            _GIVE_BACK(self._connection, [{"_name": self._table, "_end": self._end, "_next": self._next}])
        self._next = self._end = 0
