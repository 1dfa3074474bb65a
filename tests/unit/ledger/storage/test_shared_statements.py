"""What one ledger of a process has compiled, the next one executes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine.interfaces import CacheStats
from support.ledgers import open_driver

from importer.ledger.storage.schema import entry

pytestmark = pytest.mark.both_databases


def executed(folder, column):
    """How SQLAlchemy found a statement in a ledger of its own, and what it counted there."""
    folder.mkdir()
    with open_driver(folder) as driver, driver.ledger._session.transaction() as connection:
        result = connection.execute(select(func.count(column).label("of_a_test")))
        return result.context.cache_hit, result.scalar_one(), connection.engine.dialect


def test_a_statement_is_compiled_for_the_first_ledger_alone(tmp_path):
    first, second = executed(tmp_path / "a", entry.c.ref), executed(tmp_path / "b", entry.c.ref)
    assert second[0] is CacheStats.CACHE_HIT
    assert second[1] == 0
    assert second[2] is first[2]
