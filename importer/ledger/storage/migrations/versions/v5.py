"""Version 5: entries store what the server reported and what the user answered, and have match keys."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Add the columns and the table of match keys."""
    for name in ("remote_facts", "answer"):
        op.add_column("entry", sa.Column(name, sa.Text))
    op.create_table(
        "match_key",
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
    )
    op.create_index("match_key_key", "match_key", ["account", "kind", "key"])
    _index_remote_keys()


def _index_remote_keys() -> None:
    """Index remote ids as they are compared: a UUID has several spellings."""
    key = "lower(replace(replace(replace(trim(remote_id), '-', ''), '{', ''), '}', ''))"
    op.drop_index("entry_remote", "entry")
    op.create_index("entry_remote_key", "entry", ["account", "kind", sa.text(key)])
