"""Version 6: a batch is staged, approved or discarded; what was decided, by whom and when is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"

_UNDECIDED = sa.text("state <> 'approved'")


def upgrade() -> None:
    """Add the columns and tables. The batches of earlier releases were approved, and their sending has begun."""
    op.add_column("batch", sa.Column("state", sa.Text, nullable=False, server_default="approved"))
    for name in ("begun_at", "digest", "staged_by", "circumstances", "reading", "proposal", "review"):
        op.add_column("batch", sa.Column(name, sa.Text))
    op.add_column("batch", sa.Column("part_of", sa.Integer))
    op.create_index("batch_undecided", "batch", ["state"], sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED)
    kept = sa.text("digest IS NOT NULL")
    op.create_index("batch_digest", "batch", ["id"], sqlite_where=kept, postgresql_where=kept)
    batch = sa.table("batch", sa.column("begun_at", sa.Text), sa.column("taken_at", sa.Text))
    op.execute(batch.update().values(begun_at=batch.c.taken_at))
    entry = sa.table("entry", sa.column("kind", sa.Text), sa.column("state", sa.Text))
    withheld = (entry.c.kind == "case") & (entry.c.state == "blocked")  # its row was left out by a later sheet
    op.execute(entry.update().where(withheld).values(state="withdrawn"))
    op.create_index("entry_batch", "entry", ["batch_id"])
    _create_proposals()
    _create_decisions()


def _create_proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.Integer, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("sheet", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
        sa.Column("case_name", sa.Text),
        sa.Column("voucher_name", sa.Text),
    )
    op.create_index("proposal_batch", "proposal", ["batch_id", "id"])
    op.create_index("proposal_case", "proposal", ["case_name"])
    op.create_index("proposal_voucher", "proposal", ["voucher_name"])


def _create_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.Integer, sa.ForeignKey("batch.id"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("what", "who", "at", "facts")),
    )
    op.create_index("decision_batch", "decision", ["batch_id", "id"])
