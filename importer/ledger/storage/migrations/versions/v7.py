"""Version 7: cases that this ledger did not send are stored, with the rows that look like them."""

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """Add the tables of remote cases and of look-alikes, and when an entry was adopted."""
    op.add_column("entry", sa.Column("adopted_at", sa.Text))
    texts = ("creditor", "creditor_reference", "debtor", "amount", "fees", "currency", "date", "reference_key", "debtor_key")
    op.create_table(
        "remote_case",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("account", "case_id", "case_key")),
        sa.Column("reference", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("is_test", sa.Boolean),
        *(sa.Column(name, sa.Text) for name in (*texts, "facts")),
        sa.Column("seen_at", sa.Text, nullable=False),
    )
    op.create_index("remote_case_key", "remote_case", ["account", "case_key"], unique=True)
    op.create_index("remote_case_reference", "remote_case", ["account", "reference_key"])
    op.create_index("remote_case_debtor", "remote_case", ["account", "debtor_key"])
    op.create_table(
        "look_alike",
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
        sa.Column("remote_case_id", sa.Integer, sa.ForeignKey("remote_case.id"), primary_key=True),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
    )
    op.create_index("look_alike_remote_case", "look_alike", ["remote_case_id"])
