"""Statements that are compiled once a process, whichever ledger executes them.

SQLAlchemy keeps compiled statements with an engine, and a ledger has an engine only while it is open. The page opens its ledger
for each request, and compiling the statements of a request takes longer than executing them.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine.interfaces import CompiledCacheType
from sqlalchemy.util import LRUCache

MOST_STATEMENTS = 1000


class _Shared(NamedTuple):
    dialect: Dialect
    statements: CompiledCacheType


_BY_SERVER: dict[tuple[str, ...], _Shared] = {}


def share_statements(engine: Engine) -> None:
    """Give the engine the statements that others of the same server, or of any SQLite file, have compiled, and keep its own.

    They are those of a dialect, which is what SQLAlchemy knows of a database: all use that of the first engine that connected.
    """
    server = _server_of(engine)
    known = _BY_SERVER.get(server)
    statements = LRUCache(MOST_STATEMENTS) if known is None else known.statements
    engine.update_execution_options(compiled_cache=statements)
    if known is not None:
        engine.dialect = known.dialect
        return

    @event.listens_for(engine, "connect")
    def _keep(*_: object) -> None:
        _BY_SERVER.setdefault(server, _Shared(engine.dialect, statements))


def _server_of(engine: Engine) -> tuple[str, ...]:
    url = engine.url
    options = [f"{name}={value}" for name, value in sorted(url.query.items()) if name in {"host", "port"}]
    return (url.drivername, url.host or "", str(url.port or ""), *options)
