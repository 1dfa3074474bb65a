"""The tables, for SQLite and Postgres. Times are UTC, as text of a fixed width, so that they sort as text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
    select,
    text,
)

SCHEMA_VERSION = 9
"""The newest version; each one is a migration in ``migrations/versions``."""

MASKED_NUMBERS = "masked_numbers"
"""The name in ``meta`` of the number of rows in which the upgrade to version 8 has masked personal numbers."""

metadata = MetaData()

REMOTE_KEY = "lower(replace(replace(replace(trim(remote_id), '-', ''), '{', ''), '}', ''))"
"""The remote id of an entry as remote ids are compared; see :func:`importer.domain.remote_ids.remote_key`."""

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# The account that a credential opened when it was last used: a new key of the same partner opens the same account.
credential = Table(
    "credential",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("account", Text, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("cases_account", Text, nullable=False),
    Column("vouchers_account", Text, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("source_sha256", Text, nullable=False),
    Column("profile", Text),
    Column("heads", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("control", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="approved"),  # a BatchState that is stored
    Column("begun_at", Text),  # when the first of its entries was about to be sent
    Column("digest", Text),  # of its entries, as they were approved; see importer.domain.batches
    Column("staged_by", Text),  # JSON: the person
    Column("circumstances", Text),  # a digest of what decides how the source is read
    Column("proposal", Text),  # JSON: what a staged batch would do
    Column("review", Text),  # JSON: what was shown of it
    Column("reading", Text),  # JSON: what else the profile and the user say about the rows
    Column("part_of", Integer),  # the staged batch from which these rows were approved beforehand
    Index("batch_digest", "id", sqlite_where=text("digest IS NOT NULL"), postgresql_where=text("digest IS NOT NULL")),
    Index("batch_undecided", "state", sqlite_where=text("state <> 'approved'"), postgresql_where=text("state <> 'approved'")),
)

# The rows of a staged batch as they were read. They become rows and entries when the batch is approved.
proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cells", Text, nullable=False),
    Column("records", LargeBinary, nullable=False),  # JSON: the row's case and voucher as they were read
    Column("case_name", Text),  # what the row's case and voucher are recognised by, to find batches that hold the same
    Column("voucher_name", Text),
    Index("proposal_batch", "batch_id", "id"),
    Index("proposal_case", "case_name"),
    Index("proposal_voucher", "voucher_name"),
)

# What was decided about a batch: it was staged, approved, discarded, or its approval became void.
decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Index("decision_batch", "batch_id", "id"),
)

# The version of a batch's source, so that an unchanged file need not be read again. Not every source has one.
source_version = Table(
    "source_version",
    metadata,
    Column("batch_id", ForeignKey("batch.id"), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("has_cases", Boolean, nullable=False),
    Index("source_version_fingerprint", "fingerprint"),
)

entry = Table(
    "entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("ref", Text),
    Column("is_test", Boolean, nullable=False, default=False),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("row_id", Integer, nullable=False),
    Column("case_id", ForeignKey("entry.id")),
    Column("target", Text),
    Column("parent_key", Text),
    Column("parent_id", ForeignKey("entry.id")),
    Column("state", Text, nullable=False),
    Column("ready", Boolean, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", Text),  # a voucher's own business fields, without its case
    Column("idempotency_key", Text, nullable=False),
    Column("appendix", Text),
    Column("remote_id", Text),
    Column("remote_reference", Text),
    Column("reasons", Text),
    Column("not_before", Text),
    Column("until_next_run", Boolean, nullable=False, server_default=false()),
    Column("first_sent_at", Text),
    Column("doubted_at", Text),
    Column("absent_scans", Integer, nullable=False, default=0),
    Column("accepted_at", Text),
    Column("superseded_by", ForeignKey("entry.id")),
    Column("remote_facts", Text),  # JSON: what the server reported of an accepted or held entry, such as its lifecycle
    Column("answer", Text),  # JSON: the user's answer to a question about the entry
    Column("party", Text),  # JSON: what a case's debtor is, and by which rule; see importer.domain.parties.kinds
    Column("adopted_at", Text),  # when a user named the remote case or voucher that it is, which another sender may have made
    Index("entry_key", "account", "kind", "key", unique=True),
    Index("entry_base", "account", "kind", "base"),
    Index("entry_batch", "batch_id"),
    Index("entry_ref", "account", "ref", sqlite_where=text("kind = 'case'"), postgresql_where=text("kind = 'case'")),
    Index("entry_case", "case_id", sqlite_where=text("case_id IS NOT NULL"), postgresql_where=text("case_id IS NOT NULL")),
    Index(
        "entry_parent", "parent_id", sqlite_where=text("parent_id IS NOT NULL"), postgresql_where=text("parent_id IS NOT NULL")
    ),
    Index("entry_remote_key", "account", "kind", text(REMOTE_KEY)),
    Index(
        "entry_open",
        "account",
        "kind",
        "state",
        "ready",
        "batch_id",
        "id",
        sqlite_where=text("state <> 'accepted'"),
        postgresql_where=text("state <> 'accepted'"),
    ),
)
# The keys by which a row is recognized as an entry. An entry has several: its own ``key`` never changes, while better
# releases fold more of what cannot be seen. ``version`` is a MatchVersion. A key that equals the entry's ``base`` is not
# stored, because entries are looked up by their base as well; this holds for nearly all.
match_key = Table(
    "match_key",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Index("match_key_key", "account", "kind", "key"),
)

# The documents that a case carries: each is claimed once at most. ``source`` is a DocumentSource. The facts of a document are
# empty if the entry's request shows them: a case that was not made from a list is one invoice.
document = Table(
    "document",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text),  # the key of the debtor's name
    Column("debtor", Text),  # the debtor's key as the list shows it
    Column("kind", Text),
    Column("number", Text),
    Column("day", Text),
    Column("due", Text),
    Column("currency", Text),
    Column("country", Text),
    Column("booked_cents", BigInteger),
    Column("open_cents", BigInteger),
    Column("ordinal", Integer),
    Column("last_cents", BigInteger),  # what was open of it in the newest list that has shown it
    Column("listed_on", Text),  # the day of that list
    Column("gone_on", Text),  # the day of the list in which it was missing
    Index("document_key", "key"),
    Index("document_name", "name"),
    Index("document_debtor", "debtor", sqlite_where=text("debtor IS NOT NULL"), postgresql_where=text("debtor IS NOT NULL")),
    sqlite_with_rowid=False,
)

# The newest list of each profile from which something was concluded.
known_list = Table(
    "known_list",
    metadata,
    Column("account", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("listed_on", Text, nullable=False),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
)

# A literal, as in the index above: with a parameter SQLite would not use that index.
NOT_ACCEPTED = entry.c.state != literal_column("'accepted'")

# The batches of which nothing may be sent, by their partial index: those whose approval is void, and discarded ones.
NOT_APPROVED = select(batch.c.id).where(batch.c.state != literal_column("'approved'"))

row = Table(
    "row",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cells", Text, nullable=False),
    Column("case_entry", ForeignKey("entry.id")),
    Column("case_origin", Text),
    Column("case_currency", Text),
    Column("case_cents", BigInteger),
    Column("voucher_entry", ForeignKey("entry.id")),
    Column("voucher_origin", Text),
    Column("voucher_currency", Text),
    Column("voucher_cents", BigInteger),
    Index("row_batch", "batch_id", "id"),
    Index("row_case", "case_entry", sqlite_where=text("case_entry IS NOT NULL"), postgresql_where=text("case_entry IS NOT NULL")),
    Index(
        "row_voucher",
        "voucher_entry",
        sqlite_where=text("voucher_entry IS NOT NULL"),
        postgresql_where=text("voucher_entry IS NOT NULL"),
    ),
)

reject = Table(
    "reject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("row_id", ForeignKey("row.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("ref", Text),
    Index("reject_row", "row_id"),
    Index("reject_ref", "batch_id", "kind", "ref"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", ForeignKey("entry.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("outcome", Text),
    Column("status", Integer),
    Column("detail", Text),
    Column("cause", Text),  # a DoubtCause, if the attempt ended in doubt
    Column("sender", Text),  # the process that made it
    Column("lease_until", Text),  # until then no other process may treat it as abandoned
    Index("attempt_entry", "entry_id"),
    Index("attempt_window", "account", "started_at"),
)

# The cases of Debitura's list that this ledger did not send when it read them. One that an entry has since become is no other's.
remote_case = Table(
    "remote_case",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("case_key", Text, nullable=False),  # the id as ids are compared: domain.remote_ids.remote_key
    Column("reference", Text),  # the case's own, eight characters
    Column("created_at", Text, nullable=False),
    Column("is_test", Boolean),  # NULL: the list does not show it
    Column("creditor", Text),
    Column("creditor_reference", Text),
    Column("debtor", Text),
    Column("amount", Text),
    Column("fees", Text),
    Column("currency", Text),
    Column("date", Text),
    Column("reference_key", Text),  # folded, to look for
    Column("debtor_key", Text),
    Column("facts", Text),
    Column("seen_at", Text, nullable=False),
    Index("remote_case_key", "account", "case_key", unique=True),
    Index("remote_case_reference", "account", "reference_key"),
    Index("remote_case_debtor", "account", "debtor_key"),
)

# The remote cases that an entry was questioned about, and the user's answer about each: JSON with who, when and what.
look_alike = Table(
    "look_alike",
    metadata,
    Column("entry_id", ForeignKey("entry.id"), primary_key=True),
    Column("remote_case_id", ForeignKey("remote_case.id"), primary_key=True),
    Column("asked_at", Text, nullable=False),
    Column("answer", Text),
    Index("look_alike_remote_case", "remote_case_id"),
)

# The recent requests of a credential: the dispatcher's rate windows as JSON, ignored 25 hours after the last request.
request_count = Table(
    "request_count",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("counted", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),  # counts up, so that no change overwrites another
)

# The next free id of a table whose rows are written in bulk.
id_sequence = Table(
    "id_sequence",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_id", BigInteger, nullable=False),
)
