"""Opening the ledger for one account: on a server, others go on with other accounts meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import has_ledger, sqlite_path
from importer.workspace.connections import UNKNOWN_PARTNER, credential_fingerprints, known_accounts, open_ledger_read_only
from importer.workspace.environment import Environment


def open_own_ledger(environment: Environment, command: str, note: Callable[[str], None] | None = None) -> Ledger:
    """Open the ledger for writing what is of the account of the credentials. Raises LedgerHeld or LedgerError.

    The whole of it is held if it is in a file, if it does not know the account yet, or if it was restored.
    """
    names = _names_to_hold(environment)
    ledger = environment.open_ledger(command, note, names)
    if names is not None and ledger.restored.backup_taken_at() is not None:  # since it was looked at
        ledger.close()
        return environment.open_ledger(command, note)
    return ledger


def _names_to_hold(environment: Environment) -> frozenset[str] | None:
    """Return the accounts and credentials of which a run is the only writer; None for the whole ledger."""
    if sqlite_path(environment.ledger_url) is not None or not has_ledger(environment.ledger_url):
        return None
    with open_ledger_read_only(environment) as ledger:
        accounts = known_accounts(ledger, environment)
        if accounts == environment.accounts(UNKNOWN_PARTNER) or ledger.restored.backup_taken_at() is not None:
            return None
        return frozenset({accounts.cases, accounts.vouchers, *credential_fingerprints(ledger, environment)})
