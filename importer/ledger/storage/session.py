"""An open ledger's one connection and its transactions: what everything that works on a ledger stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine

from importer.errors import LedgerError
from importer.ledger.storage.engine import translated

T = TypeVar("T")

MOST_PARAMETERS = 10_000  # SQLite takes 32,766 in one statement


class Session:
    """One open ledger; it is closed at the end of its ``with`` block."""

    def __init__(self, engine: Engine, name: Path | str, stack: ExitStack) -> None:
        self.name = name
        self._stack = stack
        self._engine = engine
        with translated(name):
            self._connection = stack.enter_context(engine.connect())

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, durable when the block ends; rolled back if it raises. Raises LedgerError for disk trouble."""
        with translated(self.name), self._connection.begin():
            yield self._connection

    def query(self, work: Callable[[Connection], Any]) -> Any:
        """Run a reading function of :mod:`importer.ledger.queries.report_rows` in one transaction."""
        with self.transaction() as connection:
            return work(connection)

    def _changed_by_others(self) -> LedgerError:
        return LedgerError(f"The ledger {self.name} was changed by another program while this run was using it. Stop that.")


def parts_of(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """``values`` in lists of at most ``size``: as many as one statement takes."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
