"""Version 5: entries store what the server reported and what the user answered, and have match keys.

Accounts are stored in one spelling, and the ledger has an identity of its own.
"""

import sqlalchemy as sa
from alembic import op

from importer.ledger.storage.identity import give_identity
from importer.ledger.storage.migrations.account_spelling import normalise_accounts

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
    _normalise_accounts()
    give_identity(op.get_bind())


def _index_remote_keys() -> None:
    """Index remote ids as they are compared: a UUID has several spellings."""
    key = "lower(replace(replace(replace(trim(remote_id), '-', ''), '{', ''), '}', ''))"
    op.drop_index("entry_remote", "entry")
    op.create_index("entry_remote_key", "entry", ["account", "kind", sa.text(key)])


def _normalise_accounts() -> None:
    """Store the accounts of entries, attempts, batches, credentials and clocks in their present spelling."""
    normalise_accounts(op.get_bind())
