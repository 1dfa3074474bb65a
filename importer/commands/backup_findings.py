"""What `importer doctor` finds out about the daily backups of the ledger."""

from __future__ import annotations

from pathlib import Path

from importer.commands.finding import Finding
from importer.errors import ImporterError
from importer.ledger.storage.daily_backups import DailyBackups
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.daily_backup import age_text, backups_of, shares_disk
from importer.workspace.environment import Environment

_SERVERS = ("postgresql:", "postgresql+", "postgres:")


def backup_findings(environment: Environment) -> list[Finding]:
    """Describe the newest backup, and whether it is on the ledger's disk. Nothing here is a failure."""
    if environment.ledger_url.startswith(_SERVERS):
        return [Finding("daily backups do not apply to a ledger on a database server: use the server's own")]
    try:
        with open_ledger_read_only(environment) as ledger:
            path, backups = ledger.identity.path, backups_of(ledger, environment)
    except ImporterError:
        return []  # there is no ledger, or the check of the ledger has reported what is wrong with it
    if path is None or backups is None:
        return []
    if environment.settings.ledger.backups < 1:
        advice = "Remove backups = 0 under [ledger], or make them with `importer ledger backup FILE`"
        return [Finding(f"no daily backups of the ledger are made. {advice}", is_warning=True)]
    return _findings_of(backups, path)


def _findings_of(backups: DailyBackups, ledger: Path) -> list[Finding]:
    try:
        shared = shares_disk(backups.folder, ledger)
        return [_newest_finding(backups), *([_disk_finding(backups)] if shared else [])]
    except (ImporterError, OSError) as error:
        return [Finding(f"the backups of the ledger cannot be looked at: {error}", is_warning=True)]


def _newest_finding(backups: DailyBackups) -> Finding:
    newest = next(reversed(backups.found()), None)
    if newest is None:
        return Finding(f"there is no daily backup of the ledger yet: the next run makes one in {backups.folder}", is_warning=True)
    return Finding(f"the newest backup of the ledger is {age_text(newest.made_at)}: {newest.path}")


def _disk_finding(backups: DailyBackups) -> Finding:
    advice = "Set backup_folder under [ledger] to a folder on another disk"
    return Finding(f"{backups.folder} is on the disk of the ledger, and would be lost with it. {advice}", is_warning=True)
