"""`importer schedule install`, `show` and `remove`: give schedules to the scheduler of the system, and take them back."""

from __future__ import annotations

import difflib
import getpass
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from importer.commands.run_schedule import schedule_named
from importer.domain.file_access import OWNER_ALONE
from importer.domain.timestamps import from_timestamp
from importer.errors import Declined, ExitCode, UsageError
from importer.scheduling.calendar import clock_changes, is_clock_of_machine
from importer.scheduling.command import kept_variables, lost_variables, run_now_command
from importer.scheduling.job import Folders, Installation, Job, identifier_of
from importer.scheduling.kinds import Kind
from importer.scheduling.places import folders_of_user, install, installation, installed_text, removals, remove, usual_kind
from importer.scheduling.settings import ScheduleSettings
from importer.settings import Settings
from importer.workspace.dialogue import Dialogue, agrees
from importer.workspace.schedule_record import LastRun, ScheduleRecord
from importer.workspace.workspace import Workspace

Say = Callable[[str], None]


@dataclass(frozen=True)
class InstallRequest:
    """What is to be installed: a schedule or, without a name, all; ``kind`` None is the scheduler of this machine."""

    name: str | None = None
    kind: Kind | None = None
    system: bool = False
    config: Path | None = None
    only_print: bool = False
    yes: bool = False


def install_schedules(
    request: InstallRequest, workspace: Workspace, settings: Settings, dialogue: Dialogue | None, say: Say
) -> list[str]:
    """Show what installs the schedules, ask, and install them. Returns what to say then. Raises UsageError.

    With ``only_print`` nothing is asked or changed.
    """
    kind, folders = request.kind or usual_kind(), folders_of_user()
    if not request.only_print:
        _refuse_foreign_kind(kind)
    found = []
    for name in _names(settings, request.name):
        job = job_of(name, workspace, settings, request.config, system=request.system)
        planned = installation(kind, job, folders)
        found.append((job, planned))
        for line in [*_shown(planned), "", *_notes(job, planned)]:
            say(line)
    if request.only_print:
        return []
    if not agrees(dialogue, f"Install {_in_words(job.name for job, _ in found)}?", yes=request.yes):
        raise Declined("Nothing was installed.")
    for job, planned in found:
        _remove_others(job, planned, folders)
        install(planned, job.identifier)
    return [f"{job.name} is installed ({kind}). {_next_text(job.settings)}" for job, _ in found]


def job_of(name: str, workspace: Workspace, settings: Settings, config: Path | None = None, *, system: bool = False) -> Job:
    """Return what the scheduler is to do for a schedule of the settings. Raises UsageError if there is none of this name."""
    schedule = schedule_named(settings, name)
    schedule = replace_system(schedule) if system else schedule
    root = str(workspace.root.absolute())
    user = schedule.user or _user()
    return Job(name, root, run_now_command(name, root, config), schedule, user, kept_variables())


def replace_system(schedule: ScheduleSettings) -> ScheduleSettings:
    """Return the settings for the scheduler of the machine."""
    return schedule.model_copy(update={"system": True})


def _user() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for this user id
        name = "unknown"
    domain = os.environ.get("USERDOMAIN", "") if sys.platform == "win32" else ""
    return f"{domain}\\{name}" if domain else name


def _names(settings: Settings, name: str | None) -> list[str]:
    if name is not None:
        schedule_named(settings, name)
        return [name]
    if not settings.schedule:
        raise UsageError("There is no schedule in the settings. Write [schedule.nightly] with paths and at into importer.toml.")
    return sorted(settings.schedule)


def _refuse_foreign_kind(kind: Kind) -> None:
    system = {Kind.WINDOWS: ("win32", "Windows"), Kind.LAUNCHD: ("darwin", "macOS")}.get(kind)
    if system is not None and sys.platform != system[0]:
        raise UsageError(f"{kind} is a scheduler of {system[1]}. Add --print to see what would be installed there.")
    if system is None and sys.platform == "win32":
        raise UsageError(f"{kind} is no scheduler of Windows. Add --print to see what would be installed elsewhere.")


def _shown(planned: Installation) -> list[str]:
    lines = []
    for file in planned.files:
        lines += [f"--- {file.label}", file.text.rstrip("\n"), ""]
    steps = [" ".join(step.words) for step in planned.enable]
    return [*lines, "Then:", *(f"  {step}" for step in steps)] if steps else lines[:-1]


def _notes(job: Job, planned: Installation) -> list[str]:
    settings, today = job.settings, datetime.now(UTC).date()
    if settings.timezone and planned.kind is not Kind.SYSTEMD:
        zone = settings.zone()
        if zone is not None and not is_clock_of_machine(zone, today):
            raise UsageError(
                f"{planned.kind} has the clock of the machine only, which is not that of {settings.timezone}. Remove timezone "
                f"under [schedule.{job.name}] and write at in the time of the machine, or use systemd."
            )
    changes = clock_changes(settings.calendars(), settings.zone(), today)
    return [f"Note: {note}" for note in (*planned.notes, *changes, *_lost_settings())]


def _lost_settings() -> list[str]:
    if not (names := lost_variables()):
        return []
    what_to_do = "Put settings into importer.toml, and keys into the keyring (`importer login`) or into credentials."
    return [f"A scheduled run does not have these variables: {', '.join(names)}. {what_to_do}"]


