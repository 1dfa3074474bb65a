"""Tests that run twice, on SQLite files and on a Postgres server: their ``conftest`` takes these over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from support.ledgers import DATABASES
from support.postgres import PostgresServer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a ledger by its fixture ``driver`` on both, and each that is marked so."""
    has_ledger = "driver" in metafunc.fixturenames or metafunc.definition.get_closest_marker("both_databases")
    if has_ledger and metafunc.definition.get_closest_marker("files_alone") is None:
        metafunc.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database holds the ledgers of the test."""
    where = getattr(request, "param", "sqlite")
    with ledgers_on(request.getfixturevalue("postgres_server")) if where == "postgres" else nullcontext():
        yield where


@pytest.fixture
def on_postgres(postgres_server: PostgresServer) -> Iterator[None]:
    """The ledgers of the test are on a server."""
    with ledgers_on(postgres_server):
        yield


@contextmanager
def ledgers_on(server: PostgresServer) -> Iterator[None]:
    """Make the ledgers of ``open_driver`` on a server until the end of the block."""
    DATABASES.use(server.new_schema)
    yield
    for url in DATABASES.use(None):
        server.empty(url)
