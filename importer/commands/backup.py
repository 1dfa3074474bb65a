"""`importer ledger`: back up the ledger, restore it, and forget which partner a key belongs to."""

from __future__ import annotations

from pathlib import Path

from importer.domain.accounts import debitura_account, normal_account, normal_id
from importer.errors import LedgerError, UsageError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.backup import write_backup
from importer.ledger.storage.location import require_ledger, sqlite_path
from importer.ledger.storage.notes import NoteFile, beside
from importer.workspace.environment import Environment


def back_up_ledger(environment: Environment, target: Path) -> None:
    """Copy the ledger to a new file. Raises UsageError or LedgerError."""
    write_backup(environment.ledger_url, target, environment.access)


def declare_restored(environment: Environment) -> str:
    """Treat the ledger as restored from a copy. Returns the time of the copy. Raises LedgerError or LedgerHeld."""
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer ledger restored") as ledger:
        return ledger.restored.declare()


def forget_account(environment: Environment, named: str) -> str:
    """Forget which keys open the account and which ledgers serve it. ``named`` is an account, or its partner's id.

    A ledger that is lost is no longer needed for that. Returns the account. Raises UsageError if it is not known, LedgerError or
    LedgerHeld.
    """
    path = sqlite_path(environment.ledger_url)
    if path is not None and not path.exists():
        return _forget_notes(environment, path, named)
    with environment.open_ledger("importer ledger forget") as ledger:
        return _forget_in(ledger, environment, named)


def _forget_in(ledger: Ledger, environment: Environment, named: str) -> str:
    known = {debitura_account(environment.debitura_url, partner): partner for partner in ledger.partners()}
    account = normal_account(named.strip())
    if account == named.strip() and normal_id(named) in known.values():
        account = debitura_account(environment.debitura_url, named)
    forgotten = ledger.forget_account(known[account]) if account in known else 0
    noted = [_forget_note(file, account) for file in ledger.note_files(environment.notes)]
    if not forgotten and not any(noted):
        names = ", ".join(known) or "none"
        raise UsageError(f"No key of this ledger opens the account {named}. The accounts that it knows: {names}.")
    return account


def _forget_notes(environment: Environment, path: Path, named: str) -> str:
    """Forget which ledgers serve an account, without a ledger. The ``path`` is where it was."""
    files = [beside(path), *([NoteFile(environment.notes, is_shared=True)] if environment.notes else [])]
    noted = {account for file in files for account, _ in file.all()}
    wanted = normal_account(named.strip())
    account = wanted if wanted in noted else debitura_account(environment.debitura_url, named)
    if account not in noted:
        require_ledger(environment.ledger_url)
    for file in files:
        _forget_note(file, account)
    return account


def _forget_note(file: NoteFile, account: str) -> bool:
    try:
        return file.forget(account)
    except OSError as error:
        raise LedgerError(f"The notes in {file.path} cannot be written: {error.strerror or error}. Check your rights.") from None


def trust_ledger(environment: Environment) -> bool:
    """Treat a restored ledger as complete. Returns False if it was not restored. Raises LedgerError or LedgerHeld."""
    require_ledger(environment.ledger_url)
    with environment.open_ledger("importer ledger trust") as ledger:
        return ledger.restored.trust()
