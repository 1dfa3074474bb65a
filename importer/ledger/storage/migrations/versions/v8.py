"""Version 8: personal numbers are masked in what is stored of rows, and entries store what their debtor was taken for.

Requests that were sent stay as they are. A request that was never tried loses its personal numbers.
"""

import sqlalchemy as sa
from alembic import op

from importer.ledger.storage.migrations.masking import mask_ledger

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Add the column, and mask rows, rejects, proposals and what was never sent."""
    op.add_column("entry", sa.Column("party", sa.Text))
    mask_ledger(op.get_bind())
