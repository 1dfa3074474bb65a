"""The daily backup of the ledger after a run, and what `importer doctor` says about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.errors import LedgerError
from importer.ledger.ledger import Ledger
from importer.ledger.storage.daily_backups import DailyBackups
from importer.workspace.environment import Environment


def backups_of(ledger: Ledger, environment: Environment) -> DailyBackups | None:
    """Return the daily backups of the ledger; None for the embedded sandbox and for a database server."""
    if environment.is_sandbox or ledger.identity.path is None:
        return None
    return DailyBackups(ledger.identity.path, ledger.identity.id, environment.backup_folder, environment.access)


def back_up_daily(ledger: Ledger, environment: Environment) -> list[str]:
    """Make the backup of the day, if there is none yet. Returns warnings: what was sent stays as it is, whatever fails here."""
    backups = backups_of(ledger, environment)
    if backups is None or not ledger.is_open or ledger.identity.loss():  # a lost file is reported by the run itself
        return []
    advice = "What was sent is recorded in the ledger. Make one with `importer ledger backup FILE`."
    try:
        backups.make(environment.settings.ledger.backups)
    except LedgerError as error:
        return [f"The daily backup of the ledger was not made: {error} {advice}"]
    except KeyboardInterrupt:
        return [f"The daily backup of the ledger was interrupted. {advice}"]
    return []


def shares_disk(folder: Path, ledger: Path) -> bool:
    """Return whether the folder, or the nearest one above it that exists, is on the disk of the ledger. Raises OSError."""
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return place.stat().st_dev == ledger.stat().st_dev


def age_text(made_at: datetime, now: datetime | None = None) -> str:
    """Return an age in words, such as ``5 hours old``."""
    age = (now or datetime.now(UTC)) - made_at
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if age >= unit:
            return f"{age // unit} {name}{'s' if age // unit > 1 else ''} old"
    return "less than a minute old"
