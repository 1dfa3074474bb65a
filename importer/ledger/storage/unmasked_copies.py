"""The copies of a ledger that are from before personal numbers were masked: those of upgrades, and daily backups."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

MASKED_SINCE = 8
"""The version of the ledger from which on its rows are masked."""


def unmasked_copies(ledger: Path, backup_folder: Path | None) -> list[Path]:
    """Return the copies beside the ledger, and the backups in the folder, whose version is one from before masking.

    A file that cannot be read, or is no ledger, is passed over.
    """
    ledger = ledger.absolute()
    beside = ledger.parent.glob(f"{_escaped(ledger.stem)}.before-version-*{ledger.suffix}")
    backups = backup_folder.glob(f"{_escaped(ledger.stem)}-*{ledger.suffix}") if backup_folder else ()
    return sorted(path for path in {*beside, *backups} if path.is_file() and 0 < _version_of(path) < MASKED_SINCE)


def _escaped(stem: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in stem)


def _version_of(path: Path) -> int:
    """Return the version of a copy's tables; 0 if it has none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            found = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    except (sqlite3.Error, OSError):
        return 0
    return int(found[0]) if found and str(found[0]).isdecimal() else 0
