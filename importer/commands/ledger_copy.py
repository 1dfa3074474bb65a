"""`importer ledger copy`: move a ledger to another database, and prove that nothing is lost."""

from __future__ import annotations

from pathlib import Path

from importer.domain.file_access import FileAccess
from importer.errors import LedgerError, UsageError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.copying import CopiedTable
from importer.ledger.storage.location import require_ledger, shown_url, sqlite_path, sqlite_url


def copy_to(source: str, target: str, access: FileAccess) -> list[CopiedTable]:
    """Copy the ledger ``source`` to ``target``; each is a URL or the path of an SQLite file. Returns what was copied, by table.

    Raises UsageError for a target that exists, LedgerHeld while a run has one of them, LedgerError if one cannot be used.
    """
    urls = [_url_of(named) for named in (source, target)]
    require_ledger(urls[0])
    path = sqlite_path(urls[1])
    if path is not None and path.exists():
        raise UsageError(f"{path} already exists. Name a new file.")
    command = "importer ledger copy"
    with Ledger.open(urls[0], command, access) as old, Ledger.open(urls[1], command, access) as new:
        try:
            return old.copy_to(new)
        except LedgerError:
            new.withdraw()
            raise


def _url_of(named: str) -> str:
    """Return the URL of a ledger that is named by it, or by the path of its file."""
    return named if "://" in named else sqlite_url(Path(named))


def named_ledger(named: str) -> str:
    """Return a ledger for people, without its password."""
    return shown_url(named) if "://" in named else named
