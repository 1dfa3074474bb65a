"""What a scheduler is asked to do, and what an installation consists of: values that the writers of each system share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from importer.errors import UsageError
from importer.scheduling.kinds import Kind
from importer.scheduling.settings import ScheduleSettings

PRODUCT = "collection-importer"


@dataclass(frozen=True)
class Job:
    """One schedule of one workspace. ``command`` is a program with its arguments, ``workspace`` an absolute path."""

    name: str
    workspace: str
    command: tuple[str, ...]
    settings: ScheduleSettings
    user: str
    """The user who installs it, or as whom the scheduler of the machine runs it."""
    variables: tuple[tuple[str, str], ...] = ()
    """The variables of the environment that the command needs."""

    @property
    def identifier(self) -> str:
        """Return the name under which the scheduler knows it; that of another workspace's schedule differs."""
        return identifier_of(self.name, self.workspace)


def identifier_of(name: str, workspace: str) -> str:
    """Return the name under which a scheduler knows a workspace's schedule."""
    return f"{PRODUCT}-{name}-{hashlib.blake2b(workspace.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


@dataclass(frozen=True)
class Folders:
    """Where the schedulers of this machine read their files, and the id of the user."""

    user_units: PurePath
    system_units: PurePath
    agents: PurePath
    daemons: PurePath
    logs: PurePath
    tasks: PurePath
    uid: int = 0

    @classmethod
    def usual(cls, home: Path, configuration: Path | None = None, uid: int = 0) -> Folders:
        """Return the folders for a user with this home, and with this one instead of ``~/.config`` if it is given."""
        library = home / "Library"
        return cls(
            user_units=(configuration or home / ".config") / "systemd" / "user",
            system_units=Path("/etc/systemd/system"),
            agents=library / "LaunchAgents",
            daemons=Path("/Library/LaunchDaemons"),
            logs=library / "Logs",
            tasks=home / "AppData" / "Local" / PRODUCT / "schedules",
            uid=uid,
        )


@dataclass(frozen=True)
class SchedulerFile:
    """A file that a scheduler reads; for cron, the block of lines in the user's crontab, whose path is None."""

    path: PurePath | None
    text: str
    encoding: str = "utf-8"

    @property
    def label(self) -> str:
        """Return where it is, for people."""
        return "the crontab of this user" if self.path is None else str(self.path)


@dataclass(frozen=True)
class SystemCommand:
    """A program of the system to run. ``may_fail``: it changes what need not be there."""

    words: tuple[str, ...]
    may_fail: bool = False


@dataclass(frozen=True)
class Installation:
    """What installs a job, and what takes it away again. ``notes`` say what this scheduler does not do."""

    kind: Kind
    files: tuple[SchedulerFile, ...]
    enable: tuple[SystemCommand, ...] = ()
    disable: tuple[SystemCommand, ...] = ()
    after_removal: tuple[SystemCommand, ...] = ()
    notes: tuple[str, ...] = field(default=())


def require_plain(job: Job) -> None:
    """Raise UsageError for paths that the lines of a unit or a crontab cannot hold."""
    for text in (job.workspace, *job.command, *(value for _, value in job.variables)):
        if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in text):  # noqa: PLR2004
            raise UsageError(
                f"The path {text!r} has a control character, or one that is not Unicode, which no scheduler can be given. "
                "Rename the folder."
            )
        if text != text.strip() or text.endswith("\\"):
            raise UsageError(f"The path {text!r} begins or ends with a blank or a backslash. Rename the folder.")
