"""The first version. A ledger without a note of Alembic's begins at the version that its ``meta`` table names."""

revision = "1"
down_revision = None


def upgrade() -> None:
    """Nothing: ledgers of version 1 were made whole by the release that had it."""
