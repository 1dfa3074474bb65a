"""What the ledger says of itself and of a file, without changing anything."""

from __future__ import annotations

from importer.ledger.ledger import Ledger
from importer.ledger.queries.report_rows import BatchInfo
from importer.workspace.environment import Environment


def ledger_id(environment: Environment) -> str | None:
    """Return the id of the ledger, which its copies have too; None if there is no ledger yet. Raises LedgerError."""
    ledger = Ledger.read(environment.ledger_url, environment.access)
    if ledger is None:
        return None
    with ledger:
        return ledger.identity.id or None


def batches_of_source(environment: Environment, digest: str) -> list[BatchInfo]:
    """Return the batches of a file by (the beginning of) its SHA-256, the newest first. Raises LedgerError."""
    ledger = Ledger.read(environment.ledger_url, environment.access) if digest else None
    if ledger is None:
        return []
    with ledger, ledger.queries() as queries:
        return queries.batches_by_digest(digest)
