"""Version 4: doubts have a typed cause, claims have a sender and a lease, and ids come from the database."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

FAR_AHEAD = timedelta(days=180)
"""Up to version 3, "not before the next run" was stored as a time a year ahead; no other wait is longer than a day."""

_attempt = sa.table("attempt", sa.column("cause", sa.Text), sa.column("outcome", sa.Text), sa.column("detail", sa.Text))
_detail, _in_doubt = _attempt.c.detail, _attempt.c.outcome == "in doubt"
CAUSES = (
    (_detail == "the answer names what another row has made", "foreign_id"),
    (_detail == "its unique id is taken, but its case does not show it", "not_listed"),
    (_detail == "refused after a doubt, and its case does not show it", "refused_after_doubt"),
    (_detail == "refused, but the case has vouchers like it", "alike_listed"),
    (_detail == "the case's vouchers could not be listed", "list_unreadable"),
    (_detail == "idempotency key used before", "key_used"),
    (_attempt.c.outcome == "crashed", "crashed"),
    (_in_doubt & _detail.like("HTTP % reference in use"), "reference_in_use"),
    (_in_doubt & _detail.like("HTTP % conflict"), "conflict"),
    (_in_doubt & _detail.like("HTTP % without a readable id"), "no_id"),
    (_in_doubt & _detail.like("HTTP %"), "server_error"),
    (_in_doubt, "answer_lost"),
)
"""The details and outcomes that meant each cause up to version 3; the first match counts."""


def upgrade() -> None:
    """Add the columns and the sequence, derive causes from details, and rename a table and two columns."""
    for name in ("cause", "sender", "lease_until"):
        op.add_column("attempt", sa.Column(name, sa.Text))
    op.execute(_attempt.update().values(cause=sa.case(*CAUSES, else_=None)))
    op.add_column("entry", sa.Column("until_next_run", sa.Boolean, nullable=False, server_default=sa.false()))
    far = (datetime.now(UTC) + FAR_AHEAD).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    entry = sa.table("entry", sa.column("until_next_run", sa.Boolean), sa.column("not_before", sa.Text))
    op.execute(entry.update().where(entry.c.not_before > far).values(until_next_run=sa.true(), not_before=None))
    op.execute('ALTER TABLE "row" RENAME COLUMN case_standing TO case_origin')
    op.execute('ALTER TABLE "row" RENAME COLUMN voucher_standing TO voucher_origin')
    op.rename_table("reading", "source_version")
    op.drop_index("reading_fingerprint", "source_version")
    op.create_index("source_version_fingerprint", "source_version", ["fingerprint"])
    op.add_column("request_count", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    _add_sequence()


def _add_sequence() -> None:
    columns = (sa.Column("name", sa.Text, primary_key=True), sa.Column("next_id", sa.BigInteger, nullable=False))
    sequence = op.create_table("id_sequence", *columns)
    for name in ("row", "entry", "attempt"):
        used = sa.table(name, sa.column("id", sa.Integer))
        first = sa.select(sa.literal(name), sa.func.coalesce(sa.func.max(used.c.id), 0) + 1)
        op.execute(sequence.insert().from_select(["name", "next_id"], first))
