"""The unit files of systemd: a service that runs once, and its timer."""

from __future__ import annotations

from pathlib import PurePath

from importer.errors import UsageError
from importer.scheduling.calendar import DAYS, Calendar
from importer.scheduling.job import Folders, Installation, Job, SchedulerFile, SystemCommand, require_plain
from importer.scheduling.kinds import Kind

NOT_A_FAILURE = (3, 7, 8)
"""Exit codes after which people have something to do, and the scheduler has not."""


def installation(job: Job, folders: Folders) -> Installation:
    """Return the units of a job and how they are enabled. Raises UsageError for what units cannot hold."""
    require_plain(job)
    settings = job.settings
    if settings.system and settings.user is None:
        raise UsageError(
            f'The service of the machine needs a user to run as, who has the credentials: write user = "..." under '
            f"[schedule.{job.name}]."
        )
    folder = folders.system_units if settings.system else folders.user_units
    files = (
        SchedulerFile(folder / f"{job.identifier}.service", _service(job)),
        SchedulerFile(folder / f"{job.identifier}.timer", _timer(job)),
    )
    return Installation(Kind.SYSTEMD, files, *_steps(job.identifier, system=settings.system), _notes(job))


def removal(identifier: str, folder: PurePath, *, system: bool) -> Installation:
    """Return what takes the units with this name away from a folder. The files have no text."""
    names = (f"{identifier}.service", f"{identifier}.timer")
    files = tuple(SchedulerFile(folder / name, "") for name in names)
    return Installation(Kind.SYSTEMD, files, *_steps(identifier, system=system))


def _steps(
    identifier: str, *, system: bool
) -> tuple[tuple[SystemCommand, ...], tuple[SystemCommand, ...], tuple[SystemCommand, ...]]:
    control = ("systemctl",) if system else ("systemctl", "--user")
    reload, timer = SystemCommand((*control, "daemon-reload")), f"{identifier}.timer"
    enable = (reload, SystemCommand((*control, "enable", "--now", timer)))
    return enable, (SystemCommand((*control, "disable", "--now", timer), may_fail=True),), (reload,)


def _notes(job: Job) -> tuple[str, ...]:
    settings, found = job.settings, []
    if not settings.system:
        found.append(
            "The timers of a user run only while that user is logged in, unless `loginctl enable-linger` has been run once. "
            "A keyring that is locked then gives no credentials: see credentials under [schedule.NAME]."
        )
        if settings.wake:
            found.append("The timer of a user cannot wake the machine: use system = true for that.")
    return tuple(found)


def _service(job: Job) -> str:
    settings = job.settings
    lines = [
        f"# {job.identifier}: written by `importer schedule install {job.name}`, which also replaces it.",
        "[Unit]",
        f"Description=Import {job.name} of {_plain(job.workspace)}",
        *(("Wants=network-online.target", "After=network-online.target") if settings.system else ()),
        *(() if settings.on_battery else ("ConditionACPower=true",)),
        "",
        "[Service]",
        "Type=oneshot",
        *((f"User={settings.user}",) if settings.system else ()),
        f"WorkingDirectory={_plain(job.workspace)}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in job.variables),
        *_credentials(job),
        f"ExecStart={exec_start(job.command)}",
        "UMask=0077",
        "TimeoutStartSec=infinity",
        "KillMode=mixed",
        "KillSignal=SIGINT",
        "TimeoutStopSec=120",
        f"SuccessExitStatus={' '.join(map(str, NOT_A_FAILURE))}",
    ]
    return "\n".join([*lines, ""])


def _credentials(job: Job) -> list[str]:
    key = "LoadCredentialEncrypted" if job.settings.credentials_are_encrypted else "LoadCredential"
    return [f"{key}={name}:{_plain(path.as_posix())}" for name, path in sorted(job.settings.credentials.items())]


def _timer(job: Job) -> str:
    settings = job.settings
    delay = round(settings.random_delay_minutes * 60)
    lines = [
        f"# {job.identifier}: written by `importer schedule install {job.name}`, which also replaces it.",
        "[Unit]",
        f"Description=When to import {job.name} of {_plain(job.workspace)}",
        "",
        "[Timer]",
        *(f"OnCalendar={text}" for calendar in settings.calendars() for text in on_calendar(calendar, settings.timezone)),
        "Persistent=true",
        *((f"RandomizedDelaySec={delay}", "FixedRandomDelay=true") if delay else ()),
        *(("WakeSystem=true",) if settings.wake and settings.system else ()),
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join([*lines, ""])


def on_calendar(calendar: Calendar, zone: str | None) -> list[str]:
    """Return a calendar as the values of ``OnCalendar=``, one for each time of the day."""
    days = "" if calendar.is_daily else ",".join(DAYS[day] for day in calendar.days) + " "
    return [f"{days}*-*-* {one:%H:%M}:00{f' {zone}' if zone else ''}" for one in calendar.times]


def exec_start(command: tuple[str, ...]) -> str:
    """Return a command as the value of ``ExecStart=``. Variables are replaced in its arguments, but not in its program."""
    program, *arguments = command
    return " ".join([_quoted(program), *(_quoted(one.replace("$", "$$")) for one in arguments)])


def _quoted(text: str) -> str:
    """Return a word of a command or an assignment: specifiers, quotation marks and backslashes are taken as they are."""
    escaped = _plain(text).replace("\\", "\\\\").replace('"', '\\"')
    is_simple = all(letter.isascii() and (letter.isalnum() or letter in "/._-=%+:,@$") for letter in escaped)
    return escaped if is_simple and escaped else f'"{escaped}"'


def _plain(text: str) -> str:
    """Return a value of a line in which only specifiers are replaced."""
    return text.replace("%", "%%")
