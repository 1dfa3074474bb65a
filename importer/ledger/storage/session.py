"""The one connection of an open ledger, and its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from importer.errors import LedgerError
from importer.ledger.storage.engine import translated

T = TypeVar("T")

MOST_PARAMETERS = 10_000  # SQLite's limit is 32,766 in one statement


class Session:
    """The connection of one open ledger, and its transactions."""

    def __init__(self, engine: Engine, name: Path | str, stack: ExitStack) -> None:
        self.name = name
        self._stack = stack
        with translated(name):
            self.connection = stack.enter_context(engine.connect())

    @property
    def is_alone(self) -> bool:
        """Return whether a lock keeps other processes from writing: true for a file, false for a database server."""
        return self.connection.dialect.name == "sqlite"

    def keep(self, stack: ExitStack) -> None:
        """Close ``stack`` with the session."""
        self._stack = stack

    def close(self) -> None:
        self._stack.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run one transaction, committed when the block ends and rolled back if it raises. Raises LedgerError."""
        with translated(self.name), self.connection.begin():
            yield self.connection

    def changed_by_others(self) -> LedgerError:
        """Return the error for rows that another process has changed."""
        return LedgerError(f"The ledger {self.name} was changed by another program while this run was using it. Stop that.")


def parts_of(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """Split ``values`` into lists of at most ``size``, which one statement can take as parameters."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
