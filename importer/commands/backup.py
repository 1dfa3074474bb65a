"""`importer ledger`: back up the ledger, and treat a restored one as complete again."""

from __future__ import annotations

from pathlib import Path

from importer.ledger.ledger import Ledger
from importer.ledger.storage.backup import write_backup
from importer.ledger.storage.location import require_ledger
from importer.workspace.environment import Environment


def back_up_ledger(environment: Environment, target: Path) -> None:
    """Copy the ledger to a new file. Raises UsageError or LedgerError."""
    write_backup(environment.ledger_url, target)


def trust_ledger(environment: Environment) -> bool:
    """Treat a restored ledger as complete. Returns False if it was not restored. Raises LedgerError or LedgerHeld."""
    require_ledger(environment.ledger_url)
    with Ledger.open(environment.ledger_url, "importer ledger trust") as ledger:
        return ledger.restored.trust()
