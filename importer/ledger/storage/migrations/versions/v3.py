"""Version 3: the version of a batch's source is stored, so that an unchanged file need not be read again."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the table of source versions, under its name in that version."""
    op.create_table(
        "reading",
        sa.Column("batch_id", sa.Integer, sa.ForeignKey("batch.id"), primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("has_cases", sa.Boolean, nullable=False),
    )
    op.create_index("reading_fingerprint", "reading", ["fingerprint"])
