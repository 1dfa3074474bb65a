"""Migrations of older ledgers: Alembic's environment, and one script for each version."""
