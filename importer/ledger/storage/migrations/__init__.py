"""How older ledgers become newer ones: Alembic's environment, and one script for each version."""