def _remove_others(job: Job, planned: Installation, folders: Folders) -> None:
    """Take away what other schedulers have of this schedule, or it would run twice."""
    mine = {file.path for file in planned.files}
    for other in removals(job.identifier, folders):
        if other.kind is not planned.kind or not mine & {file.path for file in other.files}:
            remove(other, job.identifier)


def remove_schedule(name: str, workspace: Workspace, dialogue: Dialogue | None, *, yes: bool) -> list[str]:
    """Ask, and take away what was installed for a schedule, which need not be in the settings any more. Raises UsageError."""
    identifier = identifier_of(name, str(workspace.root.absolute()))
    found = list(removals(identifier, folders_of_user()))
    if not found:
        return [f"{name} is not installed for this workspace."]
    labels = [file.label for one in found for file in one.files]
    if not agrees(dialogue, f"Remove {_in_words(labels)}?", yes=yes):
        raise Declined("Nothing was removed.")
    for one in found:
        remove(one, identifier)
    return [f"{name} is removed: {_in_words(labels)}."]


def show_schedules(name: str | None, workspace: Workspace, settings: Settings, config: Path | None) -> tuple[list[str], ExitCode]:
    """Return lines about each schedule: where it is installed, its next run, how the last one ended, and what differs.

    The exit code is 2 if one is not installed as the settings say.
    """
    lines: list[str] = []
    code = ExitCode.OK
    for one in _names(settings, name):
        found, is_right = _show(one, workspace, settings, config)
        lines += [*found, ""]
        code = code if is_right else ExitCode.USAGE
    return lines[:-1], code


@dataclass(frozen=True)
class ScheduleState:
    """A schedule of the settings: where it is installed, its next run (None: none in the coming weeks), and its last one.

    ``installed`` are the schedulers with the labels of what they were given. ``differences`` are what of it is not as the
    settings and this importer say now.
    """

    name: str
    settings: ScheduleSettings
    last: LastRun | None
    next: datetime | None
    installed: tuple[tuple[Kind, tuple[str, ...]], ...]
    differences: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Return whether it is installed as the settings say."""
        return bool(self.installed) and not self.differences


def schedule_state(name: str, workspace: Workspace, settings: Settings, config: Path | None) -> ScheduleState:
    """Return the state of a schedule. Raises UsageError for one that is not in the settings, or if it cannot be found out."""
    job, folders = job_of(name, workspace, settings, config), folders_of_user()
    schedule, installed, differences = job.settings, list(removals(job.identifier, folders)), list[str]()
    for one in installed:
        is_system = any(str(file.path).startswith(("/etc/", "/Library/")) for file in one.files)
        planned = installation(one.kind, replace(job, settings=replace_system(schedule) if is_system else schedule), folders)
        differences += _differences(planned, job.identifier)
    if len(installed) > 1:
        differences.insert(0, "it is installed more than once, and runs that often")
    labels = tuple((one.kind, tuple(file.label for file in one.files)) for one in installed)
    last = ScheduleRecord(workspace.root, name, OWNER_ALONE).last()
    return ScheduleState(name, schedule, last, _next_run(schedule), labels, tuple(differences))


def _show(name: str, workspace: Workspace, settings: Settings, config: Path | None) -> tuple[list[str], bool]:
    found = schedule_state(name, workspace, settings, config)
    schedule = found.settings
    where = f" ({schedule.timezone})" if schedule.timezone else ""
    lines = [f"{name}: {', '.join(schedule.paths)} at {', '.join(schedule.at)}{where}", f"  {_last_text(found.last)}"]
    if not found.installed:
        return [*lines, f"  not installed: `importer schedule install {name}` does that"], False
    lines += [f"  installed ({kind}): {_in_words(labels)}" for kind, labels in found.installed]
    lines.append(f"  {_next_text(schedule)}")
    if found.differences:
        lines += [
            "  What is installed is not what the settings and this importer say now; `importer schedule install` renews it:"
        ]
        lines += [f"    {line}" for line in found.differences]
    return lines, found.is_right


def _differences(planned: Installation, identifier: str) -> list[str]:
    found: list[str] = []
    for file in planned.files:
        there = installed_text(file, identifier)
        if there is None:
            found.append(f"{file.label} is missing")
            continue
        changes = difflib.unified_diff(there.splitlines(), file.text.splitlines(), lineterm="", n=0)
        found += [line for line in list(changes)[2:] if not line.startswith("@@")]
    return found


def _next_run(schedule: ScheduleSettings) -> datetime | None:
    zone, now = schedule.zone(), datetime.now(UTC)
    moments: Iterable[datetime] = (one for one in (calendar.after(now, zone) for calendar in schedule.calendars()) if one)
    return min(moments, default=None)


def _next_text(schedule: ScheduleSettings) -> str:
    soonest, zone = _next_run(schedule), schedule.zone()
    if soonest is None:
        return "There is no next run in the coming weeks."
    delay = f", and up to {schedule.random_delay_minutes:g} minutes later" if schedule.random_delay_minutes else ""
    return f"The next run is on {soonest.astimezone(zone):%A %Y-%m-%d at %H:%M %Z}{delay}."


def _last_text(last: LastRun | None) -> str:
    if last is None:
        return "no run of it has ended yet"
    ended = from_timestamp(last.ended).astimezone()
    return f"the last run ended on {ended:%A %Y-%m-%d at %H:%M} with exit code {last.exit_code} ({last.files} files)"


def _in_words(names: Iterable[str]) -> str:
    found: Sequence[str] = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
