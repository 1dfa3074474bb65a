"""The property list of launchd, the scheduler of macOS."""

from __future__ import annotations

import plistlib
from pathlib import PurePath
from typing import Any

from importer.errors import UsageError
from importer.scheduling.job import Folders, Installation, Job, SchedulerFile, SystemCommand, require_plain
from importer.scheduling.kinds import Kind

_NOTES = (
    "launchd makes up for a run that was missed while the machine was asleep, and not for one while it was off.",
    "Its times are those of the machine. A random delay, battery and waking have no meaning for it.",
)


def installation(job: Job, folders: Folders) -> Installation:
    """Return the property list of a job and how it is loaded. Raises UsageError for what it cannot hold."""
    require_plain(job)
    settings = job.settings
    if settings.credentials:
        raise UsageError(f"launchd loads no credentials. Remove credentials under [schedule.{job.name}], and use the keyring.")
    if settings.system and settings.user is None:
        raise UsageError(f'Write user = "..." under [schedule.{job.name}]: the user as whom the machine runs it.')
    path = _path(job.identifier, folders, system=settings.system)
    file = SchedulerFile(path, plistlib.dumps(_content(job, folders), sort_keys=False).decode())
    enable, disable = _steps(job.identifier, path, folders.uid, system=settings.system)
    return Installation(Kind.LAUNCHD, (file,), enable, disable, notes=_NOTES)


def removal(identifier: str, folders: Folders, *, system: bool) -> Installation:
    """Return what takes the property list with this name away. The file has no text."""
    path = _path(identifier, folders, system=system)
    _, disable = _steps(identifier, path, folders.uid, system=system)
    return Installation(Kind.LAUNCHD, (SchedulerFile(path, ""),), disable=disable)


def _path(identifier: str, folders: Folders, *, system: bool) -> PurePath:
    return (folders.daemons if system else folders.agents) / f"{identifier}.plist"


def _steps(
    identifier: str, path: PurePath, uid: int, *, system: bool
) -> tuple[tuple[SystemCommand, ...], tuple[SystemCommand, ...]]:
    domain = "system" if system else f"gui/{uid}"
    unload = SystemCommand(("launchctl", "bootout", f"{domain}/{identifier}"), may_fail=True)  # it is not loaded the first time
    return (unload, SystemCommand(("launchctl", "bootstrap", domain, str(path)))), (unload,)


def _content(job: Job, folders: Folders) -> dict[str, Any]:
    log = str((PurePath("/Library/Logs") if job.settings.system else folders.logs) / f"{job.identifier}.log")
    content: dict[str, Any] = {
        "Label": job.identifier,
        "ProgramArguments": list(job.command),
        "WorkingDirectory": job.workspace,
        "StartCalendarInterval": _intervals(job),
        "ProcessType": "Background",
        "ExitTimeOut": 120,
        "Umask": 0o077,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    if job.variables:
        content["EnvironmentVariables"] = dict(job.variables)
    if job.settings.system:
        content["UserName"] = job.settings.user
    return content


def _intervals(job: Job) -> list[dict[str, int]]:
    found = []
    for calendar in job.settings.calendars():
        for one in calendar.times:
            at = {"Hour": one.hour, "Minute": one.minute}
            found += [at] if calendar.is_daily else [{"Weekday": (day + 1) % 7, **at} for day in calendar.days]
    return found
