"""What is written for each scheduler, for docs/operations/scheduling.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PureWindowsPath

from importer.scheduling import crontab, launchd, systemd, task_scheduler
from importer.scheduling.job import Folders, Installation, Job
from importer.scheduling.settings import ScheduleSettings

_SETTINGS = ScheduleSettings(paths=("incoming",), at=("Mon..Fri 03:30",), random_delay_minutes=10)
_FOLDERS = Folders.usual(Path("/home/anna"), uid=501)


def _job(workspace: str, program: str, user: str = "anna") -> Job:
    command = (program, "schedule", "run-now", "nightly", "--workspace", workspace)
    return Job("nightly", workspace, command, _SETTINGS, user)


def _shown(found: Installation, language: str) -> str:
    parts = [f"`{file.path}`:\n\n```{language}\n{file.text}```" for file in found.files if file.path]
    parts = parts or [f"```\n{found.files[0].text}```"]
    steps = "\n".join(" ".join(step.words) for step in found.enable)
    return "\n\n".join([*parts, *([f"and then:\n\n```\n{steps}\n```"] if steps else [])])


def systemd_units() -> str:
    return _shown(systemd.installation(_job("/srv/collection", "/usr/local/bin/importer"), _FOLDERS), "ini")


def crontab_block() -> str:
    return _shown(crontab.installation(_job("/srv/collection", "/usr/local/bin/importer"), _FOLDERS), "")


def launchd_list() -> str:
    folders = replace(_FOLDERS, agents=Path("/Users/anna/Library/LaunchAgents"), logs=Path("/Users/anna/Library/Logs"))
    return _shown(launchd.installation(_job("/Users/anna/collection", "/usr/local/bin/importer"), folders), "xml")


def windows_task() -> str:
    home = PureWindowsPath(r"C:\Users\anna")
    tasks = home / r"AppData\Local\collection-importer\schedules"
    job = _job(str(home / "collection"), r"C:\Users\anna\.local\bin\importer.exe", r"NORDLYS\anna")
    return _shown(task_scheduler.installation(job, replace(_FOLDERS, tasks=tasks)), "xml")
