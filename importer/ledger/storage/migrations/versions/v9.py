"""Version 9: the documents that each case carries are stored, so that a later list does not claim one of them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from importer.ledger.storage.migrations.documents import fill_documents

revision = "9"
down_revision = "8"

TEXTS = ("name", "debtor", "kind", "number", "day", "due", "currency", "country")


def upgrade() -> None:
    """Add the tables, and fill that of documents from the requests, the vouchers and the raw cells of the entries."""
    op.create_table(
        "document",
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("account", "source")),
        *(sa.Column(name, sa.Text) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger) for name in ("booked_cents", "open_cents")),
        sa.Column("ordinal", sa.Integer),
        sa.Column("last_cents", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in ("listed_on", "gone_on")),
        sqlite_with_rowid=False,
    )
    is_known = sa.text("debtor IS NOT NULL")
    for name in ("key", "name"):
        op.create_index(f"document_{name}", "document", [name])
    op.create_index("document_debtor", "document", ["debtor"], sqlite_where=is_known, postgresql_where=is_known)
    op.create_table(
        "known_list",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("account", "profile")),
        sa.Column("listed_on", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Integer, sa.ForeignKey("batch.id"), nullable=False),
    )
    fill_documents(op.get_bind())
