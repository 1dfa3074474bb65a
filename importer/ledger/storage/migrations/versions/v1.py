"""Version 1. A ledger without Alembic's table starts at the version that is stored in its ``meta`` table."""

revision = "1"
down_revision = None


def upgrade() -> None:
    """Do nothing: ledgers of version 1 were created with all tables of that version."""
