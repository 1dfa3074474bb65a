"""The tests of the reports run on SQLite and on Postgres."""

from support.databases import database, on_postgres, pytest_generate_tests

__all__ = ["database", "on_postgres", "pytest_generate_tests"]
