"""Version 2: requests are counted by credential."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the table of request counts."""
    op.create_table(
        "request_count",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("counted", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
